"""Each core computes by itself, and nobody waits for another's whole work."""

import subprocess
import sys
import threading
import time

import pytest
import torch

from retriever.cores import cores, on_a_core, on_cores
from tests.docs.pages import ROOT


def test_the_results_come_in_order() -> None:
    def late(number: int) -> int:
        time.sleep(0.01 if number % 3 == 0 else 0)
        return number

    assert on_cores(late, range(20)) == list(range(20))
    assert on_cores(late, []) == []


def test_each_piece_has_a_core_and_the_caller_keeps_all() -> None:
    before = torch.get_num_threads()
    assert set(on_cores(lambda _: torch.get_num_threads(), range(4))) == {1}
    assert on_a_core(torch.get_num_threads) == 1
    assert torch.get_num_threads() == before


def test_an_error_ends_it() -> None:
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        if number == 1:
            raise ValueError("the second")

    with pytest.raises(ValueError, match="the second"):
        on_cores(work, range(100))
    assert len(begun) < 10 + cores()


def test_a_question_does_not_wait_for_what_is_in_line() -> None:
    asked = threading.Event()
    threading.Thread(target=on_cores, args=(lambda _: asked.wait(30), range(5))).start()
    try:
        assert on_a_core(lambda: "at once") == "at once"
    finally:
        asked.set()


def test_who_comes_meanwhile_takes_turns() -> None:
    begun, done = threading.Event(), 0

    def piece(_: int) -> None:
        nonlocal done
        begun.set()
        time.sleep(0.01)
        done += 1

    long = threading.Thread(target=on_cores, args=(piece, range(100)))
    long.start()
    assert begun.wait(30)
    on_cores(lambda _: None, range(2))
    assert done < 50
    long.join()
    assert done == 100


ENDING = """
import threading, time
from retriever.cores import on_a_core, on_cores

def ask():
    while True:
        on_a_core(int), on_cores(int, [1, 2, 3])

threading.Thread(target=ask, daemon=True).start()
on_a_core(int)
"""


def test_a_program_that_ends_meanwhile_ends_without_a_word() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDING], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
