"""The catalogue: complete, typed, and usable wherever a configured model is."""

from pathlib import Path

import gguf
import llama_cpp
import pytest
from llama_cpp._logger import llama_log_callback
from pydantic import ValidationError

from config import ModelSpec, Settings
from config.errors import ModelUnavailable, UnknownModel
from models.catalogue.catalogue import (
    NOT_IN_LLAMA_CPP,
    Entry,
    catalogue,
    find_spec,
    known_header,
    models_on_disk,
)
from models.commands import show_catalogue
from models.memory.memory import predict_memory

GIB = 2**30


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, models={"mine": ModelSpec(file="mine.gguf")})


def test_the_field_is_there() -> None:
    families = {
        "mistral": {"7b", "7b-instruct"},
        "mixtral": {"8x7b", "8x7b-instruct"},
        "llama": {"2-7b-chat", "2-13b-chat", "2-70b-chat", "3-8b", "3.1-8b", "3.1-70b", "3.3-70b"},
        "deepseek": {f"r1-{size}b" for size in ("1.5", "7", "8", "14", "32", "70")} | {"llm-7b", "llm-67b"},
        "falcon": {"7b", "40b"},
        "bloom": {"7b1"},
        "gpt": {"neox-20b", "j-6b"},
        "opt": {"6.7b"},
        "redpajama": {"7b"},
        "cerebras": {"gpt-13b"},
        "wizardlm": {"13b"},
    }
    assert {f"{family}-{member}" for family, members in families.items() for member in members} <= set(
        catalogue()
    )


def test_published_scores_carry_their_source() -> None:
    scores = {name: entry.scores for name, entry in catalogue().items() if entry.scores}
    assert all(found.source for found in scores.values())
    figures = {name: (found.mmlu, found.gsm8k, found.humaneval) for name, found in scores.items()}
    assert figures["llama-3-8b"] == (68, 80, 62)
    assert figures["mistral-7b"] == (60, 50, 26)
    assert figures["deepseek-r1-8b"] == (78, 85.5, 71)


def test_an_unknown_key_is_refused_and_nothing_can_be_changed() -> None:
    fields = catalogue()["falcon-7b"].model_dump()
    with pytest.raises(ValidationError, match="licens"):
        Entry.model_validate(fields | {"licens": "?"})
    with pytest.raises(ValidationError, match="frozen"):
        catalogue()["falcon-7b"].context = 1


@pytest.mark.parametrize("name", [name for name, entry in catalogue().items() if entry.shape])
def test_least_memory_agrees_with_the_shape(name: str) -> None:
    entry = catalogue()[name]
    assert entry.shape and entry.file
    header = known_header(ModelSpec(file=entry.file, repository=entry.repository))
    assert header
    # In one decimal, for the prediction's process at the experiment's context, rounded up a little at most.
    assert predict_memory(header, 1024).process / GIB == pytest.approx(entry.memory_gib, abs=0.25)
    assert header.parameters / 1e9 == pytest.approx(entry.parameters, rel=0.01)


def test_architectures_are_those_that_llama_cpp_knows(tmp_path: Path) -> None:
    file = tmp_path / "header.gguf"
    refused = set()
    said: list[str] = []
    log = llama_cpp.llama_log_callback(lambda _, text, __: said.append(text.decode(errors="replace")))
    llama_cpp.llama_log_set(log, None)
    try:
        for architecture in {entry.architecture for entry in catalogue().values()}:
            writer = gguf.GGUFWriter(file, architecture)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_ti_data_to_file()
            writer.close()
            said.clear()
            llama_cpp.llama_model_load_from_file(str(file).encode(), llama_cpp.llama_model_default_params())
            if "model architecture: " in "".join(said):
                refused.add(architecture)
    finally:
        # The package's own again: ours ends with this function, and would be called still.
        llama_cpp.llama_log_set(llama_log_callback, None)
    assert refused == NOT_IN_LLAMA_CPP


def test_settings_win_over_the_catalogue(settings: Settings) -> None:
    own = settings.model_copy(update={"models": {"falcon-7b": ModelSpec(file="own.gguf")}})
    assert find_spec("falcon-7b", own).file == "own.gguf"
    assert find_spec("mine", settings).name == "mine"
    found = find_spec("llama-3.1-8b", settings)
    assert (found.name, found.repository, found.n_ctx) == (
        "llama-3.1-8b",
        "bartowski/Meta-Llama-3.1-8B-Instruct-GGUF",
        2048,
    )


def test_a_name_that_is_nowhere_gets_the_closest(settings: Settings) -> None:
    with pytest.raises(UnknownModel, match="did you mean 'falcon-40b'") as failure:
        find_spec("falcon40b", settings)
    assert "Built in: extractive. `python -m models catalogue`" in str(failure.value)


@pytest.mark.parametrize(
    ("name", "said"), [("opt-6.7b", "does not load the architecture 'opt'"), ("bloom-7b1", "no GGUF")]
)
def test_what_cannot_run_here_points_to_an_endpoint(name: str, said: str, settings: Settings) -> None:
    with pytest.raises(ModelUnavailable, match=said) as failure:
        find_spec(name, settings)
    assert "endpoint" in str(failure.value)


def test_models_on_disk_are_named_once(settings: Settings) -> None:
    settings.models_folder.mkdir()
    assert models_on_disk(settings) == []
    # The instruct Mixtral's file has one name in the settings and two in the catalogue.
    for file in ("mine.gguf", "Mixtral-8x7B-Instruct-v0.1.Q4_K_M.gguf", "llama-2-7b-chat.Q4_K_M.gguf"):
        (settings.models_folder / file).touch()
    assert models_on_disk(settings) == ["mixtral8x7b", "mine", "llama-2-7b-chat"]


def test_the_list_fits_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_catalogue(None)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    for name in catalogue():
        assert name in shown


def test_one_entry_is_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    show_catalogue("deepseek-llm-67b")
    shown = capsys.readouterr().out
    for part in ("TheBloke/deepseek-llm-67b-chat-GGUF", "71.1, 84.1, 73.8", "arXiv 2401.02954"):
        assert part in shown


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("extractive", "extractive is built in: no language model"),
        ("mine", "mine is in the settings: mine.gguf"),
        ("far", "far is in the settings: m at http://h:1/v1"),
    ],
)
def test_what_is_no_entry_is_told_in_a_line(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.yaml").write_text(
        "models: {mine: {file: mine.gguf}, far: {kind: openai, url: 'http://h:1/v1', served_model: m}}"
    )
    monkeypatch.setenv("REVIEWDUEL_SETTINGS", str(tmp_path / "settings.yaml"))
    show_catalogue(name)
    assert capsys.readouterr().out.startswith(said)
