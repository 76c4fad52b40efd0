"""How libpq reaches the embedded server, whatever its variables say: they are meant for another one.

Knows libpq's keywords and variables; knows nothing of processes or folders.
"""

import os
from pathlib import Path

import psycopg2
from psycopg2.extensions import make_dsn

# Every keyword that a variable stands for, for a server behind a socket that asks for no password. An empty
# one counts as not given, where libpq takes an empty one. No `passfile`: a password is given.
_KEYWORDS = {
    "application_name": "reviewduel",
    "channel_binding": "disable",
    "client_encoding": "UTF8",
    "connect_timeout": "10",
    "gssdelegation": "0",
    "gssencmode": "disable",
    "gsslib": "",
    "krbsrvname": "postgres",
    "load_balance_hosts": "disable",
    "max_protocol_version": "3.0",
    "min_protocol_version": "3.0",
    "options": "",
    "password": "unused",  # or libpq would look for one in files
    "require_auth": "",
    "requirepeer": "",
    "ssl_max_protocol_version": "",
    "ssl_min_protocol_version": "",
    "sslcert": "",
    "sslcertmode": "disable",
    "sslcompression": "0",
    "sslcrl": "",
    "sslcrldir": "",
    "sslkey": "",
    "sslmode": "disable",
    "sslnegotiation": "postgres",
    "sslrootcert": "",
    "sslsni": "1",
    "target_session_attrs": "any",
}
# Variables that no keyword stands for: sent to every server.
_WITHOUT_KEYWORD = ("PGDATESTYLE", "PGGEQO", "PGTZ")


def embedded_dsn(socket_folder: Path) -> str:
    """The libpq connection string of the server's default database."""
    known = {keyword: value for keyword, value in _KEYWORDS.items() if _is_known(keyword, value)}
    server = {"host": str(socket_folder), "hostaddr": "", "port": "5432"}
    return make_dsn(None, **known, **server, user="postgres", dbname="postgres")


def ignore_variables() -> None:
    """Take those variables from the environment that would be sent to the embedded server."""
    for name in _WITHOUT_KEYWORD:
        os.environ.pop(name, None)


def _is_known(keyword: str, value: str) -> bool:
    """Whether the libpq that is installed has this keyword."""
    try:
        make_dsn(None, **{keyword: value})
    except psycopg2.ProgrammingError:
        return False
    return True
