"""Addresses of pictures: https:// only, without user names or passwords, in the one form in which they are asked for.

What people are shown of an address, and what is remembered of it, leaves out its query, which may hold a key.
"""

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from service.imagery.offered import is_plain

MAX_LENGTH = 4096
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLAIN = re.compile(r"[A-Za-z0-9/._~=&-]+")
_IN_PATH = "%/:@!$&'()*+,;=~"


class LinkRefused(ValueError):
    """A text that is no address that we ask; says why, without what may be secret in it."""


@dataclass(frozen=True, slots=True)
class Link:
    """An https address, its parts as they go over the wire. `host` has no brackets, `target` is path and query."""

    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The host as it stands in an address and in the Host field, with the port where it is not 443."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 443 else f"{host}:{self.port}"

    @property
    def address(self) -> str:
        """The whole address; it may hold a key: not for people, logs or errors."""
        return f"https://{self.authority}{self.target}"

    @property
    def fingerprint(self) -> str:
        """What tells this address from every other and betrays nothing of it."""
        return hashlib.sha256(self.address.encode()).hexdigest()[:32]

    @property
    def shown(self) -> str:
        """The address for people and for remembering: for a query stands a mark that differs as queries do."""
        path, _, query = self.target.partition("?")
        mark = f"?...{hashlib.sha256(query.encode()).hexdigest()[:16]}" if query else ""
        return f"https://{self.authority}{path}{mark}"


def parsed_link(text: str, base: Link | None = None) -> Link:
    """The address that `text` is, or leads to from `base`; raises LinkRefused."""
    if not is_plain(text) or len(text) > MAX_LENGTH:
        raise LinkRefused(f"an address holds no control characters and at most {MAX_LENGTH} characters")
    try:
        parts = urlsplit(text if base is None or text.startswith("https://") else urljoin(base.address, text))
        port = parts.port or 443
    except ValueError as error:
        raise LinkRefused("this is no address") from error
    if parts.scheme != "https":
        raise LinkRefused("only https:// addresses are fetched")
    if "@" in parts.netloc:
        raise LinkRefused("an address with a user name or a password is not fetched")
    return Link(_host(parts.hostname or ""), port, _target(parts))


def _host(name: str) -> str:
    """The name of a host in lower case and ASCII, or an IP address."""
    if ":" in name:
        return _ip_address(name)
    try:
        host = name.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise LinkRefused("the address names no host") from error
    if not _HOST.fullmatch(host):
        raise LinkRefused("the address names no host")
    return host


def _ip_address(name: str) -> str:
    try:
        address = ipaddress.IPv6Address(name)
    except ValueError as error:
        raise LinkRefused("the address names no host") from error
    if address.scope_id:
        raise LinkRefused("the address names a network interface")
    return str(address)


def _target(parts: SplitResult) -> str:
    path, query = parts.path or "/", parts.query
    if not _PLAIN.fullmatch(path + query):  # nearly all are plain, and quoting is slow
        path = quote(_BARE_PERCENT.sub("%25", path), safe=_IN_PATH)
        query = quote(_BARE_PERCENT.sub("%25", query), safe=_IN_PATH + "?")
    return f"{path}?{query}" if query else path
