"""`python -m docs.generate`: writes docs/reference from the code.

Knows which pages there are; what stands on one is its module's business.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generate import commands, errors, figures, formats, settings

FOLDER = Path(__file__).parent.parent / "reference"
WRITTEN = "<!-- Written by `make reference` from the code; change it there. -->"

PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands.page,
    "settings.md": settings.page,
    "figures.md": figures.page,
    "errors.md": errors.page,
    "../how-to/bring-your-reviews-in.md": formats.page,
}


def text_of(name: str) -> str:
    """What the page of this name has to hold."""
    return f"{WRITTEN}\n\n{PAGES[name]().strip()}\n"


def main() -> None:
    """Write all pages."""
    FOLDER.mkdir(exist_ok=True)
    for name in PAGES:
        (FOLDER / name).write_text(text_of(name), encoding="utf-8")
        print(FOLDER / name)


if __name__ == "__main__":
    main()
