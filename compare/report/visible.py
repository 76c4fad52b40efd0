"""Text of strangers as it can be printed anywhere: what would hide, turn or break it is shown by its number.

Knows characters; knows nothing of HTML or Markdown, whose own escaping comes after it.
"""

import re

# Control and format characters (bidirectional overrides, zero-width ones, tags), lone surrogates, line and
# paragraph separators. Joiners stay: emoji and several scripts are spelled with them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff\ud800-\udfff]"
)


def visible(text: str) -> str:
    """The same text, with ⟨U+202E⟩ in the place of such a character; lines end with a line feed."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", lines)
