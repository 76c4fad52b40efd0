"""What a load test found, in the figures of serving benchmarks. Pure arithmetic; knows nothing of models.

As vLLM's `bench serve` and GuideLLM define them, for each request:

TTFT      seconds from asking to the first piece of text. Waiting for a turn is a part of it: people feel it.
queue     that part of the TTFT: waiting until the answer could be begun.
latency   seconds from asking to the last piece of text.
TPOT      (latency - TTFT) / (tokens - 1): seconds per token after the first, vLLM's definition. What GuideLLM
          calls so has the TTFT in it; its inter-token latency is this. Of an answer of one token there is
          none, and it counts as 0 for goodput.

And for a level of so many clients:

throughput    complete answers, and their tokens, per second from the first question to the last answer.
goodput       answers per second whose TTFT and TPOT were within the limits (Zhong et al. 2024, DistServe).
failed        requests that brought an error or a part of an answer; they are in no percentile.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Of the requests of a level, at least this share is within the limits where people count as served.
SERVED = 0.9


@dataclass(frozen=True, slots=True)
class Sample:
    """One request. Seconds; `tokens`: None if a server does not count them. `failed`: why, else empty."""

    ttft_s: float = 0.0
    queue_s: float = 0.0
    latency_s: float = 0.0
    tokens: int | None = None
    failed: str = ""

    @property
    def tpot_s(self) -> float | None:
        """Seconds per token after the first; None if there are none, or not known."""
        if self.tokens is None or self.tokens < 2:
            return None
        return (self.latency_s - self.ttft_s) / (self.tokens - 1)


@dataclass(frozen=True, slots=True)
class Limits:
    """What people put up with: seconds to the first word, and per token."""

    ttft_s: float
    tpot_s: float

    def kept(self, sample: Sample) -> bool:
        """Whether the request succeeded within both."""
        return not sample.failed and sample.ttft_s <= self.ttft_s and (sample.tpot_s or 0) <= self.tpot_s


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Linearly interpolated between requests; None where no request has the figure."""

    p50: float | None
    p90: float | None
    p99: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> "Percentiles":
        """Of any number of values."""
        if not values:
            return cls(None, None, None)
        return cls(*(float(value) for value in np.percentile(values, (50, 90, 99))))


@dataclass(frozen=True, slots=True)
class Level:
    """What `clients` who always ask at once found together. Seconds, or per second of `duration_s`.

    `within`: the share of all requests within the limits, from 0 to 1. `reasons`: why some failed, each once.
    """

    clients: int
    requests: int
    failed: int
    duration_s: float
    ttft: Percentiles
    queue: Percentiles
    tpot: Percentiles
    latency: Percentiles
    answers_per_s: float
    tokens_per_s: float | None
    goodput_per_s: float
    within: float
    reasons: tuple[str, ...] = ()


def summarise_level(clients: int, samples: Sequence[Sample], duration_s: float, limits: Limits) -> Level:
    """The figures of a level. `samples`: at least one."""
    complete = [sample for sample in samples if not sample.failed]
    kept = sum(map(limits.kept, samples))
    tokens = [sample.tokens for sample in complete if sample.tokens is not None]
    return Level(
        clients=clients,
        requests=len(samples),
        failed=len(samples) - len(complete),
        duration_s=duration_s,
        ttft=Percentiles.of([sample.ttft_s for sample in complete]),
        queue=Percentiles.of([sample.queue_s for sample in complete]),
        tpot=Percentiles.of([sample.tpot_s for sample in complete if sample.tpot_s is not None]),
        latency=Percentiles.of([sample.latency_s for sample in complete]),
        answers_per_s=len(complete) / duration_s,
        tokens_per_s=sum(tokens) / duration_s if len(tokens) == len(complete) else None,
        goodput_per_s=kept / duration_s,
        within=kept / len(samples),
        reasons=tuple(dict.fromkeys(sample.failed for sample in samples if sample.failed)),
    )


def people_served(levels: Sequence[Level]) -> int:
    """The most clients of whose requests SERVED were within the limits, there and at every lower level."""
    served = 0
    for level in sorted(levels, key=lambda level: level.clients):
        if level.within < SERVED:
            break
        served = level.clients
    return served


def in_a_sentence(levels: Sequence[Level], limits: Limits) -> str:
    """How many people are served, for people."""
    ordered = sorted(levels, key=lambda level: level.clients)
    served = people_served(ordered)
    bounds = f"first word within {limits.ttft_s:g} s, then at most {limits.tpot_s:g} s a token"
    beyond = next((level for level in ordered if level.clients > served), None)
    failing = beyond and f"with {beyond.clients}, {beyond.within:.0%} of the requests were within the limits"
    if served == 0:
        return f"Nobody is served well ({bounds}): {failing}."
    people = "1 person" if served == 1 else f"{served} people"
    if beyond is None:
        return f"At least {people} asking without a pause can be served ({bounds}): more were not tried."
    return f"{people} asking without a pause can be served ({bounds}); {failing}."
