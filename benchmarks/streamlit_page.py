"""What a tab shows: the elements that Streamlit sent, each in its place. Knows no connection, no clicks."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

ERROR = 1  # Alert.Format.ERROR
TEXTS = ("body", "label", "text", "message")  # where kinds of elements keep what people read


class NotShown(Exception):
    """What was looked for is not on the page."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An element or a block: its message of the kind `kind`, and which run and fragment drew it."""

    kind: str
    proto: Any
    fragment_id: str
    run_id: str


class StreamlitPage:
    """The page as it is now, also while it is drawn. `exceptions`: the texts of all that were ever shown."""

    def __init__(self) -> None:
        self.exceptions: list[str] = []
        self._shown: dict[tuple[int, ...], Shown] = {}
        self._run_id, self._fragment_ids = "", frozenset[str]()

    def begin(self, run_id: str, fragment_ids: Collection[str]) -> None:
        """A run begins to draw: these fragments, or without any the whole page."""
        self._run_id, self._fragment_ids = run_id, frozenset(fragment_ids)

    def draw(self, message: ForwardMsg) -> Any:
        """Put a delta in its place; returns what was drawn, in Streamlit's words."""
        delta = message.delta
        what = delta.WhichOneof("type")
        if what == "new_transient":
            return None
        drawn = delta.new_element if what == "new_element" else delta.add_block
        kind = drawn.WhichOneof("type") or ""
        proto = getattr(drawn, kind) if kind else None
        self._shown[tuple(message.metadata.delta_path)] = Shown(kind, proto, delta.fragment_id, self._run_id)
        if proto and kind == "exception":
            self.exceptions.append(proto.message)
        return proto

    def finish(self) -> set[str]:
        """The run is over, and what it did not draw again is gone; returns the ids of the widgets left."""
        self._shown = {path: shown for path, shown in self._shown.items() if not self._is_stale(shown)}
        return {getattr(shown.proto, "id", "") for shown in self._shown.values()}

    def _is_stale(self, shown: Shown) -> bool:
        mine = not self._fragment_ids or shown.fragment_id in self._fragment_ids
        return mine and shown.run_id != self._run_id

    def all(self, kind: str) -> list[Shown]:
        """All elements of a kind, from top to bottom."""
        return [shown for _, shown in sorted(self._shown.items()) if shown.kind == kind]

    def find(self, kind: str, label: str) -> Shown:
        """The first element of this kind and label. Raises NotShown, naming those that are there."""
        found = self.all(kind)
        for shown in found:
            if shown.proto.label == label:
                return shown
        raise NotShown(f"no {kind} '{label}'; there are {[shown.proto.label for shown in found]}")

    def has(self, kind: str, label: str) -> bool:
        """Whether such an element is there, and can be used."""
        return any(
            shown.proto.label == label and not getattr(shown.proto, "disabled", False)
            for shown in self.all(kind)
        )

    def texts(self) -> Iterator[str]:
        """All that can be read on the page, from top to bottom."""
        for _, shown in sorted(self._shown.items()):
            for field in TEXTS:
                if isinstance(text := getattr(shown.proto, field, None), str) and text:
                    yield text

    def sees(self, text: str) -> bool:
        """Whether this is anywhere on the page."""
        return any(text in shown for shown in self.texts())

    @property
    def complaints(self) -> list[str]:
        """The errors that the page tells now, in words."""
        return [shown.proto.body for shown in self.all("alert") if shown.proto.format == ERROR]
