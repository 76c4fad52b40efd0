"""Products: which ids name the same one, their figures, the list of them, and finding one by what is typed.

Knows the tables product and product_alias, and moves reviews, texts and marks when two stored products turn
out to be one. Imports nothing that loads slowly: the page lists products before it can search.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from config.errors import UnknownProduct
from database import Database
from retriever.passage import Product

MOST_WORDS = 8  # of a search for a product: more words than a name has say nothing more
LEAST_OF_NAME = 3  # characters of a part of a name that stands for the product
MOST_NAMED = 5  # products in a message

PRODUCTS = """
    SELECT product_id, ids, coalesce(name, product_id), reviews, mean_rating, brand, categories, ratings,
           first_on, last_on, with_text, source, languages
    FROM product,
    LATERAL (SELECT array_agg(alias ORDER BY alias <> product_id, alias) AS ids
             FROM product_alias WHERE product = product.id)
"""

# An id's beginning is compared without folding case, so that an index serves. Names are read through: they
# are few beside reviews. Each is folded once (OFFSET 0 keeps it from being done for every comparison), and
# only the few that are shown are joined with all that is known of them.
FOUND = f"""
    WITH found AS (
        SELECT product AS id, 5 AS rank FROM product_alias WHERE alias = ANY(%(ids)s) OR id = ANY(%(ids)s)
        UNION ALL
        (SELECT product, 1 FROM product_alias WHERE alias LIKE %(beginning)s ORDER BY alias LIMIT %(limit)s)
        UNION ALL
        (SELECT product, 1 FROM product_alias WHERE alias LIKE %(capitals)s ORDER BY alias LIMIT %(limit)s)
        UNION ALL
        (SELECT id, CASE WHEN called LIKE %(name)s THEN 4 WHEN called LIKE %(word)s THEN 3 ELSE 2 END AS rank
         FROM product, LATERAL (SELECT lower(concat_ws(' ', name, brand)) AS called OFFSET 0) AS named
         WHERE called LIKE ALL (%(words)s)
         ORDER BY rank DESC, reviews DESC, id LIMIT %(limit)s)
    ),
    best AS (
        SELECT id, max(rank) AS rank FROM found JOIN product USING (id) GROUP BY id
        ORDER BY max(rank) DESC, max(reviews) DESC, id LIMIT %(limit)s
    )
    {PRODUCTS.replace("FROM product,", "FROM best JOIN product USING (id),")}
    ORDER BY best.rank DESC, reviews DESC, product.id
"""

# The ways to name a product, in this order; one that fits several products is ambiguous.
NAMED = (
    "SELECT DISTINCT product, alias FROM product_alias WHERE alias = %(text)s",
    "SELECT DISTINCT product, alias FROM product_alias WHERE id = %(text)s ORDER BY product, alias",
    "SELECT id, product_id FROM product WHERE lower(name) = lower(%(name)s) ORDER BY id",
    "SELECT id, product_id FROM product WHERE lower(name) LIKE lower(%(part)s) ORDER BY id",
)

RECOUNT = """
    UPDATE product SET reviews = found.reviews, with_text = found.with_text, mean_rating = found.mean_rating,
        ratings = found.ratings, first_on = found.first_on, last_on = found.last_on,
        languages = spoken.languages
    FROM unnest(%s::bigint[]) AS touched, LATERAL (
        SELECT count(*) AS reviews, count(body) AS with_text, avg(rating) AS mean_rating,
            ARRAY[count(*) FILTER (WHERE round(rating) = 1), count(*) FILTER (WHERE round(rating) = 2),
                  count(*) FILTER (WHERE round(rating) = 3), count(*) FILTER (WHERE round(rating) = 4),
                  count(*) FILTER (WHERE round(rating) = 5)] AS ratings,
            min(written_on) AS first_on, max(written_on) AS last_on
        FROM review WHERE review.product = touched
    ) AS found, LATERAL (
        SELECT coalesce(array_agg(language ORDER BY rows DESC, language), '{}') AS languages FROM (
            SELECT language, count(*) AS rows FROM review
            WHERE review.product = touched AND language IS NOT NULL GROUP BY language)
    ) AS spoken WHERE product.id = touched
"""

# A stored product `other` becomes a part of `keep`: rows whose id is taken there go, the others find the
# text that is there already, and what is left moves; its passages and rows follow it.
MERGE = (
    "UPDATE product_alias SET product = %(keep)s WHERE product = %(other)s",
    """DELETE FROM review AS double USING review AS kept
       WHERE double.product = %(other)s AND (kept.product, kept.review_id) = (%(keep)s, double.review_id)""",
    """UPDATE review SET product = %(keep)s, body = kept.id
       FROM body AS double JOIN body AS kept USING (content_hash)
       WHERE double.product = %(other)s AND kept.product = %(keep)s
           AND (review.product, review.body) = (double.product, double.id)""",
    """DELETE FROM body AS double WHERE product = %(other)s AND NOT EXISTS (
           SELECT FROM review WHERE (review.product, review.body) = (double.product, double.id))""",
    "UPDATE body SET product = %(keep)s WHERE product = %(other)s",
    "UPDATE review SET product = %(keep)s WHERE product = %(other)s",
    """INSERT INTO harmful SELECT %(keep)s, content_hash, text, reason, marked_at FROM harmful
       WHERE product = %(other)s ON CONFLICT DO NOTHING""",
    """INSERT INTO harmless SELECT %(keep)s, content_hash, text, cleared_at FROM harmless
       WHERE product = %(other)s ON CONFLICT DO NOTHING""",
    """WITH gone AS (DELETE FROM product WHERE id = %(other)s RETURNING name, brand, categories)
       UPDATE product SET name = coalesce(product.name, gone.name),
           brand = coalesce(product.brand, gone.brand),
           categories = coalesce(product.categories, gone.categories)
       FROM gone WHERE id = %(keep)s""",
)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a row of a review file says of its product."""

    ids: tuple[str, ...]
    """The source's ids, at least one."""
    name: str | None = None
    brand: str | None = None
    categories: str | None = None
    source: str | None = None
    """The name of the space of ids: equal ids of two spaces are two products."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """The public ids: without a source the ids themselves, else `source:id`."""
        return self.ids if self.source is None else tuple(f"{self.source}:{one}" for one in self.ids)

    @property
    def numbers(self) -> dict[str, str]:
        """The ids that are mere numbers, by their public ids; none if the product has no name here."""
        pairs = zip(self.aliases, self.ids, strict=True)
        return {alias: bare for alias, bare in pairs if self.name and bare.isdecimal()}


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

    Listings that share a public id, directly or in a chain, name one product. Where they connect stored
    products, the earliest stays and gets the others' ids and reviews. A product's first description
    stays. Numbers that other products have are the caller's business: see `taken_numbers`.
    """
    with connection.cursor() as cursor:
        stored = _stored_aliases(cursor, {alias for listing in listings for alias in listing.aliases})
        groups = _group(listings, stored)
        distinct = list(dict.fromkeys(groups))
        keys: dict[_Group, int] = {group: _merge(cursor, group) for group in distinct if group.stored}
        keys |= _insert(cursor, [group for group in distinct if not group.stored])
        _add_aliases(cursor, keys, set(stored))
        _describe(cursor, keys)
    return [keys[group] for group in groups]


def taken_numbers(connection: Connection, listings: Iterable[Listing]) -> dict[str, str]:
    """The names of the stored products that have a public id of these listings whose id is a mere number.

    A number says little: if the names have nothing in common (`share_words`), it is another shop's product.
    """
    numbers = {alias for listing in listings for alias in listing.numbers}
    if not numbers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT alias, name FROM product_alias JOIN product ON product.id = product"
            " WHERE alias = ANY(%s) AND name IS NOT NULL",
            (list(numbers),),
        )
        return dict(cursor)


def share_words(one: str, other: str) -> bool:
    """Whether two names have a word in common, case aside."""
    return not _words(one).isdisjoint(_words(other))


def recount_products(cursor: Cursor, keys: Sequence[int]) -> None:
    """Bring the figures of these products up to date with their reviews."""
    cursor.execute(RECOUNT, (list(keys),))


def list_products(database: Database, limit: int | None = None) -> list[Product]:
    """The products in the order in which they first appeared, the first `limit` or all.

    Raises DatabaseError.
    """
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(PRODUCTS + "ORDER BY product.id LIMIT %s", (limit,))
        return _products(cursor)


def find_products(database: Database, text: str, limit: int = 50) -> list[Product]:
    """The products that `text` may mean, the likeliest first, `limit` at most; none for text without a word.

    A product is found by any of its ids or the beginning of one, as it stands or in capitals; and by its name
    and brand, if each word of the text is in them, case aside. First comes whose id it is, then whose name
    begins so, then whose has a word that begins so; the more reviews, the earlier. Raises DatabaseError.
    """
    clean = " ".join(text.replace("\0", " ").encode("utf-8", "ignore").decode().split())
    if not clean:
        return []
    values = {
        "ids": [clean, clean.upper()],
        "beginning": _pattern(clean, after="%"),
        "capitals": _pattern(clean.upper(), after="%"),
        "name": _pattern(clean.lower(), after="%"),
        "word": _pattern(clean.lower(), "% ", "%"),
        "words": [_pattern(word, "%", "%") for word in clean.lower().split()[:MOST_WORDS]],
        "limit": limit,
    }
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(FOUND, values)
        return _products(cursor)


def find_product(cursor: Cursor, text: str) -> Product:
    """The product that `text` names, as `product_key` finds it; raises UnknownProduct."""
    key = product_key(cursor, text)
    cursor.execute(PRODUCTS + "WHERE product.id = %s", (key,))
    return _products(cursor)[0]


def product_key(cursor: Cursor, text: str) -> int:
    """The key (`product.id`) of the product that `text` names.

    A public id of it; else an id without its source, if one source alone has it; else its name, case aside,
    or a part of its name, at least LEAST_OF_NAME characters, if that fits no other product. Raises
    UnknownProduct, which names the products that it may be.
    """
    name = text.strip()
    values = {"text": text, "name": name, "part": _pattern(name, "%", "%")}
    for statement in NAMED if len(name) >= LEAST_OF_NAME else NAMED[:3]:
        cursor.execute(statement, values)
        found: dict[int, str] = dict(cursor)
        if len(found) == 1:
            return next(iter(found))
        if found:
            raise UnknownProduct(_ambiguous(cursor, text, list(found.values())))
    cursor.execute("SELECT alias, coalesce(name, alias) FROM product_alias"
                   " JOIN product ON product.id = product ORDER BY product, alias <> product_id")  # fmt: skip
    raise UnknownProduct(f"No product has the id '{text}'. {_suggestion(text, dict(cursor))}")


def _ambiguous(cursor: Cursor, text: str, public_ids: Sequence[str]) -> str:
    cursor.execute(
        "SELECT alias, coalesce(name, alias) FROM product_alias JOIN product ON product.id = product"
        " WHERE alias = ANY(%s) ORDER BY product",
        (list(public_ids[:MOST_NAMED]),),
    )
    named = ", ".join(f"{alias} ({name})" for alias, name in cursor)
    others = len(public_ids) - MOST_NAMED
    more = f" and {others} more" if others > 0 else ""
    return f"'{text}' names {len(public_ids)} products: {named}{more}. Use the id of the one that you mean."


def _suggestion(text: str, names: dict[str, str]) -> str:
    """What to do about an unknown id, given the name of the product behind every known one."""
    if not names:
        return "There are no reviews yet; `python -m ingest FILE` brings them in."
    spelled = {alias.lower(): alias for alias in names}
    close = [spelled[found] for found in difflib.get_close_matches(text.lower(), spelled, n=3)]
    wanted = text.lower()
    close += [alias for alias, name in names.items() if wanted in name.lower() and alias not in close]
    if close:
        return f"Did you mean {' or '.join(f'{alias} ({names[alias]})' for alias in close[:3])}?"
    first, name = next(iter(names.items()))
    return (
        f"None is close; there are {len(names)} ids, such as {first} ({name}). "
        "`python -m retriever products` lists them."
    )


def _products(cursor: Cursor) -> list[Product]:
    """The products of the rows of PRODUCTS."""
    return [_product(*row) for row in cursor]


def _product(
    product_id: str, ids: list[str], name: str, reviews: int, mean_rating: float | None, brand: str | None,
    categories: str | None, ratings: list[int], first_on: date | None, last_on: date | None, with_text: int,
    source: str | None, languages: list[str],
) -> Product:  # fmt: skip
    return Product(
        product_id, tuple(ids), name, reviews, mean_rating, brand, categories, tuple(ratings), first_on,
        last_on, with_text, source, tuple(languages),
    )  # fmt: skip


def _pattern(text: str, before: str = "", after: str = "") -> str:
    """A LIKE pattern in which the text means itself."""
    return before + re.sub(r"([\\%_])", r"\\\1", text) + after


def _words(name: str) -> set[str]:
    return set(re.findall(r"\w{2,}", name.casefold()))


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
        first = listing.aliases[0]
        for alias in listing.aliases:
            owner[root(alias)] = root(first)
            if alias in stored:
                owner[root(stored[alias])] = root(alias)
    groups: dict[str | int, _Group] = {}
    result = []
    for listing in listings:
        group = groups.setdefault(root(listing.aliases[0]), _Group())
        group.listings.append(listing)
        group.stored.update(stored[alias] for alias in listing.aliases if alias in stored)
        result.append(group)
    return result


def _merge(cursor: Cursor, group: _Group) -> int:
    """Make the group's stored products one, the earliest; return its key."""
    keep, *others = sorted(group.stored)
    for other in others:
        for statement in MERGE:
            cursor.execute(statement, {"keep": keep, "other": other})
    if others:
        recount_products(cursor, [keep])
    return keep


def _insert(cursor: Cursor, groups: Sequence[_Group]) -> dict[_Group, int]:
    """Make a product for each group, in order; its public id is the first of its first listing."""
    rows = [(group.listings[0].aliases[0], group.listings[0].source) for group in groups]
    found = execute_values(
        cursor,
        "INSERT INTO product (product_id, source) VALUES %s RETURNING product_id, id",
        rows,
        fetch=True,
    )
    keys: dict[str, int] = dict(found)
    return {group: keys[public_id] for group, (public_id, _) in zip(groups, rows, strict=True)}


def _add_aliases(cursor: Cursor, keys: dict[_Group, int], stored: set[str]) -> None:
    new = {
        alias: (alias, key, bare)
        for group, key in keys.items()
        for listing in group.listings
        for alias, bare in zip(listing.aliases, listing.ids, strict=True)
        if alias not in stored
    }
    execute_values(cursor, "INSERT INTO product_alias (alias, product, id) VALUES %s", list(new.values()))


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
