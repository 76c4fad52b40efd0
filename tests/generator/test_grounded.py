"""Grounded answers: sentences that are chosen first, reported one by one, and quoted where that fails."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import EmbedderSettings, ModelSpec, Settings
from config.errors import ConfigError
from generator import Answer, Answerer, Generator, Text, open_answerer
from generator.answer import ABSTENTION
from generator.verbatim.grounded import GRAMMAR, OPENING, chosen_sentences, holds, mentioned, report_messages
from retriever import Embedder
from retriever.passage import Match
from tests.scripted_model import write_scripted_model

TEMPLATE = "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>"
QUESTION = "Is the kettle loud?"
TEXTS = ("It is loud. The lid is stiff.", "My kettle is not loud at all.", "It boils a litre in 3 minutes.")


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(EmbedderSettings())


@pytest.fixture
def kettle(make_match: Callable[..., Match]) -> list[Match]:
    return [make_match(number, text) for number, text in enumerate(TEXTS, start=1)]


@pytest.fixture
def recite(tmp_path: Path, embedder: Embedder) -> Iterator[Callable[..., Answerer]]:
    """Starts what answers for a model that recites a text as far as the grammar lets it."""
    started: list[Answerer] = []

    def make(text: str, **fields: object) -> Answerer:
        path = tmp_path / f"scripted-{len(started)}.gguf"
        write_scripted_model(path, text, template=TEMPLATE)
        given = {"name": "scripted", "file": str(path), "answers": "grounded"} | fields
        started.append(
            open_answerer(ModelSpec.model_validate(given), Settings(home=tmp_path), embedder, force=True)
        )
        return started[-1]

    yield make
    for answerer in started:
        answerer.close()


@pytest.mark.parametrize(
    ("report", "sentence", "stands"),
    [
        ("One customer says that the lid is stiff.", "The lid is stiff.", True),
        ("One customer says that they charge every 10 days.", "charge maybe every 10 days", True),
        ("One customer says that they do not charge every 10 days.", "charge maybe every 10 days", False),
        ("One customer says that they charge every 9 days.", "charge maybe every 10 days", False),
        ("One customer says that they charge it.", "charge maybe every 10 days", False),
        ("One customer says that they dislike the sound.", "I like the sound.", False),
        ("One customer says that the lid is stiff, but they like the smell.", "The lid is stiff.", False),
        ("One customer says that the cat bit the dog.", "The dog bit the cat.", False),
        ("One customer says that my lid is stiff.", "My lid is stiff.", False),
        ("One customer says that they ", "The lid is stiff.", False),
    ],
)
def test_a_report_repeats_its_sentence_or_does_not_stand(
    report: str, sentence: str, stands: bool, embedder: Embedder
) -> None:
    assert holds(report, sentence, embedder) is stands


def test_without_a_word_of_the_question_nothing_is_chosen(kettle: list[Match], embedder: Embedder) -> None:
    passages = [match.passage for match in kettle]
    assert chosen_sentences(QUESTION, passages, embedder, 8)
    assert chosen_sentences("Does it whistle?", passages, embedder, 8) == []
    assert not mentioned("Is it lou?", passages) and mentioned("Is the lid stiff?", passages)
    assert mentioned("How long does it boil?", passages)  # "boils"
    # Who asks for praise or complaints need not say which.
    assert chosen_sentences("What do people dislike?", passages, embedder, 8)


def test_each_sentence_is_reported_or_quoted_and_cited(
    recite: Callable[..., Answerer], kettle: list[Match]
) -> None:
    *events, answer = recite(f"{OPENING}it is loud.").stream(QUESTION, kettle)
    assert isinstance(answer, Answer)
    assert "".join(event.text for event in events if isinstance(event, Text)) == answer.text
    reports = dict(zip((quote.text for quote in answer.quotes), answer.reports, strict=True))
    assert reports["It is loud."] == f"{OPENING}it is loud."
    assert reports["My kettle is not loud at all."] is None
    assert f"{OPENING}it is loud [1]." in answer.text
    assert '"My kettle is not loud at all." [2]' in answer.text
    assert (answer.answers, answer.invalid_citations, answer.stop_reason) == ("grounded", (), "end")
    assert set(answer.citations) == {quote.passage for quote in answer.quotes}
    assert answer.template and answer.template.prompt == "grounded"
    # Each sentence of its own is one event.
    assert len([event for event in events if isinstance(event, Text)]) == len(answer.quotes)


def test_its_figures_are_those_of_all_reports(recite: Callable[..., Answerer], kettle: list[Match]) -> None:
    answerer = recite(f"{OPENING}it is loud.")
    answer = answerer.answer(QUESTION, kettle, mode="measured")
    timing, n = answer.timing, len(answer.quotes)
    assert n >= 2 and timing.writing and timing.reading_s and timing.n_out and timing.n_prompt
    assert timing.writing.n_out == timing.n_out - n + 1
    assert timing.decode_tok_s == timing.writing.decode_tok_s
    # The first reads the examples, the others only their sentence.
    examples = len(report_messages("")[0].content)
    assert (timing.n_prompt_reused or 0) >= (n - 1) * examples
    assert 0 < timing.reading_s + timing.writing.seconds <= timing.e2e_s
    assert timing.ttft_s and timing.e2e_s and timing.ttft_s < timing.e2e_s
    assert answer.memory and answer.memory.peak_rss > 0


def test_what_is_asked_where_the_reviews_do_not_tell(
    recite: Callable[..., Answerer], kettle: list[Match]
) -> None:
    answer = recite(f"{OPENING}it is loud.").answer("Does it whistle?", kettle)
    assert (answer.text, answer.abstained, answer.quotes) == (ABSTENTION, True, ())
    assert (answer.timing.n_out, answer.timing.decode_tok_s) == (0, None)


def test_it_stops_in_the_middle(recite: Callable[..., Answerer], kettle: list[Match]) -> None:
    answerer = recite(f"{OPENING}it is loud.")
    events = answerer.stream(QUESTION, kettle)
    shown = []
    for event in events:
        if isinstance(event, Text):
            shown.append(event.text)
            answerer.cancel()
    assert isinstance(event, Answer)
    assert event.stop_reason == "cancelled"
    assert event.text == "".join(shown) and len(event.quotes) == len(shown) == 1
    # The next question is answered whole.
    assert len(answerer.answer(QUESTION, kettle).quotes) >= 2


def test_who_leaves_early_does_not_spoil_the_next_answer(
    recite: Callable[..., Answerer], kettle: list[Match]
) -> None:
    answerer = recite(f"{OPENING}it is loud.")
    whole = answerer.answer(QUESTION, kettle)
    events = answerer.stream(QUESTION, kettle)
    while not isinstance(next(events), Text):
        pass
    events.close()  # type: ignore[attr-defined]
    assert answerer.answer(QUESTION, kettle).text == whole.text


def test_nothing_that_a_customer_wrote_is_in_the_grammar() -> None:
    assert GRAMMAR.startswith(f'root ::= "{OPENING}"') and "{sentence}" not in GRAMMAR


def test_it_needs_a_local_model_and_an_embedder(tmp_path: Path, kettle: list[Match]) -> None:
    far = ModelSpec(name="far", kind="openai", url="http://localhost:1/v1")
    with pytest.raises(ConfigError, match="grounded answers need a local model"):
        Generator(far, Settings(home=tmp_path)).answer(QUESTION, kettle, answers="grounded")
    write_scripted_model(tmp_path / "m.gguf", "It is loud.", template=TEMPLATE)
    near = ModelSpec(name="near", file=str(tmp_path / "m.gguf"))
    with pytest.raises(ConfigError, match="has no embedder"):
        Generator(near, Settings(home=tmp_path), force=True).answer(QUESTION, kettle, answers="grounded")
