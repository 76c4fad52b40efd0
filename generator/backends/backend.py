"""What a Generator needs of whatever answers: a process of ours, or a server.

Knows which kinds there are; knows nothing of how they come by their events.
"""

from collections.abc import Callable, Iterator, Sequence, Sized
from pathlib import Path
from typing import Any, Protocol, TypeVar

from config import ModelSpec
from generator.backends.batch_process import BatchProcess
from generator.backends.endpoint import Endpoint
from generator.backends.worker_process import WorkerProcess
from generator.events import Adapter, Event, Loaded, Loading, Message, Sampling

P = TypeVar("P", bound=Sized)


class Backend(Protocol[P]):
    """One model that can be asked. `P`: a prompt as this backend takes it; its len() is its tokens."""

    @property
    def alive(self) -> bool:
        """Whether it is there to be asked."""

    @property
    def pid(self) -> int | None:
        """The process id, if it is a process of this machine."""

    @property
    def load_s(self) -> float | None:
        """Seconds that loading took, once it is loaded; None if that was not ours to see."""

    def load(self) -> Iterator[Loading | Loaded]:
        """Progress, then Loaded. Raises ModelUnavailable."""

    def begin(self) -> None:
        """Begin a question: a `cancel` from now on is for it."""

    def tokenize(self, messages: Sequence[Message], continues: bool = False) -> P:
        """The prompt of a conversation; `continues`: an earlier one, if that can be told."""

    def generate(self, prompt: P, sampling: Sampling, threads: int, reuse: bool) -> Iterator[Event]:
        """The events of one answer, last Done. Raises GenerationFailed.

        PromptTooLong, before any event, if the prompt turns out to be too long only now.
        """

    def thread_setter(self) -> Callable[[int], None]:
        """Sets the number of threads of this question's answer, where they are ours to set."""

    def cancel(self) -> None:
        """End the running answer; its Done comes with the reason "cancelled"."""

    def close(self) -> None:
        """Free what it holds; a running answer ends in GenerationFailed."""


def open_backend(
    spec: ModelSpec, path: Path | None, sequences: int = 1, adapter: Path | None = None
) -> Backend[Any]:
    """A process for the file at `path`, or the server of a model that has none. Nothing is loaded yet.

    `sequences`: how many answers the process writes at once; `adapter`: the file of the spec's adapter.
    """
    if not path:
        return Endpoint(spec)
    attached = Adapter(adapter, spec.adapter_scale) if adapter else None
    if sequences > 1:
        return BatchProcess(path, spec.n_ctx, sequences, attached)
    return WorkerProcess(path, spec.n_ctx, adapter=attached)
