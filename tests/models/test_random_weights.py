"""The tiny models: reproducible, true to their family, and real to llama.cpp."""

from pathlib import Path

import pytest

from generator.backends.worker_process import WorkerProcess
from generator.events import Done, Loaded, Sampling, Text
from models.gguf.header import read_header
from tests.random_weights import CHAT_TEMPLATE, SHAPES, write_random_model

FAMILIES = list(SHAPES)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_gives_the_same_bytes(family: str, tiny_files: dict[str, Path], tmp_path: Path) -> None:
    same, other = tmp_path / "a folder" / "same.gguf", tmp_path / "other.gguf"
    write_random_model(same, family)
    write_random_model(other, family, seed=1)
    assert same.read_bytes() == tiny_files[family].read_bytes()
    assert other.read_bytes() != same.read_bytes()
    assert other.stat().st_size == same.stat().st_size


@pytest.mark.parametrize("family", FAMILIES)
def test_metadata_is_true_to_the_family(family: str, tiny_files: dict[str, Path]) -> None:
    header = read_header(tiny_files[family])
    shapes = {tensor.name: tensor.shape for tensor in header.tensors}
    heads, kv_heads = header.number("attention.head_count", 0), header.number("attention.head_count_kv", 0)
    width, head_width = header.number("embedding_length", 0), header.number("rope.dimension_count", 0)
    assert (heads, kv_heads) == {"llama": (4, 4), "mistral": (4, 2), "mixtral": (4, 2)}[family]
    assert shapes["blk.0.attn_q.weight"] == (width, heads * head_width)
    assert shapes["blk.1.attn_k.weight"] == (width, kv_heads * head_width)
    if family == "mixtral":
        experts = header.number("expert_count", 0)
        assert 1 < header.number("expert_used_count", 0) < experts
        assert shapes["blk.0.ffn_gate_exps.weight"][-1] == experts
    else:
        assert "expert_count" not in " ".join(header.metadata)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_file_says_that_its_weights_are_random(family: str, tiny_files: dict[str, Path]) -> None:
    metadata = read_header(tiny_files[family]).metadata
    assert "random weights" in str(metadata["general.name"])
    assert "noise" in str(metadata["general.description"])


@pytest.mark.parametrize("family", FAMILIES)
def test_llama_cpp_loads_it_and_generates(family: str, tiny_files: dict[str, Path]) -> None:
    worker = WorkerProcess(tiny_files[family], 256)
    try:
        *_, loaded = worker.load()
        sampling = Sampling(max_tokens=8, temperature=0, top_k=1, top_p=1, seed=0)
        events = list(worker.generate([1, 300, 301], sampling, threads=1, reuse=False))
    finally:
        worker.close()
    assert loaded == Loaded(n_ctx=256, chat=family != "mistral")
    assert any(isinstance(event, Text) for event in events)
    assert isinstance(events[-1], Done)
    assert 1 <= events[-1].timing.n_out <= 8


def test_chat_families_carry_the_template_and_mistral_none(tiny_files: dict[str, Path]) -> None:
    templates = {
        family: read_header(file).metadata.get("tokenizer.chat_template")
        for family, file in tiny_files.items()
    }
    assert templates == {"llama": CHAT_TEMPLATE, "mistral": None, "mixtral": CHAT_TEMPLATE}
