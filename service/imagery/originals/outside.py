"""The network as pictures are fetched over it: only to addresses that were looked at, and never for longer than agreed.

A host's name is resolved here, each address is judged, and the one that was judged is connected to: a name that means
another address a moment later leads nowhere. Private addresses (of this machine, of the house, of the cloud's
own services) are for the hosts that the operator named.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpcore

from service.imagery.refused import PictureRefused

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_OPEN_IPV6 = ipaddress.IPv6Network("2000::/3")  # all that was ever given to the open internet


def system_addresses(host: str, port: int) -> tuple[str, ...]:
    """The addresses of `host` as this machine resolves it, the preferred first; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class Outside:
    """What fetching takes from the world: who is trusted, names, a clock that only goes forward, and waiting."""

    trust: Callable[[], ssl.SSLContext] = ssl.create_default_context
    addresses: Callable[[str, int], tuple[str, ...]] = system_addresses
    now: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep


def is_public(address: IpAddress) -> bool:
    """True for an address of the open internet; one that is wrapped in another is judged itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast and not address.is_reserved
    if inner := _wrapped(address):
        return all(map(is_public, inner))
    return address.is_global and address in _OPEN_IPV6


def _wrapped(address: ipaddress.IPv6Address) -> tuple[IpAddress, ...]:
    """The IPv4 addresses that an IPv6 address leads to."""
    if address in _NAT64:
        return (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF),)
    return tuple(inner for inner in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())) if inner)


class VettedBackend(httpcore.NetworkBackend):
    """Connects to vetted addresses, and ends what takes longer than the deadline of the thread that waits for it."""

    def __init__(self, outside: Outside, private_hosts: Iterable[str]) -> None:
        self._outside = outside
        self._private_hosts = frozenset(host.rstrip(".").lower() for host in private_hosts)
        self._system = httpcore.SyncBackend()
        self._deadlines = Deadlines(outside.now)

    @contextmanager
    def deadline(self, left_s: float) -> Iterator[None]:
        """Nothing that this thread waits for inside the block goes on after `left_s`."""
        with self._deadlines.within(left_s):
            yield

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first vetted address of `host` that answers; raises PictureRefused where none may."""
        failure: Exception = httpcore.ConnectError("the host has no address")
        for address in self._vetted(host, port):
            left_s = self._deadlines.clipped(timeout)
            try:
                stream = self._system.connect_tcp(address, port, left_s, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self._deadlines)
        raise failure

    def _vetted(self, host: str, port: int) -> tuple[str, ...]:
        try:
            addresses = self._outside.addresses(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the host's name can't be resolved") from error
        if host.lower() in self._private_hosts:
            return addresses
        vetted = tuple(address for address in addresses if is_public(ipaddress.ip_address(address)))
        if addresses and not vetted:
            what = f"{host} has a private address: list it in images.private_hosts if it may be asked"
            raise PictureRefused("not-fetched", what)
        return vetted


class Deadlines:
    """When each thread stops waiting."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._of_thread = threading.local()

    @contextmanager
    def within(self, left_s: float) -> Iterator[None]:
        """Set this thread's deadline for the block."""
        self._of_thread.ends_at = self._now() + left_s
        try:
            yield
        finally:
            del self._of_thread.ends_at

    def clipped(self, timeout_s: float | None) -> float:
        """`timeout_s`, or what is left until the deadline if that is less; raises ReadTimeout when nothing is."""
        left_s = float(self._of_thread.ends_at - self._now())
        if left_s <= 0:
            raise httpcore.ReadTimeout("the deadline is over")
        return left_s if timeout_s is None else min(timeout_s, left_s)


class _TimedStream(httpcore.NetworkStream):
    """A connection on which nobody waits past a deadline, however little comes at a time."""

    def __init__(self, stream: httpcore.NetworkStream, deadlines: Deadlines) -> None:
        self._stream = stream
        self._deadlines = deadlines

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadlines.clipped(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadlines.clipped(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            stream = self._stream.start_tls(ssl_context, server_hostname, self._deadlines.clipped(timeout))
        except httpcore.ConnectError as error:
            raise _refused_certificate(error) or error from error
        except httpcore.ReadTimeout:
            self.close()
            raise
        return _TimedStream(stream, self._deadlines)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _refused_certificate(error: Exception) -> PictureRefused | None:
    cause = error.__cause__
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return None
    return PictureRefused("not-fetched", f"the server's certificate is not trusted: {cause.verify_message}")
