"""A web server on this machine, with TLS and a certificate authority of its own, that misbehaves as it is told.

What a path answers is a list of Answers, one for each request; the last one stays. The names `pictures.test` and
`cdn.test` stand in its certificate; that they lead to this machine, tests say with `Outside.addresses`.
"""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from service.imagery.originals.outside import Outside

HOSTS = ("pictures.test", "cdn.test")
JPEG = b"\xff\xd8\xff" + b"a picture, as far as fetching knows" + b"\xff\xd9"
PATIENCE_S = 10.0


@dataclass(frozen=True)
class Answer:
    """One answer. `length` is the Content-Length that it claims: None for the true one, -1 for none at all."""

    status: int = 200
    fields: dict[str, str] = field(default_factory=dict)
    body: bytes = JPEG
    length: int | None = None
    repeats: int = 1  # how often the body is sent
    drip_s: float = 0.0  # the time between two bytes of head and body
    stalls: bool = False  # nothing is sent at all


@dataclass(frozen=True)
class Request:
    """What was asked for. The names of fields are in lower case."""

    path: str
    fields: dict[str, str]


class TlsServer:
    """The server; `requests` are all that came, in order."""

    def __init__(self) -> None:
        self.authority = trustme.CA()
        self.answers: dict[str, list[Answer]] = {}
        self.requests: list[Request] = []
        self.connections = self.at_once = self.most_at_once = 0
        self.holds_s = 0.0  # how long each request is held, to see how many come at a time
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self._server = _Listener(self)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def url(self, path: str, host: str = HOSTS[0]) -> str:
        """The address of a path here."""
        return f"https://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [request.path for request in self.requests]

    def stop(self) -> None:
        """End every connection and every thread."""
        self.stopping.set()
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._thread.join(PATIENCE_S)

    def trust(self) -> ssl.SSLContext:
        """A client's context that trusts this server."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context

    def outside(self, **changes: Any) -> Outside:
        """The world as the fetching sees it: every name leads to this server, and waiting takes no time."""
        clock = Clock()
        world: dict[str, Any] = {"trust": self.trust, "addresses": lambda host, port: ("127.0.0.1",)}
        return Outside(**(world | {"now": clock.now, "wait": clock.wait} | changes))


class Clock:
    """A clock that goes on only while somebody waits; `waits` are the waits that were any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 1000.0
        self.waits: list[float] = []

    def now(self) -> float:
        with self._lock:
            return self._now

    def wait(self, wait_s: float) -> None:
        with self._lock:
            self._now += wait_s
            if wait_s:
                self.waits.append(round(wait_s, 3))


class _Listener(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, owner: TlsServer) -> None:
        self.owner = owner
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        owner.authority.issue_cert(*HOSTS, "127.0.0.1").configure_cert(self._context)
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.settimeout(PATIENCE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wrapped = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._connections.add(wrapped)
        self.owner.connections += 1
        return wrapped, address

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        request.close()

    def end_connections(self) -> None:
        for connection in list(self._connections):
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def do_GET(self) -> None:
        owner = self.server.owner
        fields = {name.lower(): value for name, value in self.headers.items()}
        with owner.lock:
            owner.requests.append(Request(self.path, fields))
            answers = owner.answers.get(self.path, [Answer(404, body=b"")])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            owner.at_once += 1
            owner.most_at_once = max(owner.most_at_once, owner.at_once)
        owner.stopping.wait(owner.holds_s)
        with owner.lock:
            owner.at_once -= 1
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        if answer.stalls:
            self.server.owner.stopping.wait(PATIENCE_S)
        length = len(answer.body) * answer.repeats if answer.length is None else answer.length
        fields = dict(answer.fields) | ({} if length < 0 or answer.status == 304 else {"Content-Length": str(length)})
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._write(f"HTTP/1.1 {answer.status} So\r\n{head}\r\n".encode("latin-1"), answer.drip_s)
        for _ in range(answer.repeats if answer.status != 304 else 0):
            self._write(answer.body, answer.drip_s)
        self.close_connection = answer.length is not None

    def _write(self, content: bytes, drip_s: float) -> None:
        if not drip_s:
            self.wfile.write(content)
            return
        for position in range(len(content)):
            self.wfile.write(content[position : position + 1])
            if self.server.owner.stopping.wait(drip_s):
                return

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def tls_server() -> Iterator[TlsServer]:
    """A server of this test's own, stopped after it."""
    server = TlsServer()
    yield server
    server.stop()


@pytest.fixture
def trusted(tls_server: TlsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The server's authority as a company gives out its own: a file that SSL_CERT_FILE names."""
    path = tmp_path / "authority.pem"
    tls_server.authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path
