"""A run that goes on while its report is written."""

from typing import Any

from compare.judge import JudgementLog, Preference, Rating
from compare.report.contents import contents
from compare.report.summary import preference_rows
from compare.run.batch import finished_run
from database import Database
from generator import AnswerLog
from retriever import Embedder
from tests.compare.logged import log_answer
from tests.compare.plans import make_contestant, make_plan


def test_a_report_is_of_the_answers_that_there_were(
    database: Database, fake_embedder: Embedder, monkeypatch: Any
) -> None:
    plan = make_plan(make_contestant("a"), make_contestant("b"), judge=make_contestant("judge").spec)
    log, judgements = AnswerLog(database), JudgementLog(database)
    log.begin_run("night", plan.to_row(), plan.task_rows())
    answer(database, judgements, repeat=0)
    embed = fake_embedder.embed_passages

    def slowly(texts: list[str]) -> Any:
        answer(database, judgements, repeat=1)
        monkeypatch.setattr(fake_embedder, "embed_passages", embed)
        return embed(texts)

    monkeypatch.setattr(fake_embedder, "embed_passages", slowly)
    run = finished_run(log, "night", fake_embedder)
    assert len(log.answered("night")) == 4 and len(run.rows) == 2
    assert contents([run]).judged and len(list(preference_rows(run))) == 1


def answer(database: Database, judgements: JudgementLog, repeat: int) -> None:
    """Both contestants answer, and the judge has judged it already."""
    a, b = (log_answer(database, name, run="night", contestant=name, repeat=repeat) for name in "ab")
    for said in (Rating(a, None, itself=True), Rating(b, None), Preference(a, b, 1, 2, (3, 3))):
        judgements.record("judge", None, said)
