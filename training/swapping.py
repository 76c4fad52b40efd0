"""Sentences with some words exchanged: nobody need have written them for the embedder to say what they mean.

They take the network to words that no hand-written sentence uses. Knows nothing of stances or questions.
"""

import random
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Short words hold a sentence together; what it speaks of stands in the longer ones.
_LONG = re.compile(r"[a-z]{4,}", re.IGNORECASE)
_SHARE = 0.4
# Of so many drawn words the nearest is taken: often one of the same kind, seldom a synonym.
_DRAWN = 12
_TRIES = 50


def swapped(
    texts: Sequence[str], words: Sequence[str], vectors: NDArray[np.float32], count: int, rng: random.Random
) -> list[str]:
    """So many of `texts`, each with at least one word exchanged for one of `words`; `vectors` are theirs.

    Raises ValueError if so few texts and words do not make so many.
    """
    places = {word: place for place, word in enumerate(words)}
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    directions = vectors / np.where(lengths > 0, lengths, 1)

    def other(found: re.Match[str]) -> str:
        if rng.random() > _SHARE:
            return found[0]
        drawn = rng.sample(range(len(words)), min(_DRAWN, len(words)))
        if (place := places.get(found[0].lower())) is None:
            return words[drawn[0]]
        nearness = directions[drawn] @ directions[place]
        nearness[[at == place for at in drawn]] = -1
        return words[drawn[int(nearness.argmax())]]

    changed: dict[str, None] = {}
    for _ in range(_TRIES * count):
        text = rng.choice(texts)
        if (new := _LONG.sub(other, text)) != text:
            changed[new] = None
        if len(changed) == count:
            return list(changed)
    raise ValueError(f"{len(texts)} texts and {len(words)} words make no {count} others.")
