"""A person's tab without its browser: Streamlit's own messages over its own websocket. Paints nothing.

What a server could notice of a browser is here: the values of widgets go along with each rerun, fragments
that want to be drawn again and again are asked for, large messages are kept and not sent twice. Knows
Streamlit's protocol; knows nothing of the pages.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from benchmarks.streamlit_page import StreamlitPage

PATIENCE_S = 120.0  # a page that takes longer has failed
HEARD_WITHIN_S = 10.0
LONGEST_QUOTE = 300  # characters of a page, in an error
# Which field of a WidgetState holds what a person put into a widget of this kind.
SCALARS = {
    "text_input": "string_value",
    "selectbox": "string_value",
    "checkbox": "bool_value",
}
LISTS = ("multiselect",)


class SessionFailed(Exception):
    """The server closed the session, or took too long."""


@dataclass(slots=True)
class _Awaited:
    """A run that was asked for: of the whole page, or of a fragment; `ended` holds when, once it has."""

    fragment_id: str
    ended: "asyncio.Future[float]"
    begun: bool = False


class StreamlitSession:
    """An open tab, and the `page` that it shows. One action at a time; NotShown if there is nothing to click.

    Each action returns how many seconds passed until the run that it caused was finished and all of it was
    here, reruns that it asked for itself included. A run that began by itself while the click was on its way
    to the server is taken for the click's.
    """

    def __init__(self, socket: ClientConnection, url: str) -> None:
        self.page = StreamlitPage()
        self._socket = socket
        self._url = url
        self._values: dict[str, WidgetState] = {}
        # By their titles; the hash of the one that is open; its query.
        self._pages: dict[str, str] = {}
        self._page = self._query = ""
        self._fragment_ids = frozenset[str]()
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._kept: dict[str, ForwardMsg] = {}
        self._awaited: _Awaited | None = None
        self._changed = asyncio.Condition()
        self._heard = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, page: str = "") -> AsyncIterator[Self]:
        """A tab with the page of this address, drawn once."""
        async with connect(
            f"ws{url.removeprefix('http')}/_stcore/stream",
            origin=Origin(url),
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            proxy=None,
        ) as socket:
            session = cls(socket, url)
            try:
                await session._run(page_name=page)
                yield session
            finally:
                session._stop_timers(list(session._timers))
                session._reader.cancel()

    async def visit(self, page: str) -> float:
        """Follow the link to a page of the navigation, by its title."""
        self._stop_timers(list(self._timers))
        self._values.clear()
        self._page, self._query = self._pages[page], ""
        return await self._run()

    async def press(self, label: str) -> float:
        """Click a button; what was put into its form goes along."""
        button = self.page.find("button", label)
        return await self._run(WidgetState(id=button.proto.id, trigger_value=True), button.fragment_id)

    async def say(self, text: str) -> float:
        """Type into the chat's box, and send it."""
        (box,) = self.page.all("chat_input")
        trigger = WidgetState(id=box.proto.id)
        trigger.chat_input_value.data = text
        return await self._run(trigger, box.fragment_id)

    async def choose(self, kind: str, label: str, value: str | bool | list[str]) -> float:
        """Put a value into a widget, as its options are spelled; 0 in a form, which is sent by its button."""
        widget = self.page.find(kind, label)
        state = WidgetState(id=widget.proto.id)
        if kind in LISTS:
            assert isinstance(value, list)
            state.string_array_value.data.extend(value)
        else:
            setattr(state, SCALARS[kind], value)
        self._values[state.id] = state
        if getattr(widget.proto, "form_id", ""):
            return 0.0
        return await self._run(fragment_id=widget.fragment_id)

    async def open_tab(self, label: str) -> float:
        """Click the tab of this name."""
        (tabs,) = self.page.all("tab_container")
        self._values[tabs.proto.id] = WidgetState(id=tabs.proto.id, string_value=label)
        return await self._run(fragment_id=tabs.fragment_id)

    async def wait_until(self, done: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
        """Look on while the page draws itself anew, until it is as wished. Raises SessionFailed."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: done() or self._reader.done())
        except TimeoutError:
            raise SessionFailed(
                f"not as wished after {seconds:g} s: {' | '.join(self.page.texts())[:LONGEST_QUOTE]}"
                if await self._is_heard()
                else "the server has given the session up, as it does where messages are taken too slowly"
            ) from None
        if self._reader.done():
            raise SessionFailed("the server closed the session")

    async def _run(
        self, trigger: WidgetState | None = None, fragment_id: str = "", page_name: str = ""
    ) -> float:
        begun = time.perf_counter()
        self._awaited = _Awaited(fragment_id, asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._send(trigger, fragment_id, page_name)
                return await self._awaited.ended - begun
        except TimeoutError:
            raise SessionFailed(f"a rerun took more than {PATIENCE_S:g} s") from None
        except ConnectionClosed as error:
            raise SessionFailed(f"the server closed the session: {error}") from error

    async def _send(
        self, trigger: WidgetState | None, fragment_id: str, page_name: str = "", auto: bool = False
    ) -> None:
        state = ClientState(
            query_string=self._query,
            page_script_hash=self._page,
            page_name=page_name,
            fragment_id=fragment_id,
            is_auto_rerun=auto,
            cached_message_hashes=self._kept,
        )
        state.context_info.url = self._url
        state.widget_states.widgets.extend([*self._values.values(), *([trigger] if trigger else [])])
        await self._socket.send(BackMsg(rerun_script=state).SerializeToString())

    async def _is_heard(self) -> bool:
        """Whether the server still answers this session; what it has given up it leaves open, and silent."""
        self._heard.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARD_WITHIN_S):
                await self._socket.send(BackMsg(app_heartbeat=True).SerializeToString())
                await self._heard.wait()
        return self._heard.is_set()

    async def _read(self) -> None:
        try:
            with suppress(ConnectionClosed):
                async for data in self._socket:
                    assert isinstance(data, bytes)
                    await self._take(ForwardMsg.FromString(data))
        finally:
            if self._awaited and not self._awaited.ended.done():
                self._awaited.ended.set_exception(SessionFailed("the server closed the session"))
            async with self._changed:
                self._changed.notify_all()

    async def _take(self, message: ForwardMsg) -> None:
        if message.WhichOneof("type") == "ref_hash":
            reference, message = message, ForwardMsg()
            message.CopyFrom(self._kept[reference.ref_hash])
            message.metadata.CopyFrom(reference.metadata)
        elif message.metadata.cacheable:
            self._kept[message.hash] = message
        match message.WhichOneof("type"):
            case "new_session":
                self._begin(message)
            case "delta":
                drawn = self.page.draw(message)
                if getattr(drawn, "set_value", False):
                    # The page has put another value in.
                    self._values.pop(drawn.id, None)
            case "script_finished":
                await self._finish(message.script_finished)
            case "navigation":
                self._page = message.navigation.page_script_hash
                self._pages = {page.page_name: page.page_script_hash for page in message.navigation.app_pages}
            case "page_info_changed":
                self._query = message.page_info_changed.query_string
            case "auto_rerun":
                again = message.auto_rerun
                self._stop_timers([again.fragment_id])
                self._timers[again.fragment_id] = asyncio.create_task(
                    self._look_again(again.fragment_id, again.interval)
                )
            case "heartbeat_ack":
                self._heard.set()
            case "stop_auto_rerun":
                self._stop_timers(message.stop_auto_rerun.fragment_ids)

    def _begin(self, message: ForwardMsg) -> None:
        run = message.metadata.run
        self._fragment_ids = frozenset(run.fragment_ids)
        self.page.begin(run.script_run_id, run.fragment_ids)
        if not self._fragment_ids:
            self._stop_timers(list(self._timers))
        if self._awaited and self._awaited.fragment_id in (self._fragment_ids or {self._awaited.fragment_id}):
            self._awaited.begun = True

    async def _finish(self, status: int) -> None:
        if status == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return
        if status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self.page.exceptions.append("the page's script could not be read")
        there = self.page.finish()
        self._values = {key: value for key, value in self._values.items() if key in there}
        if self._awaited and self._awaited.begun and not self._awaited.ended.done():
            self._awaited.ended.set_result(time.perf_counter())
        async with self._changed:
            self._changed.notify_all()

    async def _look_again(self, fragment_id: str, seconds: float) -> None:
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(seconds)
                await self._send(None, fragment_id, auto=True)

    def _stop_timers(self, fragment_ids: Iterable[str]) -> None:
        for fragment_id in fragment_ids:
            if timer := self._timers.pop(fragment_id, None):
                timer.cancel()
