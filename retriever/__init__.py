"""What a passage is, text to vector, and the nearest passages of one product.

The names below are loaded on first use: who only lists products need not wait for what searches. None of them
loads torch. The LangChain adapter is in `retriever.langchain`, imported by who wants it: langchain_core takes
a quarter of a second.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retriever.embedder import Embedder
    from retriever.passage import Match, Passage, Product
    from retriever.search import Retriever

_HOMES = {
    "Embedder": "retriever.embedder",
    "Match": "retriever.passage",
    "Passage": "retriever.passage",
    "Product": "retriever.passage",
    "Retriever": "retriever.search",
}

__all__ = ["Embedder", "Match", "Passage", "Product", "Retriever"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'retriever' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
