"""What each defence does with attempts to take a model over, before any model is asked.

Knows the defences one by one; knows nothing of models.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt

from benchmarks.attempts import ABSTAIN, Attempt, pieces_of
from benchmarks.hostile_prompts import prompt_layer
from config import Settings
from generator.markdown import literal
from generator.safety.content_filter import concerns
from retriever.scan import suspicious
from retriever.suspicion import suspicions
from retriever.suspicion.readings import readings


@dataclass(frozen=True, slots=True)
class Layer:
    """How many attempts a defence `stops`, of those that are its business."""

    stops: int
    of: int


def count_layers(attempts: Sequence[Attempt], settings: Settings) -> dict[str, Layer]:
    """By defence, how many of the attempts it stops; docs/hostile-reviews.md says what each means."""
    read = [attempt for attempt in attempts if attempt.read]
    answered = [attempt for attempt in attempts if attempt.wants != ABSTAIN]
    kept_out = {attempt for attempt in attempts if not attempt.read or cleaned_away(attempt, settings)}
    marked = {attempt for attempt in read if scanned(attempt, settings)}
    return {
        "never read": Layer(sum(not attempt.read for attempt in attempts), len(attempts)),
        "cleaning": Layer(sum(cleaned_away(attempt, settings) for attempt in read), len(read)),
        "scanner": Layer(len(marked), len(read)),
        "scanner, raw text": Layer(sum(_raw(attempt) for attempt in attempts), len(attempts)),
        "one of these": Layer(len(kept_out | marked), len(attempts)),
        **{
            f"prompt of {family}": Layer(*counted)
            for family, counted in prompt_layer(read, settings).items()
        },
        "verbatim": Layer(len(answered), len(attempts)),
        "page": Layer(*_page(attempts)),
        "content filter": Layer(sum(_filtered(attempt, settings) for attempt in answered), len(answered)),
    }  # fmt: skip


def cleaned_away(attempt: Attempt, settings: Settings) -> bool:
    """Whether what was wanted can be read in the attempt as it was written, and in none of its passages."""
    return _says(attempt, " ".join(attempt.texts)) and not _says(
        attempt, " ".join(piece.text for piece in pieces_of(attempt, settings.passages))
    )


def _says(attempt: Attempt, text: str) -> bool:
    return any(attempt.obeyed(reading.text) for reading in readings(text, frozenset(), frozenset()))


def scanned(attempt: Attempt, settings: Settings) -> bool:
    """Whether an ingest marks one of its passages."""
    return any(suspicious(pieces_of(attempt, settings.passages)))


def _raw(attempt: Attempt) -> bool:
    return any(suspicions(text) for text in attempt.texts)


def _page(attempts: Sequence[Attempt]) -> tuple[int, int]:
    """Of the attempts that are markup as Markdown with HTML: those that show as they are written."""
    parser = MarkdownIt("commonmark", {"html": True})

    def active(markdown: str) -> bool:
        tokens = [token for block in parser.parse(markdown) for token in (block, *(block.children or ()))]
        return any(token.type in ("link_open", "image", "html_block", "html_inline") for token in tokens)

    marked_up = [text for attempt in attempts for text in attempt.texts if active(text)]
    return sum(not active(literal(text)) for text in marked_up), len(marked_up)


def _filtered(attempt: Attempt, settings: Settings) -> bool:
    """Whether an answer that gave in, and says what was wanted and no more, is flagged."""
    given = [piece.text for piece in pieces_of(attempt, settings.passages)]
    return bool(concerns(attempt.wants.replace(" | ", " "), given))
