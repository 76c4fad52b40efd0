"""What became of the rows of a file, in numbers."""

from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True)
class IngestCounts:
    """What became of the rows; `read` is the sum of the next four.

    `removed` are reviews that were stored and the file, where it is the whole truth, does not have.
    `embedded` are passages whose vectors were made; the others' were known. `suspected` are passages that a
    scanner marked now: they look like attempts to take a model over.
    """

    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    removed: int = 0
    embedded: int = 0
    suspected: int = 0

    def __add__(self, other: "IngestCounts") -> "IngestCounts":
        return IngestCounts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def __str__(self) -> str:
        removed = f", removed {self.removed}" if self.removed else ""
        suspected = f", passages marked as suspicious {self.suspected}" if self.suspected else ""
        return (
            f"read {self.read}, new {self.new}, updated {self.updated}, "
            f"unchanged {self.unchanged}, rejected {self.rejected}{removed}{suspected}"
        )
