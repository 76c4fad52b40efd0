# ruff: noqa: RUF001
"""What a text says that a reader does not see: written invisibly, in look-alike letters, apart, encoded.

Pure text, linear in its length. Finds other readings; whether one of them is an order is not its business.
"""

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

# Of England, Scotland and Wales: a black flag, and the country's code in tag characters.
_FLAGS = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,8}\U000e007f")
_TAGS = re.compile("[\U000e0020-\U000e007e]+")
# One chooses the form of an emoji or an ideograph; several in a row choose nothing.
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}")
_UNSEEN = "\u00ad\u034f\u115f\u1160\u180e\u200b-\u200f\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0"
_INVISIBLE = re.compile(f"[{_UNSEEN}]+")
_LONG_INVISIBLE = re.compile(f"[{_UNSEEN}]{{8}}")
# A soft hyphen is what copied texts have there; joiners belong to Persian, Indic scripts and emoji.
_INVISIBLE_BETWEEN = re.compile("[A-Za-z][\u034f\u180e\u200b-\u200d\u2060-\u2064\u3164\ufeff]+(?=[A-Za-z])")
_TURNED = re.compile("[\u202d\u202e\u2066-\u2068]([^\u202c\u2069]+)")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")

_LETTERS_FROM = "аеорсухіјѕһԁԛԝьвнкмтгпАВЕКМНОРСТУХІЈЅαοερτυικνωηχβΑΒΕΖΗΙΚΜΝΟΡΤΥΧɑɡıɩʟɴɪʀꜱᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢʙɢʜꞮ"
_LETTERS_TO = "aeopcyxijshdqwbbhkmtrnABEKMHOPCTYXIJSaoeptuikvwnxBABEZHIKMNOPTYXagiilnirsacdejkmoptuvwzbghI"
_LOOK_ALIKE = str.maketrans(_LETTERS_FROM, _LETTERS_TO)
_TWO_SCRIPTS = re.compile(
    "[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]|[\u0250-\u02af\u1d00-\u1d2b\ua730-\ua7ff]"
)
_SQUARED = {
    **{0x1F1E6 + i: chr(65 + i) for i in range(26)},
    **{0x1F130 + i: chr(65 + i) for i in range(26)},
    **{0x1F150 + i: chr(65 + i) for i in range(26)},
    **{0x1F170 + i: chr(65 + i) for i in range(26)},
    ord("ı"): "i", ord("đ"): "d", ord("Đ"): "D", ord("ł"): "l", ord("Ł"): "L", ord("ø"): "o", ord("Ø"): "O",
    ord("’"): "'", 0xA0: " ",
}  # fmt: skip
_LEET = str.maketrans("013457@$!", "oieastasi")
_LEET_WORD = re.compile(r"\b(?=\w*[013457])(?=\w*[a-zA-Z])[\w@$!]{3,}")
_LEET_WITHIN = re.compile("[A-Za-z][013457][A-Za-z]")
# Eight and more single letters: more than people space for emphasis.
_SPACED = re.compile(r"(?<!\w)[^\W_](?:[ \t.\-*·|/]{1,4}[^\W_]){7,}(?!\w)")
_WORD_GAP = re.compile(r"[ \t]{2,}|[|/]")
_DIGIT = re.compile(r"\d")
_CODE_LETTERS = 16
# What phones and typesetters write besides ASCII, and what hides nothing: letters, quotes, dashes, emoji.
_USUAL = re.compile(
    "[\x00-\x7f\u00a1-\u00ac\u00ae-\u024f\u2010-\u2015\u2018-\u201e\u2022\u2026\u20ac\u2122\u2600-\u27bf\ufe0f"
    "\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f900-\U0001f9ff]*"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:\\x|0x)?[0-9a-fA-F]{2}[ ,]?){10,}")
_BINARY = re.compile(r"(?<![0-9A-Za-z])(?:[01]{8}[ ,]?){5,}")
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2}[A-Za-z+ ]{0,20}){3,}")
_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4}){4,}")
_ENTITIES = re.compile(r"(?:&#x?[0-9a-fA-F]{2,6};){4,}|&lt;")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it may be read. `hidden`: how that was hidden, in words; "" for what anybody sees.

    `certain`: honest people do not write so, whatever it says.
    """

    text: str
    hidden: str = ""
    certain: bool = False


def plain(text: str) -> str:
    """The text in letters without accents, style or width; case and punctuation stay."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.translate(_SQUARED))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    # Korean syllables are taken apart by the decomposition.
    return _INVISIBLE.sub("", _BIDI.sub("", unicodedata.normalize("NFC", bare)))


def readings(text: str, backwards: frozenset[str], turned: frozenset[str]) -> Iterator[Reading]:
    """What the text says openly, first, and what else it can be read as.

    `backwards` and `turned` are words that betray a text written from its end, or in ROT13.
    """
    seen = plain(text)
    yield Reading(seen)
    if not text.isascii():
        yield from _unseen(text)
        if _TWO_SCRIPTS.search(text):
            yield Reading(plain(text.translate(_LOOK_ALIKE)), "letters that look like others")
    spelled = seen.split()
    digits = _DIGIT.search(seen) is not None
    if digits or max(map(len, spelled), default=0) >= _CODE_LETTERS:
        yield from _in_codes(seen)
    if "%" in seen or "\\" in seen or "&" in seen:
        yield from _escaped(seen)
    if digits and _LEET_WITHIN.search(seen) and len(_LEET_WORD.findall(seen)) > 1:
        yield Reading(_LEET_WORD.sub(lambda word: word[0].translate(_LEET), seen), "digits for letters")
    for run in _SPACED.finditer(seen):
        yield Reading(
            " ".join(re.sub(r"[\W_]", "", part) for part in _WORD_GAP.split(run[0])), "spaced letters"
        )
    words = frozenset(seen.casefold().split())
    if len(words & backwards) > 1:
        yield Reading(seen[::-1], "text written backwards")
    if len(words & turned) > 1:
        yield Reading(codecs.encode(seen, "rot13"), "ROT13")


def may_hide(text: str, seen: str, folded: str, backwards: frozenset[str], turned: frozenset[str]) -> bool:
    """Whether a part of the text may be read in another way than `seen`, its letters; False is certain.

    `folded` is `seen` without case.
    """
    if not text.isascii() and (not _USUAL.fullmatch(text) or "\ufe0f\ufe0f" in text):
        return True
    words = folded.split()
    if max(map(len, words), default=0) >= _CODE_LETTERS:
        return True
    if "%" in seen and _PERCENT.search(seen):
        return True
    if ("\\" in seen and _ESCAPES.search(seen)) or ("&" in seen and _ENTITIES.search(seen)):
        return True
    if _DIGIT.search(seen) and (_LEET_WITHIN.search(seen) or _HEX.search(seen) or _BINARY.search(seen)):
        return True
    distinct = frozenset(words)
    return not (distinct.isdisjoint(backwards) and distinct.isdisjoint(turned)) or bool(_SPACED.search(seen))


def _unseen(text: str) -> Iterator[Reading]:
    """Characters that show nothing, and what they spell."""
    without_flags = _FLAGS.sub("", text)
    if tags := _TAGS.findall(without_flags):
        spelled = "".join(chr(ord(char) - 0xE0000) for run in tags for char in run)
        yield Reading(spelled, "invisible tag characters", certain=True)
    if selectors := _SELECTORS.findall(text):
        numbers = [ord(char) for run in selectors for char in run]
        data = bytes(code - 0xFE00 if code < 0xFE10 else code - 0xE0100 + 16 for code in numbers)
        yield Reading(data.decode(errors="replace"), "variation selectors", certain=True)
    if _LONG_INVISIBLE.search(text):
        yield Reading("", "a run of invisible characters", certain=True)
    elif len(_INVISIBLE_BETWEEN.findall(text)) > 3:
        yield Reading("", "invisible characters between letters")
    if turned := _TURNED.findall(text):
        yield Reading(" ".join(plain(run)[::-1] for run in turned), "text turned around")


def _in_codes(text: str) -> Iterator[Reading]:
    """What stands in codes and reads as text once decoded. Those of letters alone are of long words."""
    for run in _BASE64.findall(text):
        yield from _readable(_from_base64(run), "Base64")
    for run in _HEX.findall(text):
        digits = re.sub(r"\\x|0x|[ ,]", "", run)
        yield from _readable(bytes.fromhex(digits[: len(digits) // 2 * 2]), "hexadecimal codes")
    for run in _BINARY.findall(text):
        yield from _readable(bytes(int(eight, 2) for eight in re.findall("[01]{8}", run)), "binary codes")


def _escaped(text: str) -> Iterator[Reading]:
    for run in _PERCENT.findall(text):
        yield from _readable(unquote_to_bytes(run.replace("+", " ")), "percent codes", certain=False)
    for run in _ESCAPES.findall(text):
        yield from _readable(codecs.decode(run, "unicode_escape").encode(errors="replace"), "escape codes")
    if _ENTITIES.search(text):
        yield Reading(html.unescape(text), "HTML entities")


def _from_base64(run: str) -> bytes:
    data = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(data[: len(data) // 4 * 4])
    except binascii.Error:
        return b""


def _readable(data: bytes, hidden: str, certain: bool = True) -> Iterator[Reading]:
    """The bytes as a reading if they are words: several, and nearly all letters."""
    text = data.decode(errors="replace")
    letters = sum(char.isalpha() or char == " " for char in text)
    if len(text) >= 8 and " " in text.strip() and "\ufffd" not in text and letters >= 0.8 * len(text):
        yield Reading(plain(text), hidden, certain)
