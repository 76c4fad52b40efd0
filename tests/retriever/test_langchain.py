"""The LangChain adapter in a chain, as a LangChain user writes it."""

from langchain_core.prompts import PromptTemplate
from langchain_core.runnables import RunnablePassthrough

from config import PassageSettings
from database import Database
from ingest import Review, ingest
from retriever import Embedder, Retriever
from retriever.langchain import ReviewRetriever
from retriever.products import Listing


def test_in_a_chain(database: Database, fake_embedder: Embedder) -> None:
    reviews = [
        Review(2, Listing(("A",)), None, "The battery lasts.", "r1", 5, None, None),
        Review(3, Listing(("A",)), None, "A dim screen.", "r2", None, None, None),
    ]
    ingest(reviews, database, fake_embedder, PassageSettings())
    retriever = ReviewRetriever(retriever=Retriever(database, fake_embedder), product_id="A", k=1)
    (document,) = retriever.invoke("battery?")
    assert document.page_content == "The battery lasts."
    assert document.metadata["score"] > 0.99
    assert {**document.metadata, "score": 1} == {
        "product_id": "A", "review_id": "r1", "rating": 5.0, "date": None, "score": 1,
    }  # fmt: skip
    prompt = PromptTemplate.from_template("{context} Q: {question}")
    context = retriever | (lambda documents: documents[0].page_content)
    chain = {"context": context, "question": RunnablePassthrough()} | prompt
    assert chain.invoke("screen?").to_string() == "A dim screen. Q: screen?"
