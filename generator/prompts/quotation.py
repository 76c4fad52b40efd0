"""What customers wrote, made safe to stand in a prompt as one quoted line. Pure text."""

import re

from generator.citations import Citation, replaced

_FENCE = re.compile("-{10,}")
_NUMBER = re.compile(r"\[(\s*\d[\d\s,]*)\]")


def quoted(text: str) -> str:
    """`text` on one line, unable to look like the end of the quotation or like one of our numbers."""
    return _unnumbered(text, "(", ")")


def evidence(text: str) -> str:
    """The same for what an answer is written from: numbers copied from there are no citation in any form."""
    return _unnumbered(text, "{", "}")


def _unnumbered(text: str, before: str, after: str) -> str:
    line = _FENCE.sub("-", " ".join(text.split()))
    line = _NUMBER.sub(rf"{before}\1{after}", line)

    def plain(citation: Citation) -> str:
        written = line[citation.start : citation.end]
        return f"{before}{_inner(written, citation)}{after}"

    return replaced(line, plain)


def _inner(written: str, citation: Citation) -> str:
    """What stands between the brackets, if that is numbers alone; else the numbers."""
    inside = written.strip("()[]{} ")
    return inside if re.fullmatch(r"[\d\s,;-]+", inside) else ", ".join(map(str, citation.numbers))
