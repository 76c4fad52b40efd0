"""Fits the weights of `extractive` (generator/verbatim/ranking.py) on made-up reviews; tries them on others.

    python -m benchmarks.extractive_weights [--data FOLDER] [--cases 1600]

Weights are fitted on sentences of `training/phrases`; each fifth of the product kinds is tried with those of
the other four. FOLDER may hold SubjQA's electronics (`train.csv`): real reviews, each with a question and a
marked answer; the final thresholds then serve both kinds of reviews. Never on data/questions.yaml, which
tests the finished thing.

The last line is JSON: `aspect` and `opinion` with their weights and thresholds; the trials `held_out` and
`subjqa`, each by kind of question: F1 of the chosen sentences, or, for an unanswered one, the share where
none was chosen.
"""

import csv
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.table import Table
from sklearn.linear_model import LogisticRegression

from benchmarks.made_up_reviews import Asked, Line, made_up
from config import load_settings
from config.command import console
from generator.verbatim.ranking import FEATURES, OPINION, Evidence, Weights, features, weights_for
from generator.verbatim.sentences import split_sentences
from retriever import Embedder
from retriever.embedder import Vectors
from retriever.passage import Passage
from retriever.stance import Stance, unit

app = typer.Typer(add_completion=False)

FOLDS = 5
# Cases that tell something about a threshold.
ENOUGH = 50
# Log-odds tried for both thresholds.
STEPS = np.arange(-3, 2.01, 0.25)

Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Case:
    """One question: the features of its sentences, shape (n, len(FEATURES)), and which are evidence."""

    group: str
    kind: str
    opinion: bool
    features: Floats
    labels: Labels


@app.command(help=__doc__)
def main(
    data: Annotated[Path | None, typer.Option(help="A folder with SubjQA's train.csv.")] = None,
    cases: Annotated[int, typer.Option(help="Made-up cases to fit on.", min=100)] = 1600,
    seed: Annotated[int, typer.Option(help="The same gives the same figures.")] = 0,
) -> None:
    """Fit, try, print."""
    embed = _Remembering(Embedder(load_settings().embedder))
    made = embed.cases(list(made_up(cases, seed)))
    products = sorted({case.group for case in made})
    held_out = []
    for fold in range(FOLDS):
        left_out = set(products[fold::FOLDS])
        fits = fit([case for case in made if case.group not in left_out])
        held_out += [judge(case, fits) for case in made if case.group in left_out]
    real = embed.cases(list(subjqa(data, 300, seed))) if data else []
    final = fit(made, real)
    table = Table(
        "weight of", "aspect", "opinion", title=f"{len(made)} questions on {len(products)} products"
    )
    for row in zip(FEATURES, final[False].features, final[True].features, strict=True):
        table.add_row(row[0], *(f"{weight:.2f}" for weight in row[1:]))
    console.print(table)
    result = {
        "aspect": asdict(final[False]),
        "opinion": asdict(final[True]),
        "held_out": summary(held_out),
    }
    if real:
        result["subjqa"] = summary([judge(case, final) for case in real])
    print(json.dumps(result))


def fit(made: Sequence[Case], real: Sequence[Case] = ()) -> dict[bool, Weights]:
    """For questions about an aspect (False) and for praise or complaint (True), each from its own cases."""
    return {
        opinion: _fit(*([case for case in cases if case.opinion == opinion] for cases in (made, real)))
        for opinion in (False, True)
    }


def _fit(made: Sequence[Case], real: Sequence[Case]) -> Weights:
    """Weights by logistic regression over made-up sentences; thresholds that serve whole answers best."""
    x = np.concatenate([case.features for case in made])
    y = np.concatenate([case.labels for case in made])
    weights = LogisticRegression(C=10, fit_intercept=False, max_iter=2000).fit(x, y).coef_[0]
    rounded = tuple(round(float(weight), 2) for weight in weights)
    tried = [Weights(rounded, float(c), float(a)) for a in STEPS for c in STEPS if c <= a]
    # A few real questions that happen to lean say nothing about thresholds.
    sets = [cases for cases in (made, real) if len(cases) >= ENOUGH]
    return max(tried, key=lambda one: sum(_worth(cases, one) for cases in sets))


def _worth(cases: Sequence[Case], weights: Weights) -> float:
    """The mean of three questions that can be answered and one that cannot; of few nothing is concluded."""
    values: dict[bool, list[float]] = {}
    for case in cases:
        values.setdefault(bool(case.labels.any()), []).append(_value(case, weights))
    shares = {True: 0.75, False: 0.25}
    return sum(shares[kind] * float(np.mean(of)) for kind, of in values.items() if len(of) >= ENOUGH)


def _f1(chosen: Labels, labels: Labels) -> float:
    both = (chosen & labels).sum()
    return float(2 * both / (chosen.sum() + labels.sum())) if both else 0.0


def _value(case: Case, weights: Weights) -> float:
    """F1 of the chosen sentences, or 1 for rightly choosing none."""
    odds = case.features @ np.array(weights.features)
    chosen = (odds >= weights.chosen_from) & (odds.max() >= weights.answered_from)
    return _f1(chosen, case.labels) if case.labels.any() else float(not chosen.any())


def judge(case: Case, fits: dict[bool, Weights]) -> tuple[str, float]:
    """The kind of question, and what the answer is worth."""
    return case.kind, _value(case, fits[case.opinion])


def summary(scores: Sequence[tuple[str, float]]) -> dict[str, float]:
    """The mean of each kind of question."""
    kinds = sorted({kind for kind, _ in scores})
    return {kind: round(float(np.mean([v for k, v in scores if k == kind])), 3) for kind in kinds}


class _Remembering:
    """Embeds each text once."""

    def __init__(self, embedder: Embedder) -> None:
        self._stance = Stance(embedder)
        self._embedder = embedder
        self._known: dict[str, Vectors] = {}

    def __call__(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= zip(new, unit(self._embedder.embed_passages(new)), strict=True)
        return np.stack([self._known[text] for text in texts])

    def cases(self, asked: Sequence[Asked]) -> list[Case]:
        """What `extractive` would see; here each review is one passage."""
        # In one go, which is faster than question by question.
        self([text for one in asked for text in (one.question, *(line.text for line in one.lines))])
        return [self._case(one) for one in asked]

    def _case(self, asked: Asked) -> Case:
        question = self([asked.question])[0]
        vectors = self([line.text for line in asked.lines])
        review = np.array([line.review for line in asked.lines])
        stars = np.array([0.0 if line.stars is None else (line.stars - 3) / 2 for line in asked.lines])
        evidence = Evidence(vectors, review, review, self._stance.of_sentences(vectors), stars)
        leaning = self._stance.of_question(question)
        labels = np.array([line.evidence for line in asked.lines])
        opinion = weights_for(leaning) is OPINION
        return Case(asked.group, asked.kind, opinion, features(question, leaning, evidence), labels)


def subjqa(folder: Path, cases: int, seed: int) -> Iterator[Asked]:
    """Some of its questions; a sentence is evidence if the marked answer overlaps it."""
    with (folder / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in random.Random(seed).sample(rows, min(cases, len(rows))):
        begin, end = json.loads("[" + row["human_ans_indices"].strip("()") + "]")
        answered = row["human_ans_spans"] != "ANSWERNOTFOUND"
        text = row["review"].removesuffix("ANSWERNOTFOUND")
        review = Passage(row["item_id"], row["review_id"], 0, text, None, None, None, content_hash="")
        lines = [
            Line(sentence.text, 0, None, answered and sentence.start < end and begin < sentence.end)
            for sentence in split_sentences([review])
        ]
        if lines:
            yield Asked(row["item_id"], "aspect" if answered else "unanswered", row["question"], lines)


if __name__ == "__main__":
    app()
