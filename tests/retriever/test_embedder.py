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


# sentence-transformers 6.2.0 cuts a text at the model's `max_seq_length`, 256 pieces of all-MiniLM-L6-v2,
# without a word: two reviews that differ behind it would have one vector. In Russian that is 250 characters.
@pytest.mark.parametrize(
    "beginning", ["The strap is blue and the box was fine. " * 40, "Ремешок синий. " * 30]
)
@pytest.mark.parametrize("normalize", [True, False])
def test_the_end_of_a_long_text_counts(beginning: str, normalize: bool) -> None:
    embedder = Embedder(EmbedderSettings(normalize=normalize))
    ends = ["The battery lasts for a week.", "The battery died after a day, so do not buy it."]
    first, second, short = embedder.embed_passages([beginning + ends[0], beginning + ends[1], ends[0]])
    assert float(first @ second) / float(np.linalg.norm(first) * np.linalg.norm(second)) < 0.9995
    if normalize:
        assert np.linalg.norm([first, second, short], axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    questions = [embedder.embed_question(beginning + end) for end in ends]
    assert float(np.abs(questions[0] - questions[1]).max()) > 1e-3


def test_a_text_that_fits_is_whole(minilm: Embedder) -> None:
    texts = ["It lasts.", "word " * 250]
    model = minilm._loaded()
    alone = model.encode_document(texts, normalize_embeddings=True)
    assert minilm.embed_passages(texts) == pytest.approx(alone, abs=0.02)


# Of all-MiniLM-L6-v2's 30,522 word pieces (its tokenizer.json) none is for these: each word is [UNK], and
# praise and complaint have one vector.
UNREAD = {
    "Thai": ("หูฟังดีมาก เสียงใส", "หูฟังแย่มาก เสียงแตก"),
    "Tamil": ("இந்த ஹெட்ஃபோன் மிகவும் நல்லது, ஒலி தெளிவாக உள்ளது", "இந்த ஹெட்ஃபோன் மோசம்"),
    "Khmer": ("កាសនេះល្អណាស់ សំឡេងច្បាស់", "កាសនេះអន់ណាស់"),
    "Georgian": ("ეს ყურსასმენი ძალიან კარგია", "ცუდი ხარისხი, ორ კვირაში გაფუჭდა"),
    "Burmese": ("ဒီနားကြပ်က အရမ်းကောင်းတယ်", "ဒီနားကြပ်က ဆိုးတယ်"),
    "Amharic": ("ይህ በጣም ጥሩ ነው", "ይህ በጣም መጥፎ ነው"),
    "Telugu": ("ఈ హెడ్‌ఫోన్ చాలా బాగుంది", "ఈ హెడ్‌ఫోన్ బాగాలేదు"),
    "Chinese": ("这个耳机音质很好，电池也很耐用", "质量很差，两周就坏了"),  # noqa: RUF001
    "emoji": ("👍👍😍", "👎😡"),
}
READ = [
    "Great 👍👍👍👍👍👍👍👍", "Sehr schöne Kopfhörer", "Отличные наушники", "السماعة ممتازة",
    "Πολύ καλά ακουστικά",
    "", "...", "5/5", "Très bien, « parfait » …",
]  # fmt: skip


@pytest.mark.parametrize("script", UNREAD)
def test_what_it_does_not_read_is_known(script: str, minilm: Embedder) -> None:
    assert not any(map(minilm.reads, UNREAD[script]))


@pytest.mark.parametrize("text", READ)
def test_what_it_reads(text: str, minilm: Embedder) -> None:
    assert minilm.reads(text)


def test_of_an_unknown_embedder_nothing_is_claimed() -> None:
    for name in ("word-counter", "/no/such/model", "no model!!"):
        assert Embedder(EmbedderSettings(name=name)).reads("หูฟังดีมาก")
