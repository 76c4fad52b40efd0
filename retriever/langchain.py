"""The retriever as LangChain knows retrievers, for chains such as `retriever | prompt | model`.

Knows only how a Match becomes a Document. `retriever/__init__.py` does not import it.
"""

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from retriever.passage import Match
from retriever.search import Retriever


class ReviewRetriever(BaseRetriever):
    """The `k` passages of one product nearest to a query, best first, as Documents.

    Metadata: `product_id`, `review_id`, `rating` (stars or None), `date` (ISO 8601 or None), `score`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Retriever
    product_id: str
    k: int = 5

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [to_document(match) for match in self.retriever.search(self.product_id, query, self.k)]


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
        },
    )
