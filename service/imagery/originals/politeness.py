"""How gently a host is asked: so many connections, so many requests a second, and rest when it wants rest.

A host has one lane. Who wants to ask waits for a turn; a host that asks for a long rest, or that failed too often in a
row, is left alone: everything else that is wanted of it is refused at once, so that a sync comes to its end.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from service.config import Images
from service.imagery.originals.outside import Outside
from service.imagery.refused import PictureRefused

LONGEST_REST_S = 60.0
FAILURES_IN_A_ROW = 8  # pictures, each after all its tries


class Lane:
    """The turns at one host."""

    def __init__(self, host: str, settings: Images, outside: Outside) -> None:
        self._host = host
        self._outside = outside
        self._interval_s = 1 / settings.requests_per_s
        self._connections = threading.BoundedSemaphore(settings.connections)
        self._lock = threading.Lock()
        self._next_at = self._rests_until = outside.now()
        self._failures = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until the host may be asked, and keep one of its connections inside the block.

        Raises PictureRefused where the wait would be too long, or has become hopeless.
        """
        with self._connections:
            while wait_s := self._rest_s():
                self._outside.wait(wait_s)
            self._outside.wait(self._reserved_s())
            yield

    def rest(self, wait_s: float) -> None:
        """Nobody asks the host before `wait_s` are over: it said so."""
        with self._lock:
            self._rests_until = max(self._rests_until, self._outside.now() + wait_s)

    def answered(self) -> None:
        """The host is well."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """A picture could not be fetched in any of its tries, and that was the host's fault."""
        with self._lock:
            self._failures += 1

    def _rest_s(self) -> float:
        with self._lock:
            wait_s = max(0.0, self._rests_until - self._outside.now())
            if self._failures >= FAILURES_IN_A_ROW:
                what = f"{self._host} failed {self._failures} times in a row and is left alone: sync again later"
                raise PictureRefused("not-fetched", what)
        if wait_s > LONGEST_REST_S:
            raise PictureRefused("not-fetched", f"{self._host} wants no requests for {wait_s:.0f} s: sync again later")
        return wait_s

    def _reserved_s(self) -> float:
        with self._lock:
            now = self._outside.now()
            starts_at = max(now, self._next_at)
            self._next_at = starts_at + self._interval_s
            return starts_at - now


class Lanes:
    """The lane of each host."""

    def __init__(self, settings: Images, outside: Outside) -> None:
        self._settings = settings
        self._outside = outside
        self._lock = threading.Lock()
        self._lanes: dict[str, Lane] = {}

    def of(self, host: str) -> Lane:
        """The lane of `host`, the same for everyone who asks."""
        with self._lock:
            if host not in self._lanes:
                self._lanes[host] = Lane(host, self._settings, self._outside)
            return self._lanes[host]
