"""`python -m compare load`: how many people can one machine, or one server, answer at the same time?

Knows the command's options and how its figures are shown; what they mean says `compare.load.goodput`.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from compare.load.goodput import Level, Limits, in_a_sentence, people_served, summarise_level
from compare.load.load import Extent, load_level
from compare.plan.experiment import PRODUCTS, read_experiment
from compare.plan.tasks import Task, prepare_tasks
from compare.run.machine import observe
from config import ModelSpec, Settings, load_settings
from config.command import console, tell
from config.errors import ConfigError, GenerationFailed
from database import Database
from generator import Answerer, open_answerer
from models.catalogue.catalogue import find_spec
from retriever import Embedder, Retriever

# Per client, unless told otherwise.
REQUESTS_EACH = 4
DEFINITIONS = (
    "TTFT: from asking to the first word, its queue included. Latency: to the last word. "
    "TPOT: (latency - TTFT) / (tokens - 1). Goodput: answers per second within both limits."
)

Model = Annotated[str, typer.Option(help="A model of the settings or the catalogue.")]
Concurrency = Annotated[
    str, typer.Option(help="How many people ask at the same time, one level after the other.")
]
Requests = Annotated[
    int | None, typer.Option(help="Requests of each level; default: 4 for each client.", min=1)
]
Seconds = Annotated[
    float | None,
    typer.Option(help="In place of a number of requests: ask so long, then finish.", min=0.1),
]
TtftLimit = Annotated[float, typer.Option(help="Seconds to the first word that people accept.")]
TpotLimit = Annotated[float, typer.Option(help="Seconds per token that people accept.")]
AtOnce = Annotated[
    int | None,
    typer.Option(
        help="Answers that a file of this machine writes in one batch, if memory allows; default: the "
        "highest concurrency. 1: one after the other, as the page does.",
        min=1,
    ),
]
MaxTokens = Annotated[int | None, typer.Option(help="Tokens of an answer; default: the model's own.", min=1)]
Products = Annotated[int, typer.Option(help="How many of the first products to ask about.", min=1)]
Seed = Annotated[int, typer.Option(help="Shuffles the questions.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the figures for machines.")]
Force = Annotated[bool, typer.Option("--force", help="Load the model even if it does not fit.")]


def load(
    model: Model,
    concurrency: Concurrency = "1,2,4,8",
    requests: Requests = None,
    seconds: Seconds = None,
    ttft_limit: TtftLimit = 2.0,
    tpot_limit: TpotLimit = 0.2,
    at_once: AtOnce = None,
    max_tokens: MaxTokens = None,
    products: Products = PRODUCTS,
    seed: Seed = 0,
    as_json: AsJson = False,
    force: Force = False,
) -> None:
    """Load test: clients who each ask their next question as soon as the last one is answered.

    Several questions at once go into one batch of a file of this machine, or to its server.
    """
    clients = _clients(concurrency, requests, seconds)
    for warning in observe().warnings():
        tell(f"note: {warning}")
    settings = load_settings()
    spec = _spec(model, settings, max_tokens, max(clients))
    embedder = Embedder(settings.embedder)
    tasks = _tasks(settings, embedder, products, seed)
    limits = Limits(ttft_limit, tpot_limit)
    with open_answerer(spec, settings, embedder, force, at_once or max(clients)) as answerer:
        # The first answer after loading pays for page faults and caches.
        answerer.answer(tasks[0].question, tasks[0].matches, mode="measured")
        levels = [
            _level(answerer, tasks, count, limits, Extent(requests or REQUESTS_EACH * count, seconds))
            for count in clients
        ]
    if as_json:
        print(load_json(spec, levels, limits))
    else:
        for line in load_tables(spec, levels, limits):
            console.print(line)
    if all(level.failed == level.requests for level in levels):
        raise GenerationFailed(f"{spec.name} answered nothing: {levels[0].reasons[0]}")


def _tasks(settings: Settings, embedder: Embedder, products: int, seed: int) -> list[Task]:
    experiment = read_experiment(None, {"products": products})
    with Database.open(settings) as database:
        retriever = Retriever(database, embedder, settings.retrieval)
        tasks = list(prepare_tasks(retriever, experiment, settings.retrieval.k))
    random.Random(seed).shuffle(tasks)
    return tasks


def _level(answerer: Answerer, tasks: Sequence[Task], clients: int, limits: Limits, extent: Extent) -> Level:
    samples, duration_s = load_level(answerer, tasks, clients, extent)
    tell(f"{clients} at the same time: {len(samples)} requests in {duration_s:.1f} s")
    return summarise_level(clients, samples, duration_s, limits)


def load_json(spec: ModelSpec, levels: Sequence[Level], limits: Limits) -> str:
    """What a script wants to know: one JSON object."""
    found = {
        "model": spec.name,
        "limits": asdict(limits),
        "levels": [asdict(level) for level in levels],
        "people": people_served(levels),
        "sentence": in_a_sentence(levels, limits),
    }
    return json.dumps(found, ensure_ascii=False, indent=2)


def load_tables(spec: ModelSpec, levels: Sequence[Level], limits: Limits) -> list[Table | str]:
    """A table for people, what its figures are, why requests failed, and the answer in a sentence."""
    table = Table(title=f"Load test of {spec.name}, times in seconds")
    table.add_column("asking at the same time")
    for level in levels:
        table.add_column(str(level.clients), justify="right")
    table.add_row("requests", *(str(level.requests) for level in levels))
    table.add_row("failed", *(str(level.failed) for level in levels))
    for name, key in (("TTFT", "ttft"), ("of it queue", "queue"), ("TPOT", "tpot"), ("latency", "latency")):
        for percentile in ("p50", "p90", "p99"):
            values = (getattr(getattr(level, key), percentile) for level in levels)
            table.add_row(f"{name} {percentile}", *map(_seconds, values))
    table.add_row("answers/s", *(f"{level.answers_per_s:.3g}" for level in levels))
    table.add_row("tokens/s", *(_rate(level.tokens_per_s) for level in levels))
    table.add_row("goodput/s", *(f"{level.goodput_per_s:.3g}" for level in levels))
    table.add_row("within limits", *(f"{level.within:.0%}" for level in levels))
    reasons = dict.fromkeys(reason for level in levels for reason in level.reasons)
    return [table, DEFINITIONS, *(f"failed: {reason}" for reason in reasons), in_a_sentence(levels, limits)]


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _clients(concurrency: str, requests: int | None, seconds: float | None) -> list[int]:
    try:
        clients = [int(number) for number in concurrency.split(",")]
    except ValueError:
        clients = [0]
    if min(clients) < 1 or max(clients) > 256:
        raise ConfigError(f"--concurrency '{concurrency}': expected numbers from 1 to 256, such as 1,2,4,8.")
    if requests and seconds:
        raise ConfigError("Give --requests or --seconds, not both.")
    if requests and requests < max(clients):
        raise ConfigError(
            f"--requests {requests}: some of {max(clients)} clients would never ask. "
            f"Give at least {max(clients)}."
        )
    return sorted(set(clients))


def _spec(model: str, settings: Settings, max_tokens: int | None, clients: int) -> ModelSpec:
    spec = find_spec(model, settings)
    if max_tokens:
        spec = spec.model_copy(update={"max_tokens": max_tokens})
    if spec.remote:
        # What the server makes of so many at once is the question, and no queue of ours before it.
        spec = spec.model_copy(update={"concurrency": clients})
    return spec
