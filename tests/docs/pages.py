"""The documentation's pages, taken apart: which commands they tell, and what they say that those print."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
FOLDERS = ("experiments", "data", "training")
PAGES = tuple(
    page
    for pattern in ("*.md", "docs/**/*.md", *(f"{folder}/*.md" for folder in FOLDERS))
    for page in sorted(ROOT.glob(pattern))
    if page.parent != REFERENCE
)  # fmt: skip
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)

# By how they begin: what no test may run, and why. What is ours is parsed all the same.
NOT_RUN: Mapping[str, str] = {
    "python -m models pull": "gigabytes from the network; tests/models/test_pull.py pulls small files",
    "python -m models probe": "the network, minutes of an idle machine; tests/models/test_probe.py",
    "python -m benchmarks.": "minutes to hours of an idle machine",
    "python -m generator ask smollm2 B0QX7VD4HK": "the prompt; tests/generator/test_named_prompts.py has one",
    "python -m compare --models smollm2,": "98 MB from the network; tests/generator/test_smollm2.py asks it",
    "python -m training.": "an hour; tests/training trains small ones",
    "python -m ingest --engine ray": "a cluster; tests/ingest/test_ray_engine.py has one",
    "python -m compare --models mistral-cpu-1": "the example's servers; tests/generator has one",
    "python -m streamlit run": "serves until it is ended; tests/app/page_server.py starts it so",
    ". .venv/bin/activate": "changes a shell",
    "export ": "changes a shell",
    "cp .env.example .env": "prepares docker-compose.yaml, which tests/test_readme.py reads",
    "docker compose": "Docker",
    "llama-server ": "another program, on another machine",
    "vllm serve ": "another program, on another machine",
    "pip install 'reviewduel[ray]'": "the network",
    "ssh ": "another machine",
    "pg_dump ": "PostgreSQL's own; tests/database/first_schema.sql was made by it",
    "git pull": "the network",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A command that a page tells, and what it shows of its output, line by line."""

    page: Path
    command: str
    shown: tuple[str, ...] = ()

    @property
    def why_not(self) -> str | None:
        """Why it is not run; None: it is."""
        return next((why for begin, why in NOT_RUN.items() if self.command.startswith(begin)), None)

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.command}"


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of each block of code, in order."""
    return _BLOCK.findall(page.read_text(encoding="utf-8"))


def steps(page: Path) -> Iterator[Step]:
    """The commands of the page's blocks; a block of text after one shows what its last command prints."""
    last: Step | None = None
    for language, text in blocks(page):
        if language == "text" and last:
            last = Step(page, last.command, tuple(line for line in text.splitlines() if line.strip()))
        if last:
            yield last
        last = None
        if language == "sh":
            lines = [re.sub(r"(^|\s+)# .*", "", line).strip() for line in text.splitlines()]
            *others, last = (Step(page, line) for line in lines if line)
            yield from others
    if last:
        yield last


def told_in_passing(page: Path) -> list[str]:
    """The commands of ours that stand in the page's sentences and tables."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    return re.findall(r"`(?:[A-Z_]+=\S+ )?(python -m [^`]+)`", text)


def missing(shown: tuple[str, ...], printed: str) -> list[str]:
    """The lines that are shown and were not printed; `…` stands for anything, and so does any space."""
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    return [line for line in shown if not any(re.search(_pattern(line), found) for found in lines)]


def _pattern(line: str) -> str:
    return ".*".join(re.escape(" ".join(piece.split())) for piece in line.split("…"))
