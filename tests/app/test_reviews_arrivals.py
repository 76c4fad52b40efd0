"""Files on their way in: looked through, in line, ingested one by one, stopped; whatever they are called."""

import gzip
import io
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.reviews.arrival import Arrival, State
from app.reviews.arrivals import MOST_HELD, Arrivals
from config import PassageSettings
from config.errors import CannotWrite, UserError
from database import Database
from ingest.mapping import FileMapping
from retriever import Embedder, Retriever
from retriever.embedder import Vectors

HEADER = "asins,reviews.title,reviews.text,reviews.rating\n"
FILE = (HEADER + "A,Good,The battery lasts.,5\nA,,Bad\nB,,Fine,\n").encode()


def wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not until():
        assert time.monotonic() < end
        time.sleep(0.005)


def settle(arrival: Arrival) -> State:
    wait(lambda: not arrival.busy)
    return arrival.state


class Gate:
    """Lets an embedder embed only while it is open."""

    def __init__(self, embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open, self.reached = threading.Event(), threading.Event()
        embed = embedder.embed_passages

        def waits(texts: list[str]) -> Vectors:
            self.reached.set()
            assert self.open.wait(20)
            return embed(texts)

        monkeypatch.setattr(embedder, "embed_passages", waits)


@pytest.fixture
def calls() -> list[str]:
    return []


@pytest.fixture
def arrivals(
    tmp_path: Path,
    database: Database,
    fake_embedder: Embedder,
    calls: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Arrivals]:
    # Freezing would keep what other tests leave behind.
    monkeypatch.setattr("gc.freeze", lambda: None)
    yield Arrivals(
        tmp_path / "uploads", database, fake_embedder, PassageSettings(), lambda: calls.append("ingested")
    )


def take(arrivals: Arrivals, data: bytes = FILE, name: str = "reviews.csv") -> Arrival:
    return arrivals.take(io.BytesIO(data), name)


def test_a_file_is_looked_through_then_brought_in_then_gone(
    arrivals: Arrivals, database: Database, fake_embedder: Embedder, tmp_path: Path, calls: list[str]
) -> None:
    arrival = take(arrivals, gzip.compress(FILE), "shop.csv.gz")
    assert settle(arrival) is State.ready
    assert arrival.found and (arrival.found.reviews, arrival.found.rejected) == (2, 1)
    assert str(arrival.found.rejections[0]).startswith("shop.csv.gz, line 3: found 3 fields, expected 4")
    assert Retriever(database, fake_embedder).products() == []
    arrivals.bring_in(arrival, replace=False)
    assert settle(arrival) is State.done
    assert str(arrival.counts) == "read 3, new 2, updated 0, unchanged 0, rejected 1"
    assert (arrival.fraction, arrival.rows) == (1.0, 3)
    assert list(arrival.problems.lines()) == [
        "row: 1 rejected, such as '3 fields' (line 3); expected 4 as in the header"
    ]
    assert Retriever(database, fake_embedder).product("A").reviews == 1
    wait(lambda: calls == ["ingested"])
    assert list((tmp_path / "uploads").iterdir()) == []
    arrivals.dismiss(arrival)
    assert arrivals.all() == []


@pytest.mark.parametrize(
    "name",
    ["../../x.csv", "/etc/passwd", "x.csv\0.sh", "..", "", "a" * 5000 + ".csv", "x.CSV", "x.php", "\udcff"],
)
def test_no_name_reaches_the_disk(name: str, arrivals: Arrivals, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    arrival = take(arrivals, name=name)
    (made,) = set(tmp_path.rglob("*")) - before
    assert made.parent == tmp_path / "uploads"
    assert re.fullmatch(r"[0-9a-f]{16}(\.csv)?", made.name)
    assert made.stat().st_mode & 0o777 == 0o600
    assert settle(arrival) is State.ready
    arrivals.dismiss(arrival)
    assert not made.exists()


def test_one_at_a_time_and_out_of_the_line(
    arrivals: Arrivals, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(fake_embedder, monkeypatch)
    first, second, third = (take(arrivals) for _ in range(3))
    for arrival in (first, second, third):
        settle(arrival)
        arrivals.bring_in(arrival, replace=False)
        arrivals.bring_in(arrival, replace=False)  # a second click
    assert gate.reached.wait(20)
    assert (first.state, second.state) == (State.ingesting, State.waiting)
    assert [arrivals.ahead(arrival) for arrival in (first, second, third)] == [0, 1, 2]
    arrivals.stop(second)
    assert (second.state, arrivals.ahead(third)) == (State.ready, 1)
    gate.open.set()
    assert settle(third) is State.done
    assert (first.counts.new, third.counts.unchanged, second.state) == (2, 2, State.ready)


@pytest.mark.parametrize("replace", [False, True])
def test_stopping_keeps_what_is_stored_but_never_half_a_truth(
    replace: bool,
    arrivals: Arrivals,
    database: Database,
    fake_embedder: Embedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = take(arrivals, (HEADER + "A,,An old review.,3\n").encode())
    settle(old)
    arrivals.bring_in(old, replace=False)
    assert settle(old) is State.done
    gate = Gate(fake_embedder, monkeypatch)
    arrival = take(arrivals, (HEADER + "".join(f"A,,Review {n}.,5\n" for n in range(600))).encode())
    settle(arrival)
    arrivals.bring_in(arrival, replace)
    assert gate.reached.wait(20)
    arrivals.stop(arrival)
    gate.open.set()
    assert settle(arrival) is State.stopped
    stored = Retriever(database, fake_embedder).product("A").reviews
    assert stored == arrival.counts.new + 1
    assert stored == 1 if replace else 1 < stored < 600
    arrivals.bring_in(arrival, replace)
    assert settle(arrival) is State.done
    assert Retriever(database, fake_embedder).product("A").reviews == (600 if replace else 601)


def test_columns_that_nobody_knows_are_told(arrivals: Arrivals) -> None:
    arrival = take(arrivals, b"sku,words,points\nA,It boils.,5\n")
    assert settle(arrival) is State.unclear
    assert arrival.available == ("sku", "words", "points")
    columns = {"product": ("sku",), "text": ("words",)}
    arrival.mapping = FileMapping(columns)
    arrivals.look_through(arrival)
    assert settle(arrival) is State.ready
    assert arrival.found and arrival.found.samples[0].text == "It boils."
    arrival.mapping = FileMapping(columns, encoding="no such encoding")
    arrivals.look_through(arrival)
    assert settle(arrival) is State.failed
    assert "found no encoding 'no such encoding'" in arrival.error


@pytest.mark.parametrize("data", [b"", b"\x1f\x8b broken", b"PAR1 broken", b"[{}]", os.urandom(4096)])
def test_what_is_no_review_file_is_a_sentence(data: bytes, arrivals: Arrivals) -> None:
    arrival = take(arrivals, data)
    assert settle(arrival) in (State.failed, State.unclear)
    assert arrival.error.startswith("reviews.csv") and "expected" in arrival.error


def test_a_defect_is_a_sentence_and_the_next_ones_turn_comes(
    arrivals: Arrivals, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = take(arrivals), take(arrivals)
    settle(first), settle(second)
    with monkeypatch.context() as patch:
        patch.setattr(fake_embedder, "embed_passages", lambda texts: 1 / 0)
        arrivals.bring_in(first, replace=False)
        assert settle(first) is State.failed
    assert "server's log" in first.error
    arrivals.bring_in(second, replace=False)
    assert settle(second) is State.done


def test_an_embedder_that_fails_to_load_holds_up_nobody(
    arrivals: Arrivals, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake_embedder, "load", lambda: 1 / 0)
    arrival = take(arrivals)
    settle(arrival)
    arrivals.bring_in(arrival, replace=False)
    # What it does not need, the ingest does without.
    assert settle(arrival) is State.done
    assert not arrivals.loading


def test_not_too_many_and_nothing_left_behind(
    arrivals: Arrivals, tmp_path: Path, database: Database, fake_embedder: Embedder
) -> None:
    for _ in range(MOST_HELD):
        take(arrivals)
    with pytest.raises(UserError, match="files are here already"):
        take(arrivals)
    old = arrivals.all()[0].path
    settle(arrivals.all()[0])
    os.utime(old, (0, 0))
    Arrivals(tmp_path / "uploads", database, fake_embedder, PassageSettings())
    assert not old.exists()
    assert len(list((tmp_path / "uploads").iterdir())) == MOST_HELD - 1


def test_a_file_of_our_own_stays(arrivals: Arrivals, tmp_path: Path) -> None:
    sample = tmp_path / "sample.csv"
    sample.write_bytes(FILE)
    arrival = arrivals.take_own(sample)
    assert settle(arrival) is State.done
    arrivals.dismiss(arrival)
    assert sample.exists()


def test_a_folder_that_takes_nothing_is_a_sentence(
    arrivals: Arrivals, tmp_path: Path, database: Database, fake_embedder: Embedder
) -> None:
    (tmp_path / "uploads").rmdir()
    with pytest.raises(CannotWrite, match=r"uploads cannot be written: No such file or directory\. Make"):
        take(arrivals)
    assert arrivals.all() == []
    (tmp_path / "uploads").write_text("no folder")
    with pytest.raises(CannotWrite, match=r"uploads cannot be written: Not a directory"):
        Arrivals(tmp_path / "uploads", database, fake_embedder, PassageSettings())


def test_what_cannot_be_tidied_up_is_in_nobodys_way(
    tmp_path: Path, database: Database, fake_embedder: Embedder
) -> None:
    old = tmp_path / "uploads" / "folder"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    assert Arrivals(tmp_path / "uploads", database, fake_embedder, PassageSettings()).all() == []


def test_a_file_that_is_ingested_is_not_looked_through_from_another_tab(
    arrivals: Arrivals, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(fake_embedder, monkeypatch)
    arrival = take(arrivals)
    settle(arrival)
    arrivals.bring_in(arrival, replace=False)
    assert gate.reached.wait(20)
    arrivals.look_through(arrival)
    assert (arrival.state, arrival.rows) == (State.ingesting, 3)
    gate.open.set()
    assert settle(arrival) is State.done
