"""Whether texts support a claim, as far as a sentence embedder, words, numbers and denials can tell.

A logistic regression on a few signs, fitted on the develop half of tests/golden/groundedness.yaml by
`python -m benchmarks.groundedness`; how often it errs on the other half: docs/experiments.md. It does not
understand: who did what to whom, causes, opposites without a "not", and what is said in another language
than the source escape it. An entailment model would see more, and is another model to download and to run.
"""

from collections.abc import Sequence

import numpy as np

from generator.support.source import Source, Statement
from generator.support.wording import invents_number, overlap, wording
from generator.verbatim.verbatim import same_words

SIGNS = (
    "always",
    "nearness to the nearest window",
    "words shared with the nearest source",
    "a number or a name that no source has",
    "it denies and the nearest sentence does not, or the other way round",
)
WEIGHTS = (-0.32, 0.2, 2.33, -3.22, -1.41)
# From here on a claim counts as supported: on the develop half, about as many are missed as wrongly named.
SUPPORTED = 0.65


def support(claim: Statement, sources: Sequence[Source]) -> float:
    """How likely the sources support the claim, 0 to 1: 0 without sources, 1 for a sentence of theirs."""
    if not sources:
        return 0.0
    said = same_words(claim.text)
    if any(said == same_words(sentence.text) for source in sources for sentence in source.sentences):
        return 1.0
    return float(1 / (1 + np.exp(-np.dot(WEIGHTS, signs(claim, sources)))))


def signs(claim: Statement, sources: Sequence[Source]) -> Sequence[float]:
    """The SIGNS of a claim beside at least one source."""
    nearest = max(sources, key=lambda source: _nearness(claim, source))
    sentence = max(
        (sentence for source in sources for sentence in source.sentences),
        key=lambda sentence: float(sentence.vector @ claim.vector) + _words(claim, sentence),
    )
    everything = wording(" \n".join(_source_text(source) for source in sources))
    return (
        1.0,
        max(float(np.max(source.vectors @ claim.vector)) for source in sources),
        overlap(claim.wording, nearest.wording),
        float(invents_number(claim.wording, everything) or bool(claim.wording.names - everything.words)),
        float(claim.wording.denies != sentence.wording.denies),
    )


def _nearness(claim: Statement, source: Source) -> float:
    """Of the best window: meaning, and half as much the words."""
    shared = [_words(claim, window) for window in source.windows]
    return float(np.max(source.vectors @ claim.vector + shared))


def _words(claim: Statement, other: Statement) -> float:
    return overlap(claim.wording, other.wording) / 2


def _source_text(source: Source) -> str:
    """All that it says."""
    return source.windows[-1].text
