"""The side-by-side chat: a product, two or more models, a question, and answers that stream into columns.

`streamlit run app/main.py`. Draws and remembers; generation lives in the workers.
"""

from dataclasses import dataclass

import streamlit as st

from app import resources
from app.live_answer import LiveAnswer
from app.panel import draw_answer, draw_passages
from config import AnswerMode
from config.errors import UserError
from generator import Answer, Exchange
from generator.markdown import literal
from generator.registry import Ticket
from retriever import Match, Product

LISTED_PRODUCTS = 1000
POLL_SECONDS = 0.2
VERBATIM = "Models only choose sentences, and the page quotes them: nothing is said that no customer said."


@dataclass(frozen=True, slots=True)
class Turn:
    """One question with its passages and the answers to it, in a session's history."""

    product: Product
    question: str
    matches: tuple[Match, ...]
    answers: tuple[LiveAnswer, ...]

    @property
    def running(self) -> bool:
        """Whether any model still writes."""
        return any(live.running for live in self.answers)


def main() -> None:
    """Draw the page; an error for people is shown as its sentence."""
    st.set_page_config("ReviewDuel", page_icon="⚖️", layout="wide")
    st.title("ReviewDuel")
    try:
        draw_page()
    except UserError as error:
        st.error(literal(str(error)))


def draw_page() -> None:
    """Choices and the question above; below, the conversation, the latest question first."""
    products = resources.retriever().products(limit=LISTED_PRODUCTS)
    if not products:
        st.info("There are no reviews yet. Read some in, then reload: `python -m ingest data/reviews.csv`")
        return
    usable = resources.usable_models()
    if len(usable) == 1:
        st.info(
            f"There is no model yet, only `{usable[0]}`, which quotes without one. `python -m models list` "
            "tells how to get one; `python -m models tiny` writes three with random weights."
        )
    product_column, models_column = st.columns([3, 2])
    with product_column:
        product_id = choose_product(products)
    with models_column:
        models = st.multiselect("Models", usable, default=usable[:2], format_func=label, key="models")
    verbatim = st.toggle("Verbatim answers", help=VERBATIM, key="verbatim")
    way: AnswerMode | None = "verbatim" if verbatim else None
    turns: list[Turn] = st.session_state.setdefault("turns", [])
    # In a container, so not at the bottom: from there Streamlit would scroll past the answers.
    with st.container():
        question = st.chat_input("Ask about the product", disabled=not models, key="question")
    if question:
        turns.append(ask(product_id, question, models, turns, way))
    for number, turn in reversed(list(enumerate(turns, start=1))):
        draw_turn(turn, anchor=f"question-{number}")


def choose_product(products: list[Product]) -> str:
    """The id of the chosen product; any id may be typed, listed or not."""
    by_id = {product.product_id: product for product in products}

    def title(product_id: str) -> str:
        product = by_id.get(product_id)
        if not product:
            return product_id
        stars = f" · {product.mean_rating:.1f} ★" if product.mean_rating is not None else ""
        ids = ", ".join(product.ids)
        return f"{product.name or product_id}{stars} · {product.reviews} reviews · {ids}"

    chosen = st.selectbox(
        "Product, by name or id", list(by_id), format_func=title, accept_new_options=True, key="product"
    )
    return chosen or products[0].product_id


def label(model: str) -> str:
    """A model's name, with the warning that belongs to it."""
    spec = resources.spec(model)
    if spec.remote:
        return f"{model} (remote)"
    if spec.kind == "extractive":
        return f"{model} (no language model)"
    return f"{model} (random weights: noise)" if spec.random_weights else model


def ask(product_id: str, question: str, models: list[str], turns: list[Turn], way: AnswerMode | None) -> Turn:
    """Retrieve once, then start all models on the same passages; those of this machine divide its cores.

    `way` to answer; None: each model as its settings say.
    """
    resources.warm_up()
    retriever = resources.retriever()
    product = retriever.product(product_id)
    retrieved = retriever.retrieve(product.product_id, question, resources.settings().retrieval.k)
    log = resources.answer_log()

    def record(answer: Answer) -> None:
        spec = resources.spec(answer.model)
        log.record(answer, spec, product.product_id, retrieved.retrieval_s)

    # All places first, so that each model gets its part of the cores from the beginning.
    tickets = reserve(models)
    answers = tuple(
        LiveAnswer(ticket, question, retrieved.matches, history_of(product, model, turns), record, way)
        for model, ticket in zip(models, tickets, strict=True)
    )
    return Turn(product, question, retrieved.matches, answers)


def reserve(models: list[str]) -> list[Ticket]:
    """A place for each model; none is kept if one of them cannot be had."""
    tickets: list[Ticket] = []
    try:
        for model in models:
            tickets.append(resources.registry().reserve(model))
    except UserError:
        for ticket in tickets:
            ticket.give_back()
        raise
    return tickets


def history_of(product: Product, model: str, turns: list[Turn]) -> list[Exchange]:
    """What this session asked this model about the product before, oldest first."""
    return [
        live.answer.exchange
        for turn in turns
        if turn.product.product_id == product.product_id
        for live in turn.answers
        if live.model == model and live.answer and live.answer.text
    ]


def draw_turn(turn: Turn, anchor: str) -> None:
    """A question, the answers side by side, and the passages they rest on."""
    with st.chat_message("user"):
        st.markdown(literal(turn.question))
        st.caption(literal(f"about {turn.product.name or turn.product.product_id}"))
    if turn.running:
        draw_running_answers(turn, anchor)
    else:
        draw_answers(turn, anchor)
    with st.container(border=True):
        draw_passages(turn.matches, anchor)


@st.fragment(run_every=POLL_SECONDS)
def draw_running_answers(turn: Turn, anchor: str) -> None:
    """Look again and again until the last model is done; then let the page draw itself for good."""
    draw_answers(turn, anchor)
    if st.button("Stop", key=f"stop-{anchor}"):
        for live in turn.answers:
            live.cancel()
    if not turn.running:
        st.rerun()


def draw_answers(turn: Turn, anchor: str) -> None:
    """One column per model."""
    for column, live in zip(st.columns(len(turn.answers), border=True), turn.answers, strict=True):
        with column:
            draw_answer(live, label(live.model), anchor)


main()
