"""Questions to begin with, from what is known of a product without reading its reviews."""

from retriever import Product

LOW_STARS = 2


def suggested_questions(product: Product) -> list[str]:
    """A few, the most usual first."""
    asked = ["What do people like about it?", "What do people complain about?"]
    low, high = sum(product.ratings[:LOW_STARS]), sum(product.ratings[LOW_STARS:])
    if low and high:
        asked.append(f"Why did {_count(low)} give it one or two stars?")
    if product.reviews > 1:
        asked.append("Who is it good for, and who should not buy it?")
    return asked


def _count(people: int) -> str:
    return "one person" if people == 1 else f"{people:,} people"
