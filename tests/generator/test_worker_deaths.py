"""What remains when the worker or its caller dies or is interrupted."""

import array
import fcntl
import itertools
import os
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from config.errors import GenerationFailed
from generator.backends.worker_process import WorkerProcess
from generator.events import Message, Tokenized
from tests.generator.asking import GREEDY, LONG, LONG_CONTEXT

StartWorker = Callable[..., WorkerProcess]
TinyFile = Callable[[str], Path]


def has_ended(process: psutil.Process, within_s: float = 10) -> bool:
    """Whether it ends in time; one that only waits for its parent to take note has ended."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


# SIGILL: llama-cpp-python 0.3.36 compiled by GCC 12.2 for a processor with AMX, or on another machine.
@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("SIGKILL", "out of memory"),
        ("SIGSEGV", "starts it anew"),
        ("SIGILL", "Compile it here: CFLAGS=-U__AMX"),
    ],
)
def test_a_worker_killed_while_it_answers_is_named(
    name: str, remedy: str, start_worker: StartWorker, tiny_file: TinyFile
) -> None:
    worker = start_worker(tiny_file("mistral"), LONG_CONTEXT)
    events = worker.generate(LONG, GREEDY, threads=1, reuse=True)
    next(events)
    os.kill(worker.pid, signal.Signals[name])
    with pytest.raises(GenerationFailed, match=f"ended by signal {name}.*{remedy}"):
        list(events)
    assert not worker.alive
    # Whoever asks on is told again, and the rest can be tidied up.
    with pytest.raises(GenerationFailed, match=name):
        worker.tokenize([Message("user", "hello")])
    worker.cancel()
    worker.close()


def test_a_worker_closed_while_it_answers_is_not_called_out_of_memory(
    start_worker: StartWorker, tiny_file: TinyFile
) -> None:
    worker = start_worker(tiny_file("mistral"), LONG_CONTEXT)
    events = worker.generate(LONG, GREEDY, threads=1, reuse=True)
    next(events)
    worker.close()
    with pytest.raises(GenerationFailed, match="was closed"):
        list(events)
    with pytest.raises(GenerationFailed, match="was closed"):
        worker.tokenize([Message("user", "hello")])
    worker.cancel()
    worker.close()


def test_an_uncaught_error_leaves_its_last_words(start_worker: StartWorker, tiny_file: TinyFile) -> None:
    worker = start_worker(tiny_file("mistral"))
    events = worker.generate(["no token"], GREEDY, threads=1, reuse=False)  # type: ignore[list-item]
    with pytest.raises(GenerationFailed, match=r"(?s)ended by exit code 1\..*TypeError"):
        list(events)


@pytest.mark.parametrize("last_written", [b"", b'{"do": "generate", "tok'])
@pytest.mark.parametrize("sequences", [1, 2])
def test_the_worker_ends_when_its_input_ends(
    sequences: int, last_written: bytes, tiny_file: TinyFile
) -> None:
    with subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-m",
            "generator.llama.worker",
            str(tiny_file("llama")),
            "512",
            str(sequences),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        while b"Loaded" not in process.stdout.readline():
            pass
        process.stdin.write(last_written)
        process.stdin.close()
        try:
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()


CALLER = """
import sys
from pathlib import Path
from generator.events import Sampling
from generator.backends.worker_process import WorkerProcess
worker = WorkerProcess(Path(sys.argv[1]), 20_000)
for _ in worker.load():
    pass
events = worker.generate([1, *range(300, 1300)] * 16, Sampling(20, 0, 1, 1, 0), 1, True)
next(events)
try:
    print(worker.pid, flush=True)
    list(events)
except KeyboardInterrupt:
    text = [event.text for event in worker.generate([1, 300, 301, 302], Sampling(20, 0, 1, 1, 0), 1, True)
            if hasattr(event, "text")]
    print("interrupted, then:", "".join(text), flush=True)
    worker.close()
"""


@contextmanager
def a_caller(file: Path) -> Iterator[tuple["subprocess.Popen[str]", psutil.Process]]:
    """A process that has a worker read a long prompt, and its worker."""
    with subprocess.Popen(
        [sys.executable, "-c", CALLER, str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as caller:
        try:
            assert caller.stdout
            worker = psutil.Process(int(caller.stdout.readline()))
            assert worker.is_running()
            yield caller, worker
        finally:
            caller.kill()


def test_no_worker_outlives_a_caller_that_is_killed(tiny_file: TinyFile) -> None:
    with a_caller(tiny_file("mistral")) as (caller, worker):
        caller.kill()
        caller.wait()
        assert has_ended(worker)


def test_ctrl_c_interrupts_the_caller_and_the_model_stays(tiny_file: TinyFile, pieces: list[str]) -> None:
    with a_caller(tiny_file("mistral")) as (caller, _):
        # A terminal sends it to the whole group.
        os.killpg(caller.pid, signal.SIGINT)
        out, err = caller.communicate(timeout=30)
        assert (out, err) == (f"interrupted, then: {''.join(pieces)}\n", "")
        assert caller.returncode == 0


@contextmanager
def interrupted_while_it_sleeps(worker: WorkerProcess) -> Iterator[None]:
    """What is asked of the worker in this block waits until it is interrupted; then the worker goes on."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    os.kill(worker.pid, signal.SIGSTOP)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if worker.alive:
            os.kill(worker.pid, signal.SIGCONT)


def test_a_late_reply_is_not_taken_for_the_next_questions(worker: WorkerProcess) -> None:
    expected = worker.tokenize([Message("user", "second")])
    with interrupted_while_it_sleeps(worker):
        worker.tokenize([Message("user", "first")])
    worker.begin()
    assert worker.tokenize([Message("user", "second")]) == expected


def test_a_request_sent_by_half_ends_the_worker(worker: WorkerProcess) -> None:
    with interrupted_while_it_sleeps(worker):
        # More than a pipe holds.
        worker.tokenize([Message("user", "x" * 1_000_000)])
    assert not worker.alive


def test_a_reply_is_whole_though_the_worker_was_stopped_while_it_wrote(
    start_worker: StartWorker, tiny_file: TinyFile
) -> None:
    worker = start_worker(tiny_file("mistral"))
    waiting_to_be_read(worker)
    # As when a machine sleeps, or a container is paused.
    os.kill(worker.pid, signal.SIGSTOP)
    time.sleep(0.05)
    os.kill(worker.pid, signal.SIGCONT)
    time.sleep(0.05)
    # Who waits for the end of half a line would wait for ever.
    too_late = threading.Timer(20, worker.close)
    too_late.start()
    (reply,) = itertools.islice(worker._replies(worker._question), 1)
    too_late.cancel()
    assert isinstance(reply, Tokenized) and len(reply.tokens) > 100_000
    assert len(worker.tokenize([Message("user", "hello")])) > 0


def test_a_reply_that_was_written_by_half_is_none(start_worker: StartWorker, tiny_file: TinyFile) -> None:
    worker = start_worker(tiny_file("mistral"))
    waiting_to_be_read(worker)
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(GenerationFailed, match="SIGKILL"):
        list(worker._replies(worker._question))


def waiting_to_be_read(worker: WorkerProcess) -> None:
    """Return when it waits in the middle of a reply, of more tokens than a pipe holds."""
    turns = [asdict(Message("user", "x " * 100_000))]
    worker._send({"do": "tokenize", "messages": turns, "continues": False})
    assert worker._process.stdout
    unread = array.array("i", [0])
    deadline = time.monotonic() + 30
    while not unread[0] and time.monotonic() < deadline:
        time.sleep(0.01)
        fcntl.ioctl(worker._process.stdout, termios.FIONREAD, unread)


def test_a_death_is_told_also_while_another_thread_closes(
    worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.kill(worker.pid, signal.SIGKILL)
    wait = worker._process.wait

    def wait_while_another_closes() -> int:
        monkeypatch.undo()
        code = wait()
        worker.close()
        return code

    monkeypatch.setattr(worker._process, "wait", wait_while_another_closes)
    assert "SIGKILL" in worker._death()
