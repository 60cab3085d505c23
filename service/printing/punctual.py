"""Sockets that are done by a moment: neither several addresses nor an answer that trickles lasts beyond it.

A timeout of Python's is for one step, and an answer takes a step for every piece that comes. Here each step gets what
is left. Everything raises OSError; TimeoutError, when nothing is left. Moments are monotonic.
"""

import socket
import ssl
import time

AT_ONCE = 64 << 10  # so many bytes are taken in one step


def reached(host: str, port: int, until: float) -> socket.socket:
    """Connected to the first address of the host that answers; one that is silent leaves time for the others."""
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure = OSError("the host has no address")
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        connected = socket.socket(family, kind, protocol)
        try:
            connected.settimeout(left_s(until) / (len(addresses) - number))
            connected.connect(address)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            connected.close()
            failure = error
        else:
            return connected
    raise failure


def reached_here(path: str, until: float) -> socket.socket:
    """Connected to a Unix socket of this machine."""
    connected = socket.socket(socket.AF_UNIX)
    try:
        connected.settimeout(left_s(until))
        connected.connect(path)
    except OSError:
        connected.close()
        raise
    return connected


def secured(connected: socket.socket, host: str, context: ssl.SSLContext, until: float) -> ssl.SSLSocket:
    """The same, encrypted; the handshake is one step."""
    try:
        connected.settimeout(left_s(until))
        return context.wrap_socket(connected, server_hostname=host)
    except OSError:
        connected.close()
        raise


def left_s(until: float) -> float:
    """How much time is left; raises TimeoutError if there is none."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("no time is left")
    return left


class PunctualSocket:
    """A connected socket; `until` is when its next steps must be done."""

    def __init__(self, connected: socket.socket) -> None:
        self.until = 0.0
        self._connected = connected

    def send(self, content: bytes) -> None:
        self._connected.settimeout(left_s(self.until))
        self._connected.sendall(content)

    def receive(self) -> bytes:
        """What came, at least a byte; none, where the other side has closed it."""
        self._connected.settimeout(left_s(self.until))
        return self._connected.recv(AT_ONCE)

    @property
    def is_closed(self) -> bool:
        """True once we closed it."""
        return self.fileno() < 0

    def fileno(self) -> int:
        return self._connected.fileno()

    def close(self) -> None:
        self._connected.close()
