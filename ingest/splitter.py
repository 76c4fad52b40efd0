"""A review's text into pieces, at paragraphs, lines, sentences or words, in this order of preference."""

from collections.abc import Iterator

from langchain_text_splitters import RecursiveCharacterTextSplitter

from config.settings import PassageSettings
from ingest.review import sha256
from retriever.passage import prose

SEPARATORS = ["\n\n", "\n", r"(?<=[.!?…])\s+", r"\s+", ""]


class Splitter:
    """Splits texts into pieces of at most `settings.size` characters; longer words are cut.

    `name` says how: passages that another one made are not these.
    """

    def __init__(self, settings: PassageSettings) -> None:
        self._size = settings.size
        self.name = f"{settings.size}/{settings.overlap}"
        self._splitter = RecursiveCharacterTextSplitter(
            separators=SEPARATORS,
            is_separator_regex=True,
            chunk_size=settings.size,
            chunk_overlap=settings.overlap,
        )

    def split(self, text: str) -> list[str]:
        """The pieces of a text, in order, none empty; without overlap they hold every word once."""
        if len(text) <= self._size:  # the same, as most reviews are, at a twentieth of the time
            return [text.strip()] if text.strip() else []
        return self._splitter.split_text(text)

    def pieces(self, title: str | None, text: str) -> Iterator[tuple[str, str]]:
        """The pieces of a review in order, each after its hash."""
        for piece in self.split(prose(title, text)):
            yield sha256(piece), piece
