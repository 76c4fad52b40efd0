"""Where PostgreSQL is, its schema, and connections to it. Knows nothing of reviews or models."""

from database.connection import Database
from database.patience import Patience

__all__ = ["Database", "Patience"]
