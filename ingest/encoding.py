"""Which characters bytes stand for: UTF-8, UTF-16 with its mark, and a fallback for what is neither.

Knows encodings and nothing of columns. A file is decoded as UTF-8 in such a way that other bytes can be
had back (`surrogateescape`): so one stray line costs nothing but its own second look.
"""

import codecs
import re

UNDECODABLE = re.compile("[\udc80-\udcff]")
WESTERN = "cp1252"  # what text that is not UTF-8 mostly is
DENSE = 0.3  # share of letters beyond ASCII: Latin scripts have fewer, all others more
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class TextDecoder:
    """How to read the text that begins with `start`, some thousand bytes.

    `name` is the encoding to open the file with (errors="surrogateescape"), `fallback` what bytes that are
    not in it are taken for. `forced` is the user's word: then nothing is guessed.
    """

    def __init__(self, start: bytes, forced: str | None = None) -> None:
        self.fallback = WESTERN
        if forced is not None:
            self.name = codecs.lookup(forced).name
        elif start.startswith(UTF16_MARKS):
            self.name = "utf-16"
        else:
            self.name = "utf-8-sig"
            if not _is_utf8(start):
                self.fallback = _guess(start)

    def mend(self, text: str) -> tuple[str, str | None]:
        """The text with its undecodable bytes read by the fallback; and which that was, if need be."""
        if not UNDECODABLE.search(text):
            return text, None
        raw = text.encode("utf-8", "surrogateescape")
        for encoding in (self.fallback, WESTERN):
            try:
                return raw.decode(encoding), encoding
            except UnicodeDecodeError:
                continue
        return raw.decode("latin-1"), "latin-1"  # which has a character for every byte


def _is_utf8(start: bytes) -> bool:
    # Not final: the last character may be cut in two.
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _guess(start: bytes) -> str:
    # Lines without letters beyond ASCII say nothing, and there may be many.
    telling = b"\n".join(line for line in start.split(b"\n") if not line.isascii())
    high = sum(byte >= 0x80 for byte in telling)
    letters = high + sum(map(bytes.isalpha, (telling[n : n + 1] for n in range(len(telling)))))
    if high < DENSE * letters:
        return WESTERN  # a guesser needs more than a few accents, and takes them for Baltic ones
    from charset_normalizer import from_bytes  # loads slowly, and is seldom needed

    best = from_bytes(telling).best()
    return best.encoding if best is not None else WESTERN
