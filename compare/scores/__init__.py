"""Scores of answers that need no judge. `score_answers` is the one way in; SCORES says what each means."""

from compare.scores.expectation import Expectation, SetQuestion, read_question_set
from compare.scores.score import SCORES, AnswerScores, Score, Span, score
from compare.scores.scoring import score_answers

__all__ = [
    "SCORES",
    "AnswerScores",
    "Expectation",
    "Score",
    "SetQuestion",
    "Span",
    "read_question_set",
    "score",
    "score_answers",
]
