"""Whether an answer says that the reviews do not tell, in whatever words, and whether that is right.

Pure text; the words are English. An abstention in another language counts as an answer.
"""

import re

from generator.answer import is_abstention
from generator.verbatim.sentences import sentence_pieces

_TELLERS = r"(?:reviews?|reviewers?|customers?|passages?|people|users?|owners?|buyers?|texts?|they)"
_TELL = (
    r"(?:say|tell|mention|state|specify|provide|contain|indicate|include|address|discuss|talk|speak|cover|"
    r"report|describe|give|comment|answer|reveal)s?"
)
_DECLINES = re.compile(
    rf"""
    \b{_TELLERS}\b(?:\s\w+){{0,2}}?\s(?:do|does|did)(?:\snot|n['\u2019]t)\s(?:\w+\s){{0,2}}?{_TELL}\b
    | \b(?:no|none\sof\sthe(?:se)?)\s(?:\w+\s)?{_TELLERS}\s(?:\w+\s)?{_TELL}\b
    | \b(?:nobody|no\sone|none)\s(?:\w+\s)?{_TELL}\b
    | \bno\s(?:information|mention|indication|details?|statements?|reviews?\s(?:on|about))\b
    | \b(?:cannot|can['\u2019]t|can\snot|could\snot|unable\sto|impossible\sto)\s(?:\w+\s)?
      (?:tell|say|determine|answer|know|judge)\b
    | \b(?:is|are|was)(?:\snot|n['\u2019]t)\s(?:\w+\s)?
      (?:mentioned|specified|stated|clear|said|told|discussed|known|addressed|described|covered)\b
    | \b(?:is|are)\s(?:silent|unclear)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
# How such a sentence may begin, so that its comma does not count as the end of a clause.
_OPENING = re.compile(
    r"^(?:i['\u2019]m sorry|i am sorry|sorry|unfortunately|"
    r"(?:based on|according to|from|in) (?:these|the)[^,]{0,30}),?\s*(?:but\s)?",
    re.IGNORECASE,
)
# A further clause tells something after all.
_FURTHER = re.compile(r"[,;]\s*(?:but|and|although|though|while|however|yet|so)\b|\bhowever\b", re.IGNORECASE)


def declines(sentence: str) -> bool:
    """Whether a sentence only says that the reviews do not tell."""
    if is_abstention(sentence):
        return True
    main = _OPENING.sub("", sentence)
    return bool(_DECLINES.search(sentence)) and not _FURTHER.search(main)


def abstains(text: str) -> bool:
    """Whether a whole answer says no more than that the reviews do not tell."""
    sentences = [sentence for _, sentence in sentence_pieces(text) if any(map(str.isalpha, sentence))]
    return bool(sentences) and all(map(declines, sentences))


def abstention(text: str, abstained: bool, answerable: bool | None) -> float | None:
    """1 if it answers where the reviews tell, or abstains where they do not; else 0. None: not known.

    An empty text does neither: 0.
    """
    if answerable is None:
        return None
    return float(bool(text.strip()) and abstained != answerable)
