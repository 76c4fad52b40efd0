"""Models of random weights for the runs of these tests, and patience."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.random_weights import write_random_model

# A busy machine is no defect.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """For every model: two threads on a tiny one wait for each other longer than they work."""
    monkeypatch.setattr("generator.cores.usable_cores", lambda: 1)


@pytest.fixture(scope="session")
def random_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with llama.gguf and mistral.gguf, which answer with noise, each with its own."""
    folder = tmp_path_factory.mktemp("random")
    write_random_model(folder / "llama.gguf", "llama")
    write_random_model(folder / "mistral.gguf", "mistral")
    return folder
