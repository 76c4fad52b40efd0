"""The worker process: loading, and every reason why an answer ends."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import gguf
import pytest

from config.errors import ModelUnavailable
from generator.backends.worker_process import WorkerProcess
from generator.events import Loaded, Loading
from tests.generator.asking import GREEDY, ask

StartWorker = Callable[..., WorkerProcess]
TinyFile = Callable[[str], Path]


def test_loading_shows_progress_and_takes_time(tiny_file: TinyFile) -> None:
    worker = WorkerProcess(tiny_file("llama"), 300)
    try:
        *progress, loaded = worker.load()
    finally:
        worker.close()
    # llama.cpp rounds a context up to 256 tokens.
    assert loaded == Loaded(n_ctx=512, chat=True)
    fractions = [event.fraction for event in progress if isinstance(event, Loading)]
    assert len(fractions) == len(progress) > 1
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert worker.load_s > 0


def test_it_stops_at_max_tokens(worker: WorkerProcess) -> None:
    text, done = ask(worker)
    assert text
    assert (done.stop_reason, done.timing.n_out) == ("max_tokens", GREEDY.max_tokens)


def test_it_stops_at_a_stop_string_and_does_not_say_it(worker: WorkerProcess, pieces: list[str]) -> None:
    whole = "".join(pieces)
    stop = whole[9:12]
    text, done = ask(worker, sampling=replace(GREEDY, stop=("never said", stop)))
    assert text == whole[: whole.index(stop)]
    assert done.stop_reason == "stop"


def test_it_stops_when_the_model_ends(
    start_worker: StartWorker, tiny_file: TinyFile, tmp_path: Path, pieces: list[str]
) -> None:
    """A model whose end token is one that it is known to say."""
    at = next(i for i, piece in enumerate(pieces) if i > 3 and piece not in pieces[:i])
    reader = gguf.GGUFReader(tiny_file("mistral"))
    token = reader.fields["tokenizer.ggml.tokens"].contents().index(pieces[at].replace(" ", "▁"))
    key = b"tokenizer.ggml.eos_token_id" + (4).to_bytes(4, "little")
    head, tail = tiny_file("mistral").read_bytes().split(key)
    (tmp_path / "model.gguf").write_bytes(head + key + token.to_bytes(4, "little") + tail[4:])

    text, done = ask(start_worker(tmp_path / "model.gguf"))
    assert text == "".join(pieces[:at])
    assert done.stop_reason == "end"
    assert done.timing.n_out == at


def test_it_stops_when_the_context_is_full(start_worker: StartWorker, tiny_file: TinyFile) -> None:
    worker = start_worker(tiny_file("mistral"), 256)
    tokens = [1] + [300] * 199
    _, done = ask(worker, tokens, replace(GREEDY, max_tokens=1000))
    assert done.stop_reason == "context"
    # The last token said needs no place: nothing comes behind it.
    assert done.timing.n_out == 256 - len(tokens) + 1


@pytest.mark.parametrize("n_ctx", [128, 300, 511, 700])
def test_a_prompt_as_long_as_the_context_is_read(
    n_ctx: int, start_worker: StartWorker, tiny_file: TinyFile
) -> None:
    """llama.cpp rounds the context up, but not the size of its batches."""
    worker = start_worker(tiny_file("mistral"), n_ctx)
    _, done = ask(worker, [1] + [300] * (-(-n_ctx // 256) * 256 - 1))
    assert (done.stop_reason, done.timing.n_out) == ("context", 1)


def test_what_llama_cpp_cannot_load_is_unavailable_for_its_reason(
    tiny_file: TinyFile, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(tiny_file("llama").read_bytes().replace(b"blk.1.attn_q.", b"blk.1.attn_x."))
    worker = WorkerProcess(broken, 512)
    with pytest.raises(ModelUnavailable, match=r"cannot load .*broken\.gguf: .*blk\.1\.attn_q\.weight"):
        list(worker.load())
    assert not worker.alive
