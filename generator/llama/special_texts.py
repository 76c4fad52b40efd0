"""Which texts a model's tokenizer reads as more than text: control tokens, and marks of a conversation.

A vocabulary also defines plain text as tokens of its own, such as runs of line breaks or HTML tags; those
stay what they are. Knows llama.cpp's kinds of tokens; knows nothing of prompts.
"""

import re
from typing import Any

import llama_cpp

_NUMBER = re.compile(r"\[\d+\]")
# A user-defined token that looks like one of these begins or ends a turn, whatever the file calls it:
# `<|im_start|>` (also with full-width bars), `<<SYS>>`, `<start_of_turn>`, `[INST]`, `[@BOS@]`.
_TURN_MARK = re.compile(
    r"<[|\uff5c].*>|<.*[|\uff5c]>|<<[^<>]*>>|\[/?[A-Z@][A-Z0-9_@]*\]|</?(?P<name>[^<>\s/|]+)/?>", re.DOTALL
)
_HTML = frozenset(
    re.findall(
        r"\w+",
        """a abbr article aside b blockquote body br button caption center cite code col colgroup dd del
        details div dl dt em figure figcaption font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe
        img input ins kbd label li link main mark meta nav ol option p pre q s samp script section select
        small span strike strong style sub summary sup svg table tbody td textarea tfoot th thead title tr tt
        u ul var video""",
    )
)


def special_texts(vocab: Any, template: str) -> list[str]:
    """The texts of a vocabulary that must not stand in a content; `template`: the model's chat template.

    All of its control tokens and its unknown token; of those that the user defined, the marks of turns: by
    their look, or because the template writes them. An unused token is plain text for llama.cpp.
    """
    texts = []
    for token in range(llama_cpp.llama_vocab_n_tokens(vocab)):
        kind = llama_cpp.llama_vocab_get_attr(vocab, token)
        text = token_text(vocab, token)
        if kind & (llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_UNKNOWN) or (
            kind & llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED and _marks_a_turn(text, template)
        ):
            texts.append(text)
    # `[7]`, where it is one token, is for a prompt to write; reviews lose theirs (prompts.quotation).
    return [text for text in texts if not _NUMBER.fullmatch(text)]


def token_text(vocab: Any, token: int) -> str:
    """What the vocabulary calls a token; empty for none (-1)."""
    text = llama_cpp.llama_vocab_get_text(vocab, token) if token >= 0 else b""
    return str(text.decode(errors="replace"))


def _marks_a_turn(text: str, template: str) -> bool:
    mark = _TURN_MARK.fullmatch(text.strip())
    if mark:
        return (mark["name"] or "").lower() not in _HTML
    # Such as "### Instruction:"; a word or a run of line breaks is in many templates and marks nothing.
    bare = text.strip().replace("\u2581", " ")
    edges = bare[:1] + bare[-1:]
    return not edges.isalnum() and any(map(str.isalpha, bare)) and bare in template
