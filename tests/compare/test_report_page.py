"""The page as a parser sees it: no text from outside becomes markup, and nothing of it is lost."""

import re
from html.parser import HTMLParser
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from compare.report.charts import axis_of
from compare.report.contents import contents
from compare.report.page import page
from compare.report.visible import visible
from compare.scores import Span
from compare.statistics import Estimate
from tests.compare.reports import QUESTION, finished, make_task, many, scored
from tests.compare.rows import row

MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=a>",
    "</p>",
    '"><a href="javascript:x">',
    "&lt;&amp;",
    "{{ 7*7 }}",
    "]]>",
    "<!--",
    "[1]",
    "\0",
    "\u202e",
]
hostile = st.lists(st.sampled_from(MARKUP) | st.text(max_size=9), min_size=1, max_size=4).map("".join)
ADDRESS = re.compile(r"#[a-z0-9-]+")


class Reader(HTMLParser):
    """What a page consists of: its elements, their attributes, its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.attributes}


def written(text: str) -> Reader:
    """A page with this text wherever strangers can write."""
    rows: list[Any] = [
        row(
            model,
            repeat=repeat,
            product_id=text,
            question=text,
            answer=text,
            reasoning=text,
            engine=text,
            machine=text,
            file_sha256=text,
            stop_reason=text,
            model_settings={"file": text},
            passages=[{"review_id": text, "number": 0, "score": 0.5, "text": text}],
            citations=[1],
        )
        for model in (text, "other")
        for repeat in range(2)
    ]
    scores = [scored(number, Span(0, min(3, len(text))), groundedness=0.5) for number in range(len(rows))]
    run = finished(
        text,
        rows,
        scores,
        products=(text,),
        product_name=text,
        failures=[{"model": text, "reason": text}],
        plan={"k": 5, "seed": 0, "scores": [], "command": text},
    )
    return Reader(page(contents([run])))


PLAIN = written("plain")


@settings(deadline=None, max_examples=25)
@given(hostile)
def test_any_text_is_shown_and_is_never_markup(text: str) -> None:
    read = written(text)
    assert read.elements <= PLAIN.elements
    assert read.names <= PLAIN.names
    assert visible(text) in read.text
    for name, value in read.attributes:
        if name == "href":
            assert ADDRESS.fullmatch(value or "")


def test_nothing_is_fetched_and_nothing_runs() -> None:
    assert not PLAIN.elements & {
        "script",
        "img",
        "iframe",
        "link",
        "object",
        "embed",
        "form",
        "input",
        "base",
    }
    assert not {name for name in PLAIN.names if name.startswith("on") or name in ("src", "style", "srcset")}
    policy = [
        value for name, value in PLAIN.attributes if name == "content" and "default-src" in (value or "")
    ]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_citations_lead_to_passages_of_the_same_question() -> None:
    run = many(("a", "b"), 3, 2, "It lasts [1]. It shines [9].", "It lasts.")
    read = Reader(page(contents([run])))
    ids = {value for name, value in read.attributes if name == "id"}
    leads = [value for name, value in read.attributes if name == "href"]
    assert {lead[1:] for lead in leads if lead} <= ids
    assert len([value for name, value in read.attributes if name == "id"]) == len(ids)
    for question in (1, 2, 3):
        assert leads.count(f"#q{question}-1-1") == 4


def test_runs_that_retrieved_otherwise_have_their_own_passages() -> None:
    before, after = (
        finished(
            name, [row("m", passages=[{"review_id": "r", "number": 0, "score": 1, "text": f"It {name}."}])]
        )
        for name in ("fell", "rose")
    )
    told = contents([before, after])
    asked = next(one for one in told.asked if one.given[0].answers)
    assert [[passage.text for passage in one.passages] for one in asked.sources] == [
        ["It fell."],
        ["It rose."],
    ]
    assert [given.answers[0].anchor for given in asked.given] == ["q2-1", "q2-2"]
    assert asked.question == QUESTION


def test_a_name_that_is_only_the_id_is_not_said_twice() -> None:
    for name, product in (("", "B0"), ("B0", "B0"), ("Kettle", "Kettle (B0)")):
        (asked,) = contents([finished("r", [], products=("B0",), product_name=name)]).asked
        assert asked.product == product
    assert make_task("B0").product_name == ""


numbers = st.floats(-1e12, 1e12).filter(lambda value: value == 0 or abs(value) > 1e-9)


@given(st.lists(st.tuples(numbers, numbers, numbers).map(sorted), min_size=1, max_size=5))
def test_an_axis_holds_zero_and_everything_on_it(triples: list[list[float]]) -> None:
    estimates = [Estimate(value, low, high, 9, 9) for low, value, high in triples]
    axis = axis_of(estimates, 10, 350)
    for value in (0, *(value for triple in triples for value in triple)):
        assert 9.9 <= axis.at(value) <= 350.1
    assert 2 <= len(axis.ticks) <= 8
    assert list(axis.ticks) == sorted(set(axis.ticks))
