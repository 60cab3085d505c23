"""When a drop is ready: how long it must rest, and how long it has.

    renamed into the folder              at once, whatever it holds
    .json, reads                         at once: what parses is whole
    .jsonl .csv, reads                   after settle_s: more lines may follow
    .jsonl .csv, reads but may grow      after incomplete_after_s, as it stands
    incomplete                           after incomplete_after_s, refused
    refused otherwise, or no file        after settle_s, refused

A drop rests while inode, size, mtime and number of links stay as they were when it was first seen, by the monotonic
clock. The wall clock counts once, at first sight: what was written long before we came has rested since.
"""

import math
from collections.abc import Callable, Container
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from service.config import Intake
from service.errors import FileIncomplete, Rejected
from service.intake.copies import Outcome
from service.intake.guard import Identity
from service.intake.names import spool_name
from service.log import log


class Drop(NamedTuple):
    """A name in the hot folder, and what stat said of it in this scan."""

    name: str
    identity: Identity
    arrived_ns: int


@dataclass(slots=True)
class Sight:
    """A drop since it was first seen as it is now; it is looked into once it has rested for `needs_s`."""

    identity: Identity
    since_s: float
    needs_s: float
    is_logged: bool


class Settling:
    """The drops that were seen and are not ready yet, in memory only: after a restart they are simply seen again."""

    def __init__(
        self,
        settings: Intake,
        grows_by_lines: Callable[[str], bool],
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._settle_s = settings.settle_s
        self._incomplete_after_s = max(settings.settle_s, settings.incomplete_after_s)
        self._grows_by_lines = grows_by_lines
        self._now = now
        self._monotonic = monotonic
        self._sights: dict[str, Sight] = {}
        self._arrivals: SimpleQueue[tuple[str, Identity]] = SimpleQueue()
        self._whole: dict[str, Identity] = {}

    def shorten(self, incomplete_after_s: float) -> None:
        """Wait no longer than this for what is not whole, but never less than settle_s; before the first scan."""
        self._incomplete_after_s = max(self._settle_s, min(self._incomplete_after_s, incomplete_after_s))

    def expect_whole(self, name: str, seen: Identity) -> None:
        """This drop came by rename. From any thread."""
        self._arrivals.put((name, seen))

    def note_arrivals(self) -> None:
        """Learn of the drops that came by rename; before each listing, so that all of them can be in it."""
        with suppress(Empty):
            while True:
                name, seen = self._arrivals.get_nowait()
                self._whole[name] = seen

    def forget_others(self, names: Container[str]) -> None:
        """Forget what is not in the folder any more."""
        self._sights = {name: sight for name, sight in self._sights.items() if name in names}
        self._whole = {name: seen for name, seen in self._whole.items() if name in names}

    def forget(self, drop: Drop) -> None:
        """This drop is taken: the next of its name starts anew, even on the same inode."""
        self._sights.pop(drop.name, None)
        self._whole.pop(drop.name, None)

    def is_due(self, drop: Drop) -> bool:
        """True if it is time to look into this drop: nothing unchanged is looked into twice before its time."""
        sight = self._sight(drop)
        return self._rested_s(drop, sight) >= sight.needs_s

    def distrust(self, drop: Drop) -> None:
        """Look no more into this drop unless it changes."""
        self._sight(drop).needs_s = math.inf

    def put_off(self, drop: Drop) -> None:
        """Look into this drop again after incomplete_after_s, however it came."""
        self._whole.pop(drop.name, None)
        sight = self._sight(drop)
        sight.needs_s = self._rested_s(drop, sight) + self._incomplete_after_s

    def is_ready(self, drop: Drop, outcome: Outcome[Any]) -> bool:
        """True if the drop, which gave this outcome, has rested long enough to be taken as it is."""
        sight = self._sight(drop)
        sight.needs_s = self._rest_needed(drop, outcome)
        if self._rested_s(drop, sight) >= sight.needs_s:
            return True
        if sight.needs_s > self._settle_s and not sight.is_logged:
            sight.is_logged = True
            log.info("drop.waiting", code=FileIncomplete.code, size_bytes=drop.identity.size_bytes)
        return False

    def _rest_needed(self, drop: Drop, outcome: Outcome[Any]) -> float:
        if isinstance(outcome.rejection, FileIncomplete):
            return self._incomplete_after_s
        if outcome.rejection:
            return self._settle_s
        if not self._grows(drop):
            return 0
        may_grow = outcome.reading is not None and outcome.reading.may_grow
        return self._incomplete_after_s if may_grow else self._settle_s

    def _grows(self, drop: Drop) -> bool:
        try:
            return self._grows_by_lines(spool_name(drop.name))
        except Rejected:  # not the name of an order: the reader will say so
            return False

    def _rested_s(self, drop: Drop, sight: Sight) -> float:
        if self._whole.get(drop.name) == drop.identity:
            return self._incomplete_after_s
        return self._monotonic() - sight.since_s

    def _sight(self, drop: Drop) -> Sight:
        sight = self._sights.get(drop.name)
        if sight is None or sight.identity != drop.identity:
            age_s = max(0.0, self._now().timestamp() - drop.identity.modified_ns / 1e9)
            needs_s = self._settle_s if self._grows(drop) else 0.0
            is_logged = sight is not None and sight.is_logged  # once, however long it grows
            sight = self._sights[drop.name] = Sight(drop.identity, self._monotonic() - age_s, needs_s, is_logged)
        return sight
