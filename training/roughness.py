"""Clean sentences become such as customers type: hasty, misspelt, shouted, decorated. Changes no meaning."""

import random
import re

from training.phrase_bank import Stance

_STARTS = (
    "Honestly, ", "I must say, ", "To be fair, ", "Update: ", "In my experience, ", "After a month: ",
    "Well, ", "Also, ", "As others said, ", "Just so you know, ", "On top of that, ", "One thing: ",
    "So far ", "Overall ",
)  # fmt: skip
_SIGNS = {"plus": "😀😊😍👍💯❤🎉✨👌", "minus": "😡😞👎💩😤🙄😭❌🗑", "neutral": "🙂🤔"}
_JOINTS = (", but ", ", and ", " - ", "; ", ", though ", ", and also ", " but ", " and ")


def roughened(text: str, stance: Stance, rng: random.Random) -> str:
    """The sentence as somebody might have typed it; most stay as they are."""
    if rng.random() < 0.06:
        text = rng.choice(_STARTS) + _inside(text)
    if rng.random() < 0.08:
        text = re.sub(r"[.!]+$", "", text) + rng.choice(("", "!", "!!", "...", " .", "!!!"))
    if rng.random() < 0.07:
        text = _misspelt(text, rng)
    if rng.random() < 0.04:
        text = f"{text} {rng.choice(_SIGNS[stance])}"
    case = rng.random()
    if case < 0.03:
        return text.upper()
    return text.lower() if case < 0.12 else text


def joined(first: str, second: str, rng: random.Random) -> str:
    """Two sentences as one."""
    return re.sub(r"[.!?]+$", "", first) + rng.choice(_JOINTS) + _inside(second)


def _inside(text: str) -> str:
    """The sentence as it begins behind another; "I" stays."""
    return text if re.match(r"I\b|[A-Z]{2}", text) else text[:1].lower() + text[1:]


def _misspelt(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    place = rng.randrange(len(words))
    word = words[place]
    if len(word) > 4:
        at = rng.randrange(1, len(word) - 2)
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        words[place] = rng.choice((swapped, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]))
    return " ".join(words)
