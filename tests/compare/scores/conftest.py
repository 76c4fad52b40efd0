"""The installed embedder, loaded once."""

import pytest

from config import Settings
from retriever import Embedder


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return Embedder(Settings().embedder)
