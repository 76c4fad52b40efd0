"""Observations and rows with values that are easy to calculate with."""

from collections.abc import Mapping, Sequence

from compare.statistics import Observation
from generator.log.answer_log import Row
from tests.compare.rows import row

# By contestant and product: a list for each question, a value for each repeat.
Values = Mapping[str, Mapping[str, Sequence[Sequence[float | None]]]]


def observed(values: Values) -> list[Observation]:
    """One observation per value."""
    return [
        Observation(contestant, product, f"q{question}", repeat, value)
        for contestant, products in values.items()
        for product, questions in products.items()
        for question, repeats in enumerate(questions)
        for repeat, value in enumerate(repeats)
    ]


def rows_of(key: str, values: Values) -> list[Row]:
    """One row per value, which stands under `key`."""
    return [
        row(one.contestant, product_id=one.product, question=one.question) | {key: one.value}
        for one in observed(values)
    ]


def each(products: int, *repeats: float | None) -> dict[str, list[list[float | None]]]:
    """The same question with these repeats about so many products."""
    return {f"p{product}": [list(repeats)] for product in range(products)}
