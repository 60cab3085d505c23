"""Sockets that are done by a moment: neither several addresses nor an answer that trickles lasts beyond it.

A timeout of Python's is for one step, and http.client takes a step for every piece that comes. Here each step gets what
is left. Everything raises OSError; TimeoutError, when nothing is left. Moments are monotonic.
"""

import io
import socket
import ssl
import time


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
    """A connected socket, as far as http.client needs one; `until` is when its next steps must be done."""

    def __init__(self, connected: socket.socket) -> None:
        self.until = 0.0
        self.connected = connected

    def sendall(self, content: bytes) -> None:
        self.connected.settimeout(left_s(self.until))
        self.connected.sendall(content)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_PunctualReader(self))

    def fileno(self) -> int:
        return self.connected.fileno()

    def close(self) -> None:
        self.connected.close()


class _PunctualReader(io.RawIOBase):
    """What comes in, piece by piece."""

    def __init__(self, of: PunctualSocket) -> None:
        self._of = of
        self._incoming = of.connected.makefile("rb", buffering=0)  # keeps the socket open until all is read

    def readable(self) -> bool:
        return True

    def readinto(self, place: "memoryview | bytearray") -> int | None:  # type: ignore[override]  # any buffer
        self._of.connected.settimeout(left_s(self._of.until))
        return self._incoming.readinto(place)

    def close(self) -> None:
        self._incoming.close()
        super().close()
