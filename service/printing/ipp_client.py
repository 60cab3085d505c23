"""Asks cupsd or a printer by IPP, within a deadline that is over all of it: connection, request, headers and body.

Only the look-up of a host's name takes its own time.

One connection for each thread and address, kept alive, looked at before it is used again, thrown away after any
failure. No request is ever sent twice from here: whoever asks knows what a second time would do.
"""

import http.client
import select
import socket
import ssl
import threading
import time
import weakref
from urllib.parse import urlsplit

from service.printing.ipp import Answer, BrokenAnswer, Request, read, written
from service.printing.punctual import PunctualSocket, left_s, reached, secured

LARGEST_ANSWER = 8 << 20
IPP_PORT = 631
FORBIDDEN = (401, 403, 405, 426)  # it wants a password or encryption, or does not do that
IDLE_S = 20.0  # cupsd closes a connection that was not used for 30 s


class NoAnswer(Exception):
    """No connection, or no whole answer in time. Where `was_sent`, the request may have been carried out."""

    def __init__(self, what: str, *, was_sent: bool) -> None:
        super().__init__(what)
        self.was_sent = was_sent


class Withheld(NoAnswer):
    """It is there, and does not tell."""

    def __init__(self, what: str) -> None:
        super().__init__(what, was_sent=True)


class IppClient:
    """Asks one address: the path of a Unix socket, or a printer's ipp:// or ipps:// URI."""

    def __init__(self, address: str, deadline_s: float) -> None:
        self._address = address
        self._deadline_s = deadline_s
        self._of_thread = threading.local()

    def ask(self, request: Request, path: str) -> Answer:
        """The answer, whatever its status; raises NoAnswer, Withheld. `path` is where HTTP posts it."""
        until = time.monotonic() + self._deadline_s
        try:
            connection = self._connection(until)
        except (OSError, ValueError) as error:  # a ValueError: the address has a port that is no number
            raise NoAnswer(_said(error), was_sent=False) from error
        try:
            connection.send(_posted(connection, path, written(request)))
            return read(_answered(connection))
        except _Forbidden as error:
            self._of_thread.kept = None
            raise Withheld(str(error)) from error
        except (OSError, http.client.HTTPException, BrokenAnswer) as error:
            self._of_thread.kept = None
            raise NoAnswer(_said(error), was_sent=True) from error

    def was_cut(self) -> bool:
        """True once after the other side closed the calling thread's connection though it was in use: it restarted."""
        was_cut, self._of_thread.was_cut = getattr(self._of_thread, "was_cut", False), False
        return was_cut

    @property
    def line(self) -> object:
        """The calling thread's connection: as long as it is the same, so is the server at its other end."""
        kept: _Kept | None = getattr(self._of_thread, "kept", None)
        return None if kept is None or _is_over(kept.connection) else kept

    def _connection(self, until: float) -> http.client.HTTPConnection:
        kept: _Kept | None = getattr(self._of_thread, "kept", None)
        if kept is None or _is_over(kept.connection):
            self._of_thread.was_cut = kept is not None and time.monotonic() - kept.used_at < IDLE_S
            self._of_thread.kept = None  # closed before the next one is opened
            kept = self._of_thread.kept = _opened(self._address, until)
        kept.socket.until = until
        kept.used_at = time.monotonic()
        return kept.connection


class _Forbidden(Exception):
    """HTTP itself says no, and would say so again."""


class _Kept:
    """A connection that is closed when nobody keeps it any more: after a failure, or with its thread or its client."""

    def __init__(self, connection: http.client.HTTPConnection, socket: PunctualSocket) -> None:
        self.connection = connection
        self.socket = socket
        connection.sock = socket
        self.used_at = 0.0  # monotonic
        weakref.finalize(self, connection.close)


def _opened(address: str, until: float) -> _Kept:
    if address.startswith("/"):
        over_socket = UnixConnection(address, left_s(until))
        over_socket.connect()
        return _Kept(over_socket, PunctualSocket(over_socket.sock))
    at = urlsplit(address)
    host, port = at.hostname or "", at.port or IPP_PORT
    connected = reached(host, port, until)
    if at.scheme == "ipps":
        connected = secured(connected, host, _any_certificate(), until)
    return _Kept(http.client.HTTPConnection(host, port), PunctualSocket(connected))


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, deadline_s: float) -> None:
        super().__init__("localhost", timeout=deadline_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.sock.settimeout(self.timeout)
            self.sock.connect(self._path)
        except OSError:
            self.sock.close()
            raise


def _any_certificate() -> ssl.SSLContext:
    """Printers sign their own certificates, and CUPS takes them too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _is_over(connection: http.client.HTTPConnection) -> bool:
    """True when the other side closed it, or says what nobody asked for."""
    if connection.sock is None:
        return True
    readable, _, _ = select.select((connection.sock,), (), (), 0)
    return bool(readable)


def _posted(connection: http.client.HTTPConnection, path: str, content: bytes) -> bytes:
    """A request in one piece: http.client sends two, and the other side wakes up for each."""
    host = f"[{connection.host}]" if ":" in connection.host else connection.host
    port = "" if connection.port == connection.default_port else f":{connection.port}"
    head = (
        f"POST {path} HTTP/1.1",
        f"Host: {host}{port}",
        "Content-Type: application/ipp",
        f"Content-Length: {len(content)}",
    )
    return "\r\n".join((*head, "", "")).encode("ascii", "replace") + content


def _answered(connection: http.client.HTTPConnection) -> bytes:
    """What was answered; the connection is closed if the other side closes it after every answer."""
    with http.client.HTTPResponse(connection.sock, method="POST") as response:
        response.begin()
        body = _body(response)
        if response.will_close:
            connection.close()
    return body


def _body(response: http.client.HTTPResponse) -> bytes:
    """What was answered."""
    if response.status in FORBIDDEN:
        raise _Forbidden(f"HTTP {response.status}")
    if response.status != http.client.OK:
        raise http.client.HTTPException(f"HTTP {response.status}")
    body = bytearray()
    while piece := response.read1(1 << 16):
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise BrokenAnswer("the answer does not end")
    return bytes(body)


def _said(error: Exception) -> str:
    """A failure in few words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
