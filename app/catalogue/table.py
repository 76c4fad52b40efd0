"""The table of all models, one row each; a click on a row chooses the model. Draws; decides nothing."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

import pandas as pd
import streamlit as st

from app.catalogue.rows import Row

# The state that table and select box share: the name of the chosen model.
CHOSEN = "catalogue-model"
_TABLE = "catalogue-table"
_HEIGHT = 420

# Widths in pixels: left to themselves, long texts are cut and empty columns are wide.
_COLUMNS = {
    "model": st.column_config.TextColumn("Model", pinned=True, width=150),
    "where": st.column_config.TextColumn("Where", width=120, help="Where it is, or what brings it here."),
    "fit": st.column_config.TextColumn(
        "Fits this machine now?", width=350, help="Tight: it would leave less than a tenth of what is free."
    ),
    "speed": st.column_config.NumberColumn(
        "Tokens/s",
        format="%.3g",
        width=80,
        help="Tokens it would write a second on this machine, by a probe. Empty: not probed yet.",
    ),
    "file": st.column_config.NumberColumn(
        "File, GiB",
        format="%.3g",
        width=85,
        help="On the disk; of one that is not here about, from parameters and quantisation.",
    ),
    "memory": st.column_config.NumberColumn(
        "Memory, GiB",
        format="%.3g",
        width=100,
        help="What its process will take at its peak, with the context of the settings: foretold by "
        "llama.cpp for a file that is here, else the catalogue's least.",
    ),
    "parameters": st.column_config.NumberColumn(
        "Parameters, 10⁹", format="%.3g", width=120, help="Weights, in billions."
    ),
    "quantisation": st.column_config.TextColumn(
        "Quantisation",
        width=220,
        help="How many bits a weight takes: fewer are smaller and faster, and less exact.",
    ),
    "remark": st.column_config.TextColumn("Remark", width=400),
    "source": st.column_config.TextColumn("From", width=85, help="Where its name comes from."),
}


def draw_table(rows: Sequence[Row]) -> None:
    """All rows; the chosen model's is marked."""
    names = [row.model for row in rows]
    chosen = names.index(st.session_state[CHOSEN])
    # The select box may have chosen another since.
    st.session_state[_TABLE] = {"selection": {"rows": [chosen], "columns": [], "cells": []}}
    st.dataframe(
        pd.DataFrame([asdict(row) for row in rows]),
        key=_TABLE,
        height=_HEIGHT,
        hide_index=True,
        column_config=_COLUMNS,
        on_select=partial(_choose, names),
        selection_mode="single-row-required",
        placeholder="",
        alt="All models: where each is, its size, and whether it fits this machine",
    )


def _choose(names: Sequence[str]) -> None:
    rows = st.session_state[_TABLE]["selection"]["rows"]
    if rows:
        st.session_state[CHOSEN] = names[rows[0]]
