"""What contestants' answers come to, by question, not by answer of another contestant."""

from benchmarks.answers import Result, result_of
from benchmarks.evidence_scores import Scores
from compare.plan.plan import Plan
from compare.plan.tasks import Task
from compare.scores import Expectation, score_answers
from config.settings import VerbatimSettings
from database import Database
from generator import AnswerLog
from retriever import Embedder
from tests.compare.logged import log_answer

ABSTENTION = "The reviews do not say."


def result(database: Database, embedder: Embedder, answers: dict[str, str], chosen: Scores | None) -> Result:
    """Of the contestant a, which gives these answers by question; only the first question is answerable."""
    log = AnswerLog(database)
    log.begin_run("night", {})
    for question, text in answers.items():
        log_answer(database, "a", run="night", question=question, text=text)
        log_answer(database, "b", run="night", question=question, text="It does not [1].")
    tasks = tuple(
        Task(
            "B01", question, (), 0.1, expectation=Expectation(answerable=number == 0, expected=("It works.",))
        )
        for number, question in enumerate(answers)
    )
    plan = Plan((), tasks, 5, "passages", "measured", 0, VerbatimSettings())
    rows = log.answers("night")
    expectations = {task.key: task.expectation for task in tasks}
    return result_of("a", rows, score_answers(rows, expectations, embedder), plan, chosen)


def test_shares_are_of_the_questions_that_they_are_about(database: Database, embedder: Embedder) -> None:
    answers = {"Does it work?": "It works [1].", "Is it red?": ABSTENTION, "Is it blue?": "It is blue [1]."}
    found = result(database, embedder, answers, Scores(0.5, 0.6, 0.4, 0.25, 0.1, {}))
    assert (found.abstention, found.false_abstention) == (0.5, 0.0)
    assert found.groundedness == 0.5  # of the two that claim something, one is supported
    assert (found.evidence_f1, found.evidence_abstention) == (0.5, 0.25)
    assert (found.decode_tok_s, found.ttft_s, found.memory_mib) == (10.0, 1.0, 4096)


def test_an_answerable_question_that_is_not_answered_counts(database: Database, embedder: Embedder) -> None:
    found = result(database, embedder, {"Does it work?": ABSTENTION}, None)
    assert (found.abstention, found.false_abstention, found.groundedness) == (None, 1.0, None)
    assert found.coverage == 0.0 and found.evidence_f1 is None
