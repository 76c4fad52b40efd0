"""A session without a browser sees and causes what a browser would: on pages that hold each thing once."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.streamlit_page import NotShown
from benchmarks.streamlit_session import SessionFailed, StreamlitSession
from tests.app.page_server import PageServer

# No page of this project, so none of its settings.
ENVIRONMENT = os.environ | {
    "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
    "STREAMLIT_SERVER_HEADLESS": "true",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}
PAGE = """
import time
import streamlit as st

state = st.session_state
state.runs = state.get("runs", 0) + 1

def first():
    st.text(f"run {state.runs}")
    name = st.text_input("Name")
    several = st.multiselect("Several", ["a", "b", "c"])
    if st.checkbox("Loud"):
        name = name.upper()
    st.text(f"Hello {name} {several}")
    with st.form("form"):
        word = st.text_input("Word")
        if st.form_submit_button("Send"):
            st.text(f"Sent {word}")
    if said := st.chat_input("Say"):
        st.text(f"Said {said}")
    if st.button("Again"):
        time.sleep(0.3)
        state.again = True
        st.rerun()
    if state.pop("again", False):
        time.sleep(0.3)
        st.text("Done again")
    if st.button("Break"):
        raise ValueError("on purpose")
    st.dataframe({"n": list(range(5000))})
    ticking()

@st.fragment(run_every=0.1)
def ticking():
    state.ticks = state.get("ticks", 0) + 1
    st.text(f"tick {state.ticks}")

def second():
    inside, outside = st.tabs(["Inside", "Outside"], key="tabs", on_change="rerun")
    with inside:
        if inside.open:
            st.text("Warm")
    with outside:
        if outside.open:
            st.text("Cold")
    st.error("Told in words")
    st.button("Fill", on_click=lambda: state.update(filled="by the page"))
    st.button("Nothing")
    st.text_input("Filled", key="filled")
    st.text(f"Filled {state.filled}")

pages = [st.Page(first, title="First", default=True), st.Page(second, title="Second", url_path="second")]
st.navigation(pages).run()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    folder = tmp_path_factory.mktemp("page")
    (folder / "page.py").write_text(PAGE)
    with PageServer(ENVIRONMENT, folder / "log", folder, script=folder / "page.py") as server:
        yield server


def ticks(tab: StreamlitSession) -> int:
    """How often the fragment was drawn."""
    (text,) = (text for text in tab.page.texts() if text.startswith("tick "))
    return int(text.removeprefix("tick "))


@pytest.mark.slow
@pytest.mark.own_thread
def test_widgets_forms_and_fragments(server: PageServer) -> None:
    async def use() -> None:
        async with StreamlitSession.open(server.url) as tab:
            assert tab.page.sees("run 1")
            assert await tab.choose("text_input", "Name", "Ann") > 0
            await tab.choose("checkbox", "Loud", True)
            await tab.choose("multiselect", "Several", ["a", "c"])
            assert tab.page.sees("Hello ANN ['a', 'c']") and tab.page.sees("run 4")
            assert await tab.choose("text_input", "Word", "secret") == 0 and tab.page.sees("run 4")
            await tab.press("Send")
            assert tab.page.sees("Sent secret") and tab.page.sees("run 5")
            await tab.say("hey")
            assert tab.page.sees("Said hey") and not tab.page.sees("Sent secret")
            before = ticks(tab)
            await tab.wait_until(lambda: ticks(tab) >= before + 5, 30)
            assert tab.page.sees("run 6")

    asyncio.run(use())


@pytest.mark.slow
@pytest.mark.own_thread
def test_a_click_lasts_until_what_it_asked_for_is_drawn(server: PageServer) -> None:
    async def use() -> None:
        async with StreamlitSession.open(server.url) as tab:
            assert await tab.press("Again") >= 0.6
            assert tab.page.sees("Done again")

    asyncio.run(use())


@pytest.mark.slow
@pytest.mark.own_thread
def test_pages_tabs_and_errors(server: PageServer) -> None:
    async def use() -> None:
        async with StreamlitSession.open(server.url) as tab:
            assert not tab.page.complaints
            await tab.visit("Second")
            assert tab.page.sees("Warm") and not tab.page.sees("Hello")
            await tab.open_tab("Outside")
            assert tab.page.sees("Cold") and not tab.page.sees("Warm")
            assert tab.page.complaints == ["Told in words"]
            await tab.choose("text_input", "Filled", "by a person")
            assert tab.page.sees("Filled by a person")
            for button in ("Fill", "Nothing"):
                await tab.press(button)
                assert tab.page.sees("Filled by the page")
            await tab.visit("First")
            await tab.press("Break")
            assert tab.page.exceptions and not tab.page.complaints
            with pytest.raises(NotShown, match=r"no button 'Nowhere'; there are .*'Break'"):
                await tab.press("Nowhere")
            with pytest.raises(SessionFailed, match=r"not as wished after 0.2 s"):
                await tab.wait_until(lambda: tab.page.sees("Godot"), 0.2)

    asyncio.run(use())


@pytest.mark.slow
@pytest.mark.own_thread
def test_a_server_that_goes_is_noticed(tmp_path: Path) -> None:
    async def use() -> None:
        (tmp_path / "page.py").write_text(PAGE)
        with PageServer(ENVIRONMENT, tmp_path / "log", tmp_path, script=tmp_path / "page.py") as server:
            async with StreamlitSession.open(server.url) as tab:
                server.stop()
                with pytest.raises(SessionFailed, match="closed the session"):
                    await tab.wait_until(lambda: False, 20)

    asyncio.run(use())
