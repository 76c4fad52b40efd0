"""The page Models in a real browser: a model comes and goes, and a pull breaks off and goes on."""

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import yaml
from playwright.sync_api import expect

from models.catalogue.shape import Shape
from models.catalogue.shapes import header_of
from models.probe.stand_in import write_stand_in
from tests.app.page_server import PageServer
from tests.models.hub import Hub, hub_server
from tests.scripted_model import write_scripted_model

if TYPE_CHECKING:
    from playwright.sync_api import Page

MIB = 2**20
# About 25 MB: what is received comes in pieces of ten.
SHAPE = Shape(layers=16, width=512, feed_forward=1024, heads=8, kv_heads=4, vocabulary=4000)
MODELS = {
    "praise": {"file": "praise.gguf"},
    "new": {"file": "new.Q4_K_M.gguf", "repository": "some/new-GGUF"},
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    file = tmp_path_factory.mktemp("hub") / "new.gguf"
    write_stand_in(header_of(SHAPE, "new", 2048), file)
    with hub_server() as hub:
        hub.files["some/new-GGUF/new.Q4_K_M.gguf"] = file.read_bytes()
        yield hub
        hub.go_on.set()


@pytest.fixture(scope="module")
def server(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    home = tmp_path_factory.mktemp("models-page")
    (home / "models").mkdir()
    write_scripted_model(home / "models" / "praise.gguf", "They praise it.")
    (home / "settings.yaml").write_text(yaml.safe_dump({"models": MODELS}, sort_keys=False))
    environment = os.environ | {
        "REVIEWDUEL_HOME": str(home),
        "REVIEWDUEL_SETTINGS": str(home / "settings.yaml"),
        "HF_ENDPOINT": hub.url,
    }
    with PageServer(environment, home / "log") as server:
        yield server
    assert not server.defects


def open_page(page: "Page", server: PageServer) -> None:
    page.goto(f"{server.url}/models")
    expect(page.get_by_role("heading", name="All models")).to_be_visible()


def choose(page: "Page", model: str) -> None:
    box = page.get_by_role("combobox", name=re.compile("Model"))
    box.click()
    box.fill(model)
    page.get_by_role("option", name=model, exact=True).wait_for()
    # Not a click: the page draws itself anew while a job goes on.
    box.press("Enter")


@pytest.mark.slow
def test_a_model_is_loaded_and_unloaded(page: "Page", server: PageServer) -> None:
    open_page(page, server)
    # The table is drawn on a canvas; its rows for screen readers stand in it.
    table = page.get_by_test_id("data-grid-canvas")
    expect(table).to_contain_text("praise")
    expect(table).to_contain_text("fits: takes")
    expect(page.get_by_text("No model is in memory")).to_be_visible()
    # A click on the second row chooses it; who uses no mouse has the box.
    page.locator(".dvn-scroller").first.click(position={"x": 20, "y": 87})
    expect(page.get_by_text("built in · takes no memory of its own")).to_be_visible()
    choose(page, "praise")
    page.get_by_role("button", name="Load", exact=True).click()
    unload = page.get_by_role("button", name="Unload praise")
    expect(unload).to_be_visible()
    expect(page.get_by_text("idle, for")).to_be_visible()
    expect(table).to_contain_text("in memory now")
    unload.click()
    expect(page.get_by_text("No model is in memory")).to_be_visible()


@pytest.mark.slow
def test_a_pull_survives_a_reload_and_goes_on_where_it_broke_off(
    page: "Page", server: PageServer, hub: Hub
) -> None:
    open_page(page, server)
    choose(page, "new")
    hub.pauses_after, hub.breaks_after, hub.down_after_break = 12 * MIB, [MIB], True
    page.get_by_role("button", name="Pull").click()
    progress = page.get_by_text(re.compile(r"10\.0 MiB of 2\d\.\d MiB"))
    expect(progress).to_be_visible()
    page.reload()
    expect(progress).to_be_visible()
    hub.go_on.set()
    expect(page.get_by_role("alert").filter(has_text="Try again later")).to_be_visible()
    hub.down = False
    choose(page, "new")
    page.get_by_role("button", name=re.compile(r"Go on pulling \(10\.0 MiB")).click()
    expect(page.get_by_text(re.compile("on disk · fits: takes"))).to_be_visible()
    assert hub.requests[-1][2] == f"bytes={10 * MIB}-"
