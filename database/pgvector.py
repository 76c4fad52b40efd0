"""pgvector in a database: whether it is there, who may make it, and in which schema it lies.

Knows the extension; knows nothing of what is stored with it.
"""

from psycopg2.errors import InsufficientPrivilege
from psycopg2.extensions import connection as Connection

from config.errors import DatabaseError

_FIND = """
SELECT quote_ident(nspname), nspname = ANY (current_schemas(true)), has_schema_privilege(nspname, 'USAGE'),
    quote_ident(current_user)
FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
WHERE extname = 'vector'
"""


def find_pgvector(connection: Connection) -> bool:
    """Whether the database has it; its schema is then on the connection's search_path, last.

    Raises DatabaseError if our user may not use that schema.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIND)
        found = cursor.fetchone()
        if found is None:
            return False
        schema, on_path, usable, user = found
        if not usable:
            raise DatabaseError(
                f"pgvector lies in the schema {schema}, which the user {user} may not use. Run in this "
                f"database, as a superuser or the schema's owner: `GRANT USAGE ON SCHEMA {schema} TO {user}`."
            )
        if not on_path:
            cursor.execute(
                "SELECT set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''),"
                " %s), false)",
                (schema,),
            )
    return True


def make_pgvector(connection: Connection) -> None:
    """Make the extension unless the database has it.

    Raises DatabaseError if the server has none, or our user may not make it: owning the database is not
    enough, unless the server's administrator has marked the extension as trusted.
    """
    if find_pgvector(connection):
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_available_extensions WHERE name = 'vector'")
        if cursor.rowcount == 0:
            raise DatabaseError(
                "This PostgreSQL server has no pgvector. Install it there (a package such as "
                "postgresql-18-pgvector, or the image pgvector/pgvector:pg18), or use the embedded "
                "server by leaving REVIEWDUEL_DATABASE_URL and the PG variables unset."
            )
        cursor.execute("SELECT quote_ident(current_database()), quote_ident(current_user)")
        ((database, user),) = cursor.fetchall()
        try:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
        except InsufficientPrivilege as error:
            raise DatabaseError(
                f"The user {user} may not add pgvector to the database. Run this once as a superuser in the "
                f"database {database}: CREATE EXTENSION vector; Then do the same again."
            ) from error
    find_pgvector(connection)
