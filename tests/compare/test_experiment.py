"""What an experiment file may hold, and what is said of what it may not."""

from pathlib import Path
from typing import Any

import pytest

from compare.plan.experiment import QUESTIONS, Experiment, read_experiment
from compare.scores.expectation import read_question_set
from config.errors import ConfigError

EXPERIMENTS = Path(__file__).parent.parent.parent / "experiments"


def read(tmp_path: Path, text: str, **given: Any) -> Experiment:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    return read_experiment(file, given)


def test_without_a_file_it_is_the_published_one() -> None:
    experiment = read_experiment(None, {})
    assert experiment.questions == QUESTIONS
    assert (experiment.mode, experiment.passages, experiment.models) == ("measured", "passages", ())


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    text = "models: [a, 'b:verbatim']\nrepeats: 5\nk: 2\nfail_if: ['a.words < 1']\n"
    experiment = read(tmp_path, text, models="c, d,c", k=7)
    assert (experiment.models, experiment.repeats, experiment.k) == (("c", "d"), 5, 7)
    assert read(tmp_path, text).models == ("a", "b:verbatim")


def test_products_are_a_number_or_ids(tmp_path: Path) -> None:
    assert read(tmp_path, "products: 3").products == 3
    assert read(tmp_path, "products: [B2, B1]").products == ("B2", "B1")
    assert read(tmp_path, "products: B2, B1").products == ("B2", "B1")


def test_a_question_set_lies_beside_its_experiment(tmp_path: Path) -> None:
    assert read(tmp_path, "questions: ../set.yaml").questions == tmp_path / "../set.yaml"
    assert read(tmp_path, "questions: ../set.yaml", questions=Path("b.yaml")).questions == Path("b.yaml")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("repeat: 3", "unknown key 'repeat'; did you mean 'repeats'?"),
        ("repeats: 0", "'repeats' is 0"),
        ("temperature: hot", "'temperature' is 'hot'"),
        ("mode: fast", "'mode' is 'fast'"),
        ("products: 0", "'products' is 0"),
        ("scores: [groundednes]", "did you mean 'groundedness'?"),
        ("fail_if: ['a.decode < 8']", "no figure 'decode'; did you mean 'decode_tok_s'?"),
        ("fail_if: [a]", "expected one like 'mistral.decode_tok_s < 8'"),
        ("[1, 2]", "expected lines of 'key: value'"),
        ("a: [", "is not valid YAML"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    assert sentence in str(error.value) and "mine.yaml" in str(error.value)


def test_a_wrong_option_is_not_the_files_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="On the command line: 'scores'"):
        read(tmp_path, "k: 2", scores="nothing")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml cannot be read"):
        read_experiment(tmp_path / "none.yaml", {})


@pytest.mark.parametrize("name", ["demo.yaml", "mistral-vs-llama.yaml", "tiers.yaml"])
def test_ours_can_be_read(name: str) -> None:
    assert read_experiment(EXPERIMENTS / name, {}).models


def test_the_published_experiment_is_as_published() -> None:
    experiment = read_experiment(EXPERIMENTS / "mistral-vs-llama.yaml", {})
    assert (experiment.k, experiment.passages, experiment.products) == (2, "reviews", 10)
    assert (experiment.n_ctx, experiment.temperature, experiment.max_tokens) == (1024, 0.7, 2000)
    assert experiment.questions == QUESTIONS
    assert len(experiment.models) == 4


def test_the_tiers_ask_hard_questions_more_often() -> None:
    experiment = read_experiment(EXPERIMENTS / "tiers.yaml", {})
    assert isinstance(experiment.questions, Path)
    questions = read_question_set(experiment.questions)
    assert len(questions) == 40 and {one.tier for one in questions} == {"easy", "middle", "hard"}
    assert {one.repeats for one in questions} <= {3, 4, 5}
    assert len({one.trap for one in questions if one.trap}) == 4
