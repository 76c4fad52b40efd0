"""What customers wrote, made safe to stand in a prompt as one quoted line. Pure text."""

import re

_FENCE = re.compile("-{10,}")
_NUMBER = re.compile(r"\[(\s*\d[\d\s,]*)\]")


def quoted(text: str) -> str:
    """`text` on one line, unable to look like the end of the quotation or like one of our numbers."""
    line = _FENCE.sub("-", " ".join(text.split()))
    return _NUMBER.sub(r"(\1)", line)
