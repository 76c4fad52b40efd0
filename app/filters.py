"""Filters, folded away: their heading says how many are set. Knows nothing of what they filter."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def folded_filters(key: str, limits: int) -> DeltaGenerator:
    """Where to draw them; `limits`: how many are set. It stays open or shut when their number changes."""
    label = f"Filters: {limits} set" if limits else "Filters"
    return st.expander(label, key=key, icon=":material/filter_alt:")
