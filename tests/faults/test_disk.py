"""A full disk is told in words, leaves nothing half, and with room the same is done right."""

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from benchmarks.faults.disk import fill_disks
from benchmarks.faults.small_disk import MIB, NoDisk, SmallDisk, small_disk
from compare.report import files
from config.errors import CannotWrite
from config.folders import writing_to
from ingest.source import Source


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    """Three MiB."""
    try:
        with small_disk(3) as disk:
            yield disk
    except NoDisk as error:
        pytest.skip(f"NO DISK CAN BE MOUNTED, so none was filled: {error}")


@pytest.mark.slow
@pytest.mark.own_thread
def test_nothing_is_lost_on_full_disks(disk: SmallDisk) -> None:
    for outcome in fill_disks(1, Random(7)):
        assert outcome.holds, outcome


def test_a_report_is_written_whole_or_stays_as_it_was(disk: SmallDisk) -> None:
    folder = disk.place / "report"
    with files._all_or_none(folder) as place:
        (place / "report.html").write_text("old")
    disk.fill(MIB // 2)
    with (
        pytest.raises(CannotWrite, match="Do something"),
        writing_to(folder, "Do something."),
        files._all_or_none(folder) as place,
    ):
        (place / "report.html").write_text("new")
        (place / "answers.csv").write_bytes(bytes(MIB))
    assert [path.name for path in folder.iterdir()] == ["report.html"]
    assert (folder / "report.html").read_text() == "old"


def test_a_packed_file_that_cannot_be_unpacked(
    disk: SmallDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(disk.place))
    disk.fill(MIB // 2)
    (tmp_path / "packed.gz").write_bytes(gzip.compress(os.urandom(MIB)))
    source = Source(tmp_path / "packed.gz")
    with pytest.raises(CannotWrite, match=r"its disk is full.*TMPDIR"):
        source.seekable()
    source.close()


PRINTS = """
import typer
from config.command import run
app = typer.Typer()
@app.command()
def main(lines: int) -> None:
    print("x" * 79 * lines)
run(app)
"""


@pytest.mark.parametrize("lines", ["1", "99999"], ids=["told at the end", "told at once"])
def test_output_that_has_no_room(lines: str, disk: SmallDisk) -> None:
    disk.fill()
    with (disk.place / "output").open("wb") as output:
        done = subprocess.run(
            [sys.executable, "-c", PRINTS, lines], stdout=output, stderr=-1, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("error: A disk is full") and done.stderr.count("\n") == 1


def test_who_stops_reading_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PRINTS, "99999"], stdout=-1, stderr=-1, text=True
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == ""
