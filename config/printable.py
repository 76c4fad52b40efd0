"""Foreign text as it may be printed: nothing in it that a terminal obeys or a reader cannot see."""

import re
import unicodedata

# Controls, formats (such as what turns the direction of writing), halves of characters, line separators.
_SPELLED_OUT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_KEPT = frozenset("\n\t\u200c\u200d")  # the last two: many scripts and emoji are written with them
_URL = re.compile(r"https?://[^\s'\"<>]+")


def printable(text: str) -> str:
    r"""The text with such characters spelled out, as in "\x1b" and "\u202e"."""
    return text if text.isprintable() else "".join(map(_spelled, text))


def _spelled(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in _SPELLED_OUT:
        return character
    return character.encode("unicode_escape").decode()


def as_utf8(text: str) -> str:
    """The text with a "?" for each half of a character, as undecodable arguments and links have them."""
    return text.encode("utf-8", "replace").decode()


def first_line(error: Exception) -> str:
    """What an error says first, its URLs as `printable_url` gives them; its kind, if it says nothing."""
    line = next(filter(str.strip, str(error).splitlines()), type(error).__name__)
    return _URL.sub(lambda url: printable_url(url[0]), line)


def printable_url(url: str) -> str:
    """The URL without what may be secret in it: user and password, and what an address is signed with."""
    scheme, mark, rest = url.partition("://")
    place, slash, path = rest.partition("?")[0].partition("#")[0].partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path}"
