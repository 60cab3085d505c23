"""Files that take the whole service down as they are read: found out, and refused at the third time.

What is being read, for the first time or again, is noted in the spool's `.reading` before it is read, and the note is
taken away after it. A note that a start finds names the content that the service before it died of, and how many did:

    .reading             the last service
    is not there         did not die while it read
    "DIGEST DEATHS"      died while it read this content, or was killed just then; it was one of so many in a row

Notes are not fsynced: a power cut is not the file's fault.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from service.errors import Deadly, SpoolFull
from service.files import write_aside

MOST_DEATHS = 3


class DeadlyFiles:
    """What earlier services died of; `note` is where they said what they read. One content is read at a time."""

    def __init__(self, note: Path) -> None:
        self._note = note
        self._one_at_a_time = threading.Lock()
        self._deaths = _deaths_in(note)

    @contextmanager
    def noted(self, content: bytes) -> Iterator[None]:
        """Note that this content is being read in the block; raises Deadly if MOST_DEATHS services died of it."""
        with self._one_at_a_time, self._noted(hashlib.sha256(content).hexdigest()):
            yield

    @contextmanager
    def _noted(self, digest: str) -> Iterator[None]:
        deaths = self._deaths.get(digest, 0)
        if deaths >= MOST_DEATHS:
            raise Deadly(f"{deaths} services in a row have died while they read this file")
        with suppress(OSError, SpoolFull):  # a disk that takes no note keeps nobody from reading
            write_aside(self._note, f"{digest} {deaths + 1}\n".encode(), durable=False)
        try:
            yield
        finally:  # an error is no death
            self._survived(digest)

    def _survived(self, digest: str) -> None:
        self._deaths.pop(digest, None)
        with suppress(OSError):
            self._note.unlink()


def _deaths_in(note: Path) -> dict[str, int]:
    try:
        digest, deaths = note.read_text().split()
        return {digest: int(deaths)}
    except (OSError, ValueError):  # not there, or emptied by a power cut
        return {}
