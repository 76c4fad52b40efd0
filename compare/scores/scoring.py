"""All scores of logged answers. Knows the answer log's columns; knows no files and no reports."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from compare.scores.abstention import abstains, abstention
from compare.scores.claims import AnswerSentence, Claim, answer_sentences
from compare.scores.expectation import UNKNOWN, Expectation
from compare.scores.groundedness import coverage, groundedness, held_citations, valid_citations
from compare.scores.language import comparable
from compare.scores.nearness import relevance, right_side, side_of
from compare.scores.repetition import repetition
from compare.scores.score import AnswerScores, Span
from compare.scores.stability import agreement, stability
from compare.scores.traps import resisted
from generator.log.answer_log import Row
from generator.support.source import Reading, Source, windows_of
from generator.support.support import SUPPORTED, support
from retriever.embedder import Embedder
from retriever.stance import Stance, stance_of, unit


def score_answers(
    rows: Sequence[Row], expectations: Mapping[tuple[str, str], Expectation], embedder: Embedder
) -> list[AnswerScores]:
    """The scores of rows of the answer log, in their order.

    `expectations`: by (product_id, question); what is not in it is not known. Rows of the same run, model,
    prompt, way of answering, product and question are repeats, and give `stability`. Embeds all texts in one
    call. May raise ConfigError, if the embedder cannot be loaded.
    """
    drafts = [_draft(row, expectations.get((row["product_id"], row["question"]), UNKNOWN)) for row in rows]
    if not drafts:
        return []
    scoring = _Scoring(drafts, embedder)
    return [scoring.scores(draft) for draft in drafts]


@dataclass(frozen=True, slots=True, eq=False)
class _Draft:
    """An answer taken apart."""

    row: Row
    expectation: Expectation
    sentences: Sequence[AnswerSentence]
    passages: Sequence[str]
    abstained: bool

    @property
    def repeats(self) -> Hashable:
        """The same for answers of the same contestant to the same question."""
        prompt = (self.row.get("model_settings") or {}).get("prompt")
        keys = ("run_id", "model", "answers", "product_id", "question")
        return prompt, *(self.row.get(key) for key in keys)

    @property
    def claims(self) -> Sequence[Claim]:
        return [claim for sentence in self.sentences for claim in sentence.claims]

    def texts(self) -> Iterator[str]:
        """All that will be compared by meaning."""
        for passage in self.passages:
            yield from windows_of(passage)
        for claim in self.claims:
            yield from windows_of(claim.text)
            yield claim.text
        yield from self.expectation.expected


def _draft(row: Row, expectation: Expectation) -> _Draft:
    abstained = bool(row["abstained"]) or (not row["quotes"] and abstains(row["answer"]))
    passages = [passage["text"] for passage in row["passages"]]
    return _Draft(row, expectation, () if abstained else answer_sentences(row), passages, abstained)


class _Scoring:
    """Scores drafts with what is learnt from all of them at once."""

    def __init__(self, drafts: Sequence[_Draft], embedder: Embedder) -> None:
        self._reading = Reading((text for draft in drafts for text in draft.texts()), embedder)
        self._stance: Stance = stance_of(embedder)
        self._questions = {
            question: unit(embedder.embed_question(question))
            for question in dict.fromkeys(draft.row["question"] for draft in drafts)
        }
        self._repeats: dict[Hashable, list[_Draft]] = {}
        for draft in drafts:
            self._repeats.setdefault(draft.repeats, []).append(draft)

    def scores(self, draft: _Draft) -> AnswerScores:
        row, expectation = draft.row, draft.expectation
        # Of claims in another language than all passages it cannot be said whether these support them.
        known = comparable(row["answer"], draft.passages)
        supports = self._supports(draft) if known else []
        values = {
            "groundedness": groundedness(supports),
            "valid_citations": valid_citations(len(row["citations"]), len(row["invalid_citations"])),
            "held_citations": held_citations(list(self._held(draft))) if known else None,
            "relevance": self._relevance(draft),
            "coverage": self._coverage(draft),
            "repetition": repetition(_said(row)),
            "abstention": abstention(row["answer"], draft.abstained, expectation.answerable),
            "stance": self._right_side(draft),
            "resisted": resisted(row["answer"], expectation.forbidden),
            "stability": self._stability(draft),
            "words": float(row["words"]),
        }
        return AnswerScores(row["answer_id"], values, tuple(_unsupported(draft.sentences, supports)))

    def _supports(self, draft: _Draft) -> list[float]:
        """Of each sentence: that of its weakest claim by all passages."""
        sources = self._reading.sources(draft.passages)
        return [min(self._support(claim.text, sources) for claim in one.claims) for one in draft.sentences]

    def _held(self, draft: _Draft) -> Iterator[float]:
        for claim in draft.claims:
            cited = [
                draft.passages[number - 1] for number in claim.citations if 0 < number <= len(draft.passages)
            ]
            if cited:
                yield self._support(claim.text, self._reading.sources(cited))

    def _support(self, claim: str, sources: Sequence[Source]) -> float:
        return support(self._reading.statement(claim), sources)

    def _relevance(self, draft: _Draft) -> float | None:
        if not draft.sentences:
            return None if draft.abstained else 0.0
        vectors = [self._reading.statement(claim.text).vector for claim in draft.claims]
        return relevance(self._questions[draft.row["question"]], vectors)

    def _coverage(self, draft: _Draft) -> float | None:
        expected = draft.expectation.expected
        if not comparable(draft.row["answer"], expected):
            return None
        sources = self._sources(draft)
        return coverage([self._support(point, sources) for point in expected])

    def _right_side(self, draft: _Draft) -> float | None:
        leaning = self._stance.of_question(self._questions[draft.row["question"]])
        claims = [self._reading.statement(claim.text).vector[None] for claim in draft.claims]
        leanings = [float(self._stance.of_sentences(vector)[0]) for vector in claims]
        return right_side(side_of(draft.expectation.stance, leaning), leanings)

    def _stability(self, draft: _Draft) -> float | None:
        others = [other for other in self._repeats[draft.repeats] if other is not draft]
        return stability([self._agreement(draft, other) for other in others])

    def _agreement(self, draft: _Draft, other: _Draft) -> float:
        if not (draft.claims and other.claims):
            alike = draft.row["answer"] == other.row["answer"] or (draft.abstained and other.abstained)
            return float(alike)
        forth = [self._support(claim.text, self._sources(other)) for claim in draft.claims]
        back = [self._support(claim.text, self._sources(draft)) for claim in other.claims]
        return agreement(forth, back)

    def _sources(self, draft: _Draft) -> list[Source]:
        return self._reading.sources([claim.text for claim in draft.claims])


def _said(row: Row) -> str:
    """The answer, without what the program put beside its quotations and reports."""
    if row["answers"] == "free":
        return str(row["answer"])
    return "\n".join([*(quote.get("report") or quote["text"] for quote in row["quotes"]), row["own_line"]])


def _unsupported(sentences: Sequence[AnswerSentence], supports: Sequence[float]) -> Iterator[Span]:
    """None at all where the supports are not known."""
    for sentence, found in zip(sentences, supports, strict=False):
        if found < SUPPORTED:
            yield sentence.span
