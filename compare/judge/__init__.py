"""A configured model as judge of answers. Its marks are an opinion: read them beside its own bias figures."""

from compare.judge.bias import Bias, judge_bias
from compare.judge.judge import Judge, Judgement, Rating, judges_itself, open_judge, require_judge
from compare.judge.judgement_log import JudgementLog
from compare.judge.judgements import Judgements, case_key, cases, judge_cases, question_of
from compare.judge.marks import MARK_MEANINGS, MARKS, mark_columns
from compare.judge.outcomes import Outcome, outcomes
from compare.judge.pairs import Preference, Winner
from compare.judge.questions import DIMENSIONS, Dimension
from compare.judge.trial import CONTROLS, Trial

__all__ = [
    "CONTROLS",
    "DIMENSIONS",
    "MARKS",
    "MARK_MEANINGS",
    "Bias",
    "Dimension",
    "Judge",
    "Judgement",
    "JudgementLog",
    "Judgements",
    "Outcome",
    "Preference",
    "Rating",
    "Trial",
    "Winner",
    "case_key",
    "cases",
    "judge_bias",
    "judge_cases",
    "judges_itself",
    "mark_columns",
    "open_judge",
    "outcomes",
    "question_of",
    "require_judge",
]
