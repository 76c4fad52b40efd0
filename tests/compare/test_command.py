"""`python -m compare` as a user runs it: real database, real embedder, real models."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
import yaml

from config import Settings
from tests.scripted_model import write_scripted_model

REVIEWS = "asins,reviews.title,reviews.text,reviews.rating\n" + "".join(
    f"B0TEST{number:04},,The battery of number {number} is fine. Its screen is not.,4\n"
    for number in range(12)
)


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def environment(settings: Settings, tmp_path: Path) -> dict[str, str]:
    for name in ("praise", "lament"):
        write_scripted_model(tmp_path / f"{name}.gguf", f"This is {name} [1].")
    write_scripted_model(tmp_path / "chooser.gguf", "[1]")
    (tmp_path / "broken.gguf").write_text("GGUF, but not really")
    models = {
        name: {"file": str(tmp_path / f"{name}.gguf"), "n_ctx": 8192}
        for name in ("praise", "lament", "chooser", "broken")
    }
    models["absent"] = {"file": "absent.gguf"}
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


def test_a_model_that_fails_is_reported_and_the_others_finish(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "reviews.csv").write_text(REVIEWS)
    run(environment, "ingest", str(tmp_path / "reviews.csv"))
    done = run(
        environment, "compare", "--models", "broken,praise,absent", "--product", "B0TEST0011",
        "--question", "Is the screen good?", "--repeats", "1", "--name", "second",
        "--out", str(tmp_path / "out"),
    )  # fmt: skip
    assert done.returncode == 1
    assert "failed: broken" in done.stderr and "failed: absent" in done.stderr
    assert "Traceback" not in done.stderr
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["models"]["praise"]["answers"] == 1
    assert {failure["model"] for failure in summary["failures"]} == {"broken", "absent"}

    connection = psycopg2.connect(environment["REVIEWDUEL_DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT product_id, question, answer FROM answer WHERE run_id = 'second'")
        assert cursor.fetchall() == [("B0TEST0011", "Is the screen good?", "This is praise [1].")]
    connection.close()


def test_ways_of_answering_are_contestants_and_have_tables_of_their_own(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "reviews.csv").write_text(REVIEWS)
    run(environment, "ingest", str(tmp_path / "reviews.csv"))
    done = run(
        environment, "compare", "--models", "praise,chooser:verbatim,extractive,extractive:free", "--product",
        "B0TEST0003", "--question", "How is the battery?", "--repeats", "1", "--name", "ways",
    )  # fmt: skip
    assert "failed: extractive:free: extractive has no language model" in done.stderr
    summary = json.loads((tmp_path / "runs" / "ways" / "summary.json").read_text())
    assert summary["models"].keys() == {"praise", "chooser:verbatim", "extractive"}
    assert summary["models"]["chooser:verbatim"]["figures"]["sentences"]["median"] == 1
    assert summary["models"]["extractive"]["figures"]["n_out"]["median"] is None
    assert "Comparison of verbatim answers" in done.stdout and "the embedder's" in done.stdout
    report = (tmp_path / "runs" / "ways" / "report.md").read_text()
    first, second = report.split("### Verbatim answers")
    assert "| median of | praise |" in first
    assert "| median of | chooser (verbatim) | extractive (no language model) |" in second
    assert "its memory is the embedder's" in first.lower()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--models", "prase"],
            "There is no model 'prase' in the settings or the catalogue; did you mean 'praise'?",
        ),
        (["--models", "praise", "--products", "0"], "Invalid value"),
        (["--models", "praise", "--product", "B0"], "No product has the id 'B0'"),
    ],
)
def test_wrong_input_is_an_error_in_words(
    environment: dict[str, str], arguments: list[str], sentence: str
) -> None:
    done = run(environment, "compare", *arguments)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
