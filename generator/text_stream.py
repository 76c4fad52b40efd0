"""What a model writes becomes pieces of text: up to a stop string, with their times.

Knows nothing of models. Standard library only: the worker imports it.
"""

import time
from functools import lru_cache


class TextStream:
    """Collects one answer. Text that might be the beginning of a stop string is held back until it is known.

    `first_s` and `last_s`: seconds from `started` (of `time.perf_counter`) to the first and the last
    piece handed out; None before there was one. `stopped`: a stop string was met, which is then `met`, and
    `rest` is what came behind it.
    """

    def __init__(self, stop: tuple[str, ...], started: float) -> None:
        self._stop = stop
        self._beginnings = _beginnings(stop)
        self._longest = max(map(len, stop), default=1) - 1
        self._first_characters = frozenset(one[:1] for one in stop)
        self._started = started
        self._held = ""
        self.first_s: float | None = None
        self.last_s: float | None = None
        self.met: str | None = None
        self.rest = ""

    @property
    def stopped(self) -> bool:
        """Whether a stop string was met; nothing more is handed out then."""
        return self.met is not None

    def add(self, text: str) -> str:
        """What is certain now of the text with this piece; may be empty."""
        if self.stopped:
            return ""  # the rest of a token, or of a character, whose beginning came before the stop
        self._held += text
        if self._first_characters.isdisjoint(self._held):
            return self.finish()  # none of them begins here
        # Of several stop strings, the one that is complete first counts, wherever the pieces were cut.
        met = [(at + len(stop), at, stop) for stop in self._stop if (at := self._held.find(stop)) >= 0]
        if met:
            end, at, self.met = min(met)
            piece, self.rest, self._held = self._held[:at], self._held[end:], ""
            return self._hand_out(piece)
        keep = overlap(self._held, self._beginnings, self._longest)
        certain = len(self._held) - keep
        piece, self._held = self._held[:certain], self._held[certain:]
        return self._hand_out(piece)

    def finish(self) -> str:
        """What was held back, once no more tokens come."""
        if self.stopped:
            return ""
        piece, self._held = self._held, ""
        return self._hand_out(piece)

    def _hand_out(self, piece: str) -> str:
        if self.first_s is None:
            # An answer begins with its first visible character.
            piece = piece.lstrip()
        if piece:
            self.last_s = time.perf_counter() - self._started
            if self.first_s is None:
                self.first_s = self.last_s
        return piece


def overlap(text: str, beginnings: frozenset[str], longest: int) -> int:
    """Length of the longest end of `text`, up to `longest`, that is one of the `beginnings`."""
    return next((size for size in range(min(len(text), longest), 0, -1) if text[-size:] in beginnings), 0)


@lru_cache(maxsize=16)
def _beginnings(stop: tuple[str, ...]) -> frozenset[str]:
    """What may still become one of the stop strings."""
    return frozenset(one[:size] for one in stop for size in range(1, len(one)))
