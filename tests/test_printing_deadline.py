"""The deadline of a call by IPP is over all of it, whatever the other side does with its time."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

import pytest
import trustme

from service.clock import utc_now
from service.printing.cupsd import SERVER, printer_uri
from service.printing.device import Device
from service.printing.ipp import Operation, Request
from service.printing.ipp_client import IppClient, NoAnswer
from service.printing.punctual import reached

DEADLINE_S = 0.4
DRIP_S = 0.05
HEADERS = b"HTTP/1.1 200 OK\r\n" + b"X-Slow: y\r\n" * 90
EMPTY = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\n\x02\0\0\0\0\0\0\1\3"
BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"x" * 500


@dataclass
class Sick:
    """Takes one request, and does as it pleases with the connection."""

    answer: Callable[["Sick", socket.socket], None]
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listener.close()

    def trickle(self, connection: socket.socket, answer: bytes, piece: int) -> None:
        """So many bytes at a time, each well within a deadline of its own."""
        connection.recv(65536)
        for at in range(0, len(answer), piece):
            connection.sendall(answer[at : at + piece])
            if self.stopping.wait(DRIP_S):
                return

    def _serve(self) -> None:
        with suppress(OSError):
            connection, _ = self._listener.accept()
            with connection:
                self.answer(self, connection)


@pytest.fixture
def sick() -> Iterator[Callable[[Callable[[Sick, socket.socket], None]], Sick]]:
    made: list[Sick] = []

    def make(answer: Callable[[Sick, socket.socket], None]) -> Sick:
        made.append(Sick(answer))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def trickles_over_tls(sick: Sick, connection: socket.socket) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with context.wrap_socket(connection, server_side=True) as secured:
        sick.trickle(secured, HEADERS, 11)


def closes(sick: Sick, connection: socket.socket) -> None:
    sick.trickle(connection, EMPTY, len(EMPTY))


def test_a_server_that_says_that_it_closes_was_not_restarted(
    sick: Callable[[Callable[[Sick, socket.socket], None]], Sick],
) -> None:
    first, second = sick(closes), sick(closes)
    client = IppClient(f"ipp://127.0.0.1:{first.port}/", 10)
    request = Request(Operation.GET_JOBS, printer_uri(SERVER, "uk-notes"))
    client.ask(request, "/")
    assert client.line is None
    client._address = f"ipp://127.0.0.1:{second.port}/"  # the same one, to whoever asks
    client.ask(request, "/")
    assert not client.was_cut()


@pytest.mark.parametrize(
    ("scheme", "answer"),
    [
        pytest.param("ipp", lambda sick, connection: sick.trickle(connection, HEADERS, 11), id="headers line by line"),
        pytest.param("ipp", lambda sick, connection: sick.trickle(connection, HEADERS, 1), id="headers byte by byte"),
        pytest.param("ipp", lambda sick, connection: sick.trickle(connection, BODY, 50), id="body"),
        pytest.param("ipps", trickles_over_tls, id="headers by TLS"),
        pytest.param("ipps", lambda sick, _: sick.stopping.wait(10), id="no handshake"),
    ],
)
def test_a_printer_that_trickles_does_not_outlast_the_deadline(
    sick: Callable[[Callable[[Sick, socket.socket], None]], Sick],
    scheme: str,
    answer: Callable[[Sick, socket.socket], None],
) -> None:
    printer = sick(answer)
    began = time.monotonic()
    with pytest.raises(NoAnswer, match="no answer in time"):
        Device(f"{scheme}://127.0.0.1:{printer.port}/ipp/print", DEADLINE_S, utc_now).condition()
    assert time.monotonic() - began < 5 * DEADLINE_S


def test_an_address_that_is_silent_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_address() as silent, socket.create_server(("127.0.0.1", 0)) as other:
        places = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", at) for at in (silent, other.getsockname())]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
        with reached("printer.test", 631, time.monotonic() + 2 * DEADLINE_S) as found:
            assert other.getsockname() == found.getpeername()


@contextmanager
def silent_address() -> Iterator[tuple[str, int]]:
    """Where nobody takes a connection: as many as may wait there wait already."""
    with ExitStack() as open_sockets:
        listener = open_sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = open_sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()
