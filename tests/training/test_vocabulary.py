"""llama.cpp makes of any text the tokens that training made of it."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import llama_cpp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from training.export import write_gguf
from training.model import Network, Shape, Words
from training.vocabulary import BEGIN, END, NUMBERS, READ, SPECIAL, Vocabulary, build_vocabulary

WORDS = "it was warm the zip broke after a week battery lasts stars is how question about naive cafe"
VOCABULARY = build_vocabulary([WORDS], words=0)
TOKENIZER = VOCABULARY.tokenizer()

PIECES = [
    *("It was WARM.", "(5 stars) ", "[7]", "[0][12]", "don't... wait—really?", "naïve café Ångström ﬁne"),
    *(
        "good👍",
        " 💩💩",
        "❤️",
        "🇩🇪",
        "👩\u200d👧",
        "tab\tnew\nline\r\n",
        "中文 字",
        "Привет",
        "e\u0301a\u0308",
    ),
    *("½ ² ™ © € £5", "“quotes” \u2018single\u2019 …", "----------", "a-b_c/d", "1234 5678 2,000 5.5", "ß ẞ"),
    *("\u200bzero\u00a0nbsp\ufeff", "हिन्दी عربي", "~`^|+=<>$", "\uff11\uff12 Ⅷ", "x" * 150, "zips", "zipp"),
    *("4.5/5", "99", "100", "\x07bell", "🚮 bin"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[llama_cpp.Llama]:
    path = tmp_path_factory.mktemp("words") / "words.gguf"
    torch.manual_seed(0)
    shape = Shape(kv_heads=1, width=32, layers=1, heads=1, feed_forward=32)
    words = Words(len(VOCABULARY.tokens), 32, np.zeros((0, 1), np.float32))
    write_gguf(path, Network(shape, words), VOCABULARY, "words", small=False)
    llama = llama_cpp.Llama(str(path), n_ctx=64, verbose=False)
    yield llama
    llama.close()


def in_llama_cpp(model: llama_cpp.Llama, text: str) -> list[int]:
    return list(model.tokenize(text.encode(), add_bos=False, special=False))


def test_the_same_tokens_for_odd_texts(model: llama_cpp.Llama) -> None:
    texts = [*PIECES, *(f"{a}{b}" for a, b in itertools.product(PIECES, PIECES[:14]))]
    assert len(texts) > 400
    for text in texts:
        assert in_llama_cpp(model, text) == TOKENIZER.encode(text).ids, text


@given(st.text(st.characters(codec="utf-8", max_codepoint=0x24F), max_size=60))
@settings(deadline=None)
def test_the_same_tokens_for_any_latin_text(model: llama_cpp.Llama, text: str) -> None:
    # A prompt has spaces and line breaks alone; of the rarer kinds the two think differently.
    text = " ".join(text.split())
    assert in_llama_cpp(model, text) == TOKENIZER.encode(text).ids


def test_every_word_in_letters_is_spelt_and_none_unknown(model: llama_cpp.Llama) -> None:
    spelt = TOKENIZER.encode("zq7xk qqq").tokens
    assert SPECIAL[1] not in spelt
    assert "".join(spelt).replace("##", "") == "zq7xkqqq"


def test_a_prompt_is_framed_and_numbers_are_written_as_one(model: llama_cpp.Llama) -> None:
    framed = model.tokenize(b"it was", add_bos=True, special=True)
    assert (framed[0], framed[-1]) == (BEGIN, READ)
    assert model.token_eos() == END
    for number, text in enumerate(NUMBERS):
        (token,) = [at for at, known in enumerate(VOCABULARY.tokens) if known == text]
        assert model.detokenize([token]) == f"[{number}]".encode()


def test_a_vocabulary_comes_back_from_its_file(tmp_path: Path) -> None:
    VOCABULARY.save(tmp_path / "words.txt")
    assert Vocabulary.load(tmp_path / "words.txt") == VOCABULARY
