"""The page Models: its parts, in order."""

from collections.abc import Sequence

import streamlit as st

from app import resources
from app.catalogue import work
from app.catalogue.detail import draw_model
from app.catalogue.facts import Fact
from app.catalogue.jobs import Key
from app.catalogue.now import draw_now, seen
from app.catalogue.rows import memory_of, probe_of, row_of
from app.catalogue.table import CHOSEN, draw_table
from generator.markdown import literal
from models.catalogue.catalogue import EXTRACTIVE
from models.catalogue.inventory import Listed, inventory
from models.memory.room import Room, gib, this_machine
from models.probe.probe_log import recall


def draw() -> None:
    """What there is now, all models, and the chosen one with what can be done with it."""
    st.title("Models")
    settings, facts = resources.settings(), work.facts()
    models = _usable_first(inventory(settings))
    known = [facts.of(listed) for listed in models]
    room, probes = this_machine(), recall(settings.home)
    # The guard has a process of its own, that answers no questions.
    loaded = [one.model for one in resources.registry().held if not one.guard]
    drawn = seen()
    if not any(listed.here for listed in models):
        _draw_first_steps(models, room)
    draw_now(drawn)
    st.header("All models", anchor=False)
    names = [listed.name for listed in models]
    if st.session_state.get(CHOSEN) not in names:
        st.session_state[CHOSEN] = names[0]
    rows = [row_of(listed, fact, room, loaded, probes) for listed, fact in zip(models, known, strict=True)]
    draw_table(rows)
    with st.container(border=True):
        st.selectbox("Model", names, key=CHOSEN)
        chosen = names.index(st.session_state[CHOSEN])
        listed, fact = models[chosen], known[chosen]
        draw_model(listed, fact, rows[chosen], probe_of(listed, fact, probes))


def _usable_first(models: Sequence[Listed]) -> list[Listed]:
    """First what can be asked, then what can be had, then the rest; otherwise the order stays."""

    def rank(listed: Listed) -> int:
        if listed.spec is None:
            return 2
        return 0 if listed.here or not listed.path else 1

    return sorted(models, key=rank)


def _draw_first_steps(models: Sequence[Listed], room: Room) -> None:
    """Where there is no model yet: the built-in one, and the quickest way to a language model."""
    st.info(
        f"There is no language model on this machine yet. `{EXTRACTIVE.name}` is always there: it quotes "
        "the reviews without one. Ask it on the page Ask, or pull a model."
    )
    smallest = _smallest_that_fits(models, room)
    if smallest and not work.jobs().running(Key("pull", smallest.name)):
        size = f", about {gib(smallest.foretold_size)}" if smallest.foretold_size else ""
        label = f"Pull {literal(smallest.name)}, the smallest that fits this machine{size}"
        if st.button(label, key="pull-smallest", icon=":material/download:", type="primary"):
            work.start_pull(smallest.name)
            st.rerun()


def _smallest_that_fits(models: Sequence[Listed], room: Room) -> Listed | None:
    sizes = {
        listed.name: size
        for listed in models
        if listed.fetchable and listed.entry and listed.entry.chat and (size := memory_of(listed, Fact()))
    }
    fitting = [name for name, size in sizes.items() if room.verdict_of(size) == "fits"]
    smallest = min(fitting, key=lambda name: sizes[name], default=None)
    return next((listed for listed in models if listed.name == smallest), None)
