"""An answer as a row of the table `answer`: which column holds what. Knows nothing of runs or connections."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from psycopg2.extras import Json

from generator.answer import Answer

Row = dict[str, Any]


def answer_row(answer: Answer) -> Row:
    """Column → value, of all that the answer itself knows."""
    timing, memory = answer.timing, answer.memory
    return {
        "model": answer.model,
        "question": answer.question,
        "passages": Json(list(_passages(answer))),
        "dropped": answer.dropped,
        "answer": answer.text,
        "reasoning": answer.reasoning,
        "abstained": answer.abstained,
        "history": Json([{"question": past.question, "answer": past.answer} for past in answer.history]),
        "history_dropped": answer.history_dropped,
        "stop_reason": answer.stop_reason,
        "words": answer.words,
        "citations": list(answer.citations),
        "invalid_citations": list(answer.invalid_citations),
        "mode": answer.mode,
        "shared": answer.shared,
        "threads": timing.threads,
        "load_s": answer.load_s,
        "queue_s": answer.queue_s,
        "ttft_s": timing.ttft_s,
        "ttfo_s": timing.ttfo_s,
        "e2e_s": timing.e2e_s,
        "tpot_s": timing.tpot_s,
        "decode_tok_s": timing.decode_tok_s,
        "prefill_tok_s": timing.prefill_tok_s,
        "e2e_tok_s": timing.e2e_tok_s,
        "words_per_s": answer.words_per_s,
        "n_prompt": timing.n_prompt,
        "n_prompt_reused": timing.n_prompt_reused,
        "n_out": timing.n_out,
        "n_reasoning": timing.n_reasoning,
        "peak_rss_bytes": memory and memory.peak_rss,
        "pss_bytes": memory and memory.pss,
        "weights_bytes": memory and memory.weights,
        "kv_cache_bytes": memory and memory.kv_cache,
        "compute_bytes": memory and memory.compute,
        "rest_bytes": memory and memory.rest,
        "predicted_bytes": answer.predicted_bytes,
        "answers": answer.answers,
        "quotes": Json(list(_quotes(answer))),
        "own_line": answer.own_line,
        "flagged": list(answer.flagged),
        **asdict(answer.origin),
    }


def _passages(answer: Answer) -> Iterator[Row]:
    for match in answer.matches:
        yield {
            "review_id": match.passage.review_id,
            "number": match.passage.number,
            "score": match.score,
            "text": match.passage.text,
        }


def _quotes(answer: Answer) -> Iterator[Row]:
    reports = answer.reports or (None,) * len(answer.quotes)
    for quote, report in zip(answer.quotes, reports, strict=True):
        yield {
            **({"report": report} if answer.reports else {}),
            "passage": quote.passage,
            "review_id": answer.matches[quote.passage - 1].passage.review_id,
            "start": quote.start,
            "end": quote.end,
            "text": quote.text,
        }
