"""What a passage is, text to vector, and the nearest passages of one product.

Importing it loads no torch. The LangChain adapter is in `retriever.langchain`, imported by who wants it:
langchain_core takes a quarter of a second.
"""

from retriever.embedder import Embedder
from retriever.passage import Match, Passage, Product
from retriever.search import Retriever

__all__ = ["Embedder", "Match", "Passage", "Product", "Retriever"]
