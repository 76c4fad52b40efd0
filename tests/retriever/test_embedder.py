"""The embedder: the installed model for real, and what happens when there is none."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from config import EmbedderSettings
from config.errors import ConfigError
from retriever import Embedder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def minilm() -> Embedder:
    return Embedder(EmbedderSettings())


def test_meaning_is_near(minilm: Embedder) -> None:
    vectors = minilm.embed_passages(["It lasts two days on one charge.", "The colours are vivid.", ""])
    question = minilm.embed_question("How long does the battery last?")
    assert vectors.shape == (3, minilm.dimension) == (3, 384)
    assert question.shape == (384,)
    assert vectors.dtype == question.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert np.argmax(vectors @ question) == 0


def test_no_passages_and_odd_questions(minilm: Embedder) -> None:
    assert minilm.embed_passages([]).shape == (0, 384)
    for odd in ("", "\udcff", "\0", "battery " * 5000):
        assert np.isfinite(minilm.embed_question(odd)).all()


def test_several_batches_keep_the_order_whoever_else_embeds(minilm: Embedder) -> None:
    texts = [f"Used for {number} weeks. " + "It still works. " * (number % 7) for number in range(70)]
    single = np.stack([minilm.embed_passages([text])[0] for text in texts])
    found: list[float] = []

    def embed() -> None:
        vectors = minilm.embed_passages(texts)
        minilm.embed_question("How long does it work?")
        found.append(float((vectors * single).sum(axis=1).min()))

    threads = [threading.Thread(target=embed) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert min(found) > 0.9995


def test_threads_load_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[str] = []

    def load(name: str) -> object:
        loads.append(name)
        return object()

    monkeypatch.setattr("retriever.embedder._load", load)
    embedder = Embedder(EmbedderSettings(name="slow"))
    threads = [threading.Thread(target=embedder._loaded) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == ["slow"]


@pytest.mark.parametrize("name", ["/no/such/model", "no model!!"])
def test_a_name_that_cannot_be_loaded(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"embedder '{name}' .*embedder\.name in settings\.yaml"):
        Embedder(EmbedderSettings(name=name)).embed_question("?")


def test_importing_the_retriever_is_light() -> None:
    program = (
        "import sys, retriever; heavy = {'torch', 'sentence_transformers', 'transformers', 'langchain_core'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_listing_products_needs_no_numpy(environment: dict[str, str]) -> None:
    """The first paint of the page waits for it."""
    program = (
        "import sys; from config import load_settings; from database import Database;"
        "from retriever.products import list_products;"
        "print(list_products(Database.open(load_settings())), 'numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[] False\n"


GROWTH = """
import random
import psutil
from config import EmbedderSettings
from retriever import Embedder

embedder, chance = Embedder(EmbedderSettings()), random.Random(1)
def embed(times):
    for _ in range(times):
        few = [" ".join(chance.choices(["sound", "battery", "of", "the"], k=chance.randint(3, 60)))
               for _ in range(chance.randint(2, 30))]
        embedder.embed_passages(few)
    return psutil.Process().memory_info().rss / 2**20
before = embed(120)
print(embed(240) - before)
"""


@pytest.mark.slow
def test_memory_stays_whatever_is_embedded() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GROWTH], cwd=ROOT, capture_output=True, text=True, check=True
    )
    # In MiB; it was 130 when a kernel was kept for each shape.
    assert float(done.stdout) < 60
