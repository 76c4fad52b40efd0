"""Review files into the database: read, clean, split, embed, store; as often as one likes."""

from ingest.counts import IngestCounts
from ingest.pipeline import ingest
from ingest.reader import ReviewFile, UnrecognisedColumns
from ingest.review import Rejection, Review

__all__ = ["IngestCounts", "Rejection", "Review", "ReviewFile", "UnrecognisedColumns", "ingest"]
