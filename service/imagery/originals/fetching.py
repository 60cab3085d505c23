"""Pictures over HTTPS: fetched politely, into a file of our naming, and only if they are not as we know them.

Each try follows at most three redirects, takes no more bytes than it may, and ends in time. What may be well a moment
later (a broken connection, 429, 5xx) is tried again, after the time that the server names or a growing one; what will
not is refused at once. No error and no log tells more of an address than its Link shows.
"""

import json
import re
import secrets
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpcore

from service import __version__
from service.config import Images
from service.imagery.offered import Brought
from service.imagery.originals.links import Link, LinkRefused, parsed_link
from service.imagery.originals.outside import Outside, VettedBackend
from service.imagery.originals.politeness import Lane, Lanes
from service.imagery.refused import PictureRefused

MAX_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
MB = 1_000_000
FIRST_PAUSE_S = 0.5  # doubled for each further try
TIMEOUTS_A_PICTURE = 6  # so many times timeout_s, all tries together; pauses and the wait for a turn don't count
_IDLE_CONNECTIONS = 32
_IDLE_S = 20.0
_MAX_VALIDATOR = 1024


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be fetched, what is known of it, into which folder, and how large it may be."""

    link: Link
    known_stamp: str
    into: Path
    max_bytes: int


class Fetcher:
    """Fetches for any number of threads. `own_host` is the one that the operator typed; it may be a private one."""

    def __init__(self, settings: Images, own_host: str, outside: Outside) -> None:
        self._settings = settings
        self._outside = outside
        self._lanes = Lanes(settings, outside)
        self._network = VettedBackend(outside, (*settings.private_hosts, own_host))
        self._pool = httpcore.ConnectionPool(
            ssl_context=outside.trust(),
            max_connections=None,  # the lanes bound them
            max_keepalive_connections=_IDLE_CONNECTIONS,
            keepalive_expiry=_IDLE_S,
            network_backend=self._network,
        )
        weakref.finalize(self, self._pool.close)

    def fetch(self, wish: Wish) -> Brought | None:
        """What is wished as a new file; None if it is as at the known stamp; raises PictureRefused.

        Faults of our own disk are OSError.
        """
        patience = _Patience(self._settings.timeout_s * TIMEOUTS_A_PICTURE, self._outside)
        tries = self._settings.attempts
        for number in range(1, tries + 1):
            try:
                return self._followed(wish, patience)
            except _Broken as error:
                if number == tries or patience.is_over:
                    error.lane.failed()
                    raise PictureRefused("not-fetched", error.what) from error
            self._outside.wait(FIRST_PAUSE_S * 2 ** (number - 1))
        raise AssertionError("there is at least one try")

    def _followed(self, wish: Wish, patience: "_Patience") -> Brought | None:
        """One try, through its redirects."""
        link = wish.link
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._asked(link, wish, patience)
            if not isinstance(answer, Link):
                return answer
            link = answer
        raise PictureRefused("not-fetched", f"more than {MAX_REDIRECTS} redirects")

    def _asked(self, link: Link, wish: Wish, patience: "_Patience") -> Brought | Link | None:
        """One request, when it is its turn."""
        lane = self._lanes.of(link.host)
        with (
            lane.turn(),
            patience.spent(),
            self._network.deadline(patience.left_s),
            _failures_told(lane),
            self._pool.stream("GET", _url(link), headers=_fields(link, wish), extensions=self._timeouts) as response,
        ):
            return _received(response, link, wish, lane)

    @property
    def _timeouts(self) -> dict[str, dict[str, float]]:
        return {"timeout": dict.fromkeys(("connect", "read", "write"), self._settings.timeout_s)}


class _Broken(Exception):
    """A try that came to nothing and may do better, and at whose host."""

    def __init__(self, what: str, lane: Lane) -> None:
        super().__init__(what)
        self.what = what
        self.lane = lane


class _Patience:
    """How long one picture may still take."""

    def __init__(self, left_s: float, outside: Outside) -> None:
        self.left_s = left_s
        self._now = outside.now

    @property
    def is_over(self) -> bool:
        return self.left_s <= 0

    @contextmanager
    def spent(self) -> Iterator[None]:
        """What the block takes is taken off."""
        started_at = self._now()
        try:
            yield
        finally:
            self.left_s -= self._now() - started_at


@contextmanager
def _failures_told(lane: Lane) -> Iterator[None]:
    """What can go wrong with a connection, in words."""
    try:
        yield
    except httpcore.ConnectTimeout as error:
        raise _Broken("the server took no connection in time", lane) from error
    except httpcore.TimeoutException as error:
        raise _Broken("the server took too long", lane) from error
    except httpcore.ConnectError as error:
        reason = getattr(error.__context__, "strerror", None) or error
        raise _Broken(f"no connection: {reason}", lane) from error
    except httpcore.LocalProtocolError as error:
        raise PictureRefused("not-fetched", "this address can't be asked for") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise _Broken("the connection broke", lane) from error


def _url(link: Link) -> httpcore.URL:
    host, target = link.host.encode("ascii"), link.target.encode("ascii")
    return httpcore.URL(scheme=b"https", host=host, port=link.port, target=target)


def _fields(link: Link, wish: Wish) -> list[tuple[bytes, bytes]]:
    fields = {
        "Host": link.authority,
        "User-Agent": f"slipway/{__version__}",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        **_conditions(wish),
    }
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in fields.items()]


def _received(response: httpcore.Response, link: Link, wish: Wish, lane: Lane) -> Brought | Link | None:
    """What an answer comes to: a file, another place to ask, or nothing new."""
    if response.status == 429 or response.status >= 500:
        lane.rest(_rest_s(response))
        raise _Broken(f"the server answered {response.status}", lane)
    lane.answered()
    if response.status in REDIRECTS:
        return _redirected(response, link)
    if response.status == 304 and _conditions(wish):
        return None
    if response.status != 200:
        raise PictureRefused("not-fetched", f"the server answered {response.status}")
    if _field(response, b"content-encoding").lower() not in ("", "identity"):
        raise PictureRefused("not-fetched", "the server sent the file compressed, which was not asked for")
    if int(_field(response, b"content-length") or 0) > wish.max_bytes:
        raise _too_large(wish)
    return Brought(_written(response, wish), _stamp(response, wish.link))


def _rest_s(response: httpcore.Response) -> float:
    """For how long the server wants to be left alone; its own clock counts."""
    wanted = _field(response, b"retry-after").strip()
    if re.fullmatch("[0-9]{1,9}", wanted):
        return float(wanted)
    try:
        until, sent = (parsedate_to_datetime(text) for text in (wanted, _field(response, b"date")))
        return max(0.0, (until - sent).total_seconds())
    except (ValueError, TypeError):  # no date, or one with a zone and one without
        return 0.0


def _redirected(response: httpcore.Response, link: Link) -> Link:
    location = _field(response, b"location")
    if not location:
        raise PictureRefused("not-fetched", f"the server answered {response.status} and no place to go to")
    try:
        return parsed_link(location, link)
    except LinkRefused as error:
        raise PictureRefused("not-fetched", f"a redirect to what is not followed: {error}") from error


def _written(response: httpcore.Response, wish: Wish) -> Path:
    """The body in a file of its own, under a name that nobody can choose."""
    path = wish.into / secrets.token_hex(16)
    received = 0
    try:
        with path.open("xb") as file:
            for part in response.iter_stream():
                received += len(part)
                if received > wish.max_bytes:
                    raise _too_large(wish)
                file.write(part)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _too_large(wish: Wish) -> PictureRefused:
    return PictureRefused("too-large", f"the file is larger than {wish.max_bytes // MB} MB")


def _stamp(response: httpcore.Response, link: Link) -> str:
    """The validators of an answer, and whose they are; empty if there are none."""
    names = {"etag": b"etag", "modified": b"last-modified"}
    known = {name: value for name, field in names.items() if (value := _field(response, field))}
    if not known or max(map(len, known.values())) > _MAX_VALIDATOR:
        return ""
    return json.dumps({"link": link.fingerprint, **known}, sort_keys=True)


def _conditions(wish: Wish) -> dict[str, str]:
    """Request fields that ask for the picture only if it is not as at the known stamp."""
    try:
        known = json.loads(wish.known_stamp)
    except ValueError:
        return {}
    if not isinstance(known, dict) or known.get("link") != wish.link.fingerprint:
        return {}
    names = {"etag": "If-None-Match", "modified": "If-Modified-Since"}
    return {field: str(known[name]) for name, field in names.items() if name in known}


def _field(response: httpcore.Response, name: bytes) -> str:
    """A field of an answer; what stands in several lines is one list."""
    return ", ".join(value.decode("latin-1") for field, value in response.headers if field.lower() == name)
