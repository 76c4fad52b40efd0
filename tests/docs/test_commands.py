"""Every command that a page tells works: it is run, one after the other, or there is a reason why not.

The README's are run by tests/test_readme.py, in every `make test`; the others take longer. The recipes about
code are followed on a copy of it.
"""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from config import ModelSpec
from database.server import EmbeddedServer
from tests.commands import run_module
from tests.docs.pages import NOT_RUN, PAGES, ROOT, Step, blocks, missing, steps, told_in_passing
from tests.docs.programs import unknown_options

DOCS = ROOT / "docs"
TUTORIAL = DOCS / "tutorial.md"
HOW_TO = DOCS / "how-to"
RECIPES = (HOW_TO / "add-a-score.md", HOW_TO / "add-a-file-format.md")  # about code
README = ROOT / "README.md"

ALL = [step for page in PAGES for step in steps(page)]
OURS = [step for step in ALL if step.command.startswith("python -m ")]
# Each needs what the ones before it did.
FOLLOWED = (TUTORIAL, *sorted(set(HOW_TO.glob("*.md")) - set(RECIPES)), DOCS / "scaling.md")
RUN = [step for page in FOLLOWED for step in steps(page) if step in OURS and not step.why_not]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a newcomer is: a folder with the tutorial's file, and a home; and a copy of the code, changed."""

    folder: Path
    home: Path
    changed: Path

    def run(self, command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
        environment = os.environ | {"REVIEWDUEL_HOME": str(self.home)}
        return run_module(shlex.split(command)[2:], environment, folder)


@pytest.fixture(scope="module")
def place(bring_smollm2: Callable[[Path], None]) -> Iterator[Place]:
    # Not pytest's own folder: as root the server runs as another user, who must be able to come near.
    with tempfile.TemporaryDirectory(prefix="reviewduel-") as folder:
        place = Place(*(Path(folder, name) for name in ("folder", "home", "changed")))
        place.folder.mkdir()
        bring_smollm2(place.home)
        (text,) = (text for language, text in blocks(TUTORIAL) if language == "csv")
        (place.folder / "grinders.csv").write_text(text, encoding="utf-8")
        server = EmbeddedServer(place.home / "postgres")  # one for all commands: each start takes a second
        try:
            yield place
        finally:
            server.stop()


def apply(change: str, folder: Path) -> None:
    applied = subprocess.run(
        ["git", "apply", "--recount", "--verbose", "-"],
        input=change,
        cwd=folder,
        env=os.environ | {"GIT_CEILING_DIRECTORIES": str(folder.parent)},
        text=True,
        capture_output=True,
        check=False,
    )
    assert applied.returncode == 0, applied.stderr


def check(step: Step, done: "subprocess.CompletedProcess[str]") -> None:
    assert done.returncode == 0, done.stderr
    assert not missing(step.shown, done.stdout + done.stderr), done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("step", RUN, ids=str)
def test_a_newcomer_can_follow(step: Step, place: Place) -> None:
    check(step, place.run(step.command, place.folder))


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda page: page.stem)
def test_a_recipe_for_code_works(recipe: Path, place: Place) -> None:
    for package in ("compare", "ingest"):
        shutil.copytree(
            ROOT / package,
            place.changed / package,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    for change in (text for language, text in blocks(recipe) if language == "diff"):
        apply(change, place.changed)
    example = [text for language, text in blocks(recipe) if language == "text"]
    (place.changed / "blocks.txt").write_text(example[0] if example else "", encoding="utf-8")
    if recipe.stem == "add-a-score":
        place.run("python -m ingest data/reviews.csv", ROOT)
        # The tutorial's run has a model that takes minutes; the score needs any answers.
        place.run("python -m compare --models extractive --products 1 --repeats 1 --name first", ROOT)
    for step in steps(recipe):
        check(step, place.run(step.command, place.changed))
    if recipe.stem == "add-a-score":
        report = (place.home / "runs" / "first" / "report.html").read_text(encoding="utf-8")
        assert "varied" in report
        assert "different words / words" in report


def test_the_models_of_the_recipe_are_models() -> None:
    found = [text for language, text in blocks(HOW_TO / "add-a-model.md") if language == "yaml"]
    assert len(found) == 4
    for text in found:
        for name, keys in yaml.safe_load(text)["models"].items():
            ModelSpec(name=name, **keys)


@pytest.mark.parametrize("step", [step for step in OURS if step.why_not], ids=str)
def test_what_is_not_run_is_spelled_right(step: Step) -> None:
    if "streamlit" not in step.command:
        assert not unknown_options(step.command)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_told_in_passing_is_spelled_right(page: Path) -> None:
    for command in told_in_passing(page):
        assert not unknown_options(command), command


@pytest.mark.parametrize("command", sorted({s.command for s in ALL if s.command.startswith("make ")}))
def test_make_knows_the_target(command: str) -> None:
    done = subprocess.run([*shlex.split(command), "--dry-run"], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_command_is_forgotten() -> None:
    done = {*RUN, *(step for step in OURS if step.page in (README, *RECIPES))}
    rest = [step for step in ALL if step not in done and not step.why_not]
    assert [str(step) for step in rest if not step.command.startswith("make ")] == []
    # And of the reasons none is left over.
    assert [begin for begin in NOT_RUN if not any(step.command.startswith(begin) for step in ALL)] == []


def test_options_that_are_not_there_are_noticed() -> None:
    assert unknown_options("python -m compare --modles a") == ["--modles"]
    assert unknown_options("python -m generator log --csv --run=x") == []
    assert unknown_options("python -m benchmarks.coverage --runs 5000 --sed 1") == ["--sed"]
    with pytest.raises(AssertionError, match="no program"):
        unknown_options("python -m benchmarks.nothing")
    assert missing(("a … c", "│ x │", "gone"), "a b c\n│  x   │ 1") == ["gone"]


def test_links_lead_somewhere() -> None:
    for page in (*PAGES, *(DOCS / "reference").glob("*.md")):
        for target in re.findall(
            r"\]\(([^)]+)\)", re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        ):
            if "://" in target:
                continue
            path, _, heading = target.partition("#")
            file = page if not path else page.parent / path
            assert file.exists(), f"{page.relative_to(ROOT)} links to {target}"
            if heading and file.suffix == ".md":
                assert heading in headings(file), f"{page.relative_to(ROOT)} links to {target}"


def headings(page: Path) -> set[str]:
    """The addresses of the page's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_every_page_is_reached_from_the_index() -> None:
    seen, new = set(), [DOCS / "index.md"]
    while new:
        page = new.pop()
        seen.add(page)
        for target in re.findall(r"\]\(([^)#]+\.md)\)", page.read_text(encoding="utf-8")):
            file = (page.parent / target).resolve()
            if file not in seen and file.is_relative_to(DOCS):
                new.append(file)
    assert set(DOCS.rglob("*.md")) - seen == set()
