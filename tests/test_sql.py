"""SQL and values never mix: read from the code, and tried with ids and texts that are SQL."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from compare.log.vote_log import VoteLog
from config import PassageSettings
from config.errors import RunError, UnknownPassage, UnknownProduct, UserError
from database import Database
from generator import AnswerLog
from ingest import Review, ingest
from retriever import Embedder, Retriever
from retriever.harmful import HarmfulMarks, marked_reviews
from retriever.products import Listing, find_products
from retriever.reviews import retrieve_reviews, review_titles

ROOT = Path(__file__).parent.parent
PACKAGES = ("app", "compare", "config", "database", "generator", "ingest", "models", "retriever")
# Method or function → which argument is the statement.
STATEMENTS = {
    "execute": 0,
    "executemany": 0,
    "copy_expert": 0,
    "execute_values": 1,
    "execute_batch": 1,
    "SQL": 0,
}
# What the reading below cannot follow, with the reason why there is no value in it.
KNOWN = {
    ("database/migrate.py", "migration.sql"): "the files that come with the program",
    ("database/patience.py", "statement"): "one of three, as they stand where it is called",
    (
        "retriever/harmful.py",
        "f'SELECT DISTINCT content_hash, text FROM {table} WHERE product = %s AND {named} LIMIT 2'",
    ): "one of two tables, and one of two conditions, named where it is called and above",
    (
        "retriever/statements.py",
        "condition",
    ): "the first half of pairs of a condition and whether it is wanted",
    ("retriever/statements.py", "near"): "VECTORS or LEXEMES, constants, where it is called",
    ("retriever/statements.py", "HIT.format(n)"): "the number of a word, counted by range",
    ("retriever/statements.py", "RARITY.format(n)"): "likewise",
    ("retriever/statements.py", "f'hit_{n} * rarity_{n}'"): "likewise",
}


class _Reading:
    """What a file's statements are made of: literals, its constants, and what psycopg2 composes of them."""

    def __init__(self, text: str, composers: frozenset[str] = frozenset()) -> None:
        """`composers`: functions that return a Composable; their own SQL(...) are read where they stand."""
        self.tree = ast.parse(text)
        self._composers = composers
        self._given = self._assignments()

    def suspects(self) -> list[str]:
        """Statements of which that cannot be said, as they are written."""
        calls = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]
        statements = [
            call.args[place]
            for call in calls
            if (place := STATEMENTS.get(_name(call.func))) is not None and len(call.args) > place
        ]
        return [ast.unparse(node) for node in statements if not self.is_fixed(node)]

    def is_fixed(self, node: ast.expr) -> bool:
        """Whether nothing but literals can be in it."""
        match node:
            case ast.Constant():
                return True
            case ast.Name(id=name):
                given = self._given.get(name)
                return name.lstrip("_").isupper() or bool(given and all(map(self.is_fixed, given)))
            case ast.JoinedStr(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
                return all(map(self.is_fixed, parts))
            case ast.FormattedValue(value=inner) | ast.Starred(value=inner):
                return self.is_fixed(inner)
            case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, op=ast.Add(), right=other):
                return self.is_fixed(one) and self.is_fixed(other)
            case ast.Subscript(value=inner):
                return self.is_fixed(inner)
            case ast.Call(func=ast.Attribute(value=made, attr="format" | "join" | "replace"), args=arguments):
                return self._is_composed(made) or all(map(self.is_fixed, (made, *arguments)))
            case ast.Call(func=ast.Name(id=name)):
                return name in {"SQL", "Identifier", *self._composers}
        return False

    def _is_composed(self, node: ast.expr) -> bool:
        """psycopg2 itself refuses to format or join anything but its own parts."""
        return isinstance(node, ast.Call) and _name(node.func) == "SQL"

    def _assignments(self) -> dict[str, list[ast.expr]]:
        """Every value that a name gets in the file, and for a parameter one that is not fixed."""
        given: dict[str, list[ast.expr]] = {}
        for node in ast.walk(self.tree):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    given.setdefault(name, []).append(value)
                case (
                    ast.For(target=ast.Name(id=name), iter=value)
                    | ast.comprehension(target=ast.Name(id=name), iter=value)
                ):
                    given.setdefault(name, []).append(value)
                case ast.arg(arg=name, annotation=annotation):
                    composed = annotation is not None and "Composable" in ast.unparse(annotation)
                    given.setdefault(name, []).append(ast.Constant("") if composed else ast.Yield())
        return given


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _files() -> list[Path]:
    return [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]


def _composers() -> frozenset[str]:
    return frozenset(
        node.name
        for file in _files()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and node.returns
        and ast.unparse(node.returns) in ("Composable", "SQL")
    )


def test_statements_hold_no_values() -> None:
    composers = _composers()
    found = {
        (str(file.relative_to(ROOT)), suspect)
        for file in _files()
        for suspect in _Reading(file.read_text(encoding="utf-8"), composers).suspects()
    }
    assert found - KNOWN.keys() == set(), (
        "a value may have got into a statement: bind it, or explain it in KNOWN"
    )
    assert KNOWN.keys() - found == set(), "no longer there: take it out of KNOWN"


@pytest.mark.parametrize(
    "line",
    [
        'cursor.execute(f"SELECT {name}")',
        'cursor.execute("SELECT %s" % name)',
        'cursor.execute("SELECT " + name)',
        'cursor.execute("SELECT {}".format(name))',
        'cursor.execute(" ".join(["SELECT", name]))',
        "SQL(name)",
        'SQL(f"SELECT {name}").format()',
        'execute_values(cursor, f"INSERT INTO {table} VALUES %s", rows)',
        "def find(statement: str): cursor.execute(statement)",
        'statement = "SELECT " + name; cursor.execute(statement)',
        'def find(name): cursor.execute(f"SELECT {name}")',
    ],
)
def test_the_reading_finds_what_it_looks_for(line: str) -> None:
    assert _Reading(line).suspects()


@pytest.mark.parametrize(
    "line",
    [
        'cursor.execute("SELECT %s", (name,))',
        'cursor.execute(f"SELECT {TABLE}", values)',
        'SQL("INSERT INTO {} VALUES ({})").format(Identifier(table), SQL(", ").join(map(Placeholder, row)))',
        'for step in (ONE, "TWO"): cursor.execute(step)',
    ],
)
def test_the_reading_finds_nothing_else(line: str) -> None:
    assert not _Reading(line).suspects()


HOSTILE = (
    "'", "''", "\\", "\\'", "--", "';--", "' OR '1'='1", "x'; DROP TABLE review; --",
    "'); DELETE FROM product; --", "1; SELECT pg_sleep(9)", "' UNION SELECT version() --", "%s", "%(id)s",
    "%", "{}", "{0}", "$1", ":id", "?", "_", "*", "NULL", "\0", "a\0b", "\ud800", "\udcff", "\u202e",
    "$$;SELECT 1;$$", "E'\\''", "/* */", "\r\n", "😀' --", "'" * 200,
)  # fmt: skip


def _contents(database: Database) -> list[object]:
    tables = (
        "product",
        "product_alias",
        "review",
        "body",
        "passage",
        "harmful",
        "answer",
        "run",
        "vote",
        "embedder",
    )
    with database.connection() as connection, connection.cursor() as cursor:
        counts: list[object] = []
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            counts.append(cursor.fetchone())
        return counts


@pytest.fixture
def filled(database: Database, fake_embedder: Embedder) -> Database:
    """A database in which every text that may be hostile is."""
    rows = [
        Review(
            line=number,
            listing=Listing((f"id{number}{text}",), f"Thing {number}", text, text),
            title=text,
            text=f"battery {text}",
            review_id=f"r{text}",
            rating=3.0,
            written_on=None,
            reviewer=text,
            rating_given=text,
            rating_scale=text,
            language=text,
            written=text,
        )
        for number, raw in enumerate(HOSTILE)
        if (text := raw.replace("\0", "").encode("utf-8", "ignore").decode())
    ]
    counts = ingest(rows, database, fake_embedder, PassageSettings(size=50))
    assert counts.new == len(rows)
    return database


def test_hostile_texts_are_stored_as_they_are_and_found_by_them(
    filled: Database, fake_embedder: Embedder
) -> None:
    before = _contents(filled)
    retriever = Retriever(filled, fake_embedder)
    for product in retriever.products():
        assert retriever.product(product.product_id) == product
        (match, *_) = retriever.search(product.product_id, f"battery {product.brand}", 5)
        assert "battery" in match.passage.text
        titles = review_titles(retriever, [match])
        assert titles == {match.passage.review_id: product.brand}
        assert retrieve_reviews(retriever, product.product_id, product.brand or "", 2).matches
    assert _contents(filled) == before


def test_hostile_ids_name_nothing_and_change_nothing(filled: Database, fake_embedder: Embedder) -> None:
    before = _contents(filled)
    retriever, marks, log, votes = (
        Retriever(filled, fake_embedder), HarmfulMarks(filled), AnswerLog(filled), VoteLog(filled),
    )  # fmt: skip
    known = retriever.products()[0].product_id
    refused: list[tuple[Callable[[str], object], type[UserError]]] = [
        (retriever.product, UnknownProduct),
        (lambda text: retriever.search(text, "battery", 3), UnknownProduct),
        (lambda text: retrieve_reviews(retriever, text, "battery", 3), UnknownProduct),
        (lambda text: marks.mark(text, "0" * 64), UnknownProduct),
        (lambda text: marks.mark(known, "f" + text), UnknownPassage),
        (lambda text: marks.unmark(known, "f" + text), UnknownPassage),
        (lambda text: marks.marks(text), UnknownProduct),
        (log.run, RunError),
    ]
    for text in HOSTILE:
        for call, error in refused:
            with pytest.raises(error) as caught:
                call(text)
            assert str(caught.value).encode()
        log.require_new(text)
        assert log.answers(text) == [] and log.answered(text) == set() and log.origins(text) == {}
        assert list(log.select(model=text)) == []
        assert votes.votes([text]) == []
        assert marked_reviews(filled, text) == set()
        assert len(find_products(filled, text)) <= len(HOSTILE)
        for mode in ("hybrid", "dense", "lexical"):
            assert len(retriever.search(known, text, 3, mode=mode)) == 1
    assert _contents(filled) == before
