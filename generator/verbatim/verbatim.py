"""Verbatim answers: sentences become a numbered choice, and the numbers chosen become quotations.

Pure text; knows nothing of tokens, models or processes. What a review says stands in the prompt and in the
pasted quotation, exactly; never in the grammar, where a stray character could end the model's process.
"""

import re
import unicodedata
from collections.abc import Sequence

from generator.events import Message
from generator.prompts.named import DEFAULT_PROMPT, Template
from generator.prompts.quotation import quoted
from generator.verbatim.sentences import Sentence
from retriever.passage import Passage

OWN_LINE_PROMPT = "\nThen, on a line of its own, answer the question in one short sentence."

NONE = 0
# Of the one line that a model may add in its own words; more is cut off by the grammar.
OWN_LINE_CHARACTERS = 300

_NO_WORD = re.compile(r"[\W_]+")


def choice_messages(
    question: str,
    passages: Sequence[Passage],
    sentences: Sequence[Sentence],
    limit: int,
    own_line: bool = False,
    template: Template = DEFAULT_PROMPT.verbatim,
) -> list[Message]:
    """The prompt for one choice among `sentences` of `passages`; they are numbered from 1.

    `limit`: the most sentences that may be chosen, at least 1. `own_line`: ask for a line besides.
    """
    lines = "\n".join(
        f"[{number}] {_stars(passages[sentence.passage - 1])}{quoted(sentence.text)}"
        for number, sentence in enumerate(sentences, start=1)
    )
    prompt = template.filled(question=quoted(question), sentences=lines, limit=str(limit))
    return [Message("user", prompt + OWN_LINE_PROMPT if own_line else prompt)]


def _stars(passage: Passage) -> str:
    if passage.rating is None:
        return ""
    return "(1 star) " if passage.rating == 1 else f"({passage.rating:g} stars) "


def choice_grammar(n_sentences: int, limit: int, own_line: bool = False) -> str:
    """What a model may write, in GBNF: `[0]`, or 1 to `limit` numbers of `n_sentences`.

    With `own_line`, after numbers, also a line of its own. A function of two counts and a switch: nothing
    that a customer wrote can get in.
    """
    if n_sentences < 1:
        return f'root ::= "[{NONE}]"'
    numbers = " | ".join(f'"[{number}]"' for number in range(1, n_sentences + 1))
    # A tag of a reasoning block or a citation would mean something else than it says.
    line = rf' ("\n" [^\n\r\[\]<>]{{1,{OWN_LINE_CHARACTERS}}})?' if own_line else ""
    return f'root ::= "[{NONE}]" | number{{1,{limit}}}{line}\nnumber ::= {numbers}'


def choice_tokens(n_sentences: int, limit: int, own_line: bool = False) -> int:
    """The most tokens such a choice can take: one for each character, of the own line too."""
    return limit * len(f"[{n_sentences}]") + (1 + OWN_LINE_CHARACTERS if own_line else 0)


def pasted(sentence: Sentence, passage: Passage) -> str:
    """The sentence as it stands in an answer: quoted on one line, with its passage, rating and date."""
    facts = []
    if passage.rating is not None:
        facts.append(f"{passage.rating:g} of 5 stars")
    if passage.written_on:
        facts.append(passage.written_on.isoformat())
    source = f" ({', '.join(facts)})" if facts else ""
    return f'"{" ".join(sentence.text.split())}" [{sentence.passage}]{source}'


def same_words(text: str) -> str:
    """Equal for sentences that differ in case, white space or punctuation alone."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    # Of a sentence in symbols alone nothing would be left; then it is compared as it is.
    return _NO_WORD.sub("", folded) or folded
