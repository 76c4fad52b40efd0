"""Connections to PostgreSQL: which server, a small pool, one transaction at a time.

The only place where psycopg2's errors become ours. Knows no table.
"""

import os
import queue
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

import psycopg2
from psycopg2.errors import DiskFull
from psycopg2.extensions import QuotedString, make_dsn, parse_dsn, register_adapter
from psycopg2.extensions import connection as Connection

from config.errors import ConfigError, DatabaseAway, DatabaseError
from config.printable import as_utf8
from config.settings import Settings
from database.migrate import migrate
from database.pgvector import find_pgvector
from database.server import EmbeddedServer

LIBPQ_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGSERVICE")
# Seconds of silence, then of waiting for each of so many replies: after a minute an end that came without a
# word is noticed. Here, and on the server, which would else keep what was locked for two hours.
KEEPALIVES = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
DEFAULTS = KEEPALIVES | {
    "fallback_application_name": "reviewduel",
    "connect_timeout": "10",
    "tcp_user_timeout": "60000",
    "client_encoding": "UTF8",
}
MOST_CONNECTIONS = 8
# An embedded server that was killed has replayed its log by then.
STARTING_S = 60.0
# What to do when the server cannot be reached, or no longer.
UNREACHABLE = (
    " Check that it runs, and its address, user and password; without REVIEWDUEL_DATABASE_URL and the PG "
    "variables an embedded server is used."
)
REVIVED = " It is started again as soon as it is needed: do the same once more."
NO_ROOM = " Its disk is full: make room there, then do the same again. What was stored before is kept."


class _Storable(QuotedString):
    """A text as it is bound: without NUL and halves of characters, which PostgreSQL cannot hold.

    They come in addresses and arguments that people type; nothing that is stored can be named by them.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text if text.isascii() and "\0" not in text else storable(text))


def storable(text: str) -> str:
    """The text as PostgreSQL can hold it: U+FFFD for each NUL, "?" for each half of a character."""
    return as_utf8(text.replace("\0", "\ufffd"))


register_adapter(str, _Storable)


class Database:
    """A migrated database and a pool of connections to it; safe to use from many threads.

    Make it with `Database.open`. `place` says in words where it is, never with a password.
    """

    def __init__(self, dsn: str, place: str, server: EmbeddedServer | None = None) -> None:
        """Connect to `dsn` and migrate; `server` is stopped by `close`."""
        self.place = place
        self._dsn = make_dsn(**{**DEFAULTS, **parse_dsn(dsn)})
        self._server = server
        self._closed = False
        # One entry for each connection there may be: an idle one, or None where it is yet to be made.
        self._idle: queue.LifoQueue[Connection | None] = queue.LifoQueue()
        for _ in range(MOST_CONNECTIONS):
            self._idle.put(None)
        with self._our_errors():
            connection = self._reach()
            try:
                migrate(connection)
            finally:
                connection.close()

    @classmethod
    def open(cls, settings: Settings) -> "Database":
        """The database of these settings: their URL, else libpq's variables, else the embedded server.

        Raises DatabaseError if it cannot be reached, lacks pgvector or is newer than this program, and
        ConfigError if the URL is none.
        """
        if settings.database_url is not None:
            dsn, place = _read_url(settings.database_url.get_secret_value())
            return cls(dsn, place)
        if any(variable in os.environ for variable in LIBPQ_VARIABLES):
            return cls("", "PostgreSQL as libpq's PG variables say")
        server = EmbeddedServer(settings.home / "postgres")
        try:
            return cls(server.dsn, f"the embedded PostgreSQL in {server.folder}", server)
        except BaseException:
            server.stop()
            raise

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back if the block raises.

        Waits while all connections are in use, so never ask for a second one inside the block. A
        lost connection raises DatabaseAway once; the next block gets a fresh one. Time zone UTC.
        """
        connection = self._idle.get()
        try:
            with self._our_errors():
                if self._closed:
                    raise DatabaseError(f"{self.place} was closed.")
                if connection is not None and not _usable(connection):
                    connection.close()
                    connection = None
                if connection is None:
                    connection = self._connect()
                yield connection
                connection.commit()
        finally:
            self._idle.put(_cleaned(connection, self._closed))

    def close(self) -> None:
        """Close the connections, those in use when their block ends, and stop an embedded server."""
        self._closed = True
        idle = []
        with suppress(queue.Empty):
            while True:
                idle.append(self._idle.get_nowait())
        for connection in idle:
            self._idle.put(_cleaned(connection, closed=True))
        if self._server:
            self._server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Database({self.place})"

    def _connect(self) -> Connection:
        connection = self._reach()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET TIME ZONE 'UTC'")
                for name, value in KEEPALIVES.items():
                    cursor.execute("SELECT set_config('tcp_' || %s, %s, false)", (name, value))
            find_pgvector(connection)
            connection.commit()
        except BaseException:
            connection.close()
            raise
        return connection

    def _reach(self) -> Connection:
        """A connection; an embedded server that has ended is started again, one that starts is waited for."""
        give_up = time.monotonic() + STARTING_S
        while True:
            try:
                return psycopg2.connect(self._dsn)
            except psycopg2.OperationalError as error:
                # What libpq refuses itself, before it asks a server, it will refuse again.
                hopeless = "server" not in str(error) or time.monotonic() > give_up
                if self._server is None or self._closed or hopeless:
                    raise
                self._server.revive()
                time.sleep(0.1)

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        try:
            yield
        except psycopg2.Error as error:
            what = f"{self.place}: {' '.join(str(error).split()) or type(error).__name__}"
            lost = _is_loss(error)
            # A server whose own log finds no room on the disk ends, and can say no more why.
            if isinstance(error, DiskFull) or (lost and self._server and self._server.disk_is_full):
                raise DatabaseError(what + NO_ROOM) from error
            if lost:
                raise DatabaseAway(what + (REVIVED if self._server else UNREACHABLE)) from error
            raise DatabaseError(what) from error


def _is_loss(error: psycopg2.Error) -> bool:
    """Whether there is no connection, or no longer; else the server said what is wrong, and is there."""
    if error.pgcode is None:  # the server said nothing: libpq did, or psycopg2
        return isinstance(error, psycopg2.OperationalError) or "closed" in str(error)
    # It is being stopped, started or recovers; exceptions of the connection itself.
    return error.pgcode.startswith(("57P", "08"))


def _usable(connection: Connection) -> bool:
    """Whether an idle connection is alive: a server that ended it has left something to read."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


def _cleaned(connection: Connection | None, closed: bool) -> Connection | None:
    """The connection outside any transaction, or None if it is of no further use (and then closed)."""
    if connection is None:
        return None
    with suppress(psycopg2.Error):
        if not closed:
            connection.rollback()  # after a commit it does nothing
            return connection
    connection.close()
    return None


def _read_url(url: str) -> tuple[str, str]:
    """The URL, once it is sure to hold what it seems to, and where it points, in words without password."""
    try:
        parts = parse_dsn(url)
    except (psycopg2.ProgrammingError, ValueError):  # the latter: characters that no address has
        parts = {}
    host, port, name = (parts.get(key, "") for key in ("host", "port", "dbname"))
    # A password with / or @ in it shifts the parts: then its pieces would show up in messages.
    if not parts or "@" in host or "@" in name or (port and not port.replace(",", "").isdecimal()):
        # Without its cause: that would quote the URL, password and all.
        raise ConfigError(
            "REVIEWDUEL_DATABASE_URL cannot be read: expected "
            "postgresql://user:password@host:port/database, where special characters of the password "
            "are percent-encoded, @ as %40 and / as %2F."
        )
    place = f"PostgreSQL at {host or 'the local socket'}{':' + port if port else ''}"
    return url, f"{place}, database {name or 'of the user'} (REVIEWDUEL_DATABASE_URL)"
