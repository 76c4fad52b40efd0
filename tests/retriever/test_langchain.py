"""The LangChain adapter in a chain, as a LangChain user writes it."""

from langchain_core.prompts import PromptTemplate
from langchain_core.runnables import RunnablePassthrough
from langchain_core.vectorstores import InMemoryVectorStore

from config import PassageSettings
from database import Database
from ingest import Review, ingest
from retriever import Embedder, Retriever
from retriever.langchain import ReviewEmbeddings, ReviewRetriever
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
    assert {**document.metadata, "score": 1} == {
        "product_id": "A", "review_id": "r1", "rating": 5.0, "date": None, "score": 1, "agreeing": 0,
    }  # fmt: skip
    prompt = PromptTemplate.from_template("{context} Q: {question}")
    context = retriever | (lambda documents: documents[0].page_content)
    chain = {"context": context, "question": RunnablePassthrough()} | prompt
    assert chain.invoke("screen?").to_string() == "A dim screen. Q: screen?"


def test_limits_and_modes(database: Database, fake_embedder: Embedder) -> None:
    reviews = [
        Review(2, Listing(("A",)), None, "The battery lasts.", "r1", 5, None, None),
        Review(3, Listing(("A",)), None, "A dim battery.", "r2", 2, None, None),
    ]
    ingest(reviews, database, fake_embedder, PassageSettings())
    retriever = ReviewRetriever(
        retriever=Retriever(database, fake_embedder), product_id="A", max_rating=3, mode="dense"
    )
    assert [document.page_content for document in retriever.invoke("battery?")] == ["A dim battery."]


def test_the_embedder_in_a_store_of_langchain(fake_embedder: Embedder) -> None:
    store = InMemoryVectorStore(ReviewEmbeddings(fake_embedder))
    store.add_texts(["The battery lasts.", "A dim screen."])
    chain = store.as_retriever(search_kwargs={"k": 1}) | (lambda documents: documents[0].page_content)
    assert chain.invoke("screen?") == "A dim screen."
