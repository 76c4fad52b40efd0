"""What probing found is remembered, for this machine only."""

from pathlib import Path

import pytest

from models.llama_process import machine_name
from models.probe.extrapolation import Estimate
from models.probe.probe import Measured, Plan, Probed
from models.probe.probe_log import recall, remember

ROUNDS = Measured(layers=1, weights=1, prefill_s=(1.0,), token_s=(1.0,), resident=1)
PROBED = Probed(
    layers=32,
    parameters=7,
    weights=4,
    memory=5,
    prefill_tok_s=Estimate(20.0, 19.0, 21.0),
    decode_tok_s=Estimate(8.0, 7.0, float("inf")),
    threads=2,
    few=ROUNDS,
    many=ROUNDS,
)


def test_a_result_is_found_by_its_file_s_name(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    assert recall(home) == {}
    remember("folder/m.gguf", PROBED, Plan(n_ctx=512), home)
    remember("other.gguf", PROBED, Plan(), home)
    found = recall(home)["m.gguf"]
    assert found.decode_tok_s == PROBED.decode_tok_s
    assert found.prefill_tok_s == PROBED.prefill_tok_s
    assert (found.weights, found.memory, found.n_ctx, found.machine) == (4, 5, 512, machine_name())
    assert set(recall(home)) == {"m.gguf", "other.gguf"}


def test_another_machine_s_result_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember("m.gguf", PROBED, Plan(), tmp_path)
    monkeypatch.setattr("models.probe.probe_log.machine_name", lambda: "another")
    assert recall(tmp_path) == {}


@pytest.mark.parametrize("damage", ["", "[1]", '{"m.gguf": 3}', '{"m.gguf": {"speed": 1}}'])
def test_a_damaged_memory_is_forgotten(tmp_path: Path, damage: str) -> None:
    (tmp_path / "model-probes.json").write_text(damage)
    assert recall(tmp_path) == {}
    remember("new.gguf", PROBED, Plan(), tmp_path)
    assert set(recall(tmp_path)) == {"new.gguf"}


def test_a_home_that_cannot_be_written_to_costs_no_result(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file is in the way")
    remember("m.gguf", PROBED, Plan(), tmp_path / "home")
    assert recall(tmp_path / "home") == {}
