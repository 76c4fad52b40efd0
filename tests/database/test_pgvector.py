"""pgvector where a database's owner is no superuser, or where it lies in a schema of its own."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import make_dsn, parse_dsn
from psycopg2.sql import SQL, Identifier, Literal
from pydantic import SecretStr

from config import Settings
from config.errors import DatabaseError
from database import Database
from tests.conftest import Cluster, execute


@pytest.fixture
def owned(tcp_cluster: Any) -> Iterator[tuple[str, str]]:
    """A new database and its owner, who is no superuser: how the superuser reaches it, and how the owner."""
    assert isinstance(tcp_cluster, Cluster)
    as_superuser = tcp_cluster.create()
    database = parse_dsn(as_superuser)["dbname"]
    owner = Identifier(f"owner_{secrets.token_hex(4)}")
    execute(
        tcp_cluster.dsn,
        SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(owner, Literal("its own")),
        SQL("ALTER DATABASE {} OWNER TO {}").format(Identifier(database), owner),
    )
    yield as_superuser, make_dsn(as_superuser, user=owner.string, password="its own")
    execute(
        tcp_cluster.dsn,
        SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(database)),
        SQL("DROP ROLE {}").format(owner),
    )


def open_and_use(dsn: str, home: Path) -> None:
    with Database.open(Settings(home=home, database_url=SecretStr(dsn))) as database:
        for _ in range(2):
            with database.connection() as connection, connection.cursor() as cursor:
                cursor.execute("SELECT '[1,2]'::vector <-> '[1,3]', to_regclass('public.passage') IS NULL")
                assert cursor.fetchone() == (1.0, False)


def test_an_owner_who_may_not_make_the_extension(owned: tuple[str, str], tmp_path: Path) -> None:
    as_superuser, as_owner = owned
    name = parse_dsn(as_owner)["dbname"]
    with pytest.raises(
        DatabaseError, match=rf"as a superuser .*database {name}: CREATE EXTENSION vector;"
    ) as caught:
        open_and_use(as_owner, tmp_path)
    assert "its own" not in str(caught.value)
    execute(as_superuser, SQL("CREATE EXTENSION vector"))
    open_and_use(as_owner, tmp_path)


def test_a_schema_of_its_own(owned: tuple[str, str], tmp_path: Path) -> None:
    as_superuser, as_owner = owned
    execute(as_superuser, SQL('CREATE SCHEMA "Ext, 1"'), SQL('CREATE EXTENSION vector WITH SCHEMA "Ext, 1"'))
    with pytest.raises(DatabaseError, match='GRANT USAGE ON SCHEMA "Ext, 1" TO owner_'):
        open_and_use(as_owner, tmp_path)
    user = Identifier(parse_dsn(as_owner)["user"])
    execute(as_superuser, SQL('GRANT USAGE ON SCHEMA "Ext, 1" TO {}').format(user))
    open_and_use(as_owner, tmp_path)
    open_and_use(as_owner, tmp_path)  # what is migrated already


def test_a_user_who_may_make_no_tables(owned: tuple[str, str], tmp_path: Path) -> None:
    as_superuser, as_owner = owned
    user = Identifier(parse_dsn(as_owner)["user"])
    execute(
        as_superuser,
        SQL("CREATE EXTENSION vector"),
        SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(Identifier(parse_dsn(as_owner)["dbname"])),
    )
    with pytest.raises(DatabaseError, match=r"permission denied for schema public.*GRANT CREATE ON SCHEMA"):
        open_and_use(as_owner, tmp_path)
    execute(as_superuser, SQL("GRANT CREATE ON SCHEMA public TO {}").format(user))
    open_and_use(as_owner, tmp_path)
    execute(as_superuser, SQL("DROP OWNED BY {}").format(user))
