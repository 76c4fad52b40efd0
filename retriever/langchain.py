"""The retriever and the embedder as LangChain knows them, for chains such as `retriever | prompt | model`.

Knows only how a Match becomes a Document. `retriever/__init__.py` does not import it.
"""

from datetime import date

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from config.settings import SearchMode
from retriever.embedder import Embedder
from retriever.passage import Match
from retriever.search import Retriever


class ReviewRetriever(BaseRetriever):
    """The `k` passages of one product that answer a query, best first, as Documents.

    The limits and the mode are those of `Retriever.search`. Metadata: `product_id`, `review_id`, `rating`
    (stars or None), `date` (ISO 8601 or None), `score`, `agreeing`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Retriever
    product_id: str
    k: int = 5
    min_rating: float | None = None
    max_rating: float | None = None
    since: date | None = None
    until: date | None = None
    language: str | None = None
    mode: SearchMode | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        matches = self.retriever.search(
            self.product_id,
            query,
            self.k,
            min_rating=self.min_rating,
            max_rating=self.max_rating,
            since=self.since,
            until=self.until,
            language=self.language,
            mode=self.mode,
        )
        return [to_document(match) for match in matches]


class ReviewEmbeddings(Embeddings):
    """The embedder for LangChain's own stores and splitters: the vectors that our database holds."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of passages, in the same order."""
        return [[float(number) for number in vector] for vector in self._embedder.embed_passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return [float(number) for number in self._embedder.embed_question(text)]


def to_document(match: Match) -> Document:
    """The match as a Document; its id is `product/review/number`."""
    passage = match.passage
    return Document(
        id=f"{passage.product_id}/{passage.review_id}/{passage.number}",
        page_content=passage.text,
        metadata={
            "product_id": passage.product_id,
            "review_id": passage.review_id,
            "rating": passage.rating,
            "date": passage.written_on and passage.written_on.isoformat(),
            "score": match.score,
            "agreeing": match.agreeing,
        },
    )
