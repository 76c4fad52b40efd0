"""The tiny models of random weights, written once."""

from pathlib import Path

import gguf
import numpy as np
import pytest
from hypothesis import settings

from tests.random_architectures import FAMILIES, write_random_architecture
from tests.random_weights import SHAPES, write_random_model

# A busy machine is no defect.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def tiny_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Family → its file."""
    folder = tmp_path_factory.mktemp("models")
    files = {family: folder / f"{family}.gguf" for family in SHAPES}
    for family, file in files.items():
        write_random_model(file, family)
    return files


@pytest.fixture(scope="session")
def architecture_files(
    tiny_files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The same, and one of each other architecture."""
    folder = tmp_path_factory.mktemp("architectures")
    files = {family: folder / f"{family}.gguf" for family in FAMILIES}
    for family, file in files.items():
        write_random_architecture(file, family)
    return tiny_files | files


@pytest.fixture(scope="session")
def varied_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small GGUF with every type of value and several types of tensors."""
    path = tmp_path_factory.mktemp("varied") / "varied.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(3)
    writer.add_embedding_length(64)
    writer.add_head_count(4)
    writer.add_uint8("a.uint8", 255)
    writer.add_int8("a.int8", -128)
    writer.add_uint16("a.uint16", 65535)
    writer.add_int16("a.int16", -32768)
    writer.add_uint32("a.uint32", 2**32 - 1)
    writer.add_int32("a.int32", -(2**31))
    writer.add_uint64("a.uint64", 2**64 - 1)
    writer.add_int64("a.int64", -(2**63))
    writer.add_float32("a.float32", 0.5)
    writer.add_float64("a.float64", 1e300)
    writer.add_bool("a.bool", True)
    writer.add_string("a.string", "größer 😀")
    writer.add_array("an.array.of.strings", ["", "zwei", "drei"])
    writer.add_array("an.array.of.numbers", [1, 2, 3, 4])
    writer.add_tensor("float", np.zeros((3, 5), np.float32))
    writer.add_tensor("half", np.zeros((2, 3, 4), np.float16))
    kinds = gguf.GGMLQuantizationType
    for kind in (kinds.Q8_0, kinds.Q4_0, kinds.Q4_K, kinds.Q6_K):
        block, size = gguf.GGML_QUANT_SIZES[kind]
        writer.add_tensor(kind.name, np.zeros((2, 512 // block * size), np.uint8), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
