"""Which characters bytes stand for: UTF-8, UTF-16 with its mark, and a fallback for what is neither.

Knows encodings and nothing of columns. A file is decoded as UTF-8 in such a way that other bytes can be
had back (`surrogateescape`): so one stray line costs nothing but its own second look.
"""

import codecs
import re

UNDECODABLE = re.compile("[\udc80-\udcff]")
HALVES = re.compile("[\ud800-\udfff]")  # of characters that UTF-16 spells with two
HALVES_OF_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
WESTERN = "cp1252"  # what text that is not UTF-8 mostly is
# What stands for a byte that could not be decoded. Five have no character there, and are controls.
WESTERN_CHARACTERS = {
    0xDC00 + byte: bytes([byte]).decode(WESTERN, "ignore") or chr(byte) for byte in range(0x80, 0x100)
}
DENSE = 0.3  # share of the letters that are not UTF-8: Latin scripts have fewer, all others more
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class TextDecoder:
    """How to read the text that begins with `start`, some thousand bytes.

    `name` is the encoding to open the file with (errors="surrogateescape"), `fallback` what bytes that are
    not in it are taken for. `forced` is the user's word: then nothing is guessed. Raises LookupError if it
    is no encoding of text.
    """

    def __init__(self, start: bytes, forced: str | None = None) -> None:
        self.fallback = WESTERN
        if forced is not None:
            self.name = _known(forced)
        elif start.startswith(UTF16_MARKS):
            self.name = "utf-16"
        else:
            self.name = "utf-8-sig"
            if not _is_utf8(start):
                self.fallback = _guess(start)

    def mend(self, text: str) -> tuple[str, str | None]:
        """The text with its undecodable bytes read by the fallback; and which that was, if need be.

        The whole text, if another script was guessed: some of its bytes may be UTF-8 by chance. Else these
        bytes alone: what stands around them is what it seems.
        """
        if not HALVES.search(text):
            return text, None
        text = HALVES_OF_NO_BYTE.sub("\ufffd", text)  # JSON can spell them
        if not UNDECODABLE.search(text):
            return text, None
        if self.fallback != WESTERN:
            try:
                return text.encode("utf-8", "surrogateescape").decode(self.fallback), self.fallback
            except UnicodeDecodeError:
                pass
        return text.translate(WESTERN_CHARACTERS), WESTERN


def _known(name: str) -> str:
    try:
        "a".encode(name)  # codecs that are not for text are known by name too
        return codecs.lookup(name).name
    except ValueError as error:
        raise LookupError(name) from error


def _is_utf8(start: bytes) -> bool:
    # Not final: the last character may be cut in two.
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _guess(start: bytes) -> str:
    # Lines that are UTF-8, as those without letters beyond ASCII are, say nothing of the others.
    telling = b"\n".join(line for line in start.split(b"\n") if not _is_utf8(line))
    text = telling.decode("utf-8", "surrogateescape")
    strange = len(UNDECODABLE.findall(text))
    if strange < DENSE * (strange + sum(map(str.isalpha, text))):
        return WESTERN  # a guesser needs more than a few accents, and takes them for Baltic ones
    from charset_normalizer import from_bytes  # loads slowly, and is seldom needed

    best = from_bytes(telling).best()
    return best.encoding if best is not None else WESTERN
