"""Bytes of tokens become reasoning and answer, however the tags between them are cut.

A reasoning model writes `<think>`, its reasoning, `</think>`, and its answer. Many templates write the
opening tag themselves, and some models forget it. Standard library only: the worker imports it.
"""

import codecs
from collections.abc import Iterator
from typing import Literal

from generator.events import Piece, Reasoning, Text, TextWasReasoning
from generator.text_stream import TextStream

OPEN, CLOSE = "<think>", "</think>"


class AnswerStream:
    """Collects one answer, one token a call. At most one reasoning block is split off, at its beginning.

    `opened`: the prompt has opened the block already. Times are seconds from `started` (of
    `time.perf_counter`), None before there was a piece. `n_tokens` were added; `n_reasoning` of them made
    the reasoning block, its tags included.
    """

    def __init__(self, stop: tuple[str, ...], started: float, opened: bool = False) -> None:
        self._stop = stop
        self._started = started
        self._opened = opened
        # A token may end in the middle of a character; what can never become one shows as U+FFFD.
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._state: Literal["start", "reasoning", "answer"] = "start"
        # What may still become the opening tag.
        self._start = ""
        self._reasoning = TextStream((CLOSE,), started)
        # A block may be closed that was never opened; once one was closed, the tag is text like any other.
        self._answer = TextStream((*stop, CLOSE), started)
        self.n_tokens = 0
        self.n_reasoning = 0

    @property
    def reasoning(self) -> bool:
        """Whether the reasoning block is open."""
        return self._state == "reasoning" or (self._opened and self._state == "start")

    @property
    def stopped(self) -> bool:
        """Whether a stop string was met."""
        return self._answer.stopped

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
        text = self._reasoning.add(self._start) + self._reasoning.finish()
        self._begin_answer()
        return _pieces(Reasoning(text))

    def finish(self) -> list[Piece]:
        """What was held back, once no more tokens come."""
        pieces = list(self._take(self._decoder.decode(b"", final=True)))
        if self._state == "start":
            pieces += self._leave_start(self._start, self._opened)
        if self._state == "reasoning":
            return pieces + _pieces(Reasoning(self._reasoning.finish()))
        return pieces + _pieces(Text(self._answer.finish()))

    def _take(self, text: str) -> Iterator[Piece]:
        if self._state == "start":
            self._start = (self._start + text).lstrip()
            if self._start.startswith(OPEN):
                yield from self._leave_start(self._start.removeprefix(OPEN), reasoning=True)
            elif not OPEN.startswith(self._start):
                yield from self._leave_start(self._start, self._opened)
        elif self._state == "reasoning":
            yield from _pieces(Reasoning(self._reasoning.add(text)))
            if self._reasoning.stopped:
                yield from self._answer_after(self._reasoning)
        else:
            yield from _pieces(Text(self._answer.add(text)))
            if self._answer.met == CLOSE and CLOSE not in self._stop:
                self._reasoning = self._answer
                yield TextWasReasoning()
                yield from self._answer_after(self._reasoning)

    def _leave_start(self, text: str, reasoning: bool) -> Iterator[Piece]:
        self._state, self._start = ("reasoning" if reasoning else "answer"), ""
        yield from self._take(text)

    def _answer_after(self, reasoning: TextStream) -> Iterator[Piece]:
        self._begin_answer()
        yield from self._take(reasoning.rest)

    def _begin_answer(self) -> None:
        self._state, self._start = "answer", ""
        self._answer = TextStream(self._stop, self._started)


def _pieces(piece: Reasoning | Text) -> list[Piece]:
    return [piece] if piece.text else []
