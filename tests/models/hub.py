"""A small server that speaks the hub's protocol: files by name, with checksums, ranges and faults."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

COMMIT = "0" * 39 + "1"


class Hub:
    """`files`: "owner/name/file" → content. `breaks_after`: bytes after which the next transfer is cut.

    `tag`: what it calls every content, in place of its SHA-256.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.gated: set[str] = set()
        self.breaks_after: list[int] = []
        self.down_after_break = False
        self.down = False
        self.lies = False
        self.tag = ""
        self.claimed_size: int | None = None
        # A transfer waits after so many bytes until it may go on.
        self.pauses_after: int | None = None
        self.go_on = Event()
        self.requests: list[tuple[str, str, str | None]] = []
        self.url = ""

    def refusal(self, repository: str) -> tuple[int, str] | None:
        if repository in self.gated:
            return 403, "GatedRepo"
        if not any(name.startswith(repository + "/") for name in self.files):
            return 401, "RepoNotFound"
        return None


@contextmanager
def hub_server() -> Iterator[Hub]:
    """A Hub that answers on its `url` until the end of the block."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            with suppress(ConnectionError):  # who has no room for more hangs up
                self._answer(body=True)

        def _answer(self, body: bool) -> None:
            hub.requests.append((self.command, self.path, self.headers.get("Range")))
            if hub.down:
                self._error(503, "")
            elif self.path.startswith("/api/models/"):
                self._list_files()
            else:
                repository, _, file = self.path.partition("?")[0].strip("/").partition("/resolve/main/")
                self._file(repository, file, body)

        def _error(self, status: int, code: str) -> None:
            self.send_response(status)
            if code:
                self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _list_files(self) -> None:
            repository = "/".join(self.path.split("/")[3:5]).split("?")[0]
            names = [n.removeprefix(repository + "/") for n in hub.files if n.startswith(repository + "/")]
            if "/tree/" in self.path:
                listed: Any = [{"type": "file", "path": name, "size": 1, "oid": "0" * 40} for name in names]
            else:
                listed = {"id": repository, "siblings": [{"rfilename": name} for name in names]}
            content = json.dumps(listed).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _file(self, repository: str, file: str, body: bool) -> None:
            if refusal := hub.refusal(repository):
                self._error(*refusal)
                return
            content = hub.files.get(f"{repository}/{file}")
            if content is None:
                self._error(404, "EntryNotFound")
                return
            start = 0
            if asked := self.headers.get("Range"):
                start = int(asked.removeprefix("bytes=").split("-")[0])
            self.send_response(206 if start else 200)
            self.send_header("X-Repo-Commit", COMMIT)
            digest = hashlib.sha256(content).hexdigest()
            self.send_header("ETag", '"quoted"')
            self.send_header("X-Linked-Etag", f'"{hub.tag or ("0" * 64 if hub.lies else digest)}"')
            self.send_header("X-Linked-Size", str(hub.claimed_size or len(content)))
            self.send_header("Content-Length", str(len(content) - start))
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            if body:
                self._send(content[start:])

        def _send(self, content: bytes) -> None:
            if hub.pauses_after is not None:
                first, hub.pauses_after = hub.pauses_after, None
                self.wfile.write(content[:first])
                self.wfile.flush()
                hub.go_on.wait(60)
                content = content[first:]
            if hub.breaks_after:
                self.wfile.write(content[: hub.breaks_after.pop(0)])
                self.wfile.flush()
                self.close_connection = True
                hub.down = hub.down_after_break
                return
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
