"""Asks cupsd or a printer by IPP, within a deadline that is over all of it: connection, request, headers and body.

Only the look-up of a host's name takes its own time.

One connection for each thread and address, kept alive, looked at before it is used again, thrown away after any
failure. No request is ever sent twice from here: whoever asks knows what a second time would do.
"""

import select
import ssl
import threading
import time
import weakref
from urllib.parse import urlsplit

from service.printing.http_answer import OK, BrokenHttp, received_answer
from service.printing.ipp import Answer, BrokenAnswer, Request, Wanted, every, read, written
from service.printing.punctual import PunctualSocket, reached, reached_here, secured

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

    def ask(self, request: Request, path: str, is_wanted: Wanted = every) -> Answer:
        """The answer, whatever its status, with the jobs that are wanted; raises NoAnswer, Withheld.

        `path` is where HTTP posts it.
        """
        until = time.monotonic() + self._deadline_s
        try:
            kept = self._connection(until)
        except (OSError, ValueError) as error:  # a ValueError: the address has a port that is no number
            raise NoAnswer(_said(error), was_sent=False) from error
        try:
            kept.socket.send(_posted(kept.host, path, written(request)))
            answer = read(_answered(kept.socket), is_wanted)
        except _Forbidden as error:
            self._of_thread.kept = None
            raise Withheld(str(error)) from error
        except (OSError, BrokenHttp, BrokenAnswer) as error:
            self._of_thread.kept = None
            raise NoAnswer(_said(error), was_sent=True) from error
        if kept.socket.is_closed:
            self._of_thread.kept = None  # it was told to us: nothing was cut
        return answer

    def was_cut(self) -> bool:
        """True once after the other side closed the calling thread's connection though it was in use: it restarted."""
        was_cut, self._of_thread.was_cut = getattr(self._of_thread, "was_cut", False), False
        return was_cut

    @property
    def line(self) -> object:
        """The calling thread's connection: as long as it is the same, so is the server at its other end."""
        kept: _Kept | None = getattr(self._of_thread, "kept", None)
        return None if kept is None or _is_over(kept.socket) else kept

    def _connection(self, until: float) -> "_Kept":
        kept: _Kept | None = getattr(self._of_thread, "kept", None)
        if kept is None or _is_over(kept.socket):
            self._of_thread.was_cut = kept is not None and time.monotonic() - kept.used_at < IDLE_S
            self._of_thread.kept = None  # closed before the next one is opened
            kept = self._of_thread.kept = _opened(self._address, until)
        kept.socket.until = until
        kept.used_at = time.monotonic()
        return kept


class _Forbidden(Exception):
    """HTTP itself says no, and would say so again."""


class _Kept:
    """A connection that is closed when nobody keeps it any more: after a failure, or with its thread or its client."""

    def __init__(self, host: str, socket: PunctualSocket) -> None:
        self.host = host
        self.socket = socket
        self.used_at = 0.0  # monotonic
        weakref.finalize(self, socket.close)


def _opened(address: str, until: float) -> _Kept:
    if address.startswith("/"):
        return _Kept("localhost", PunctualSocket(reached_here(address, until)))
    at = urlsplit(address)
    host, port = at.hostname or "", at.port or IPP_PORT
    connected = reached(host, port, until)
    if at.scheme == "ipps":
        connected = secured(connected, host, _any_certificate(), until)
    return _Kept(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", PunctualSocket(connected))


def _any_certificate() -> ssl.SSLContext:
    """Printers sign their own certificates, and CUPS takes them too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _is_over(connected: PunctualSocket) -> bool:
    """True when the other side closed it, or says what nobody asked for."""
    if connected.is_closed:
        return True
    readable, _, _ = select.select((connected,), (), (), 0)
    return bool(readable)


def _posted(host: str, path: str, content: bytes) -> bytes:
    """A request in one piece: for each that comes, the other side wakes up."""
    head = (
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/ipp",
        f"Content-Length: {len(content)}",
    )
    return "\r\n".join((*head, "", "")).encode("ascii", "replace") + content


def _answered(connected: PunctualSocket) -> bytes:
    """What was answered; closes a connection that the other side will close behind it."""
    answer = received_answer(connected.receive)
    if answer.is_last:
        connected.close()
    if answer.status in FORBIDDEN:
        raise _Forbidden(f"HTTP {answer.status}")
    if answer.status != OK:
        raise BrokenHttp(f"HTTP {answer.status}")
    return answer.body


def _said(error: Exception) -> str:
    """A failure in few words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
