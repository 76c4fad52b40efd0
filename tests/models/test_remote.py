"""Headers over HTTP, against real servers: with ranges, without them, gated, absent, lying."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from config.errors import CannotWrite, ModelUnavailable
from models.gguf.header import Header, header_length, read_header
from models.memory.memory import predict_memory
from models.sources.hub import hub_url
from models.sources.remote import fetch_header
from tests.random_weights import add_tokenizer, new_model, write_tensors

MIB = 2**20


class Server:
    """Serves one file. `ranges`: whether it heeds Range; `sent`: bytes of bodies that it could get rid of."""

    def __init__(self) -> None:
        self.content = b""
        self.size: int | None = None
        self.ranges = True
        self.status = 200
        self.error_code = ""
        self.sent = 0
        self.asked: list[dict[str, str]] = []
        self.url = ""


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            server.asked.append(dict(self.headers.items()))
            size = server.size or len(server.content)
            start, end = 0, size - 1
            if server.status != 200:
                self.send_response(server.status)
                self.send_header("X-Error-Code", server.error_code)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            asked = self.headers.get("Range")
            if asked and server.ranges:
                start, end = (int(number) for number in asked.removeprefix("bytes=").split("-"))
                end = min(end, size - 1)
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(end + 1 - start))
            self.end_headers()
            self._send(start, end)

        def _send(self, start: int, end: int) -> None:
            """The content, then zeros for as long as somebody listens."""
            for place in range(start, end + 1, 65536):
                stop = min(place + 65536, end + 1)
                piece = server.content[place:stop]
                try:
                    self.wfile.write(piece + bytes(stop - place - len(piece)))
                except OSError:
                    return
                server.sent += stop - place

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def wordy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GGUF whose header alone is longer than what is asked for at first."""
    path = tmp_path_factory.mktemp("wordy") / "wordy.gguf"
    with new_model(path, "llama") as writer:
        writer.add_description("x" * 5 * MIB)
        add_tokenizer(writer, 3000)
        write_tensors(writer, [])
    return path


def same(one: Header, other: Header) -> bool:
    return (one.metadata, one.tensors) == (other.metadata, other.tensors)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_remote_file_is_known_as_a_local_one(
    ranges: bool, server: Server, tiny_files: dict[str, Path], tmp_path: Path
) -> None:
    server.content, server.ranges = tiny_files["mixtral"].read_bytes(), ranges
    path = fetch_header(f"{server.url}/folder/tiny.gguf?download=true", tmp_path)
    local, remote = read_header(tiny_files["mixtral"]), read_header(path)
    assert path.name == "tiny.gguf"
    assert same(local, remote)
    assert path.stat().st_size == tiny_files["mixtral"].stat().st_size
    here, there = predict_memory(local, 512), predict_memory(remote, 512)
    assert (here.weights, here.kv_cache, here.compute) == (there.weights, there.kv_cache, there.compute)


@pytest.mark.parametrize("ranges", [True, False])
def test_of_a_huge_file_only_the_beginning_is_read(
    ranges: bool, server: Server, tiny_files: dict[str, Path], tmp_path: Path
) -> None:
    server.content, server.size, server.ranges = tiny_files["llama"].read_bytes(), 40 * 2**30, ranges
    path = fetch_header(server.url + "/m.gguf", tmp_path)
    assert path.stat().st_size == 40 * 2**30
    # On the disk it is a hole; what a server without ranges had sent ahead was in the sockets' buffers.
    assert path.stat().st_blocks * 512 < MIB
    assert server.sent < 24 * MIB
    assert len(server.asked) == 1


@pytest.mark.parametrize("ranges", [True, False])
def test_a_long_header_is_read_on(ranges: bool, server: Server, wordy_file: Path, tmp_path: Path) -> None:
    server.content, server.size, server.ranges = wordy_file.read_bytes(), 2**30, ranges
    remote = read_header(fetch_header(server.url + "/m.gguf", tmp_path))
    assert same(remote, read_header(wordy_file))
    assert len(server.asked) == (2 if ranges else 1)


def test_a_headers_length_is_known_once_all_of_it_is_there(wordy_file: Path) -> None:
    data = wordy_file.read_bytes()
    length = header_length(data, 2**40)
    assert length is not None
    assert len(data) - 32 <= length <= len(data)
    assert header_length(data[: length - 1], 2**40) is None


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (403, "GatedRepo", "is gated: accept its licence"),
        (401, "RepoNotFound", "There is no"),
        (404, "EntryNotFound", "There is no"),
        (500, "", "cannot be read"),
    ],
)
def test_refusals_are_said_in_words(
    status: int, code: str, said: str, server: Server, tmp_path: Path
) -> None:
    server.status, server.error_code = status, code
    with pytest.raises(ModelUnavailable, match=said) as failure:
        fetch_header(server.url + "/some/model/resolve/main/m.gguf", tmp_path)
    assert server.url in str(failure.value)


def test_no_server_is_said_in_words(server: Server, tmp_path: Path) -> None:
    with serving() as gone:
        url = gone.url
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        fetch_header(url + "/m.gguf", tmp_path)


def test_a_folder_without_room_is_named(server: Server, tiny_files: dict[str, Path], tmp_path: Path) -> None:
    server.content = tiny_files["llama"].read_bytes()
    with pytest.raises(CannotWrite, match=r"none cannot be written: .* another folder with TMPDIR"):
        fetch_header(server.url + "/m.gguf", tmp_path / "none")


@pytest.mark.parametrize("content", [b"<!DOCTYPE html>" + bytes(5 * MIB), b"GGUF", b""])
def test_what_is_no_gguf_is_no_model(content: bytes, server: Server, tmp_path: Path) -> None:
    server.content = content
    with pytest.raises(ModelUnavailable, match="127"):
        fetch_header(server.url + "/m.gguf", tmp_path)


def test_a_header_without_end_is_given_up(server: Server, tmp_path: Path) -> None:
    # One key whose value claims almost all that a header may have: zeros follow for ever.
    server.content = b"GGUF" + struct.pack("<IQQQ", 3, 0, 2**20, 1) + b"k" + struct.pack("<IQ", 8, 60 * MIB)
    server.size = 2**40
    with pytest.raises(ModelUnavailable):
        fetch_header(server.url + "/m.gguf", tmp_path)
    assert server.sent < 400 * MIB


def test_the_hubs_token_goes_to_the_hub_alone(
    server: Server, tiny_files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    server.content = tiny_files["llama"].read_bytes()
    # Not even to one whose address begins like the hub's.
    monkeypatch.setenv("HF_ENDPOINT", server.url[:-1])
    fetch_header(server.url + "/m.gguf", tmp_path)
    assert "secret" not in str(server.asked)
    monkeypatch.setenv("HF_ENDPOINT", server.url + "/")
    url = hub_url("owner/model", "folder/m.gguf")
    assert url == f"{server.url}/owner/model/resolve/main/folder/m.gguf"
    fetch_header(url, tmp_path)
    assert "Bearer hf_secret" in str(server.asked[-1])
