"""Strangers' text as harmless Markdown."""

from hypothesis import given
from hypothesis import strategies as st

from generator.markdown import ZERO_WIDTH_SPACE, Mark, citation_marks, literal


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


def cited(text: str, valid: set[int]) -> str:
    return literal(text, list(citation_marks(text, valid, "q")))


def test_only_given_citations_become_links() -> None:
    assert cited("Good [1], bad [7].", {1}) == r"Good [\[1\]](#q-1), bad \[7\]."


def test_of_several_citations_in_one_bracket_each_is_a_link_of_its_own() -> None:
    assert cited("Good [1, 7,2].", {1, 2}) == r"Good \[[1](#q-1), 7,[2](#q-2)\]."


def red(start: int, end: int) -> Mark:
    return Mark(start, end, ":red[", "]")


def test_marks_lie_within_each_other() -> None:
    text = "Good [1]. Bad."
    marks = [*citation_marks(text, {1}, "q"), red(0, 9), red(10, 14)]
    assert literal(text, marks) == r":red[Good [\[1\]](#q-1).] :red[Bad.]"


def test_a_mark_over_several_lines_is_put_on_each() -> None:
    assert literal(" one \n\n two ", [red(0, 12)]) == ":red[one]\n\n:red[two]"


@given(st.text(alphabet="[](]:*$`\\<a1. \n@"), st.data())
def test_no_text_ends_a_mark_or_begins_one(text: str, data: st.DataObject) -> None:
    ends = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True)))
    marks = [Mark(start, end, "⟦", "⟧") for start, end in zip(ends[::2], ends[1::2], strict=False)]
    shown = literal(text, marks)
    # Without our marks it is what it would have been, and every one that was begun is ended on its line.
    assert shown.replace("⟦", "").replace("⟧", "").split() == literal(text).split()
    for line in shown.split("\n"):
        assert line.count("⟦") == line.count("⟧")
        assert "⟦⟧" not in line
