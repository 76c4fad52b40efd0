"""Passages become sentences that are exact pieces of them, in any language."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.verbatim.sentences import split_sentences
from retriever.passage import Passage


def passage(text: str, rating: float | None = None) -> Passage:
    return Passage("B01", "r", 0, text, rating, None, None, "00")


def sentences(text: str) -> list[str]:
    return [sentence.text for sentence in split_sentences([passage(text)])]


review_text = st.text(
    st.sampled_from("12)-•①.!?。\uff01\uff1f…\n\r\t\0 \u2028[]\"'AaзД👍\u200d🏽é\u0301")
    | st.characters(codec="utf-8")
)


@given(st.lists(review_text, max_size=4))
@example(["One. One. One.", "", "\0", "Dr. No! 👍🏽 Yes?"])
def test_every_sentence_is_exact_in_its_passage_in_order_and_apart_from_the_others(texts: list[str]) -> None:
    end = {number: 0 for number in range(len(texts) + 1)}
    last = 0
    for sentence in split_sentences([passage(text) for text in texts]):
        assert sentence.passage >= last
        last = sentence.passage
        assert end[last] <= sentence.start < sentence.end
        end[last] = sentence.end
        assert texts[last - 1][sentence.start : sentence.end] == sentence.text == sentence.text.strip()
        assert any(map(str.isalnum, sentence.text))


@given(st.lists(st.sampled_from(["It was warm", "The zip broke", "Nobody minds"]), min_size=1, max_size=6))
def test_plain_sentences_are_all_found(written: list[str]) -> None:
    assert sentences(" ".join(f"{sentence}." for sentence in written)) == [f"{text}." for text in written]


def test_marks_of_other_scripts_and_abbreviations() -> None:
    assert sentences("Love it! 👍 Really do 🎉. Would buy again") == [
        "Love it!",
        "👍 Really do 🎉.",
        "Would buy again",
    ]
    assert sentences("Dr. Smith paid $3.50 for it, e.g. at www.shop.example. It broke.") == [
        "Dr. Smith paid $3.50 for it, e.g. at www.shop.example.",
        "It broke.",
    ]
    assert sentences("电池很耐用。屏幕也不错\uff01") == ["电池很耐用。", "屏幕也不错\uff01"]
    assert sentences("¿Funciona? Sí, muy bien.") == ["¿Funciona?", "Sí, muy bien."]
    assert sentences("Он тёплый. Молния сломалась!") == ["Он тёплый.", "Молния сломалась!"]


# sentencex 1.0.32 (github.com/wikimedia/sentencex), made for prose, cuts "1. Good sound 2. Bad battery"
# behind each number, and neither at a line's end without a mark nor in "Good… Bad". Reviews are often lists.
# fmt: off
LISTS = {
    "1. Good sound 2. Bad battery": ["1. Good sound", "2. Bad battery"],
    "1.Good sound 2.Bad battery": ["1.Good sound", "2.Bad battery"],
    "1. Good sound. Really good. 2. Bad battery.": ["1. Good sound.", "Really good.", "2. Bad battery."],
    "1) Good sound 2) Bad battery": ["1) Good sound", "2) Bad battery"],
    "(1) Good sound (2) Bad battery": ["(1) Good sound", "(2) Bad battery"],
    "Three points: 1. Sound 2. Battery 3. Price": ["Three points:", "1. Sound", "2. Battery", "3. Price"],
    "Great! 1. Sound 2. Price": ["Great!", "1. Sound", "2. Price"],
    "3. Heavy 4. Loud": ["3. Heavy", "4. Loud"],
    "12. Good": ["12. Good"],
    "1) Good\n2) Bad": ["1) Good", "2) Bad"],
    "1. Good\n2. Bad": ["1. Good", "2. Bad"],
    "1、电池好 2、屏幕好": ["1、电池好", "2、屏幕好"],
    "①电池好②屏幕好": ["①电池好", "②屏幕好"],
    "1️⃣ good 2️⃣ bad": ["1️⃣ good", "2️⃣ bad"],
    "- good\n- bad": ["- good", "- bad"],
    "* good\n* bad": ["* good", "* bad"],
    "+ good\n- bad": ["+ good", "- bad"],
    "• a\n• b": ["• a", "• b"],
    "• a • b": ["• a", "• b"],
    "✓ light ✗ loud": ["✓ light", "✗ loud"],
    "Pros:\ngood sound\nCons:\nbad battery": ["Pros:", "good sound", "Cons:", "bad battery"],
    "good sound\nbad battery\n\ncheap": ["good sound", "bad battery", "cheap"],
    "Good\r\nBad": ["Good", "Bad"],
    "Good\u2028Bad": ["Good", "Bad"],
    "The zip\nbroke after a week.": ["The zip\nbroke after a week."],
    "I bought it for\nmy son. It broke\nafter a week.\nNever again": [
        "I bought it for\nmy son.", "It broke\nafter a week.", "Never again",
    ],
    "Good sound\nbad battery": ["Good sound", "bad battery"],
    "Pro - light, con - loud": ["Pro - light, con - loud"],
}
# fmt: on
# Of sentencex 1.0.32 what stands between two such signs is one sentence, as a quotation.
INCHES = {
    'The 5" screen is good. The battery is bad. The 6" one is better.': [
        'The 5" screen is good.',
        "The battery is bad.",
        'The 6" one is better.',
    ],
    "6' tall. It broke. The 5' one fits.": ["6' tall.", "It broke.", "The 5' one fits."],
    ":( It broke. The battery died. I am sad :) now.": [
        ":( It broke.",
        "The battery died.",
        "I am sad :) now.",
    ],
    'He said "It is new. It works." and left.': ['He said "It is new. It works." and left.'],
}
ELLIPSES = {
    "Good... The battery is bad.": ["Good...", "The battery is bad."],
    "Good...The battery is bad.": ["Good...", "The battery is bad."],
    "Good… Bad": ["Good…", "Bad"],
    "Great…The battery": ["Great…", "The battery"],
    'Wow... "Never again" he said': ["Wow...", '"Never again" he said'],
    "Хорошо… Плохо": ["Хорошо…", "Плохо"],
    "Well... I think so": ["Well...", "I think so"],
    "it's... ok": ["it's... ok"],
    "it's…ok": ["it's…ok"],
    "It lasted... 3 days": ["It lasted... 3 days"],
}
NUMBERS = {
    "I give 3.5 stars. Nice": ["I give 3.5 stars.", "Nice"],
    "I give it a 5. Battery is great": ["I give it a 5.", "Battery is great"],
    "No. 5 is best. Yes.": ["No. 5 is best.", "Yes."],
    "Version 2.0 is out. Good": ["Version 2.0 is out.", "Good"],
    "It costs $1. 2 would be too much.": ["It costs $1.", "2 would be too much."],
    "See 10.5 and 1.2.3 there": ["See 10.5 and 1.2.3 there"],
    "Use a cable, e.g. USB-C. Fine.": ["Use a cable, e.g. USB-C.", "Fine."],
    "It took approx. 5 min. of work. Good.": ["It took approx. 5 min. of work.", "Good."],
}


@pytest.mark.parametrize(("text", "expected"), (LISTS | INCHES | ELLIPSES | NUMBERS).items())
def test_lists_and_lines_are_sentences_of_their_own(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(st.lists(st.sampled_from(["good sound", "Bad battery", "it is 3.5 in", "ok"]), min_size=1, max_size=6),
       st.sampled_from(["{0}", "- {0}", "• {0}", "{1}. {0}", "{1}) {0}", "* {0}"]),
       st.sampled_from(["\n", "\n\n", "\r\n"]))  # fmt: skip
def test_every_line_of_a_list_is_one(points: list[str], form: str, end: str) -> None:
    lines = [form.format(point, number) for number, point in enumerate(points, start=1)]
    assert sentences(end.join(lines)) == lines


@given(st.lists(st.sampled_from(["Good sound", "battery is bad", "屏幕好"]), min_size=2, max_size=9),
       st.sampled_from(["{1}. {0}", "{1}) {0}", "({1}) {0}", "{1}.{0}"]))  # fmt: skip
def test_every_item_of_a_list_in_a_line_is_one(points: list[str], form: str) -> None:
    items = [form.format(point, number) for number, point in enumerate(points, start=1)]
    assert sentences(" ".join(items)) == items


def test_what_holds_no_word_is_no_sentence() -> None:
    assert sentences("") == []
    assert sentences(" \n\0 ... !!! 😀") == []
    assert sentences("No\0thing. Lost.") == ["No\0thing.", "Lost."]
