"""Where PostgreSQL is, its schema, and connections to it. Knows nothing of reviews or models."""

from database.connection import Database

__all__ = ["Database"]
