"""Full disks: under the database, its log of changes, a download, reports and exports.

Knows what lies on which disk; knows nothing of how it is written.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.faults.ingest import review_file
from benchmarks.faults.outcome import Outcome, total, worded
from benchmarks.faults.scene import Command, Rows, Scene, missing, running_server, scene, until
from benchmarks.faults.small_disk import MIB, NoDisk, SmallDisk, small_disk
from database.programs import give_to_server_user
from tests.models.hub import Hub, hub_server

FAULT = "disk full"
DATA, LOG = "under the database's tables, while reviews come in", "under its log of changes: it ends itself"
PULL, REPORT = "under a download of a model", "under a report"
EXPORT = "under an exported log of answers"
ROWS = 600
WHEN_EMPTY_MIB, TABLES_MIB, LOG_MIB = 64, 192, 40
# Of the room that an ingest of ROWS needs for its tables.
LEFT = (64 * 1024, 3 * MIB)
MODEL = bytes(range(256)) * (24 * MIB // 256)
# One moment of each so many that are wanted: they take a quarter of a minute each.
RARELY = 10


def fill_disks(times: int, chance: Random) -> Iterator[Outcome]:
    """Each disk, some of so many times; where none may be mounted, nothing is done."""
    try:
        with small_disk(1):
            pass
    except NoDisk as error:
        yield Outcome(FAULT, f"not done: {error}", times=0)
        return
    for fill in (_tables, _log_of_changes, _download, _report, _export):
        yield total([fill(chance) for _ in range(-(-times // RARELY))])


def _tables(chance: Random) -> Outcome:
    with small_disk(TABLES_MIB) as disk, scene(review_file(ROWS)) as here:
        (here.home / "postgres").symlink_to(disk.place / "postgres")
        with running_server(here):
            expected = _undisturbed(here)
            here.execute("TRUNCATE product CASCADE")
            here.execute("CHECKPOINT")
            disk.fill(chance.randint(*LEFT))
            return _again(here, DATA, disk, expected, ("ingest", here.home / "reviews.csv"))


def _log_of_changes(chance: Random) -> Outcome:
    with small_disk(LOG_MIB) as disk, scene(review_file(ROWS)) as here:
        with running_server(here):
            expected = _undisturbed(here)
            here.execute("TRUNCATE product CASCADE")
        _move_log(here, disk)
        with running_server(here):
            _unlink_next_files(here, disk)
            disk.fill()
            # The next change needs a new file of the log.
            here.execute("SELECT pg_switch_wal()")
            return _again(here, LOG, disk, expected, ("ingest", here.home / "reviews.csv"))


def _move_log(here: Scene, disk: SmallDisk) -> None:
    """Onto the disk, without the files that were only made ready."""
    log = here.home / "postgres" / "pg_wal"
    moved = disk.place / "pg_wal"
    shutil.copytree(log, moved)
    shutil.rmtree(log)
    log.symlink_to(moved)
    give_to_server_user(disk.place, moved, *moved.rglob("*"))
    written = sorted(path for path in moved.iterdir() if path.is_file())
    for path in written[1:]:
        path.unlink()


def _unlink_next_files(here: Scene, disk: SmallDisk) -> None:
    """Files of the log that the server made ready: it does so where the last one is three quarters full."""
    ((current,),) = here.execute("SELECT pg_walfile_name(pg_current_wal_lsn())")
    for path in (disk.place / "pg_wal").iterdir():
        if path.is_file() and path.name > current:
            path.unlink()


def _undisturbed(here: Scene) -> Rows:
    done = here.run("ingest", here.home / "reviews.csv")
    assert done.code == 0, done.said
    return here.reviews()


def _again(
    here: Scene, done: str, disk: SmallDisk, expected: Rows, command: tuple[str | Path, ...]
) -> Outcome:
    """An ingest that finds no room, and the same one when there is some."""
    first = here.run(*command)
    disk.make_room()
    again = here.run(*command)
    found = here.reviews()
    return _told(done, first) + _outcome(
        done,
        lost=missing(expected, found),
        doubled=missing(found, expected),
        unrecovered=int(again.code != 0) + len(here.orphans()),
        slowest_recovery_s=time.monotonic() - again.started,
        notes=() if again.code == 0 else (again.said[-500:],),
    )


def _download(chance: Random) -> Outcome:
    """No room from the beginning, and none any more in the middle."""
    with small_disk(len(MODEL) // MIB + 80) as disk, hub_server() as hub:
        place = disk.place / "pulled.gguf"
        hub.files["maker/model/pulled.gguf"] = MODEL
        spec = {"file": str(place), "repository": "maker/model"}
        with scene([], praise=spec) as made:
            here = Scene(made.home, {"HF_ENDPOINT": hub.url})
            disk.fill(len(MODEL) // 2)
            first = here.run("models", "pull", "praise")
            disk.make_room()
            second = _filled_meanwhile(here, hub, disk, chance.randint(MIB, len(MODEL) - MIB))
            half = place.exists() + len([name for name in disk.files() if not name.endswith(".part")])
            disk.make_room()
            again = here.run("models", "pull", "praise")
            whole = place.exists() and place.read_bytes() == MODEL
            return (
                _told(PULL, first)
                + _told(PULL, second)
                + _outcome(
                    PULL,
                    lost=half,
                    unrecovered=int(not whole),
                    slowest_recovery_s=time.monotonic() - again.started,
                )
            )


def _filled_meanwhile(here: Scene, hub: Hub, disk: SmallDisk, received: int) -> Command:
    """A download that is under way when the disk gets full."""
    hub.go_on.clear()
    hub.pauses_after = received
    command = here.start("models", "pull", "praise")
    until(lambda: hub.pauses_after is None or command.wait(0))
    disk.fill()
    hub.go_on.set()
    command.wait()
    return command


def _report(chance: Random) -> Outcome:
    with small_disk(WHEN_EMPTY_MIB) as disk, scene(review_file(20)) as here, running_server(here):
        _undisturbed(here)
        disk.fill(chance.randint(0, 32 * 1024))  # less than it takes
        first = here.run(
            "compare", "--models", "praise", "--products", "2", "--question", "Does it last?",
            "--repeats", "2", "--name", "full", "--out", disk.place / "report",
        )  # fmt: skip
        kept = here.answers("full")
        halves = len(list((disk.place / "report").rglob("*.*"))) if (disk.place / "report").exists() else 0
        disk.make_room()
        again = here.run("compare", "--resume", "full")
        written = (disk.place / "report" / "report.html").is_file()
        return _told(REPORT, first) + _outcome(
            REPORT,
            lost=missing(kept, here.answers("full")) + int(kept.total() != 4) + halves,
            unrecovered=int(again.code != 0 or not written),
            slowest_recovery_s=time.monotonic() - again.started,
        )


def _export(chance: Random) -> Outcome:
    with small_disk(WHEN_EMPTY_MIB) as disk, scene(review_file(20)) as here, running_server(here):
        _undisturbed(here)
        ran = here.run(
            "compare", "--models", "praise", "--products", "7", "--question", "Is it good?", "--name", "x"
        )
        assert ran.code == 0, ran.said
        disk.fill(chance.randint(0, 8 * 1024))
        first = _redirected(here, disk.place / "log.csv", "generator", "log", "--csv")
        disk.make_room()
        begun = time.monotonic()
        again = _redirected(here, disk.place / "log.csv", "generator", "log", "--csv")
        lines = (disk.place / "log.csv").read_text("utf-8").count("\n")
        return _outcome(
            EXPORT,
            times=1,
            wordless=int(first.returncode == 0 or not worded(first.stderr)),
            unrecovered=int(again.returncode != 0 or lines < 22),
            slowest_recovery_s=time.monotonic() - begun,
            notes=(first.stderr.strip(),) if first.returncode == 0 or again.returncode else (),
        )


def _redirected(here: Scene, out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As a shell does with `>`."""
    with out.open("wb") as file:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            env=here.environment,
            stdout=file,
            stderr=-1,
            text=True,
            check=False,
        )


def _told(done: str, command: Command) -> Outcome:
    """A command that found no room: it says so, and what to do."""
    said = command.said
    wrong = command.code == 0 or not worded(said) or "room" not in said
    return _outcome(done, times=1, wordless=int(wrong), notes=(said.strip()[-600:],) if wrong else ())


def _outcome(done: str, times: int = 0, **counts: Any) -> Outcome:
    return Outcome(FAULT, done, times=times, **counts)
