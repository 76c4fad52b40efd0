"""The README's commands, run as a newcomer would, one after the other in a fresh home (`tests.commands`)."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.commands import run_module

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


def python_commands() -> list[str]:
    return [command for command in commands() if command.startswith("python -m ")]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    # Not pytest's own folder: as root the server runs as another user, who must be able to come near.
    with tempfile.TemporaryDirectory(prefix="reviewduel-") as folder:
        yield Path(folder)


# They take a network and gigabytes, or minutes of an idle machine: tests/models tries them on small things.
LARGE = ("python -m models pull ", "python -m models probe ")


@pytest.mark.parametrize("command", python_commands())
def test_python_commands_work(command: str, home: Path) -> None:
    if command.startswith(LARGE):
        command += " --help"
    # On the embedded server, as for somebody who has nothing else.
    environment = os.environ | {"REVIEWDUEL_HOME": str(home)}
    done = run_module(shlex.split(command)[2:], environment, ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_langchain_example_works(home: Path) -> None:
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert example
    environment = os.environ | {"REVIEWDUEL_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", example[1]],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("command", [command for command in commands() if command.startswith("make ")])
def test_make_targets_exist(command: str) -> None:
    # --touch --dry-run: make knows the target and its prerequisites, and runs nothing.
    done = subprocess.run(
        [*shlex.split(command), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_no_other_commands_are_promised() -> None:
    rest = [
        command
        for command in commands()
        if not command.startswith(("python -m ", "make ", "docker compose "))
    ]
    # These two prepare the server of docker-compose.yaml, which the next test reads.
    assert rest == [
        "cp .env.example .env",
        "export REVIEWDUEL_DATABASE_URL=postgresql://reviewduel:PASSWORD@127.0.0.1:5432/reviewduel",
    ]


def test_the_compose_file_keeps_its_promises() -> None:
    service = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]["database"]
    assert service["image"] == "pgvector/pgvector:pg18"
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert [volume.split(":")[1] for volume in service["volumes"]] == ["/var/lib/postgresql"]
    assert "healthcheck" in service
    # No password in the repository: it must come from .env, which git ignores.
    assert service["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert "POSTGRES_PASSWORD=\n" in (ROOT / ".env.example").read_text()
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()
    promised = next(command for command in commands() if command.startswith("export"))
    environment = service["environment"]
    assert f"//{environment['POSTGRES_USER']}:" in promised
    assert promised.endswith(f":5432/{environment['POSTGRES_DB']}")


def test_links_lead_somewhere() -> None:
    for page in ROOT.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (ROOT / target).exists(), f"{page.name} links to {target}"
