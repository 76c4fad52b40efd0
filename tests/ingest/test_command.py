"""`python -m ingest`, as a person and as a script call it."""

import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from ingest.__main__ import app
from tests.commands import run_module

ROOT = Path(__file__).parents[2]
HEADER = "asins,reviews.title,reviews.text,reviews.rating\n"


def call(environment: dict[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run_module(["ingest", *map(str, arguments)], environment, ROOT)


def test_a_file_from_end_to_end(tmp_path: Path, environment: dict[str, str]) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(
        HEADER + "A,Good,The battery lasts.,5\nA,,[red]Bad[/red],[red]9[/red]\nB,,Fine 🔋,\nA,no end\n",
        encoding="utf-8",
    )
    done = call(environment, path)
    assert (done.returncode, done.stdout) == (0, "read 4, new 3, updated 0, unchanged 0, rejected 1\n")
    assert done.stderr.splitlines() == [
        f"{path}: rating: 1 not understood: no stars, such as '[red]9[/red]' (line 3); --rating-scale 0-10 "
        "tells a scale",
        f"row: 1 rejected, such as '2 fields' ({path}, line 5); expected 4 as in the header",
    ]
    again = CliRunner().invoke(app, [str(path), str(path)], env=environment)
    assert again.stdout == "read 8, new 0, updated 0, unchanged 6, rejected 2\n"


def test_a_file_of_which_nothing_can_be_read_is_an_error(tmp_path: Path, environment: dict[str, str]) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(HEADER + "A,no end\nB,,,\n")
    done = call(environment, path)
    assert (done.returncode, done.stdout) == (
        1, "read 2, new 0, updated 0, unchanged 0, rejected 1, left out 1\n",
    )  # fmt: skip
    assert done.stderr.endswith(f"error: No review could be read from {path}.\n")
    path.write_text(HEADER)
    assert call(environment, path).returncode == 0


def test_a_bad_file_stops_before_anything_is_read(tmp_path: Path, environment: dict[str, str]) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(HEADER + "A,,Fine,\n")
    bad.write_text("asins,title\n")
    done = call(environment, good, bad)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"error: {bad}, line 1: found no column for the review's text in 'asins', 'title', expected its name "
        "told by --column text=COLUMN.\n"
    )


def test_a_dry_run_needs_no_database(tmp_path: Path) -> None:
    path = tmp_path / "reviews.tsv"
    path.write_text("sku\twords\tstars\nA\tIt [b]boils[/b] &amp; pours.\t5\n\tLost.\t1\n" + "B\tOk.\t4\n" * 9)
    options = ["--dry-run", "--column", "product=sku", "--column", "text=words", str(path)]
    shown = CliRunner().invoke(
        app, options, env={"REVIEWDUEL_DATABASE_URL": "postgresql://nowhere.invalid/x"}
    )
    assert shown.exit_code == 0, shown.output
    assert "It [b]boils[/b] & pours." in shown.stdout and shown.stdout.count("product B") == 2
    said = "- product: 1 rejected, such as 'no product id in 'sku'' (line 3); expected one in each row"
    assert said in shown.stdout.splitlines()
    assert shown.stdout.endswith("10 reviews, 1 row would be rejected; nothing was stored\n")
    assert max(map(len, shown.stdout.splitlines()[1:-2])) <= 80  # the path, first, stays whole
    wrong = CliRunner().invoke(app, ["--column", "text", str(path)])
    assert wrong.exit_code == 2 and "FIELD=COLUMN" in wrong.stderr


def test_a_field_that_no_column_holds(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("asin,title,text\nA,A kettle,It boils.\n")
    shown = CliRunner().invoke(app, ["--dry-run", "--column", "title=", str(path)])
    assert "A kettle" not in shown.stdout and "It boils." in shown.stdout
    assert shown.stdout.endswith("1 review, 0 rows would be rejected; nothing was stored\n")
    refused = CliRunner().invoke(app, ["--dry-run", "--column", "text=", str(path)])
    assert "no column for the review's text" in str(refused.exception)
    wrong = CliRunner().invoke(app, ["--column", "=title", str(path)])
    assert wrong.exit_code == 2 and "FIELD=COLUMN" in wrong.stderr


def test_an_address_is_of_a_cluster(tmp_path: Path) -> None:
    wrong = CliRunner().invoke(app, ["--address", "head:6379", str(tmp_path)])
    assert wrong.exit_code == 2 and "--engine ray" in wrong.stderr


def test_standard_input_and_replacing(tmp_path: Path, environment: dict[str, str]) -> None:
    rows = HEADER + "A,,One.,5\nA,,Two.,4\nB,,Three.,3\n"
    command = [sys.executable, "-m", "ingest", "-"]
    read = subprocess.run(
        command, cwd=ROOT, env=environment, input=rows, capture_output=True, encoding="utf-8"
    )
    assert read.stdout == "read 3, new 3, updated 0, unchanged 0, rejected 0\n"
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(HEADER + "A,,Two.,2\n")
    second.write_text(HEADER + "A,,Four.,5\n")
    replaced = CliRunner().invoke(app, ["--replace", str(first), str(second)], env=environment)
    assert replaced.stdout == "read 2, new 1, updated 1, unchanged 0, rejected 0, removed 1\n"


def test_notes_say_what_was_done_to_texts(tmp_path: Path, environment: dict[str, str]) -> None:
    path = tmp_path / "reviews.csv"
    path.write_bytes(HEADER.encode() + b"A,,caf\xe9,5\n" + b"A,," + b"long " * 20_000 + b",5\n")
    read = CliRunner().invoke(app, [str(path)], env=environment)
    assert read.stderr.splitlines() == [
        f"{path}: reviews.text: 1 not in UTF-8, read as cp1252, such as 'café'; --encoding tells another",
        f"{path}: text: 1 cut to 50,000 characters",
    ]


def test_many_bad_rows_are_counted(tmp_path: Path, environment: dict[str, str]) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(HEADER + "A,,\n" * 15 + "A,,Fine,\n")
    second.write_text(HEADER + "A,,\n" * 15 + ",,Fine,\nA,,,\nA,,,\n")
    done = CliRunner().invoke(app, [str(first), str(second)], env=environment)
    assert done.stdout == "read 34, new 1, updated 0, unchanged 0, rejected 31, left out 2\n"
    assert done.stderr.splitlines() == [
        f"{second}: text: 2 without text and stars: left out (line 18)",
        f"product: 1 rejected, such as 'no product id in 'asins'' ({second}, line 17); expected one in each "
        "row",
        f"row: 30 rejected, such as '3 fields' ({first}, line 2); expected 4 as in the header",
    ]
