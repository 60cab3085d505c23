"""Which printer stands behind a queue of CUPS, and which stood there before: one of those may have begun a job.

CUPS sends a new printer what it was sending to the old one. When the queue was changed, CUPS tells in whole seconds of
the wall clock; when we saw the old one last and the new one first, we know by a clock that nobody sets. A job that
surely came after the exchange is none of the old one's; any other may be.

A further life of the service knows what QUEUE.device in the spool's printers/ says: the addresses, and when each lost
its place, for a day. A file that can't be read, or says what no printer has as its address, is as good as none.
"""

import json
import math
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from service.clock import Now, steady_s
from service.errors import SpoolFull
from service.files import write_whole
from service.model import Job
from service.printing.cupsd import Cupsd, CupsQueue
from service.printing.device import Device, address_of, can_be_asked

KNOWN_S = 3.0  # so long we believe what CUPS said of where the printer is; but not at a job's end
REMEMBERED = timedelta(days=1)  # longer than a note is followed
WHOLE_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Exchange:
    """When a printer lost its place: at `taken_at` at the latest, and between two moments of the steady clock."""

    taken_at: datetime
    seen_s: float = -math.inf  # it was there still
    noticed_s: float = -math.inf  # it was not there any more

    def surely_precedes(self, job: Job) -> bool:
        """True if the job was made when this printer had lost its place."""
        if job.created_s is not None and job.created_s > self.noticed_s:
            return True
        is_later = job.created_at > self.taken_at
        return is_later and (job.created_s is None or job.created_s > self.seen_s)


class QueuePrinters:
    """The printers of one queue; `folder` is where they are remembered, if anywhere."""

    def __init__(self, queue: str, cupsd: Cupsd, deadline_s: float, now: Now, folder: Path | None = None) -> None:
        self._queue = queue
        self._cupsd = cupsd
        self._deadline_s = deadline_s
        self._now = now
        self._file = folder / f"{queue}.device" if folder else None
        self._devices: dict[str, Device] = {}
        self._found_at = -KNOWN_S
        self._seen_s = -math.inf
        self._written = b""
        there, self._left = self._remembered()
        self.there = self._device_at(there) if there else None

    @property
    def is_due(self) -> bool:
        """True when what is known is too old."""
        return time.monotonic() - self._found_at > KNOWN_S

    def look_soon(self) -> None:
        """Something says that it may be another one."""
        self._found_at = -KNOWN_S

    def find(self, found: CupsQueue | None = None) -> Device | None:
        """Ask CUPS, if it has not just said so; returns the printer whose place another one has taken, if one has.

        The printer of a queue that was deleted is asked on. Raises NoAnswer and Refused.
        """
        asked_s = steady_s()
        had = self.there
        if found := found or self._cupsd.queue(self._queue):
            address = address_of(found.device_uri) if can_be_asked(found.device_uri) else ""
            if had and had.uri != address:
                self._left[had.uri] = Exchange(self._taken_at(found), self._seen_s, steady_s())
            self.there = self._device_at(address) if address else None
            self._seen_s = asked_s
            self._remember()
        self._found_at = time.monotonic()
        return had if had is not self.there else None

    def before(self, job: Job) -> Iterator[Device]:
        """Those that stood there before, and may have begun the job."""
        for address, exchange in self._left.items():
            if not exchange.surely_precedes(job):
                yield self._device_at(address)

    def _taken_at(self, found: CupsQueue) -> datetime:
        if found.changed_s is None:
            return self._now()
        return datetime.fromtimestamp(found.changed_s, UTC) + WHOLE_SECOND

    def _device_at(self, address: str) -> Device:
        if address not in self._devices:
            self._devices[address] = Device(address, self._deadline_s, self._now)
        return self._devices[address]

    # From life to life ------------------------------------------------------------------------------------------------

    def _remembered(self) -> tuple[str, dict[str, Exchange]]:
        """The address of the printer that stood there last, and those before it."""
        try:
            self._written = self._file.read_bytes() if self._file else b""
            told = json.loads(self._written)
            there = str(told.get("there", ""))
            left = {str(address): datetime.fromisoformat(at) for address, at in told.get("left", {}).items()}
            is_sound = all(at.tzinfo for at in left.values())
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return "", {}
        if not is_sound or not all(map(_is_address, (there, *left) if there else left)):
            return "", {}
        return there, {address: Exchange(taken_at) for address, taken_at in left.items()}

    def _remember(self) -> None:
        """What can't be written is tried again at the next look."""
        content = self._content()
        if self._file and content != self._written:
            with suppress(OSError, SpoolFull):
                write_whole(self._file, content)
                self._written = content

    def _content(self) -> bytes:
        oldest = self._now() - REMEMBERED
        self._left = {address: exchange for address, exchange in self._left.items() if exchange.taken_at > oldest}
        left = {address: exchange.taken_at.isoformat() for address, exchange in self._left.items()}
        return json.dumps({"there": self.there.uri if self.there else "", "left": left}).encode()


def _is_address(text: str) -> bool:
    try:
        return can_be_asked(text) and address_of(text) == text and text.isascii() and text.isprintable()
    except ValueError:
        return False
