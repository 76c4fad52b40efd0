"""A model in parts is one model: read, fitted, pulled, listed and identified whole; what lacks is named."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from compare.plan.contestant import find_contestants, left_out
from config import Settings, load_settings
from config.errors import ModelUnavailable
from models.__main__ import list_models
from models.catalogue.catalogue import models_on_disk
from models.catalogue.inventory import inventory
from models.files import received_bytes, require_file
from models.gguf.header import read_header
from models.gguf.identity import file_sha256
from models.gguf.parts import part_names
from models.memory.fit import fit
from models.memory.memory import predict_memory
from models.sources.locate import find_header
from models.sources.pull import pull
from tests.models.hub import Hub, hub_server
from tests.models.splitter import split

# As gguf-split writes by default, and with --no-tensor-first-split.
LAYOUTS = pytest.mark.parametrize("tensors", [(4, 5), (0, 9)], ids=["tensors", "metadata-first"])


@pytest.fixture
def whole(tiny_files: dict[str, Path]) -> Path:
    return tiny_files["llama"]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of one model in parts, `big`, none of which is here."""
    file = tmp_path / "settings.yaml"
    file.write_text("models: {big: {file: big/m-00001-of-00003.gguf, repository: some/model, n_ctx: 256}}")
    monkeypatch.setenv("REVIEWDUEL_SETTINGS", str(file))
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path / "home"))
    return load_settings()


@pytest.fixture
def parts(whole: Path, settings: Settings) -> list[Path]:
    """Of `big`, where they belong."""
    return split(whole, settings.models_folder / "big", (4, 5), "m")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with hub_server() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


def test_names() -> None:
    assert part_names("a/m-00001-of-00002.gguf") == ("a/m-00001-of-00002.gguf", "a/m-00002-of-00002.gguf")
    for alone in ("m.gguf", "m-00001-of-00001.gguf", "m-00002-of-00003.gguf", "m-1-of-2.gguf"):
        assert part_names(alone) == (alone,)


@LAYOUTS
def test_the_header_is_the_whole_model_s(whole: Path, tmp_path: Path, tensors: tuple[int, ...]) -> None:
    first, *_ = split(whole, tmp_path, tensors)
    header, expected = read_header(first), read_header(whole)
    assert (header.metadata, header.tensors) == (expected.metadata, expected.tensors)


@LAYOUTS
def test_its_memory_is_foretold_as_the_whole_s(whole: Path, tmp_path: Path, tensors: tuple[int, ...]) -> None:
    first, *_ = split(whole, tmp_path, tensors)
    found, expected = predict_memory(read_header(first), 256), predict_memory(read_header(whole), 256)
    assert (found.weights, found.kv_cache, found.compute) == (
        expected.weights,
        expected.kv_cache,
        expected.compute,
    )


def test_a_part_that_is_not_there_is_named(parts: list[Path], settings: Settings) -> None:
    parts[1].unlink()
    with pytest.raises(ModelUnavailable, match=r"3 parts, .*: m-00002-of-00003\.gguf is missing from"):
        read_header(parts[0])
    with pytest.raises(ModelUnavailable, match=r"m-00002-of-00003\.gguf is not in .*/big\. Get it with"):
        require_file(settings.model("big"), settings)
    assert models_on_disk(settings) == []
    (big,) = find_contestants(["big"], settings)
    assert "m-00002-of-00003.gguf is not here" in (left_out(big, settings) or "")
    (listed,) = [one for one in inventory(settings) if one.name == "big"]
    assert not listed.here and listed.fetchable
    assert received_bytes(parts[0]) == sum(part.stat().st_size for part in (parts[0], parts[2]))


def test_another_part_than_the_first_is_refused_in_words(parts: list[Path]) -> None:
    with pytest.raises(ModelUnavailable, match=r"is part 2 of a model in 3: name its first, m-00001-of-0000"):
        read_header(parts[1])


def test_a_renamed_part_is_refused_in_words(parts: list[Path]) -> None:
    # llama.cpp finds the others by the name of the first: "invalid split file name".
    renamed = parts[0].rename(parts[0].with_name("mine.gguf"))
    with pytest.raises(ModelUnavailable, match=r"call it mine-00001-of-00003\.gguf"):
        read_header(renamed)


def test_parts_of_different_models_are_refused(parts: list[Path], whole: Path, tmp_path: Path) -> None:
    parts[1].write_bytes(parts[2].read_bytes())
    with pytest.raises(ModelUnavailable, match="says that it is part 3 of 3, not 2 of 3"):
        read_header(parts[0])
    other = split(whole, tmp_path / "other", (4, 4))
    parts[1].write_bytes(other[1].read_bytes())
    with pytest.raises(ModelUnavailable, match="its 3 parts hold 20 tensors, 21 were expected"):
        read_header(parts[0])


def test_a_part_that_is_cut_off_is_named(parts: list[Path]) -> None:
    with parts[2].open("r+b") as file:
        file.truncate(parts[2].stat().st_size - 4096)
    with pytest.raises(ModelUnavailable, match=r"m-00003-of-00003\.gguf is not a usable GGUF"):
        read_header(parts[0])


def test_its_hash_is_that_of_all_parts_in_order(parts: list[Path], settings: Settings) -> None:
    joined = b"".join(part.read_bytes() for part in parts)
    assert file_sha256(parts[0], settings.home) == hashlib.sha256(joined).hexdigest()
    parts[2].write_bytes(b"changed")
    assert file_sha256(parts[0], settings.home) != hashlib.sha256(joined).hexdigest()


def test_it_is_listed_with_the_size_of_all_parts(
    parts: list[Path], settings: Settings, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (listed,) = [one for one in inventory(settings) if one.name == "big"]
    assert listed.here and listed.size == sum(part.stat().st_size for part in parts)
    assert "big" in models_on_disk(settings)
    list_models()
    assert "0.77 million" in capsys.readouterr().out
    fit("big")
    assert "0.77 million" in capsys.readouterr().out
    parts[1].unlink()
    list_models()
    assert "big comes in 3 parts, and m-00002-of-00003.gguf is not in" in capsys.readouterr().out


def test_all_parts_are_pulled_and_what_is_here_is_not_fetched_again(
    hub: Hub, parts: list[Path], settings: Settings
) -> None:
    content = {part.name: part.read_bytes() for part in parts}
    hub.files |= {f"some/model/big/{name}": data for name, data in content.items()}
    parts[1].unlink()
    parts[2].unlink()
    told: list[tuple[int, int]] = []
    path = pull(settings.model("big"), settings, lambda done, total: told.append((done, total)))
    assert path == parts[0]
    assert {part.name: part.read_bytes() for part in parts} == content
    assert not any("00001" in address for _, address, _ in hub.requests)
    missing = len(content["m-00002-of-00003.gguf"]) + len(content["m-00003-of-00003.gguf"])
    assert told[-1] == (missing, missing)
    assert told == sorted(told)
    assert sorted(path.parent.iterdir()) == parts


def test_a_part_that_the_hub_lacks_is_named(hub: Hub, parts: list[Path], settings: Settings) -> None:
    for part in parts:
        hub.files[f"some/model/big/{part.name}"] = part.read_bytes()
        part.unlink()
    del hub.files["some/model/big/m-00003-of-00003.gguf"]
    with pytest.raises(ModelUnavailable, match=r"has no file big/m-00003-of-00003\.gguf"):
        pull(settings.model("big"), settings)


def test_the_headers_of_all_parts_are_read_from_afar(
    hub: Hub, parts: list[Path], settings: Settings, whole: Path, tmp_path: Path
) -> None:
    for part in parts:
        hub.files[f"some/model/big/{part.name}"] = part.read_bytes()
        part.unlink()
    expected = read_header(whole)
    address = f"{hub.url}/some/model/resolve/main/big/m-00001-of-00003.gguf"
    for number, name in enumerate(("big", f"{address}?download=true")):
        folder = tmp_path / str(number)
        folder.mkdir()
        header = find_header(name, settings, folder).header
        assert (header.metadata, header.tensors) == (expected.metadata, expected.tensors)
        assert predict_memory(header, 256).weights == predict_memory(expected, 256).weights
    del hub.files["some/model/big/m-00002-of-00003.gguf"]
    with pytest.raises(ModelUnavailable, match="m-00002-of-00003"):
        find_header(address, settings, tmp_path)
