"""Files that take the whole service down as they are read: found out, and refused at the third time.

What is being read, for the first time or again, stands in the spool's `.reading` while it is read, a line for each
content. A note that a start finds names what the service before it was reading when it died, and how many did:

    .reading                 the last service
    is not there             did not die while it read
    "DIGEST DEATHS" a line   died while it read these, or was killed just then; it was one of so many in a row

One of several lines may stand there by chance, so what is suspected is read alone among the suspected: the next death
accuses one of them, and whatever was read in peace is free. The others are read side by side.

Notes are not fsynced: a power cut is not the file's fault.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from service.errors import Deadly, SpoolFull
from service.files import write_aside

MOST_DEATHS = 3


class DeadlyFiles:
    """What earlier services died of; `note` is where they said what they read. Any thread may read beside others."""

    def __init__(self, note: Path) -> None:
        self._note = note
        self._deaths = _deaths_in(note)
        self._being_read: list[str] = []
        self._lock = threading.Lock()
        self._one_suspect = threading.Lock()

    @contextmanager
    def noted(self, content: bytes) -> Iterator[None]:
        """Note that this content is being read in the block; raises Deadly if MOST_DEATHS services died of it."""
        digest = hashlib.sha256(content).hexdigest()
        with self._one_suspect if digest in self._deaths else nullcontext():
            deaths = self._deaths.get(digest, 0)
            if deaths >= MOST_DEATHS:
                raise Deadly(f"{deaths} services in a row have died while they read this file")
            self._begin(digest)
            try:
                yield
            finally:  # an error is no death
                self._survive(digest)

    def _begin(self, digest: str) -> None:
        with self._lock:
            self._being_read.append(digest)
            self._write_note()

    def _survive(self, digest: str) -> None:
        with self._lock:
            self._being_read.remove(digest)
            self._deaths.pop(digest, None)
            self._write_note()

    def _write_note(self) -> None:
        """A disk that takes no note keeps nobody from reading; the note before it would accuse what was survived."""
        lines = [f"{digest} {self._deaths.get(digest, 0) + 1}\n" for digest in dict.fromkeys(self._being_read)]
        with suppress(OSError, SpoolFull):
            if lines:
                write_aside(self._note, "".join(lines).encode(), durable=False)
                return
        with suppress(OSError):
            self._note.unlink()


def _deaths_in(note: Path) -> dict[str, int]:
    try:
        lines = [line.split() for line in note.read_text().splitlines()]
        return {digest: int(deaths) for digest, deaths in lines}
    except (OSError, ValueError):  # not there, or emptied by a power cut
        return {}
