"""What a server does not take of a request, found out from what it says, and left out from then on.

Knows the parameters of a request; knows nothing of connections.
"""

import logging
import re
import threading
from typing import Any

from config import ModelSpec
from models.sources.served import error_message

# Without these there is no request.
_NEEDED = frozenset({"model", "messages", "stream", "max_tokens", "max_completion_tokens", "stop"})
_SUGGESTION = re.compile(r"did you mean.*|instead of.*", re.IGNORECASE)
# The statuses of a request that is understood, and refused for what it holds.
REFUSING = (400, 422)


class Parameters:
    """What one server is known to refuse. Thread-safe."""

    def __init__(self, spec: ModelSpec) -> None:
        self._spec = spec
        self._lock = threading.Lock()
        self._left_out: frozenset[str] = frozenset()

    def fit(self, body: dict[str, Any], left_out: frozenset[str] = frozenset()) -> dict[str, Any]:
        """The request without what the server refuses, or what is named."""
        names = self._left_out | left_out
        fitted = {name: value for name, value in body.items() if name not in names}
        if "max_tokens" in names and "max_tokens" in body:
            fitted["max_completion_tokens"] = body["max_tokens"]
        return fitted

    def refused(self, body: dict[str, Any], status: int, said: bytes) -> frozenset[str]:
        """Which parameters of the request the server names as the reason why it refuses it."""
        if status not in REFUSING:
            return frozenset()
        text = error_message(said)
        if "max_tokens" in body and re.search(r"\bmax_completion_tokens\b", text):
            return frozenset({"max_tokens"})
        text = _SUGGESTION.sub("", text)
        droppable = body.keys() - _NEEDED
        return frozenset(name for name in droppable if re.search(rf"\b{re.escape(name)}\b", text))

    def remember(self, left_out: frozenset[str]) -> None:
        """That the server answered without these."""
        with self._lock:
            new = left_out - self._left_out
            self._left_out |= new
        if new:
            logging.getLogger(__name__).warning(
                "%s: the server at %s does not take %s, so it is asked without.%s",
                self._spec.name,
                self._spec.url,
                ", ".join(sorted(new)),
                " max_completion_tokens is sent in place of max_tokens." if "max_tokens" in new else "",
            )
