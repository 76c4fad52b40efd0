"""The log of answers holds what the Answer says, in every column."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from config import ModelSpec
from config.errors import RunError
from database import Database
from generator import Answer, AnswerLog, Exchange
from generator.measured import Memory, Timing
from generator.origin import Origin
from generator.prompts.named import Template
from generator.verbatim.sentences import Sentence
from retriever.passage import Match


@pytest.fixture
def answer(make_match: Callable[..., Match]) -> Answer:
    return Answer(
        model="tiny-llama",
        question="Wie laut? \"'; DROP TABLE answer; --",
        text="Sehr laut [2]. 😀 Nein [7].",
        matches=(make_match(1, "Leise."), make_match(2, "Laut.", rating=None)),
        dropped=3,
        stop_reason="max_tokens",
        timing=Timing(0.5, 1.5, 2.5, n_prompt=110, n_prompt_reused=10, n_out=5, threads=2, n_reasoning=3),
        memory=Memory(5 * 2**30, 4 * 2**30, 3 * 2**30, 2**20, 2**21),
        predicted_bytes=5 * 2**30 + 1,
        reasoning="Hm, laut?",
        history=(Exchange("Ist es gut?", "Ja [1].", (make_match(1),)),),
        history_dropped=4,
        flagged=("a picture", 'abuse, "quoted"'),
        origin=Origin("ab" * 32, "llama-cpp-python 1.2.3", "cd" * 32, 0.75),
        load_s=1.25,
        queue_s=0.125,
        mode="measured",
        shared=True,
        template=WORDS,
    )


WORDS = Template("short", "{passages} {question}")
SPEC = ModelSpec(name="tiny-llama", file="tiny-llama.gguf", seed=2**32 - 1)


def test_quotations_and_the_own_line_are_logged(database: Database, answer: Answer) -> None:
    quotes = (Sentence(2, 0, 5, "Laut."), Sentence(1, 0, 6, "Leise."))
    chosen = replace(answer, answers="verbatim", quotes=quotes, own_line="Ja.", text='"Laut." [2]\n"[7]" [1]')
    AnswerLog(database).record(chosen, SPEC, "B01", retrieval_s=0.25)
    (row,) = AnswerLog(database).select()
    assert (row["answers"], row["own_line"], row["citations"]) == ("verbatim", "Ja.", [2, 1])
    assert row["quotes"] == [
        {"passage": 2, "review_id": "r2", "start": 0, "end": 5, "text": "Laut."},
        {"passage": 1, "review_id": "r1", "start": 0, "end": 6, "text": "Leise."},
    ]


def test_a_grounded_answer_says_of_each_sentence_whether_it_is_reported(
    database: Database, answer: Answer
) -> None:
    quotes = (Sentence(2, 0, 5, "Laut."), Sentence(1, 0, 6, "Leise."))
    reports = ("One customer says that it is loud.", None)
    grounded = replace(answer, answers="grounded", quotes=quotes, reports=reports)
    AnswerLog(database).record(grounded, SPEC, "B01", retrieval_s=0.25)
    (row,) = AnswerLog(database).select()
    assert (row["answers"], row["citations"]) == ("grounded", [2, 1])
    assert [(quote["text"], quote["report"]) for quote in row["quotes"]] == [
        ("Laut.", "One customer says that it is loud."),
        ("Leise.", None),
    ]


def test_every_column_equals_the_answer(database: Database, answer: Answer) -> None:
    log = AnswerLog(database)
    log.begin_run("demo", {"models": ["tiny-llama"]})
    log.record(answer, SPEC, "B01", retrieval_s=0.25, run_id="demo", contestant="tiny-llama", repeat=2)
    (row,) = log.answers("demo")
    assert row.pop("answer_id") >= 1
    assert abs(row.pop("answered_at") - datetime.now(UTC)) < timedelta(minutes=1)
    assert "cores" in row.pop("machine")
    assert row == {
        "run_id": "demo",
        "contestant": "tiny-llama",
        "repeat": 2,
        "model": "tiny-llama",
        "model_settings": SPEC.model_dump(mode="json")
        | {"template": {"prompt": "short", "sha256": WORDS.sha256, "text": "{passages} {question}"}},
        "product_id": "B01",
        "question": answer.question,
        "passages": [
            {"review_id": "r1", "number": 0, "score": 0.99, "text": "Leise."},
            {"review_id": "r2", "number": 0, "score": 0.98, "text": "Laut."},
        ],
        "dropped": 3,
        "answers": "free",
        "quotes": [],
        "own_line": "",
        "flagged": ["a picture", 'abuse, "quoted"'],
        "answer": answer.text,
        "reasoning": "Hm, laut?",
        "abstained": False,
        "history": [{"question": "Ist es gut?", "answer": "Ja [1]."}],
        "history_dropped": 4,
        "file_sha256": "ab" * 32,
        "engine": "llama-cpp-python 1.2.3",
        "prompt_sha256": "cd" * 32,
        "load_average": 0.75,
        "stop_reason": "max_tokens",
        "words": answer.words,
        "citations": [2],
        "invalid_citations": [7],
        "mode": "measured",
        "shared": True,
        "threads": 2,
        "load_s": 1.25,
        "retrieval_s": 0.25,
        "queue_s": 0.125,
        "ttft_s": 0.5,
        "ttfo_s": 1.5,
        "e2e_s": 2.5,
        "tpot_s": 0.5,
        "decode_tok_s": 2,
        "prefill_tok_s": 200,
        "e2e_tok_s": 2,
        "words_per_s": answer.words / 2.5,
        "n_prompt": 110,
        "n_prompt_reused": 10,
        "n_out": 5,
        "n_reasoning": 3,
        "peak_rss_bytes": 5 * 2**30,
        "pss_bytes": 4 * 2**30,
        "weights_bytes": 3 * 2**30,
        "kv_cache_bytes": 2**20,
        "compute_bytes": 2**21,
        "rest_bytes": 2 * 2**30 - 3 * 2**20,
        "predicted_bytes": 5 * 2**30 + 1,
    }


def test_an_answer_asked_by_hand_without_text_belongs_to_no_run(database: Database, answer: Answer) -> None:
    silent = Answer(
        model="m",
        question="?",
        text="",
        matches=(),
        dropped=0,
        stop_reason="cancelled",
        timing=Timing(None, None, None, n_prompt=1, n_prompt_reused=0, n_out=0, threads=1),
        memory=Memory(1, None, 0, 0, 0),
        predicted_bytes=1,
        load_s=0,
        queue_s=0,
        mode="interactive",
        shared=False,
    )
    AnswerLog(database).record(silent, SPEC, "B01", retrieval_s=0)
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT run_id, ttft_s, e2e_s, tpot_s, words_per_s, pss_bytes, passages FROM answer")
        assert cursor.fetchall() == [(None, None, None, None, None, None, [])]


def test_a_run_comes_back_in_the_order_of_its_answers(database: Database, answer: Answer) -> None:
    log = AnswerLog(database)
    log.begin_run("one", {})
    log.begin_run("two", {})
    for product in ("B2", "B1", "B3"):
        log.record(answer, SPEC, product, retrieval_s=0, run_id="one", contestant="m")
    log.record(answer, SPEC, "B9", retrieval_s=0, run_id="two", contestant="m", repeat=1)
    assert [row["product_id"] for row in log.answers("one")] == ["B2", "B1", "B3"]
    assert log.answered("two") == {("m", "B9", answer.question, 1)}
    assert log.origins("one") == {"m": ("ab" * 32, "llama-cpp-python 1.2.3", WORDS.sha256)}


def test_a_name_is_taken_until_it_is_replaced(database: Database, answer: Answer) -> None:
    log = AnswerLog(database)
    log.begin_run("one", {"k": 1})
    log.record(answer, SPEC, "B1", retrieval_s=0, run_id="one")
    with pytest.raises(RunError, match="--resume one"):
        log.begin_run("one", {"k": 2})
    assert log.run("one")["plan"] == {"k": 1} and len(log.answers("one")) == 1
    log.begin_run("one", {"k": 2}, [{"question": "Why?"}], replace=True)
    assert log.answers("one") == []
    assert (log.run("one")["plan"], log.run("one")["tasks"]) == ({"k": 2}, [{"question": "Why?"}])


def test_what_is_noted_of_a_run(database: Database) -> None:
    log = AnswerLog(database)
    log.begin_run("one", {})
    for load_average in (0.5, 1.5):
        log.note_condition("one", {"load_average": load_average})
        log.note_failures("one", [{"model": "m", "reason": f"{load_average}"}])
    assert [noted["load_average"] for noted in log.run("one")["conditions"]] == [0.5, 1.5]
    assert log.run("one")["failures"] == [{"model": "m", "reason": "1.5"}]


def test_an_unknown_run_is_told_with_the_nearest(database: Database) -> None:
    log = AnswerLog(database)
    with pytest.raises(RunError, match="none yet"):
        log.run("nigth")
    log.begin_run("night", {})
    with pytest.raises(RunError, match="did you mean 'night'"):
        log.run("nigth")


def test_an_answer_of_a_run_is_logged_once(database: Database, answer: Answer) -> None:
    log = AnswerLog(database)
    log.begin_run("one", {})
    # Longer than an entry of an index.
    long = replace(answer, question="?" * 10_000)
    log.record(long, SPEC, "B1", retrieval_s=0, run_id="one", contestant="m")
    log.record(long, SPEC, "B1", retrieval_s=0, run_id="one", contestant="m", repeat=1)
    with pytest.raises(RunError, match="Another process"):
        log.record(long, SPEC, "B1", retrieval_s=0, run_id="one", contestant="m", repeat=1)
    # By hand the same may be asked at any time.
    for _ in range(2):
        log.record(answer, SPEC, "B1", retrieval_s=0)
    assert len(list(log.select())) == 4
