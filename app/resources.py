"""What all sessions of the page share: settings, database, retriever, the models in memory.

Knows how things are opened; knows nothing of what is drawn. What no first paint needs is
imported when it is first asked for.
"""

import gc
from typing import TYPE_CHECKING

import streamlit as st

from config import ModelSpec, Settings, load_settings
from database import Database
from models.catalogue.catalogue import EXTRACTIVE, find_spec, models_on_disk
from retriever.harmful import HarmfulMarks

if TYPE_CHECKING:
    from app.ask.conversation import Conversations
    from generator import AnswerLog, Registry
    from retriever import Embedder, Retriever


@st.cache_resource(show_spinner="Reading the settings…")
def settings() -> Settings:
    """The settings, read when the page is first asked for."""
    return load_settings()


@st.cache_resource(show_spinner="Opening the database…")
def database() -> Database:
    """One pool of connections for all sessions."""
    return Database.open(settings())


@st.cache_resource(show_spinner=False)
def embedder() -> "Embedder":
    """One for all sessions, for retrieval and for the contestant without a language model."""
    from retriever import Embedder

    return Embedder(settings().embedder)


@st.cache_resource(show_spinner="Loading the embedder…")
def warm_up() -> None:
    """Before the first answer: what embedding needs, once loaded, is hidden from the garbage collector.

    When Python looks for garbage, all else stands still: a third of a second with the million objects of the
    libraries, which never are any.
    """
    embedder().embed_question("")
    gc.freeze()
    # A full look comes when there is a quarter more than at the last one: that is to be little from now on.
    gc.collect()


@st.cache_resource(show_spinner=False)
def retriever() -> "Retriever":
    """Finds products and passages."""
    from retriever import Retriever

    return Retriever(database(), embedder(), settings().retrieval)


@st.cache_resource(show_spinner=False)
def answer_log() -> "AnswerLog":
    """Where every answer is written."""
    from generator import AnswerLog

    return AnswerLog(database())


def spec(name: str) -> ModelSpec:
    """The model of this name, from the settings or the catalogue."""
    return find_spec(name, settings())


@st.cache_resource(show_spinner=False)
def registry() -> "Registry":
    """The models in memory, shared by all sessions; each answers one question after the other."""
    from generator import Registry

    return Registry(settings(), embedder())


@st.cache_resource(show_spinner=False)
def conversations() -> "Conversations":
    """The conversations of the page Ask, whichever tab looks at them."""
    from app.ask.conversation import Conversations
    from app.ask.turn import Services
    from compare.log.vote_log import VoteLog

    return Conversations(Services(settings(), retriever(), registry(), answer_log(), VoteLog(database())))


def usable_models() -> list[str]:
    """Models whose file is there, the configured ones first; those behind a server; the built-in one."""
    behind_servers = [name for name, spec in settings().models.items() if spec.remote]
    return [*models_on_disk(settings()), *behind_servers, EXTRACTIVE.name]


@st.cache_resource(show_spinner=False)
def harmful_marks() -> HarmfulMarks:
    """Which passages no model is given."""
    return HarmfulMarks(database())
