"""What there is to say of a file's rows, grouped: what, in which field, how often, with an example."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from config.printable import printable

LONGEST_EXAMPLE = 60  # characters


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows of which the same is said."""

    field: str
    """The field of a review, or `row`."""
    what: str
    """What was found, in words."""
    remedy: str = ""
    """What to type, or empty."""


@dataclass(slots=True)
class Note:
    """How often it was so, and the first example."""

    count: int = 0
    example: str = ""
    place: str = ""
    """Where the example stands: `line 7`."""


@dataclass(slots=True)
class Notes:
    """All notes of a file, in the order in which the kinds came up. Memory: one example of each kind."""

    kinds: dict[Kind, Note] = field(default_factory=dict)

    def add(self, kind: Kind, example: str = "", place: str = "") -> None:
        """Note one row."""
        note = self.kinds.get(kind)
        if note is None:
            shown = example[:LONGEST_EXAMPLE] + ("…" if len(example) > LONGEST_EXAMPLE else "")
            note = self.kinds[kind] = Note(0, printable(shown), place)
        note.count += 1

    def update(self, others: "Notes") -> None:
        """Take over what others noted of later rows."""
        for kind, other in others.kinds.items():
            note = self.kinds.setdefault(kind, Note(0, other.example, other.place))
            note.count += other.count

    def lines(self) -> Iterator[str]:
        """A sentence per kind, by field."""
        for kind, note in sorted(self.kinds.items(), key=lambda item: item[0].field):
            yield sentence(kind, note)


def sentence(kind: Kind, note: Note) -> str:
    """All that is known of one kind: `date: 3 not understood, such as 'soon' (line 7); …`."""
    example = f", such as '{note.example}'" if note.example else ""
    place = f" ({note.place})" if note.place else ""
    remedy = f"; {kind.remedy}" if kind.remedy else ""
    return f"{kind.field}: {note.count:,} {kind.what}{example}{place}{remedy}"
