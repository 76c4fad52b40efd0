"""The page of the error messages. Knows how they are listed; `docs.generate.messages` finds them."""

import re

from docs.generate.messages import kinds, messages

HEAD = """
# Error messages

What a command prints behind `error:`, and what a page shows in a red box. Exit codes: 1, or of
`python -m compare` 2 where nothing was run ([experiments](../../experiments/README.md)). `{name}` and `{…}`
stand for what a message names then. Anything else that is shown, with a traceback, is a defect of ReviewDuel:
please report it.
"""

_PLACE = re.compile(r"\{([^{}]*)\}")
_PLAIN = re.compile(r"[\w.]+")


def page() -> str:
    """The page's text."""
    found = messages()
    parts = [HEAD.strip()]
    for kind, meaning in kinds().items():
        lines = [f"- {_literal(one.text)}\n  (`{one.file}`)" for one in found if one.kind == kind]
        if lines:
            parts += [f"## {kind}", meaning, "\n".join(lines)]
    return "\n\n".join(parts)


def _literal(text: str) -> str:
    """The text as code, whatever backticks stand in it."""
    text = _PLACE.sub(_place, text)
    text = " ".join(text.split())
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _place(found: re.Match[str]) -> str:
    value = found[1]
    return f"{{{value.rpartition('.')[2].lstrip('_') if _PLAIN.fullmatch(value) else '…'}}}"
