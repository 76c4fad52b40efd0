"""`python -m compare` as a user runs it: real database, real embedder, real models."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from config import Settings
from tests.commands import run_module
from tests.scripted_model import write_scripted_model

REVIEWS = "asins,reviews.title,reviews.text,reviews.rating\n" + "".join(
    f"B0TEST{number:04},,The battery of number {number} is fine. Its screen is not.,4\n"
    for number in range(12)
)


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_module(arguments, environment)


@pytest.fixture
def environment(settings: Settings, tmp_path: Path) -> dict[str, str]:
    for name in ("praise", "lament"):
        write_scripted_model(tmp_path / f"{name}.gguf", f"This is {name} [1].")
    models = {name: {"file": str(tmp_path / f"{name}.gguf"), "n_ctx": 8192} for name in ("praise", "lament")}
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"models": models}))
    assert settings.database_url is not None
    return os.environ | {
        "REVIEWDUEL_HOME": str(tmp_path),
        "REVIEWDUEL_SETTINGS": str(tmp_path / "settings.yaml"),
        "REVIEWDUEL_DATABASE_URL": settings.database_url.get_secret_value(),
    }


def test_the_experiment_end_to_end(environment: dict[str, str], tmp_path: Path) -> None:
    nothing_yet = run(environment, "compare", "--models", "praise")
    assert nothing_yet.returncode == 2
    assert "python -m ingest" in nothing_yet.stderr

    (tmp_path / "reviews.csv").write_text(REVIEWS)
    assert run(environment, "ingest", str(tmp_path / "reviews.csv")).returncode == 0
    done = run(environment, "compare", "--models", "praise,lament", "--repeats", "1", "--name", "first")
    assert done.returncode == 0, done.stderr
    assert "praise" in done.stdout and "lament" in done.stdout
    folder = tmp_path / "runs" / "first"
    stems = ("answers", "figures", "comparisons")
    rows = {f"{stem}.{form}" for stem in stems for form in ("jsonl", "csv")}
    assert {path.name for path in folder.iterdir()} == {"report.html", "report.md", "summary.json", *rows}

    answers = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
    # The first ten of twelve products, two questions, two models.
    assert len(answers) == 40
    assert {answer["product_id"] for answer in answers} == {f"B0TEST{number:04}" for number in range(10)}
    assert {answer["answer"] for answer in answers} == {"This is praise [1].", "This is lament [1]."}
    passages: dict[tuple[str, str], set[str]] = {}
    for answer in answers:
        key = (answer["product_id"], answer["question"])
        passages.setdefault(key, set()).add(json.dumps(answer["passages"]))
        assert (answer["mode"], answer["shared"], answer["n_prompt_reused"]) == ("measured", False, 0)
        assert answer["e2e_s"] == pytest.approx(
            answer["ttft_s"] + answer["tpot_s"] * (answer["n_out"] - 1), rel=1e-6
        )
    assert all(len(given) == 1 for given in passages.values()), "models were given different passages"

    # One model at a time, and its questions not in the order of the plan.
    models = [answer["model"] for answer in answers]
    assert models == sorted(models, key=models.index)
    asked = [(answer["product_id"], answer["question"]) for answer in answers[:20]]
    assert asked != sorted(asked)


def test_wrong_input_is_an_error_in_words(environment: dict[str, str]) -> None:
    done = run(environment, "compare", "--models", "prase")
    assert done.returncode == 2
    assert "There is no model 'prase' in the settings or the catalogue; did you mean 'praise'?" in done.stderr
    assert "Traceback" not in done.stderr
