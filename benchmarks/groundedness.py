"""How well `compare.scores` tells supported sentences from invented ones, and the weights of its signs.

    python -m benchmarks.groundedness [--data tests/golden/groundedness.yaml]

The cases are split by a hash of their question. The weights of the signs are fitted on one half (develop);
the figures that count are those of the other (held out), which is looked at for nothing else.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from compare.scores.claims import answer_sentences
from config import Settings
from config.command import run
from config.yaml_file import read_yaml
from generator.support.source import Reading, windows_of
from generator.support.support import SIGNS, SUPPORTED, signs, support
from retriever import Embedder

DATA = Path("tests/golden/groundedness.yaml")
# The inverse of scikit-learn's regularisation; from 1 to 10 it changes nothing (docs/experiments.md).
FIT = 3.0
ROUNDS = 10

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """`claims`: the signs of each. `score`: how likely it is supported; `held`: by what it cites."""

    develop: bool
    trap: str
    supported: bool
    misplaced: bool
    claims: Sequence[Sequence[float]]
    score: float
    held: float | None


def read_sentences(path: Path, embedder: Embedder) -> list[LabelledSentence]:
    """All sentences of a file of labelled answers, scored."""
    cases: list[dict[str, Any]] = read_yaml(path)
    found = []
    texts: list[str] = []
    for case in cases:
        texts += [window for passage in case["passages"] for window in windows_of(passage)]
        for answer in case["answers"]:
            for sentence in answer_sentences({"answers": "free", "answer": answer["text"]}):
                texts += [claim.text for claim in sentence.claims]
                found.append((case, answer, sentence))
    reading = Reading(texts, embedder)
    sentences = []
    for case, answer, sentence in found:
        sources = reading.sources(case["passages"])
        text = answer["text"][sentence.span.start : sentence.span.end]
        claims = [(reading.statement(claim.text), claim.citations) for claim in sentence.claims]
        held = [support(claim, [sources[number - 1] for number in cited]) for claim, cited in claims if cited]
        sentences.append(
            LabelledSentence(
                develop=hashlib.sha256(case["question"].encode()).digest()[0] % 2 == 0,
                trap=answer.get("trap", ""),
                supported=not any(quote in text for quote in answer.get("unsupported", ())),
                misplaced=any(quote in text for quote in answer.get("misplaced", ())),
                claims=[signs(claim, sources) for claim, _ in claims],
                score=min(support(claim, sources) for claim, _ in claims),
                held=min(held) if held else None,
            )
        )
    return sentences


def fitted(sentences: Sequence[LabelledSentence]) -> list[float]:
    """The weights of the SIGNS. Of a sentence that is not supported, its weakest claim is to blame."""
    from sklearn.linear_model import LogisticRegression

    weights = np.array([0.0, 1.0, 1.0, -1.0, -1.0])
    for _ in range(ROUNDS):
        rows, labels = [], []
        for sentence in sentences:
            claims = np.array(sentence.claims)
            chosen = claims if sentence.supported else claims[[int(np.argmin(claims @ weights))]]
            rows.append(chosen)
            labels += [sentence.supported] * len(chosen)
        model = LogisticRegression(C=FIT, max_iter=1000).fit(np.concatenate(rows)[:, 1:], labels)
        weights = np.concatenate([model.intercept_, model.coef_[0]])
    return [round(float(weight), 2) for weight in weights]


def figures(sentences: Sequence[LabelledSentence]) -> dict[str, Any]:
    """How well the scores tell the two kinds apart."""
    from sklearn.metrics import roc_auc_score

    labels = np.array([sentence.supported for sentence in sentences])
    scores = np.array([sentence.score for sentence in sentences])
    right = (scores >= SUPPORTED) == labels
    found = {
        trap: [
            sentence.score < SUPPORTED
            for sentence in sentences
            if sentence.trap == trap and not sentence.supported
        ]
        for trap in sorted({sentence.trap for sentence in sentences})
    }
    cited = [sentence for sentence in sentences if sentence.held is not None and sentence.supported]
    return {
        "sentences": len(sentences),
        "unsupported": int((~labels).sum()),
        "auc": round(float(roc_auc_score(labels, scores)), 3),
        "accuracy": round(float(right.mean()), 3),
        "supported_kept": round(float(right[labels].mean()), 3),
        "unsupported_found": round(float(right[~labels].mean()), 3),
        "found_by_trap": {trap: f"{sum(hits)} of {len(hits)}" for trap, hits in found.items() if hits},
        "misplaced_citations_auc": round(
            float(roc_auc_score([not one.misplaced for one in cited], [one.held for one in cited])), 3
        ),
    }


@app.command(help=__doc__)
def groundedness(
    data: Annotated[Path, typer.Option(help="The labelled answers.")] = DATA,
) -> None:
    """Fit, and report."""
    sentences = read_sentences(data, Embedder(Settings().embedder))
    other = [sentence for sentence in sentences if sentence.trap == "other language"]
    rest = [sentence for sentence in sentences if sentence.trap != "other language"]
    develop = [sentence for sentence in rest if sentence.develop]
    held_out = [sentence for sentence in rest if not sentence.develop]
    print(f"Weights fitted on the develop half, of {', '.join(SIGNS)}: {fitted(develop)}")
    kept = sum(sentence.score >= SUPPORTED for sentence in other)
    print(
        json.dumps(
            {
                "develop": figures(develop),
                "held_out": figures(held_out),
                "other_language": f"{kept} of {len(other)} true sentences counted as supported",
            }
        )
    )


if __name__ == "__main__":
    run(app)
