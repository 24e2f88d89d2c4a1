"""The wire of the stage: one HTTP request to AWS and its answer, as values, and the loopback server that takes them.

In: a function AwsRequest -> AwsAnswer. Out: its address. Effect: listens on 127.0.0.1.
"""

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request")
# The front sets these itself for every answer.
_HOP = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}
_MOTO_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class AwsRequest:
    """A signed request; ``service`` is the one that it was signed for ("" where it bears no signature)."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def service(self) -> str:
        """The service in the credential scope of the signature."""
        found = _SCOPE.search(self.headers.get("Authorization", ""))
        return found.group(1) if found else ""

    @property
    def operation(self) -> str:
        """The operation's name in the JSON and the query protocols; "" in the REST ones, where the path tells it."""
        if target := self.headers.get("X-Amz-Target"):
            return target.rpartition(".")[2]
        return self.form.get("Action", [""])[0]

    @property
    def form(self) -> dict[str, list[str]]:
        """The fields of a form; empty for other bodies."""
        if "x-www-form-urlencoded" not in self.headers.get("Content-Type", ""):
            return {}
        return parse_qs(self.body.decode())

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body or b"{}")


@dataclass(frozen=True)
class AwsAnswer:
    """What goes back."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body or b"{}")


class AwsError(Exception):
    """A refusal, by AWS's own name for it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status

    def answer(self) -> AwsAnswer:
        """As the JSON protocols tell it."""
        return json_answer({"__type": self.code, "message": self.message}, self.status)


def json_answer(value: Any, status: int = 200) -> AwsAnswer:
    """An answer of the JSON 1.1 protocol."""
    return AwsAnswer(status, json.dumps(value).encode(), {"Content-Type": "application/x-amz-json-1.1"})


def forward(request: AwsRequest, port: int) -> AwsAnswer:
    """The answer of the server on ``port`` of the loopback to the request as it came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_MOTO_TIMEOUT_SECONDS)
    try:
        headers = {name: value for name, value in request.headers.items() if name.lower() != "transfer-encoding"}
        connection.request(request.method, request.path, request.body, headers | {"Connection": "close"})
        response = connection.getresponse()
        body = response.read()
        kept = {name: value for name, value in response.getheaders() if name.lower() not in _HOP}
        if request.method == "HEAD":  # the length belongs to the body that is not sent
            kept["Content-Length"] = response.getheader("Content-Length", "0")
        return AwsAnswer(response.status, body, kept)
    finally:
        connection.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 70  # a client that keeps its connection open must not keep a thread forever
    server: "_Server"

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # every method alike
            return self._handle_any
        raise AttributeError(name)

    def _handle_any(self) -> None:
        self._write(self.server.answer(AwsRequest(self.command, self.path, self.headers, self._read())))

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _write(self, given: AwsAnswer) -> None:
        self.send_response(given.status)
        headers = {name: value for name, value in given.headers.items() if name.lower() not in _HOP}
        length = given.headers.get("Content-Length") if self.command == "HEAD" else str(len(given.body))
        for name, value in (headers | {"Content-Length": length or "0"}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(given.body)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the stage remembers the calls."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, answer: Callable[[AwsRequest], AwsAnswer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer

    def handle_error(self, *_: Any) -> None:
        """A client that went away is no event."""


@contextmanager
def listen(answer: Callable[[AwsRequest], AwsAnswer]) -> Iterator[str]:
    """Serve ``answer`` on a free port of the loopback; gives the address."""
    server = _Server(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
