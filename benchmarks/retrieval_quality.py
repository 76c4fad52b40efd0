"""How often retrieval finds the passage that answers, beside random order, BM25, dense and their fusion.

    python -m benchmarks.retrieval_quality --data FOLDER [--split test] [--home FOLDER]

FOLDER holds a domain of SubjQA (train.csv, dev.csv, test.csv). Its reviews are ingested by `python -m
ingest` into a database of their own, in passages of 300 characters. Asked are the questions of one split
that have a marked answer; a hit is a passage that overlaps one. BM25 is `bm25s` over the passages of the
product, without stop words (with its English ones it finds less); rrf fuses it and dense by reciprocal rank
(k = 60). The intervals hold 95 % of 10,000 resamplings of the products. With --home the databases stay, and
a second run need not embed again.

Then, on the sample reviews: of the passages found for "What do people dislike?", how many come from reviews
of at most three stars, and for "What do people like?", of at least four. Last line: JSON with `recall_at_5`
and `mrr` of `random`, `bm25`, `dense`, `rrf`, `default` (what a search without a mode does), also of
`lexical`; `difference` (default minus each, with the interval); `dislike` and `like`, shares of `dense` and
`default`; `questions`.
"""

import csv
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import bm25s
import numpy as np
import typer
from numpy.typing import NDArray
from rich.table import Table

from benchmarks.database import ingested
from benchmarks.subjqa import Asked, read_subjqa
from config.command import console
from config.settings import SearchMode
from retriever import Retriever
from retriever.passage import Match, Passage

app = typer.Typer(add_completion=False)

RANKS = (1, 3, 5, 10)
SHUFFLES = 200
RRF_K = 60
SAMPLE = Path(__file__).parent.parent / "data" / "reviews.csv"
Floats = NDArray[np.float64]
Key = tuple[str, int]


@app.command(help=__doc__)
def main(
    data: Annotated[Path, typer.Option(help="A folder with SubjQA's train.csv, dev.csv and test.csv.")],
    split: Annotated[str, typer.Option(help="Whose questions: train, dev or test.")] = "test",
    home: Annotated[Path | None, typer.Option(help="Where the databases stay; else nothing stays.")] = None,
    seed: Annotated[int, typer.Option(help="The same gives the same figures.")] = 0,
) -> None:
    """Ingest, ask, count, print."""
    subjqa = read_subjqa(data, split)
    with tempfile.TemporaryDirectory(prefix="reviewduel-quality-") as folder:
        place = home or Path(folder)
        file = Path(folder) / "reviews.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("asins", "reviews.id", "reviews.title", "reviews.text"))
            writer.writerows((item, review, "", text) for (item, review), text in subjqa.reviews.items())
        with ingested(file, place / "subjqa") as retriever:
            ranking = Ranking(retriever, subjqa.reviews, np.random.default_rng(seed))
            found = [ranking.hits(asked) for asked in subjqa.questions]
        with ingested(SAMPLE, place / "sample") as retriever:
            stance = {
                name: stance_shares(retriever, question, few)
                for name, question, few in (
                    ("dislike", "What do people dislike?", True),
                    ("like", "What do people like?", False),
                )
            }
    report(subjqa.questions, found, stance, np.random.default_rng(seed))


class Ranking:
    """All passages of a product in the order of each way of searching, as hits and misses."""

    def __init__(
        self, retriever: Retriever, reviews: dict[tuple[str, str], str], random: np.random.Generator
    ) -> None:
        self._retriever = retriever
        self._reviews = reviews
        self._random = random
        self._passages: dict[str, dict[Key, Passage]] = {}
        self._bm25: dict[str, bm25s.BM25] = {}

    def hits(self, asked: Asked) -> dict[str, Floats]:
        """For each way, whether the first, second, … passage is a hit: shape (orders, passages)."""
        passages = self._all(asked)
        keys = list(passages)
        answers = dict(zip(keys, self._answers(asked, passages), strict=True))
        dense, default = self._search(asked, len(keys), "dense"), self._search(asked, len(keys), None)
        bm25 = self._by_bm25(asked, passages)
        fused = {key: 1 / (RRF_K + 1 + dense.index(key)) + 1 / (RRF_K + 1 + bm25.index(key)) for key in keys}
        orders = {
            "random": [[keys[i] for i in self._random.permutation(len(keys))] for _ in range(SHUFFLES)],
            "bm25": [bm25],
            "dense": [dense],
            "rrf": [sorted(keys, key=lambda key: -fused[key])],
            "lexical": [self._search(asked, len(keys), "lexical")],
            "default": [default],
        }
        return {
            way: np.array([[answers[key] for key in order] for order in some]) for way, some in orders.items()
        }

    def _all(self, asked: Asked) -> dict[Key, Passage]:
        """The product's passages, in the order of its reviews."""
        if asked.product_id not in self._passages:
            found = [
                match.passage for match in self._retriever.search(asked.product_id, "", 10**6, mode="dense")
            ]
            order = {review: n for n, (item, review) in enumerate(self._reviews) if item == asked.product_id}
            found.sort(key=lambda passage: (order[passage.review_id], passage.number))
            self._passages[asked.product_id] = {(p.review_id, p.number): p for p in found}
        return self._passages[asked.product_id]

    def _answers(self, asked: Asked, passages: dict[Key, Passage]) -> Iterator[bool]:
        for passage in passages.values():
            review = self._reviews[asked.product_id, passage.review_id]
            earlier = [
                p.text for (r, n), p in passages.items() if r == passage.review_id and n < passage.number
            ]
            start, end = place(review, earlier, passage.text)
            yield any(
                span.review_id == passage.review_id and start < span.end and span.start < end
                for span in asked.spans
            )

    def _search(self, asked: Asked, k: int, mode: SearchMode | None) -> list[Key]:
        matches = self._retriever.search(asked.product_id, asked.question, k, mode=mode)
        assert len(matches) == k
        return [_key(match) for match in matches]

    def _by_bm25(self, asked: Asked, passages: dict[Key, Passage]) -> list[Key]:
        if asked.product_id not in self._bm25:
            texts = [passage.text for passage in passages.values()]
            index = self._bm25[asked.product_id] = bm25s.BM25()
            index.index(bm25s.tokenize(texts, stopwords=None, show_progress=False), show_progress=False)
        words = bm25s.tokenize([asked.question], stopwords=None, return_ids=False, show_progress=False)[0]
        scores = self._bm25[asked.product_id].get_scores(words) if words else np.zeros(len(passages))
        keys = list(passages)
        return [keys[i] for i in np.argsort(-scores, kind="stable")]


def place(review: str, earlier: list[str], text: str) -> tuple[int, int]:
    """Where a passage lies in the review: counted in characters that are no white space, entities as one."""
    positions = [match.start() for match in re.finditer(r"&#?\w+;|\S", review)]
    begin = min(sum(len(re.sub(r"\s", "", piece)) for piece in earlier), len(positions) - 1)
    end = min(begin + len(re.sub(r"\s", "", text)), len(positions)) - 1
    return positions[begin], positions[end] + 1


def _key(match: Match) -> Key:
    return match.passage.review_id, match.passage.number


def stance_shares(retriever: Retriever, question: str, few: bool) -> dict[str, float]:
    """Of the passages found with k = 5 for each product: the share of at most 3 stars, or at least 4."""
    shares = {}
    for way, mode in (("dense", "dense"), ("default", None)):
        found = [
            match.passage.rating
            for product in retriever.products()
            for match in retriever.search(product.product_id, question, 5, mode=mode)  # type: ignore[arg-type]
            if match.passage.rating is not None
        ]
        shares[way] = float(np.mean([rating <= 3 if few else rating >= 4 for rating in found]))
    return shares


def recall(hits: Floats, rank: int) -> float:
    """Whether one of the first passages is a hit, averaged over the orders."""
    return float(hits[:, :rank].any(axis=1).mean())


def reciprocal_rank(hits: Floats) -> float:
    """One divided by the first hit's rank, averaged over the orders."""
    return float((hits.any(axis=1) / (hits.argmax(axis=1) + 1)).mean())


def interval(differences: Floats, products: list[str], random: np.random.Generator) -> tuple[float, float]:
    """95 % of the means over resampled products."""
    names, group = np.unique(products, return_inverse=True)
    sums, sizes = np.bincount(group, differences), np.bincount(group)
    picks = random.integers(len(names), size=(10_000, len(names)))
    low, high = np.percentile(sums[picks].sum(axis=1) / sizes[picks].sum(axis=1), [2.5, 97.5])
    return float(low), float(high)


def report(
    questions: list[Asked],
    found: list[dict[str, Floats]],
    stance: dict[str, dict[str, float]],
    random: np.random.Generator,
) -> None:
    """The table, and the line of JSON."""
    products = [asked.product_id for asked in questions]
    ways = list(found[0])
    at_5 = {way: np.array([recall(hits[way], 5) for hits in found]) for way in ways}
    mrr = {way: np.array([reciprocal_rank(hits[way]) for hits in found]) for way in ways}
    table = Table("", title=f"{len(questions)} questions, {len(set(products))} products", box=None)
    gains = Table("default better than", title="95 % intervals", box=None)
    for column in (*(f"recall@{rank}" for rank in RANKS), "MRR"):
        table.add_column(column, justify="right")
    for column in ("recall@5 by", "MRR by"):
        gains.add_column(column, justify="right")
    difference = {}
    for way in ways:
        recalls = [f"{np.mean([recall(hits[way], rank) for hits in found]):.3f}" for rank in RANKS]
        table.add_row(way, *recalls, f"{mrr[way].mean():.3f}")
        if way != "default":
            difference[way] = {
                name: [float(gain.mean()), *interval(gain, products, random)]
                for name, gain in (
                    ("recall_at_5", at_5["default"] - at_5[way]),
                    ("mrr", mrr["default"] - mrr[way]),
                )
            }
            gains.add_row(way, *("{:+.3f} ({:+.3f} to {:+.3f})".format(*g) for g in difference[way].values()))
    console.print(table)
    console.print(gains)
    for name, shares in stance.items():
        console.print(f"{name}: dense {shares['dense']:.2f}, default {shares['default']:.2f}")
    result = {
        "recall_at_5": {way: round(float(at_5[way].mean()), 4) for way in ways},
        "mrr": {way: round(float(mrr[way].mean()), 4) for way in ways},
        "difference": difference,
        "questions": len(questions),
        **stance,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    app()
