"""A question as a person asks it: of which product, of whom, how. Knows nothing of pages or of answers."""

from dataclasses import dataclass, field
from datetime import date

from config import AnswerMode

MOST_MODELS = 4
MOST_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Filters:
    """Which reviews a question may be answered from; None: no limit. Stars from 1 to 5, limits included.

    `language`: ISO 639-1.
    """

    min_rating: float | None = None
    max_rating: float | None = None
    since: date | None = None
    until: date | None = None
    language: str | None = None

    @property
    def limits(self) -> int:
        """How many are set: stars, since, until, language."""
        stars = self.min_rating is not None or self.max_rating is not None
        return sum((stars, self.since is not None, self.until is not None, self.language is not None))

    def __str__(self) -> str:
        """In words; empty without any limit."""
        said = []
        if self.min_rating is not None or self.max_rating is not None:
            least, most = self.min_rating or 1, self.max_rating or 5
            said.append(f"{least:g} stars" if least == most else f"{least:g} to {most:g} stars")
        if self.since:
            said.append(f"since {self.since}")
        if self.until:
            said.append(f"until {self.until}")
        if self.language:
            said.append(f"language {self.language}")
        return ", ".join(said)


@dataclass(frozen=True, slots=True)
class Question:
    """`answers`: the way to answer; `prompt`: what models are asked with. None: each as its settings say.

    `one_by_one`: a model is asked when the one before is done, so that none shares its cores. `blind`: who
    answered what is hidden until a vote.
    """

    product_id: str
    text: str
    models: tuple[str, ...]
    answers: AnswerMode | None = None
    filters: Filters = field(default_factory=Filters)
    one_by_one: bool = False
    blind: bool = False
    prompt: str | None = None
