"""The log as CSV: whatever was asked and answered comes out of a reader as it went in."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import ModelSpec
from database import Database
from generator import Answer, AnswerLog
from generator.log.export import write_csv
from generator.measured import Memory, Timing
from retriever.passage import Match

TEXTS = ['"Leise", sagt [1];\nund: =1+1 😀', "The reviews do not say.", ""]
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"))


@pytest.fixture
def filled_log(database: Database, make_match: Callable[..., Match]) -> AnswerLog:
    """A log of three answers: of two models, the first two of a run."""
    log = AnswerLog(database)
    log.begin_run("night", {})
    for text, model, run in zip(TEXTS, ("a", "b", "a"), ("night", "night", None), strict=True):
        answer = Answer(
            model=model,
            question="Laut?",
            text=text,
            matches=(make_match(1, 'Mit "Zitat", Komma\nund Zeile'),),
            dropped=0,
            stop_reason="end",
            timing=Timing(0.125, 0.25, 1.5, n_prompt=10, n_prompt_reused=2, n_out=5, threads=2),
            memory=Memory(5 * 2**30, None, 3 * 2**30, 2**20, 2**21),
            predicted_bytes=1,
            load_s=0.1,
            queue_s=0,
            mode="interactive",
            shared=False,
        )
        silent = replace(answer, timing=Timing(None, None, None, 1, 0, 0, threads=1))
        log.record(answer if text else silent, ModelSpec(file="a.gguf"), "B01", 0.5, run)
    return log


def export(environment: dict[str, str], *arguments: str) -> pd.DataFrame:
    command = [sys.executable, "-m", "generator", "log", "--csv", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return pd.read_csv(io.BytesIO(done.stdout), keep_default_na=False, na_values={"ttft_s": ""})


def test_pandas_reads_what_was_logged(filled_log: AnswerLog, environment: dict[str, str]) -> None:
    read = export(environment)
    rows = list(filled_log.select())
    assert list(read.columns) == filled_log.columns() == list(rows[0])
    assert list(read["answer"]) == TEXTS
    assert list(read["abstained"]) == [False, True, False]
    assert list(read["ttft_s"][:2]) == [0.125, 0.125]
    assert pd.isna(read["ttft_s"][2])
    assert list(read["peak_rss_bytes"]) == [5 * 2**30] * 3
    assert [json.loads(cell) for cell in read["passages"]] == [row["passages"] for row in rows]
    assert [json.loads(cell) for cell in read["citations"]] == [[1], [], []]
    assert list(pd.to_datetime(read["answered_at"])) == [row["answered_at"] for row in rows]


def test_a_part_can_be_chosen(filled_log: AnswerLog, environment: dict[str, str]) -> None:
    assert list(export(environment, "--run", "night")["model"]) == ["a", "b"]
    assert list(export(environment, "--model", "a", "--since", "2020-01-01")["answer"]) == [
        TEXTS[0],
        TEXTS[2],
    ]
    assert export(environment, "--since", "2999-01-01").empty


def test_the_last_answers_are_a_table(filled_log: AnswerLog, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "generator", "log"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.count("Laut?") == 3
    assert max(map(len, done.stdout.splitlines())) <= 80


@given(st.lists(st.fixed_dictionaries({"a": texts, "b": st.lists(texts) | st.none()}), max_size=5))
def test_any_text_survives(rows: list[dict[str, object]]) -> None:
    file = io.StringIO(newline="")
    write_csv(["a", "b"], rows, file)
    file.seek(0)
    read = list(csv.DictReader(file))
    assert [row["a"] for row in read] == [row["a"] for row in rows]
    assert [json.loads(row["b"]) if row["b"] else None for row in read] == [row["b"] for row in rows]
