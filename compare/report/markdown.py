"""The report as Markdown: the same contents as the page, without its charts. Knows no files."""

from collections.abc import Iterator, Sequence

from compare.report.contents import Contents
from compare.report.measured import Section
from compare.report.overview import FORMS, HOW_TO_READ, Overview
from compare.report.preferred import Preferred
from compare.report.questions import Asked, ShownAnswer
from compare.report.visible import visible
from compare.statistics import Estimate
from compare.statistics.finding import HOW_TO_READ as FINDINGS
from generator.markdown import literal


def markdown(contents: Contents) -> str:
    """The whole file."""
    return "\n".join(_lines(contents)) + "\n"


def _lines(contents: Contents) -> Iterator[str]:
    yield f"# {_inline(contents.title)}\n"
    yield from (f"{_inline(warning)}\n" for warning in contents.warnings)
    yield from (f"**{_inline(verdict)}**\n" for verdict in contents.measured.verdicts)
    yield contents.measured.looked_at
    if contents.failures:
        yield "\n## Failed\n"
        yield from (f"- {_inline(one.model)}: {_inline(one.reason)}" for one in contents.failures)
    yield "\n## About"
    yield from _about(contents)
    yield "\n## Overview"
    for overview in contents.overviews:
        yield from _overview(overview)
    yield f"\n{HOW_TO_READ}" if contents.overviews else "\nNo model answered."
    yield f"\n## Each figure\n\n{FINDINGS}"
    for section in contents.measured.figures:
        yield from _section(section, contents)
    for said in contents.judged:
        yield from _preferred(said)
    for section in contents.measured.marks:
        yield from _section(section, contents)
    if contents.voted:
        yield from _preferred(contents.voted)
    yield "\n## Answers"
    for one in contents.asked:
        yield from _asked(one)


def _about(contents: Contents) -> Iterator[str]:
    for about in contents.abouts:
        yield f"\n### {_inline(about.run_id)}\n" if len(contents.abouts) > 1 else ""
        for fact in about.facts:
            yield f"- **{fact.term}**: {'; '.join(map(_inline, fact.values))}"
    if contents.entrants:
        yield from _table(
            ["", "contestant", "asked with", "engine", "SHA-256 of its file"],
            [
                [
                    one.badge,
                    _inline(one.label),
                    _inline(one.settings) or "-",
                    _inline(one.engine) or "-",
                    one.file_sha256 or "-",
                ]
                for one in contents.entrants
            ],
            "-----",
        )
    yield from (f"\n{note}" for note in contents.notes)


def _overview(overview: Overview) -> Iterator[str]:
    yield f"\n### {FORMS[overview.form]}"
    lines = [[line.heading, *line.cells] for line in overview.lines]
    yield from _table(["median of", *map(_inline, overview.labels)], lines, "-" + ">" * len(overview.labels))


def _section(section: Section, contents: Contents) -> Iterator[str]:
    form = f", {FORMS[section.form].lower()}" if section.form else ""
    yield f"\n### {section.measure.label}{form}\n\n{section.meaning}"
    lines = [
        [
            _inline(one.contestant),
            section.shown(one.estimate.value),
            _interval(section, one.estimate),
            str(one.estimate.n),
            str(one.missing),
        ]
        for one in section.reached
    ]
    yield from _table(["", section.typical, "95 % interval", "answers", "without"], lines, "->>>>")
    if section.findings:
        yield ""
    yield from (f"- {_inline(finding.text)}." for finding in section.findings)


def _preferred(said: Preferred) -> Iterator[str]:
    yield f"\n## {_inline(said.title)}"
    if said.warning:
        yield f"\n**{_inline(said.warning)}**"
    yield from (f"\n{_inline(text)}" for text in said.before)
    if said.lines:
        lines = [[_inline(pair), *cells] for pair, *cells in said.lines]
        yield from _table(said.headings, lines, "-" + ">" * (len(said.headings) - 1))
    yield from (f"\n{_inline(text)}" for text in said.after)


def _interval(section: Section, estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return estimate.note
    return f"{section.shown(estimate.low)} to {section.shown(estimate.high)}"


def _asked(one: Asked) -> Iterator[str]:
    labels = f" ({', '.join(one.labels)})" if one.labels else ""
    yield f"\n### {_inline(one.product)}: {_inline(one.question)}{labels}"
    for number, sources in enumerate(one.sources, start=1):
        yield f"\nPassages{f', set {number}' if len(one.sources) > 1 else ''}:\n"
        for index, passage in enumerate(sources.passages, start=1):
            about = f" ({passage.about})" if passage.about else ""
            yield f"{index}. {_inline(passage.text)}{about}"
    yield "\nAnswers:\n"
    for given in one.given:
        if not given.answers:
            yield f"- **{_inline(given.entrant.name)}**: no answer"
        for answer in given.answers:
            yield from _answer(given.entrant.name, answer)


def _answer(name: str, answer: ShownAnswer) -> Iterator[str]:
    about = "; ".join(filter(None, (answer.figures, *answer.remarks)))
    yield f"- **{_inline(name)}** ({_inline(about)}): {_inline(answer.text) or '(nothing)'}"
    yield from (f"  - unsupported: {_inline(sentence)}" for sentence in answer.unsupported)


def _table(headings: Sequence[str], lines: Sequence[Sequence[str]], alignment: str) -> Iterator[str]:
    """Of cells that are Markdown; `alignment`: for each column "-", or ">" for numbers."""
    yield f"\n| {' | '.join(headings)} |"
    yield f"|{'|'.join('---:' if one == '>' else '---' for one in alignment)}|"
    yield from (f"| {' | '.join(cells)} |" for cells in lines)


def _inline(text: str) -> str:
    """Any text on one line, and nothing of it markup."""
    return literal(" ".join(visible(text).split()))
