"""What all sessions of the page share: settings, database, retriever, the models in memory.

Knows how things are opened; knows nothing of what is drawn.
"""

import gc

import streamlit as st

from config import ModelSpec, Settings, load_settings
from database import Database
from generator import AnswerLog, Registry
from models.catalogue import EXTRACTIVE, find_spec, models_on_disk
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
def embedder() -> Embedder:
    """One for all sessions, for retrieval and for the contestant without a language model."""
    return Embedder(settings().embedder)


@st.cache_resource(show_spinner="Loading the embedder…")
def warm_up() -> None:
    """Before the first question: load what embedding needs, once, and hide it from the garbage collector.

    Streamlit collects garbage after every run of the page, five times a second while an answer is followed.
    With a million objects of the libraries to look through, the threads that answer would hardly get a turn.
    """
    embedder().embed_question("")
    gc.freeze()


@st.cache_resource(show_spinner=False)
def retriever() -> Retriever:
    """Finds products and passages."""
    return Retriever(database(), embedder(), settings().retrieval)


@st.cache_resource(show_spinner=False)
def answer_log() -> AnswerLog:
    """Where every answer is written."""
    return AnswerLog(database())


def spec(name: str) -> ModelSpec:
    """The model of this name, from the settings or the catalogue."""
    return find_spec(name, settings())


@st.cache_resource(show_spinner=False)
def registry() -> Registry:
    """The models in memory, shared by all sessions; each answers one question after the other."""
    return Registry(settings(), embedder())


def usable_models() -> list[str]:
    """Models whose file is there, the configured ones first; those behind a server; the built-in one."""
    behind_servers = [name for name, spec in settings().models.items() if spec.remote]
    return [*models_on_disk(settings()), *behind_servers, EXTRACTIVE.name]
