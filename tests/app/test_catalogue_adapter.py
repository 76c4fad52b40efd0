"""The catalogue's page knows a file with an adapter apart from the file alone."""

import time
from pathlib import Path

from app.catalogue.facts import Fact, Facts
from app.catalogue.rows import probe_of, row_of
from config import ModelSpec, Settings
from models.catalogue.inventory import Listed, inventory
from models.gguf.header import read_header
from models.memory.room import Room
from models.probe.extrapolation import Estimate
from models.probe.probe_log import Remembered
from tests.adapters import attention, write_adapter
from tests.random_weights import write_random_model


def examined(facts: Facts, listed: Listed) -> Fact:
    while (fact := facts.of(listed)).pending:
        time.sleep(0.05)
    return fact


def test_each_is_examined_and_told_of_by_itself(tmp_path: Path) -> None:
    file, adapter = tmp_path / "m.gguf", tmp_path / "a.gguf"
    write_random_model(file, "llama")
    base = read_header(file)
    write_adapter(adapter, base, attention(base))
    adapted = ModelSpec(file=str(file), adapter=str(adapter), adapter_scale=0.5)
    settings = Settings(home=tmp_path, models={"plain": ModelSpec(file=str(file)), "adapted": adapted})
    listed = {one.name: one for one in inventory(settings)}
    facts = Facts()
    found = {name: examined(facts, listed[name]) for name in ("plain", "adapted")}
    sizes = [fact.examined.predicted.adapter for fact in found.values() if fact.examined]
    assert sizes[0] == 0 < sizes[1]
    rows = {name: row_of(listed[name], fact, Room(2**40), (), {}) for name, fact in found.items()}
    assert (rows["plain"].remark, rows["adapted"].remark) == ("", "with the adapter a.gguf x 0.5")
    rate = Estimate(1.0, 1.0, 1.0)
    probed = {"m.gguf": Remembered(base.weight_bytes, 1, rate, rate, 512, "here", "now")}
    assert probe_of(listed["plain"], found["plain"], probed)
    assert probe_of(listed["adapted"], found["adapted"], probed) is None
    # Another file in the adapter's place is looked at anew.
    adapter.write_bytes(b"no adapter")
    assert examined(facts, listed["adapted"]).problem
