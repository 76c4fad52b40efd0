"""Bytes of tokens become reasoning and answer, however the tags between them are cut.

A reasoning model writes `<think>`, its reasoning, `</think>`, and its answer; others have other tags
(`reasoning_tags`). Many templates write the opening tag themselves, and some models forget it.
Standard library only: the worker imports it.
"""

import codecs
from collections.abc import Iterator
from typing import Literal

from generator.events import Piece, Reasoning, Text, TextWasReasoning
from generator.reasoning_tags import (
    CHANNEL,
    CLOSES,
    HARMONY,
    HARMONY_ENDS,
    MESSAGE,
    ROLE,
    THINK,
    Tags,
    may_open,
    opened_by,
)
from generator.text_stream import TextStream

# Far longer than what stands between the channel and the message of gpt-oss.
_LONGEST_HEADER = 200


class AnswerStream:
    """Collects one answer, one token a call. At most one reasoning block is split off, at its beginning.

    `opened`: the tags of the block that the prompt has opened already. Times are seconds from `started` (of
    `time.perf_counter`), None before there was a piece. `n_tokens` were added; `n_reasoning` of them made
    the reasoning block, its tags included. `tags`: those of the block, once it was opened.
    """

    def __init__(self, stop: tuple[str, ...], started: float, opened: Tags | None = None) -> None:
        self._stop = stop
        self._started = started
        self._opened = opened
        # A token may end in the middle of a character; what can never become one shows as U+FFFD.
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        # "header": between two messages of gpt-oss, or before the first.
        self._state: Literal["start", "header", "reasoning", "answer"] = "start"
        # What may still become the opening tag, or a header.
        self._start = ""
        self.tags = opened or THINK
        self._reasoning = TextStream((self.tags.close,), started)
        # A block may be closed that was never opened; once one was closed, the tag is text like any other.
        self._closes = tuple(close for close in CLOSES if close not in stop)
        self._answer = TextStream((*stop, *self._closes), started)
        self.n_tokens = 0
        self.n_reasoning = 0

    @property
    def reasoning(self) -> bool:
        """Whether the reasoning block is open."""
        return self._state in ("reasoning", "header") or (self._opened is not None and self._state == "start")

    @property
    def stopped(self) -> bool:
        """Whether a stop string was met, or the end of the message that is the answer."""
        return self._answer.stopped

    @property
    def met(self) -> str | None:
        """The string that was met."""
        return self._answer.met

    @property
    def first_s(self) -> float | None:
        """The first piece of either."""
        return self._reasoning.first_s if self._reasoning.first_s is not None else self._answer.first_s

    @property
    def first_answer_s(self) -> float | None:
        """The first piece of the answer."""
        return self._answer.first_s

    @property
    def last_s(self) -> float | None:
        """The last piece of either."""
        return self._answer.last_s if self._answer.last_s is not None else self._reasoning.last_s

    def add(self, data: bytes) -> list[Piece]:
        """The pieces that are certain now, of one more token."""
        self.n_tokens += 1
        was_reasoning = self.reasoning
        # PostgreSQL's text holds no NUL, and none may hide a tag.
        pieces = list(self._take(self._decoder.decode(data).replace("\0", "")))
        if was_reasoning or self.reasoning or TextWasReasoning() in pieces:
            self.n_reasoning = self.n_tokens
        return pieces

    def close_reasoning(self) -> list[Piece]:
        """The open block ends here, by the caller's will; what was held back is a part of it."""
        self._decoder.reset()
        held = "" if self._state == "header" else self._start
        text = self._reasoning.add(held) + self._reasoning.finish()
        self._begin_answer()
        return _pieces(Reasoning(text))

    def finish(self, cut: bool = False) -> list[Piece]:
        """What was held back, once no more tokens come; `cut`: more would have come.

        A character of which a cut text holds only the beginning is left out.
        """
        rest = "" if cut else self._decoder.decode(b"", final=True)
        pieces = list(self._take(rest))
        if self._state == "start":
            pieces += self._leave_start(self._start, self._opened)
        if self._state == "header" and CHANNEL not in self._start and not ROLE.startswith(self._start):
            text = self._start
            self._begin_answer()
            return pieces + _pieces(Text(self._answer.add(text) + self._answer.finish()))
        if self._state == "reasoning":
            return pieces + _pieces(Reasoning(self._reasoning.finish()))
        return pieces + _pieces(Text(self._answer.finish()))

    def _take(self, text: str) -> Iterator[Piece]:
        if self._state == "start":
            self._start = (self._start + text).lstrip()
            if self._start.startswith((CHANNEL, ROLE + CHANNEL)):
                self._state = "header"
                yield from self._take("")
            elif found := opened_by(self._start):
                yield from self._leave_start(found[1], found[0])
            elif not may_open(self._start):
                yield from self._leave_start(self._start, self._opened)
        elif self._state == "header":
            self._start += text
            yield from self._read_header()
        elif self._state == "reasoning":
            yield from _pieces(Reasoning(self._reasoning.add(text)))
            if self._reasoning.stopped and self.tags.then:
                self._state = "header"
                yield from self._take(self._reasoning.rest)
            elif self._reasoning.stopped:
                yield from self._answer_after(self._reasoning)
        else:
            yield from _pieces(Text(self._answer.add(text)))
            if self._answer.met in self._closes:
                self._reasoning = self._answer
                yield TextWasReasoning()
                yield from self._answer_after(self._reasoning)

    def _read_header(self) -> Iterator[Piece]:
        header, complete, rest = self._start.partition(MESSAGE)
        if not complete:
            if len(header) > _LONGEST_HEADER:
                yield from self._leave_header(header)
            return
        channel = header.partition(CHANNEL)[2].strip()
        if not channel or channel.startswith("final"):
            self.tags = HARMONY
            yield from self._leave_header(rest)
        else:
            yield from self._leave_start(rest, HARMONY)

    def _leave_header(self, text: str) -> Iterator[Piece]:
        self._begin_answer()
        yield from self._take(text)

    def _leave_start(self, text: str, tags: Tags | None) -> Iterator[Piece]:
        self._state, self._start = ("reasoning" if tags else "answer"), ""
        if tags:
            text = self._begin_reasoning(tags) + text
        yield from self._take(text)

    def _begin_reasoning(self, tags: Tags) -> str:
        """Open the block; returns what sets it off from an earlier one."""
        earlier, self.tags = self._reasoning, tags
        self._reasoning = TextStream((tags.close,), self._started)
        # Several messages of reasoning are one block, which began with the first.
        self._reasoning.first_s, self._reasoning.last_s = earlier.first_s, earlier.last_s
        return "\n\n" if earlier.first_s is not None else ""

    def _answer_after(self, reasoning: TextStream) -> Iterator[Piece]:
        self._begin_answer()
        yield from self._take(reasoning.rest)

    def _begin_answer(self) -> None:
        self._state, self._start = "answer", ""
        self._closes = ()
        ends = HARMONY_ENDS if self.tags is HARMONY else ()
        self._answer = TextStream((*self._stop, *ends), self._started)


def _pieces(piece: Reasoning | Text) -> list[Piece]:
    return [piece] if piece.text else []
