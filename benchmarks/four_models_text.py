"""The words and tables of docs/four-models.md, from measured figures and a template. Measures nothing."""

from pathlib import Path
from string import Template
from typing import Any

from models.memory.room import GIB
from models.probe.speed import speed_in_words

TEMPLATE = Path(__file__).with_name("four_models.md")

# The published experiment: words per second, words per answer, gigabytes. It tells no answer lengths of
# the two large models.
ARTICLE: dict[str, tuple[float, int | None, float | None]] = {
    "mistral-7b": (1.49, 242, 6.87),
    "llama-2-7b": (0.80, 65, None),
    "mixtral-8x7b": (0.94, None, 25),
    "llama-2-70b": (0.14, None, 39),
}
LABELS = {
    "mistral-7b": "Mistral 7B",
    "llama-2-7b": "Llama 2 7B",
    "mixtral-8x7b": "Mixtral 8x7B",
    "llama-2-70b": "Llama 2 70B",
}
SMALL = ("mistral-7b", "llama-2-7b")
LARGE = ("mixtral-8x7b", "llama-2-70b")
# English in a vocabulary of 32,000 pieces; a rule of thumb, the same for all four.
TOKENS_PER_WORD = 1.35
EQUAL_WORDS = 150
NOT_TOLD = "not told"

Run = dict[str, Any]


def document(run: Run) -> str:
    """The whole document for a run's figures, as benchmarks.four_models keeps them."""
    template = Template(TEMPLATE.read_text(encoding="utf-8"))
    facts = {key: run[key] for key in ("date", "cores", "llama_cpp_python", "prompt", "answer", "rounds")}
    tables = {"measured": _measured(run), "speeds": _speeds(run), "ratios": _ratios(run)}
    return template.substitute(
        facts | tables | _findings(run) | _waiting(),
        machine=f"{run['memory'] / GIB:.0f}",
        fit=_fit(run),
        tokens_per_word=TOKENS_PER_WORD,
    )


def words_per_s(run: Run, name: str, words: int) -> float:
    """Words per second of a whole answer: the prompt is read first, then `words` are written."""
    model = run["models"][name]
    seconds: float = run["prompt"] / model["prefill"][0] + words * TOKENS_PER_WORD / model["decode"][0]
    return words / seconds


def _table(heading: list[str], rows: list[list[str]]) -> str:
    rule = ["---", *["---:"] * (len(heading) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [heading, rule, *rows])


def _measured(run: Run) -> str:
    heading = ["model", "weights, GiB", "read per token, GiB", "memory, GiB", "prefill, tokens/s"]
    heading += ["decode, tokens/s", "feels", "layers measured"]
    rows = []
    for name, model in run["models"].items():
        few, many, total = model["layers"]
        sizes = [f"{model[key] / GIB:.2f}" for key in ("weights", "read", "memory")]
        speeds = [_interval(model["prefill"]), _interval(model["decode"])]
        feels = speed_in_words(model["decode"][0])
        rows.append([LABELS[name], *sizes, *speeds, feels, f"{few} and {many} of {total}"])
    return _table(heading, rows)


def _interval(figure: list[float]) -> str:
    value, low, high = figure
    digits = 2 if value < 10 else 1
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _fit(run: Run) -> str:
    large = [LABELS[name] for name, model in run["models"].items() if model["memory"] > run["memory"]]
    if not large:
        return "All four fit this machine."
    verb = "do" if len(large) > 1 else "does"
    return (
        f"{' and '.join(large)} {verb} not fit this machine: the speeds are those of the same machine with "
        "more memory. With less, weights come from the disk for every token."
    )


def _speeds(run: Run) -> str:
    heading = ["model", "article, words/s", "ours at its answer length", f"ours at {EQUAL_WORDS} words"]
    rows = []
    for name, (speed, words, memory) in ARTICLE.items():
        own = f"{words_per_s(run, name, words):.2f} ({words} words)" if words else NOT_TOLD
        equal = f"{words_per_s(run, name, EQUAL_WORDS):.2f}"
        sizes = [str(memory or NOT_TOLD), f"{run['models'][name]['memory'] / GIB:.2f}"]
        rows.append([LABELS[name], f"{speed:.2f}", own, equal, *sizes])
    return _table([*heading, "article, GB", "ours, GiB"], rows)


def _ratios(run: Run) -> str:
    heading = ["ratio", "article", "ours at its lengths", "ours at equal length", "decode alone"]
    rows = []
    for pair in (SMALL, LARGE, ("mixtral-8x7b", "mistral-7b")):
        label = " / ".join(LABELS[name] for name in pair)
        figures = [f"{_article(pair):.2f}", _at_its_lengths(run, pair), f"{_equal(run, pair):.2f}"]
        rows.append([label, *figures, f"{_decode(run, pair):.2f}", f"{_sizes(run, pair, 'read'):.2f}"])
    return _table([*heading, "bytes read per token"], rows)


def _article(pair: tuple[str, str]) -> float:
    return ARTICLE[pair[0]][0] / ARTICLE[pair[1]][0]


def _at_its_lengths(run: Run, pair: tuple[str, str]) -> str:
    first, second = (ARTICLE[name][1] for name in pair)
    if first is None or second is None:
        return NOT_TOLD
    return f"{words_per_s(run, pair[0], first) / words_per_s(run, pair[1], second):.2f}"


def _equal(run: Run, pair: tuple[str, str]) -> float:
    return words_per_s(run, pair[0], EQUAL_WORDS) / words_per_s(run, pair[1], EQUAL_WORDS)


def _decode(run: Run, pair: tuple[str, str]) -> float:
    first, second = (float(run["models"][name]["decode"][0]) for name in pair)
    return first / second


def _sizes(run: Run, pair: tuple[str, str], key: str) -> float:
    first, second = (float(run["models"][name][key]) for name in pair)
    return first / second


def _findings(run: Run) -> dict[str, str]:
    equal_small, equal_large = _equal(run, SMALL), _equal(run, LARGE)
    memory_ratio = _sizes(run, LARGE, "memory")
    mistral = run["models"]["mistral-7b"]["memory"] / GIB
    return {
        "article_small": f"{_article(SMALL):.2f}",
        "article_large": f"{_article(LARGE):.1f}",
        "verdict_small": _verdict(equal_small > 1.5),
        "equal_small": f"{equal_small:.2f} times",
        "lengths_small": _at_its_lengths(run, SMALL),
        "verdict_large": _verdict(equal_large > 2),
        "equal_large": f"{equal_large:.1f}",
        "decode_large": f"{_decode(run, LARGE):.1f}",
        "reads": f"{1 / _sizes(run, LARGE, 'read'):.1f}",
        "verdict_memory": _verdict(abs(memory_ratio - 25 / 39) < 0.1),
        "memory_ratio": f"{memory_ratio:.2f}",
        "verdict_mistral": _verdict(mistral > 6),
        "memory_mistral": f"{mistral:.2f}",
    }


def _verdict(holds: bool) -> str:
    return "it holds" if holds else "it does not hold"


def _waiting() -> dict[str, str]:
    """What one wait and one pace for both small models would explain the article's figures."""
    fast, long, _ = ARTICLE["mistral-7b"]
    slow, short, _ = ARTICLE["llama-2-7b"]
    assert long and short
    per_word = (long / fast - short / slow) / (long - short)
    return {
        "fast": f"{fast:.2f}",
        "slow": f"{slow:.2f}",
        "long": str(long),
        "short": str(short),
        "wait": f"{short / slow - short * per_word:.0f}",
        "per_word": f"{per_word:.2f}",
    }
