"""The report as one HTML file that needs nothing else: no network, no script, no font.

Knows the template's names; what a report says is in its contents. Every expression of the template is made
visible and escaped, so that no text of a review, a model or a file name is ever markup.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from compare.report import charts
from compare.report.contents import Contents
from compare.report.drawn import dots, drawings
from compare.report.overview import FORMS, HOW_TO_READ
from compare.report.visible import visible
from compare.statistics.finding import HOW_TO_READ as FINDINGS

# Contestants have as many colours; their letters are always beside them.
COLOURS = 6


def page(contents: Contents) -> str:
    """The whole file."""
    return _ENVIRONMENT.get_template("page.html").render(
        contents=contents,
        measured=contents.measured,
        drawings=list(drawings(contents)),
        dots=lambda section: dots(section, contents),
        colour=lambda entrant: contents.entrants.index(entrant) % COLOURS,
        forms=FORMS,
        how_to_read=HOW_TO_READ,
        how_to_read_findings=FINDINGS,
        charts=charts,
    )


def _harmless(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_harmless,
    trim_blocks=True,
    lstrip_blocks=True,
)
