"""What one comparison allows to say, in words: who is better by how much, or how many questions would tell.

Knows no rows and no formulas: the numbers are the comparisons'. Names stand in the sentences as they are;
whoever prints them as HTML or Markdown escapes them.
"""

from dataclasses import dataclass
from typing import Literal

from compare.statistics.comparison import Comparison
from compare.statistics.estimate import ALPHA, NO_SPREAD, Estimate
from compare.statistics.measure import Measure
from compare.statistics.power import MOST_QUESTIONS

# What must be read with the findings.
HOW_TO_READ = (
    "Differences are paired: the same question to both, repeats averaged. Each interval would hold the true "
    "value in 95 of 100 such runs with other products like these (cluster t, docs/statistics.md). Who is "
    "called better differs by more than chance of all the comparisons that were made (Holm), so an interval "
    "may leave equality out and yet name nobody. So many questions would do: they would find a difference as "
    "large as the one seen in 4 of 5 runs, if it is the true one, with further products like these."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one comparison says.

    `outcome`: "better": `winner` is, by more than what is negligible. "differs": likewise, in a figure of
    which no direction is better. "same": the interval lies within what is negligible, or all questions are
    equal. "undecided": none of these. `text`: a sentence without its full stop.
    """

    outcome: Literal["better", "differs", "same", "undecided"]
    winner: str | None
    text: str


def finding(one: Comparison) -> Finding:
    """The finding of this comparison, and a note where questions were left out."""
    note = f"; {questions(one.left_out)} left out, to which not both have a value" if one.left_out else ""
    if is_negligible(one):
        return Finding("same", None, f"{one.measure.label}: {same(one)}{note}")
    if not one.found:
        return Finding("undecided", None, f"{one.measure.label}: {undecided(one)}{note}")
    leader = led(one).first
    text = f"{leader} {claim(one)}{note}"
    return Finding("better", leader, text) if one.measure.better else Finding("differs", None, text)


def is_negligible(one: Comparison) -> bool:
    """Whether the interval lies within what does not matter: stricter than two one-sided tests at 5 %."""
    low, high = one.estimate.low, one.estimate.high
    if low is None or high is None:
        constant = one.estimate.note == NO_SPREAD and one.effect is None
        return constant and not one.measure.matters(one.estimate.value)
    return not one.measure.matters(low) and not one.measure.matters(high)


def led(one: Comparison) -> Comparison:
    """With the better of the two first, or the higher where none is better."""
    return one if (one.difference > 0) == (one.measure.better != "lower") else one.turned()


def claim(one: Comparison, next_best: bool = False) -> str:
    """What the one that leads does, without its name; `next_best`: say that of the other one."""
    ahead = led(one)
    estimate = ahead.estimate
    if ahead.measure.scale == "difference" and estimate.value < 0:
        estimate = estimate.mapped(lambda value: -value)  # "0.1 lower" is a positive number
    said = ahead.measure.claim.format(size=_number(estimate.value, ahead.measure), other=ahead.second)
    return f"{said} ({'the next best; ' if next_best else ''}{_interval(estimate, ahead.measure)})"


def same(one: Comparison) -> str:
    """That the two do not differ by what would matter; the figure's name is left to the caller."""
    measure, pair = one.measure, f"{one.first} and {one.second}"
    if one.difference == 0 and one.effect is None:
        return f"{pair} are equal on each of {questions(one.estimate.n)}"
    limit = f"{measure.negligible:.0%}" if measure.scale == "ratio" else f"{measure.negligible:g}"
    return f"{pair} differ by less than {limit} ({_seen(one)})"


def undecided(one: Comparison) -> str:
    """That the questions do not tell, and how many would; the figure's name is left to the caller."""
    pair = f"{one.first} and {one.second}"
    if one.estimate.n_clusters == 1:
        return f"{pair} were compared on one product, which tells nothing of others ({_seen(one)})"
    text = f"{pair} are not distinguishable with {asked(one)} ({_seen(one)})"
    if needed := would_do(one):
        text += f"; {needed} would do"
    if one.p is not None and one.p <= ALPHA:
        text += f"; of {one.looked_at} comparisons, one like this may be chance"
    return text


def would_do(one: Comparison) -> str:
    """About how many questions; "" where none can be foretold."""
    if one.needed:
        return f"about {float(f'{one.needed.questions:.2g}'):,.0f}"
    return f"more than {MOST_QUESTIONS:,}" if one.estimate.low is not None else ""


def _seen(one: Comparison) -> str:
    """The numbers of a difference of which nobody is said to be the better."""
    estimate = one.estimate
    seen = f"{one.measure.scale} {_number(estimate.value, one.measure, signed=True)}"
    return seen if estimate.n_clusters == 1 else f"{seen}, {_interval(estimate, one.measure, signed=True)}"


def _interval(estimate: Estimate, measure: Measure, signed: bool = False) -> str:
    if estimate.low is None or estimate.high is None:
        return estimate.note
    return f"{_number(estimate.low, measure, signed)} to {_number(estimate.high, measure, signed)}"


def _number(value: float, measure: Measure, signed: bool = False) -> str:
    # Counts, whose differences matter from 1 on, need a digit less.
    fewer = measure.scale == "difference" and measure.negligible >= 1
    digits = (2 if abs(value) < 10 else 1 if abs(value) < 100 else 0) - fewer
    if measure.scale == "ratio" and 0 < value < 0.1:
        return f"{value:.2g}"
    return f"{value:{'+' if signed and measure.scale == 'difference' else ''},.{max(0, digits)}f}"


def asked(one: Comparison) -> str:
    """How much was asked."""
    products = one.estimate.n_clusters
    return f"{questions(one.estimate.n)} about {'one product' if products == 1 else f'{products} products'}"


def questions(count: int) -> str:
    """So many of them."""
    return "1 question" if count == 1 else f"{count} questions"
