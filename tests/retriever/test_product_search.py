"""Finding a product by its name, its brand or any id, whatever else people type."""

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from database import Database
from retriever.product_search import find_products
from retriever.products import Listing, resolve_products

LISTINGS = (
    Listing(("B0AA", "B0BB"), name="Copper Kettle", brand="Acme"),
    Listing(("B0AAX",), name="Kettle", brand="Acme"),
    Listing(("X1",), name="Steel pan, 100%_pure", brand="Pan & Co"),
    Listing(("kettle-7",), name="Toaster"),
    Listing(("X2",), brand="Éclair"),
)


@pytest.fixture
def filled(database: Database) -> Database:
    with database.connection() as connection, connection.cursor() as cursor:
        resolve_products(connection, LISTINGS)
        cursor.execute("UPDATE product SET reviews = 7 WHERE product_id = 'B0AA'")
    return database


FOUND = {
    # Its name begins so; a word of its name does; its id does.
    "kettle": ["B0AAX", "B0AA", "kettle-7"],
    "acme KETTLE": ["B0AA", "B0AAX"],
    "Acme": ["B0AA", "B0AAX"],
    # The very id first, then those that begin so.
    "B0AA": ["B0AA", "B0AAX"],
    "b0bb": ["B0AA"],
    "b0": ["B0AA", "B0AAX"],
    # What LIKE would take for a pattern means itself.
    "100%_p": ["X1"],
    "%": ["X1"],
    "_": ["X1"],
    "\\": [],
    "éclair": ["X2"],
    "kettle toaster": [],
    "": [],
    " \0 ": [],
    "'; DROP TABLE product; --": [],
}


def test_what_is_typed_finds(filled: Database) -> None:
    found = {text: [product.product_id for product in find_products(filled, text)] for text in FOUND}
    assert found == FOUND


def test_what_is_found_is_whole_and_no_more_than_asked_for(filled: Database) -> None:
    (product,) = find_products(filled, "kettle copper")
    assert (product.name, product.brand, product.ids) == ("Copper Kettle", "Acme", ("B0AA", "B0BB"))
    assert len(find_products(filled, "b0", limit=1)) == 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=strategies.text(max_size=20))
def test_any_text_is_searched_for(filled: Database, text: str) -> None:
    find_products(filled, text)
