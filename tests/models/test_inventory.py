"""All models at a glance: each file once, where it is, what is known of it before it is here."""

from pathlib import Path

import pytest

from config import ModelSpec, Settings
from config.errors import ModelUnavailable
from models.catalogue.catalogue import catalogue
from models.catalogue.inventory import Listed, examine, inventory
from models.gguf.header import read_header
from models.gguf.quantisation import quantisation_in_words
from models.memory.room import GIB
from tests.random_weights import write_random_model

MISTRAL = catalogue()["mistral-7b"]


@pytest.fixture(autouse=True)
def no_other_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a test configures."""
    (tmp_path / "settings.yaml").write_text("models: {}\n")
    monkeypatch.setenv("REVIEWDUEL_SETTINGS", str(tmp_path / "settings.yaml"))


def listed(settings: Settings) -> dict[str, Listed]:
    return {one.name: one for one in inventory(settings)}


def test_a_configured_file_is_not_listed_again_as_the_catalogue_s(tmp_path: Path) -> None:
    spec = ModelSpec(file=MISTRAL.file or "", repository=MISTRAL.repository)
    found = listed(Settings(home=tmp_path, models={"mine": spec}))
    assert found["mine"].entry == MISTRAL
    assert "mistral-7b" not in found
    assert found["mistral-7b-instruct"].fetchable
    # Two names of the catalogue for one file.
    assert ("mixtral-8x7b" in found, "mixtral-8x7b-instruct" in found) == (True, False)
    assert found["opt-6.7b"].spec is None
    assert not found["opt-6.7b"].fetchable
    assert found["extractive"].path is None


def test_the_built_in_one_may_be_configured_and_is_listed_once(tmp_path: Path) -> None:
    extractive = ModelSpec(kind="extractive", answers="verbatim")
    for models in ({}, {"extractive": extractive}):
        found = inventory(Settings(home=tmp_path, models=models))
        (one,) = [listed for listed in found if listed.name == "extractive"]
        assert one.configured == bool(models)


def test_what_is_here_is_told_from_what_can_be_fetched(tmp_path: Path) -> None:
    models = {
        "mine": ModelSpec(file="mine.gguf"),
        "hers": ModelSpec(file="hers.gguf", repository="some/model-GGUF"),
        "far": ModelSpec(kind="openai", url="http://localhost:1/v1"),
    }
    settings = Settings(home=tmp_path, models=models)
    before = listed(settings)
    assert [before[name].here for name in models] == [False, False, False]
    assert [before[name].fetchable for name in models] == [False, True, False]
    for name in ("mine", "hers"):
        write_random_model(tmp_path / "models" / f"{name}.gguf", "llama")
    after = listed(settings)
    assert [after[name].here for name in models] == [True, True, False]
    assert not any(after[name].fetchable for name in models)
    assert after["mine"].size == (tmp_path / "models" / "mine.gguf").stat().st_size


def test_the_size_of_what_is_not_here_is_foretold(tmp_path: Path) -> None:
    found = listed(Settings(home=tmp_path, models={"mine": ModelSpec(file="mine.gguf")}))
    # The file has 4,368 million bytes.
    assert found["mistral-7b"].foretold_size == pytest.approx(4.07 * GIB, rel=0.03)
    assert found["mine"].foretold_size is None


def test_a_file_is_examined_whole(tmp_path: Path, tiny_files: dict[str, Path]) -> None:
    found = examine(tiny_files["llama"], 512)
    assert found.header == read_header(tiny_files["llama"])
    assert found.predicted.process > found.predicted.weights > 0
    with pytest.raises(ModelUnavailable):
        examine(tmp_path / "absent.gguf", 512)


def test_quantisation_is_told_by_the_header_else_by_the_name(tiny_files: dict[str, Path]) -> None:
    header = read_header(tiny_files["llama"])
    bits = f"{8 * header.weight_bytes / header.parameters:.2f}"
    assert quantisation_in_words("tiny.gguf", header).endswith(f", {bits} bits per weight")
    assert quantisation_in_words("tiny.Q4_K_M.gguf", header) == f"Q4_K_M, {bits} bits per weight"
    assert quantisation_in_words("tiny-q4_k_m.gguf") == "Q4_K_M, about 4.9 bits per weight"
    assert quantisation_in_words("tiny.IQ3_XXS.gguf") == "IQ3_XXS, about 3.0 bits per weight"
    assert quantisation_in_words("tiny.gguf") == ""
