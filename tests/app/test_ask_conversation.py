"""Conversations on the server: what they remember, how they end, and what one visitor may ask of them."""

import time
import weakref
from datetime import date

import pytest

from app.ask.conversation import MOST_A_MINUTE, MOST_RUNNING, Conversation, Conversations, Limits
from app.ask.export import as_markdown
from app.ask.question import Filters, Question
from app.ask.turn import Services, Turn
from app.defects import DEFECT
from config.errors import AskedTooMuch, UnknownModel, UnknownProduct
from generator.registry.ticket import Ticket
from retriever.harmful import HarmfulMarks
from tests.app.answering import RECITED


def question(*models: str, text: str = "How is the battery?", **others: object) -> Question:
    return Question("A", text, models, **others)  # type: ignore[arg-type]


def wait_until_writing(turn: Turn) -> None:
    while turn.running and not all(live.text for live in turn.answers):
        time.sleep(0.01)


@pytest.fixture
def conversation(services: Services) -> Conversation:
    return Conversation(services, Limits())


def test_a_question_is_answered_checked_and_its_citations_found(conversation: Conversation) -> None:
    turn = conversation.ask(question("good", "bad"))
    turn.wait()
    assert turn.error is None
    assert turn.matches is not None
    assert [live.text for live in turn.answers] == [RECITED["good"], RECITED["bad"]]
    good, bad = turn.answers
    assert [good.text[span.start : span.end] for span in good.unsupported] == ["The king of France likes it."]
    assert bad.unsupported == ()
    cited = [
        match.passage.text[span.start : span.end]
        for match, spans in zip(turn.matches, turn.cited, strict=True)
        for span in spans
    ]
    assert cited == ["battery lasts thirty hours"]
    assert all(live.answer and live.answer.shared for live in turn.answers)
    assert good.answer
    # What was told last is what is told of the whole.
    key, speed = good.speed
    assert key == "decode_tok_s" and speed == pytest.approx(good.answer.timing.decode_tok_s)


def test_a_follow_up_waits_for_what_it_follows_and_knows_it(conversation: Conversation) -> None:
    first = conversation.ask(question("good", "bad"))
    second = conversation.ask(question("good", text="And the price?", one_by_one=True))
    assert second.stage == "waiting" or not first.running
    second.wait()
    assert not first.running
    (live,) = second.answers
    assert live.answer is not None
    assert [past.question for past in live.answer.history] == ["How is the battery?"]


def test_a_follow_up_knows_no_answer_from_what_was_marked_as_harmful_since(
    conversation: Conversation, services: Services
) -> None:
    first = conversation.ask(question("good"))
    first.wait()
    assert first.matches
    marks, said = HarmfulMarks(services.retriever.database), first.matches[0].passage
    marks.mark("A", said.content_hash)
    second = conversation.ask(question("good", text="And the price?"))
    second.wait()
    marks.unmark("A", said.content_hash)
    third = conversation.ask(question("good", text="And its weight?"))
    third.wait()
    known = [turn.answers[0].answer.history for turn in (second, third) if turn.answers[0].answer]
    assert [len(history) for history in known] == [0, 2]


def test_one_after_the_other_no_timing_is_shared(conversation: Conversation) -> None:
    turn = conversation.ask(question("good", "bad", "third", one_by_one=True))
    turn.wait()
    assert [live.answer.shared for live in turn.answers if live.answer] == [False] * 3


def test_one_is_stopped_and_the_others_go_on(conversation: Conversation) -> None:
    turn = conversation.ask(question("endless", "good"))
    wait_until_writing(turn)
    turn.answers[0].cancel()
    turn.wait()
    endless, good = turn.answers
    assert endless.answer and good.answer
    assert (endless.answer.stop_reason, good.answer.stop_reason) == ("cancelled", "end")
    assert endless.text.startswith("on")
    # What was cut off is no candidate, and one answer alone is none to vote on.
    assert turn.candidates == (good,)


def test_who_is_stopped_before_its_turn_is_not_asked(conversation: Conversation) -> None:
    running = conversation.ask(question("endless", "good", one_by_one=True))
    waiting = conversation.ask(question("bad"))
    while not running.answers[0].text:
        time.sleep(0.01)
    waiting.cancel()
    waiting.wait()
    assert (waiting.answers[0].answer, waiting.answers[0].status) == (None, "stopped before its turn came")
    assert running.running
    running.cancel()
    running.wait()
    assert running.answers[1].answer is None


def test_two_conversations_queue_for_one_model(services: Services) -> None:
    first, second = (Conversation(services, Limits()).ask(question("endless")) for _ in range(2))
    deadline = time.monotonic() + 20
    statuses: set[str] = set()
    while time.monotonic() < deadline and "next in line for endless" not in statuses:
        statuses |= {turn.answers[0].status for turn in (first, second)}
        time.sleep(0.01)
    assert "next in line for endless" in statuses
    for turn in (first, second):
        turn.cancel()
        turn.wait()


def test_only_reviews_that_pass_the_filters_are_given(conversation: Conversation) -> None:
    turn = conversation.ask(question("bad", filters=Filters(max_rating=2)))
    none = conversation.ask(question("bad", filters=Filters(since=date(2025, 1, 1))))
    none.wait()
    assert turn.matches is not None
    assert [match.passage.text for match in turn.matches] == ["The price is too high."]
    assert none.error and "since 2025-01-01" in none.error
    assert none.answers[0].answer is None


def test_votes_are_blind_until_the_names_are_told(conversation: Conversation, services: Services) -> None:
    turn = conversation.ask(question("good", "bad", "third", blind=True))
    turn.wait()
    best = turn.candidates[0]
    exported = as_markdown(conversation)
    assert not any(f"· {name}" in exported for name in RECITED)
    assert best.answer_id is not None
    turn.vote(best.answer_id)
    assert not turn.hidden
    others = {live.model for live in turn.candidates} - {best.model}
    votes = services.vote_log.votes()
    assert {(vote.a, vote.b)[vote.winner == "b"] for vote in votes} == {best.model}
    assert {name for vote in votes for name in (vote.a, vote.b)} == others | {best.model}
    assert all(vote.blind for vote in votes)
    # Changed with the names in sight: no blind one any more, and in place of the first.
    turn.vote("bad")
    votes = services.vote_log.votes()
    assert [(vote.winner, vote.blind) for vote in votes] == [("bad", False)] * 3
    assert "· good" in as_markdown(conversation)


def test_what_cannot_be_asked_is_said(conversation: Conversation) -> None:
    with pytest.raises(UnknownProduct, match="No product has the id 'Z'"):
        conversation.ask(Question("Z", "?", ("good",)))
    with pytest.raises(UnknownModel):
        conversation.ask(question("nobody"))
    with pytest.raises(AskedTooMuch, match="4 models at most"):
        conversation.ask(question("a", "b", "c", "d", "e"))
    with pytest.raises(AskedTooMuch, match="characters"):
        conversation.ask(question("good", text="x" * 3000))
    assert conversation.turns == ()


def test_a_model_that_cannot_be_had_costs_the_others_nothing(conversation: Conversation) -> None:
    turn = conversation.ask(question("absent", "bad"))
    turn.wait()
    assert turn.answers[0].error and "absent" in turn.answers[0].error
    assert turn.answers[1].text == RECITED["bad"]


def test_a_defect_of_one_model_keeps_no_place_of_the_others(
    conversation: Conversation, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = services.registry.reserve

    def defective(name: str) -> Ticket:
        if name == "bad":
            raise RuntimeError("secret")
        return reserve(name)

    monkeypatch.setattr(services.registry, "reserve", defective)
    turn = conversation.ask(question("good", "bad"))
    turn.wait()
    good, bad = turn.answers
    assert (good.text, bad.error) == (RECITED["good"], DEFECT)
    assert services.registry.answering == 0


def test_an_answer_that_has_ended_holds_nothing_of_its_model(conversation: Conversation) -> None:
    turn = conversation.ask(question("bad"))
    turn.wait()
    assert not [value for value in vars(turn.answers[0]).values() if isinstance(value, Ticket)]
    # A late click finds nothing to stop.
    turn.cancel()
    assert turn.answers[0].text == RECITED["bad"]


def test_what_a_keyboard_cannot_write_is_asked_all_the_same(conversation: Conversation) -> None:
    turn = conversation.ask(question("bad", text="How\0 is \ud800 it?"))
    turn.wait()
    assert (turn.error, turn.answers[0].error) == (None, None)
    assert turn.answers[0].answer_id is not None


class Idle:
    """A turn as far as limits and memory know one."""

    def __init__(self, running: bool = False) -> None:
        self.running = running


def test_so_much_at_once_and_so_much_in_a_minute() -> None:
    now = 0.0
    limits = Limits(lambda: now)
    running = [limits.admit(lambda: Idle(running=True)) for _ in range(MOST_RUNNING)]  # type: ignore[arg-type,return-value]
    with pytest.raises(AskedTooMuch, match="still being answered"):
        limits.admit(lambda: Idle())  # type: ignore[arg-type,return-value]
    for turn in running:
        turn.running = False  # type: ignore[misc]
    for _ in range(MOST_A_MINUTE - MOST_RUNNING):
        now += 1
        limits.admit(lambda: Idle())  # type: ignore[arg-type,return-value]
    with pytest.raises(AskedTooMuch, match=f"in {60 - now:.0f} s"):
        limits.admit(lambda: Idle())  # type: ignore[arg-type,return-value]
    now = 60.5
    limits.admit(lambda: Idle())  # type: ignore[arg-type,return-value]


def test_what_still_runs_counts_however_much_was_asked_after_it() -> None:
    now = 0.0
    limits = Limits(lambda: now)
    for _ in range(MOST_RUNNING):
        for _ in range(MOST_A_MINUTE):
            now += 60
            limits.admit(lambda: Idle())  # type: ignore[arg-type,return-value]
        now += 60
        limits.admit(lambda: Idle(running=True))  # type: ignore[arg-type,return-value]
    with pytest.raises(AskedTooMuch, match="still being answered"):
        limits.admit(lambda: Idle())  # type: ignore[arg-type,return-value]


def test_of_what_is_done_only_the_time_is_remembered() -> None:
    limits = Limits()
    done = weakref.ref(limits.admit(lambda: Idle()))  # type: ignore[arg-type,return-value]
    limits.admit(lambda: Idle())  # type: ignore[arg-type,return-value]
    assert done() is None


def test_the_oldest_idle_conversations_are_let_go() -> None:
    store = Conversations(None, most=3)  # type: ignore[arg-type]
    first, second, third = (store.begin(Limits()) for _ in range(3))
    first.turns = (Idle(running=True),)  # type: ignore[assignment]
    assert store.find(second.id) is second
    fourth = store.begin(Limits())
    assert [store.find(one.id) for one in (first, second, third, fourth)] == [first, second, None, fourth]
    assert len({one.id for one in (first, second, third, fourth)}) == 4
    assert store.find("?") is None
