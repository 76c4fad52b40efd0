"""Damage to bytes, whatever they mean: flips, extremes, cuts, repeats, and pieces of another file."""

from collections.abc import Callable, Sequence
from random import Random

# Lengths, counts and offsets at the edges of their types.
_EXTREMES = (
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    2**15,
    2**16 - 1,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63 - 1,
    2**63,
    2**64 - 1,
)
_LONGEST = 1 << 20


def damaged(data: bytes, rng: Random, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """`data` after a few kinds of damage; `others` lend pieces, `words` are what the format knows."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
        rng.choice(_KINDS)(changed, rng, others, words)
    return bytes(changed[:_LONGEST])


def _flip(data: bytearray, rng: Random, others: Sequence[bytes], words: Sequence[bytes]) -> None:
    if data:
        data[_place(data, rng)] ^= 1 << rng.randrange(8)


def _overwrite(data: bytearray, rng: Random, others: Sequence[bytes], words: Sequence[bytes]) -> None:
    width = rng.choice((1, 2, 4, 8))
    number = rng.choice(_EXTREMES) % 2 ** (8 * width)
    place = _place(data, rng)
    data[place : place + width] = number.to_bytes(width, "little")


def _step(data: bytearray, rng: Random, others: Sequence[bytes], words: Sequence[bytes]) -> None:
    if data:
        place = _place(data, rng)
        data[place] = (data[place] + rng.randint(-3, 3)) % 256


def _cut(data: bytearray, rng: Random, others: Sequence[bytes], words: Sequence[bytes]) -> None:
    del data[_place(data, rng) :]


def _remove(data: bytearray, rng: Random, others: Sequence[bytes], words: Sequence[bytes]) -> None:
    place = _place(data, rng)
    del data[place : place + _length(rng)]


def _repeat(data: bytearray, rng: Random, others: Sequence[bytes], words: Sequence[bytes]) -> None:
    place = _place(data, rng)
    piece = data[place : place + _length(rng)]
    data[place:place] = piece * rng.choice((1, 1, 2, 20))


def _insert_word(data: bytearray, rng: Random, others: Sequence[bytes], words: Sequence[bytes]) -> None:
    place = _place(data, rng)
    data[place:place] = rng.choice(words)


def _insert_noise(data: bytearray, rng: Random, others: Sequence[bytes], words: Sequence[bytes]) -> None:
    place = _place(data, rng)
    data[place:place] = rng.randbytes(_length(rng))


def _splice(data: bytearray, rng: Random, others: Sequence[bytes], words: Sequence[bytes]) -> None:
    other = rng.choice(others)
    start = rng.randrange(len(other) + 1)
    place = _place(data, rng)
    data[place:] = other[start:]


_KINDS: tuple[Callable[[bytearray, Random, Sequence[bytes], Sequence[bytes]], None], ...] = (
    _flip, _flip, _overwrite, _overwrite, _step, _cut, _remove, _repeat, _insert_word, _insert_word,
    _insert_noise, _splice,
)  # fmt: skip


def _place(data: bytearray, rng: Random) -> int:
    # What is at the beginning decides most.
    reach = len(data) if rng.random() < 0.6 else min(len(data), 200)
    return rng.randrange(max(reach, 1))


def _length(rng: Random) -> int:
    return rng.choice((1, 2, 4, 8, 30, 200))
