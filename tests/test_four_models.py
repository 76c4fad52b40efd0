"""docs/four-models.md: its text follows its figures, and the command that writes it works on tiny shapes."""

import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from benchmarks import four_models
from benchmarks.four_models import bytes_per_token, main
from benchmarks.four_models_text import document, words_per_s
from models.catalogue.catalogue import catalogue
from models.catalogue.shape import Shape
from models.catalogue.shapes import header_of


def run_with(decode: dict[str, float], memory: dict[str, float]) -> dict[str, Any]:
    models = {
        name: {
            "weights": 4e9,
            "read": 4e9,
            "memory": memory[name] * 2**30,
            "prefill": [20, 19, 21],
            "decode": [decode[name], decode[name] * 0.9, decode[name] * 1.1],
            "layers": [2, 14, 32],
        }
        for name in four_models.NAMES
    }
    facts = {"date": "2026-01-01", "cores": 2, "memory": 24 * 2**30, "llama_cpp_python": "0.3.36"}
    return facts | {"prompt": 200, "answer": 64, "rounds": 5, "models": models}


AS_EXPECTED = run_with(
    {"mistral-7b": 8.0, "llama-2-7b": 8.2, "mixtral-8x7b": 4.8, "llama-2-70b": 0.9},
    {"mistral-7b": 4.3, "llama-2-7b": 4.4, "mixtral-8x7b": 26.7, "llama-2-70b": 39.0},
)


def test_words_per_second_count_the_prompt_and_the_writing() -> None:
    # 200 tokens at 20 a second, then 100 words of 1.35 tokens at 8 a second.
    assert words_per_s(AS_EXPECTED, "mistral-7b", 100) == pytest.approx(100 / (10 + 135 / 8))


def test_verdicts_follow_the_figures() -> None:
    text = document(AS_EXPECTED)
    assert "(1.86 times): it does not hold" in text
    assert "(6.7 times): it holds" in text
    assert "(25 of 39 GB): it holds" in text
    assert '6.87 GB"**: it does not hold' in text
    assert "Mixtral 8x7B and Llama 2 70B do not fit this machine" in text
    # Two equations, two unknowns: 242 and 65 words at 1.49 and 0.80 words a second.
    assert "wait 51 s and then write a word every 0.46 s" in text
    assert "$" not in text
    other = run_with(
        {"mistral-7b": 16.0, "llama-2-7b": 8.0, "mixtral-8x7b": 1.0, "llama-2-70b": 0.9},
        {"mistral-7b": 6.9, "llama-2-7b": 4.4, "mixtral-8x7b": 10.0, "llama-2-70b": 20.0},
    )
    text = document(other)
    assert "(1.86 times): it holds" in text
    assert "(6.7 times): it does not hold" in text
    assert "All four fit this machine" in text


def test_a_token_reads_two_of_eight_experts() -> None:
    mixtral, llama = (catalogue()[name].shape for name in ("mixtral-8x7b", "llama-2-7b"))
    assert mixtral and llama
    dense = header_of(llama, "", 1)
    embedding = next(tensor.nbytes for tensor in dense.tensors if tensor.name == "token_embd.weight")
    assert bytes_per_token(dense) == dense.weight_bytes - embedding
    mixture = header_of(mixtral, "", 1)
    experts = sum(tensor.nbytes for tensor in mixture.tensors if "_exps" in tensor.name)
    rest = mixture.weight_bytes - experts - embedding
    assert bytes_per_token(mixture) == rest + experts // 4


def test_the_command_measures_writes_and_writes_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Threads that wait for each other say nothing about so small a model on a busy machine.
    monkeypatch.setattr("models.probe.probe.usable_cores", lambda: 1)
    tiny = Shape(layers=8, width=256, feed_forward=512, heads=4, kv_heads=2, vocabulary=1000)
    entries = {name: catalogue()[name].model_copy(update={"shape": tiny}) for name in four_models.NAMES}
    monkeypatch.setattr(four_models, "catalogue", lambda: MappingProxyType(entries))
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path / "home"))
    out = tmp_path / "four.md"
    main(rounds=5, prompt=64, answer=16, file_gib=0.01, from_figures=False, out=out)
    figures = json.loads((tmp_path / "four.json").read_text())
    assert list(figures["models"]) == list(four_models.NAMES)
    first = out.read_text()
    assert "| Llama 2 70B | 0.00 |" in first
    out.unlink()
    main(rounds=2, prompt=16, answer=8, file_gib=0.01, from_figures=True, out=out)
    assert out.read_text() == first
    assert list((tmp_path / "home").iterdir()) == []
