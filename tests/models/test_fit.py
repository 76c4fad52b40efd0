"""`python -m models fit`: what it prints, for all that it can be given."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from config.errors import ModelUnavailable, UnknownModel
from models.__main__ import app
from models.gguf.header import read_header
from models.memory.fine_tuning import RANK, adapter_parameters, fine_tuning_bytes
from tests.random_weights import write_random_model


def fit(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["fit", *arguments])


def shown(*arguments: str) -> str:
    result = fit(*arguments)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home, and a hub that is not there."""
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    return tmp_path


def test_a_file_is_told_from_its_header(tiny_files: dict[str, Path]) -> None:
    text = shown(str(tiny_files["mixtral"]), "--ctx", "1000")
    assert "4 query heads share 2 key/value heads" in text
    assert "2 of 4 experts" in text
    assert "1.33 million, active in each token: 0.94 million; so 1.9 MFLOP" in text
    assert "The true types of the tensors" in text
    assert "Memory at 1,000 tokens of context" in text
    assert "0.5 MiB" in text
    assert "free: fits." in text
    assert "Q2_K" in text and "F32" in text and "tools/quantize/README.md" in text
    assert "QLoRA" in text and "arXiv 2305.14314" in text


def test_a_configured_model_is_told_at_its_context(home: Path) -> None:
    write_random_model(home / "models" / "mistral-7b-v0.1.Q4_K_M.gguf", "mistral")
    assert "Memory at 2,048 tokens" in shown("mistral")


def test_nothing_is_wider_than_80_columns(tiny_files: dict[str, Path]) -> None:
    assert max(len(line) for line in fit(str(tiny_files["llama"])).output.splitlines()) <= 80


def test_a_size_alone_is_enough() -> None:
    text = shown("--params", "7e9", "--gpu", "6GiB", "--ctx", "4096")
    assert "a dense Llama-like shape in Q4_K_M is assumed" in text
    assert "7.0 billion" in text
    assert "14.1 GFLOP" in text
    assert "On a card of 6.00 GiB: does not fit." in text
    assert "the driver, about" in text


def test_a_context_beyond_the_trained_one_is_remarked(tiny_files: dict[str, Path]) -> None:
    said = "Its context of 8,192 tokens is longer than the 4,096 that it was trained for; beyond them"
    assert said in shown(str(tiny_files["llama"]), "--ctx", "8192")
    assert "longer than" not in shown(str(tiny_files["llama"]), "--ctx", "4096")


def test_what_is_not_downloaded_and_not_reachable_is_told_from_the_catalogue() -> None:
    text = shown("llama-2-70b", "--gpu", "80GB")
    assert "From the catalogue" in text
    assert "69.0 billion" in text
    assert "On a card of 74.51 GiB: fits." in text


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("some/model/m.gguf", "cannot be read"),
        ("https://127.0.0.1:9/m.gguf", "cannot be read"),
        ("folder/m.gguf", "There is no file folder/m.gguf"),
        ("some--model/name/m.gguf", "'some--model/name' is no repository"),
        ("~nobody-of-this-name/m.gguf", "There is no file ~nobody"),
    ],
)
def test_what_is_not_there_is_said_in_words(model: str, said: str) -> None:
    error = fit(model).exception
    assert isinstance(error, ModelUnavailable)
    assert said in str(error)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    error = fit("smolm2").exception
    assert isinstance(error, UnknownModel)
    assert "smollm2" in str(error)


@pytest.mark.parametrize(
    "arguments", [(), ("m", "--params", "7e9"), ("--params", "7"), ("--params", "7e9", "--gpu", "big")]
)
def test_contradictions_are_refused(arguments: tuple[str, ...]) -> None:
    assert fit(*arguments).exit_code == 2


def test_fine_tuning_by_the_formulas(tiny_files: dict[str, Path]) -> None:
    header = read_header(tiny_files["llama"])
    # 2 layers of four matrices 128 x 128 and three of 128 x 256.
    adapters = 2 * RANK * (4 * 256 + 3 * 384)
    assert adapter_parameters(header) == adapters
    needs = fine_tuning_bytes(header)
    assert needs["full"] == 16 * header.parameters
    assert needs["LoRA"] == 2 * header.parameters + 16 * adapters
    assert needs["QLoRA"] < needs["LoRA"] < needs["full"]
    experts = read_header(tiny_files["mixtral"])
    # Attention 128 and 64 wide, a router of 4, and 3 matrices for each of 4 experts.
    assert adapter_parameters(experts) == 2 * RANK * (2 * 256 + 2 * 192 + 132 + 3 * 4 * 384)
