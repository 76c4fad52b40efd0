"""What this page's jobs do: load, pull and probe a model; and what all its sessions share.

Knows the models' functions; knows nothing of what is drawn.
"""

import tempfile
import threading
from pathlib import Path

import streamlit as st

from app import resources
from app.catalogue.facts import Facts
from app.catalogue.jobs import Job, Jobs, Key
from models.probe.probe import Plan, probe
from models.probe.probe_log import remember
from models.sources.locate import find_header

# Two measurements at a time would be two of a busy machine.
_MEASURING = threading.Lock()
_LOOK_S = 0.2


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """What is under way, whoever began it."""
    return Jobs()


@st.cache_resource(show_spinner=False)
def facts() -> Facts:
    """What is known of the files."""
    return Facts()


def start_load(model: str) -> None:
    """Load it into the registry that answers questions."""
    # Here, not in the thread: a cached resource is opened by a session.
    registry = resources.registry()

    def work(job: Job) -> None:
        job.report("waiting for room, or loading")
        registry.load(model)

    jobs().start(Key("load", model), work)


def start_pull(model: str) -> None:
    """Fetch its file, or go on with what was fetched."""
    settings, spec = resources.settings(), resources.spec(model)

    def work(job: Job) -> None:
        # Imported here: the hub's library takes half a second, which the page need not wait for.
        from models.sources.pull import pull

        job.report("asking for it")
        pull(spec, settings, lambda done, total: job.report(_pulling(done, total), done, total))

    jobs().start(Key("pull", model), work)


def start_probe(model: str) -> None:
    """Measure how fast it would be, one model after the other."""
    settings = resources.settings()

    def work(job: Job) -> None:
        while not _MEASURING.acquire(timeout=_LOOK_S):
            job.report("waiting until another model has been measured")
        try:
            with tempfile.TemporaryDirectory() as folder:
                job.report("reading its header")
                plan = Plan()
                found = find_header(model, settings, Path(folder))
                probed = probe(found.header, plan, settings.home, None, job.report)
                remember(found.file, probed, plan, settings.home)
        finally:
            _MEASURING.release()

    jobs().start(Key("probe", model), work)


def _pulling(done: int, total: int) -> str:
    if not total:
        return "asking for it"
    return "pulling" if done < total else "checking what was received"
