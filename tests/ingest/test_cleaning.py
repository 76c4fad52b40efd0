"""Cleaning takes away what is not the writer's, and nothing else."""

import pytest
from hypothesis import given, strategies

from ingest.cleaning import LONGEST_TEXT, clean


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Good &amp; cheap &#x2026; &quot;fine&quot;", 'Good & cheap … "fine"'),
        ("One.<br />Two.<BR>Three.<p class='x'>Four.</p>", "One.\nTwo.\nThree.\nFour."),
        ('<div id="v">See <a href="/x">this</a></div> <b>now</b>', "See this\n now"),
        ("I <3 it, a < b, <grin> and 5 > 4", "I <3 it, a < b, <grin> and 5 > 4"),
        ("Before<!-- not seen --> after<script>alert('x')</script>.", "Before after."),
        ("&lt;br&gt;twice &lt;b&gt;coded&lt;/b&gt;", "twice coded"),
        (
            "zero\u200bwidth, soft\u00adhyphen, \ufeffmark, \u202eturned\u202c",
            "zerowidth, softhyphen, mark, turned",
        ),
        ("wide\u3000and\u00a0hard  spaces", "wide and hard spaces"),
        ("bell\a, NUL\0, escape\x1b[31m red\x1b[0m", "bell, NUL, escape red"),
        ("cafÃ© and â€œquotesâ€\x9d", "café and “quotes”"),
        ("👨‍👩‍👧 می‌خواهم ❤️", "👨‍👩‍👧 می‌خواهم ❤️"),
        ("two\r\nlines\rof\u2028text", "two\nlines\nof\ntext"),
        ("“curly” «quotes» ﬁne", "“curly” «quotes» ﬁne"),
    ],
)
def test_what_is_taken_away(raw: str, text: str) -> None:
    assert clean(raw) == (text, False)


def test_absurd_lengths_are_cut() -> None:
    text, cut = clean("word " * 50_000)
    assert cut and text is not None and len(text) <= LONGEST_TEXT


@given(strategies.text(strategies.characters(codec="utf-8")))
def test_what_comes_out_can_be_stored(raw: str) -> None:
    text, _ = clean(raw)
    assert text is None or ("\0" not in text and text)
    assert (text or "") == (text or "").strip()


@given(
    strategies.text(
        strategies.characters(codec="ascii", categories=["L", "N", "Po"], exclude_characters="&<")
    )
)
def test_plain_text_stays(raw: str) -> None:
    assert clean(raw) == (raw or None, False)
