"""A model's chat template, which renders a conversation; what it renders must hold all that was put in.

Knows Jinja templates as model files carry them; knows nothing of tokens or reviews.
"""

import html
import json
import re
from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any

from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from generator.events import Message
from generator.llama.engine_log import EngineError

# How Python or JSON writes a list of parts, which is no text for a model.
_PARTS = re.compile(r"""['"]type['"]\s*:\s*['"]text['"]""")


class ChatTemplate:
    """Raises EngineError for a template that is none. `bos`, `eos`: the texts of the model's tokens."""

    def __init__(self, template: str, bos: str, eos: str) -> None:
        self.text = template
        try:
            self._open = Jinja2ChatFormatter(template, eos_token=eos, bos_token=bos)
        except Exception as error:
            raise EngineError(f"The model's chat template cannot be used: {error}") from error
        self._complete = copy(self._open)
        self._complete.add_generation_prompt = False

    def render(self, messages: Sequence[Message], answer: bool = True) -> str:
        """The prompt of a conversation; `answer`: up to where the model's next turn begins.

        Content is given as a text, and where the template makes nothing of that, as a list of parts. Raises
        EngineError if it refuses the conversation, or leaves out a part of it both times.
        """
        refusals: list[Exception] = []
        for turns in (_as_texts(messages), _as_parts(messages)):
            try:
                prompt = str((self._open if answer else self._complete)(messages=turns).prompt)
            # A template is a program from elsewhere: whatever it raises is its way to refuse.
            except Exception as error:
                refusals.append(error)
                continue
            if holds(prompt, messages):
                return prompt
        if len(refusals) == 2:
            reason = refusals[0]
            raise EngineError(f"The model's chat template refuses this conversation: {reason}") from reason
        raise EngineError(
            "The model's chat template leaves out a part of the question or of its passages: the model would "
            "answer without them. Use another model, or a file of this one with a repaired template."
        )


def holds(prompt: str, messages: Sequence[Message]) -> bool:
    """Whether the prompt has the content of each message, in their order; a system turn may stand anywhere.

    White space and case do not matter, nor whether characters are escaped as in HTML or JSON.
    """
    if len(_PARTS.findall(prompt)) > sum(len(_PARTS.findall(message.content)) for message in messages):
        return False
    squeezed, position = _squeezed(prompt), 0
    for message in messages:
        start = 0 if message.role == "system" else position
        found = [
            (at, at + len(form))
            for form in map(_squeezed, _escaped(message.content))
            if (at := squeezed.find(form, start)) >= 0
        ]
        if not found:
            return False
        if message.role != "system":
            position = min(found)[1]
    return True


def _squeezed(text: str) -> str:
    return "".join(text.casefold().split())


def _escaped(content: str) -> Iterator[str]:
    """The content as a template may write it."""
    yield content
    stripped = content.strip()
    for quotes in (("&quot;", "&#x27;"), ("&#34;", "&#39;")):
        escaped = html.escape(stripped, quote=False)
        yield escaped.replace('"', quotes[0]).replace("'", quotes[1])
    for ascii_only in (False, True):
        for text in (content, stripped):
            written = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
            yield written
            # Jinja's own `tojson`.
            yield re.sub("[<>&']", lambda match: f"\\u{ord(match[0]):04x}", written)


def _as_texts(messages: Sequence[Message]) -> Any:
    return [{"role": message.role, "content": message.content} for message in messages]


def _as_parts(messages: Sequence[Message]) -> Any:
    # Most templates read a part's "text", some its "content".
    return [
        {
            "role": message.role,
            "content": [{"type": "text", "text": message.content, "content": message.content}],
        }
        for message in messages
    ]
