"""What names mean, and what files truly hold."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.gguf.header import read_header
from models.gguf.quantisation import BITS_PER_WEIGHT, explain_name, type_shares


def test_each_part_of_a_name_is_explained() -> None:
    parts = {part.text: part.meaning for part in explain_name("DeepSeek-R1-Distill-Qwen-32B-Q4_K_M.gguf")}
    assert list(parts) == ["DeepSeek", "R1", "Distill", "Qwen", "32B", "Q4", "K", "M"]
    assert parts["DeepSeek"] == ""
    assert "reasoning" in parts["R1"]
    assert "trained on answers" in parts["Distill"]
    assert parts["32B"] == "32 billion parameters"
    assert "4 bits" in parts["Q4"]
    assert "k-quant" in parts["K"]
    assert "medium" in parts["M"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mistral-7b-v0.1.Q4_K_M", {"7b": "7 billion", "v0.1": "version", "Q4": "4 bits"}),
        (
            "Mixtral-8x7B-Instruct-v0.1-Q8_0.gguf",
            {"8x7B": "8 experts", "Instruct": "instructions", "0": "simple"},
        ),
        ("nous-hermes-llama-2-7b.Q2_K.gguf", {"7b": "7 billion", "Q2": "2 bits", "K": "k-quant"}),
        ("Qwen3-30B-A3B-IQ3_XXS.gguf", {"A3B": "3 billion", "IQ3": "i-quant", "XXS": "smallest"}),
        ("DeepSeek-R1-Distill-Qwen-1.5B-F16.gguf", {"1.5B": "1.5 billion", "F16": "floating"}),
        ("model-i1-IQ4_NL.gguf", {"i1": "importance", "NL": "table"}),
        ("folder/big-Q6_K-00001-of-00002.gguf", {"00001": "several files", "Q6": "6 bits"}),
        ("x-Q5_K_S", {"S": "small"}),
    ],
)
def test_names_of_the_field(name: str, expected: dict[str, str]) -> None:
    parts = {part.text: part.meaning for part in explain_name(name)}
    for text, meaning in expected.items():
        assert meaning in parts[text]


@given(st.text(max_size=60))
def test_any_name_is_taken_apart_without_loss(name: str) -> None:
    joined = "".join(part.text for part in explain_name(name)).lower()
    kept = iter(joined)
    stem = name.rsplit("/", 1)[-1].lower().removesuffix(".gguf")
    assert all(letter in kept for letter in stem if letter.isascii() and letter.isalnum())


def test_shares_add_up_to_the_file(tiny_files: dict[str, Path], varied_file: Path) -> None:
    for path in (*tiny_files.values(), varied_file):
        header = read_header(path)
        shares = type_shares(header)
        assert sum(share.nbytes for share in shares) == header.weight_bytes
        assert sum(share.parameters for share in shares) == header.parameters
        assert sum(share.tensors for share in shares) == len(header.tensors)
        assert [share.nbytes for share in shares] == sorted((s.nbytes for s in shares), reverse=True)
    bits = {share.kind: share.bits for share in type_shares(read_header(varied_file))}
    assert (bits["F32"], bits["F16"], bits["Q4_K"], bits["Q6_K"]) == (32, 16, 4.5, 6.5625)


def test_the_usual_quantisations_are_in_order() -> None:
    assert list(BITS_PER_WEIGHT.values()) == sorted(BITS_PER_WEIGHT.values())
