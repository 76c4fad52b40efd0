"""What the page Ask says, without a page: links, marks in answers and passages, suggestions, filters."""

from datetime import date
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ask.cited import cited_words
from app.ask.link import link_query, read_link
from app.ask.live_answer import ordinal
from app.ask.marking import marked_answer, marked_passage
from app.ask.question import Filters, Question
from app.ask.suggestions import suggested_questions
from compare.scores import Span
from config.errors import BadLink
from generator import Answer, Timing
from generator.verbatim.sentences import Sentence
from retriever import Match, Passage, Product

USUAL = Question("A", "", ("a", "b"))
MODELS = ("a", "b", "c", "d", "e")
PROMPTS = ("default", "short")
days = st.none() | st.dates(date(1995, 1, 1), date(2030, 1, 1))
stars = st.just((None, None)) | st.tuples(st.integers(1, 5), st.integers(1, 5)).map(sorted).map(
    lambda pair: tuple(map(float, pair))
)


def query(text: str) -> dict[str, str]:
    return {key: values[-1] for key, values in parse_qs(text, keep_blank_values=True).items()}


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(st.sampled_from(MODELS), min_size=1, max_size=4, unique=True),
    stars,
    days,
    days,
    st.sampled_from([None, "free", "verbatim", "grounded"]),
    st.sampled_from([None, "de", "pt"]),
    st.sampled_from([None, *PROMPTS]),
)
def test_a_link_leads_back_to_its_question(  # type: ignore[no-untyped-def]
    product, text, models, limits, since, until, answers, language, prompt
):
    filters = Filters(limits[0], limits[1], since, until, language)
    asked = Question(product, text, tuple(models), answers, filters, prompt=prompt)
    assert read_link(query(link_query(asked)), USUAL, MODELS, PROMPTS) == asked


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("models=a,nobody", "'nobody', which is not here. Here are: a, b, c, d, e."),
        ("models=a,b,c,d,e", "asks 5 models; 4 are the most"),
        ("answers=loud", "expected one of free, verbatim, grounded"),
        ("prompt=shrt", "'shrt', which is not here; did you mean 'short'\\? Here are: default, short."),
        ("stars=5-1", "two numbers from 1 to 5"),
        ("stars=<b>", "two numbers from 1 to 5"),
        ("since=yesterday", "such as 2024-12-31"),
        ("language=German!", "two or three small letters, such as de"),
    ],
)
def test_a_link_that_cannot_be_followed_says_why(link: str, said: str) -> None:
    with pytest.raises(BadLink, match=said):
        read_link(query(link), USUAL, MODELS, PROMPTS)


def test_what_a_link_does_not_say_is_the_usual() -> None:
    assert read_link({}, USUAL, MODELS, PROMPTS) == USUAL
    found = read_link({"product": "B", "q": "Why?"}, USUAL, MODELS, PROMPTS)
    assert found == Question("B", "Why?", ("a", "b"))


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (Filters(), ""),
        (Filters(1, 3), "1 to 3 stars"),
        (Filters(2, 2, date(2020, 1, 2)), "2 stars, since 2020-01-02"),
        (Filters(until=date(2021, 1, 2)), "until 2021-01-02"),
        (Filters(max_rating=2, language="de"), "1 to 2 stars, language de"),
    ],
)
def test_filters_in_words(filters: Filters, words: str) -> None:
    assert str(filters) == words


def passage(text: str) -> Passage:
    return Passage("A", "r", 0, text, 5, None, None, "")


def answer(text: str, passages: list[str], quotes: tuple[Sentence, ...] = ()) -> Answer:
    timing = Timing(0.5, 0.5, 2.0, 10, 0, 5, 1)
    matches = tuple(Match(passage(text), 1.0) for text in passages)
    return Answer(
        "m", "?", text, matches, 0, "end", timing, None, None, None, 0, "interactive", False,
        answers="verbatim" if quotes else "free", quotes=quotes,
    )  # fmt: skip


def row(one: Answer) -> dict[str, object]:
    return {
        "answer": one.text,
        "answers": one.answers,
        "own_line": "",
        "passages": [{"text": match.passage.text} for match in one.matches],
        "quotes": [
            {"passage": quote.passage, "start": quote.start, "end": quote.end, "text": quote.text}
            for quote in one.quotes
        ],
    }


def cited(one: Answer) -> list[list[str]]:
    return [
        [match.passage.text[span.start : span.end] for span in spans]
        for match, spans in zip(one.matches, cited_words([row(one)]), strict=True)
    ]


def test_what_a_sentence_shares_with_the_passage_it_cites_is_found() -> None:
    passages = ["It is loud. The battery lasts for 30 hours!", "A loud battery."]
    one = answer("They say the battery lasts for thirty hours [1]. It is loud.", passages)
    assert cited(one) == [["battery lasts for 30 hours"], []]


def test_of_a_verbatim_answer_it_is_the_quotation() -> None:
    text = "It is loud. The battery [1] lasts."
    one = answer('"The battery [1] lasts." [1] (5 of 5 stars)', [text], (Sentence(1, 12, 34, text[12:34]),))
    assert cited(one) == [["The battery [1] lasts."]]
    # The customer's own bracket is no citation.
    assert marked_answer(one, (), "q") == r'"The battery \[1\] lasts." [\[1\]](#q-1) (5 of 5 stars)'


def test_an_unsupported_sentence_is_marked_and_cannot_end_its_mark() -> None:
    one = answer("Good [1]. Bad] :red[x] [2](http://x.y).", ["Good."])
    start = one.text.index("Bad")
    shown = marked_answer(one, [Span(start, len(one.text))], "q")
    assert shown.startswith(r"Good [\[1\]](#q-1). :orange-background[Bad\] \:red\[x\] \[2\](http\:")
    assert shown.endswith("x.y).]")


def test_cited_words_are_marked() -> None:
    assert marked_passage("a b", [Span(2, 3)]) == "a :green-background[b]"


def test_questions_to_begin_with_follow_the_stars() -> None:
    praised = Product("A", ("A",), "Kettle", 3, 5.0, ratings=(0, 0, 0, 0, 3))
    mixed = Product("A", ("A",), "Kettle", 1203, 3.0, ratings=(1000, 200, 0, 0, 3))
    assert not any("one or two stars" in text for text in suggested_questions(praised))
    assert "Why did 1,200 people give it one or two stars?" in suggested_questions(mixed)


def test_places_in_line() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd",
    ]  # fmt: skip
