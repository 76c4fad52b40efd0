"""A real language model, small and weak, answers: greedily, so always in the same words."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import llama_cpp
import pytest

from config import AnswerMode, ModelSpec, Settings
from generator import Answer, Generator, open_answerer
from generator.events import Text
from generator.llama.special_texts import token_text
from generator.llama.vocabulary import Vocabulary
from models.files import model_path
from retriever import Embedder
from retriever.passage import Match

MIB = 2**20
QUESTION = "Is the kettle loud?"
TEXTS = (
    "Quiet, I can hear the radio while it boils.",
    "The lid is stiff. It boils a litre in three minutes.",
    "It is louder than my old one, but the handle stays cool.",
)


@pytest.fixture(scope="module")
def generator(smollm2: tuple[ModelSpec, Settings]) -> Iterator[Generator]:
    spec, settings = smollm2
    with Generator(spec.model_copy(update={"max_tokens": 160}), settings) as generator:
        yield generator


@pytest.fixture
def kettle(make_match: Callable[..., Match]) -> list[Match]:
    return [make_match(number, text) for number, text in enumerate(TEXTS, start=1)]


def of_text(events: Iterator[object]) -> tuple[str, Answer]:
    """The pieces of text together, and the answer that came last."""
    *told, last = events
    assert isinstance(last, Answer)
    return "".join(event.text for event in told if isinstance(event, Text)), last


def test_a_free_answer_is_always_the_same(generator: Generator, kettle: list[Match]) -> None:
    answer = generator.answer(QUESTION, kettle, mode="measured")
    assert answer.text == "The kettle is louder than my old one, but the handle stays cool."
    assert (answer.timing.n_prompt, answer.timing.n_out, answer.stop_reason) == (196, 15, "end")
    assert not answer.abstained
    other = generator.answer("What do people like?", kettle, mode="measured")
    assert (other.text, other.timing.n_out) == ("The reviews do not say.", 6)
    assert other.abstained


@pytest.mark.parametrize(
    ("prompt", "text", "n_prompt"),
    [
        ("default", "The kettle is louder than my old one, but the handle stays cool.", 196),
        ("short", "The kettle is loud.", 159),
        ("examples", "The kettle is loud.", 405),
    ],
)
def test_each_prompt_has_its_answer(
    prompt: str, text: str, n_prompt: int, generator: Generator, kettle: list[Match]
) -> None:
    answer = generator.answer(QUESTION, kettle, mode="measured", prompt=prompt)
    assert (answer.text, answer.timing.n_prompt) == (text, n_prompt)
    assert answer.template and answer.template.prompt == prompt
    # A further question goes on where the first one ended, whatever the words were.
    second = generator.answer("And the handle?", kettle, history=[answer.exchange], prompt=prompt)
    assert second.history and second.text
    # Verbatim answers too: none of these has its own words for them.
    chosen = generator.answer(QUESTION, kettle, mode="measured", answers="verbatim", prompt=prompt)
    assert chosen.template and chosen.template.prompt == "default"
    assert [quote.text for quote in chosen.quotes] == [TEXTS[0]]


def test_a_verbatim_answer_quotes(generator: Generator, kettle: list[Match]) -> None:
    answer = generator.answer(QUESTION, kettle, mode="measured", answers="verbatim")
    assert answer.text == '"Quiet, I can hear the radio while it boils." [1] (4 of 5 stars)'
    assert [quote.text for quote in answer.quotes] == [TEXTS[0]]
    assert (answer.timing.n_prompt, answer.timing.n_out, answer.citations) == (158, 3, (1,))


def test_a_grounded_answer_reports_what_it_can_and_quotes_the_rest(
    smollm2: tuple[ModelSpec, Settings], kettle: list[Match]
) -> None:
    spec, settings = smollm2
    with open_answerer(spec, settings, Embedder(settings.embedder)) as answerer:
        answer = answerer.answer(QUESTION, kettle, mode="measured", answers="grounded")
        again = answerer.answer(QUESTION, kettle, answers="grounded", prompt="short")
    assert answer.text == (
        '"Quiet, I can hear the radio while it boils." [1] '
        "One customer says that it is louder than the old one, but the handle stays cool [3]. "
        "One customer says that it boils a litre in three minutes [2]. "
        "One customer says that the lid is stiff [2]."
    )
    assert (answer.timing.n_prompt, answer.timing.n_prompt_reused, answer.timing.n_out) == (628, 424, 58)
    # It has words of its own; those of the prompt that is named are not among them.
    assert again.text == answer.text


def test_what_streams_is_the_whole(generator: Generator, kettle: list[Match]) -> None:
    streamed, answer = of_text(generator.stream(QUESTION, kettle, mode="measured"))
    assert streamed.strip() == answer.text == generator.answer(QUESTION, kettle, mode="measured").text


def test_a_stopped_answer_ends_within_a_second(generator: Generator, kettle: list[Match]) -> None:
    wished = 0.0
    for event in generator.stream("Tell a long story about the kettle, please.", kettle):
        if isinstance(event, Text) and not wished:
            generator.cancel()
            wished = time.monotonic()
    ended = time.monotonic()
    assert isinstance(event, Answer)
    assert event.stop_reason == "cancelled"
    assert ended - wished < 1


def test_a_prompt_that_is_being_read_is_stopped_within_a_second(
    generator: Generator, make_match: Callable[..., Match]
) -> None:
    generator.load()
    many = [make_match(number, TEXTS[number % 3]) for number in range(1, 60)]
    wish = threading.Timer(0.5, generator.cancel)
    wish.start()
    begun = time.monotonic()
    answer = generator.answer(QUESTION, many, mode="measured")
    assert answer.stop_reason == "cancelled"
    assert time.monotonic() - begun < 1.5


def test_a_follow_up_reads_only_what_is_new(generator: Generator, kettle: list[Match]) -> None:
    first = generator.answer(QUESTION, kettle)
    second = generator.answer("And the handle?", kettle, history=[first.exchange])
    assert second.text == "The handle is not the kettle, but the handle is a part of the kettle."
    known = first.timing.n_prompt + first.timing.n_out
    assert known - 4 <= (second.timing.n_prompt_reused or 0) <= known


@pytest.fixture
def many(make_match: Callable[..., Match]) -> list[Match]:
    """More than a context of 1,024 tokens: what fits fills it, and then all buffers are in use."""
    return [make_match(number, TEXTS[number % 3]) for number in range(1, 60)]


@pytest.fixture
def narrow(smollm2: tuple[ModelSpec, Settings]) -> tuple[ModelSpec, Settings]:
    spec, settings = smollm2
    return spec.model_copy(update={"n_ctx": 1024, "max_tokens": 16}), settings


def assert_foretold(answers: Sequence[Answer]) -> None:
    """The largest peak of these answers of one process is the foretold one, within 3 %."""
    assert min(answer.timing.n_prompt or 0 for answer in answers) > 900
    measured = max(answer.memory.peak_rss for answer in answers if answer.memory)
    foretold = answers[0].predicted_bytes
    assert foretold
    print(f"{measured / MIB:.1f} MiB measured, {foretold / MIB:.1f} foretold, {measured / foretold - 1:+.1%}")
    assert measured == pytest.approx(foretold, rel=0.03)


@pytest.mark.parametrize("answers", ["free", "verbatim"])
def test_its_memory_is_foretold(
    answers: AnswerMode, narrow: tuple[ModelSpec, Settings], many: list[Match]
) -> None:
    with Generator(*narrow) as generator:
        assert_foretold([generator.answer(QUESTION, many, mode="measured", answers=answers)])


@pytest.mark.parametrize("answers", ["free", "verbatim"])
def test_so_is_that_of_several_answers_at_once(
    answers: AnswerMode, narrow: tuple[ModelSpec, Settings], many: list[Match]
) -> None:
    with Generator(*narrow, at_once=4) as generator, ThreadPoolExecutor(4) as pool:
        ask = partial(generator.answer, matches=many, mode="throughput", answers=answers)
        assert_foretold(list(pool.map(ask, [f"{QUESTION} And number {number}?" for number in range(4)])))


def test_llama_cpp_ends_its_answers_at_tokens_that_nobody_named(smollm2: tuple[ModelSpec, Settings]) -> None:
    """llama.cpp takes tokens of certain names for ends, whatever a header says (llama-cpp-python 0.3.36).

    SmolLM2's header names <|im_end|> alone; the marks of a repository's files end an answer too. So an answer
    that is short may have ended at one of them.
    """
    vocab = Vocabulary(str(model_path(*smollm2))).vocab
    tokens = range(llama_cpp.llama_vocab_n_tokens(vocab))
    ends = {token_text(vocab, token) for token in tokens if llama_cpp.llama_vocab_is_eog(vocab, token)}
    assert token_text(vocab, llama_cpp.llama_vocab_eos(vocab)) == "<|im_end|>"
    assert {"<|im_end|>", "<|endoftext|>", "<reponame>"} <= ends
