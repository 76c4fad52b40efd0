"""A question and passages become the messages for a model. Pure text; knows nothing of tokens or models."""

from collections.abc import Sequence

from generator.answer import ABSTENTION, Exchange
from generator.events import Message
from generator.prompts.named import DEFAULT_PROMPT, Template
from generator.prompts.quotation import evidence
from retriever.passage import Passage

# For models without a chat template: the text stops at the question, so the answer is asked for, and
# a model that goes on to invent the next question is stopped.
COMPLETION_CUE = Message("assistant", "Answer:")
COMPLETION_STOPS = ("\nQuestion:", "\n----------", "\nAnswer:")


def answer_messages(
    question: str,
    passages: Sequence[Passage],
    history: Sequence[Exchange] = (),
    template: Template = DEFAULT_PROMPT.text,
) -> list[Message]:
    """The prompt for one answer; the passages are numbered from 1 in the order given.

    After earlier exchanges (`history`, oldest first) the prompt begins as theirs did, and goes on where
    the last answer ended: with the same passages nothing has to be read again.
    """
    first, *later = [*(exchange.question for exchange in history), question]
    messages = [_opening(first, passages, template)]
    for exchange, following in zip(history, later, strict=True):
        messages.append(Message("assistant", exchange.citing(passages)))
        messages.append(Message("user", f"Question: {following.strip()}"))
    return messages


def completion_messages(messages: Sequence[Message]) -> list[Message]:
    """The same for a model without a chat template: answers are introduced, and the next one asked for."""
    cued = [
        Message("assistant", f"{COMPLETION_CUE.content} {message.content}")
        if message.role == "assistant"
        else message
        for message in messages
    ]
    return [*cued, COMPLETION_CUE]


def _opening(question: str, passages: Sequence[Passage], template: Template) -> Message:
    lines = (f"[{number}] {_quoted(passage)}" for number, passage in enumerate(passages, start=1))
    return Message(
        "user",
        template.filled(passages="\n".join(lines), abstention=ABSTENTION, question=question.strip()),
    )


def _quoted(passage: Passage) -> str:
    stars = f"({passage.rating:g} of 5 stars) " if passage.rating is not None else ""
    return stars + evidence(passage.text)
