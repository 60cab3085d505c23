"""The hot folder: finds the drops that are ready (settling.py says when) and makes our own copy of each.

The scan is the truth, the watch only wakes. What a crash leaves, and who cleans up:

    while a copy is written              .NAME.tmp in working/          swept by reclaimed()
    copied, not yet in the ledger        copy, and drop in incoming/    reclaimed() yields the copy; the drop comes
    in the ledger, not yet removed       the same                       again, and the ledger knows its content
    removed, not yet archived            copy in working/               reclaimed() yields it

So everything in working/ is yielded once at start, and the caller archives or refuses each: nothing stays for ever.
One gap remains: a drop that is replaced in the microseconds between the last look and its unlink is lost; a sender
who overwrites what we are just taking has that gap anyway, on any service.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Generic

from service.config import Intake
from service.errors import Rejected, SpoolFull
from service.files import fsync_folder
from service.intake.copies import (
    Claim,
    Copy,
    Outcome,
    R,
    claim_of,
    copies_in,
    copy_for,
    microseconds,
    moment,
    move_in,
    new_drop_id,
    write_copy,
)
from service.intake.deadly import DeadlyFiles
from service.intake.guard import identity, read_guarded
from service.intake.names import is_ignored, spool_name
from service.intake.settling import Drop, Settling
from service.intake.spool import Spool, sweep_unfinished
from service.log import log

MB = 1_000_000
GROUP = 64  # claims that share one fsync of working/
GROUP_BYTES = 4 * MB

__all__ = ["Claim", "HotFolder"]


class HotFolder(Generic[R]):
    """One hot folder. All calls come from one thread, but `expect_whole` and `read_noted`, which may come from any.

    `read` and `grows_by_lines` know the formats, also by name; both raise Rejected for what they don't take. Should
    `read` break in another way, the error passes through claims() once, and its drop is left alone until it changes
    or the service starts again.
    """

    def __init__(
        self,
        spool: Spool,
        settings: Intake,
        read: Callable[[str, bytes], R],
        grows_by_lines: Callable[[str], bool],
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._spool = spool
        self._settings = settings
        self._read = read
        self._now = now
        self._settling = Settling(settings, grows_by_lines, now, monotonic)
        self._deadly = DeadlyFiles(spool.reading)
        self._claimed: dict[str, Drop] = {}  # by drop id: handed over, not removed yet
        self._unremovable: set[str] = set()  # of these, the drop ids that can't be removed at present
        self._waiting = 0
        self._last_id_us = 0
        self._is_full = False
        self._is_lost = False
        self._is_mounted = False  # something was, there

    def claims(self) -> Iterator[Claim[R]]:
        """One scan: every drop that is ready, oldest first, copied and on disk, but still in the hot folder.

        A drop that was yielded is not yielded again until remove() was called for it. While the disk is full or the
        folder can't be listed, nothing is yielded, and `waiting` is not 0.
        """
        prepared: deque[Claim[R]] = deque()
        most = 1  # the first claim of a burst goes out at once
        try:
            for claim in self._prepared():
                prepared.append(claim)
                if len(prepared) >= most or sum(each.size_bytes for each in prepared) > GROUP_BYTES:
                    most = min(2 * most, GROUP)
                    yield from self._handed_over(prepared)
            yield from self._handed_over(prepared)
        finally:
            self._take_back(prepared)

    def remove(self, claim: Claim[R]) -> None:
        """Take the drop out of the hot folder, now that the ledger has it; a new drop under its name stays.

        One that can't be removed does not come again; its removal is tried again with each scan.
        """
        self._remove(claim.drop_id)

    def _remove(self, drop_id: str) -> None:
        drop = self._claimed.get(drop_id)
        if drop is None:
            return
        path = self._spool.incoming / drop.name
        try:
            if identity(path.lstat()) == drop.identity:
                path.unlink()
        except FileNotFoundError:
            pass  # its sender took it back
        except OSError as error:
            if drop_id not in self._unremovable:
                log.error("drop.waiting", drop=drop_id, error=error.strerror)
            self._unremovable.add(drop_id)
            return
        self._unremovable.discard(drop_id)
        del self._claimed[drop_id]
        self._settling.forget(drop)

    def reclaimed(self) -> Iterator[Claim[R]]:
        """Claims of an earlier run that were not archived, read again, oldest first; before the first scan."""
        for folder in (self._spool.working, self._spool.problem, self._spool.receipts):
            sweep_unfinished(folder)
        with _opened(self._spool.working) as working:
            for copy in copies_in(self._spool):
                if found := self._guarded(working, copy.path.name):
                    arrived_at = moment(copy.path.lstat().st_mtime_ns, self._now())
                    yield claim_of(copy, self._understood(copy.name, found), arrived_at)

    @property
    def waiting(self) -> int:
        """Drops of the last scan that were not claimed: they settle, are not whole, or there is no room for them."""
        return self._waiting

    def shorten_patience(self, incomplete_after_s: float) -> None:
        """Shorten the wait for files that are not whole, though never below settle_s; before the first scan."""
        self._settling.shorten(incomplete_after_s)

    def read_noted(self, name: str, content: bytes) -> R:
        """Read a file's content; from any thread. Raises Deadly for one of which service after service has died."""
        with self._deadly.noted(content):
            return self._read(name, content)

    def expect_whole(self, name: str) -> None:
        """The watch saw this drop arrive by rename: it needs no settling, as long as it stays as it is now."""
        with suppress(OSError):
            self._settling.expect_whole(name, identity((self._spool.incoming / name).lstat()))

    def _prepared(self) -> Iterator[Claim[R]]:
        """The claims of one scan, each copied; their names in working/ are not fsynced yet."""
        for drop_id in tuple(self._unremovable):
            self._remove(drop_id)
        with ExitStack() as stack:
            try:
                incoming = stack.enter_context(_opened(self._spool.incoming))
                drops = self._listed(incoming)
            except OSError as error:
                return self._lose(error.strerror or "")
            self._look_for_mount()
            try:
                for drop in drops:
                    if claim := self._claim(incoming, drop):
                        yield claim
                        self._note_room()
            except SpoolFull as error:
                self._stop_for_room(error)

    def _listed(self, incoming: int) -> list[Drop]:
        claimed = {drop.name for drop in self._claimed.values()}
        drops = []
        self._settling.note_arrivals()
        with os.scandir(incoming) as entries:
            for entry in entries:
                if not is_ignored(entry.name) and entry.name not in claimed:
                    with suppress(FileNotFoundError):
                        drops.append(_seen(entry.name, entry.stat(follow_symlinks=False)))
        drops.sort(key=lambda drop: (drop.arrived_ns, drop.name))
        self._settling.forget_others({drop.name for drop in drops})
        self._waiting = len(drops)
        return drops

    def _claim(self, incoming: int, drop: Drop) -> Claim[R] | None:
        if not self._settling.is_due(drop):
            return None
        found = self._guarded(incoming, drop.name)
        if found is None or found.identity not in (None, drop.identity):
            return None  # another file, or other content, than the one that has rested
        self._settling.distrust(drop)  # should the reader die of it, the others must not wait behind it for ever
        outcome = self._understood(spool_name(drop.name), found)
        return self._take(drop, outcome) if self._settling.is_ready(drop, outcome) else None

    def _guarded(self, folder: int, name: str) -> Outcome[R] | None:
        try:
            found = read_guarded(folder, name, self._settings.max_file_mb * MB)
        except Rejected as error:
            return Outcome(content=None, rejection=error)
        return Outcome(content=found[0], identity=found[1]) if found else None

    def _understood(self, name: str, found: Outcome[R]) -> Outcome[R]:
        if found.content is None:
            return found
        try:
            return replace(found, reading=self.read_noted(name, found.content))
        except Rejected as error:
            return replace(found, rejection=error)

    def _take(self, drop: Drop, outcome: Outcome[R]) -> Claim[R] | None:
        self._check_room()
        now = self._now()
        copy = copy_for(self._spool, self._next_id(now, drop), spool_name(drop.name))
        arrived_at = moment(drop.arrived_ns, now)
        if outcome.content is not None:
            write_copy(copy, outcome.content, arrived_at)
            self._claimed[copy.drop_id] = drop
        elif not self._moved_in(copy, drop):
            return None
        return claim_of(copy, outcome, arrived_at)

    def _next_id(self, now: datetime, drop: Drop) -> str:
        self._last_id_us = max(self._last_id_us + 1, microseconds(now))
        return new_drop_id(self._last_id_us, f"{drop.name}/{drop.identity}/{drop.arrived_ns}")

    def _moved_in(self, copy: Copy, drop: Drop) -> bool:
        try:
            move_in(copy, self._spool.incoming / drop.name)
        except FileNotFoundError:
            return False
        except OSError as error:
            self._settling.put_off(drop)
            log.error("drop.waiting", drop=copy.drop_id, error=error.strerror)
            return False
        return True

    def _handed_over(self, prepared: deque[Claim[R]]) -> Iterator[Claim[R]]:
        if prepared:
            fsync_folder(self._spool.working)
        while prepared:
            self._waiting -= 1
            yield prepared.popleft()

    def _take_back(self, prepared: deque[Claim[R]]) -> None:
        """Undo copies that nobody got, because the scan was given up; what was moved here stays for reclaimed()."""
        for claim in prepared:
            if self._claimed.pop(claim.drop_id, None):
                claim.path.unlink(missing_ok=True)

    def _check_room(self) -> None:
        disk = os.statvfs(self._spool.working)
        free_mb = disk.f_bavail * disk.f_frsize // MB
        if free_mb < self._settings.min_free_mb:
            raise SpoolFull(f"{free_mb} MB are free, {self._settings.min_free_mb} MB must be")

    def _stop_for_room(self, error: SpoolFull) -> None:
        sweep_unfinished(self._spool.working)
        if not self._is_full:
            self._is_full = True
            log.error("spool.full", what=error.what, code=error.code)

    def _note_room(self) -> None:
        if self._is_full:
            self._is_full = False
            log.info("spool.room")

    def _look_for_mount(self) -> None:
        """What was mounted here may be gone: that is no empty folder, though what somebody drops here is taken."""
        is_mounted = os.path.ismount(self._spool.incoming)
        self._is_mounted = self._is_mounted or is_mounted
        if is_mounted == self._is_mounted:
            self._find_again()
        else:
            self._lose("what was mounted there is not any more")

    def _lose(self, error: str) -> None:
        self._waiting = max(1, self._waiting)  # nobody knows what lies there: it must not look like an empty folder
        if not self._is_lost:
            self._is_lost = True
            log.error("folder.lost", error=error)

    def _find_again(self) -> None:
        if self._is_lost:
            self._is_lost = False
            log.info("folder.back")


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _seen(name: str, status: os.stat_result) -> Drop:
    return Drop(name, identity(status), max(status.st_mtime_ns, status.st_ctime_ns))
