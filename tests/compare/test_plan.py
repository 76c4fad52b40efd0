"""A plan is stored whole, and its order is by chance and always the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.plan.plan import Plan
from compare.scores.expectation import Expectation
from config.errors import RunError
from tests.compare.plans import make_contestant, make_plan, make_task

PLAN = make_plan(
    make_contestant("b"),
    make_contestant("a", answers="verbatim"),
    make_contestant("far", file="", kind="openai", url="http://localhost:1/v1"),
    tasks=(
        make_task(),
        make_task("B02", tier="hard", trap="false premise", expectation=Expectation(expected=("It broke.",))),
    ),
    scores=("groundedness",),
    fail_if=("b.words < 3",),
    command="python -m compare --models b,a:verbatim,far",
    out="/somewhere",
)


def test_it_comes_back_from_json_as_it_was() -> None:
    stored = json.loads(json.dumps({"plan": PLAN.to_row(), "tasks": PLAN.task_rows()}))
    assert Plan.from_run({"run_id": "r", **stored}) == PLAN


def test_what_people_and_reports_read_of_it() -> None:
    row = PLAN.to_row()
    assert row["models"] == ["b", "a:verbatim", "far"]
    assert (row["products"], row["questions"]) == (["B01", "B02"], ["Is it good?"])
    assert (row["k"], row["seed"], row["mode"]) == (2, 0, "measured")
    assert "tasks" not in row


def test_a_plan_of_an_earlier_program_cannot_be_resumed() -> None:
    with pytest.raises(RunError, match="cannot be resumed"):
        Plan.from_run({"run_id": "old", "plan": {"models": ["m"], "k": 5, "seed": 0}, "tasks": []})


@given(st.integers(0, 2**40), st.integers(1, 4))
def test_everything_is_asked_once_in_an_order_that_the_seed_decides(seed: int, repeats: int) -> None:
    contestants = [make_contestant(name) for name in "abc"]
    tasks = tuple(make_task(f"B{n}", repeats=repeats) for n in range(3))
    plan = make_plan(*contestants, tasks=tasks, seed=seed)
    again = make_plan(*contestants, tasks=tasks, seed=seed)
    assert plan.shuffled() == again.shuffled()
    keys = [one.key(contestant) for contestant in plan.shuffled() for one in plan.askings(contestant)]
    assert keys == [
        one.key(contestant) for contestant in again.shuffled() for one in again.askings(contestant)
    ]
    assert len(set(keys)) == len(keys) == plan.answers == 9 * repeats


def test_contestants_and_askings_are_shuffled() -> None:
    contestants = [make_contestant(name) for name in "abcdef"]
    plans = [make_plan(*contestants, seed=seed) for seed in range(5)]
    assert len({tuple(one.name for one in plan.shuffled()) for plan in plans}) > 1
    assert len({tuple(plans[0].askings(one)) for one in contestants}) > 1


def test_who_else_takes_part_changes_nothing_of_a_contestants_order() -> None:
    one, other = make_contestant("a"), make_contestant("b")
    assert make_plan(one).askings(one) == make_plan(other, one).askings(one)
