"""The header reader against the gguf package's own, and against files that lie."""

import struct
from pathlib import Path

import gguf
import numpy as np
import pytest

from config.errors import ModelUnavailable
from models.gguf.header import Header, read_header


def assert_agrees_with_gguf(path: Path) -> None:
    ours, theirs = read_header(path), gguf.GGUFReader(path)
    assert [(t.name, t.kind, list(t.shape), t.parameters, t.nbytes) for t in ours.tensors] == [
        (t.name, t.tensor_type, t.shape.tolist(), t.n_elements, t.n_bytes) for t in theirs.tensors
    ]
    for key, value in ours.metadata.items():
        field = theirs.fields[key]
        is_array = field.types[0] == gguf.GGUFValueType.ARRAY
        assert value == (len(field.data) if is_array else field.contents()), key
    # The reader counts three fields of its own: version, and the numbers of tensors and of keys.
    assert len(ours.metadata) == len(theirs.fields) - 3


@pytest.mark.parametrize("family", ["llama", "mistral", "mixtral"])
def test_agrees_with_the_gguf_package_on_models(family: str, tiny_files: dict[str, Path]) -> None:
    assert_agrees_with_gguf(tiny_files[family])


def test_agrees_with_the_gguf_package_on_every_type(varied_file: Path) -> None:
    assert_agrees_with_gguf(varied_file)
    metadata = read_header(varied_file).metadata
    assert metadata["a.uint64"] == 2**64 - 1
    assert metadata["a.string"] == "größer 😀"
    assert metadata["an.array.of.strings"] == 3


def test_sums_count_all_tensors(varied_file: Path) -> None:
    header = read_header(varied_file)
    assert header.architecture == "llama"
    assert header.parameters == 15 + 24 + 4 * 1024
    assert header.weight_bytes == 15 * 4 + 24 * 2 + 1024 // 32 * (34 + 18) + 1024 // 256 * (144 + 210)
    assert header.number("block_count", 0) == 3
    assert header.number("expert_count", 7) == 7


def test_a_file_cut_off_anywhere_is_refused(varied_file: Path, tmp_path: Path) -> None:
    whole, cut = varied_file.read_bytes(), tmp_path / "cut.gguf"
    assert isinstance(read_header(varied_file), Header)
    # The last tensor is padded to the alignment: what counts is that its own bytes are there.
    end = len(whole) - 24
    for size in range(0, end, 7):
        cut.write_bytes(whole[:size])
        with pytest.raises(ModelUnavailable, match=r"cut\.gguf is not a usable GGUF file"):
            read_header(cut)


def test_a_model_cut_off_in_its_last_tensor_is_refused(tiny_files: dict[str, Path], tmp_path: Path) -> None:
    whole, cut = tiny_files["llama"].read_bytes(), tmp_path / "cut.gguf"
    cut.write_bytes(whole[:-100])
    with pytest.raises(ModelUnavailable, match="incomplete"):
        read_header(cut)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "begins with b''"),
        (b"GGU", "begins with b'GGU'"),
        (b"ggjt\x03\0\0\0", "begins with b'ggjt'"),
        (b"<!DOCTYPE html>", "begins with b'<!DO'"),
        (b"GGUF" + struct.pack("<I", 1), "version is 1"),
        (b"GGUF" + struct.pack(">I", 3), "version is 50331648"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**64 - 1, 0), "claims 18446744073709551615 tensors"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**63), "claims 9223372036854775808 keys"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**40) + bytes(20), "1099511627776 characters"),
    ],
)
def test_what_is_no_gguf_is_said_in_words(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(content)
    with pytest.raises(ModelUnavailable) as failure:
        read_header(file)
    assert said in str(failure.value)


def test_what_cannot_be_opened_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="Is a directory"):
        read_header(tmp_path)
    with pytest.raises(ModelUnavailable, match="No such file"):
        read_header(tmp_path / "absent.gguf")


def test_the_old_experts_layout_is_read_like_any_other(tmp_path: Path) -> None:
    """One tensor per expert, as in December 2023: llama.cpp refuses it later; the header is fine."""
    path = tmp_path / "old.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tensor("blk.0.ffn_gate.7.weight", np.zeros((32, 32), np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    assert [tensor.name for tensor in read_header(path).tensors] == ["blk.0.ffn_gate.7.weight"]


def test_a_model_in_parts_is_read_as_one(tiny_files: dict[str, Path], tmp_path: Path) -> None:
    whole = gguf.GGUFReader(tiny_files["llama"])
    writer = gguf.GGUFWriter(tmp_path / "big.gguf", "llama", split_max_tensors=8)
    for tensor in whole.tensors:
        writer.add_tensor(tensor.name, tensor.data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    parts = sorted(file.name for file in tmp_path.iterdir())
    assert parts == [f"big-{number:05}-of-00003.gguf" for number in (1, 2, 3)]
    header = read_header(tmp_path / parts[0])
    assert header.weight_bytes == read_header(tiny_files["llama"]).weight_bytes
    (tmp_path / parts[2]).unlink()
    with pytest.raises(ModelUnavailable, match=parts[2]):
        read_header(tmp_path / parts[0])
