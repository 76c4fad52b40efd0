"""A model with an adapter takes part as another contestant than the model alone."""

from pathlib import Path

from compare.judge.judge import judges_itself
from compare.plan.contestant import find_contestants, left_out
from compare.report.facts import entrants
from compare.statistics import summarise
from config import ModelSpec, Settings
from tests.compare.rows import row


def test_one_whose_adapter_is_missing_may_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").touch()
    spec = ModelSpec(file=str(tmp_path / "m.gguf"), adapter="gone.gguf")
    settings = Settings(home=tmp_path, models={"adapted": spec})
    (contestant,) = find_contestants(["adapted:verbatim"], settings)
    why = left_out(contestant, settings) or ""
    assert why.startswith(f"adapted:verbatim: its adapter {tmp_path}/models/gone.gguf is not here. Put it")


def test_a_judge_is_itself_only_with_the_same_adapter() -> None:
    judge = ModelSpec(name="judge", file="m.gguf", adapter="a.gguf")
    adapted = row("b", model_settings={"file": "/x/m.gguf", "adapter": "/y/a.gguf"}, file_sha256="ab+cd")
    assert judges_itself(judge, adapted)
    assert not judges_itself(judge.model_copy(update={"adapter": None}), adapted, "ab")


def test_a_report_names_it_and_how_strongly_it_counts() -> None:
    settings = {"file": "m.gguf", "adapter": "a.gguf", "adapter_scale": 0.5}
    rows = [row("adapted", model_settings=settings, file_sha256="ab+cd")]
    (one,) = entrants(summarise(rows), rows)
    assert one.settings.startswith("m.gguf, with the adapter a.gguf x 0.5")
    assert one.file_sha256 == "ab+cd"
