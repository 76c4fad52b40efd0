"""A configured model as judge of answers. Its marks are an opinion: read them beside its own bias figures."""

from compare.judge.bias import Bias, judge_bias
from compare.judge.judge import Judge, Rating, judges_itself, open_judge
from compare.judge.judging import Judgements, answer_pairs, judge_answers
from compare.judge.pairs import Preference, Verdict
from compare.judge.questions import DIMENSIONS, Dimension

__all__ = [
    "DIMENSIONS",
    "Bias",
    "Dimension",
    "Judge",
    "Judgements",
    "Preference",
    "Rating",
    "Verdict",
    "answer_pairs",
    "judge_answers",
    "judge_bias",
    "judges_itself",
    "open_judge",
]
