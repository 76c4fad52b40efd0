"""Citations in the forms that models write, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.citations import (
    citation_groups,
    citations,
    cited_numbers,
    replaced,
    without_citations,
)
from generator.prompts.quotation import evidence


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Quiet [1].", [1]),
        ("Quiet [ 1 ].", [1]),
        ("Quiet [1, 2].", [1, 2]),
        ("Quiet [1,2] and light [12].", [1, 2, 12]),
        ("Quiet [1; 2].", [1, 2]),
        ("Quiet [1 and 2]; [3, 4, and 5] too.", [1, 2, 3, 4, 5]),
        ("Quiet [1-3].", [1, 2, 3]),
        ("Quiet [1\u20133].", [1, 2, 3]),
        ("Quiet [1 - 3, 5].", [1, 2, 3, 5]),
        ("Quiet [3-1].", [3, 1]),
        ("Quiet [1-900].", [1, 900]),
        ("Quiet [1][2].", [1, 2]),
        ("Quiet [^1].", [1]),
        ("Quiet [#1].", [1]),
        ("Quiet [Review 4].", [4]),
        ("Quiet [review 4, review 5].", [4, 5]),
        ("Quiet [Reviews 1-3].", [1, 2, 3]),
        ("Quiet [Passage 2] [Source: 3].", [2, 3]),
        ("Quiet \u30102\u3011.", [2]),
        ("Quiet \u30102\u2020L1-L9\u3011.", [2]),
        ("Quiet \uff3b2\uff3d.", [2]),
        ("Quiet (Review 4). (Reviews 1, 2)", [4, 1, 2]),
        ("Quiet\u00b9.", [1]),
        ("Quiet \u00b9\u00b2.", [12]),
        ("Quiet\u00b9,\u00b2 and light\u2074.", [1, 2, 4]),
        ("Quiet\u00b9\u207b\u00b3.", [1, 2, 3]),
        ("Quiet<sup>1</sup>.", [1]),
        ("Quiet (1).", [1]),
        ("Quiet (1), light (2) and cheap (3)", [1, 2, 3]),
        ("Quiet (1)(2), light (1, 3).", [1, 2, 3]),
        ("Loud (1) but others (2) like it.", [1]),
        ("Quiet. (1)\nLight. (2)", [1, 2]),
        ("**Quiet (1)**", [1]),
        ("Quiet (40).", [40]),
        ("Quiet (1) \u2013 but dear, (2). It lasts (3).", [1, 2, 3]),
    ],
)
def test_citations_count_in_every_form(text: str, numbers: list[int]) -> None:
    assert cited_numbers(text) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "Bought it long ago (2019).",
        "[2019] [a] [] [-1] [1,] [,2] [1 2] [1, b] [1.5]",
        "(1) It is quiet.\n(2) It is light.",
        "- (1) quiet",
        "It is (1) quiet, (2) light and (3) cheap.",
        "Reasons: (1) quiet; (2): light.",
        "(1) - quiet (2) - light",
        "It has one (1).",
        "Two (2), or 5 stars (5).",
        "All of 10\u00b2, 5 m\u00b2, 7 cm\u00b3 and 3 m<sup>2</sup>.",
        "Model X(100) holds (5 stars) (4.5).",
        "Chanel (No. 5).",
    ],
)
def test_what_only_looks_like_a_citation_is_none(text: str) -> None:
    assert cited_numbers(text) == []


def test_a_numeral_has_its_bracket_where_it_is_alone() -> None:
    text = "Quiet [1], light [Reviews 2-4], cheap\u2075."
    shown = [text[place.start : place.end] for one in citations(text) for place in one.numerals]
    assert shown == ["[1]", "2", "4", "\u2075"]


def test_neighbours_are_one_group_with_the_space_before() -> None:
    text = "Quiet [1] (2), light [3]."
    groups = [(text[group.start : group.end], group.numbers) for group in citation_groups(text)]
    assert groups == [(" [1] (2)", (1, 2)), (" [3]", (3,))]


soup = st.lists(
    st.sampled_from(
        ["[", "]", "(", ")", "1", "2", " ", "-", ",", "Review ", "\u00b2", "\n", "a", ".", "\u3010"]
    )
).map("".join)


@given(soup)
def test_citations_lie_in_order_and_all_of_them_can_be_taken_out(text: str) -> None:
    position = 0
    for citation in citations(text):
        assert position <= citation.start < citation.end
        position = citation.end
        assert set(numeral.number for numeral in citation.numerals) <= set(citation.numbers)
        for numeral in citation.numerals:
            assert citation.start <= numeral.start < numeral.end <= citation.end
    assert replaced(text, lambda one: text[one.start : one.end]) == text
    assert len(without_citations(text)) <= len(text)


@given(soup)
def test_a_number_copied_from_a_review_is_no_citation(text: str) -> None:
    shown = evidence(text)
    assert cited_numbers(shown) == []
    assert [char for char in shown if char in "12"] == [
        char for char in text if char in "12"
    ] or "\u00b2" in text


def test_numbers_in_a_review_stay_readable() -> None:
    text = "Loud [1], (2). See [Review 4] or [1-3] and \u30105\u3011; 5 m\u00b2 (2019)."
    assert evidence(text) == "Loud {1}, {2}. See {4} or {1-3} and {5}; 5 m\u00b2 (2019)."
