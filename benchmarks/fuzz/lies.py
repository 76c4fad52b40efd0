"""What a GGUF's header may say that is not true: of its model, of its tensors, of itself."""

import math
import struct
from collections.abc import Callable
from dataclasses import replace
from random import Random

import gguf

from benchmarks.fuzz.gguf_parts import ARRAY, STRING, WIDTHS, GgufParts, Key, TensorEntry, text

_NUMBERS = (
    0,
    1,
    2,
    3,
    7,
    31,
    33,
    64,
    127,
    128,
    255,
    256,
    511,
    512,
    513,
    1000,
    4096,
    2**15,
    2**16,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**40,
    2**62,
    2**63 - 1,
    2**63,
    2**64 - 1,
)
_ODD_TEXTS = (
    b"",
    b"llama",
    b"gpt2",
    b"unknown",
    b"\xff\xfe",
    b"\0",
    b"[/red]",
    b"\x1b[31m",
    b"x" * 70,
    b"x" * 5000,
    "\u202e".encode(),
    b"{{",
    b"{% for",
)
WORDS = (
    b"GGUF",
    b"\xff" * 8,
    b"\0" * 8,
    b"\x08\0\0\0",
    b"\x09\0\0\0",
    text(b"general.alignment"),
    text(b"llama.block_count"),
    struct.pack("<Q", 2**40),
)

_BLOCKS = {int(kind): sizes for kind, sizes in gguf.GGML_QUANT_SIZES.items()}


def lying(parts: GgufParts, rng: Random) -> GgufParts:
    """A copy in which one to three things are not true."""
    copy = replace(
        parts,
        keys=[replace(key) for key in parts.keys],
        tensors=[replace(t, shape=list(t.shape)) for t in parts.tensors],
    )
    for _ in range(rng.choice((1, 1, 2, 3))):
        rng.choice(_LIES)(copy, rng)
    return copy


def _number(parts: GgufParts, rng: Random) -> None:
    key = rng.choice([key for key in parts.keys if key.kind in WIDTHS])
    width = WIDTHS[key.kind]
    key.value = (rng.choice(_NUMBERS) % 2 ** (8 * width)).to_bytes(width, "little")


def _other_type(parts: GgufParts, rng: Random) -> None:
    key = rng.choice(parts.keys)
    key.kind = rng.choice((*WIDTHS, STRING, ARRAY, 13, 2**31))
    key.of, key.count = rng.choice((0, 4, 5, 6, 8, 9, 12, 99)), rng.choice((0, 1, 2, 2**20, 2**62))
    key.value = rng.randbytes(WIDTHS.get(key.kind, 8))


def _other_text(parts: GgufParts, rng: Random) -> None:
    texts = [key for key in parts.keys if key.kind == STRING]
    if texts:
        rng.choice(texts).value = rng.choice(_ODD_TEXTS)


def _array(parts: GgufParts, rng: Random) -> None:
    arrays = [key for key in parts.keys if key.kind == ARRAY]
    if not arrays:
        return
    key = rng.choice(arrays)
    kind = rng.randrange(4)
    if kind == 0:
        key.count = rng.choice((0, 1, key.count - 1 if key.count else 0, key.count + 1, *_NUMBERS))
    elif kind == 1 and key.of in WIDTHS:
        # Shorter, and honest about it.
        key.count //= 2
        key.value = key.value[: key.count * WIDTHS[key.of]]
    elif kind == 2:
        key.of = rng.choice((*WIDTHS, STRING, ARRAY, 50))
    else:
        key.of, key.count = STRING, 3
        key.value = b"".join(text(rng.choice(_ODD_TEXTS)) for _ in range(3))


def _per_layer(parts: GgufParts, rng: Random) -> None:
    """A number becomes a list of numbers, as some models have one for each layer."""
    key = rng.choice([key for key in parts.keys if key.kind in WIDTHS])
    key.of, key.kind, key.count = key.kind, ARRAY, rng.choice((0, 1, 2, 3))
    key.value = key.value * key.count


def _key_gone(parts: GgufParts, rng: Random) -> None:
    del parts.keys[rng.randrange(len(parts.keys))]


def _key_twice(parts: GgufParts, rng: Random) -> None:
    parts.keys.append(replace(rng.choice(parts.keys)))


def _new_key(parts: GgufParts, rng: Random) -> None:
    name = rng.choice(
        (
            b"general.alignment",
            b"split.count",
            b"llama.expert_count",
            b"llama.expert_used_count",
            b"llama.attention.sliding_window",
            b"llama.rope.scaling.type",
            b"llama.vocab_size",
            b"llama.rope.dimension_count",
            b"tokenizer.ggml.merges",
            b"tokenizer.chat_template",
            b"",
        )
    )
    parts.keys.append(
        Key(name, rng.choice((4, 4, 4, 5, 7, 10)), (rng.choice(_NUMBERS) % 2**32).to_bytes(8, "little"))
    )
    parts.keys[-1].value = parts.keys[-1].value[: WIDTHS[parts.keys[-1].kind]]


def _size(parts: GgufParts, rng: Random) -> None:
    tensor = rng.choice(parts.tensors)
    if tensor.shape:
        tensor.shape[rng.randrange(len(tensor.shape))] = rng.choice(_NUMBERS)


def _dimensions(parts: GgufParts, rng: Random) -> None:
    tensor = rng.choice(parts.tensors)
    tensor.shape = rng.choice(
        (
            [],
            [1],
            [0],
            [*tensor.shape, 1],
            [*tensor.shape, 2],
            [1] * 5,
            [2**32] * 2,
            [2**21] * 3,
            tensor.shape[::-1],
        )
    )


def _kind(parts: GgufParts, rng: Random) -> None:
    rng.choice(parts.tensors).kind = rng.choice((*range(45), 2**31, 2**32 - 1))


def _offset(parts: GgufParts, rng: Random) -> None:
    tensor = rng.choice(parts.tensors)
    tensor.offset = rng.choice(
        (0, 1, tensor.offset + 1, tensor.offset + 32, max(0, tensor.offset - 32), *_NUMBERS)
    )


def _name(parts: GgufParts, rng: Random) -> None:
    tensor = rng.choice(parts.tensors)
    tensor.name = rng.choice(
        (*_ODD_TEXTS, rng.choice(parts.tensors).name, b"blk.999.attn_q.weight", tensor.name + b"x")
    )


def _tensor_gone(parts: GgufParts, rng: Random) -> None:
    if len(parts.tensors) > 1:
        del parts.tensors[rng.randrange(len(parts.tensors))]
        if rng.random() < 0.5:
            _place_anew(parts)


def _many_tensors(parts: GgufParts, rng: Random) -> None:
    for number in range(rng.choice((1, 10, 300))):
        parts.tensors.append(TensorEntry(b"more.%d" % number, [1], 0, parts.data))


def _claims(parts: GgufParts, rng: Random) -> None:
    if rng.random() < 0.5:
        parts.claimed_keys = rng.choice((len(parts.keys) - 1, len(parts.keys) + 1, *_NUMBERS))
    else:
        parts.claimed_tensors = rng.choice((len(parts.tensors) - 1, len(parts.tensors) + 1, 10**9, *_NUMBERS))


def _version(parts: GgufParts, rng: Random) -> None:
    parts.version = rng.choice((0, 1, 2, 2, 3, 4, 2**31, 3 << 24))


def _shuffle(parts: GgufParts, rng: Random) -> None:
    rng.shuffle(parts.tensors)
    if rng.random() < 0.5:
        _place_anew(parts)


def _place_anew(parts: GgufParts) -> None:
    """Offsets as they should be, of tensors whose sizes make sense."""
    place = 0
    for tensor in parts.tensors:
        tensor.offset = place % 2**64
        block, size = _BLOCKS.get(tensor.kind, (1, 4))
        place += -(-(math.prod(tensor.shape) // block * size) // 32) * 32


_LIES: tuple[Callable[[GgufParts, Random], None], ...] = (
    _number, _number, _number, _other_type, _other_text, _array, _array, _per_layer, _key_gone, _key_twice,
    _new_key, _new_key, _size, _dimensions, _kind, _offset, _name, _tensor_gone, _many_tensors, _claims,
    _version, _shuffle,
)  # fmt: skip
