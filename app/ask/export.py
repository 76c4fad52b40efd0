"""A conversation as a Markdown file to keep. Pure text; names that are hidden on the page are hidden here."""

from collections.abc import Iterator

from app.ask.conversation import Conversation
from app.ask.live_answer import LiveAnswer
from app.ask.measured import said_of, shown_figures
from app.ask.turn import Turn
from app.ask.voting import LETTERS, verdict_in_words
from generator.figures import figure
from generator.markdown import literal


def as_markdown(conversation: Conversation) -> str:
    """All turns, oldest first: question, answers with their figures, vote, passages."""
    lines = ["# A conversation about customer reviews"]
    for number, turn in enumerate(conversation.turns, start=1):
        lines += _turn(number, turn)
    return "\n\n".join(lines) + "\n"


def _turn(number: int, turn: Turn) -> Iterator[str]:
    asked = turn.question
    yield f"## {number}. {literal(' '.join(asked.text.split()))}"
    facts = [f"About {turn.product.name or turn.product.product_id}", str(asked.filters)]
    if asked.answers:
        facts.append(f"{asked.answers} answers")
    if asked.prompt:
        facts.append(f"prompt {asked.prompt}")
    facts.append("models asked one after the other" if asked.one_by_one else "models asked together")
    yield literal(" · ".join(filter(None, facts)))
    if turn.error:
        yield literal(turn.error)
    for letter, live in zip(LETTERS, turn.answers, strict=False):
        yield from _answer(letter, live, turn.hidden)
    if turn.verdict is not None:
        yield literal(f"Voted: {verdict_in_words(turn)}")
    if turn.matches:
        yield "### From the reviews"
    for place, match in enumerate(turn.matches or (), start=1):
        passage = match.passage
        facts = [
            f"[{place}]",
            f"{passage.rating:g} of 5 stars" if passage.rating is not None else "",
            str(passage.written_on or ""),
            passage.reviewer or "",
        ]
        yield f"**{literal(' · '.join(filter(None, facts)))}**"
        yield literal(passage.text)


def _answer(letter: str, live: LiveAnswer, hidden: bool) -> Iterator[str]:
    yield f"### {literal(letter if hidden else f'{letter} · {live.model}')}"
    if live.text:
        yield literal(live.text)
    if hidden:
        return
    if live.error or not live.answer:
        yield literal(live.error or live.status)
        return
    shown = [f"{figure(key).label} {text}" for key, text in shown_figures(live.answer, live.kind).items()]
    yield literal(" · ".join([*shown, *said_of(live.answer, live.kind)]))
    for span in live.unsupported:
        yield literal(f"No passage supports: {live.text[span.start : span.end]}")
