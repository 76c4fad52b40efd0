"""`python -m ingest`, as a person and as a script call it."""

import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from ingest.__main__ import app

ROOT = Path(__file__).parents[2]
HEADER = "asins,reviews.title,reviews.text,reviews.rating\n"


def call(environment: dict[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ingest", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False
    )


def test_a_file_from_end_to_end(tmp_path: Path, environment: dict[str, str]) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(
        HEADER + "A,Good,The battery lasts.,5\nA,,[red]Bad[/red],9\nB,,Fine 🔋,\n", encoding="utf-8"
    )
    done = call(environment, path)
    assert (done.returncode, done.stdout) == (0, "read 3, new 2, updated 0, unchanged 0, rejected 1\n")
    assert done.stderr == (
        f"{path}, line 3: found the rating '9', expected a number from 1 to 5, or nothing.\n"
    )
    again = CliRunner().invoke(app, [str(path), str(path)], env=environment)
    assert again.stdout == "read 6, new 0, updated 0, unchanged 4, rejected 2\n"


def test_a_bad_file_stops_before_anything_is_read(tmp_path: Path, environment: dict[str, str]) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(HEADER + "A,,Fine,\n")
    bad.write_text("asins,title\n")
    done = call(environment, good, bad)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"error: {bad}, line 1: found no column 'reviews.title' (but 'title'), expected at least the "
        "columns asins, reviews.title, reviews.text.\n"
    )


def test_many_bad_rows_are_counted(tmp_path: Path, environment: dict[str, str]) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(HEADER + "A,,,\n" * 15)
    second.write_text(HEADER + "A,,,\n" * 15)
    done = CliRunner().invoke(app, [str(first), str(second)], env=environment)
    assert done.stdout == "read 30, new 0, updated 0, unchanged 0, rejected 30\n"
    assert done.stderr.count("found no text") == 20
    assert done.stderr.endswith("and 10 more rejected rows\n")
