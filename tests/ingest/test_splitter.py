"""Splitting: nothing is lost, nothing is empty, nothing is too long."""

from hypothesis import given, strategies

from config import PassageSettings
from ingest.splitter import Splitter

words = strategies.text(strategies.characters(codec="utf-8"), max_size=90)
texts = strategies.lists(words, max_size=30).flatmap(
    lambda parts: strategies.sampled_from([" ", "\n", "\n\n", ". ", "! "]).map(lambda glue: glue.join(parts))
)


@given(text=texts, size=strategies.integers(50, 120))
def test_nothing_is_lost(text: str, size: int) -> None:
    pieces = Splitter(PassageSettings(size=size)).split(text)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(piece.strip() and len(piece) <= size for piece in pieces)


def test_sentences_stay_whole_where_they_can() -> None:
    text = "The battery lasts two days on one charge. The screen is dim! Is it worth the price? No."
    assert Splitter(PassageSettings(size=50)).split(text) == [
        "The battery lasts two days on one charge.",
        "The screen is dim! Is it worth the price? No.",
    ]


@given(text=strategies.text("ab .!?…\n\t\r\u00a0é", max_size=60), overlap=strategies.sampled_from([0, 20]))
def test_a_short_review_is_one_piece_as_the_library_makes_it(text: str, overlap: int) -> None:
    splitter = Splitter(PassageSettings(size=60, overlap=overlap))
    assert splitter.split(text) == splitter._splitter.split_text(text)
    assert len(splitter.split(text)) <= 1
