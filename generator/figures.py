"""The figures of an answer in words: what the page's tooltips and the reports print beside the numbers."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`key`: the column in the answer log. `label`: for a table's head. `unit`: what the number counts."""

    key: str
    label: str
    unit: str
    meaning: str


FIGURES = (
    Figure("load_s", "load", "s", "loading the model, from starting its process; in no other figure"),
    Figure("retrieval_s", "retrieval", "s", "embedding the question, and the search; in no other figure"),
    Figure("queue_s", "queue", "s", "waiting for the model to be free; in no other figure"),
    Figure(
        "ttft_s",
        "TTFT",
        "s",
        "time to first token: from the call to generate (prompt ready) to the first non-empty piece of text, "
        "reasoning or answer",
    ),
    Figure(
        "ttfo_s",
        "TTFO",
        "s",
        "the same to the first piece after a reasoning block; equal to TTFT for models without one",
    ),
    Figure(
        "e2e_s",
        "latency",
        "s",
        "from the same call to the last piece of text: TTFT + TPOT x (output tokens - 1)",
    ),
    Figure(
        "tpot_s",
        "TPOT",
        "s",
        "time per output token after the first: (t_last - t_first) / (n_out - 1); empty when n_out < 2",
    ),
    Figure("decode_tok_s", "tokens/s", "tokens/s", "1 / TPOT: how fast the text grows once it has begun"),
    Figure("prefill_tok_s", "prompt tokens/s", "tokens/s", "(n_prompt - n_prompt_reused) / TTFT"),
    Figure("e2e_tok_s", "tokens/s, whole", "tokens/s", "n_out / latency"),
    Figure(
        "words",
        "words",
        "words",
        "words of the visible answer by Unicode word segmentation (UAX #29); "
        "a segment counts if it holds a letter or digit",
    ),
    Figure("words_per_s", "words/s", "words/s", "words / latency, the published experiment's figure"),
    Figure("sentences", "sentences", "sentences", "sentences of the reviews that the answer quotes"),
    Figure("n_out", "tokens", "tokens", "tokens of the answer, from the engine; the end token not counted"),
    Figure("n_reasoning", "reasoning", "tokens", "of these, tokens of the reasoning before the answer"),
    Figure("n_prompt", "prompt", "tokens", "tokens of the prompt, from the engine"),
    Figure("n_prompt_reused", "reused", "tokens", "prompt tokens served from the KV cache"),
    Figure(
        "peak_rss_bytes",
        "memory",
        "bytes",
        "high-water resident memory (VmHWM) of a process that holds this one model and imports nothing it "
        "does not need",
    ),
    Figure("predicted_bytes", "memory, predicted", "bytes", "the same, foretold from the file's header"),
)

# What must be read with the figures of a model behind a server.
REMOTE = (
    "Remote: the model ran on its server. Times were taken here, the network included; tokens are the "
    "server's own count; its memory, its load time and who else it served are not known."
)

# What must be read with the figures of a verbatim answer.
VERBATIM = (
    "Verbatim: the model chose sentences, the program quoted them. Its tokens are decisions, a number each: "
    "times and tokens are those of the choice, words those of the quotations and what stands beside them. "
    "Compare its speed with that of other choices only."
)

# What must be read with the figures of a grounded answer.
GROUNDED = (
    "Grounded: an embedder chose sentences, the model reported them one by one, and what its sentence did "
    "not support was quoted instead. Tokens are those of all reports; the first word comes when the first "
    "sentence may stand. Speeds are those of reading and writing alone."
)

# What must be read with the figures of the contestant without a language model.
EXTRACTIVE = (
    "Extractive: no language model; an embedder ranks the sentences. It has no tokens, and all of its answer "
    "comes at once. Its memory is the embedder's, shared with retrieval."
)

# In place of a memory that is not this model's own to measure, by the model's kind.
_MEMORY_ELSEWHERE = {"openai": "remote", "extractive": "the embedder's"}

_OF_FORM = {"verbatim": VERBATIM, "grounded": GROUNDED}
_BY_KEY = {figure.key: figure for figure in FIGURES}


def figure(key: str) -> Figure:
    """The figure of a column of the answer log."""
    return _BY_KEY[key]


def format_figure(key: str, value: float | None) -> str:
    """The value as people read it, with three significant digits and its unit; "-" for none."""
    if value is None or math.isnan(value):
        return "-"
    unit = figure(key).unit
    if unit == "bytes":
        return f"{value / 2**30:.2f} GiB" if value >= 2**30 else f"{value / 2**20:.1f} MiB"
    if unit == "s":
        return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.3g} ms"
    return f"{value:,.0f}" if value >= 100 or float(value).is_integer() else f"{value:.3g}"


def remarks(kind: str, answers: str) -> list[str]:
    """What must be read with the figures of a model of this kind that answered so."""
    if kind == "extractive":
        return [EXTRACTIVE]
    return [*([REMOTE] if kind == "openai" else []), *([_OF_FORM[answers]] if answers in _OF_FORM else [])]


def format_memory(key: str, value: float | None, kind: str) -> str:
    """As `format_figure`; of a model whose memory is elsewhere, where that is."""
    return _MEMORY_ELSEWHERE.get(kind) or format_figure(key, value)
