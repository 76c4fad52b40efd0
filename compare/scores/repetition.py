"""Whether an answer goes in circles. Pure text, in any language."""

from generator.support.wording import words_of

RUN = 4


def repetition(text: str) -> float:
    """Share of the runs of four words that stood in the text before: 0 (never) to 1; lower is better.

    seq-rep-4 of Welleck et al. (2020), "Neural text generation with unlikelihood training": 1 - distinct
    runs / runs, here over words (UAX #29), not over a model's tokens. Fewer words repeat nothing.
    """
    words = words_of(text)
    runs = [tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0
