"""Review files into the database: read, clean, split, embed, store; as often as one likes."""

from ingest.pipeline import IngestCounts, ingest
from ingest.reader import ReviewFile
from ingest.review import Rejection, Review

__all__ = ["IngestCounts", "Rejection", "Review", "ReviewFile", "ingest"]
