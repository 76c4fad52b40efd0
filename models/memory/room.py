"""Whether a model fits into this machine's memory, or a card's; and what would fit if it does not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from config.errors import ModelUnavailable
from config.machine import memory_free
from models.gguf.architecture import parameters
from models.gguf.header import Header
from models.gguf.quantisation import BITS_PER_WEIGHT
from models.memory.memory import MIB, MemoryPrediction, predict_memory

Verdict = Literal["fits", "tight", "does not fit"]

GIB = 1024 * MIB
# Of the free memory: what is left then would be missed by the rest of the machine.
_TIGHT_FROM = 0.9
# What a card's driver and context take beside the model.
CARD_OVERHEAD = GIB // 2
# Below this, a question with its passages hardly has room.
_SMALL_CONTEXT = 512
_LONG_ROPE = "rope_factors_long"


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that a model may take, and where."""

    size: int
    card: bool = False

    def verdict(self, predicted: MemoryPrediction) -> Verdict:
        """Whether it fits; "tight": it leaves less than a tenth."""
        return self.verdict_of(self.taken(predicted))

    def verdict_of(self, taken: int) -> Verdict:
        """The same for so many bytes."""
        if taken > self.size:
            return "does not fit"
        return "tight" if taken > _TIGHT_FROM * self.size else "fits"

    def taken(self, predicted: MemoryPrediction) -> int:
        """Bytes of this memory that the model takes. On a card, all layers are there."""
        if self.card:
            model = predicted.weights + predicted.adapter
            return model + predicted.kv_cache + predicted.compute + CARD_OVERHEAD
        return predicted.process


def this_machine() -> Room:
    """The memory that is available now (Linux: MemAvailable), within the containers' limits if any."""
    return Room(memory_free())


def most_sequences(header: Header, n_ctx: int, wanted: int, adapter: Path | None = None) -> int:
    """How many texts of `n_ctx` tokens this model can write at once here; at least 1, at most `wanted`.

    Room for them is left as `Room.verdict` says ("fits"). Takes a dry run or some.
    """
    # llama.cpp chooses such a model's rope by the size of the whole context: several texts would read as one.
    if any(tensor.name.startswith(_LONG_ROPE) for tensor in header.tensors):
        return 1
    room = this_machine()
    while wanted > 1 and room.verdict(predict_memory(header, n_ctx, wanted, adapter)) != "fits":
        # Fewer by a quarter: matrices are multiplied by four rows at a time, 13 are hardly better than 12.
        wanted = wanted * 3 // 4
        wanted -= wanted % 4 if wanted > 4 else 0
    return wanted


def require_memory(name: str, header: Header, n_ctx: int, adapter: Path | None = None) -> None:
    """Raise ModelUnavailable if the model would not fit into this machine's memory now, with what would."""
    room = this_machine()
    predicted = predict_memory(header, n_ctx, adapter=adapter)
    if predicted.process <= room.size:
        return
    alternatives = [*_smaller_context(header, n_ctx, room, adapter), *_smaller_file(header, predicted, room)]
    if not alternatives and n_ctx > _SMALL_CONTEXT:
        both = _smaller_file(header, predict_memory(header, _SMALL_CONTEXT, adapter=adapter), room)
        alternatives = [f"with n_ctx {_SMALL_CONTEXT}, {file}" for file in both]
    advice = f"It would fit {', or '.join(alternatives)}." if alternatives else "Take a smaller model."
    raise ModelUnavailable(
        f"{name} would take {gib(predicted.process)} ({gib(predicted.weights)} of weights, "
        f"{gib(predicted.kv_cache)} of cache at {n_ctx} tokens of context), and {gib(room.size)} are free. "
        f"{advice} Or free some: unload other models on the page Models, or end programs. The commands have "
        "--force, which loads it all the same; the system may then kill programs."
    )


def _smaller_context(header: Header, n_ctx: int, room: Room, adapter: Path | None) -> list[str]:
    while n_ctx // 2 >= _SMALL_CONTEXT:
        n_ctx //= 2
        if predict_memory(header, n_ctx, adapter=adapter).process <= room.size:
            return [f"with n_ctx {n_ctx}"]
    return []


def _smaller_file(header: Header, predicted: MemoryPrediction, room: Room) -> list[str]:
    total = parameters(header).total
    for kind, bits in reversed(BITS_PER_WEIGHT.items()):
        weights = round(total * bits / 8)
        if weights < predicted.weights and predicted.with_weights(weights).process <= room.size:
            return [f"as {kind} ({gib(weights)} of weights)"]
    return []


def gib(size: int) -> str:
    """A size for people."""
    return f"{size / GIB:.2f} GiB" if size >= GIB / 10 else f"{size / MIB:.1f} MiB"
