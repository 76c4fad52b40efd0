"""What goes wrong while a page is drawn becomes a sentence on it. Knows nothing of the pages."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.errors import FragmentHandledException

from config.errors import UserError
from generator.markdown import literal

DEFECT = "Something went wrong inside ReviewDuel; the server's log tells what."


@contextmanager
def in_words() -> Iterator[None]:
    """Around a page, and around each fragment's function (`@st.fragment`, then `@in_words()`).

    A fragment is run again by itself, where no page is around it. A UserError is shown as it is; a defect
    as DEFECT, with its traceback in the server's log.
    """
    try:
        yield
    except UserError as error:
        st.error(literal(str(error)))
    except FragmentHandledException:
        raise
    except Exception:
        logging.getLogger(__name__).exception("a page could not be drawn")
        st.error(DEFECT)
