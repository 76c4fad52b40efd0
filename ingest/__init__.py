"""Review files into the database: read, clean, split, embed, store; as often as one likes."""

from ingest.review import LeftOut, Rejection, Review
from ingest.review_file import ReviewFile, UnrecognisedColumns
from ingest.store import IngestCounts, ingest

__all__ = ["IngestCounts", "LeftOut", "Rejection", "Review", "ReviewFile", "UnrecognisedColumns", "ingest"]
