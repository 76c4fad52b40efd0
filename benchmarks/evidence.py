"""How well models choose evidence: verbatim answers to the hand-labelled questions about the sample reviews.

    python -m benchmarks.evidence --models a,b,extractive [--questions data/questions.yaml]

Every model is shown the same reviews, split into passages as `python -m ingest` splits them, and may choose
`verbatim.sentences` sentences. Beside the models stand four that do not read: all sentences; the first ones
up to that limit; each by chance, at the rate at which sentences are evidence; and the best that can be done
within the limit. Below the table stand the answers to the first question. The last line is JSON: `questions`,
and by model `f1`, `precision`, `recall`, `abstention`, `false_abstention`, `kinds`
(benchmarks/evidence_scores.py says what they are), `e2e_s` and `words` (medians), and `memory_mib`.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.progress import track
from rich.table import Table

from benchmarks.evidence_scores import Judged, Scores, score
from benchmarks.questions import Labelled, chosen_numbers, read_questions
from compare.plan.contestant import Contestant, find_contestants
from config import Settings, load_settings
from config.command import console, error_console, run
from generator import open_answerer
from generator.figures import format_figure, format_memory
from retriever import Embedder

DATA = Path(__file__).parent.parent / "data"
# Draws of the contestant by chance; its scores are their means.
DRAWS = 200

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Result:
    """One contestant's scores; speed, memory and words where it answers.

    `dropped`: passages that did not fit. `first`: what it answers to the first question.
    """

    name: str
    kind: str
    scores: Scores
    e2e_s: float | None = None
    peak_rss: int | None = None
    words: float | None = None
    dropped: int = 0
    first: str = ""


@app.command(help=__doc__)
def main(
    models: Annotated[str, typer.Option(help="Names, comma-separated.")] = "extractive",
    questions: Annotated[Path, typer.Option(help="The labelled questions.", exists=True)] = DATA
    / "questions.yaml",
    reviews: Annotated[Path, typer.Option(help="The reviews that they are about.", exists=True)] = DATA
    / "reviews.csv",
) -> None:
    """Ask, score, print."""
    settings = load_settings()
    labelled = read_questions(questions, reviews, settings.passages)
    embedder = Embedder(settings.embedder)
    names = [name.strip() for name in models.split(",")]
    results = [
        *_without_knowledge(labelled, settings.verbatim.sentences),
        *(
            ask_labelled(one, labelled, settings, embedder)
            for one in find_contestants(names, settings, "verbatim")
        ),
    ]
    console.print(_table(results, len(labelled)))
    _print_answers(labelled[0], results)
    by_name = {result.name: result for result in results}
    print(
        json.dumps(
            {
                "questions": len(labelled),
                **{
                    key: {name: getattr(result.scores, key) for name, result in by_name.items()}
                    for key in ("f1", "precision", "recall", "abstention", "false_abstention", "kinds")
                },
                "e2e_s": {name: result.e2e_s for name, result in by_name.items() if result.e2e_s},
                "words": {result.name: result.words for result in results if result.first},
                "memory_mib": {
                    name: round(result.peak_rss / 2**20)
                    for name, result in by_name.items()
                    if result.peak_rss is not None
                },
            }
        )
    )


def ask_labelled(
    contestant: Contestant, labelled: Sequence[Labelled], settings: Settings, embedder: Embedder
) -> Result:
    """What a contestant that chooses sentences chose, and what it took."""
    name, spec = contestant.name, contestant.spec
    judged, seconds, peaks, words, texts, dropped = [], [], [], [], [], 0
    with open_answerer(spec, settings, embedder) as answerer:
        answerer.load()
        for one in track(labelled, name, console=error_console, transient=True):
            answer = answerer.answer(one.question, one.matches, mode="measured", answers=contestant.answers)
            judged.append(_judged(one, chosen_numbers(one, answer.quotes)))
            seconds.append(answer.timing.e2e_s or 0.0)
            peaks += [answer.memory.peak_rss] if answer.memory else []
            words.append(answer.words)
            texts.append(answer.text)
            dropped += answer.dropped
    return Result(
        name,
        spec.kind,
        score(judged),
        e2e_s=median(seconds),
        peak_rss=max(peaks, default=None),
        words=median(words),
        dropped=dropped,
        first=texts[0],
    )


def _judged(one: Labelled, chosen: frozenset[int]) -> Judged:
    return Judged(one.kind, len(one.sentences), chosen, one.evidence)


def _without_knowledge(labelled: Sequence[Labelled], limit: int) -> Iterator[Result]:
    every = [_judged(one, frozenset(range(len(one.sentences)))) for one in labelled]
    yield Result("(all)", "", score(every))
    first = [_judged(one, frozenset(range(min(limit, len(one.sentences))))) for one in labelled]
    yield Result("(first)", "", score(first))
    best = [_judged(one, frozenset(sorted(one.evidence)[:limit])) for one in labelled]
    yield Result("(best)", "", score(best))
    rate = sum(len(one.evidence) for one in labelled) / sum(len(one.sentences) for one in labelled)
    chance = random.Random(0)
    draws = [score([_judged(one, _drawn(one, rate, chance)) for one in labelled]) for _ in range(DRAWS)]
    yield Result("(chance)", "", _mean_of(draws))


def _drawn(one: Labelled, rate: float, chance: random.Random) -> frozenset[int]:
    return frozenset(index for index in range(len(one.sentences)) if chance.random() < rate)


def _mean_of(draws: Sequence[Scores]) -> Scores:
    def of(key: str) -> float:
        return mean(getattr(draw, key) or 0.0 for draw in draws)

    kinds = {kind: mean(draw.kinds[kind] for draw in draws) for kind in draws[0].kinds}
    return Scores(of("f1"), of("precision"), of("recall"), of("abstention"), of("false_abstention"), kinds)


def _table(results: Sequence[Result], questions: int) -> Table:
    """A line per contestant, so that it fits a terminal; `none`: of "do not say", the right and the wrong."""
    table = Table(title=f"Evidence chosen for {questions} questions", box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    for column in ("F1", "prec.", "recall", "none, right", "wrong", "latency", "memory", "words"):
        table.add_column(column, justify="right")
    for result in results:
        scores = result.scores
        shares = (scores.f1, scores.precision, scores.recall, scores.abstention, scores.false_abstention)
        table.add_row(
            result.name,
            *("-" if share is None else f"{share:.2f}" for share in shares),
            format_figure("e2e_s", result.e2e_s),
            format_memory("peak_rss_bytes", result.peak_rss, result.kind),
            format_figure("words", result.words),
        )
    left_out = [f"{result.name} {result.dropped}" for result in results if result.dropped]
    table.caption = f"passages that did not fit: {', '.join(left_out)}" if left_out else None
    return table


def _print_answers(one: Labelled, results: Sequence[Result]) -> None:
    console.print(f"\n{one.question}", style="bold")
    for result in results:
        if result.first:
            console.print(f"\n{result.name}:", style="bold")
            console.print(result.first)
    console.print()


if __name__ == "__main__":
    run(app)
