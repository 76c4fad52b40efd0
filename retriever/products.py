"""Writing products: which ids name the same one, across what is stored and what arrives; their figures.

Knows the tables product and product_alias, and moves reviews and marks when two products turn out to be one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from retriever.doubles import join_doubles
from retriever.harmful import move_marks

RECOUNT = """
    UPDATE product SET reviews = found.reviews, mean_rating = found.mean_rating, ratings = found.ratings,
        first_on = found.first_on, last_on = found.last_on
    FROM unnest(%s::bigint[]) AS touched, LATERAL (
        SELECT count(*) AS reviews, avg(rating) AS mean_rating,
            ARRAY[count(*) FILTER (WHERE round(rating) = 1), count(*) FILTER (WHERE round(rating) = 2),
                  count(*) FILTER (WHERE round(rating) = 3), count(*) FILTER (WHERE round(rating) = 4),
                  count(*) FILTER (WHERE round(rating) = 5)] AS ratings,
            min(written_on) AS first_on, max(written_on) AS last_on
        FROM review WHERE review.product = touched
    ) AS found WHERE product.id = touched
"""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a row of a review file says of its product: its ids, at least one, and its description."""

    ids: tuple[str, ...]
    name: str | None = None
    brand: str | None = None
    categories: str | None = None


@dataclass(eq=False, slots=True)
class _Group:
    """Listings that name one product: directly, through a chain of shared ids, or through the database."""

    listings: list[Listing] = field(default_factory=list)
    stored: set[int] = field(default_factory=set)

    def first(self, what: str) -> str | None:
        """The first description that the listings give: of name, brand or categories."""
        return next((value for listing in self.listings if (value := getattr(listing, what))), None)


def resolve_products(connection: Connection, listings: Sequence[Listing]) -> list[int]:
    """The key (`product.id`) of each listing's product, making and merging products as need be.

    Listings that share an id, directly or in a chain, name one product. Where they connect stored
    products, the earliest stays and gets the others' ids and reviews. A product's first description
    stays.
    """
    with connection.cursor() as cursor:
        stored = _stored_aliases(cursor, {alias for listing in listings for alias in listing.ids})
        groups = _group(listings, stored)
        distinct = list(dict.fromkeys(groups))
        keys: dict[_Group, int] = {group: _merge(cursor, group) for group in distinct if group.stored}
        keys |= _insert(cursor, [group for group in distinct if not group.stored])
        _add_aliases(cursor, keys, set(stored))
        _describe(cursor, keys)
    return [keys[group] for group in groups]


def recount_products(cursor: Cursor, keys: Sequence[int]) -> None:
    """Bring the figures of these products up to date with their reviews."""
    cursor.execute(RECOUNT, (list(keys),))


def _stored_aliases(cursor: Cursor, aliases: set[str]) -> dict[str, int]:
    cursor.execute("SELECT alias, product FROM product_alias WHERE alias = ANY(%s)", (list(aliases),))
    return dict(cursor)


def _group(listings: Iterable[Listing], stored: dict[str, int]) -> list[_Group]:
    """The group of each listing; groups know their listings in the order given."""
    owner: dict[str | int, str | int] = {}  # a forest: from an id or key to a smaller tree's root

    def root(node: str | int) -> str | int:
        while owner.setdefault(node, node) != node:
            owner[node] = node = owner[owner[node]]
        return node

    for listing in listings:
        for alias in listing.ids:
            owner[root(alias)] = root(listing.ids[0])
            if alias in stored:
                owner[root(stored[alias])] = root(alias)
    groups: dict[str | int, _Group] = {}
    result = []
    for listing in listings:
        group = groups.setdefault(root(listing.ids[0]), _Group())
        group.listings.append(listing)
        group.stored.update(stored[alias] for alias in listing.ids if alias in stored)
        result.append(group)
    return result


def _merge(cursor: Cursor, group: _Group) -> int:
    """Make the group's stored products one, the earliest; return its key."""
    keep, *others = sorted(group.stored)
    for other in others:
        both = {"keep": keep, "other": other}
        cursor.execute("UPDATE product_alias SET product = %(keep)s WHERE product = %(other)s", both)
        join_doubles(cursor, keep, other)
        move_marks(cursor, keep, other)
        cursor.execute("UPDATE review SET product = %(keep)s WHERE product = %(other)s", both)
        cursor.execute(
            "WITH gone AS (DELETE FROM product WHERE id = %(other)s RETURNING name, brand, categories)"
            " UPDATE product SET name = coalesce(product.name, gone.name),"
            " brand = coalesce(product.brand, gone.brand),"
            " categories = coalesce(product.categories, gone.categories)"
            " FROM gone WHERE id = %(keep)s",
            both,
        )
    if others:
        recount_products(cursor, [keep])
    return keep


def _insert(cursor: Cursor, groups: Sequence[_Group]) -> dict[_Group, int]:
    """Make a product for each group, in order; its public id is the first id of its first listing."""
    rows = [(group.listings[0].ids[0],) for group in groups]
    found = execute_values(
        cursor, "INSERT INTO product (product_id) VALUES %s RETURNING product_id, id", rows, fetch=True
    )
    keys: dict[str, int] = dict(found)
    return {group: keys[public_id] for group, (public_id,) in zip(groups, rows, strict=True)}


def _add_aliases(cursor: Cursor, keys: dict[_Group, int], stored: set[str]) -> None:
    new = {
        alias: key
        for group, key in keys.items()
        for listing in group.listings
        for alias in listing.ids
        if alias not in stored
    }
    execute_values(cursor, "INSERT INTO product_alias (alias, product) VALUES %s", list(new.items()))


def _describe(cursor: Cursor, keys: dict[_Group, int]) -> None:
    """Fill in descriptions that are still missing."""
    rows = [
        (key, group.first("name"), group.first("brand"), group.first("categories"))
        for group, key in keys.items()
    ]
    execute_values(
        cursor,
        "UPDATE product SET name = coalesce(product.name, new.name),"
        " brand = coalesce(product.brand, new.brand),"
        " categories = coalesce(product.categories, new.categories)"
        " FROM (VALUES %s) AS new (id, name, brand, categories) WHERE product.id = new.id AND"
        " (product.name IS NULL AND new.name IS NOT NULL OR product.brand IS NULL AND new.brand IS NOT NULL"
        " OR product.categories IS NULL AND new.categories IS NOT NULL)",
        rows,
        template="(%s::bigint, %s::text, %s::text, %s::text)",
    )
