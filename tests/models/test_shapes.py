"""Foretold headers against llama.cpp's own quantiser, and against the sizes of published files."""

import ctypes
from pathlib import Path

import gguf
import llama_cpp
import numpy as np
import pytest
from pydantic import ValidationError

from config import ModelSpec, Settings
from models.catalogue.catalogue import catalogue, known_header
from models.catalogue.shape import Shape
from models.catalogue.shapes import header_of
from models.files import model_path
from models.gguf.header import Tensor, read_header
from models.memory.memory import predict_memory

FILE_TYPES = {"Q4_K_M": 15, "Q4_1": 3}

SMALL = {
    "dense": Shape(layers=16, width=256, feed_forward=512, heads=4, kv_heads=4, vocabulary=320),
    "odd": Shape(layers=11, width=256, feed_forward=512, heads=4, kv_heads=2, vocabulary=320),
    "mixtral": Shape(
        layers=8, width=256, feed_forward=256, heads=4, kv_heads=2, vocabulary=320, experts=8, experts_used=2
    ),
    "70B": Shape(layers=80, width=256, feed_forward=256, heads=4, kv_heads=2, vocabulary=320),
    "Q4_1, rows of 96": Shape(
        layers=3,
        width=96,
        feed_forward=160,
        heads=3,
        kv_heads=1,
        vocabulary=320,
        tied=True,
        quantisation="Q4_1",
    ),
    "Q4_1, rows of 256": Shape(
        layers=3,
        width=256,
        feed_forward=160,
        heads=4,
        kv_heads=2,
        vocabulary=320,
        tied=True,
        quantisation="Q4_1",
    ),
    "tied": Shape(layers=8, width=256, feed_forward=512, heads=4, kv_heads=4, vocabulary=320, tied=True),
    "65B": Shape(layers=80, width=256, feed_forward=256, heads=4, kv_heads=4, vocabulary=320),
}


def write_in_16_bits(path: Path, shape: Shape) -> None:
    """The shape's tensors as a converter leaves them: matrices in 16 bits, zeros."""
    header = header_of(shape, "small", 512)
    writer = gguf.GGUFWriter(path, "llama")
    for key, value in header.metadata.items():
        if not key.startswith("llama."):
            continue
        if isinstance(value, float):
            writer.add_float32(key, value)
        else:
            writer.add_uint32(key, int(value))
    writer.add_tokenizer_model("no_vocab")
    for tensor in header.tensors:
        kind = np.float32 if tensor.kind == gguf.GGMLQuantizationType.F32 else np.float16
        writer.add_tensor(tensor.name, np.zeros(tensor.shape[::-1], kind))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_the_real_model_s_header_is_foretold_to_the_byte(smollm2: tuple[ModelSpec, Settings]) -> None:
    spec, settings = smollm2
    foretold, found = known_header(spec), read_header(model_path(spec, settings))
    assert foretold
    assert by_name(foretold.tensors) == by_name(found.tensors)
    for n_ctx in (512, 2048):
        memory = predict_memory(found, n_ctx).process
        assert predict_memory(foretold, n_ctx).process == pytest.approx(memory, rel=0.02)


@pytest.mark.parametrize(
    "wrong",
    [{"quantisation": "Q4_1"}, {"width": 96, "feed_forward": 256}, {"feed_forward": 96, "tied": True}],
)
def test_what_cannot_be_foretold_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="in Q4_"):
        Shape.model_validate(SMALL["dense"].model_dump() | wrong)


def by_name(tensors: tuple[Tensor, ...]) -> dict[str, tuple[tuple[int, ...], str]]:
    return {tensor.name: (tensor.shape, tensor.kind.name) for tensor in tensors}


@pytest.mark.parametrize("name", SMALL)
def test_every_tensor_has_the_type_that_llama_cpps_quantiser_gives_it(name: str, tmp_path: Path) -> None:
    shape = SMALL[name]
    whole, quantised = tmp_path / "f16.gguf", tmp_path / "q4.gguf"
    write_in_16_bits(whole, shape)
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = FILE_TYPES[shape.quantisation]
    status = llama_cpp.llama_model_quantize(
        str(whole).encode(), str(quantised).encode(), ctypes.byref(params)
    )
    assert status == 0
    assert by_name(header_of(shape, name, 512).tensors) == by_name(read_header(quantised).tensors)


# Bytes of the published files, to the digits that their pages show.
PUBLISHED_GB = {
    "mistral-7b": 4.37,
    "llama-2-7b": 4.08,
    "llama-2-13b-chat": 7.87,
    "llama-2-70b": 41.42,
    "mixtral-8x7b-instruct": 28.45,
    "llama-3-8b": 4.92,
    "llama-3.1-70b": 42.52,
    "deepseek-llm-7b": 4.22,
}


@pytest.mark.parametrize("name", PUBLISHED_GB)
def test_sizes_are_those_of_the_published_files(name: str) -> None:
    entry = catalogue()[name]
    assert entry.shape
    foretold = header_of(entry.shape, name, entry.context).weight_bytes
    # A file holds its vocabulary as well: up to 8 MB.
    assert foretold / 1e9 == pytest.approx(PUBLISHED_GB[name], abs=0.012)
