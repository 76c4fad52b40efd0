"""Answers of a run become one summary per contestant. Knows the answer log's columns, not where they lie."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from compare.contestant import contestant_name
from generator.answer_log import Row

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


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and quartiles; all None where no answer has the figure."""

    median: float | None
    p25: float | None
    p75: float | None


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """One contestant in one run: a model that was `answering` free or verbatim.

    Memory is the highest of its answers, in bytes; `load_s` that of the run. A model behind a server (`kind`
    "openai") has neither: None. The one without a language model ("extractive") has no memory of its own.

    `cited`: share of answers, 0 to 1, with at least one citation of a passage it was given;
    `invalid_citations`: how many citations in all named no passage. `abstained`: how many answers say
    that the reviews do not tell.
    """

    model: str
    answering: str
    kind: str
    remote: bool
    random_weights: bool
    answers: int
    figures: dict[str, Spread]
    load_s: float | None
    peak_rss_bytes: float | None
    predicted_bytes: float | None
    cited: float
    invalid_citations: int
    abstained: int
    stop_reasons: dict[str, int]

    @property
    def name(self) -> str:
        """The contestant's name."""
        return contestant_name(self.model, self.answering, self.kind)

    @property
    def label(self) -> str:
        """The model's name, with what must be known of it."""
        if self.kind == "extractive":
            return f"{self.model} (no language model)"
        notes = [
            note
            for note, holds in {
                "verbatim": self.answering == "verbatim",
                "remote": self.remote,
                "random weights": self.random_weights,
            }.items()
            if holds
        ]
        return f"{self.model} ({', '.join(notes)})" if notes else self.model


def summarise(rows: Sequence[Row]) -> list[ModelSummary]:
    """One summary per model and way of answering, in alphabetical order."""
    if not rows:
        return []
    answers = pd.DataFrame(rows)
    answers["sentences"] = answers["quotes"].map(len)
    return [_summary(group) for _, group in answers.groupby(["model", "answers"])]


def _summary(answers: pd.DataFrame) -> ModelSummary:
    kind = answers["model_settings"].iloc[0].get("kind", "gguf")
    return ModelSummary(
        model=str(answers["model"].iloc[0]),
        answering=str(answers["answers"].iloc[0]),
        kind=kind,
        remote=kind == "openai",
        random_weights=bool(answers["model_settings"].iloc[0].get("random_weights")),
        answers=len(answers),
        figures={key: _spread(answers[key]) for key in SUMMARISED},
        load_s=_highest(answers["load_s"]),
        peak_rss_bytes=_highest(answers["peak_rss_bytes"]),
        predicted_bytes=_highest(answers["predicted_bytes"]),
        cited=float((answers["citations"].map(len) > 0).mean()),
        invalid_citations=int(answers["invalid_citations"].map(len).sum()),
        abstained=int(answers["abstained"].sum()),
        stop_reasons={str(k): int(v) for k, v in answers["stop_reason"].value_counts().items()},
    )


def _highest(values: "pd.Series[float]") -> float | None:
    known = pd.to_numeric(values).dropna()
    return None if known.empty else float(known.max())


def _spread(values: "pd.Series[float]") -> Spread:
    known = pd.to_numeric(values).dropna()
    if known.empty:
        return Spread(None, None, None)
    low, middle, high = known.quantile([0.25, 0.5, 0.75])
    return Spread(median=float(middle), p25=float(low), p75=float(high))
