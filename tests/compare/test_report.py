"""The files of a run."""

import json
from pathlib import Path

from compare.report import write_files
from compare.runner import Failure
from compare.statistics import summarise
from tests.compare.rows import row

GOLDEN = Path(__file__).parent / "golden"
RUN = {
    "run_id": "example",
    "plan": {
        "models": ["small", "big"],
        "products": ["B0TEST0002", "B0TEST0001"],
        "questions": ["Does it work?"],
        "k": 5,
        "seed": 0,
        "mode": "measured",
    },
}
ROWS = [
    row(
        "small",
        model_settings={"random_weights": "llama"},
        answer="<b>no</b> [x](http://x) | *n*",
        citations=[],
    ),
    row("big", ttft_s=30.0, e2e_s=80.5, decode_tok_s=1.234, words_per_s=0.94),
    row("big", product_id="B0TEST0002", ttft_s=20.0, decode_tok_s=1.3, answer=""),
]
FAILURES = [Failure("absent", "There is no file absent.gguf.")]


def test_report_is_as_in_the_golden_file(tmp_path: Path) -> None:
    write_files(tmp_path, RUN, ROWS, summarise(ROWS), FAILURES)
    written = (tmp_path / "report.md").read_text()
    golden = GOLDEN / "report.md"
    assert written == golden.read_text(), f"if the change is meant, put this into {golden}:\n{written}"


def test_summary_has_one_entry_per_model(tmp_path: Path) -> None:
    write_files(tmp_path, RUN, ROWS, summarise(ROWS), FAILURES)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["models"].keys() == {"small", "big"}
    assert summary["models"]["big"]["answers"] == 2
    assert summary["models"]["big"]["figures"]["ttft_s"]["median"] == 25.0
    assert summary["failures"] == [{"model": "absent", "reason": "There is no file absent.gguf."}]


def test_answers_keep_every_column(tmp_path: Path) -> None:
    write_files(tmp_path, RUN, ROWS, summarise(ROWS), [])
    lines = (tmp_path / "answers.jsonl").read_text().splitlines()
    answers = [json.loads(line) for line in lines]
    assert [answer["model"] for answer in answers] == ["small", "big", "big"]
    assert answers[0].keys() == ROWS[0].keys()
    assert answers[0]["answered_at"] == "2026-01-02 03:04:05+00:00"


def test_a_run_without_answers_still_has_its_files(tmp_path: Path) -> None:
    write_files(tmp_path, RUN, [], [], FAILURES)
    assert "No model answered." in (tmp_path / "report.md").read_text()
    assert json.loads((tmp_path / "summary.json").read_text())["models"] == {}
