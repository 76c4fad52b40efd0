"""The README's commands, run as a newcomer would, one after the other in a fresh home (`tests.commands`).

That none is forgotten, and its links, are the business of tests/docs, as for every page.
"""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from database.server import EmbeddedServer
from tests.commands import run_module
from tests.docs.pages import ROOT, Step, blocks, missing, steps

README = ROOT / "README.md"
SERVE = ROOT / "docs" / "how-to" / "serve-a-team.md"
LANGCHAIN = ROOT / "docs" / "how-to" / "use-langchain.md"
STEPS = list(steps(README))


@pytest.fixture(scope="module")
def home(bring_smollm2: Callable[[Path], None]) -> Iterator[Path]:
    # Not pytest's own folder: as root the server runs as another user, who must be able to come near.
    with tempfile.TemporaryDirectory(prefix="reviewduel-") as folder:
        # Embedded, as for somebody who has nothing else; held, because each start takes a second.
        server = EmbeddedServer(Path(folder, "postgres"))
        bring_smollm2(Path(folder))
        yield Path(folder)
        server.stop()


@pytest.mark.parametrize(
    "step", [step for step in STEPS if step.command.startswith("python -m ")], ids=lambda step: step.command
)
def test_python_commands_work(step: Step, home: Path) -> None:
    command = step.command + (" --help" if step.why_not else "")
    environment = os.environ | {"REVIEWDUEL_HOME": str(home)}
    done = run_module(shlex.split(command)[2:], environment, ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert not missing(step.shown, done.stdout), done.stdout


def test_it_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").split()) <= 900


def test_the_langchain_example_works(home: Path) -> None:
    (example,) = (text for language, text in blocks(LANGCHAIN) if language == "python")
    environment = os.environ | {"REVIEWDUEL_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


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
    promised = next(step.command for step in steps(SERVE) if step.command.startswith("export"))
    environment = service["environment"]
    assert f"//{environment['POSTGRES_USER']}:" in promised
    assert promised.endswith(f":5432/{environment['POSTGRES_DB']}")
