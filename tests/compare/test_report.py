"""The files of a report: what they hold, and that it harms neither a spreadsheet nor a reader."""

import csv
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.report import write_files
from compare.report.annotation import annotate
from compare.report.contents import contents
from compare.report.visible import visible
from compare.scores import Span
from tests.compare.reports import PRODUCTS, finished, many, scored
from tests.compare.rows import row

GOLDEN = Path(__file__).parent / "golden" / "report.md"
HOSTILE = "<b>no</b> [x](http://x) | *n*\u202e"
ROWS = [
    row("small", answer=HOSTILE, citations=[]),
    row("big", ttft_s=30.0, e2e_s=80.5, decode_tok_s=1.234, words_per_s=0.94),
    row(
        "big", repeat=1, answer="It flies [1]. It works [2].", invalid_citations=[2], stop_reason="max_tokens"
    ),
    row("big", product_id="B0TEST0002", ttft_s=20.0, decode_tok_s=1.3, answer=""),
]
SCORES = [
    scored(1, Span(0, len(HOSTILE)), groundedness=0.0),
    scored(2, groundedness=1.0),
    scored(3, Span(0, 13), groundedness=0.5),
    scored(4),
]
RUN = finished(
    "example",
    ROWS,
    SCORES,
    product_name="Kettle",
    failures=[{"model": "absent", "reason": "There is no file absent.gguf."}],
)


def test_the_markdown_is_as_in_the_golden_file(tmp_path: Path) -> None:
    write_files(tmp_path, [RUN])
    written = (tmp_path / "report.md").read_text()
    assert written == GOLDEN.read_text(), f"if the change is meant, put this into {GOLDEN}:\n{written}"


def test_the_summary_has_one_entry_per_model(tmp_path: Path) -> None:
    write_files(tmp_path, [RUN])
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["models"].keys() == {"small", "big"}
    assert summary["models"]["big"]["answers"] == 3
    assert summary["models"]["big"]["figures"]["ttft_s"]["median"] == 20.0
    assert summary["failures"] == [{"model": "absent", "reason": "There is no file absent.gguf."}]


def test_answers_keep_every_column_and_text_and_get_their_scores(tmp_path: Path) -> None:
    write_files(tmp_path, [RUN])
    lines = (tmp_path / "answers.jsonl").read_text().splitlines()
    answers = [json.loads(line) for line in lines]
    assert [answer["model"] for answer in answers] == ["small", "big", "big", "big"]
    assert ROWS[0].keys() <= answers[0].keys()
    assert answers[0]["answer"] == HOSTILE
    assert [answer["groundedness"] for answer in answers] == [0, 1, 0.5, None]
    assert answers[2]["unsupported"] == [{"start": 0, "end": 13}]
    assert answers[0]["answered_at"] == "2026-01-02 03:04:05+00:00"


def test_the_csv_has_the_same_rows(tmp_path: Path) -> None:
    write_files(tmp_path, [RUN])
    for stem in ("answers", "figures", "comparisons"):
        with (tmp_path / f"{stem}.csv").open(newline="") as file:
            read = list(csv.DictReader(file))
        written = [json.loads(line) for line in (tmp_path / f"{stem}.jsonl").read_text().splitlines()]
        assert len(read) == len(written) > 0
        assert list(read[0]) == list(written[0])


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_begins_a_formula(tmp_path: Path, start: str) -> None:
    text = f'{start}HYPERLINK("http://x")'
    write_files(tmp_path, [finished("r", [row(text, answer=text, n_out=-1)])])
    with (tmp_path / "answers.csv").open(newline="") as file:
        (read,) = csv.DictReader(file)
    assert read["answer"] == read["model"] == f"'{visible(text)}"
    assert read["n_out"] == "-1", "a number is no text"


def test_a_run_without_answers_still_has_its_files(tmp_path: Path) -> None:
    page = write_files(tmp_path, [finished("r", [])])
    assert "No model answered." in (tmp_path / "report.md").read_text()
    assert "nothing to compare" in page.read_text()


def test_a_run_of_before_there_were_tasks_is_reported(tmp_path: Path) -> None:
    write_files(tmp_path, [finished("r", ROWS, tasks=[], conditions=[])])
    assert "It works" in (tmp_path / "report.md").read_text()


def test_a_run_that_was_interrupted_says_so() -> None:
    run = finished("r", ROWS, plan={"k": 5, "seed": 0, "models": ["big", "small"]})
    (about,) = contents([run]).abouts
    (asked,) = [fact.values for fact in about.facts if fact.term == "asked"]
    assert asked == ("2 questions about 2 products, 4 answers of 8 planned",)


def test_runs_beside_each_other_are_told_apart_and_paired(tmp_path: Path) -> None:
    products = [f"B0TEST{number:04}" for number in range(8)]
    slow, fast = (
        [
            row("m", product_id=product, words_per_s=speed + index / 20)
            for index, product in enumerate(products)
        ]
        for speed in (1.0, 3.0)
    )
    write_files(
        tmp_path,
        [finished(name, rows, products=tuple(products)) for name, rows in (("a", slow), ("b", fast))],
    )
    compared = [json.loads(line) for line in (tmp_path / "comparisons.jsonl").read_text().splitlines()]
    (speed,) = [one for one in compared if one["figure"] == "words_per_s"]
    assert (speed["first"], speed["second"], speed["n"]) == ("m @ a", "m @ b", 8)
    assert (speed["outcome"], speed["winner"]) == ("better", "m @ b")
    assert not (tmp_path / "summary.json").exists()
    assert "in 8 comparisons" in (tmp_path / "report.md").read_text()
    assert "m @ b answers with" in (tmp_path / "report.html").read_text()


def test_who_takes_part_in_several_runs_is_compared_with_itself() -> None:
    rows = {name: [row(name, product_id=product) for product in PRODUCTS] for name in ("both", "too", "new")}
    before, after = (
        finished("a", rows["both"] + rows["too"]),
        finished("b", [*rows["both"], *rows["too"], *rows["new"]]),
    )
    found = contents([before, after]).measured
    pairs = {(one.first, one.second) for one in found.comparisons}
    assert ("both @ a", "both @ b") in pairs and ("new @ b", "too @ a") in pairs
    assert not pairs & {("both @ a", "too @ a"), ("both @ a", "too @ b"), ("both @ b", "too @ b")}
    # One for each of the two that are compared with themselves, and one for the rest.
    assert len(found.verdicts) == 3


def test_a_large_run_stays_small_enough_to_send(tmp_path: Path) -> None:
    answer = "The battery lasts long, and people like that [1]. " * 30
    page = write_files(tmp_path, [many(("a", "b", "c", "d"), 20, 3, answer, "It lasts two days. " * 15)])
    assert 400_000 < page.stat().st_size < 1_000_000


@given(st.text(), st.lists(st.integers(0, 40)), st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_annotating_loses_no_character(
    text: str, ends: list[int], valid: set[int], invalid: set[int]
) -> None:
    limits = sorted({min(end, len(text)) for end in ends})
    spans = [Span(start, end) for start, end in list(pairwise(limits))[::2]]
    stretches = annotate(text, spans, valid, invalid)
    assert "".join(piece.text for stretch in stretches for piece in stretch.pieces) == text
    marked = ["".join(piece.text for piece in one.pieces) for one in stretches if one.unsupported]
    assert marked == [text[span.start : span.end] for span in spans]


def test_citations_are_pieces_of_their_own() -> None:
    (stretch,) = annotate("A [1, 3], b [2] [7].", [], [1, 2], [3])
    cited = [(piece.text, piece.cites, piece.valid) for piece in stretch.pieces if piece.cites is not None]
    assert cited == [("1", 1, True), ("3", 3, False), ("[2]", 2, True)]


@given(st.text())
def test_what_is_visible_hides_nothing_and_stays_so(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert not set(shown) & set("\0\r\u202e\u2066\u200b\ufeff\U000e0041")
    shown.encode()


def test_emoji_and_scripts_with_joiners_stay() -> None:
    assert visible("👩‍🚀 می‌خواهم ❤️") == "👩‍🚀 می‌خواهم ❤️"
