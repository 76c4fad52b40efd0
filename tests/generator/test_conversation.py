"""A second question knows the first one and its answer, and reads nothing of them again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from generator import Answer, Exchange, Generator
from generator.backends.worker_process import WorkerProcess
from generator.events import Done, Message, Sampling, Text
from generator.prompts.prompt import answer_messages
from retriever.passage import Match
from tests.generator.asking import QUESTION, text_of

Start = Callable[..., Generator]
MakeMatch = Callable[..., Match]
SECOND = "And how long does it last?"


@pytest.mark.parametrize("family", ["llama", "mistral", "mixtral"])
def test_a_second_question_reads_only_what_is_new(family: str, start: Start, matches: list[Match]) -> None:
    generator = start(family)
    first = generator.answer(QUESTION, matches)
    second = generator.answer(SECOND, matches, history=[first.exchange])
    assert (second.history, second.history_dropped) == ((first.exchange,), 0)
    # The first prompt and its answer; the last token of the answer was never run through the model, and
    # white space at its end is not told again.
    known = first.timing.n_prompt + first.timing.n_out
    assert known - 4 <= second.timing.n_prompt_reused <= known
    assert second.timing.n_prompt > known
    third = generator.answer(QUESTION, matches, history=[first.exchange, second.exchange])
    assert third.timing.n_prompt_reused >= second.timing.n_prompt + second.timing.n_out - 4


@pytest.mark.parametrize("family", ["llama", "mixtral"])
def test_reuse_changes_no_answer(
    family: str,
    tiny_file: Callable[[str], Path],
    start_worker: Callable[..., WorkerProcess],
    matches: list[Match],
) -> None:
    """The same tokens from the cache, and read anew by a fresh process: the same greedy text."""
    sampling = Sampling(max_tokens=16, temperature=0, top_k=1, top_p=1, seed=0)
    passages = [match.passage for match in matches]
    used = start_worker(tiny_file(family), 2048)
    tokens = used.tokenize(answer_messages(QUESTION, passages))
    first = text_of(list(used.generate(tokens, sampling, 1, True))).rstrip()
    exchange = Exchange(QUESTION, first, tuple(matches))
    messages = answer_messages(SECOND, passages, [exchange])
    follow_up = used.tokenize(messages, continues=True)
    assert follow_up[: len(tokens)] == tokens

    def say(worker: WorkerProcess, reuse: bool) -> tuple[str, int | None]:
        *events, done = worker.generate(follow_up, sampling, 1, reuse)
        assert isinstance(done, Done)
        return "".join(e.text for e in events if isinstance(e, Text)), done.timing.n_prompt_reused

    warm, reused = say(used, True)
    cold, none = say(start_worker(tiny_file(family), 2048), True)
    assert warm == cold != ""
    assert reused > len(tokens)
    assert none == 0


def test_measured_answers_reuse_nothing_and_are_spelled_by_the_tokenizer(
    start: Start, matches: list[Match]
) -> None:
    generator = start()
    first = generator.answer(QUESTION, matches)
    answers = [
        generator.answer(SECOND, matches, history=[first.exchange], mode="measured"),
        start().answer(SECOND, matches, history=[first.exchange], mode="measured"),
    ]
    assert {answer.timing.n_prompt_reused for answer in answers} == {0}
    assert len({(answer.text, answer.timing.n_prompt) for answer in answers}) == 1


def test_the_oldest_exchanges_are_dropped_before_any_passage(start: Start, matches: list[Match]) -> None:
    history = [Exchange(f"question {n}?", "so " * 100, tuple(matches)) for n in range(8)]
    generator = start(n_ctx=1024)
    answer = generator.answer(SECOND, matches, history=history)
    assert 1 <= len(answer.history) < 8
    assert answer.history == tuple(history[8 - len(answer.history) :])
    assert answer.history_dropped == 8 - len(answer.history)
    assert (answer.matches, answer.dropped) == (tuple(matches), 0)
    long = [Exchange("so " * 2000, "yes", tuple(matches))]
    assert generator.answer(SECOND, matches, history=long).history == ()


def test_the_conversation_as_messages(make_match: MakeMatch) -> None:
    first, second = make_match(1, "Quiet."), make_match(2, "Loud.")
    history = [Exchange("Loud? ", "Yes [2], no [1]. [9]", (first, second))]
    passages = [first.passage, second.passage]
    opening, answer, question = answer_messages(" Why?", passages, history)
    assert [opening] == answer_messages("Loud?", passages)
    assert answer == Message("assistant", "Yes [2], no [1]. [9]")
    assert question == Message("user", "Question: Why?")


def test_citations_in_earlier_answers_follow_their_passages(make_match: MakeMatch) -> None:
    first, second, third = (make_match(number, f"Review {number}.") for number in (1, 2, 3))
    history = [Exchange("Loud?", "Yes [2], no [1]. [9] Both [1, 2].", (first, second))]
    _, answer, _ = answer_messages("Why?", [second.passage, third.passage], history)
    assert answer.content == "Yes [1], no .  Both [1]."


def test_what_an_answer_came_from_is_told(start: Start, matches: list[Match]) -> None:
    some, other = start("llama"), start("mistral")
    answers: list[Answer] = [generator.answer(QUESTION, matches) for generator in (some, other, some)]
    origins = [answer.origin for answer in answers]
    assert len({origin.prompt_sha256 for origin in origins}) == 1
    assert len({origin.file_sha256 for origin in origins}) == 2
    assert origins[0].file_sha256 == origins[2].file_sha256
    assert all(origin.engine and origin.engine.startswith("llama-cpp-python 0.") for origin in origins)
    assert all(origin.load_average is not None for origin in origins)
    assert some.answer(SECOND, matches).origin.prompt_sha256 != origins[0].prompt_sha256
