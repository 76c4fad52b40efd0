"""The page Models without a browser: what its rows say, what its buttons do, what outlives a rerun."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
import yaml
from streamlit.testing.v1 import AppTest

from app import resources
from app.catalogue import facts, now, work
from app.catalogue.jobs import Job, Jobs, Key
from app.catalogue.now import duration
from config import ModelSpec, load_settings
from config.errors import ModelUnavailable
from models.catalogue.inventory import inventory
from models.catalogue.shape import Shape
from models.catalogue.shapes import header_of
from models.memory.room import GIB, Room
from models.probe.probe import Plan
from models.probe.stand_in import write_stand_in
from tests.models.hub import Hub, hub_server
from tests.scripted_model import write_scripted_model

MIB = 2**20
SHAPE = Shape(layers=16, width=256, feed_forward=512, heads=4, kv_heads=4, vocabulary=1000)
CONTENT = bytes(range(256)) * 4000
MODELS = {
    "praise": {"file": "praise.gguf"},
    "long": {"file": "praise.gguf", "n_ctx": 200_000},
    "damaged": {"file": "damaged.gguf"},
    "absent": {"file": "absent.gguf"},
    "far": {"kind": "openai", "url": "http://127.0.0.1:9/v1"},
    "new": {"file": "m.Q4_K_M.gguf", "repository": "some/model-GGUF"},
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with a model that recites, a damaged one, and four that are elsewhere or nowhere."""
    (tmp_path / "models").mkdir()
    write_scripted_model(tmp_path / "models" / "praise.gguf", "They praise it.")
    (tmp_path / "models" / "damaged.gguf").write_bytes(b"no model")
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"models": MODELS}, sort_keys=False))
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path))
    monkeypatch.setenv("REVIEWDUEL_SETTINGS", str(tmp_path / "settings.yaml"))
    st.cache_resource.clear()
    yield tmp_path
    work.jobs().stop_all()
    resources.registry().close()
    st.cache_resource.clear()


def page() -> None:
    from app.catalogue.page import draw

    draw()


def open_page() -> AppTest:
    """A session of the page, once all that takes a moment has been found out."""
    tab = AppTest.from_function(page, default_timeout=30).run()
    until(lambda: work.facts().pending == 0)
    tab.run()
    assert not tab.exception
    return tab


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def rows(tab: AppTest) -> dict[str, dict[Any, Any]]:
    """Model → column → what stands there."""
    return {row["model"]: row for row in tab.dataframe[0].value.to_dict("records")}


def said(tab: AppTest) -> str:
    return " ".join(element.value for element in [*tab.markdown, *tab.caption, *tab.warning, *tab.error])


def choose(tab: AppTest, model: str) -> AppTest:
    return tab.selectbox[0].set_value(model).run()


def test_the_table_tells_where_a_model_is_and_whether_it_fits(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.catalogue.page.this_machine", lambda: Room(2 * GIB))
    shown = rows(open_page())
    assert {name: row["where"] for name, row in shown.items() if name in MODELS} == {
        "praise": "on disk",
        "long": "on disk",
        "damaged": "on disk",
        "absent": "missing",
        "far": "server, unreachable",
        "new": "to be pulled",
    }
    praise = shown["praise"]
    assert praise["file"] * GIB == pytest.approx((home / "models" / "praise.gguf").stat().st_size, rel=0.01)
    assert praise["quantisation"].endswith("bits per weight")
    assert praise["fit"].startswith("fits: takes ")
    assert praise["fit"].endswith("2.00 GiB are free")
    assert shown["damaged"]["fit"] == "cannot be used"
    assert "is not a usable GGUF file" in shown["damaged"]["remark"]
    assert shown["long"]["remark"].startswith("Its context of 200,000 tokens is longer than the")
    assert shown["praise"]["remark"] == ""
    assert "cannot be reached" in shown["far"]["remark"]
    assert shown["llama-2-70b"]["fit"] == "does not fit: takes at least 39.10 GiB, 2.00 GiB are free"
    assert shown["llama-2-70b"]["quantisation"] == "Q4_K_M, about 4.9 bits per weight"
    assert shown["gpt-j-6b"]["where"] == "not for llama.cpp"
    assert shown["extractive"]["where"] == "built in"
    # What can be asked stands first, what nobody can load last.
    order = list(shown)
    assert order.index("praise") < order.index("new") < order.index("gpt-j-6b")


def test_loading_is_seen_in_memory_and_unloading_too(home: Path) -> None:
    tab = choose(open_page(), "praise")
    assert "No model is in memory" in said(tab)
    tab.button(key="load").click().run()
    job = work.jobs().get(Key("load", "praise"))
    assert job
    job.wait(30)
    tab.run()
    assert job.error is None
    assert "**praise** · idle, for" in said(tab)
    assert rows(tab)["praise"]["fit"] == "in memory now"
    assert tab.button(key="load").disabled
    assert {metric.label for metric in tab.metric} >= {"Memory now", "Cache", "Threads", "Cores"}
    tab.button(key="unload-praise").click().run()
    assert resources.registry().loaded == []
    assert "No model is in memory" in said(tab.run())


def test_what_cannot_be_loaded_is_said_until_it_is_closed(home: Path) -> None:
    tab = open_page()
    (home / "models" / "praise.gguf").write_bytes(b"no model any more")
    # The page has not looked again yet.
    work.start_load("praise")
    until(lambda: not work.jobs().running(Key("load", "praise")))
    tab.run()
    assert any("is not a usable GGUF file" in error.value for error in tab.error)
    tab.button(key="close-load-praise").click().run()
    assert not tab.run().error


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with hub_server() as hub:
        hub.files["some/model-GGUF/m.Q4_K_M.gguf"] = CONTENT
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 100_000)
        yield hub
        hub.go_on.set()


def test_a_pull_is_seen_from_every_tab_stopped_and_gone_on_with(
    home: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = choose(open_page(), "new")
    hub.pauses_after = 300_000
    tab.button(key="pull").click().run()
    job = work.jobs().get(Key("pull", "new"))
    assert job
    until(lambda: job.done == 300_000)
    for one in (tab.run(), open_page()):
        (bar,) = [bar for bar in one.progress if "pulling" in bar.text]
        assert "0.3 MiB of 1.0 MiB" in bar.text
        assert bar.value == 29
    monkeypatch.setattr(now, "_SILENT_S", 0.0)
    (bar,) = [bar for bar in tab.run().progress if "pulling" in bar.text]
    assert "nothing new for" in bar.text
    # At once, though nothing comes.
    tab.button(key="stop-pull-new").click().run()
    job.wait(5)
    assert not job.running and not job.error
    hub.go_on.set()
    tab.run()
    assert tab.button(key="pull").label == "Go on pulling (0.3 MiB are here)"
    tab.button(key="pull").click().run()
    until(lambda: not work.jobs().running(Key("pull", "new")))
    assert hub.requests[-1][2] == "bytes=300000-"
    assert rows(open_page())["new"]["where"] == "on disk"


def test_a_pull_that_ends_while_the_page_is_drawn_is_no_error(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.files.partial_downloads", lambda path: [home / "models" / "gone.part"])
    tab = choose(open_page(), "new")
    assert not tab.exception
    assert tab.button(key="pull").label == "Pull"


def test_the_hub_s_refusal_is_a_sentence(home: Path, hub: Hub) -> None:
    hub.gated.add("some/model-GGUF")
    tab = choose(open_page(), "new")
    tab.button(key="pull").click().run()
    until(lambda: not work.jobs().running(Key("pull", "new")))
    tab.run()
    assert "accept its licence" in tab.error[0].value
    assert not tab.exception


def test_a_probe_fills_the_table_and_is_remembered(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = header_of(SHAPE, "tiny", 2048)
    write_stand_in(header, home / "models" / "praise.gguf")
    small = Plan(n_ctx=256, prompt=64, answer=16, rounds=3, file_bytes=3 * MIB)
    monkeypatch.setattr(work, "Plan", lambda: small)
    # Threads that wait for each other say nothing about so small a model on a busy machine.
    monkeypatch.setattr("models.probe.probe.usable_cores", lambda: 1)
    tab = choose(open_page(), "praise")
    assert "Not probed yet" in said(tab)
    tab.button(key="probe").click().run()
    until(lambda: not work.jobs().running(Key("probe", "praise")))
    assert not tab.run().error
    assert rows(tab)["praise"]["speed"] > 0
    assert "tokens a second" in said(tab)
    # A server that is started anew knows it too; another file of that name has not been probed.
    st.cache_resource.clear()
    assert rows(open_page())["praise"]["speed"] > 0
    write_scripted_model(home / "models" / "praise.gguf", "Another.")
    assert rows(open_page())["praise"]["speed"] is None


def test_without_a_real_model_it_names_the_smallest_that_fits(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "models" / "praise.gguf").unlink()
    (home / "models" / "damaged.gguf").unlink()
    monkeypatch.setattr("app.catalogue.page.this_machine", lambda: Room(4 * GIB))
    tab = open_page()
    assert "`extractive` is always there" in tab.info[0].value
    assert tab.button(key="pull-smallest").label.replace("\\", "").startswith("Pull smollm2, ")
    monkeypatch.setattr("app.catalogue.page.this_machine", lambda: Room(GIB // 8))
    tab.run()
    assert not [button for button in tab.button if button.key == "pull-smallest"]


def test_a_file_is_examined_once_for_each_state(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []

    def examine(path: Path, n_ctx: int, adapter: Path | None) -> None:
        looked.append(path)
        raise RuntimeError("a defect")

    monkeypatch.setattr(facts, "examine", examine)
    known = facts.Facts()

    def look() -> str | None:
        praise = next(one for one in inventory(load_settings()) if one.name == "praise")
        known.of(praise)
        until(lambda: known.pending == 0)
        return known.of(praise).problem

    assert "server's log" in (look() or "")
    look()
    assert len(looked) == 1
    write_scripted_model(home / "models" / "praise.gguf", "Something else.")
    look()
    assert len(looked) == 2


def test_a_server_is_asked_once_a_minute_and_only_its_latest_answer_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, asked, answers = [0.0], [], threading.Event()

    def reach(specs: list[ModelSpec]) -> dict[str, str | None]:
        asked.append(now[0])
        assert answers.wait(30)
        return {"far": f"Away at {now[0]:.0f}."}

    monkeypatch.setattr(facts, "reach", reach)
    monkeypatch.setattr(facts, "time", SimpleNamespace(monotonic=lambda: now[0]))
    far = next(one for one in inventory(load_settings()) if one.name == "far")
    known = facts.Facts()
    answers.set()
    for minute in range(100):
        now[0] = 60.0 * minute
        known.of(far)
        until(lambda: known.pending == 0)
        assert known.of(far).problem == f"Away at {now[0]:.0f}."
    assert len(asked) == 100 and len(known._known) == 1
    answers.clear()
    now[0] += 60
    # Until the new answer is there, the last one holds; not one of an hour ago.
    assert known.of(far).problem == "Away at 5940."
    answers.set()
    until(lambda: known.pending == 0)
    answers.clear()
    now[0] += 3600
    assert known.of(far).pending
    answers.set()


def test_two_tabs_get_the_same_job_and_errors_become_sentences(caplog: pytest.LogCaptureFixture) -> None:
    jobs, key, go_on = Jobs(), Key("pull", "m"), threading.Event()

    def wait(job: Job) -> None:
        go_on.wait(30)
        job.report("done")

    first = jobs.start(key, wait)
    assert jobs.start(key, wait) is first
    jobs.forget(key)
    assert jobs.get(key) is first
    first.stop()
    go_on.set()
    first.wait()
    assert (first.error, first.running) == (None, False)

    def fail(error: Exception) -> Callable[[Job], None]:
        def work(job: Job) -> None:
            raise error

        return work

    second = jobs.start(key, fail(ModelUnavailable("It is gated.")))
    second.wait()
    assert second.error == "It is gated."
    third = jobs.start(key, fail(RuntimeError("secret detail")))
    third.wait()
    assert third.error and "secret" not in third.error
    assert "secret detail" in caplog.text
    jobs.forget(key)
    assert jobs.all() == {}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min"), (3570, "1 h 0 min"), (4800, "1 h 20 min")],
)
def test_durations_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words
