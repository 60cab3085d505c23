"""Which printer stood behind each queue when it was looked at last: for the next life of the service.

A queue that is given another printer while the service is stopped may have a job that has begun at the old one: only
who remembers that one can ask it. QUEUE.device in the folder has its address, and no more; it is not synced, for what
loses its power at the same time as we do can't be asked either.
"""

from contextlib import suppress
from pathlib import Path

from service.errors import SpoolFull
from service.files import write_aside

LONGEST_BYTES = 2048


class LastPrinters:
    """Remembers addresses; what can't be written is tried again when it is next told."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, str] = {}

    def of(self, queue: str) -> str:
        """The address of its printer; empty, if none is remembered."""
        if queue not in self._known:
            self._known[queue] = self._read(queue)
        return self._known[queue]

    def remember(self, queue: str, address: str) -> None:
        """This one stands there now; an empty address: one that can't be asked."""
        if self.of(queue) != address:
            with suppress(OSError, SpoolFull):
                write_aside(self._file(queue), address.encode(), durable=False)
                self._known[queue] = address

    def _read(self, queue: str) -> str:
        try:
            with self._file(queue).open("rb") as file:
                return file.read(LONGEST_BYTES).decode("ascii")
        except (OSError, UnicodeDecodeError):
            return ""

    def _file(self, queue: str) -> Path:
        return self._folder / f"{queue}.device"
