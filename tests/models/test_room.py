"""What fits, what does not, and what is said then."""

from pathlib import Path

import pytest

from config import ModelSpec, Settings
from config.errors import ModelUnavailable
from generator import Generator
from generator.events import Done, Message
from models.catalogue.assumed_shape import assumed_header
from models.gguf.header import Header, read_header
from models.memory import room
from models.memory.memory import MIB, MemoryPrediction, predict_memory
from models.memory.room import CARD_OVERHEAD, GIB, Room, require_memory, this_machine
from models.probe.speed import speed_in_words


@pytest.fixture(scope="module")
def seven_billion() -> Header:
    return assumed_header(7e9)


def test_the_verdict_changes_at_nine_tenths_and_at_all() -> None:
    predicted = MemoryPrediction(weights=700, kv_cache=100, compute=60, around=40, staging=10)
    assert Room(1001).verdict(predicted) == "fits"
    assert Room(999).verdict(predicted) == "tight"
    assert Room(900).verdict(predicted) == "tight"
    assert Room(899).verdict(predicted) == "does not fit"


def test_on_a_card_the_process_does_not_count_but_the_driver_does() -> None:
    predicted = MemoryPrediction(weights=3 * GIB, kv_cache=GIB, compute=GIB, around=7 * GIB, staging=9 * GIB)
    assert Room(8 * GIB, card=True).taken(predicted) == 5 * GIB + CARD_OVERHEAD


def test_this_machine_has_some_memory() -> None:
    assert 64 * MIB < this_machine().size < 2**50


@pytest.mark.parametrize(
    ("free", "n_ctx", "advice"),
    [
        # Weights take 4 GiB, 4,096 tokens of cache 2 GiB.
        (5.5, 4096, r"It would fit with n_ctx 2048, or as Q3_K_S \(.*\)\."),
        (4.6, 4096, r"It would fit with n_ctx 512\."),
        (3.5, 4096, r"It would fit with n_ctx 512, as Q3_K_S \(.*\)\."),
        (3.2, 512, r"It would fit as Q2_K"),
        (1.0, 4096, r"Take a smaller model\."),
    ],
)
def test_a_refusal_says_what_would_fit(
    free: float, n_ctx: int, advice: str, seven_billion: Header, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "this_machine", lambda: Room(round(free * GIB)))
    with pytest.raises(ModelUnavailable, match=advice) as failure:
        require_memory("seven", seven_billion, n_ctx)
    assert f"{free:.2f} GiB are free" in str(failure.value)
    assert f"at {n_ctx} tokens of context" in str(failure.value)
    assert "--force" in str(failure.value)


def test_what_fits_is_let_through(seven_billion: Header, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = predict_memory(seven_billion, 512).process
    # The process around is measured anew each time.
    monkeypatch.setattr(room, "this_machine", lambda: Room(needed + 4 * MIB))
    require_memory("seven", seven_billion, 512)


def test_a_generator_refuses_before_it_loads_unless_forced(
    tiny_files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = ModelSpec(name="tiny", file=str(tiny_files["llama"]), n_ctx=512, max_tokens=4)
    monkeypatch.setattr(room, "this_machine", lambda: Room(10 * MIB))
    with Generator(spec, Settings(home=tmp_path)) as generator:
        with pytest.raises(ModelUnavailable, match="tiny would take"):
            list(generator.generate([Message("user", "hello")]))
        assert generator.pid is None
        # Memory that became free is noticed by the next question.
        monkeypatch.setattr(room, "this_machine", lambda: Room(GIB))
        assert isinstance(list(generator.generate([Message("user", "hello")]))[-1], Done)
    monkeypatch.setattr(room, "this_machine", lambda: Room(10 * MIB))
    with Generator(spec, Settings(home=tmp_path), force=True) as generator:
        assert isinstance(list(generator.generate([Message("user", "hello")]))[-1], Done)


def test_the_assumed_shape_has_about_the_parameters_asked_for() -> None:
    for parameters in (1e8, 1.1e9, 7e9, 13e9, 34e9, 70e9, 180e9, 671e9):
        assert assumed_header(parameters).parameters == pytest.approx(parameters, rel=0.03)
    for parameters in (0, 1e6, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="between 10 million"):
            assumed_header(parameters)


def test_seven_billion_are_llamas_own_shape(seven_billion: Header) -> None:
    assert seven_billion.number("block_count", 0) == 32
    assert seven_billion.number("embedding_length", 0) == 4096
    assert seven_billion.number("attention.head_count", 0) == 32


@pytest.mark.parametrize(
    ("speed", "said"),
    [(0.1, "hard to bear"), (7.9, "hard to bear"), (8, "bearable"), (14.9, "bearable"), (15, "comfortable")],
)
def test_speeds_have_names(speed: float, said: str) -> None:
    assert speed_in_words(speed) == said


def test_reading_a_header_is_enough_for_a_prediction(tiny_files: dict[str, Path]) -> None:
    header = read_header(tiny_files["mistral"])
    assert predict_memory(header, 512).weights == header.weight_bytes
