"""Questions that a run asks no more: since it began, a passage of theirs was marked as harmful.

A plan holds its passages, so that everybody is asked from the same ones; yet no model is given what is
marked. Asked from other passages a question would be another one: so it is left out of what is still to
come. Knows plans and marks; knows no models.
"""

from collections.abc import Iterable

from compare.plan.plan import Plan
from compare.plan.tasks import TaskKey
from database import Database
from retriever.harmful import marked_hashes, marked_reviews


def withdrawn(database: Database, plan: Plan) -> set[TaskKey]:
    """The tasks of which a passage is marked now; of whole reviews, one with a marked passage.

    That is the rule by which the search leaves out. Raises DatabaseError.
    """
    whole = plan.passages == "reviews"
    marked_of = marked_reviews if whole else marked_hashes
    marked = {product: marked_of(database, product) for product in {task.product_id for task in plan.tasks}}
    return {
        task.key
        for task in plan.tasks
        for passage in (match.passage for match in task.matches)
        if (passage.review_id if whole else passage.content_hash) in marked[task.product_id]
    }


def why_withdrawn(tasks: Iterable[TaskKey]) -> str:
    """A sentence for people."""
    products = ", ".join(dict.fromkeys(product_id for product_id, _ in sorted(tasks)))
    return (
        f"Questions about {products} are left out: a passage that they are asked from was marked as harmful "
        "since the run began, and no model is given it any more. Take the mark back and resume the run, or "
        "run it again under another name."
    )
