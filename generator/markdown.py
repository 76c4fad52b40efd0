"""Text that strangers or models wrote becomes Markdown that shows it as it is, and nothing more.

No link, image, HTML, formula or colour of theirs is rendered; only our own citation links are added.
"""

import re
from collections.abc import Collection

# What begins markup in CommonMark or one of Streamlit's additions ($formula$, :colour[], :emoji:). All ASCII
# punctuation may be escaped, and is then shown as itself.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#+\-!|~$:&=])")
_LIST_NUMBER = re.compile(r"(?m)^(\s*\d+)([.)])")
# What Streamlit makes a link of even so: web addresses and e-mail addresses.
_LINKED = re.compile(r"(?i)(?<=https:)|(?<=http:)|(?<=www)(?=\.)|(?<=@)")
ZERO_WIDTH_SPACE = "\u200b"
# `[n]` and `[n, m]`, once their brackets are escaped.
_CITATION = re.compile(r"\\\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\\\]")


def literal(text: str) -> str:
    """Markdown that shows `text` literally; its line breaks are kept as paragraphs.

    Addresses get an invisible space, so that they do not become links.
    """
    escaped = _MARKUP.sub(r"\\\1", _LINKED.sub(ZERO_WIDTH_SPACE, text.strip()))
    escaped = _LIST_NUMBER.sub(r"\1\\\2", escaped)
    return re.sub(r"\s*\n\s*", "\n\n", escaped)


def with_citations(text: str, valid: Collection[int], anchor: str) -> str:
    """The same for an answer; each `[n]` with n in `valid` links to `#{anchor}-{n}`,
    of `[n, m]` each number.
    """

    def link(match: re.Match[str]) -> str:
        if "," not in match[1]:
            return linked(match[0], int(match[1]))
        return re.sub(r"\d+", lambda number: linked(number[0], int(number[0])), match[0])

    def linked(shown: str, number: int) -> str:
        return f"[{shown}](#{anchor}-{number})" if number in valid else shown

    return _CITATION.sub(link, literal(text))
