"""A demo model's GGUF file, asked through the product's own Generator in verbatim mode.

Knows examples and the Generator; knows nothing of PyTorch or training.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from config import ModelSpec, Settings
from config.settings import VerbatimSettings
from generator import Generator
from generator.verbatim.sentences import Sentence
from retriever.passage import Match, Passage
from training.examples import Example, Line
from training.scores import Choice


def chosen_by_product(file: Path, examples: Sequence[Example]) -> list[Choice]:
    """The lines that the answers quote. The product cuts passages into sentences in its own way."""
    with _generators(file) as generator_of:
        return [
            _lines(generator_of[e.limit].answer(e.question.text, matches_of(e)).quotes, e) for e in examples
        ]


class _Generators(dict[int, Generator]):
    """One per limit, made on first use."""

    def __init__(self, file: Path, home: Path) -> None:
        super().__init__()
        self._spec = ModelSpec(
            name="demo",
            file=str(file.resolve()),
            answers="verbatim",
            n_ctx=1024,
            max_tokens=64,
            temperature=0,
        )
        self._home = home

    def __missing__(self, limit: int) -> Generator:
        settings = Settings(home=self._home, verbatim=VerbatimSettings(sentences=limit))
        self[limit] = Generator(self._spec, settings)
        return self[limit]


@contextmanager
def _generators(file: Path) -> Iterator[_Generators]:
    with TemporaryDirectory() as home:
        generators = _Generators(file, Path(home))
        try:
            yield generators
        finally:
            for generator in generators.values():
                generator.close()


def _reviews(example: Example) -> list[list[Line]]:
    return [list(group) for _, group in groupby(example.lines, key=lambda line: line.review)]


def matches_of(example: Example) -> list[Match]:
    """The reviews as the product would have found them."""
    return [
        Match(
            Passage(
                product_id="demo",
                review_id=str(number),
                number=0,
                text=" ".join(line.text for line in lines),
                rating=lines[0].stars,
                written_on=None,
                reviewer=None,
                content_hash=str(number),
            ),
            score=1.0,
        )
        for number, lines in enumerate(_reviews(example))
    ]


def _lines(quotes: Sequence[Sentence], example: Example) -> Choice:
    """The numbers of the lines in which a quoted sentence begins."""
    numbers = []
    first = 1
    for passage, lines in enumerate(_reviews(example), start=1):
        ends = list(accumulate(len(line.text) + 1 for line in lines))
        for quote in quotes:
            if quote.passage == passage:
                numbers.append(first + next(at for at, end in enumerate(ends) if quote.start < end))
        first += len(lines)
    return tuple(dict.fromkeys(sorted(numbers)))
