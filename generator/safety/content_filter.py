"""What to look at twice in an answer, by patterns and lists on this machine. Pure text; knows no model.

What customers said is theirs: quotations and addresses that stand in a passage do not count. Nothing is taken
out of an answer; who shows it says what was noticed.
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence

from generator.safety import abusive_words
from retriever.suspicion import HIDES, plain, signs, template_marks

LINK, PICTURE, HTML = "a link that no review has", "a picture", "HTML"
ADDRESS, MAIL, TELEPHONE = "an address that no review has", "an e-mail address that no review has", (
    "a telephone number that no review has"
)  # fmt: skip
TEMPLATE, UNSEEN, ABUSE = "marks of a chat template", "hidden text", "abuse in its own words"

_PICTURE = re.compile(r"!\[[^\[\]\n]{0,300}\]\s?[(\[]|<img\b", re.IGNORECASE)
_LINK = re.compile(
    r"\[[^\[\]\n]{1,300}\]\(([^()\s]{1,300})|\b(?:javascript|vbscript|data):[^\s]{1,300}", re.IGNORECASE
)
_TAG = re.compile(
    r"</?(?:a|abbr|audio|b|base|blockquote|body|br|button|div|embed|em|form|frame|h[1-6]|head|hr|html|i|iframe|input|li|"
    r"link|meta|object|ol|p|script|span|strong|style|svg|table|td|tr|u|ul|video)\b[^<>]{0,300}>",
    re.IGNORECASE,
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_ADDRESS = re.compile(
    r"\b(?i:https?://|www\.)[^\s<>()\[\]\"']+"
    r"|(?<![\w.@-])[\w-]{2,63}(?:\.[\w-]{2,63}){0,4}\."
    r"(?:com|org|net|info|biz|io|shop|store|online|xyz|ru|cn|de|fr|co\.uk|example)\b(?:/[^\s<>()\[\]\"']*)?"
)
_TELEPHONE = re.compile(r"(?<![\w.,-])\+?\(?\d(?:[ ()./-]{0,2}\d){6,17}(?!\w)")
_NO_TELEPHONE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}|\d{4} ?- ?\d{4}|\d{1,3}(?:\.\d{1,3}){3}")
_DIGITS_APART = re.compile(r"(?<=\d)[ ()./-]{1,3}(?=\d)")

_WORD = re.compile(r"[^\W_][\w'*@$!]*")
_QUOTED = re.compile(r"[\"“„«]([^\"”“»\n]{1,600})[\"”“»]")
_IN_A_ROW = 3  # words that stand so in a passage are a quotation
_NEAR = 4  # words between who is spoken to and the insult
_LEET = str.maketrans("013457@$!", "oieastasi")


class _Words:
    """A list of words, some of them beginnings."""

    def __init__(self, terms: str) -> None:
        bare = [plain(term).casefold().strip() for term in terms.split(",")]
        self._whole = frozenset(term for term in bare if not term.endswith("*"))
        self._beginnings = tuple(term[:-1] for term in bare if term.endswith("*"))

    def __contains__(self, word: str) -> bool:
        return word in self._whole or word.startswith(self._beginnings)

    def masked(self, word: str) -> bool:
        """Whether a word with stars in place of some of its letters may be one of them."""
        pattern = re.compile("".join("." if char == "*" else re.escape(char) for char in word))
        return any(pattern.fullmatch(term) for term in (*self._whole, *self._beginnings))


_COARSE = _Words(f"{codecs.decode(abusive_words.COARSE_ROT13, 'rot13')}, {abusive_words.COARSE_CYRILLIC}")
_INSULTS, _SPOKEN_TO = _Words(abusive_words.INSULTS), _Words(abusive_words.SPOKEN_TO)


def concerns(own_words: str, passages: Sequence[str]) -> tuple[str, ...]:
    """What is of concern in what a model wrote itself from these passages; empty for nothing."""
    return tuple(dict.fromkeys(_concerns(own_words, passages)))


def _concerns(text: str, passages: Sequence[str]) -> Iterator[str]:
    if not text:
        return
    given = "\n".join(passages).casefold()
    if _PICTURE.search(text):
        yield PICTURE
    if any(link[0].casefold() not in given for link in _LINK.finditer(text)):
        yield LINK
    if any(tag[0].casefold() not in given for tag in _TAG.finditer(text)):
        yield HTML
    mails = {mail.casefold() for mail in _MAIL.findall(text)}
    if any(mail not in given for mail in mails):
        yield MAIL
    addresses = (address[0].casefold().rstrip(".,;:!?*_") for address in _ADDRESS.finditer(text))
    if any(address not in given for address in addresses):
        yield ADDRESS
    if any(number not in _DIGITS_APART.sub("", given) for number in _telephones(text)):
        yield TELEPHONE
    if template_marks(text):
        yield TEMPLATE
    if any(sign.what.startswith(HIDES) for sign in signs(text)):
        yield UNSEEN
    if _abuses(_own(text, passages)):
        yield ABUSE


def _telephones(text: str) -> Iterator[str]:
    """The digits of what looks like numbers to call; dates and addresses of machines do not."""
    for number in _TELEPHONE.findall(text):
        digits = re.sub(r"\D", "", number)
        if len(digits) <= 15 and not _NO_TELEPHONE.fullmatch(number):
            yield digits


def _words(text: str) -> list[str]:
    return [word.strip("*'!") for word in _WORD.findall(plain(text).casefold())]


def _own(text: str, passages: Sequence[str]) -> list[str]:
    """The words of a text that are no quotation: neither in quotes nor as they stand in a passage."""
    sources = [_words(passage) for passage in passages]
    running = [f" {' '.join(source)} " for source in sources]

    def kept(quotation: re.Match[str]) -> str:
        said = f" {' '.join(_words(quotation[1]))} "
        return " " if any(said in source for source in running) else quotation[0]

    words = _words(_QUOTED.sub(kept, text))
    known = {run for source in sources for run in _runs(source)}
    quoted = {at + place for at, run in enumerate(_runs(words)) if run in known for place in range(_IN_A_ROW)}
    return [word for at, word in enumerate(words) if at not in quoted]


def _runs(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(_IN_A_ROW)), strict=False)


def _abuses(words: Sequence[str]) -> bool:
    for at, word in enumerate(words):
        if not word:
            continue
        if word in _COARSE or word.translate(_LEET) in _COARSE or ("*" in word and _COARSE.masked(word)):
            return True
        if word in _INSULTS and any(near in _SPOKEN_TO for near in words[max(0, at - _NEAR) : at + 2]):
            return True
    said = f" {' '.join(words)} "
    return any(f" {threat} " in said for threat in abusive_words.THREATS)
