"""Passwords and keys: in no message, no repr, no list of processes, no child that does not need them."""

import os
import re
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from psycopg2.extensions import parse_dsn
from pydantic import SecretStr

from config import Settings, load_settings
from config.environment import plain_environment
from config.errors import ConfigError, DatabaseError, ModelUnavailable, UserError
from config.folders import private_folder
from config.printable import first_line, printable, printable_url
from database import Database
from database.server import EmbeddedServer
from generator.__main__ import _stream
from generator.backends.worker_process import WorkerProcess
from generator.events import Text
from models.json_file import write_object
from models.sources.remote import fetch_header
from tests.conftest import Cluster
from tests.random_weights import write_random_model

ROOT = Path(__file__).parent.parent
SECRET = "Tr0ub4dor"
SECRETS = {
    "REVIEWDUEL_DATABASE_URL": f"postgresql://u:{SECRET}@db.invalid/r",
    "PGPASSWORD": SECRET,
    "FAR_KEY": SECRET,
    "HF_TOKEN": f"hf_{SECRET}",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "SOME_OTHER_VARIABLE": SECRET,
}


@pytest.fixture
def secret_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


URLS = [
    f"postgresql://reviewer:{SECRET}@127.0.0.1:1/reviews",
    f"postgresql://reviewer:{SECRET}@127.0.0.1:1/reviews?sslmode=nonsense",
    f"postgresql://reviewer:{SECRET}@127.0.0.1:1/reviews?connect_timeout=soon",
    f"postgresql://reviewer:{SECRET}@127.0.0.1:1/reviews?channel_binding=maybe",
    f"postgresql://reviewer:{SECRET}@no.such.host.invalid/reviews",
    f"postgresql://reviewer:{SECRET}@127.0.0.1:port/reviews",
    f"postgresql://reviewer:{SECRET}/x@127.0.0.1/reviews",
    f"postgresql://reviewer:{SECRET}@x@127.0.0.1/reviews",
    f"postgresql://reviewer:{SECRET}@127.0.0.1/reviews?unknown=1",
    f"postgresql://reviewer:{SECRET}%@127.0.0.1/reviews",
    f"host=127.0.0.1 port=1 user=reviewer password={SECRET} dbname=x",
    f"host=127.0.0.1 port=1 user=reviewer password='{SECRET} dbname=x",
    f"host=127.0.0.1 password={SECRET} passwort={SECRET}",
    f"postgres//reviewer:{SECRET}@127.0.0.1",
    f"{SECRET}",
]


@pytest.mark.parametrize("url", URLS)
def test_an_address_that_does_not_work_is_refused_without_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises((DatabaseError, ConfigError)) as caught:
        Database.open(Settings(home=tmp_path, database_url=SecretStr(url)))
    # Also with all that a traceback would show of causes.
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_wrong_password_is_not_repeated(tcp_cluster: Cluster, tmp_path: Path) -> None:
    parts = parse_dsn(tcp_cluster.dsn)
    url = f"postgresql://{parts['user']}:{SECRET}@{parts['host']}:{parts['port']}/postgres"
    with pytest.raises(DatabaseError, match="password authentication failed") as caught:
        Database.open(Settings(home=tmp_path, database_url=SecretStr(url)))
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_the_right_password_stands_in_no_repr_and_in_no_later_error(
    tcp_cluster: Cluster, tmp_path: Path
) -> None:
    password = parse_dsn(tcp_cluster.dsn)["password"]
    settings = Settings(home=tmp_path, database_url=SecretStr(tcp_cluster.create_migrated()))
    with Database.open(settings) as database:
        shown = [
            repr(database),
            str(database),
            database.place,
            repr(settings),
            str(settings),
            settings.model_dump_json(),
        ]
        for statement in ("SELECT * FROM nowhere", "SELECT pg_terminate_backend(pg_backend_pid())"):
            with (
                pytest.raises(DatabaseError) as caught,
                database.connection() as connection,
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
            shown.append("".join(traceback.format_exception(caught.value)))
    assert not any(password in text for text in shown)


@pytest.mark.parametrize(
    "text",
    [
        f"database_url: [{SECRET}]",
        f"database_url: {{{SECRET}: 1}}",
        f"models: {{far: {{kind: openai, url: 'http://u:{SECRET}@h/v1'}}}}",
        f"models: {{far: {{kind: openai, url: 'http://h/v1?key={SECRET}'}}}}",
        f"models: {{far: {{kind: openai, url: 'http://h/v1', api_key_env: {SECRET}}}}}",
        f"models: {{far: {{kind: openai, url: 'http://h/v1', api_key: {SECRET}}}}}",
    ],
)
def test_settings_that_are_wrong_are_refused_without_what_may_be_a_secret(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    monkeypatch.setenv("REVIEWDUEL_SETTINGS", str(file))
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert SECRET not in str(caught.value)


def test_a_signed_address_is_shown_without_its_signature(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        fetch_header(f"http://user:{SECRET}@127.0.0.1:9/m.gguf?signature={SECRET}", tmp_path)
    assert SECRET not in str(caught.value)
    assert "http://127.0.0.1:9/m.gguf cannot be read" in str(caught.value)
    assert printable_url(f"https://u:{SECRET}@h/a/b?x={SECRET}#{SECRET}") == "https://h/a/b"
    error = OSError(f"404 for url 'https://cdn/x?Signature={SECRET}'\nmore")
    assert first_line(error) == "404 for url 'https://cdn/x'"
    assert first_line(TimeoutError()) == "TimeoutError"


def test_the_environment_of_children_has_no_secrets(secret_environment: None) -> None:
    handed_on = plain_environment()
    assert not SECRETS.keys() & handed_on.keys()
    assert SECRET not in str(handed_on)
    assert handed_on["PATH"] == os.environ["PATH"]


@pytest.fixture
def worker(secret_environment: None, tmp_path: Path) -> Iterator[WorkerProcess]:
    write_random_model(tmp_path / "tiny.gguf", "llama")
    worker = WorkerProcess(tmp_path / "tiny.gguf", 256)
    try:
        list(worker.load())
        yield worker
    finally:
        worker.close()


def _seen(process: psutil.Process) -> str:
    """What the process list, and who may look closer, sees of a process."""
    return f"{process.cmdline()} {process.environ()}"


def test_a_models_process_holds_no_secret(worker: WorkerProcess) -> None:
    assert SECRET not in _seen(psutil.Process(worker.pid))


def test_the_embedded_server_holds_no_secret_and_is_closed_to_others(
    secret_environment: None, server_folder: Path
) -> None:
    home = server_folder / "home"
    server = EmbeddedServer(home / "postgres")
    try:
        pid = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
        postmaster = psutil.Process(pid)
        for process in (postmaster, *postmaster.children()):
            assert SECRET not in _seen(process)
        assert not postmaster.net_connections(kind="inet")
        assert (home / "postgres").stat().st_mode & 0o777 == 0o700
        assert server.log.stat().st_mode & 0o077 == 0
        # As root the server's own user must pass through; nobody may read.
        assert home.stat().st_mode & 0o066 == 0
    finally:
        server.stop()


def test_what_is_made_in_the_home_is_its_owners_alone(tmp_path: Path) -> None:
    previous = os.umask(0o022)
    try:
        write_object(tmp_path / "home" / "memory.json", {"a": 1})
        private_folder(tmp_path / "other" / "models")
    finally:
        os.umask(previous)
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "home" / "memory.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "other").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "other" / "models").stat().st_mode & 0o777 == 0o700


def test_a_command_that_fails_prints_no_secret(secret_environment: None) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "retriever", "A", "a question"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "db.invalid" in done.stderr and SECRET not in done.stderr + done.stdout


def test_errors_and_what_they_quote_cannot_steer_a_terminal() -> None:
    assert str(UserError("a\x1b[2J\u202eb\udcff\0")) == r"a\x1b[2J\u202eb\udcff\x00"
    assert printable("größer 😀 👩\u200d👧\n\tok") == "größer 😀 👩\u200d👧\n\tok"


def test_the_compose_file_is_open_to_this_machine_alone() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports and all(port.startswith("127.0.0.1:") for port in ports)
    assert not any(
        service.get("network_mode") == "host" or service.get("privileged") for service in services.values()
    )
    text = (ROOT / "docker-compose.yaml").read_text()
    assert re.search(r"POSTGRES_PASSWORD: \$\{POSTGRES_PASSWORD:\?", text), (
        "a password with a default is none"
    )
    assert ".env\n" in (ROOT / ".gitignore").read_text()


def test_what_a_model_writes_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    class Steering:
        """Stands for an answerer; what it ends with is handed through."""

        def stream(self, *_: object, **__: object) -> Iterator[object]:
            yield Text("a\x1b]52;c;Zm9v\a\u202eb")
            yield "the answer"

    answerer: Any = Steering()
    end: object = _stream(answerer, "Is it good?", [], None)
    assert end == "the answer"
    assert capsys.readouterr().out == "a\\x1b]52;c;Zm9v\\x07\\u202eb\n"
