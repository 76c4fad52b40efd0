"""Votes come back as they were given: between contestants, a pair each, the latest of each pair."""

import pytest

from compare.log.vote_log import VoteLog
from compare.statistics import Vote
from config.errors import DatabaseError
from database import Database
from generator import AnswerLog
from tests.compare.logged import log_answer


@pytest.fixture
def votes(database: Database) -> VoteLog:
    return VoteLog(database)


def test_a_vote_between_two(database: Database, votes: VoteLog) -> None:
    a, b = log_answer(database, "a"), log_answer(database, "b")
    assert votes.votes() == []
    votes.record([a, b], b, blind=True)
    assert votes.votes() == [Vote("a", "b", "b", blind=True)]


@pytest.mark.parametrize("verdict", ["tie", "bad"])
def test_no_winner(database: Database, votes: VoteLog, verdict: str) -> None:
    ids = [log_answer(database, model) for model in "ab"]
    votes.record(ids, verdict, blind=False)  # type: ignore[arg-type]
    assert votes.votes() == [Vote("a", "b", verdict, blind=False)]  # type: ignore[arg-type]


def test_the_best_of_three_says_nothing_of_the_others(database: Database, votes: VoteLog) -> None:
    a, b, c = (log_answer(database, model) for model in "abc")
    votes.record([c, a, b], b, blind=True)
    assert votes.votes() == [Vote("a", "b", "b", True), Vote("b", "c", "a", True)]


def test_three_that_are_all_bad_are_three_pairs(database: Database, votes: VoteLog) -> None:
    votes.record([log_answer(database, model) for model in "abc"], "bad", blind=True)
    assert {(one.a, one.b) for one in votes.votes()} == {("a", "b"), ("a", "c"), ("b", "c")}


def test_a_changed_vote_takes_the_old_ones_place(database: Database, votes: VoteLog) -> None:
    a, b, c = (log_answer(database, model) for model in "abc")
    votes.record([a, b, c], "tie", blind=True)
    votes.record([a, b, c], a, blind=False)
    assert votes.votes() == [Vote("a", "b", "a", False), Vote("a", "c", "a", False)]
    other = log_answer(database, "b")
    votes.record([a, other], other, blind=True)
    assert len(votes.votes()) == 3


def test_contestants_bear_their_prompt_and_their_way_of_answering(database: Database, votes: VoteLog) -> None:
    free, chosen = log_answer(database, "a"), log_answer(database, "a", quoted=2)
    short = log_answer(database, "a", prompt="short")
    votes.record([free, short], short, blind=True)
    assert votes.votes() == [Vote("a", "a@short", "b", True)]
    votes.record([free, short], "tie", blind=True)
    assert votes.votes() == [Vote("a", "a@short", "tie", True)]
    extractive = log_answer(database, "extractive", kind="extractive", memory=None)
    votes.record([free, chosen, extractive], chosen, blind=True)
    assert votes.votes()[1:] == [
        Vote("a", "a:verbatim", "b", True),
        Vote("a:verbatim", "extractive", "a", True),
    ]


def test_the_same_contestant_is_no_rival_of_itself(database: Database, votes: VoteLog) -> None:
    ids = [log_answer(database, "a"), log_answer(database, "a")]
    votes.record(ids, ids[0], blind=True)
    assert votes.votes() == []


def test_votes_of_a_run(database: Database, votes: VoteLog) -> None:
    AnswerLog(database).begin_run("night", {})
    in_run = [log_answer(database, model, run="night", contestant=model) for model in "ab"]
    by_hand = [log_answer(database, model) for model in "ab"]
    votes.record(in_run, in_run[0], blind=True)
    votes.record(by_hand, by_hand[1], blind=True)
    votes.record([in_run[0], by_hand[1]], "tie", blind=True)
    assert votes.votes(["night"]) == [Vote("a", "b", "a", True)]
    assert votes.votes(["another"]) == votes.votes([]) == []
    assert len(votes.votes()) == 3


def test_votes_go_with_their_answers(database: Database, votes: VoteLog) -> None:
    AnswerLog(database).begin_run("night", {})
    ids = [log_answer(database, model, run="night", contestant=model) for model in "ab"]
    votes.record(ids, "tie", blind=True)
    AnswerLog(database).begin_run("night", {}, replace=True)
    assert votes.votes() == []


def test_what_is_no_vote_is_refused(database: Database, votes: VoteLog) -> None:
    a, b = log_answer(database, "a"), log_answer(database, "b")
    with pytest.raises(ValueError, match="none of"):
        votes.record([a, b], b + 1, blind=True)
    with pytest.raises(ValueError, match="two"):
        votes.record([a, a], a, blind=True)
    with pytest.raises(DatabaseError):
        votes.record([a, b + 1], "tie", blind=True)
    assert votes.votes() == []
