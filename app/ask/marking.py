"""An answer and its passages as Markdown with our marks: where citations lead, what is cited or unsupported.

Colours are the theme's own. Knows answers and Markdown; draws nothing.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from generator import Answer
from generator.markdown import Mark, citation_marks, literal

# Loaded with the first answer: the first paint of the page would wait for it.
if TYPE_CHECKING:
    from compare.scores import Span

CITED = (":green-background[", "]")
UNSUPPORTED = (":orange-background[", "]")


def marked_answer(answer: Answer, unsupported: Sequence["Span"], anchor: str) -> str:
    """The whole answer; its citations lead to `#{anchor}-{n}`, if there is such a passage."""
    quotes = list(_quotes(answer))
    citations = citation_marks(answer.text, answer.citations, anchor)
    # What stands in brackets inside a quotation is the customer's.
    ours = [mark for mark in citations if not any(quote.start <= mark.start < quote.end for quote in quotes)]
    return literal(answer.text, [*ours, *_marks(unsupported, UNSUPPORTED)])


def marked_passage(text: str, cited: Sequence["Span"]) -> str:
    """A passage with what the answers cite of it."""
    return literal(text, list(_marks(cited, CITED)))


def _marks(spans: Sequence["Span"], markdown: tuple[str, str]) -> Iterator[Mark]:
    yield from (Mark(span.start, span.end, *markdown) for span in spans)


def _quotes(answer: Answer) -> Iterator["Span"]:
    from compare.scores import Span

    position = 0
    for quote in answer.quotes:
        shown = " ".join(quote.text.split())
        start = answer.text.find(shown, position)
        if start >= 0:
            position = start + len(shown)
            yield Span(start, position)
