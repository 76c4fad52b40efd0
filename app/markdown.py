"""Text that strangers or models wrote becomes Markdown that shows it as it is, and nothing more.

No link, image, HTML, formula or colour of theirs is rendered; only our own citation links are added.
"""

import re
from collections.abc import Collection

# All ASCII punctuation may be escaped in CommonMark, and is shown as itself.
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_CITATION = re.compile(r"\\\[(\d{1,3})\\\]")


def literal(text: str) -> str:
    """Markdown that shows `text` literally; its line breaks are kept as paragraphs."""
    # A bare address would become a link of its own: the escaped dots and colons prevent that.
    escaped = _PUNCTUATION.sub(r"\\\1", text.strip())
    return re.sub(r"\s*\n\s*", "\n\n", escaped)


def with_citations(text: str, valid: Collection[int], anchor: str) -> str:
    """The same for an answer; each `[n]` with n in `valid` links to `#{anchor}-{n}`."""

    def link(match: re.Match[str]) -> str:
        number = int(match[1])
        return f"[\\[{number}\\]](#{anchor}-{number})" if number in valid else match[0]

    return _CITATION.sub(link, literal(text))
