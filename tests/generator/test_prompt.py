"""The words that a model is asked with."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.prompts.prompt import answer_messages
from retriever.passage import Match, Passage

GOLDEN = Path(__file__).parent / "golden" / "prompt_of_two_passages.txt"
FENCE = "-" * 10

MakeMatch = Callable[..., Match]


def content(question: str, passages: list[Passage]) -> str:
    (message,) = answer_messages(question, passages)
    assert message.role == "user"
    return message.content


def quoted(prompt: str) -> list[str]:
    """The lines between the first two fences: what the model is to take for reviews."""
    lines = prompt.split("\n")
    start = lines.index(FENCE)
    return lines[start + 1 : lines.index(FENCE, start + 1)]


def test_the_whole_prompt(make_match: MakeMatch) -> None:
    passages = [
        make_match(1, "Battery lasts two days.\nLove it!", rating=4.5).passage,
        make_match(2, 'The {question} of "value": it\'s {0} 💸 {{not}} %s worth it.', rating=None).passage,
    ]
    assert content("  What do people like?\n", passages) + "\n" == GOLDEN.read_text(encoding="utf-8")


def test_passages_stand_in_rank_order_under_their_numbers(make_match: MakeMatch) -> None:
    texts = ["zebra", "apple", "mango"]
    passages = [make_match(rank, text, rating=None).passage for rank, text in enumerate(texts)]
    assert quoted(content("?", passages)) == ["[1] zebra", "[2] apple", "[3] mango"]


breakouts = st.text(
    st.sampled_from("-\n\r\u2028\u0085\x0b ab{}") | st.characters(codec="utf-8"), max_size=120
)


@given(st.lists(breakouts | st.integers(1, 200).map(lambda n: "-" * n), max_size=4))
def test_no_review_can_end_its_quotation(texts: list[str]) -> None:
    passages = [Passage("B01", "r", 0, text, 3, None, None, "00") for text in texts]
    prompt = content("?", passages)
    numbers = [line.split(" ", 1)[0] for line in quoted(prompt)]
    assert numbers == ([f"[{n}]" for n in range(1, len(texts) + 1)] or [""])
    assert prompt.count(FENCE) == 2


@pytest.mark.parametrize("text", ["{passages}", "{question}{", "}}", "{{x}}", "{0!r:>{1}}"])
def test_braces_are_ordinary_characters(text: str, make_match: MakeMatch) -> None:
    prompt = content(text, [make_match(1, text, rating=None).passage])
    assert quoted(prompt) == [f"[1] {text}"]
    assert prompt.endswith(f"Question: {text}")
