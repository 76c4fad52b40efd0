"""`pull` against a local server that speaks the hub's protocol."""

import errno
import hashlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import filelock
import pytest

from config import ModelSpec, Settings
from config.errors import ModelUnavailable
from models.commands import pull_model
from models.files import partial_downloads
from models.sources import pull as module
from models.sources.pull import pull
from tests.models.hub import Hub, hub_server

CONTENT = bytes(range(256)) * 4000
SPEC = ModelSpec(name="m", file="m.Q4_K_M.gguf", repository="some/model-GGUF")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with hub_server() as hub:
        hub.files["some/model-GGUF/m.Q4_K_M.gguf"] = CONTENT
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        # What was received of an unfinished chunk is lost: ten megabytes at most, here less.
        monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 100_000)
        yield hub


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def refused(spec: ModelSpec, settings: Settings) -> str:
    with pytest.raises(ModelUnavailable) as failure:
        pull(spec, settings)
    assert not (settings.models_folder / spec.file).exists()
    if "by another process" not in str(failure.value):
        assert list(settings.models_folder.glob("*.lock")) == []
    return str(failure.value)


def test_the_file_arrives_whole_and_alone(hub: Hub, settings: Settings) -> None:
    path = pull(SPEC, settings)
    assert path == settings.models_folder / "m.Q4_K_M.gguf"
    assert path.read_bytes() == CONTENT
    assert list(settings.models_folder.iterdir()) == [path]
    asked = len(hub.requests)
    assert pull(SPEC, settings) == path
    assert len(hub.requests) == asked


def test_an_absolute_path_is_asked_for_by_its_name(hub: Hub, settings: Settings, tmp_path: Path) -> None:
    spec = SPEC.model_copy(update={"file": str(tmp_path / "big" / "m.Q4_K_M.gguf")})
    assert pull(spec, settings).read_bytes() == CONTENT


def test_a_broken_transfer_is_resumed_by_itself(hub: Hub, settings: Settings) -> None:
    hub.breaks_after = [300_000]
    assert pull(SPEC, settings).read_bytes() == CONTENT
    assert hub.requests[-1] == ("GET", hub.requests[-1][1], "bytes=300000-")


def test_the_next_command_goes_on_where_the_last_one_stopped(hub: Hub, settings: Settings) -> None:
    hub.breaks_after, hub.down_after_break = [300_000], True
    assert "Try again later" in refused(SPEC, settings)
    (part,) = settings.models_folder.glob("*.part")
    assert part.read_bytes() == CONTENT[:300_000]
    hub.down = False
    assert pull(SPEC, settings).read_bytes() == CONTENT
    assert hub.requests[-1][2] == "bytes=300000-"
    assert [file.name for file in settings.models_folder.iterdir()] == ["m.Q4_K_M.gguf"]


def test_progress_is_told_and_may_end_the_download_while_nothing_comes(hub: Hub, settings: Settings) -> None:
    class Enough(Exception):
        pass

    def watch(done: int, total: int) -> None:
        assert (done, total) in [(0, 0), *((done, len(CONTENT)) for done in range(0, 400_000, 100_000))]
        if done == 300_000:
            raise Enough

    hub.pauses_after = 350_000
    begun = time.monotonic()
    with pytest.raises(Enough):
        pull(SPEC, settings, watch)
    assert time.monotonic() - begun < 5
    # What comes later to who was left behind is written nowhere.
    hub.go_on.set()
    (part,) = partial_downloads(settings.models_folder / "m.Q4_K_M.gguf")
    assert part.read_bytes() == CONTENT[:300_000]
    told: list[tuple[int, int]] = []
    assert pull(SPEC, settings, lambda done, total: told.append((done, total))).read_bytes() == CONTENT
    assert (300_000, len(CONTENT)) in told[:2]
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert list(settings.models_folder.glob("*.lock")) == []


def test_what_was_received_of_another_version_is_not_used(hub: Hub, settings: Settings) -> None:
    settings.models_folder.mkdir(parents=True)
    (settings.models_folder / "m.Q4_K_M.gguf.0123456789ab.part").write_bytes(b"old")
    assert pull(SPEC, settings).read_bytes() == CONTENT
    assert len(list(settings.models_folder.iterdir())) == 1


def test_a_finished_part_is_only_checked(hub: Hub, settings: Settings) -> None:
    settings.models_folder.mkdir(parents=True)
    etag = hashlib.sha256(CONTENT).hexdigest()
    (settings.models_folder / f"m.Q4_K_M.gguf.{etag[:12]}.part").write_bytes(CONTENT)
    assert pull(SPEC, settings).read_bytes() == CONTENT
    assert [method for method, _, _ in hub.requests] == ["HEAD"]


def test_wrong_content_is_deleted(hub: Hub, settings: Settings) -> None:
    hub.lies = True
    assert "not the hub's file" in refused(SPEC, settings)
    assert list(settings.models_folder.glob("*.part")) == []


def test_a_gated_repository_says_where_to_accept_and_how_to_log_in(hub: Hub, settings: Settings) -> None:
    hub.gated.add("some/model-GGUF")
    said = refused(SPEC, settings)
    assert f"accept its licence on {hub.url}/some/model-GGUF" in said
    assert "hf auth login" in said


def test_a_missing_repository_is_named(hub: Hub, settings: Settings) -> None:
    spec = SPEC.model_copy(update={"repository": "some/other"})
    assert refused(spec, settings).startswith(f"There is no repository {hub.url}/some/other")


def test_a_missing_file_names_what_is_there(hub: Hub, settings: Settings) -> None:
    hub.files["some/model-GGUF/README.md"] = b"words"
    spec = SPEC.model_copy(update={"file": "m.Q4_K_S.gguf"})
    assert refused(spec, settings).endswith("has no file m.Q4_K_S.gguf; it has m.Q4_K_M.gguf.")


def test_without_a_network_it_says_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    said = refused(SPEC, settings)
    assert said.startswith("http://127.0.0.1:9 cannot be reached")
    assert "HF_ENDPOINT names a mirror" in said


def test_no_room_is_noticed_before_anything_is_fetched(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage("/").free
    hub.claimed_size = free + 2**30
    said = refused(SPEC, settings)
    assert "GiB free" in said
    assert [method for method, _, _ in hub.requests] == ["HEAD"]


def test_a_disk_that_fills_up_is_named(hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "http_get", full)
    assert "The disk is full" in refused(SPEC, settings)


def test_two_downloads_of_one_file_do_not_mix(hub: Hub, settings: Settings) -> None:
    settings.models_folder.mkdir(parents=True)
    with filelock.FileLock(settings.models_folder / "m.Q4_K_M.gguf.lock"):
        assert "by another process" in refused(SPEC, settings)


def test_a_folder_that_cannot_be_made_is_named(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelUnavailable, match=r"gguf cannot be fetched: .*Not a directory.*Check "):
        pull(SPEC, Settings(home=tmp_path / "file" / "home"))


def test_what_another_process_has_just_brought_is_not_fetched_again(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / SPEC.file).write_bytes(CONTENT)

    monkeypatch.setattr(module, "private_folder", meanwhile)
    assert pull(SPEC, settings).read_bytes() == CONTENT
    assert hub.requests == []


def test_a_tag_of_any_characters_names_the_part(hub: Hub, settings: Settings) -> None:
    hub.tag, hub.breaks_after, hub.down_after_break = "../../a+b=", [300_000], True
    assert "Try again later" in refused(SPEC, settings)
    assert [file.name for file in settings.models_folder.iterdir()] == ["m.Q4_K_M.gguf.______a_b_.part"]
    hub.down = False
    assert pull(SPEC, settings).read_bytes() == CONTENT


def test_the_command_fetches_a_model_of_the_catalogue(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.files["TheBloke/WizardLM-13B-V1.2-GGUF/wizardlm-13b-v1.2.Q4_K_M.gguf"] = CONTENT
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path))
    pull_model("wizardlm-13b")
    path = tmp_path / "models" / "wizardlm-13b-v1.2.Q4_K_M.gguf"
    assert path.read_bytes() == CONTENT
    assert str(path) in capsys.readouterr().out


def test_without_a_repository_there_is_nothing_to_fetch(settings: Settings) -> None:
    assert "No repository is configured for mine" in refused(ModelSpec(name="mine", file="m.gguf"), settings)
