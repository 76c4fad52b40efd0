"""Files that lie: a header or ModelUnavailable comes of them, soon, and nothing else."""

import struct
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.errors import ModelUnavailable
from models.gguf.architecture import in_words, parameters
from models.gguf.header import read_header

MIB = 2**20


def key(name: bytes, kind: int) -> bytes:
    return struct.pack("<Q", len(name)) + name + struct.pack("<I", kind)


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param(struct.pack("<IQQ", 3, 2**26, 0), id="tensors"),
        pytest.param(struct.pack("<IQQ", 3, 0, 2**28), id="keys"),
        pytest.param(struct.pack("<IQQQ", 3, 0, 1, 2**31), id="a key of 2 GiB"),
        pytest.param(struct.pack("<IQQ", 3, 0, 1) + key(b"k", 8) + struct.pack("<Q", 2**31), id="a string"),
        pytest.param(
            struct.pack("<IQQ", 3, 0, 1) + key(b"k", 9) + struct.pack("<IQ", 8, 2**28), id="strings"
        ),
        pytest.param(
            struct.pack("<IQQ", 3, 0, 1) + key(b"k", 9) + struct.pack("<IQ", 9, 2**20), id="nested arrays"
        ),
        pytest.param(
            struct.pack("<IQQ", 3, 1, 0)
            + struct.pack("<QI4Q", 0, 4, *[2**64 - 1] * 4)
            + struct.pack("<IQ", 0, 2**64 - 1),
            id="a tensor of 2^256 weights",
        ),
    ],
)
def test_a_huge_file_that_lies_costs_neither_time_nor_memory(claim: bytes, tmp_path: Path) -> None:
    file = tmp_path / "huge.gguf"
    with file.open("wb") as written:
        written.write(b"GGUF" + claim)
        # Sparse: zeros that take no room, so that the file could hold what it claims.
        written.truncate(8 * 2**30)
    tracemalloc.start()
    started = time.perf_counter()
    try:
        with pytest.raises(ModelUnavailable):
            read_header(file)
        assert tracemalloc.get_traced_memory()[1] < 16 * MIB
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param(8, struct.pack("<Q", 3) + b"two", id="a string"),
        pytest.param(6, struct.pack("<f", float("nan")), id="not a number"),
        pytest.param(6, struct.pack("<f", float("inf")), id="infinite"),
        pytest.param(5, struct.pack("<i", -1), id="negative"),
    ],
)
def test_a_size_that_is_no_whole_number_is_refused(kind: int, value: bytes, tmp_path: Path) -> None:
    file = tmp_path / "odd.gguf"
    file.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + key(b"unknown.block_count", kind) + value)
    with pytest.raises(ModelUnavailable, match=r"unknown\.block_count"):
        read_header(file).number("block_count", 0)


@pytest.mark.parametrize(("kind", "value"), [(4, struct.pack("<I", 0)), (6, struct.pack("<f", 0.0))])
def test_an_impossible_alignment_is_refused(kind: int, value: bytes, tmp_path: Path) -> None:
    file = tmp_path / "odd.gguf"
    file.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + key(b"general.alignment", kind) + value)
    with pytest.raises(ModelUnavailable, match="alignment"):
        read_header(file)


extremes = st.sampled_from([0, 1, 255, 2**15, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1])
overwritten = st.one_of(
    st.binary(min_size=1, max_size=4),
    extremes.map(lambda number: struct.pack("<Q", number)),
    extremes.map(lambda number: struct.pack("<I", number % 2**32)),
)


@given(
    edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), overwritten), max_size=6),
    keep=st.one_of(st.just(1.0), st.floats(0, 1)),
    in_header=st.booleans(),
)
@example(edits=[], keep=1.0, in_header=True)
def test_a_damaged_file_is_a_header_or_model_unavailable(
    edits: list[tuple[float, bytes]], keep: float, in_header: bool, varied_file: Path
) -> None:
    data = bytearray(varied_file.read_bytes())
    reach = 1200 if in_header else len(data)
    for place, patch in edits:
        at = int(place * reach)
        data[at : at + len(patch)] = patch
    file = varied_file.with_name("damaged.gguf")
    file.write_bytes(data[: int(keep * len(data))])
    try:
        header = read_header(file)
        counted = parameters(header)
        words = in_words(header)
    except ModelUnavailable as error:
        assert str(error)
    else:
        assert 0 <= header.weight_bytes <= len(data)
        assert 0 <= counted.active <= counted.total
        assert all(words)
