"""How many questions would do: the power of a paired comparison. Knows no figures."""

from dataclasses import dataclass

from compare.statistics import student

# How often the foretold experiment would find a difference as large as the one seen.
POWER = 0.8
# More questions than that nobody asks.
MOST_QUESTIONS = 10_000


@dataclass(frozen=True, slots=True)
class Needed:
    """So many questions about so many products, as many per product as now."""

    questions: int
    products: int


def needed(effect: float, questions: int, products: int, alpha: float) -> Needed | None:
    """The smallest experiment of at least today's size that would find this effect with a power of 0.8.

    `effect`: mean over standard deviation of the products' mean differences, as seen in `questions` about
    `products`. Assumes that it is the true one; that further products are like these and are asked as many
    questions as these, so that the variance between products, and of questions and repeats within them, stays
    what it is per product; and Gaussian means. None where more than 10,000 questions were needed.
    """
    per_product = questions / products
    low, high = products, int(MOST_QUESTIONS / per_product)
    if high < low or student.power(effect, high, alpha) < POWER:
        return None
    while low < high:
        middle = (low + high) // 2
        if student.power(effect, middle, alpha) < POWER:
            low = middle + 1
        else:
            high = middle
    return Needed(round(low * per_product), low)
