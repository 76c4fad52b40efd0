"""A small HTTP server whose replies are told beforehand, also what no well-behaved server does."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {
    "prompt_tokens": 110,
    "completion_tokens": 5,
    "prompt_tokens_details": {"cached_tokens": 10},
}


def event(content: str | None = None, finish: str | None = None, usage: object = None, **more: Any) -> bytes:
    """One chunk of a stream; `more` are further keys of the choice's delta."""
    choice = {"index": 0, "delta": {"content": content, **more}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice], "usage": usage}).encode() + b"\n\n"


def usage_event(usage: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


class Handler(BaseHTTPRequestHandler):
    """Speaks as the next reply of its server says."""

    protocol_version = "HTTP/1.1"
    server: "StrangeServer"

    def do_GET(self) -> None:
        self.send(200, {"data": self.server.models} if self.server.models is not None else {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked.append(body)
            self.server.headers.append(dict(self.headers))
            replies = self.server.replies
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
        try:
            reply(self)
        except OSError:
            self.server.left.set()

    def send(self, status: int, body: Any, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def begin(self, kind: str = "text/event-stream") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def write(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def end(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def hang(self, pulse: bytes = b": ping\n\n") -> None:
        """Send nothing that means anything, until the other side goes away or the test ends."""
        while not self.server.over.wait(0.05):
            self.write(pulse)

    def die(self) -> None:
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: object) -> None:
        pass


Reply = Callable[[Handler], None]


class StrangeServer(ThreadingHTTPServer):
    """`replies`: one per question, the last again and again. `asked`, `headers`: what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.replies: list[Reply] = [says("Yes.")]
        self.models: list[dict[str, Any]] | None = [{"id": "m"}]
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.left = threading.Event()
        self.over = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def stop(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, *_: object) -> None:
        """A client that went away is no news."""


def streams(*parts: bytes, pause_s: float = 0) -> Reply:
    """A stream of these parts, properly ended."""

    def reply(handler: Handler) -> None:
        handler.begin()
        for part in parts:
            handler.write(part)
            time.sleep(pause_s)
        handler.end()

    return reply


def says(*pieces: str, finish: str = "stop", usage: dict[str, Any] | None = USAGE) -> Reply:
    """A whole answer, with its usage unless that is None."""
    ending = [event(finish=finish), *([usage_event(usage)] if usage else []), DONE]
    return streams(*map(event, pieces), *ending)


def refuses(status: int, body: Any = b"no", **headers: str) -> Reply:
    return lambda handler: handler.send(status, body, **headers)


def dies_after(*parts: bytes) -> Reply:
    """Breaks off in the middle of the stream."""

    def reply(handler: Handler) -> None:
        handler.begin()
        for part in parts:
            handler.write(part)
        handler.die()

    return reply


def hangs_after(*parts: bytes) -> Reply:
    """Keeps the connection alive, and says nothing more."""

    def reply(handler: Handler) -> None:
        handler.begin()
        for part in parts:
            handler.write(part)
        handler.hang()

    return reply


def too_long(handler: Handler) -> None:
    """Refuses a prompt of more than 3 passages, as llama-server does."""
    if "[4]" in handler.server.asked[-1]["messages"][0]["content"]:
        message = "request (2000 tokens) exceeds the available context size (1024 tokens), try increasing it"
        handler.send(400, {"error": {"message": message, "type": "exceed_context_size_error"}})
    else:
        says("Yes [3].")(handler)
