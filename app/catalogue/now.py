"""What changes by itself: the machine, the models in memory, what is under way. Drawn anew every two seconds.

Draws and passes on clicks; the work itself is in `app.catalogue.work`.
"""

import time
from dataclasses import dataclass

import streamlit as st

from app import resources
from app.catalogue import work
from app.catalogue.jobs import Job, Key
from app.errors import in_words
from config.errors import UserError
from config.machine import memory_total, usable_cores
from generator.markdown import literal
from generator.registry.footprint import Footprint
from models.memory.room import gib, this_machine

_LOOK_S = 2.0
_SILENT_S = 10.0
_DOING = {"load": "Loading", "pull": "Pulling", "probe": "Measuring"}
_DONE = {"load": "is in memory", "pull": "is on disk", "probe": "has been measured"}

CORES = "Cores that the models may use; those that answer at the same time divide them."
FREE = "Memory that is available now, within the container's limit if there is one."
BUDGET = (
    "What all models may take together: `memory_budget` in the settings; without it, 80 % of what was free "
    "when the page's server began. Taken: what the models in memory will take at their peak, foretold. The "
    "least recently used one leaves when another needs the room."
)
PSS = "Proportional set size of its process now: what it alone uses, and its part of what it shares."
RSS = "Resident memory of its process now."
CACHE = "Of its memory, what keys and values of a full context take."
THREADS = "Threads of the answers it writes now."


@dataclass(frozen=True, slots=True)
class Seen:
    """What the whole page is drawn from and this part looks at: once it is another, all is drawn anew."""

    loaded: tuple[str, ...]
    running: tuple[Key, ...]
    pending: int


def seen() -> Seen:
    """As it is now."""
    running = tuple(key for key, job in work.jobs().all().items() if job.running)
    return Seen(tuple(resources.registry().loaded), running, work.facts().pending)


@st.fragment(run_every=_LOOK_S)
@in_words()
def draw_now(drawn: Seen) -> None:
    """`drawn`: what the rest of the page shows."""
    held = resources.registry().held
    _draw_machine(held)
    _draw_held(held)
    _draw_jobs()
    if (now := seen()) != drawn:
        _tell_ended(drawn, now)
        # What that draws, Streamlit drops if this part looks again before it is sent: not for two seconds.
        st.rerun()


def _draw_machine(held: list[Footprint]) -> None:
    budget, taken = resources.registry().budget, sum(one.foretold for one in held)
    with st.container(horizontal=True):
        st.metric("Cores", usable_cores(), help=CORES, width="content")
        total = gib(memory_total())
        st.metric("Memory free", f"{gib(this_machine().size)} of {total}", help=FREE, width="content")
        st.metric(
            "Taken by models", f"{gib(taken) if taken else 0} of {gib(budget)}", help=BUDGET, width="content"
        )
    st.progress(min(1.0, taken / max(budget, 1)), text="Of the memory that models may take together")


def _draw_held(held: list[Footprint]) -> None:
    st.header("In memory", anchor=False)
    if not held:
        st.caption("No model is in memory. One is loaded when it is first asked, or with Load below.")
    # The latest used first.
    for one in reversed(held):
        with st.container(border=True):
            role = " · looks at answers" if one.guard else ""
            st.markdown(f"**{literal(one.model)}**{role} · {_state(one)}")
            with st.container(horizontal=True, vertical_alignment="bottom"):
                now, meaning = (one.rss, RSS) if one.pss is None else (one.pss, PSS)
                st.metric("Memory now", gib(now), help=meaning, width="content")
                st.metric("At its peak", gib(one.foretold), help="As foretold.", width="content")
                st.metric("Cache", gib(one.kv_cache), help=CACHE, width="content")
                st.metric("Threads", one.threads or "-", help=THREADS, width="content")
                if not one.guard:
                    _draw_unload(one)


def _draw_unload(one: Footprint) -> None:
    clicked = st.button(
        f"Unload {literal(one.model)}",
        key=f"unload-{one.model}",
        icon=":material/eject:",
        disabled=one.answering > 0,
        help="Free its memory; its next question loads it again."
        if not one.answering
        else "It is being loaded, or answers: it can be unloaded when it is idle.",
    )
    if clicked:
        try:
            resources.registry().unload(one.model)
        except UserError as error:
            # Asked by another tab between the drawing and the click.
            st.toast(literal(str(error)))
        st.rerun()


def _state(one: Footprint) -> str:
    lasts = duration(time.monotonic() - one.since)
    if not one.guard and work.jobs().running(Key("load", one.model)):
        return f"being loaded, for {lasts}"
    return f"answering, for {lasts}" if one.answering else f"idle, for {lasts}"


def _draw_jobs() -> None:
    jobs = {key: job for key, job in work.jobs().all().items() if job.running or job.error}
    if jobs:
        st.header("In the background", anchor=False)
    for key, job in jobs.items():
        with st.container(border=True):
            if job.error:
                st.error(literal(f"{key.model}: {job.error}"))
                if st.button(
                    f"Close the message about {literal(key.model)}", key=f"close-{key.kind}-{key.model}"
                ):
                    work.jobs().forget(key)
                    st.rerun()
            else:
                _draw_job(key, job)


def _draw_job(key: Key, job: Job) -> None:
    st.markdown(f"**{_DOING[key.kind]} {literal(key.model)}**")
    step = "stopping" if job.stopping else job.step
    if job.total:
        st.progress(min(1.0, job.done / job.total), text=literal(f"{step} · {_how_far(job)}"))
    else:
        st.caption(literal(f"{step} · {duration(job.seconds)}"))
    # What waits for room in memory ends by itself, and soon.
    if key.kind != "load" and st.button(
        f"Stop {_DOING[key.kind].lower()} {literal(key.model)}",
        key=f"stop-{key.kind}-{key.model}",
        icon=":material/stop:",
        disabled=job.stopping,
    ):
        job.stop()
        st.rerun()


def _how_far(job: Job) -> str:
    """How much of a download is here, how fast it comes, and how long it will take."""
    told = [f"{gib(job.done)} of {gib(job.total)}"]
    if job.done < job.total and job.silent_s > _SILENT_S:
        told.append(f"nothing new for {duration(job.silent_s)}: it comes in pieces of 10 MB, if it does")
    elif rate := job.rate:
        told += [f"{gib(round(rate))} a second", f"{duration((job.total - job.done) / rate)} left"]
    return " · ".join(told)


def _tell_ended(drawn: Seen, now: Seen) -> None:
    for key in set(drawn.running) - set(now.running):
        job = work.jobs().get(key)
        if job and not job.error and not job.stopping:
            st.toast(f"{literal(key.model)} {_DONE[key.kind]}.")


def duration(seconds: float) -> str:
    """Seconds as people say them: "40 s", "3 min", "1 h 20 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
