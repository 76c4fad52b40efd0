"""Which embedder filled the database: vectors of two embedders must never be compared.

Knows one table of one row. It is on its own because both reading and writing need it.
"""

from psycopg2.extensions import connection as Connection

from config.errors import EmbedderMismatch
from retriever.embedder import Embedder


def check_embedder(connection: Connection, embedder: Embedder) -> bool:
    """Whether the database has vectors already; raises EmbedderMismatch if of another embedder.

    Does not load the model.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, metric, normalized FROM embedder")
        found: tuple[str, str, bool] | None = cursor.fetchone()
    configured = (embedder.name, embedder.metric, embedder.normalize)
    if found is not None and found != configured:
        raise EmbedderMismatch(
            f"The database was filled by {_in_words(*found)}, but the settings say "
            f"{_in_words(*configured)}. Set the embedder back in settings.yaml, or ingest into another "
            "database (REVIEWDUEL_HOME names another folder, REVIEWDUEL_DATABASE_URL another server)."
        )
    return found is not None


def claim_database(connection: Connection, embedder: Embedder) -> None:
    """Record that this embedder fills the database; raises EmbedderMismatch if another one did."""
    if not check_embedder(connection, embedder):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO embedder (name, dimension, metric, normalized) VALUES (%s, %s, %s, %s)",
                (embedder.name, embedder.dimension, embedder.metric, embedder.normalize),
            )


def _in_words(name: str, metric: str, normalized: bool) -> str:
    return f"'{name}' (metric {metric}, {'normalized' if normalized else 'not normalized'})"
