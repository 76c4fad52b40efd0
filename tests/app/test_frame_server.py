"""The page's server, whoever starts it from wherever: who can reach it, and what it refuses."""

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from tests.app.page_server import PageServer

OPEN_TO_ALL = '[server]\naddress = "0.0.0.0"\nenableXsrfProtection = false\nallowedHosts = ["*"]\n'
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    """Started from another folder, by somebody whose own Streamlit settings open everything."""
    home = tmp_path_factory.mktemp("home")
    (home / ".streamlit").mkdir()
    (home / ".streamlit" / "config.toml").write_text(OPEN_TO_ALL)
    with PageServer(os.environ | {"HOME": str(home)}, home / "log", folder=home) as server:
        yield server


def request(
    server: PageServer, path: str, method: str = "GET", **headers: str
) -> tuple[int, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    connection.close()
    return response.status, response.headers


def test_it_listens_on_this_machine_only(server: PageServer) -> None:
    connections = psutil.Process(server.pid).net_connections("inet")
    listening = {connection.laddr for connection in connections if connection.status == "LISTEN"}
    assert listening == {("127.0.0.1", server.port)}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_its_own_page_may_speak_to_it(server: PageServer, host: str) -> None:
    own = {"Host": f"{host}:{server.port}", "Origin": f"http://{host}:{server.port}"}
    status, _ = request(server, "/_stcore/stream", **HANDSHAKE, **own)
    assert status == 101


def test_a_website_that_leads_its_own_name_here_is_refused(server: PageServer) -> None:
    rebound = {"Host": f"evil.example:{server.port}", "Origin": f"http://evil.example:{server.port}"}
    status, _ = request(server, "/_stcore/stream", **HANDSHAKE, **rebound)
    assert status == 403


def test_another_websites_script_is_refused(server: PageServer) -> None:
    status, _ = request(server, "/_stcore/stream", **HANDSHAKE, Origin="http://evil.example")
    assert status == 403


def test_an_upload_needs_the_pages_own_token(server: PageServer) -> None:
    status, _ = request(server, "/_stcore/upload_file/session/file", "PUT")
    assert status == 403


def test_its_cookie_stays_here_and_nobody_else_may_read_it(server: PageServer) -> None:
    for path in ("/", "/_stcore/health", "/_stcore/host-config"):
        status, headers = request(server, path, Origin="http://evil.example")
        assert status == 200
        assert "Access-Control-Allow-Origin" not in headers
        for cookie in headers.get_all("Set-Cookie") or []:
            assert "samesite=strict" in cookie.lower(), cookie


def test_nothing_of_the_disk_is_served(server: PageServer) -> None:
    for path in (
        "/app/static/main.py",
        "/media/../main.py",
        "/..%2f..%2fpyproject.toml",
        "/media/%2fetc%2fpasswd",
    ):
        status, headers = request(server, path)
        # Whatever is no file of Streamlit's is the page itself.
        assert status != 200 or headers.get_content_type() == "text/html", path


def test_the_first_paint_waits_for_no_library_that_it_does_not_need() -> None:
    slow = ["pandas", "pyarrow", "scipy", "sklearn", "torch", "langchain_core", "altair", "llama_cpp", "gguf"]
    code = f"import sys, app.ask.page, app.errors; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
