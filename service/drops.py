"""The drops that are being worked off: our copies of them, and the receipts the shop reads.

A claimed file stays in working/ until nothing of it will move by itself any more; then it goes to done/, or to
problem/ if any of it was refused. Its receipt is rewritten whole as its notes advance, by one thread that writes
once for all advances of the moment. After a crash both follow again from the ledger and from working/. A full disk is
waited for; any other fault of it ends the service, for an fsync that failed once may lie the second time.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from service.errors import OwnFault, SlipwayError, SourceChanged, SpoolBroken, SpoolFull
from service.faults import contained
from service.files import fsync_folder, full_disk_named
from service.intake.archive import ProblemReport, all_archived, archive, find_archived, refuse, take_out
from service.intake.hot_folder import Claim
from service.intake.reading import Reading
from service.intake.receipts import dumped, read_receipt, write_receipt
from service.intake.spool import Spool
from service.kept_shipments import KeptShipments, Shipments
from service.ledger.accounts import OPEN, Account, Drop, NoteKey
from service.ledger.ledger import Ledger
from service.log import log
from service.model import Shipment
from service.receipt import receipt_of

FLUSH_S = 0.05
FULL_PAUSE_S = 1.0
REST_TIMES, LONGEST_REST_S = 3, 0.5  # after writing many, three times as long: their notes go on meanwhile
PAUSE_TIMES = 10  # after writing a receipt, that drop rests ten times as long


@dataclass(slots=True)
class _Worked:
    """A file with notes that move."""

    drop: Drop
    name: str
    path: Path
    problems: tuple[dict[str, Any], ...]
    notes: set[NoteKey] = field(default_factory=set)
    changed: bool = True
    is_settled: bool = False  # its receipt says so
    next_at: float = 0.0  # monotonic: a large receipt is not written all the time


class Drops:
    """What is in work. `read` is that of the hot folder, which knows deadly files.

    Every method may be called from any thread.
    """

    def __init__(self, spool: Spool, ledger: Ledger, read: Callable[[str, bytes], Reading]) -> None:
        self._spool = spool
        self._ledger = ledger
        self._read = read
        self._worked: dict[str, _Worked] = {}
        self._brought_by: dict[NoteKey, set[str]] = {}
        self._kept = KeptShipments()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._pause = threading.Event()  # never set: a wait that stop() need not cut short
        self._is_written = True
        self._full: SpoolFull | None = None  # what the last flush had no room for
        self._stopping = False
        self._stop_service: Callable[[SlipwayError], None]
        self._thread = threading.Thread(target=self._run, name="receipts", daemon=True)

    def start(self, stop_service: Callable[[SlipwayError], None]) -> None:
        """Begin to write; `stop_service` is called with an error that nothing can go on with."""
        self._stop_service = stop_service
        self._thread.start()

    def stop(self) -> None:
        """Write what is due, then end."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def take(self, claim: Claim[Reading], drop: Drop, notes: Iterable[NoteKey]) -> None:
        """Follow a claimed file until its notes, and what was refused of it, are at an end."""
        self._follow(_Worked(drop, claim.name, claim.path, _problems(claim)), notes)
        if claim.reading is not None:
            self._kept.keep(claim.drop_id, _by_position(claim.reading))

    def reopen(self, drop_id: str) -> None:
        """Follow a file again that was put away: a person decided about one of its notes. It is in working/ again."""
        keys = [account.key for account in self._ledger.notes_of(drop_id)]
        with self._lock:
            worked = self._worked.get(drop_id)
            if worked:
                worked.changed = True
        if worked:
            self._follow(worked, keys)
            return
        drop = self._ledger.drop(drop_id)
        if drop and (found := self._put_away_file(drop)):  # if not, it was pruned: the note goes on all the same
            path, receipt = found
            copy = take_out(path, self._spool, drop_id, receipt["file"])
            self._follow(_Worked(drop, receipt["file"], copy, tuple(receipt["problems"])), keys)

    def _put_away_file(self, drop: Drop) -> tuple[Path, dict[str, Any]] | None:
        """The file of this drop in done/ or problem/, with its receipt; another with its content, if it has lost it."""
        paths = list(all_archived(self._spool, drop.claimed_at.date(), drop.sha256, drop.size_bytes))
        for path in paths:
            if receipt := self._receipt_of_put_away(path, drop.drop_id):
                return path, receipt
        return (paths[0], {"file": paths[0].name, "problems": ()}) if paths else None

    def _receipt_of_put_away(self, path: Path, drop_id: str) -> dict[str, Any] | None:
        """The drop's receipt, if this is its file; it may be called order~2.json for order.json."""
        names = (path.name, re.sub(r"~[0-9a-z]+(\.\w+)?$", r"\1", path.name))
        found = (read_receipt(self._spool, name, drop_id) for name in names)
        return next((receipt for receipt in found if receipt), None)

    def _follow(self, worked: _Worked, notes: Iterable[NoteKey]) -> None:
        with self._lock:
            self._worked[worked.drop.drop_id] = worked
            for key in notes:
                worked.notes.add(key)
                self._brought_by.setdefault(key, set()).add(worked.drop.drop_id)
        self._wake.set()

    def advanced(self, key: NoteKey) -> None:
        """A note has reached another state: its receipts are due."""
        with self._lock:
            for drop_id in self._brought_by.get(key, ()):
                self._worked[drop_id].changed = True
        self._wake.set()

    def shipment(self, account: Account) -> Shipment:
        """The shipment of a note, from our own copy of its file; SourceChanged if that is not what was claimed."""
        shipments = self._kept.of(account.drop_id, lambda: self._read_again(account.drop_id))
        if account.position not in shipments:
            raise SourceChanged(f"our copy of the file has no shipment {account.position} any more")
        return shipments[account.position]

    @property
    def is_idle(self) -> bool:
        """True when every receipt says what the ledger says, and every file that is worked off is put away."""
        with self._lock:
            return self._is_written and not any(worked.changed for worked in self._worked.values())

    def _read_again(self, drop_id: str) -> Shipments:
        drop = self._ledger.drop(drop_id)
        assert drop is not None
        worked = self._worked.get(drop_id)
        day, size = drop.claimed_at.date(), drop.size_bytes
        path = worked.path if worked else find_archived(self._spool, day, drop.sha256, size)
        if path is None:
            raise SourceChanged("our copy of the order file is gone")
        content = path.read_bytes()
        if sha256(content).hexdigest() != drop.sha256:
            raise SourceChanged("our copy of the order file has other content than was claimed")
        return _by_position(self._read(worked.name if worked else path.name, content))

    # Receipts ---------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            with contained(OwnFault):
                self._flush_until_stopped()
        except SlipwayError as error:
            self._stop_service(error)

    def _flush_until_stopped(self) -> None:
        try:
            while not self._stopping:
                self._wake.wait()
                self._wake.clear()
                began = time.monotonic()
                self._flush()
                rest_s = min(LONGEST_REST_S, max(FLUSH_S, REST_TIMES * (time.monotonic() - began)))
                self._pause.wait(FULL_PAUSE_S if self._full else rest_s)
            self._flush()
        except OSError as error:
            raise SpoolBroken(f"files that are worked off can't be put away: {error.strerror}") from error

    def _flush(self) -> None:
        """Write the receipts of all that changed, then put away what is worked off; a folder is fsynced once for all.

        A file leaves working/ when its last receipt is durable, and is let go when that is durable too.
        """
        was_full, self._full = self._full, None
        written = [worked for worked in self._due() if self._had_room(partial(self._write, worked), worked)]
        settled = [worked for worked in written if worked.is_settled]
        if settled and not self._had_room(lambda: fsync_folder(self._spool.receipts), *settled):
            settled = []
        put_away = [worked for worked in settled if self._had_room(partial(self._put_away, worked), worked)]
        for folder in {worked.path.parent for worked in put_away}:
            there = [worked for worked in put_away if worked.path.parent == folder]
            if self._had_room(lambda folder=folder: fsync_folder(folder), *there):  # type: ignore[misc]
                for worked in there:
                    self._let_go(worked)
        self._say_room(was_full)
        with self._lock:
            self._is_written = True

    def _due(self) -> list[_Worked]:
        """Whose receipts are to be written now."""
        with self._lock:
            now = time.monotonic()
            due = [worked for worked in self._worked.values() if worked.changed and worked.next_at <= now]
            if len(due) < sum(worked.changed for worked in self._worked.values()):
                self._wake.set()  # come again for the others
            for worked in due:
                worked.changed = False
            self._is_written = not due
        return due

    def _had_room(self, step: Callable[[], None], *concerned: _Worked) -> bool:
        """Do it; False where the disk is full: the ledger knows it all, and the next flush has those concerned."""
        try:
            with full_disk_named(self._spool.receipts):
                step()
        except SpoolFull as error:
            self._full = error
            for worked in concerned:
                worked.changed, worked.next_at = True, 0.0
            self._wake.set()
            return False
        return True

    def _say_room(self, was_full: SpoolFull | None) -> None:
        if self._full and not was_full:
            log.error("spool.full", what=self._full.what, code=self._full.code)
        elif was_full and not self._full:
            log.info("spool.room")

    def _write(self, worked: _Worked) -> None:
        began = time.monotonic()
        accounts = self._ledger.notes_of(worked.drop.drop_id)
        worked.is_settled = not any(account.state in OPEN for account in accounts)
        receipt = receipt_of(worked.drop, worked.name, accounts, worked.problems)
        write_receipt(self._spool, worked.name, receipt, durable=worked.is_settled)
        worked.next_at = time.monotonic() + PAUSE_TIMES * (time.monotonic() - began)

    def _put_away(self, worked: _Worked) -> None:
        """Move our copy to where it ends; nothing, if it is there, and only its folder's fsync found no room."""
        drop = worked.drop
        if worked.path.parent != self._spool.working:
            return
        if worked.problems:
            report = ProblemReport(worked.name, drop.sha256, drop.claimed_at, worked.problems)
            worked.path = refuse(worked.path, self._spool, report)
        else:
            worked.path = archive(worked.path, self._spool, drop.claimed_at.date())

    def _let_go(self, worked: _Worked) -> None:
        drop = worked.drop
        with self._lock:
            if worked.changed and self._has_news(worked):  # a person decided about a note of it at this very moment
                worked.path = take_out(worked.path, self._spool, drop.drop_id, worked.name)
                return
            del self._worked[drop.drop_id]
            for key in worked.notes:
                self._brought_by[key].discard(drop.drop_id)
                if not self._brought_by[key]:
                    del self._brought_by[key]
        self._kept.forget(drop.drop_id)
        log.info("drop.archived", drop=drop.drop_id)

    def _has_news(self, worked: _Worked) -> bool:
        """True if its receipt does not tell what the ledger says; word of a step may come when it was written."""
        accounts = self._ledger.notes_of(worked.drop.drop_id)
        due: dict[str, Any] = json.loads(dumped(receipt_of(worked.drop, worked.name, accounts, worked.problems)))
        return due != read_receipt(self._spool, worked.name, worked.drop.drop_id)


def _problems(claim: Claim[Reading]) -> tuple[dict[str, Any], ...]:
    """What was refused of a file: all of it, or some of its shipments."""
    if claim.rejection:
        error = claim.rejection
        return ({"position": 0, "code": error.code, "what": error.what, "where": error.where, "hint": error.hint},)
    refusals = claim.reading.refusals if claim.reading else ()
    return tuple(asdict(refusal) for refusal in refusals)


def _by_position(reading: Reading) -> Shipments:
    return {read.position: read.shipment for read in reading.shipments}
