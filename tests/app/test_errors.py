"""What goes wrong becomes a sentence: on a page, and in a fragment that is run again by itself."""

import logging

import pytest
from streamlit.testing.v1 import AppTest

from app.defects import DEFECT


def refused() -> None:
    import streamlit as st

    from app.errors import in_words
    from config.errors import DatabaseError

    @st.fragment
    @in_words()
    def part() -> None:
        raise DatabaseError("No server at [x](http://example.com). Start it.")

    with in_words():
        part()
        st.write("The rest is drawn.")


def defective() -> None:
    import streamlit as st

    from app.errors import in_words

    with in_words():
        st.write("This much was drawn.")
        raise KeyError("secret")


def stopped() -> None:
    import streamlit as st

    from app.errors import in_words

    with in_words():
        st.write("before")
        st.stop()


def test_an_error_for_people_is_its_sentence_and_no_markup() -> None:
    page = AppTest.from_function(refused).run()
    assert not page.exception
    assert [error.value for error in page.error] == [
        r"No server at \[x\](http\:" + "\u200b" + r"//example.com). Start it."
    ]
    assert page.markdown[0].value == "The rest is drawn."


def test_a_defect_is_told_in_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    page = AppTest.from_function(defective).run()
    assert [error.value for error in page.error] == [DEFECT]
    assert not page.exception
    logged = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(logged) == 1
    assert logged[0].exc_info and logged[0].exc_info[0] is KeyError


def test_stopping_a_page_is_no_error() -> None:
    page = AppTest.from_function(stopped).run()
    assert [len(page.error), len(page.exception), page.markdown[0].value] == [0, 0, "before"]
