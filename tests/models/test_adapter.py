"""An adapter is found where it lies, checked against its model, counted in, and told of."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from config import ModelSpec, Settings
from config.errors import ModelUnavailable
from models.__main__ import list_models
from models.adapter import fitting_adapter
from models.catalogue.catalogue import models_on_disk
from models.catalogue.inventory import inventory
from models.commands import show_catalogue
from models.files import adapter_path, missing_files
from models.gguf.adapter import require_fitting
from models.gguf.header import Header, read_header
from models.memory.fit import fit
from models.memory.memory import predict_memory
from models.memory.room import Room
from tests.adapters import attention, write_adapter
from tests.random_weights import new_model, write_tensors


@pytest.fixture
def base(tiny_files: dict[str, Path]) -> Header:
    return read_header(tiny_files["llama"])


@pytest.fixture
def settings(tiny_files: dict[str, Path], base: Header, tmp_path: Path) -> Settings:
    """A model, and the same file with an adapter, twice: once at half its strength."""
    write_adapter(tmp_path / "models" / "mine.gguf", base, attention(base))
    file = str(tiny_files["llama"])
    return Settings(
        home=tmp_path,
        models={
            "plain": ModelSpec(file=file),
            "mine": ModelSpec(file=file, adapter="mine.gguf"),
            "half": ModelSpec(file=file, adapter="mine.gguf", adapter_scale=0.5),
            "gone": ModelSpec(file=file, adapter="gone.gguf"),
        },
    )


@pytest.mark.parametrize("scale", [0, -1, 11, float("nan"), float("inf")])
def test_a_scale_is_above_0_and_at_most_10(scale: float) -> None:
    with pytest.raises(ValidationError, match="adapter_scale"):
        ModelSpec(name="m", file="m.gguf", adapter="a.gguf", adapter_scale=scale)


def test_only_a_file_has_an_adapter_and_only_that_a_scale() -> None:
    with pytest.raises(ValidationError, match="'adapter_scale' needs an 'adapter'"):
        ModelSpec(name="m", file="m.gguf", adapter_scale=2)
    with pytest.raises(ValidationError, match="'adapter' is not for a model of kind 'openai'"):
        ModelSpec(name="m", kind="openai", url="http://localhost/v1", adapter="a.gguf")


def test_it_is_looked_for_where_it_is_named_in_the_models_folder_and_in_the_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path)
    bundled = tmp_path / "installed"
    bundled.mkdir()
    monkeypatch.setattr("models.files._ADAPTERS", bundled)
    spec = ModelSpec(name="m", file="m.gguf", adapter="a.gguf")
    here = settings.models_folder / "a.gguf"
    assert adapter_path(spec, settings) == here
    (bundled / "a.gguf").touch()
    assert adapter_path(spec, settings) == bundled / "a.gguf"
    here.parent.mkdir(parents=True)
    here.touch()
    assert adapter_path(spec, settings) == here
    assert adapter_path(spec.model_copy(update={"adapter": "/a/b.gguf"}), settings) == Path("/a/b.gguf")
    assert adapter_path(spec.model_copy(update={"adapter": None}), settings) is None


def test_one_that_fits_is_taken_with_experts_too(tiny_files: dict[str, Path], tmp_path: Path) -> None:
    for family in ("llama", "mixtral"):
        base = read_header(tiny_files[family])
        names = [one.name for one in base.tensors if len(one.shape) > 1 and one.name.startswith("blk.")]
        require_fitting(write_adapter(tmp_path / f"{family}.gguf", base, names), base)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"kind": "model"}, "it is a whole model, no adapter"),
        ({"kind": "imatrix"}, "it is of the type 'imatrix', no adapter"),
        ({"trained": "dora"}, "it is an adapter of the type 'dora'"),
        ({"architecture": "qwen2"}, "it was trained for the architecture 'qwen2', not 'llama'"),
    ],
)
def test_what_is_no_adapter_of_this_model_is_refused(
    fields: dict[str, str], reason: str, base: Header, tmp_path: Path
) -> None:
    path = write_adapter(tmp_path / "a.gguf", base, attention(base), **fields)  # type: ignore[arg-type]
    with pytest.raises(ModelUnavailable, match=rf"a\.gguf cannot be an adapter of .*{reason}"):
        require_fitting(path, base)


def write_matrices(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> Path:
    with new_model(path, "llama") as writer:
        writer.add_type("adapter")
        writer.add_string("adapter.type", "lora")
        write_tensors(writer, [(name, np.zeros(shape, np.float32)) for name, shape in shapes.items()])
    return path


Q = "blk.0.attn_q.weight"


@pytest.mark.parametrize(
    ("shapes", "reason"),
    [
        ({"blk.0.attn_norm.weight": (128,)}, "it changes no tensor"),
        ({f"{Q}.lora_a": (4, 128)}, f"of its two matrices for {Q} one is missing"),
        (
            {"blk.9.attn_q.weight.lora_a": (4, 128), "blk.9.attn_q.weight.lora_b": (128, 4)},
            "it changes blk.9.attn_q.weight, which the model does not have",
        ),
        # Of a larger model; of two ranks; and not transposed.
        ({f"{Q}.lora_a": (4, 256), f"{Q}.lora_b": (256, 4)}, "do not make one of 128 x 128"),
        ({f"{Q}.lora_a": (4, 128), f"{Q}.lora_b": (128, 8)}, "do not make one of 128 x 128"),
        ({f"{Q}.lora_a": (128, 4), f"{Q}.lora_b": (4, 128)}, "do not make one of 128 x 128"),
    ],
)
def test_matrices_that_do_not_fit_are_named(
    shapes: dict[str, tuple[int, ...]], reason: str, base: Header, tmp_path: Path
) -> None:
    with pytest.raises(ModelUnavailable, match=reason):
        require_fitting(write_matrices(tmp_path / "a.gguf", shapes), base)


def test_an_embedding_may_be_changed_unless_it_is_the_output_too(base: Header, tmp_path: Path) -> None:
    """llama.cpp (llama-cpp-python 0.3.36) aborts over the latter."""
    tokens = next(one.shape[1] for one in base.tensors if one.name == "token_embd.weight")
    name = "token_embd.weight"
    shapes = {f"{name}.lora_a": (tokens, 4), f"{name}.lora_b": (128, 4)}
    path = write_matrices(tmp_path / "a.gguf", shapes)
    require_fitting(path, base)
    tied = tuple(one for one in base.tensors if one.name != "output.weight")
    with pytest.raises(ModelUnavailable, match="which in this model is the output too"):
        require_fitting(path, Header(base.metadata, tied))


def test_what_is_no_gguf_is_refused(base: Header, tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(b"PK\x03\x04 adapter_model.safetensors")
    with pytest.raises(ModelUnavailable, match="not a usable GGUF file"):
        require_fitting(tmp_path / "a.gguf", base)


def test_a_missing_one_is_named_with_what_to_do(settings: Settings, base: Header) -> None:
    gone = settings.model("gone")
    with pytest.raises(
        ModelUnavailable, match=r"no file .*gone\.gguf, the adapter of gone\. Put it there, or"
    ):
        fitting_adapter(gone, settings, base)
    assert missing_files(settings.model("mine"), settings) == []
    assert missing_files(gone, settings)[0].startswith("its adapter /")


def test_memory_is_counted_with_it(settings: Settings, base: Header) -> None:
    alone = predict_memory(base, 512)
    adapted = predict_memory(base, 512, adapter=settings.models_folder / "mine.gguf")
    # 2 layers x 2 matrices x 4 x (128 + 128) x 4 bytes; llama.cpp tells hundredths of a mebibyte.
    assert alone.adapter == 0
    assert adapted.adapter == pytest.approx(16384, abs=0.01 * 2**20)
    assert adapted.writing > adapted.weights + adapted.adapter
    assert (adapted.weights, adapted.kv_cache) == (alone.weights, alone.kv_cache)
    assert Room(1, card=True).taken(adapted) >= Room(1, card=True).taken(alone) + adapted.adapter


def test_entries_with_the_same_file_are_models_of_their_own(settings: Settings) -> None:
    assert models_on_disk(settings)[:3] == ["plain", "mine", "half"]
    assert "gone" not in models_on_disk(settings)
    listed = {one.name: one for one in inventory(settings)}
    assert {"plain", "mine", "half", "gone"} <= listed.keys()
    assert [listed[name].adapter for name in ("plain", "half")] == [
        None,
        settings.models_folder / "mine.gguf",
    ]


def test_a_configured_adapter_does_not_hide_the_catalogues_model(tmp_path: Path) -> None:
    spec = ModelSpec(file="SmolLM2-135M-Instruct.Q4_1.gguf", adapter="mine.gguf")
    settings = Settings(home=tmp_path, models={"mine": spec})
    assert "smollm2" in {one.name for one in inventory(settings)}


def test_commands_tell_of_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    models = {
        name: spec.model_dump(include={"file", "adapter", "adapter_scale"}, exclude_none=True)
        for name, spec in settings.models.items()
    }
    (tmp_path / "settings.yaml").write_text(json.dumps({"models": models}))
    monkeypatch.setenv("REVIEWDUEL_SETTINGS", str(tmp_path / "settings.yaml"))
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path))
    list_models()
    shown = capsys.readouterr().out
    assert shown.count("with the adapter mine.gguf") == 2
    assert "gone: There is no file" in shown
    fit("mine", ctx=512)
    assert "adapter" in capsys.readouterr().out
    show_catalogue("half")
    assert "with the adapter mine.gguf x 0.5" in capsys.readouterr().out
