"""What all sessions of the page share: settings, database, retriever, one Generator per model.

Knows how things are opened; knows nothing of what is drawn.
"""

import streamlit as st

from config import Settings, load_settings
from database import Database
from generator import AnswerLog, Generator
from models.files import model_path
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
def retriever() -> Retriever:
    """One embedder for all sessions."""
    return Retriever(database(), Embedder(settings().embedder))


@st.cache_resource(show_spinner=False)
def answer_log() -> AnswerLog:
    """Where every answer is written."""
    return AnswerLog(database())


@st.cache_resource(show_spinner=False)
def generator(name: str) -> Generator:
    """One worker per model, shared by all sessions; it answers one question after the other."""
    return Generator(settings().model(name), settings())


def usable_models() -> list[str]:
    """Names of the configured models whose file is there, or a server's, in the settings' order."""
    configured = settings()
    return [
        name
        for name, spec in configured.models.items()
        if spec.remote or model_path(spec, configured).is_file()
    ]
