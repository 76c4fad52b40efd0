"""What a judge and people preferred, as reports tell it."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from compare.judge import CONTROLS, DIMENSIONS, Judgements, Preference, Rating, Trial
from compare.report import FinishedRun, write_files
from compare.report.contents import contents
from compare.report.markdown import markdown
from compare.statistics import Vote
from generator.log.answer_log import Row
from tests.compare.reports import finished
from tests.compare.rows import row

PRODUCTS = tuple(f"B0TEST{number:04}" for number in range(8))
HOSTILE = "<b>judge</b>"


def answers() -> list[Row]:
    return [
        row(name, product_id=product, answer_id=10 * number + index)
        for number, product in enumerate(PRODUCTS)
        for index, name in enumerate(("good", "bad"))
    ]


def said(judge: str = "critic", **changes: Any) -> Judgements:
    """Good is marked 4 or 5 and preferred everywhere but once; bad is marked 2, once not at all."""
    ratings, preferences = [], []
    for number in range(len(PRODUCTS)):
        for index, mark in enumerate((4 + number % 2, 2)):
            marks = None if (number, index) == (0, 1) else {one.key: mark for one in DIMENSIONS}
            ratings.append(Rating(10 * number + index, marks, itself=index == 1))
        back = 1 if number == 0 else 2
        preferences.append(Preference(10 * number, 10 * number + 1, 1, back, (3, 9)))
    given: dict[str, Any] = {
        "judge": judge,
        "file_sha256": "ab12",
        "ratings": ratings,
        "preferences": preferences,
    }
    return Judgements(**{**given, **changes})


@pytest.fixture
def judged() -> FinishedRun:
    return finished("r", answers(), products=PRODUCTS, judged=said())


def test_marks_pairs_and_bias_stand_in_the_report(judged: FinishedRun) -> None:
    text = markdown(contents([judged])).replace("\\", "")
    section = text.partition("## Judged by critic")[2]
    assert "critic judges itself: the answers of bad are its own" in section
    assert "critic marked 15 answers, and gave 1 no marks that can be read" in section
    assert "SHA-256 of its file: ab12" in section
    # Seven wins and a contradiction, from the side of the alphabetically first.
    assert "| bad against good | 0 | 1 | 7 | 0 | 6% | 0% to 21% |" in section
    assert "it contradicted itself in 12% of the pairs" in section
    assert "0% were the longer answer" in section
    assert "### accuracy, judged" in section
    assert "| good | 4.50 | 4.05 to 4.95 | 8 | 0 |" in section
    assert "good is 2.57 higher than bad in 'accuracy, judged'" in section
    assert "accuracy, judged" not in text.partition("## Judged by critic")[0]


def test_the_page_tells_the_same(judged: FinishedRun, tmp_path: Path) -> None:
    page = write_files(tmp_path, [judged]).read_text()
    section = page.partition('<section id="judged">')[2].partition('<section id="answers">')[0]
    assert '<a href="#judged">Judged</a>' in page
    assert "bad against good" in section and "0% to 21%" in section and "accuracy, judged" in section


def test_programs_get_it_too(judged: FinishedRun, tmp_path: Path) -> None:
    write_files(tmp_path, [judged])
    summary = json.loads((tmp_path / "summary.json").read_text())["judge"]
    assert summary["marks"]["good"]["judged_accuracy"]["value"] == 4.5
    assert summary["pairs"][0]["losses"] == 7 and summary["bias"]["contradicted"] == 1 / 8
    lines = [json.loads(line) for line in (tmp_path / "preferences.jsonl").read_text().splitlines()]
    assert [line["winner"] for line in lines] == ["tie"] + ["first"] * 7
    assert (lines[1]["first"], lines[1]["second"], lines[1]["forth"], lines[1]["back"]) == (
        "good",
        "bad",
        1,
        2,
    )
    with (tmp_path / "answers.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    assert [one["judged_complexity"] for one in read[:4]] == ["4", "", "5", "2"]


def test_nothing_of_an_earlier_report_stays_beside_a_new_one(judged: FinishedRun, tmp_path: Path) -> None:
    (tmp_path / "output.log").touch()
    write_files(tmp_path, [judged])
    assert (tmp_path / "preferences.csv").exists() and (tmp_path / "summary.json").exists()
    unjudged = [finished(name, answers(), products=PRODUCTS) for name in "ab"]
    write_files(tmp_path, unjudged)
    assert {file.stem for file in tmp_path.iterdir()} == {
        "report", "answers", "figures", "comparisons", "output",
    }  # fmt: skip


def test_a_run_without_judge_and_votes_says_nothing_of_them(tmp_path: Path) -> None:
    page = write_files(tmp_path, [finished("r", answers(), products=PRODUCTS)]).read_text()
    assert 'id="judged"' not in page and 'id="votes"' not in page
    assert not (tmp_path / "preferences.csv").exists()
    assert json.loads((tmp_path / "summary.json").read_text()).keys().isdisjoint({"judge", "votes"})


def test_marks_of_different_judges_do_not_meet() -> None:
    one, other = (
        finished(name, answers(), products=PRODUCTS, judged=said(judge))
        for name, judge in (("a", "critic"), ("b", "other"))
    )
    apart = contents([one, other])
    assert not apart.measured.marks and len(apart.judged) == 2
    assert "each run's own report has them" in apart.judged[0].before[-1]
    together = contents([one, finished("b", answers(), products=PRODUCTS, judged=said())])
    assert len(together.measured.marks) == len(DIMENSIONS)
    assert {one.contestant for one in together.measured.marks[0].reached} == {
        "good @ a", "good @ b", "bad @ a", "bad @ b",
    }  # fmt: skip
    assert together.judged[1].lines[0][0] == "bad @ b against good @ b"


def test_hostile_names_are_no_markup(tmp_path: Path) -> None:
    page = write_files(tmp_path, [finished("r", answers(), judged=said(HOSTILE), products=PRODUCTS)])
    assert HOSTILE not in page.read_text() and "&lt;b&gt;judge" in page.read_text()
    assert HOSTILE not in (tmp_path / "report.md").read_text()


def test_votes_are_win_rates_of_blind_votes(tmp_path: Path) -> None:
    votes = [Vote("good", "bad", "a", blind=True)] * 14 + [
        Vote("bad", "good", "tie", blind=True),
        Vote("bad", "good", "bad", blind=True),
        Vote("bad", "good", "a", blind=False),
    ]
    write_files(tmp_path, [finished("r", answers(), products=PRODUCTS, votes=votes)])
    section = (tmp_path / "report.md").read_text().replace("\\", "").partition("## Votes")[2]
    assert "16 blind votes on these answers. Not counted: 1 by people who saw the names." in section
    assert "|  | won | tied | lost | both bad | win rate | 95 % interval |" in section
    assert "| bad against good | 0 | 1 | 14 | 1 | 3% | 0% to 25% |" in section
    assert "In order: good, bad" in section
    (rate,) = json.loads((tmp_path / "summary.json").read_text())["votes"]
    assert (rate["wins"], rate["losses"], rate["ties"], rate["both_bad"]) == (0, 14, 1, 1)


def test_few_votes_are_no_order(tmp_path: Path) -> None:
    votes = [Vote("good", "bad", "a", blind=True)]
    (voted,) = [contents([finished("r", answers(), products=PRODUCTS, votes=votes)]).voted]
    assert voted and voted.after[0] == "The votes do not support an order of all contestants."
    seen = contents([finished("r", answers(), votes=[Vote("good", "bad", "a", blind=False)])]).voted
    assert seen and not seen.lines and "0 blind votes" in seen.before[0]


def test_answers_written_several_at_a_time_show_no_times(tmp_path: Path) -> None:
    rows = [{**one, "mode": "throughput", "shared": True} for one in answers()]
    page = write_files(tmp_path, [finished("r", rows, products=PRODUCTS)]).read_text()
    assert "The time of each alone is not known" in page
    assert "tokens/s" not in page.partition('<section id="answers">')[2]
    assert "others were writing" not in page
    told = contents([finished("r", rows, products=PRODUCTS)])
    assert {section.measure.key for section in told.measured.sections} == {
        "words",
        "peak_rss_bytes",
        "abstained",
    }
    assert "tokens/s | - | - |" in (tmp_path / "report.md").read_text()


def tried(places: tuple[int, int], marks: tuple[int, int]) -> Trial:
    return Trial((places,) * len(CONTROLS), (marks,) * len(CONTROLS))


def test_a_useless_judge_is_named_before_anything_else(tmp_path: Path) -> None:
    useless = finished("r", answers(), products=PRODUCTS, judged=said(trial=tried((1, 1), (20, 20))))
    text = markdown(contents([useless])).replace("\\", "")
    warning = (
        "critic is useless as a judge: it chooses what stands first, 12 times of 12, whatever the answers"
    )
    assert text.index(warning) < text.index("**")
    assert warning in text.partition("## Judged by critic")[2].partition("### accuracy")[0]
    page = write_files(tmp_path, [useless]).with_name("report.html").read_text()
    assert page.index(warning) < page.index('class="verdict"')
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["judge"]["trial"]["useless"] is True
    assert summary["judge"]["trial"]["chosen"] == [[1, 1]] * len(CONTROLS)


def test_a_judge_that_passed_its_trial_is_told_so(judged: FinishedRun) -> None:
    able = finished("r", answers(), products=PRODUCTS, judged=said(trial=tried((1, 2), (28, 9))))
    text = markdown(contents([able])).replace("\\", "")
    assert "useless" not in text
    assert "it decided 6 of them rightly in both orders" in text.partition("## Judged by critic")[2]
    assert "pairs with an obviously right answer" not in markdown(contents([judged]))
