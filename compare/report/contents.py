"""All that a report says, before any format: the page and the Markdown print the same contents."""

from collections.abc import Sequence
from dataclasses import dataclass

from compare.report import facts
from compare.report.facts import Entrant, Fact
from compare.report.finished import FinishedRun, joined, mark_keys, own_names, told_apart
from compare.report.measured import Measured, measured
from compare.report.overview import Overview, overviews
from compare.report.preferred import Preferred, judged, useless_judges, voted
from compare.report.questions import Asked, asked
from compare.run.runner import Failure
from compare.statistics import summarise


@dataclass(frozen=True, slots=True)
class About:
    """A run's name and the circumstances of its figures."""

    run_id: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """In the order in which a report tells it. `notes`: what must be read with the figures.

    `warnings`: what must be read before any of them, also before what follows from them.
    `judged`: one for each run with a judge. `voted`: None without votes.
    """

    title: str
    warnings: tuple[str, ...]
    measured: Measured
    entrants: tuple[Entrant, ...]
    abouts: tuple[About, ...]
    notes: tuple[str, ...]
    failures: tuple[Failure, ...]
    overviews: tuple[Overview, ...]
    judged: tuple[Preferred, ...]
    voted: Preferred | None
    asked: tuple[Asked, ...]

    def entrant(self, name: str) -> Entrant:
        """The contestant of that name."""
        return next(one for one in self.entrants if one.name == name)


def contents(runs: Sequence[FinishedRun]) -> Contents:
    """Of one run, or of several: contestants are then told apart by run, and paired by question."""
    rows = joined(runs)
    names = own_names(runs)
    summaries = sorted(summarise(rows), key=lambda one: list(names).index(one.name))
    entrants = facts.entrants(summaries, rows)
    keys = list(dict.fromkeys(key for run in runs for key in run.score_keys))
    return Contents(
        title=f"Comparison {' and '.join(run.run_id for run in runs)}",
        warnings=useless_judges(runs),
        measured=measured(rows, keys, mark_keys(runs), names),
        entrants=entrants,
        abouts=tuple(About(run.run_id, facts.facts(run)) for run in runs),
        notes=facts.notes(summaries, rows),
        failures=tuple(
            Failure(told_apart(failure.model, run, runs), failure.reason)
            for run in runs
            for failure in run.failures
        ),
        overviews=overviews(summaries),
        judged=judged(runs),
        voted=voted(runs),
        asked=asked(runs, rows, entrants),
    )
