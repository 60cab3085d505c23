"""What tracking knows of one queue: the jobs it follows there, and when to look next."""

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime

from service.ledger.accounts import NoteKey
from service.model import Job, QueueReport
from service.trouble import waits_for

SLOWEST_LOOK_S = 2.0
HEALTH_EVERY_S = 2.0
HASTE = 4.0  # a full window is looked at so much sooner: what comes next waits for room


@dataclass(slots=True)
class Standstill:
    """How a job stands still in CUPS, look by look; `since` is monotonic, None while it does not."""

    since: float | None = None
    cancelled_for: str = ""  # what we cancelled it for, or tried to


@dataclass(frozen=True, slots=True)
class Followed:
    """An accepted note and its job; `since_s` is when it was accepted, by the steady clock."""

    key: NoteKey
    job: Job
    arrived_at: datetime
    accepted_at: datetime
    since_s: float
    standstill: Standstill = field(default_factory=Standstill, compare=False)


@dataclass(slots=True)
class QueueWatch:
    """What is known of one queue; its times are monotonic. Who looks at its jobs, or takes one back, has the lock."""

    queue: str
    thread: threading.Thread
    changed: threading.Condition  # wakes this thread alone; the lock is one for all
    followed: dict[NoteKey, Followed] = field(default_factory=dict)
    look_at: float = 0.0
    pause_s: float = 0.0
    haste: float = HASTE
    busy_since: float | None = None
    health_at: float = 0.0
    waits_since: float | None = None
    is_suspected: bool = False
    is_down: bool = False
    is_asked_back: bool = False  # somebody wants back what has not begun
    lacks_room: bool = False  # the ledger did not take what was seen
    rests_until: float = 0.0
    is_noted_down: bool = False  # in the ledger
    lock: threading.Lock = field(default_factory=threading.Lock)

    def look_within(self, poll_s: float) -> None:
        """Something is about to happen here."""
        soon = time.monotonic() + poll_s
        is_first = len(self.followed) == 1
        self.health_at = time.monotonic() + HEALTH_EVERY_S if is_first else self.health_at
        self.pause_s = poll_s
        self.look_at = soon if is_first else min(self.look_at, soon)

    def pace_s(self, poll_s: float, window: int) -> float:
        """How soon the next look may find something: sooner where a whole window closes the lane."""
        return poll_s / self.haste if len(self.followed) >= window else poll_s

    def learn_pace(self, ended: int, window: int) -> None:
        """Find the pace of a queue that is always full: at each look some jobs are at their end, but never all.

        A look asks cupsd and the printer four times, for one job as for all; but a queue that has none left waits.
        """
        if len(self.followed) < window or ended >= window:
            self.haste = min(HASTE, self.haste * 2)
        elif ended == 1:
            self.haste = max(1.0, self.haste * 0.8)

    def looked(self, poll_s: float, *, something_happened: bool) -> None:
        """Look again soon if something happened, else later and later."""
        self.pause_s = poll_s if something_happened else min(self.pause_s * 1.5, max(SLOWEST_LOOK_S, poll_s))
        self.look_at = time.monotonic() + self.pause_s

    def wait_for_room(self, retry_s: float) -> None:
        """Look no more until then."""
        self.lacks_room = True
        self.rests_until = time.monotonic() + retry_s

    @property
    def health_is_due(self) -> bool:
        return self.is_suspected or (self._health_matters and self.health_at <= time.monotonic())

    def time_to_look(self) -> float | None:
        """How long until the jobs or the queue should be looked at; None while there is nothing to look at."""
        if self.is_asked_back:
            return self.rests_until - time.monotonic()
        due = [self.look_at] * bool(self.followed) + [self.health_at] * self._health_matters
        due += [self.rests_until] * self.is_suspected
        return max(min(due), self.rests_until) - time.monotonic() if due else None

    @property
    def _health_matters(self) -> bool:
        return bool(self.followed) or self.is_down or self.is_noted_down

    def waited_s(self, report: QueueReport) -> float:
        """For how long it has waited for somebody, without a sheet meanwhile."""
        if not waits_for(report):
            self.waits_since = None
            return 0
        self.waits_since = self.waits_since or time.monotonic()
        return time.monotonic() - self.waits_since
