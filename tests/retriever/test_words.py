"""Words that stand together without a space are found each, by PostgreSQL's own text search.

The default parser of PostgreSQL 18.4 (its documentation, chapter 12.5) knows hosts, paths, e-mail addresses,
tags, entities and signed numbers. Reviews have few of them, and many missing spaces: of "great.Battery", a
host to the parser, neither word would be found.
"""

# ruff: noqa: RUF001

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from database import Database
from retriever import Embedder, Retriever
from tests.retriever.test_modes import store, texts

KNOWN = (
    "battery", "charging", "screen", "XM5", "1000XM5", "128GB", "iPhone", "5G", "μm", "größer", "é",
    "prix", "ß", "аккумулятор", "电池", "バッテリー", "แบต", "बैटरी", "قوي", "بطارية", "바테리", "co", "op",
)  # fmt: skip
WORDS = st.sampled_from(KNOWN) | st.from_regex(r"[a-z]{2,9}[0-9]{0,3}", fullmatch=True)
ASCII_MARKS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
# Of the scripts that reviews are written in; emoji with their modifiers, and numbers in circles.
MARKS = ASCII_MARKS + (
    "\u00a0¡¢£¥§©«®°±´¶·»¿×÷˚\u037e\u0387՛։־׃٪،؛؟۔।॥฿๏༎၊။፣។៖᠂\u2009–—―‘’“”„†•…‰′″‹›※‽⁄€₹℃№™←→≈⌚①Ⓜ─■★☺✓❤➜⭐"
    "\u2028、。〈「】〜・㈱㎏︰﹐！（－／：；？＠［］＿｛～｡￥\ufe0f🀄👍🏽🇩🥰🫠"
)


def missing(database: Database, text: str, words: list[str]) -> list[str]:
    """The words that do not find the text."""
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT word FROM unnest(%s::text[]) AS word"
            " WHERE NOT tsvector_to_array(lexemes_of(word)) <@ tsvector_to_array(lexemes_of(%s))",
            (words, text),
        )
        return [word for (word,) in cursor]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(WORDS, min_size=2, max_size=6),
    marks=st.lists(st.text(st.sampled_from(MARKS), min_size=1, max_size=3), min_size=5, max_size=5),
)
@example(words=["great", "Battery"], marks=["."] * 5)
@example(words=["battery", "charging"], marks=["/"] * 5)
@example(words=["good", "battery", "x"], marks=["<", ">", "."] + ["."] * 2)
@example(words=["good", "battery", "x"], marks=["&", ";", "."] + ["."] * 2)
@example(words=["battery", "bad"], marks=["://"] * 5)
@example(words=["good", "bad"], marks=["—"] * 5)
@example(words=["XM5", "10h", "5G"], marks=["."] * 5)
def test_every_word_finds_its_review_whatever_stands_between(
    words: list[str], marks: list[str], any_database: Database
) -> None:
    text = words[0] + "".join(mark + word for mark, word in zip(marks, words[1:], strict=False))
    assert missing(any_database, text, words) == []
    assert missing(any_database, f"({text})", words) == []
    # The question may be written so too.
    assert missing(any_database, " ".join(words), [text]) == [] or "-" in text


def test_each_mark_alone(any_database: Database) -> None:
    for mark in MARKS:
        assert missing(any_database, f"screen{mark}battery", ["screen", "battery"]) == [], mark


KEPT = {
    "WH-1000XM5": "My WH-1000XM5,bought last year.",
    "v2.0": "Firmware v2.0 is better.",
    "$9.99": "Only $9.99!",
    "9.99": "Paid 9.99/month.",
    "2.4GHz": "It has 2.4 GHz.",
    "https://shop.example/a/b.html?x=1": "See https://shop.example/a/b.html?x=1.",
    "shop.example": "Bought at www.shop.example/deals",
    "help@shop.example": "I wrote to help@shop.example.Nothing came.",
    "2024-05-06": "Bought on 2024-05-06.",
    "5": "It takes 3-5 days.",
    "iPhone 13": "For the iPhone 12/13/14.",
    "wi-fi": "No Wi-Fi.",
    "rock'n'roll": "Good for rock’n’roll",
}
OTHERS = [
    "My WH-1000XM4 has an XM5 sticker.", "Firmware v2.1 is better.", "Only $9.95, not 99!",
    "Paid 9.98 in month 99.", "It has 2.5 GHz.", "See https://shop.test/b/c.html?y=2.",
    "Bought at www.other.test", "I wrote to help@other.test.",
    "Bought on 2024-07-08.", "It takes 30 days or 6.5 hours.", "For the iPhone 11.",
    "No wire.", "Good for jazz",
]  # fmt: skip


@pytest.mark.parametrize("question", KEPT)
def test_model_numbers_prices_and_addresses_stay_findable(
    question: str, database: Database, fake_embedder: Embedder
) -> None:
    rows = [(f"r{n}", 0, text, None, None) for n, text in enumerate([*OTHERS, KEPT[question]])]
    store(database, fake_embedder, rows)
    found = Retriever(database, fake_embedder).search("A", question, 1, mode="lexical")
    assert texts(found) == [KEPT[question]]
