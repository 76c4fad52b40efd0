"""Which passages of reviews look like attempts to take a model over, and the marks they get for it.

Knows passages and their marks; how a text gives itself away is `retriever.suspicion`'s business.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from database import Database
from retriever.harmful import mark_suspicious
from retriever.passage import StoredPassage
from retriever.suspicion import Sign, enough, signs_within, strongest

SCANNER = "scanner: "
# From here on a sign is enough for a passage of a review that gave itself away elsewhere.
_BESIDE = 0.5
_SEAM = 10  # words on each side of a cut

PRODUCTS = "SELECT id FROM product ORDER BY id"
PASSAGES = """
    SELECT product, body, number, text, content_hash FROM passage
    WHERE product = %s ORDER BY body, number
"""


def scan_stored(database: Database, on_product: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Look at all that is stored, as an ingest looks at what is new; return how many were not marked before.

    For what was stored without the scanner, or before it knew what it knows now. A product is a transaction;
    `on_product` gets how many are done, and of how many. Raises DatabaseError.
    """
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(PRODUCTS)
        products = [product for (product,) in cursor]
    marked = 0
    for done, product in enumerate(products, start=1):
        with database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(PASSAGES, (product,))
            marked += mark_suspicious(connection, list(suspicious(StoredPassage(*row) for row in cursor)))
        on_product(done, len(products))
    return marked


def suspicious(pieces: Iterable[StoredPassage]) -> Iterator[tuple[int, str, str, str]]:
    """Those of the pieces, given in their reviews' order, that look like an attempt.

    As `retriever.harmful.mark_suspicious` takes them: product, content hash, text, reason.
    """
    for _, of_review in groupby(pieces, lambda piece: (piece.product, piece.body)):
        review = list(of_review)
        for number, reason in reasons([piece.text for piece in review]).items():
            piece = review[number]
            yield piece.product, piece.content_hash, piece.text, reason


def reasons(texts: Sequence[str]) -> dict[int, str]:
    """The numbers of the suspicious pieces of one review, in order, and the reason for each mark."""
    found = sorted(_found(texts).items())
    return {number: SCANNER + ", ".join(sign.what for sign in noticed) for number, noticed in found}


def _found(texts: Sequence[str]) -> dict[int, tuple[Sign, ...]]:
    """The numbers of the suspicious pieces of one review, and why.

    What one piece does not tell, two that follow each other may.
    """
    look = signs_within(" ".join(texts))
    if look is None:
        return {}
    alone = [look(text) for text in texts]
    found = {number: noticed for number, noticed in enumerate(alone) if enough(noticed)}
    for first, second in pairwise(range(len(texts))):
        if first not in found and second not in found:
            # Only what the cut went through is read once more: to read all again takes twice as long.
            seam = [*texts[first].split()[-_SEAM:], *texts[second].split()[:_SEAM]]
            together = strongest([*alone[first], *alone[second], *look(" ".join(seam))])
            if enough(together):
                found[first] = found[second] = together
    if found:
        for number, noticed in enumerate(alone):
            if noticed and noticed[0].weight >= _BESIDE:
                found.setdefault(number, noticed)
    return found
