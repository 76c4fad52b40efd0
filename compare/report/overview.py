"""The table that comes first: a line per figure, a column per contestant. Knows summaries, and no format."""

from collections.abc import Sequence
from dataclasses import dataclass

from compare.statistics import ModelSummary
from generator.figures import figure, format_figure, format_memory

# The lines of each table; memory and citations are appended. Free and verbatim answers have tables of their
# own, because the tokens of a choice are decisions. The contestant without a language model stands with those
# that choose: it does the same task in the same form, and the models' figures show what they add to it.
LINES = {
    "free": ("ttft_s", "decode_tok_s", "prefill_tok_s", "e2e_s", "words", "words_per_s"),
    "verbatim": ("ttft_s", "n_out", "prefill_tok_s", "e2e_s", "sentences", "words"),
    "grounded": ("ttft_s", "decode_tok_s", "prefill_tok_s", "e2e_s", "n_out", "sentences", "words"),
}
FORMS = {"free": "Free answers", "verbatim": "Verbatim answers", "grounded": "Grounded answers"}
HOW_TO_READ = (
    "Medians over a contestant's answers; memory is the highest, cited the share with a valid citation, "
    "abstained how many of the answers say that the reviews do not tell."
)


@dataclass(frozen=True, slots=True)
class Line:
    """A figure's name and its cells."""

    heading: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """Of all contestants that answer in one form, a key of FORMS; `names` and `labels` head columns."""

    form: str
    names: tuple[str, ...]
    labels: tuple[str, ...]
    lines: tuple[Line, ...]


def overviews(summaries: Sequence[ModelSummary]) -> tuple[Overview, ...]:
    """One for each form in which somebody answered."""
    return tuple(
        Overview(
            form,
            tuple(one.name for one in group),
            tuple(one.label for one in group),
            tuple(
                Line(heading, tuple(cells))
                for heading, *cells in zip(_headings(form), *map(_cells, group), strict=True)
            ),
        )
        for form in FORMS
        if (group := [one for one in summaries if one.answering == form])
    )


def _headings(form: str) -> list[str]:
    return [
        "answers",
        *(figure(key).label for key in LINES[form]),
        "memory",
        "memory, predicted",
        "cited",
        "abstained",
    ]


def _cells(summary: ModelSummary) -> list[str]:
    return [
        str(summary.answers),
        *(format_figure(key, summary.figures[key].median) for key in LINES[summary.answering]),
        format_memory("peak_rss_bytes", summary.peak_rss_bytes, summary.kind),
        format_memory("predicted_bytes", summary.predicted_bytes, summary.kind),
        f"{summary.cited:.0%}",
        str(summary.abstained),
    ]
