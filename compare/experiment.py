"""What a run will ask: products x questions, with the passages that every model gets.

Knows how passages are found; knows nothing of models.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from config.errors import UserError
from retriever import Match, Product, Retriever

# The published experiment's two questions, about its first ten products.
QUESTIONS = (
    "What do people like about the product?",
    "What do people dislike about the product?",
)
PRODUCTS = 10


@dataclass(frozen=True, slots=True)
class Task:
    """One question about one product. `retrieval_s`: seconds that finding `matches` took."""

    product: Product
    question: str
    matches: tuple[Match, ...]
    retrieval_s: float


def prepare_tasks(
    retriever: Retriever, products: Sequence[Product], questions: Sequence[str], k: int
) -> list[Task]:
    """Retrieve once per question: the same passages for every model are what makes a comparison fair."""
    if not products:
        raise UserError("There are no products in the database yet. Read some in: python -m ingest FILE.csv")
    return [
        Task(product, question, retrieved.matches, retrieved.retrieval_s)
        for product in products
        for question in questions
        for retrieved in [retriever.retrieve(product.product_id, question, k)]
    ]
