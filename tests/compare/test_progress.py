"""How far a run is, on a terminal and in a file."""

import io

import pytest
from rich.console import Console

from compare.run import progress
from compare.run.machine import Conditions, observe
from compare.run.progress import RunProgress, in_words
from compare.run.runner import Answered, Failure, Started
from generator import Answer
from generator.measured import Timing

ANSWER = Answer(
    model="m", question="?", text="", matches=(), dropped=0, stop_reason="end",
    timing=Timing(None, None, None, n_prompt=1, n_prompt_reused=0, n_out=0, threads=1),
    memory=None, predicted_bytes=None, load_s=0, queue_s=0, mode="measured", shared=False,
)  # fmt: skip


def shown(console: Console) -> str:
    with RunProgress(console, total=4, done=1) as bar:
        bar.show(Started("m:verbatim", 3))
        for _ in range(2):
            bar.show(Answered("m:verbatim", ANSWER))
        bar.show(Failure("other", "It broke."))
    assert bar.done == 3
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_plain_lines_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LINE_S", 0)
    lines = shown(Console(file=io.StringIO())).splitlines()
    assert lines[0] == "m:verbatim: loading, then 3 answers"
    assert lines[1] == "m:verbatim: 2 of 4 answers"
    assert lines[2] == "m:verbatim: 3 of 4 answers, about 0 s remaining"
    assert lines[3:] == ["other: failed"]


def test_a_long_run_does_not_flood_its_log() -> None:
    assert "2 of 4" not in shown(Console(file=io.StringIO()))


def test_a_bar_on_a_terminal() -> None:
    text = shown(Console(file=io.StringIO(), force_terminal=True, width=100))
    assert "m:verbatim" in text and "3/4" in text
    assert "loading, then" not in text


@pytest.mark.parametrize(("seconds", "words"), [(40, "40 s"), (720, "12 min"), (12_600, "3.5 h")])
def test_times_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_a_busy_machine_is_noticed() -> None:
    assert list(Conditions("", 0.1, 2, 2**30, ()).warnings()) == []
    busy = list(Conditions("", 2.4, 2, 2**30, (17,)).warnings())
    assert "2.4 processes" in busy[0] and "process 17" in busy[1]
    assert observe().cores >= 1
