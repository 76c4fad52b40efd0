"""The pages and where they are: each one's title, sign and address. Knows nothing of what is on them."""

from collections.abc import Callable
from importlib import import_module
from urllib.parse import urlsplit

import streamlit as st
from streamlit.navigation.page import Page
from streamlit.runtime.scriptrunner import get_script_run_ctx

# Each page's last part of an address.
_ASK, _RESULTS, _MODELS, _REVIEWS = _PATHS = ("ask", "results", "models", "reviews")


def pages() -> list[Page]:
    """All of them, the first one first."""
    return [
        st.Page(_drawn_by("ask"), title="Ask", icon=":material/forum:", url_path=_ASK, default=True),
        st.Page(_drawn_by("results"), title="Results", icon=":material/bar_chart:", url_path=_RESULTS),
        models_page(),
        reviews_page(),
    ]


def models_page() -> Page:
    """To link to."""
    return st.Page(_drawn_by("catalogue"), title="Models", icon=":material/memory:", url_path=_MODELS)


def reviews_page() -> Page:
    """To link to."""
    return st.Page(_drawn_by("reviews"), title="Reviews", icon=":material/reviews:", url_path=_REVIEWS)


def address() -> str:
    """Of the first page, as this browser sees it, with the path below which a proxy shows the app.

    Empty where no browser tells. Streamlit 1.67 has `st.context.url` for that, which takes the end of a base
    path for a page: under `/reviews`, or `/my-models`, it leaves that out.
    """
    context = get_script_run_ctx()
    seen = urlsplit(context.context_info.url if context and context.context_info else "")
    path, base = seen.path, str(st.get_option("server.baseUrlPath")).strip("/")
    # A look at another page may be the last thing that the browser told.
    if path.strip("/") != base and path.rpartition("/")[2] in _PATHS:
        path = path.rpartition("/")[0]
    return f"{seen.scheme}://{seen.netloc}{path.rstrip('/')}/" if seen.netloc else ""


def _drawn_by(package: str) -> Callable[[], None]:
    """Draws a page. It is imported when it is first looked at: no other page waits for its libraries."""
    return lambda: import_module(f"app.{package}.page").draw()
