"""Whether a model was trained for conversation or only continues texts: what its header says, or lets guess.

No key of a GGUF is made for that. A model that answers questions ends its turns with a token of its chat
template; a base model often comes with its family's template, and with another end of its own.
"""

import re
from dataclasses import dataclass

from models.gguf.header import Header, token_text

_TEMPLATE = "tokenizer.chat_template"
_NAMES = ("general.finetune", "general.name", "general.basename")
_CHAT = re.compile(r"\b(instruct|chat|it)\b", re.IGNORECASE)
_BASE = re.compile(r"\b(base|pt|pretrained)\b", re.IGNORECASE)
# The end of a text, and that of a turn where it is another.
_ENDS = ("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id")


@dataclass(frozen=True, slots=True)
class Manner:
    """`chat`: trained for conversation, else a base model. `guess`: nothing says so, signs speak for it.

    `because`: what it is taken from, as the end of a sentence.
    """

    chat: bool
    guess: bool
    because: str

    def __str__(self) -> str:
        kind = "trained for conversation" if self.chat else "a base model, which continues texts"
        said = f"Probably {kind}, a guess" if self.guess else f"It is {kind}"
        return f"{said}: {self.because}."

    @property
    def short(self) -> str:
        """For a column."""
        return ("chat" if self.chat else "base") + (", a guess" if self.guess else "")


def manner(header: Header) -> Manner | None:
    """By a word of the header's names; else by its template and the tokens that end its texts.

    None for a header without a vocabulary, as the catalogue foretells one.
    """
    names = [str(header.metadata[key]) for key in _NAMES if key in header.metadata]
    template = str(header.metadata.get(_TEMPLATE, ""))
    for pattern, chat in ((_CHAT, True), (_BASE, False)):
        if found := next(filter(None, map(pattern.search, names)), None):
            lacks = ", but it has no chat template" if chat and not template else ""
            return Manner(chat, False, f'its header names it "{found.string}"{lacks}')
    ends = _end_texts(header)
    if not ends:
        return None
    if not template:
        return Manner(False, True, "it has no chat template")
    shown = " or ".join(ends.values())
    if any(text in template or (key == _ENDS[0] and "eos_token" in template) for key, text in ends.items()):
        return Manner(True, True, f"its chat template ends a turn with {shown}, as its header ends a text")
    return Manner(False, True, f"its header ends a text with {shown}, which its chat template never writes")


def _end_texts(header: Header) -> dict[str, str]:
    """Key → text of the token that it names."""
    numbers = {key: header.metadata[key] for key in _ENDS if isinstance(header.metadata.get(key), int)}
    texts = {key: token_text(header, int(number)) for key, number in numbers.items()}
    return {key: text for key, text in texts.items() if text}
