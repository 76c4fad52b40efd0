"""How well the scores of answers that need no judge tell good answers from bad ones, on labelled answers.

    python -m benchmarks.answer_scores [--data tests/golden]

Groundedness has a program of its own (`benchmarks.groundedness`). Where a score has a threshold, it was
chosen on one half of the cases, split by a hash, and the figures are those of the other half; else of all.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from compare.scores import AnswerScores, Expectation, score_answers
from compare.scores.abstention import abstains
from compare.scores.repetition import repetition
from config import Settings
from config.command import run
from config.yaml_file import read_yaml
from generator.answer import count_words
from generator.log.answer_log import Row
from retriever import Embedder

DATA = Path("tests/golden")

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Case:
    """One value of a score, and whether it should be high; `group`: with what it can be compared."""

    value: float
    good: bool
    group: str = ""


def held_out(text: str) -> bool:
    """Whether a case belongs to the half that nothing was chosen on."""
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 1


def auc(cases: Sequence[Case]) -> float:
    """How often a good case has the higher value of a pair, ties counting half: 0.5 is chance, 1 perfect."""
    wins = [
        (good.value > bad.value) + (good.value == bad.value) / 2
        for good in cases
        for bad in cases
        if good.good and not bad.good and good.group == bad.group
    ]
    return round(sum(wins) / len(wins), 3)


def logged(question: str, text: str, passages: Sequence[str] = (), number: int = 0) -> Row:
    """A row of the answer log as far as scores read it; its product is the question."""
    return {
        "answer_id": number,
        "run_id": "golden",
        "model": "golden",
        "answers": "free",
        "product_id": question,
        "question": question,
        "passages": [{"text": passage} for passage in passages],
        "answer": text,
        "own_line": "",
        "quotes": [],
        "abstained": False,
        "citations": [],
        "invalid_citations": [],
        "words": count_words(text),
    }


def relevance_cases(golden: Sequence[Mapping[str, Any]], embedder: Embedder) -> list[Case]:
    """Answers to the question, and to others; compared within a question."""
    rows = [
        (logged(case["question"], text), kind == "relevant", case["question"])
        for case in golden
        for kind in ("relevant", "irrelevant")
        for text in case[kind]
    ]
    scores = score_answers([row for row, *_ in rows], {}, embedder)
    return [
        Case(_value(one, "relevance"), good, group)
        for one, (_, good, group) in zip(scores, rows, strict=True)
    ]


def coverage_cases(golden: Sequence[Mapping[str, Any]], embedder: Embedder) -> list[Case]:
    """Whether each expected point is made by each answer."""
    asked = [
        (logged(f"{case['question']} {point} {text}", text), point, number in made)
        for case in golden
        if held_out(case["question"])
        for text, made in ((answer["text"], answer["makes"]) for answer in case["answers"])
        for number, point in enumerate(case["expected"])
    ]
    expectations = {
        (row["product_id"], row["question"]): Expectation(expected=(point,)) for row, point, _ in asked
    }
    scores = score_answers([row for row, *_ in asked], expectations, embedder)
    return [Case(_value(one, "coverage"), made) for one, (_, _, made) in zip(scores, asked, strict=True)]


def stance_cases(golden: Sequence[Mapping[str, Any]], embedder: Embedder) -> list[Case]:
    """Answers that praise or complain as asked, and answers that do the other; the question tells which."""
    rows = [
        (logged(case["question"], text), kind == "right")
        for case in golden
        for kind in ("right", "wrong")
        for text in case[kind]
        if held_out(text)
    ]
    scores = score_answers([row for row, _ in rows], {}, embedder)
    return [Case(_value(one, "stance"), good) for one, (_, good) in zip(scores, rows, strict=True)]


def stability_cases(golden: Mapping[str, Any], embedder: Embedder) -> list[Case]:
    """Pairs of answers that say the same, and pairs that do not."""
    pairs = [(pair, kind == "same") for kind in ("same", "different") for pair in golden[kind]]
    rows = [logged(f"pair {number}", text) for number, (pair, _) in enumerate(pairs) for text in pair]
    scores = score_answers(rows, {}, embedder)
    return [Case(_value(one, "stability"), same) for one, (_, same) in zip(scores[::2], pairs, strict=True)]


def abstention_cases(golden: Mapping[str, Any]) -> Iterator[Case]:
    """Answers written after the patterns that find them."""
    for text in golden["abstains_held_out"]:
        yield Case(float(abstains(text)), True)
    for text in golden["tells_held_out"]:
        yield Case(float(abstains(text)), False)


def repetition_cases(golden: Mapping[str, Any]) -> Iterator[Case]:
    """Loops, which must score higher."""
    yield from (Case(repetition(text), True) for text in golden["loops"])
    yield from (Case(repetition(text), False) for text in golden["fine"])


def _value(scores: AnswerScores, key: str) -> float:
    value = scores.values[key]
    return 0.5 if value is None else value


def _accuracy(cases: Sequence[Case]) -> float:
    return round(sum((case.value >= 0.5) == case.good for case in cases) / len(cases), 3)


@app.command(help=__doc__)
def answer_scores(
    data: Annotated[Path, typer.Option(help="The folder of the labelled answers.")] = DATA,
) -> None:
    """Score, and report."""
    embedder = Embedder(Settings().embedder)

    def golden(name: str) -> Any:
        return read_yaml(data / f"{name}.yaml")

    coverage = coverage_cases(golden("coverage"), embedder)
    stance = stance_cases(golden("stance"), embedder)
    abstention = list(abstention_cases(golden("abstention")))
    figures = {
        "relevance_auc": auc(relevance_cases(golden("relevance"), embedder)),
        "coverage_accuracy": _accuracy(coverage),
        "coverage_points": len(coverage),
        "stance_auc": auc(stance),
        "stance_accuracy": _accuracy(stance),
        "stance_answers": len(stance),
        "stability_auc": auc(stability_cases(golden("stability"), embedder)),
        "abstention_accuracy": _accuracy(abstention),
        "abstention_answers": len(abstention),
        "repetition_auc": auc(list(repetition_cases(golden("repetition")))),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    run(app)
