"""Rows of the answer log, made by hand."""

from datetime import UTC, datetime
from typing import Any

from generator.log.answer_log import Row


def row(model: str, **changes: Any) -> Row:
    """A plausible row with these changes."""
    values: Row = {
        "answer_id": 1,
        "run_id": "run",
        "answered_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "model": model,
        "contestant": model,
        "repeat": 0,
        "model_settings": {},
        "product_id": "B0TEST0001",
        "question": "Does it work?",
        "passages": [{"review_id": "r1", "number": 0, "score": 0.5, "text": "It works."}],
        "dropped": 0,
        "answer": "It works [1].",
        "stop_reason": "end",
        "abstained": False,
        "words": 3,
        "citations": [1],
        "invalid_citations": [],
        "mode": "measured",
        "shared": False,
        "machine": "Test CPU, 2 cores, Linux",
        "threads": 2,
        "load_s": 4.0,
        "retrieval_s": 0.01,
        "queue_s": 0.0,
        "ttft_s": 2.0,
        "ttfo_s": 2.0,
        "e2e_s": 3.0,
        "tpot_s": 0.125,
        "decode_tok_s": 8.0,
        "prefill_tok_s": 150.0,
        "e2e_tok_s": 3.0,
        "words_per_s": 1.0,
        "n_prompt": 300,
        "n_prompt_reused": 0,
        "n_out": 9,
        "n_reasoning": 0,
        "peak_rss_bytes": 4 * 2**30,
        "pss_bytes": 4 * 2**30,
        "weights_bytes": 3 * 2**30,
        "kv_cache_bytes": 2**27,
        "compute_bytes": 2**26,
        "rest_bytes": 2**25,
        "predicted_bytes": 4 * 2**30,
        "answers": "free",
        "quotes": [],
        "own_line": "",
        "reasoning": "",
        "engine": "llama.cpp test",
        "file_sha256": None,
    }
    assert changes.keys() <= values.keys()
    return values | changes
