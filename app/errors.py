"""What goes wrong while a page is drawn becomes a sentence on it. Knows nothing of the pages."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.errors import FragmentHandledException

from app.defects import told
from generator.markdown import literal


@contextmanager
def in_words() -> Iterator[None]:
    """Around a page, and around each fragment's function (`@st.fragment`, then `@in_words()`).

    A fragment is run again by itself, where no page is around it. A UserError is shown as it is; a defect
    as `app.defects` says.
    """
    try:
        yield
    except FragmentHandledException:
        raise
    except Exception as error:
        st.error(literal(told(error, "a page could not be drawn")))
