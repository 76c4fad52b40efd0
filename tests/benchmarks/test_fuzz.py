"""The fuzzer itself: the same inputs for the same seed, and whatever a reader should not do is noticed."""

from pathlib import Path
from random import Random

import pytest

from benchmarks.fuzz import worker
from benchmarks.fuzz.worker import TARGETS, Tally, TooSlow, input_of, try_file


@pytest.mark.parametrize("name", TARGETS)
def test_an_input_follows_from_its_seed_and_number(name: str) -> None:
    one, other = TARGETS[name](), TARGETS[name]()
    inputs = [input_of(one, 3, index) for index in range(20)]
    assert inputs == [input_of(other, 3, index) for index in range(20)]
    assert inputs != [input_of(one, 4, index) for index in range(20)]
    assert len(set(inputs)) > 15


class Careless:
    """A target whose reader does what none may."""

    stages = ("refused",)

    def __init__(self, defect: str) -> None:
        self._defect = defect

    def make(self, rng: Random) -> bytes:
        return b""

    def read(self, path: Path) -> str:
        if self._defect == "raises":
            raise IndexError("out of range")
        if self._defect == "swallows":
            try:
                self._hang()
            except Exception:
                return "refused"
        return "refused"

    def _hang(self) -> None:
        while True:
            pass


@pytest.mark.parametrize(
    ("defect", "said"),
    [("raises", "IndexError"), ("swallows", TooSlow.__name__), ("takes", "MiB"), ("", None)],
)
def test_what_a_reader_may_not_do_is_a_failure(
    defect: str, said: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MOST_SECONDS", 0.2)
    monkeypatch.setattr(worker, "MOST_MEMORY", 2**20)
    # Memory is told as the most there ever was, which this process has reached long ago.
    sizes = iter((0, 2 * 2**20 if defect == "takes" else 0))
    monkeypatch.setattr(worker, "_resident", lambda: next(sizes))
    tally = Tally()
    try_file(Careless(defect), tmp_path / "file", tally, 7, "careless")
    if said is None:
        assert not tally.failures
    else:
        (failure, *_) = tally.failures
        assert said in failure.what and failure.index == 7
