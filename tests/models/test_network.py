"""Proxies and certificates of the environment: followed where they can be, else told in a sentence."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from config import ModelSpec, Settings
from config.errors import ConfigError, ModelUnavailable, UserError
from generator import Generator
from models.sources.network import certificates, proxy_for
from models.sources.pull import pull
from models.sources.remote import fetch_header
from models.sources.served import ask_served, reach

FAR = "http://far.example/v1"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def serving(answer: bytes = b'{"data": [{"id": "m"}]}') -> Iterator[tuple[str, list[str]]]:
    """A server, or a proxy, that notes the paths it is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def far(url: str = FAR) -> ModelSpec:
    return ModelSpec(name="far", kind="openai", url=url, served_model="m")


def all_ways(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What each way to reach a server of this URL says."""
    monkeypatch.setenv("HF_ENDPOINT", url)
    near = ModelSpec(name="near", file="near.gguf", repository="owner/name")
    settings = Settings(home=folder)
    with Generator(far(f"{url}/v1"), settings) as generator:
        ways: list[Callable[[], object]] = [
            lambda: ask_served(far(f"{url}/v1")),
            lambda: generator.answer("Is it loud?", []),
            lambda: pull(near, settings),
            lambda: fetch_header(f"{url}/near.gguf", folder),
        ]
        said = []
        for way in ways:
            with pytest.raises(UserError) as caught:
                way()
            said.append(str(caught.value))
    return said


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "ALL_PROXY",
            "socks5://me:hunter2@127.0.0.1:1080",
            "ALL_PROXY names a SOCKS proxy, socks5://127.0.0.1",
        ),
        ("http_proxy", "socks5h://127.0.0.1:1080", "pip install socksio"),
        ("HTTP_PROXY", "ftp://127.0.0.1:21", "HTTP_PROXY names no proxy that can be used: 'ftp://127.0.0.1"),
        ("HTTP_PROXY", "http://me:x/hunter2@proxy:port", "HTTP_PROXY names no proxy that can be used"),
        ("HTTP_PROXY", "http://[::1", "HTTP_PROXY names no proxy that can be used"),
        ("HTTP_PROXY", "http://", "HTTP_PROXY names no proxy that can be used"),
    ],
)
def test_a_proxy_that_cannot_be_used(
    name: str, value: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    for said in all_ways("http://far.example", tmp_path, monkeypatch):
        assert words in said
        assert "hunter2" not in said
    # Servers of this machine are none of its business.
    for host in ("localhost", "127.0.0.1", "127.8.9.1", "[::1]", "models.localhost"):
        assert proxy_for(f"http://{host}:8000/v1") is None
    assert words in str(reach([far()])["far"])


def test_a_proxy_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = closed_port()
    monkeypatch.setenv("HTTP_PROXY", f"http://me:hunter2@127.0.0.1:{port}")
    for said in all_ways("http://far.example", tmp_path, monkeypatch):
        assert f"asked through the proxy http://127.0.0.1:{port} (HTTP_PROXY)" in said
        assert "hunter2" not in said


def test_who_is_asked_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as (proxy, through_proxy), serving() as (server, directly):
        monkeypatch.setenv("http_proxy", proxy.removeprefix("http://"))
        assert ask_served(far()) is not None
        assert through_proxy == [f"{FAR}/models"]
        assert ask_served(far(f"{server}/v1")) is not None
        assert directly == ["/v1/models"]


@pytest.mark.parametrize(
    ("url", "no_proxy", "direct"),
    [
        ("https://far.example/v1", "", False),
        ("https://far.example/v1", "far.example", True),
        ("https://far.example/v1", ".example", True),
        ("https://far.example:8443/v1", "far.example:8443", True),
        ("https://far.example/v1", "other.example, *", False),
        ("https://far.example/v1", "*", True),
        ("https://10.1.2.3/v1", "10.0.0.0/8", True),
        ("https://11.1.2.3/v1", "10.0.0.0/8,nonsense/99", False),
        ("https://[fd00::1]/v1", "fd00::/8", True),
    ],
)
def test_no_proxy(url: str, no_proxy: str, direct: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert (proxy_for(url) is None) == direct


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_certificates_that_are_not_there(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, str(tmp_path / "gone.pem"))
    for said in all_ways("https://127.0.0.1:9", tmp_path, monkeypatch):
        assert f"{name} names {tmp_path / 'gone.pem'}, which cannot be read: No such file" in said
    (tmp_path / "gone.pem").write_text("nonsense")
    with pytest.raises(ConfigError, match="it holds no certificates"):
        certificates()
    # Who is asked without encryption needs none.
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        ask_served(far("http://127.0.0.1:9/v1"))


def test_a_command_says_it_in_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "models", "fit", "https://far.example/model.gguf"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "ALL_PROXY": "socks5://127.0.0.1:1080", "REVIEWDUEL_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "error: ALL_PROXY names a SOCKS proxy" in done.stderr
