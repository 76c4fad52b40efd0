"""Speed foretold from fewer layers: the law, the choice of layers, tiny shapes for real, and tidying up."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import CannotWrite, ModelUnavailable
from models.catalogue.catalogue import catalogue
from models.catalogue.shape import Shape
from models.catalogue.shapes import header_of
from models.gguf.header import ArrayLength, Header, Tensor, read_header
from models.memory.room import GIB
from models.probe.extrapolation import extrapolate
from models.probe.probe import Plan, choose_layers, probe
from models.probe.probe_process import ProbeProcess
from models.probe.stand_in import layer_bytes, layers_of, shortened, write_stand_in
from tests.models.test_memory import write_tied_model
from tests.random_architectures import FAMILIES, write_random_architecture

MIB = 2**20
SHAPE = Shape(layers=16, width=512, feed_forward=1024, heads=8, kv_heads=4, vocabulary=4000)
HEADER = header_of(SHAPE, "tiny", 2048)
SMALL = Plan(n_ctx=256, prompt=64, answer=16, rounds=5, file_bytes=12 * MIB)

durations = st.floats(1e-4, 10)
counts = st.integers(1, 100)


def quiet(_: str) -> None:
    pass


@given(durations, durations, counts, counts, counts, st.integers(2, 8))
def test_what_lies_on_a_line_is_foretold_exactly(
    base: float, slope: float, first: int, more: int, beyond: int, rounds: int
) -> None:
    places = (float(first), float(first + more), float(first + more + beyond))
    few, many, wanted = (base + slope * place for place in places)
    found = extrapolate([few] * rounds, [many] * rounds, places)
    assert found.value == pytest.approx(wanted, rel=1e-6)
    assert found.low == pytest.approx(found.value) == found.high


@given(st.lists(st.tuples(durations, durations), min_size=2, max_size=20))
def test_the_interval_holds_the_figure_and_slow_moments_that_meet_both_cancel(
    pairs: list[tuple[float, float]],
) -> None:
    few, many = zip(*pairs, strict=True)
    found = extrapolate(few, many, (1, 2, 10))
    assert found.low <= found.value <= found.high
    # The same layers' time in every round: what the rounds differ by is not multiplied.
    parallel = extrapolate(few, [value + 0.5 for value in few], (1, 2, 3))
    same = extrapolate(few, few, (1, 2, 3))
    assert parallel.high - parallel.low == pytest.approx(same.high - same.low, abs=1e-6)


def test_one_disturbed_round_widens_the_interval_and_leaves_the_figure() -> None:
    calm = extrapolate([1, 1, 1, 1, 1], [2, 2, 2, 2, 2], (1, 2, 4))
    disturbed = extrapolate([1, 1, 1, 1, 1], [2, 2, 9, 2, 2], (1, 2, 4))
    assert calm.value == disturbed.value == 4
    assert calm.high == 4
    assert disturbed.high > 5


@given(st.integers(1, 16))
def test_a_shortened_header_keeps_its_layers_mix_and_is_numbered_anew(count: int) -> None:
    short = shortened(HEADER, count)
    assert layers_of(short) == short.number("block_count", 0) == count
    numbers = sorted({int(t.name.split(".")[1]) for t in short.tensors if t.name.startswith("blk.")})
    assert numbers == list(range(count))
    if count % 2 == 0:
        # Q4_K_M gives half of the 16 layers more bits.
        assert layer_bytes(short) * 16 == layer_bytes(HEADER) * count
    assert short.weight_bytes - layer_bytes(short) == HEADER.weight_bytes - layer_bytes(HEADER)


@pytest.mark.parametrize(
    ("name", "limit", "expected"),
    [
        ("mistral-7b", 2 * GIB, (2, 14)),
        ("llama-2-7b", 2 * GIB, (2, 16)),
        ("mixtral-8x7b", 2 * GIB, (1, 2)),
        ("mixtral-8x7b", 4 * GIB, (2, 4)),
        ("llama-2-70b", 2 * GIB, (1, 2)),
        ("llama-2-70b", 4 * GIB, (2, 7)),
    ],
)
def test_counts_of_layers_for_known_shapes(name: str, limit: int, expected: tuple[int, int]) -> None:
    shape = catalogue()[name].shape
    assert shape
    header = header_of(shape, name, 4096)
    few, many = choose_layers(header, limit)
    assert (few, many) == expected
    assert shortened(header, many).weight_bytes <= limit


def test_too_little_room_is_said_with_figures() -> None:
    with pytest.raises(ModelUnavailable, match="at least 2 of 16 layers"):
        choose_layers(HEADER, MIB)
    with pytest.raises(ModelUnavailable, match="Two stand-ins"):
        choose_layers(shortened(HEADER, 1), GIB)


@pytest.mark.parametrize("experts", [0, 8])
def test_a_stand_in_has_the_tensors_of_its_header(experts: int, tmp_path: Path) -> None:
    small = {"layers": 2, "width": 256, "experts": experts, "experts_used": min(experts, 2)}
    shape = SHAPE.model_copy(update=small)
    header, file = header_of(shape, "tiny", 2048), tmp_path / "stand-in.gguf"
    write_stand_in(header, file)
    assert read_header(file).tensors == header.tensors
    for tensor in gguf.GGUFReader(file).tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        assert np.isfinite(values).all()
        if tensor.name.endswith("norm.weight"):
            assert (values == 1).all()
        else:
            assert 0.001 < values.std() < 0.5, tensor.name


@pytest.mark.parametrize(
    "kind",
    ["Q2_K", "Q3_K", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q5_K", "Q8_0", "IQ4_NL", "IQ4_XS", "F16", "BF16"],
)
def test_weights_of_every_usual_type_are_finite_and_of_a_real_models_size(kind: str, tmp_path: Path) -> None:
    chosen = gguf.GGMLQuantizationType[kind]
    tensors = (Tensor("token_embd.weight", (256, 512), chosen),)
    write_stand_in(Header({"general.architecture": "llama"}, tensors), tmp_path / "one.gguf")
    (tensor,) = gguf.GGUFReader(tmp_path / "one.gguf").tensors
    values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
    assert np.isfinite(values).all()
    assert 0.001 < values.std() < 0.5


def test_what_cannot_be_stood_in_for_is_refused(tmp_path: Path) -> None:
    lists = Header(HEADER.metadata | {"llama.attention.head_count_kv": ArrayLength(16)}, HEADER.tensors)
    with pytest.raises(ModelUnavailable, match="differ by the list"):
        write_stand_in(lists, tmp_path / "a.gguf")
    strange = Tensor("token_embd.weight", (256, 512), gguf.GGMLQuantizationType.IQ1_M)
    with pytest.raises(ModelUnavailable, match="IQ1_M cannot be made"):
        write_stand_in(Header({"general.architecture": "llama"}, (strange,)), tmp_path / "b.gguf")


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that wait for each other say nothing about so small a model on a busy machine."""
    monkeypatch.setattr("models.probe.probe.usable_cores", lambda: 1)


@pytest.mark.usefixtures("one_thread")
def test_a_probe_counts_the_vocabulary_that_stand_ins_lack(tmp_path: Path) -> None:
    """A file of 49,152 words, whole, against what stand-ins foretell from its header."""
    whole = tmp_path / "whole.gguf"
    write_tied_model(whole, 49_152, layers=8, width=256, feed_forward=512)
    found = probe(read_header(whole), replace(SMALL, rounds=2), tmp_path / "home", whole, quiet)
    assert found.full
    # Without its words it is 6 MiB less.
    assert found.memory == pytest.approx(found.full.resident, abs=4 * MIB)


@pytest.mark.usefixtures("one_thread")
def test_a_tiny_shape_is_probed_and_its_memory_foretold(tmp_path: Path) -> None:
    whole = tmp_path / "whole.gguf"
    write_stand_in(HEADER, whole)
    steps: list[str] = []
    found = probe(HEADER, SMALL, tmp_path / "home", whole, steps.append)
    assert (found.few.layers, found.many.layers) == choose_layers(HEADER, SMALL.file_bytes)
    # Bytes of weights exactly; what is around them within some mebibytes.
    assert found.weights == HEADER.weight_bytes == sum(t.n_bytes for t in gguf.GGUFReader(whole).tensors)
    assert found.full
    assert found.memory == pytest.approx(found.full.resident, abs=8 * MIB)
    assert found.decode_tok_s.value > 0
    assert len(found.full.token_s) == SMALL.rounds
    assert steps[-1] == "round 5 of 5"
    assert list((tmp_path / "home").iterdir()) == []
    assert whole.exists()


@pytest.mark.parametrize("architecture", FAMILIES)
def test_other_architectures_can_be_stood_in_for(architecture: str, tmp_path: Path) -> None:
    source, file = tmp_path / "model.gguf", tmp_path / "stand-in.gguf"
    write_random_architecture(source, architecture)
    write_stand_in(shortened(read_header(source), 1), file)
    command = [sys.executable, "-P", "-m", "models.probe.probe_worker", str(file), "128", "1"]
    done = subprocess.run(command, input="8 2\n", capture_output=True, text=True, check=False)
    assert "token_s" in done.stdout, done.stdout + done.stderr


def test_files_are_deleted_after_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Header(HEADER.metadata | {"llama.attention.head_count": 7}, HEADER.tensors)
    with pytest.raises(ModelUnavailable, match=r"llama\.cpp cannot load such a model"):
        probe(wrong, SMALL, tmp_path, None, quiet)
    assert list(tmp_path.iterdir()) == []

    def interrupted(step: str) -> None:
        if step.startswith("round"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        probe(HEADER, SMALL, tmp_path, None, interrupted)
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_cannot_be_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite, match=r"home cannot be written: Not a directory\. .*REVIEWDUEL_HOME"):
        probe(HEADER, SMALL, tmp_path / "file" / "home", None, quiet)


def test_a_process_that_dies_in_the_middle_of_a_reply_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = tmp_path / "dying"
    dying.write_text("#!/bin/sh\nprintf '{'\nexit 9\n")
    dying.chmod(0o755)
    monkeypatch.setattr("models.probe.probe_process.sys.executable", str(dying))
    with ExitStack() as stack, pytest.raises(ModelUnavailable, match="ended with code 9"):
        ProbeProcess(tmp_path / "m.gguf", HEADER, 256, 1, stack)


def test_a_full_disk_is_noticed_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        free = 2 * MIB

    monkeypatch.setattr("models.probe.probe.shutil.disk_usage", lambda _: Full)
    with pytest.raises(ModelUnavailable, match="There is room for files of"):
        probe(HEADER, SMALL, tmp_path, None, quiet)


def test_an_interrupted_command_leaves_nothing(tmp_path: Path) -> None:
    model = tmp_path / "model.gguf"
    write_stand_in(HEADER, model)
    home = tmp_path / "home"
    command = [
        sys.executable,
        "-m",
        "models",
        "probe",
        str(model),
        "--rounds",
        "100000",
        "--file-gib",
        "0.012",
    ]
    process = subprocess.Popen(
        command,
        env=os.environ | {"REVIEWDUEL_HOME": str(home)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not list(home.glob(".probe-*")):
        time.sleep(0.02)
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode != 0
    assert list(home.iterdir()) == []
