"""The contestant without a language model: what it quotes, and what it says of itself."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import ModelSpec, Settings
from config.errors import ConfigError
from generator import Answer, Registry, Text, open_answerer
from generator.verbatim.extractive import Extractive
from generator.verbatim.sentences import split_sentences
from models.catalogue.catalogue import EXTRACTIVE
from retriever import Embedder, Match

REVIEWS = (
    ("The battery lasts for three whole days. I bought it in May.", 5),
    ("It broke after a week, and the repair cost a fortune. My brother has one too.", 1),
    ("A battery that runs for days! The colour is a dark green.", 4),
    ("I am very happy with it and would buy it again. It came in a brown box.", 5),
    ("Useless, badly made, a waste of money. We live near the sea.", 1),
)


@pytest.fixture(scope="module")
def extractive(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Extractive]:
    home = Settings(home=tmp_path_factory.getbasetemp())
    with Extractive(EXTRACTIVE, home, embedder) as contestant:
        contestant.load()
        yield contestant


@pytest.fixture(scope="module")
def shown(make_match: Callable[..., Match]) -> list[Match]:
    return [make_match(number, text, stars) for number, (text, stars) in enumerate(REVIEWS, start=1)]


def test_an_aspect_is_answered_by_the_sentences_about_it(extractive: Extractive, shown: list[Match]) -> None:
    answer = extractive.answer("How long does the battery last?", shown)
    best = [quote.text for quote in answer.quotes][:2]
    assert best == ["The battery lasts for three whole days.", "A battery that runs for days!"]
    assert answer.citations[:2] == (1, 3)
    assert "dark green" not in answer.text and "brown box" not in answer.text
    assert '"A battery that runs for days!" [3] (4 of 5 stars)' in answer.text.splitlines()


@pytest.mark.parametrize(
    ("question", "wanted", "unwanted"),
    [
        ("What do people like about it?", "happy with it", "waste of money"),
        ("What do people dislike about it?", "waste of money", "happy with it"),
    ],
)
def test_praise_and_complaint_are_told_apart(
    extractive: Extractive, shown: list[Match], question: str, wanted: str, unwanted: str
) -> None:
    answer = extractive.answer(question, shown)
    assert wanted in answer.quotes[0].text
    assert unwanted not in answer.text


@pytest.mark.parametrize("question", ["Can it be used with a Bulgarian SIM card?", "does it have bluetooth"])
def test_it_says_when_the_reviews_do_not_tell(
    extractive: Extractive, shown: list[Match], question: str
) -> None:
    answer = extractive.answer(question, shown)
    assert (answer.text, answer.quotes, answer.abstained) == ("The reviews do not say.", (), True)


@pytest.mark.parametrize("texts", [[], ["🥁🥁"], ["", "  \n"], ["\0[1]"]])
def test_without_a_sentence_there_is_nothing_to_say(
    extractive: Extractive, make_match: Callable[..., Match], texts: list[str]
) -> None:
    matches = [make_match(number, text, None) for number, text in enumerate(texts, start=1)]
    assert extractive.answer("How long does the battery last?", matches).abstained


def test_the_same_words_are_quoted_once(extractive: Extractive, make_match: Callable[..., Match]) -> None:
    matches = [make_match(1, "The battery lasts all day."), make_match(2, "the battery lasts all day!!")]
    assert len(extractive.answer("How long does the battery last?", matches).quotes) == 1


def test_no_more_sentences_than_the_settings_say(
    embedder: Embedder, tmp_path: Path, shown: list[Match]
) -> None:
    home = Settings.model_validate({"home": tmp_path, "verbatim": {"sentences": 1}})
    with open_answerer(EXTRACTIVE, home, embedder) as contestant:
        assert len(contestant.answer("How long does the battery last?", shown).quotes) == 1


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(st.text(max_size=80), max_size=4), question=st.text(max_size=40))
def test_every_quote_stands_in_its_passage_and_the_answer_is_always_the_same(
    extractive: Extractive, make_match: Callable[..., Match], texts: list[str], question: str
) -> None:
    matches = [make_match(number, text, 3) for number, text in enumerate(texts, start=1)]
    answer = extractive.answer(question, matches)
    for quote in answer.quotes:
        passage = answer.matches[quote.passage - 1].passage
        assert passage.text[quote.start : quote.end] == quote.text
    assert set(answer.quotes) <= set(split_sentences([match.passage for match in matches]))
    assert bool(answer.quotes) != answer.abstained
    assert extractive.answer(question, matches).text == answer.text


def test_figures_say_only_what_is_so(extractive: Extractive, shown: list[Match]) -> None:
    *texts, answer = extractive.stream("How long does the battery last?", shown, mode="measured")
    assert isinstance(answer, Answer)
    assert texts == [Text(answer.text)]
    timing = answer.timing
    assert timing.ttft_s == timing.ttfo_s == timing.e2e_s
    assert timing.e2e_s
    assert (timing.n_prompt, timing.n_out, timing.decode_tok_s, timing.prefill_tok_s) == (None,) * 4
    assert (answer.memory, answer.predicted_bytes, extractive.pid) == (None, None, None)
    assert (answer.answers, answer.stop_reason, answer.mode) == ("verbatim", "end", "measured")
    assert answer.load_s and "all-MiniLM-L6-v2" in str(answer.origin.engine)


def test_it_cannot_be_told_to_write(extractive: Extractive, shown: list[Match]) -> None:
    with pytest.raises(ConfigError, match="no language model"):
        extractive.answer("Is it loud?", shown, answers="free")


def test_a_page_asks_it_like_any_model(embedder: Embedder, tmp_path: Path, shown: list[Match]) -> None:
    with Registry(Settings(home=tmp_path), embedder) as registry:
        *_, answer = registry.reserve("extractive").stream("How long does the battery last?", shown)
        assert isinstance(answer, Answer) and answer.quotes
        assert registry.answering == 0


def test_in_the_settings_it_only_quotes() -> None:
    assert ModelSpec(kind="extractive", answers="verbatim").name == ""
    with pytest.raises(ValueError, match="needs 'answers: verbatim'"):
        ModelSpec(kind="extractive")
    with pytest.raises(ValueError, match="'file' is not for a model of kind 'extractive'"):
        ModelSpec(kind="extractive", answers="verbatim", file="m.gguf")
