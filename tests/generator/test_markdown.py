"""Strangers' text as harmless Markdown."""

from hypothesis import given
from hypothesis import strategies as st

from generator.markdown import ZERO_WIDTH_SPACE, literal, with_citations


def unescaped(markdown: str) -> str:
    """What CommonMark shows for text in which every punctuation character is escaped."""
    shown = []
    characters = iter(markdown)
    for char in characters:
        shown.append(next(characters) if char == "\\" else char)
    return "".join(shown)


@given(st.text())
def test_every_text_is_shown_as_it_is(text: str) -> None:
    shown = unescaped(literal(text)).replace(ZERO_WIDTH_SPACE, "")
    assert shown.split() == text.replace(ZERO_WIDTH_SPACE, "").split()


@given(st.text(alphabet="[]!*_`<>$:#~-1a \n"))
def test_no_punctuation_is_left_to_mean_something(text: str) -> None:
    markdown = literal(text)
    bare = markdown.replace("\\\\", "")
    for at, char in enumerate(bare):
        if char in "[]!*_`<>$:#~-":
            assert bare[at - 1] == "\\"


def test_a_number_at_the_start_begins_no_list() -> None:
    assert literal("1. not a list\n2) nor this") == "1\\. not a list\n\n2\\) nor this"


def test_only_given_citations_become_links() -> None:
    assert with_citations("Good [1], bad [7].", {1}, "q") == r"Good [\[1\]](#q-1), bad \[7\]."


def test_of_several_citations_in_one_bracket_each_is_a_link_of_its_own() -> None:
    assert with_citations("Good [1, 7,2].", {1, 2}, "q") == r"Good \[[1](#q-1), 7,[2](#q-2)\]."
