"""The language of a review: what its source calls it, as ISO 639-1, or what its text looks like.

Detection is Compact Language Detector 2 (pycld2): 20 µs a text. It is silent where two words do not tell, and
finds 83 languages. What else was measured stands in docs/experiments.md.
"""

import re
from functools import lru_cache

import pycld2

READ = 2_000  # characters of a text: a language shows in fewer

NAMES = {
    "english": "en", "german": "de", "french": "fr", "spanish": "es", "latam": "es", "italian": "it",
    "portuguese": "pt",
    "brazilian": "pt", "russian": "ru", "ukrainian": "uk", "polish": "pl", "czech": "cs", "dutch": "nl",
    "swedish": "sv",
    "norwegian": "no", "danish": "da", "finnish": "fi", "hungarian": "hu", "romanian": "ro",
    "bulgarian": "bg",
    "greek": "el", "turkish": "tr", "arabic": "ar", "hebrew": "he", "hindi": "hi", "thai": "th",
    "vietnamese": "vi",
    "indonesian": "id", "japanese": "ja", "koreana": "ko", "korean": "ko", "schinese": "zh", "tchinese": "zh",
    "chinese": "zh", "deutsch": "de", "français": "fr", "español": "es", "italiano": "it", "português": "pt",
    "türkçe": "tr", "русский": "ru", "日本語": "ja", "中文": "zh", "한국어": "ko",
}  # fmt: skip
# Codes of the detector that are no longer in use, or say that nothing was found.
_OTHER_CODES = {"iw": "he", "nb": "no", "nn": "no"}
CODE = re.compile(r"([a-z]{2})(?:[-_][a-z]{2,4})*", re.IGNORECASE)


@lru_cache(1000)
def language_code(value: str) -> str | None:
    """The ISO 639-1 code in `en`, `en_US`, `zh-Hans-CN`, `German` or `schinese`; None for anything else."""
    value = value.strip()
    if value in ("un", "xx"):
        return None
    if known := NAMES.get(value.casefold()):
        return known
    found = CODE.fullmatch(value)
    return found[1].lower() if found else None


def detected_language(text: str) -> str | None:
    """The language that a text is in; None if it is too short to tell."""
    try:
        # Not as HTML, the default: all that follows "<3" would be a tag that does not end, and not be read.
        _, _, ((_, code, _, _), *_) = pycld2.detect(text[:READ], isPlainText=True)
    except pycld2.error:  # it holds a character that is none, such as U+FFFE
        return None
    return _OTHER_CODES.get(code) or language_code(code)
