"""GGUF files made to do harm: refused in words, soon, and before llama.cpp sees them."""

import struct
import subprocess
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.fuzz.gguf_parts import ARRAY, STRING, GgufParts, Key, TensorEntry, take_apart, text
from benchmarks.fuzz.headers import GgufHeaders
from config import ModelSpec, Settings
from config.errors import ModelUnavailable
from generator.held_model import HeldModel
from models.gguf.header import read_header

KEPT = sorted((Path(__file__).parent.parent / "hostile").glob("headers-*"))
MIB = 2**20


@pytest.fixture(scope="module")
def target() -> GgufHeaders:
    return GgufHeaders()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_any_damage_gives_a_header_or_a_sentence(
    seed: int, target: GgufHeaders, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "hostile.gguf"
    path.write_bytes(target.make(Random(seed)))
    assert target.read(path) in target.stages


@pytest.mark.parametrize("kept", KEPT, ids=lambda path: path.name)
def test_what_once_failed(kept: Path, target: GgufHeaders) -> None:
    assert target.read(kept) in target.stages


def test_taking_apart_and_putting_together_is_the_same_file(tiny_files: dict[str, Path]) -> None:
    whole = tiny_files["mixtral"].read_bytes()
    assert whole.startswith(take_apart(whole).packed())


def number(name: bytes, value: int) -> Callable[[GgufParts], None]:
    def set_number(parts: GgufParts) -> None:
        parts.keys = [key for key in parts.keys if key.name != name]
        parts.keys.append(Key(name, 4, struct.pack("<I", value)))

    return set_number


def key_of(parts: GgufParts, name: bytes) -> Key:
    return next(key for key in parts.keys if key.name == name)


def shorter(name: bytes, width: int) -> Callable[[GgufParts], None]:
    def cut(parts: GgufParts) -> None:
        key = key_of(parts, name)
        key.count -= 1
        key.value = key.value[:-width]

    return cut


def one_token_less(parts: GgufParts) -> None:
    key = key_of(parts, b"tokenizer.ggml.tokens")
    tokens = _strings(key.value)[:-1]
    key.value, key.count = b"".join(map(text, tokens)), len(tokens)


def _strings(data: bytes) -> list[bytes]:
    found, place = [], 0
    while place < len(data):
        (length,) = struct.unpack_from("<Q", data, place)
        found.append(data[place + 8 : place + 8 + length])
        place += 8 + length
    return found


def retyped(name: bytes, of: int) -> Callable[[GgufParts], None]:
    def retype(parts: GgufParts) -> None:
        key_of(parts, name).of = of

    return retype


def tensor(change: Callable[[TensorEntry], object]) -> Callable[[GgufParts], None]:
    def change_second(parts: GgufParts) -> None:
        change(parts.tensors[1])

    return change_second


LIES: dict[str, tuple[Callable[[GgufParts], object], str]] = {
    "no heads": (number(b"llama.attention.head_count", 0), "0 heads of attention"),
    "heads that cannot share": (number(b"llama.attention.head_count_kv", 3), "with 3 of keys and values"),
    "no heads of keys": (number(b"llama.attention.head_count_kv", 0), "with 0 of keys and values"),
    "no layers": (number(b"llama.block_count", 0), "llama.block_count is 0"),
    "a million layers": (number(b"llama.block_count", 10**6), "llama.block_count is 1000000"),
    "no width": (number(b"llama.embedding_length", 0), "llama.embedding_length is 0"),
    "more experts used than there are": (number(b"llama.expert_used_count", 9), "sent to 9 of 4 experts"),
    "experts that are not used": (number(b"llama.expert_used_count", 0), "sent to 0 of 4 experts"),
    "too many experts": (number(b"llama.expert_count", 10**5), "expert_count is 100000"),
    "no context": (number(b"llama.context_length", 0), "context_length is 0"),
    "an alignment of 3": (number(b"general.alignment", 3), "its alignment is 3"),
    "an alignment that is a text": (
        lambda parts: parts.keys.append(Key(b"general.alignment", STRING, b"32")),
        "general.alignment is of the type 8",
    ),
    "a token less than vectors": (one_token_less, "tokens"),
    "a score less than tokens": (shorter(b"tokenizer.ggml.scores", 4), "tokenizer.ggml.scores"),
    "a type less than tokens": (shorter(b"tokenizer.ggml.token_type", 4), "tokenizer.ggml.token_type"),
    "scores that are no numbers": (retyped(b"tokenizer.ggml.scores", 5), "array of the type 5"),
    "a key twice": (lambda parts: parts.keys.append(parts.keys[0]), "twice"),
    "a tensor twice": (tensor(lambda entry: setattr(entry, "name", b"token_embd.weight")), "same name"),
    "a long name": (tensor(lambda entry: setattr(entry, "name", b"n" * 64)), "name of a tensor has 64 bytes"),
    "an overlap": (tensor(lambda entry: setattr(entry, "offset", 0)), "begins at 0"),
    "a gap": (tensor(lambda entry: setattr(entry, "offset", entry.offset + 32)), "was expected"),
    "an offset beyond the file": (tensor(lambda entry: setattr(entry, "offset", 2**62)), "was expected"),
    "a type that is none": (tensor(lambda entry: setattr(entry, "kind", 4)), "unknown type 4"),
    "a tensor without size": (tensor(lambda entry: setattr(entry, "shape", [0])), "has the sizes 0"),
    "a tensor without dimensions": (tensor(lambda entry: setattr(entry, "shape", [])), "0 dimensions"),
    "half a block": (tensor(lambda entry: setattr(entry, "kind", 12)), "of type Q4_K has the sizes"),
    "a tensor larger than the file": (
        lambda parts: setattr(parts.tensors[-1], "shape", [2**20, 2**20]),
        "the file is incomplete",
    ),
    "a tensor of 2^64 weights": (
        tensor(lambda entry: setattr(entry, "shape", [2**32, 2**32])),
        "has the sizes",
    ),
    "a billion tensors": (
        lambda parts: setattr(parts, "claimed_tensors", 10**9),
        "claims 1000000000 tensors",
    ),
    "lists within lists": (
        lambda parts: parts.keys.append(Key(b"nested", ARRAY, bytes(64), of=ARRAY, count=2)),
        "nested arrays",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_header_that_lies_is_refused_before_llama_cpp_sees_it(
    lie: str, tiny_files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tiny_files["mixtral"].read_bytes()
    parts = take_apart(whole)
    change, said = LIES[lie]
    change(parts)
    path = tmp_path / "lying.gguf"
    path.write_bytes(parts.packed() + whole[-parts.data :])
    with pytest.raises(ModelUnavailable) as caught:
        read_header(path)
    assert said in str(caught.value)

    def start(*_: object, **__: object) -> None:
        raise AssertionError("a process with llama.cpp was started")

    monkeypatch.setattr(subprocess, "Popen", start)
    with pytest.raises(ModelUnavailable, match=r"lying\.gguf"):
        HeldModel(ModelSpec(name="m", file=str(path)), Settings(home=tmp_path), force=True)


def test_the_same_file_without_a_lie_is_accepted(tiny_files: dict[str, Path], tmp_path: Path) -> None:
    whole = tiny_files["mixtral"].read_bytes()
    parts = take_apart(whole)
    path = tmp_path / "honest.gguf"
    path.write_bytes(parts.packed() + whole[-parts.data :])
    assert read_header(path).tensors == read_header(tiny_files["mixtral"]).tensors


def entry(name: bytes, kind: int) -> bytes:
    return text(name) + struct.pack("<I", kind)


HUGE = {
    "keys": struct.pack("<IQQ", 3, 0, 4_900_000),
    "empty texts in a list": struct.pack("<IQQ", 3, 0, 1) + entry(b"k", 9) + struct.pack("<IQ", 8, 8_000_000),
    "lists of texts": struct.pack("<IQQ", 3, 0, 16_000)
    + b"".join(entry(b"k%d" % n, 9) + struct.pack("<IQ", 8, 500) + bytes(8 * 500) for n in range(16_000)),
    "tensors": struct.pack("<IQQ", 3, 2_000_000, 0),
    "tensors, as many as there may be": struct.pack("<IQQ", 3, 16_384, 0),
    "a text of 60 MiB": struct.pack("<IQQ", 3, 0, 1) + entry(b"k", 8) + struct.pack("<Q", 60 * MIB),
    "a name of 60 MiB": struct.pack("<IQQQ", 3, 0, 1, 60 * MIB),
}


@pytest.mark.parametrize("claim", HUGE)
def test_a_header_of_gigabytes_takes_little_time(claim: str, huge_file: Callable[[str], Path]) -> None:
    path = huge_file(claim)
    started = time.process_time()  # a busy machine is no defect
    _read(path)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("claim", sorted(HUGE.keys() - {"lists of texts"}))
def test_a_header_of_gigabytes_takes_little_memory(claim: str, huge_file: Callable[[str], Path]) -> None:
    path = huge_file(claim)
    tracemalloc.start()
    try:
        _read(path)
        assert tracemalloc.get_traced_memory()[1] < 32 * MIB
    finally:
        tracemalloc.stop()


@pytest.fixture
def huge_file(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a file that begins with a claim, and goes on with zeros that take no room."""

    def write(claim: str) -> Path:
        path = tmp_path / "huge.gguf"
        with path.open("wb") as file:
            file.write(b"GGUF" + HUGE[claim])
            file.truncate(4 * 2**30)
        return path

    return write


def _read(path: Path) -> None:
    # Zeros may make a header, of no use.
    with suppress(ModelUnavailable):
        read_header(path)
