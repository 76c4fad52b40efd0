"""Which language a text is in, as far as its commonest words tell. Pure text.

Only to know when a comparison of words and vectors means nothing. After Grefenstette (1995), "Comparing two
language identification schemes": short function words tell languages apart from a dozen words on.
"""

from collections.abc import Iterable

from generator.support.wording import words_of

_COMMON = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the and is it of to that was for with this but not are you have they on my i in so no or very",
        "de": "der die das und ist nicht ein eine mit zu den auf für von es sich im auch wenn man ich hat",
        "fr": "le la les et est un une des du que pas pour dans il elle en ce je avec sur qui mais à au très",
        "es": "el la los las y es un una que de en no para con se lo me por muy pero del al está son",
        "it": "il la le e è un una che di non per si in con ho ma mi del della sono molto anche lo gli",
        "pt": "o a os as e é um uma que de não para com se no na em do da mas muito ao são foi",
        "nl": "de het een en is van niet dat te op met voor zijn ik maar er ook als aan in heel bij",
    }.items()
}
# Of a text's words, so many must be common ones of its language; and it needs so many words at all.
_SHARE, _WORDS = 0.15, 6


def language(text: str) -> str | None:
    """The language's two letters; "other" for another script; None if the text does not tell."""
    letters = [character for character in text if character.isalpha()]
    if sum(character > "\u024f" for character in letters) > len(letters) / 2:
        return "other"
    words = words_of(text)
    if len(words) < _WORDS:
        return None
    shares = {name: sum(word in common for word in words) / len(words) for name, common in _COMMON.items()}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= _SHARE else None


def comparable(text: str, others: Iterable[str]) -> bool:
    """Whether one of the others may be in the text's language."""
    own = language(text)
    return own is None or any(language(other) in (own, None) for other in others)
