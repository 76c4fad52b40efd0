"""The stream of a chat completion, as servers send it: its lines as messages, each message as a chunk.

Knows what servers add, leave out and name otherwise; knows nothing of connections, times or threads. What
makes no sense is left out, unless nothing of a message does.
"""

import json
import re
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from generator.events import StopReason

END = "[DONE]"
# Bytes of a message that is not complete: no piece of an answer is as long.
LONGEST_MESSAGE = 4 * 2**20
_LINE_END = re.compile(rb"\r\n|\n|\r")
_FIELD = re.compile(r"(data|event|id|retry)?:")
# The ends of an answer under the names that are in use.
_AT_LIMIT = {"length", "max_tokens", "max_length", "max_output_tokens", "max_new_tokens", "model_length"}
_AT_STOP_STRING = {"stop_sequence", "stop_string"}
_BROKEN_OFF = {
    "abort", "cancelled", "canceled", "content_filter", "content_filtered", "error",
    "insufficient_system_resource", "recitation", "refusal", "safety",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them; None where it does not tell."""

    prompt_tokens: int | None
    """Of the prompt."""
    completion_tokens: int | None
    """Of reasoning and answer."""
    cached_tokens: int | None
    """Of the prompt, those that came from the server's cache."""
    reasoning_tokens: int | None
    """Of the completion, those of the reasoning."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One message of the stream."""

    content: str = ""
    """A piece of the answer."""
    thought: str = ""
    """A piece of the reasoning before it."""
    finish: str = ""
    """Why the answer ended, in the server's word; empty while it goes on."""
    stop_string: bool = False
    """Whether the server says that a stop string was met. Only vLLM and SGLang do."""
    usage: Usage | None = None
    """What was counted, as far as is known with this message."""
    error: Any = None
    """What the server says in place of an answer."""


async def messages(pieces: AsyncIterable[bytes]) -> AsyncIterator[str]:
    """The data of a body's messages: server-sent events, also without blank lines between, or plain JSON."""
    rest, waiting, any_before = b"", list[str](), False
    async for piece in pieces:
        *lines, rest = _LINE_END.split(rest + piece)
        for line in lines:
            if message := _complete(line, waiting):
                any_before = True
                yield message
        if len(rest) + sum(map(len, waiting)) > LONGEST_MESSAGE:
            break
    message = _complete(rest, waiting) or _complete(b"", waiting)
    # The first half of a message is no message; but if it is all that came, it says what came.
    if message and (not any_before or message == END or _is_json(message)):
        yield message


def _complete(line: bytes, waiting: list[str]) -> str:
    """The message that a line completes, if it does; what has begun is kept in `waiting`."""
    text = line.decode(errors="replace")
    if not text.strip():
        message = "\n".join(waiting)
        waiting.clear()
        return message
    field = _FIELD.match(text)
    if field and field[1] != "data":
        return ""
    data = text[field.end() :].removeprefix(" ") if field else text
    if not data.strip() and not waiting:
        return ""
    if data.strip() == END or (not waiting and _is_json(data)):
        waiting.clear()
        return data.strip()
    waiting.append(data)
    return ""


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def parse_chunk(data: str) -> Chunk:
    """A message's data as a chunk; raises ValueError if it is none."""
    try:
        message = json.loads(data)
    except RecursionError as error:
        raise ValueError from error
    if message is None:
        return Chunk()
    if not isinstance(message, dict):
        raise ValueError(data)
    if (said := _error(message)) is not None:
        return Chunk(error=said)
    choices = message.get("choices")
    if choices is not None and not isinstance(choices, list):
        raise ValueError(data)
    choice = _mapping(choices[0]) if choices else {}
    groq = _mapping(message.get("x_groq"))
    usage = _usage(message.get("usage")) or _usage(choice.get("usage")) or _usage(groq.get("usage"))
    if choice.get("error"):
        return Chunk(error=choice["error"])
    # A server that streams nothing sends a whole `message`.
    delta = _mapping(choice.get("delta") or choice.get("message"))
    content, thought = _parts(delta.get("content"))
    met = choice.get("stop_reason", choice.get("matched_stop"))
    return Chunk(
        content=content or _text(choice.get("text")),
        thought=_text(delta.get("reasoning_content")) or _text(delta.get("reasoning")) or thought,
        finish=_finish(choice.get("finish_reason")),
        stop_string=isinstance(met, str),
        usage=usage,
    )


def stop_reason_of(finish: str, stop_string: bool, n_out: int | None, max_tokens: int) -> StopReason:
    """Why the answer ended. A word that is not known says that it did, and no more."""
    word = finish.lower()
    if word in _AT_LIMIT:
        return "context" if n_out is not None and n_out < max_tokens else "max_tokens"
    if word in _BROKEN_OFF:
        return "error"
    return "stop" if stop_string or word in _AT_STOP_STRING else "end"


def _error(message: Mapping[str, Any]) -> Any:
    if error := message.get("error"):
        return error
    if message.get("object") == "error" or ("choices" not in message and "detail" in message):
        return message.get("message") or message.get("detail") or "an error"
    return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _parts(content: object) -> tuple[str, str]:
    """The answer and the reasoning in a delta's content, which is a text or a list of typed parts."""
    if not isinstance(content, list):
        return _text(content), ""
    answer, thought = "", ""
    for part in content:
        kind = _mapping(part).get("type", "text")
        if kind in ("thinking", "reasoning"):
            inner = part.get("thinking") or part.get("reasoning") or part.get("text")
            thought += "".join(_parts(inner))
        elif kind in ("text", "output_text"):
            answer += _text(part) or _text(_mapping(part).get("text"))
    return answer, thought


def _finish(reason: object) -> str:
    # SGLang has sent an object here.
    word = _mapping(reason).get("type") if isinstance(reason, dict) else reason
    return "" if word in (None, "", "null", "None") else str(word)


def _usage(value: object) -> Usage | None:
    said = _mapping(value)
    prompt, completion = _count(said.get("prompt_tokens")), _count(said.get("completion_tokens"))
    if prompt is None and completion is None:
        return None
    cached = _count(_mapping(said.get("prompt_tokens_details")).get("cached_tokens"))
    reasoning = _count(_mapping(said.get("completion_tokens_details")).get("reasoning_tokens"))
    return Usage(prompt, completion, cached, reasoning)


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**31:
        return None
    return int(value)
