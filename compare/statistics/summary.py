"""Answers of a run become one summary per contestant. Knows the answer log's columns, not where they lie."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compare.plan.contestant import contestant_name
from compare.statistics.measure import MEASURES
from generator.log.answer_log import Row

# Each in the summary with its median and quartiles over the contestant's answers.
SUMMARISED = (
    "ttft_s",
    "e2e_s",
    "tpot_s",
    "decode_tok_s",
    "prefill_tok_s",
    "e2e_tok_s",
    "words",
    "words_per_s",
    "sentences",
    "n_out",
    "n_reasoning",
    "ttfo_s",
    "n_prompt",
    "retrieval_s",
)
# Of these, those that are the times of one answer: unknown where others were written beside it.
TIMED = frozenset(key for key in SUMMARISED if key in MEASURES and MEASURES[key].timed)


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and quartiles; all None where no answer has the figure."""

    median: float | None
    p25: float | None
    p75: float | None


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """One contestant in one run: a model, `answering` free, verbatim or grounded, asked with a `prompt`.

    Memory is the highest of its answers, in bytes; `load_s` that of the run. A model behind a server (`kind`
    "openai") has neither: None. The one without a language model ("extractive") has no memory of its own.

    `cited`: share of answers, 0 to 1, with at least one citation of a passage it was given;
    `invalid_citations`: how many citations in all named no passage. `abstained`: how many answers say
    that the reviews do not tell. `shared`: how many were written beside others; their times do not count.
    """

    model: str
    answering: str
    kind: str
    remote: bool
    answers: int
    figures: dict[str, Spread]
    load_s: float | None
    peak_rss_bytes: float | None
    predicted_bytes: float | None
    cited: float
    invalid_citations: int
    abstained: int
    stop_reasons: dict[str, int]
    shared: int = 0
    prompt: str | None = None

    @property
    def name(self) -> str:
        """The contestant's name."""
        return contestant_name(self.model, self.answering, self.kind, self.prompt)

    @property
    def label(self) -> str:
        """The model's name, with what must be known of it."""
        if self.kind == "extractive":
            return f"{self.model} (no language model)"
        notes = [
            note
            for note, holds in {
                f"prompt {self.prompt}": self.prompt is not None,
                self.answering: self.answering != "free",
                "remote": self.remote,
            }.items()
            if holds
        ]
        return f"{self.model} ({', '.join(notes)})" if notes else self.model


def summarise(rows: Sequence[Row]) -> list[ModelSummary]:
    """One summary per model, prompt and way of answering, in alphabetical order."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        key = row["model"], row["model_settings"].get("prompt") or "", row["answers"]
        groups.setdefault(key, []).append(row)
    return [_summary(*key, groups[key]) for key in sorted(groups)]


def _summary(model: str, prompt: str, answering: str, rows: Sequence[Row]) -> ModelSummary:
    kind = rows[0]["model_settings"].get("kind", "gguf")
    alone = [row for row in rows if not row["shared"]]
    return ModelSummary(
        model=model,
        answering=answering,
        kind=kind,
        remote=kind == "openai",
        answers=len(rows),
        figures={key: _spread(alone if key in TIMED else rows, key) for key in SUMMARISED},
        load_s=_highest(rows, "load_s"),
        peak_rss_bytes=_highest(rows, "peak_rss_bytes"),
        predicted_bytes=_highest(rows, "predicted_bytes"),
        cited=sum(bool(row["citations"]) for row in rows) / len(rows),
        invalid_citations=sum(len(row["invalid_citations"]) for row in rows),
        abstained=sum(bool(row["abstained"]) for row in rows),
        stop_reasons=dict(Counter(row["stop_reason"] for row in rows).most_common()),
        shared=len(rows) - len(alone),
        prompt=prompt or None,
    )


def _values(rows: Sequence[Row], key: str) -> list[float]:
    found = (len(row["quotes"]) if key == "sentences" else row[key] for row in rows)
    return [float(value) for value in found if value is not None and not math.isnan(value)]


def _highest(rows: Sequence[Row], key: str) -> float | None:
    return max(_values(rows, key), default=None)


def _spread(rows: Sequence[Row], key: str) -> Spread:
    values = _values(rows, key)
    if not values:
        return Spread(None, None, None)
    low, middle, high = map(float, np.quantile(values, [0.25, 0.5, 0.75]))
    return Spread(median=middle, p25=low, p75=high)
