"""Who was preferred to whom when answers stood side by side: by a run's judge, and by people's votes.

Knows how such results are worded; knows nothing of how they are drawn.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from compare.judge import Bias, Judgements, outcomes
from compare.plan.contestant import contestant_of
from compare.report.finished import FinishedRun, mark_keys, names_among
from compare.statistics import Vote, WinRate, ranking, win_rates
from config.counted import counted

_JUDGED = (
    "Each pair was asked about in both orders. Who chooses another answer in the other order has not "
    "decided: that is a tie, half a win for each. Intervals are by product (cluster t)."
)
_OTHER_JUDGES = "The runs had different judges, whose marks do not compare: each run's own report has them."
_VOTED = "Intervals are Wilson's, for independent votes; where few people vote often, they are too narrow."


@dataclass(frozen=True, slots=True)
class Preferred:
    """A table of pairs of contestants.

    `before` and `after`: what must be read with it, a paragraph each. `lines`: cells, the first one the pair.
    `warning`: what must be read before anything else, else "".
    """

    title: str
    warning: str
    before: tuple[str, ...]
    headings: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    after: tuple[str, ...]


def judged(runs: Sequence[FinishedRun]) -> tuple[Preferred, ...]:
    """What the judge of each run said, if one has a judge that said something."""
    return tuple(_judged(run, run.judged, runs) for run in runs if run.judged and run.judged.keys)


def useless_judges(runs: Sequence[FinishedRun]) -> tuple[str, ...]:
    """What must be read before any figure: of each judge that goes by the place, or marks alike."""
    judgements = [run.judged for run in runs if run.judged and run.judged.keys]
    said = [one.trial.said_of(one.judge) for one in judgements if one.trial and one.trial.useless]
    return tuple(dict.fromkeys(said))


def _judged(run: FinishedRun, said: Judgements, runs: Sequence[FinishedRun]) -> Preferred:
    called = names_among(run, runs)
    names = {row["answer_id"]: called[contestant_of(row)] for row in run.rows}
    lines = []
    for one in outcomes(said.preferences, run.rows, names):
        counts = (one.wins, one.ties, one.losses, one.missing)
        rate = one.rate
        shown = (rate.value, rate.low, rate.high, rate.note) if rate else (None, None, None, "")
        lines.append(_line((one.a, one.b), counts, *shown))
    return Preferred(
        title=f"Judged by {said.judge}{f': {run.run_id}' if len(runs) > 1 else ''}",
        warning=_warning(said, names),
        before=(*_about(said), *(() if mark_keys(runs) else (_OTHER_JUDGES,))),
        headings=_headings("no verdict"),
        lines=tuple(lines),
        after=(_JUDGED, *_bias(said.bias)) if lines else (),
    )


def _warning(said: Judgements, names: Mapping[int, str]) -> str:
    found = [said.trial.said_of(said.judge)] if said.trial and said.trial.useless else []
    own = dict.fromkeys(names[one.answer_id] for one in said.ratings if one.itself)
    if own:
        found.append(
            f"{said.judge} judges itself: the answers of {', '.join(own)} are its own. Models tend to prefer "
            "what they wrote themselves; have another judge decide."
        )
    return " ".join(found)


def _about(said: Judgements) -> Iterator[str]:
    unread = sum(one.marks is None for one in said.ratings)
    yield (
        f"{said.judge} marked {counted(len(said.ratings) - unread, 'answer')}"
        f"{f', and gave {unread} no marks that can be read' if unread else ''}. Its marks are an "
        "opinion, and no measurement."
    )
    if said.trial and not said.trial.useless:
        yield said.trial.said_of(said.judge)
    if said.file_sha256:
        yield f"SHA-256 of its file: {said.file_sha256}"


def _bias(bias: Bias) -> Iterator[str]:
    found = (
        ("it contradicted itself in {} of the pairs", bias.contradicted),
        ("chose what stood first in {} of its choices (without bias: 50%)", bias.first_chosen),
        ("and of its winners {} were the longer answer (which may also be better)", bias.longer_chosen),
    )
    if known := [words.format(f"{share:.0%}") for words, share in found if share is not None]:
        yield f"How far it goes by place and length: {', '.join(known)}."


def voted(runs: Sequence[FinishedRun]) -> Preferred | None:
    """What people preferred who saw the answers without names; None without votes."""
    votes = [
        Vote(names.get(one.a, one.a), names.get(one.b, one.b), one.winner, one.blind)
        for run in runs
        for names in [names_among(run, runs)]
        for one in run.votes
    ]
    if not votes:
        return None
    rates = win_rates(votes)
    blind = sum(one.blind for one in votes)
    before = f"{counted(blind, 'blind vote')} on these answers."
    if blind < len(votes):
        before += f" Not counted: {len(votes) - blind} by people who saw the names."
    return Preferred(
        title="Votes",
        warning="",
        before=(before,),
        headings=_headings("both bad"),
        lines=tuple(map(_vote_line, rates)),
        after=(_order(rates), _VOTED) if rates else (),
    )


def _vote_line(one: WinRate) -> tuple[str, ...]:
    counts = (one.wins, one.ties, one.losses, one.both_bad)
    return _line((one.a, one.b), counts, one.rate, one.low, one.high, "")


def _order(rates: Sequence[WinRate]) -> str:
    order = ranking(rates)
    if order is None:
        return "The votes do not support an order of all contestants."
    return f"In order: {', '.join(order)}. Each wins against the next by more than chance."


def _headings(neither: str) -> tuple[str, ...]:
    return ("", "won", "tied", "lost", neither, "win rate", "95 % interval")


def _line(
    pair: tuple[str, str],
    counts: tuple[int, int, int, int],
    rate: float | None,
    low: float | None,
    high: float | None,
    note: str,
) -> tuple[str, ...]:
    """Of the first of the pair; `note`: why there is no interval."""
    interval = note or "-" if low is None or high is None else f"{low:.0%} to {high:.0%}"
    shown = "-" if rate is None else f"{rate:.0%}"
    return (f"{pair[0]} against {pair[1]}", *map(str, counts), shown, interval)
