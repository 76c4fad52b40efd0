"""How answers are taken apart."""

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.answer_scores import logged
from compare.scores.claims import Claim, answer_sentences
from generator.log.answer_log import Row


def claims(text: str) -> list[tuple[str, tuple[int, ...]]]:
    found = answer_sentences(logged("?", text))
    return [(claim.text, claim.citations) for sentence in found for claim in sentence.claims]


def test_a_citation_belongs_to_what_stands_before_it() -> None:
    assert claims("The lid is loose [1][3], but the handle stays cool [2]. It is red.") == [
        ("The lid is loose", (1, 3)),
        ("but the handle stays cool", (2,)),
        ("It is red", ()),
    ]
    assert claims("The lid is loose. [1, 2] It is red.") == [("The lid is loose", (1, 2)), ("It is red", ())]


def test_a_citation_with_nothing_before_it_belongs_to_what_follows() -> None:
    assert claims("Review [2] says that the lid is loose.") == [("says that the lid is loose", (2,))]
    assert claims("[1] The lid is loose.") == [("The lid is loose", (1,))]


def test_what_claims_nothing_is_left_out() -> None:
    text = (
        "Opinions differ. Here are the complaints:\n- Loose lid [1]\n2. Too slow\n\nThe reviews do not say."
    )
    assert claims(text) == [("Loose lid", (1,)), ("Too slow", ())]
    assert claims("") == claims("Yes.") == claims("[1]") == claims(" \n ") == []


def test_sentences_are_where_they_say() -> None:
    text = "Loose lid [1]. Too slow!\nRed."
    spans = [sentence.span for sentence in answer_sentences(logged("?", text))]
    assert [text[span.start : span.end] for span in spans] == ["Loose lid [1].", "Too slow!", "Red."]


@given(st.text(alphabet=st.sampled_from("ab .!?\n[12]-,é漢"), max_size=80))
def test_spans_never_overlap(text: str) -> None:
    position = 0
    for sentence in answer_sentences(logged("?", text)):
        assert position <= sentence.span.start < sentence.span.end <= len(text)
        position = sentence.span.end


def test_a_grounded_answer_has_a_sentence_for_each_it_rests_on() -> None:
    text = 'One customer says that it howls [2]. "Not loud at all. Ever." [1]'
    row = logged("?", text) | {
        "answers": "grounded",
        "quotes": [
            {"passage": 2, "text": "It howls!", "report": "One customer says that it howls."},
            {"passage": 1, "text": "Not loud at  all. Ever.", "report": None},
        ],
    }
    found = answer_sentences(row)
    assert [claim for sentence in found for claim in sentence.claims] == [
        Claim("One customer says that it howls.", (2,)),
        Claim("Not loud at  all. Ever.", (1,)),
    ]
    assert [text[one.span.start : one.span.end] for one in found] == [
        "One customer says that it howls", "Not loud at all. Ever.",
    ]  # fmt: skip


def chosen(own_line: str = "") -> Row:
    """As `generator.verbatim.choice` writes it."""
    shown = '"It howls." [2]\n"Not loud at all. Ever." [1] (4 of 5 stars, 2023-02-11)'
    return logged("?", shown + (f"\nIn the model's own words: {own_line}" if own_line else "")) | {
        "answers": "verbatim",
        "quotes": [{"passage": 2, "text": "It howls."}, {"passage": 1, "text": "Not loud at  all. Ever."}],
        "own_line": own_line,
    }


def test_each_quotation_is_a_sentence() -> None:
    row = chosen("Opinions differ. It is loud.")
    found = answer_sentences(row)
    assert [sentence.claims for sentence in found] == [
        (Claim("It howls.", (2,)),),
        (Claim("Not loud at  all. Ever.", (1,)),),
        (Claim("It is loud"),),
    ]
    assert [row["answer"][sentence.span.start : sentence.span.end] for sentence in found] == [
        "It howls.",
        "Not loud at all. Ever.",
        "It is loud.",
    ]


def test_quotations_that_are_not_there_are_passed_over() -> None:
    assert answer_sentences(chosen() | {"answer": "Something else."}) == []
