"""Scans at the packing bench on their way into the ledger: which sheet went into its parcel, when, who scanned it.

The ledger has one writer, the service. So a scan is a small file in the spool's decisions/, durable before the command
answers; the service books it, at once or at its next start, and puts beside it what was found. The ledger knows each
scan by its id and books none twice. A packer does not wait for a burst of orders: this has a thread of its own.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

from service.clock import Now
from service.errors import SlipwayError
from service.intake.asked import ANSWERED, asked_of, put_answer, put_asked, remove_asked, take_answer
from service.intake.spool import Spool
from service.ledger.accounts import Found, NoteKey, Scan
from service.log import log
from service.rounds import Rounds

SCANNED = ".scanned.json"
LOOK_EVERY_S = 0.03  # an empty folder costs 0.1 ms
AWAITED_FOR = timedelta(seconds=10)  # nobody waits for the answer to an older scan


def hand_in(spool: Spool, scan: Scan) -> None:
    """Put a scan into the spool, durably."""
    put_asked(spool.decisions / f"{scan.scan_id}{SCANNED}", asdict(scan) | {"at": scan.at.isoformat()})


def take_found(spool: Spool, scan_id: str) -> Found | None:
    """What the service found, once it has looked."""
    answer = take_answer(spool.decisions / f"{scan_id}{ANSWERED}")
    if answer is None:
        return None
    at = answer.pop("at")
    return Found(**answer, at=datetime.fromisoformat(at) if at else None)


class PackingBench:
    """The service's side; `book` keeps a scan in the ledger and says what it found, None for one it has already."""

    def __init__(self, spool: Spool, book: Callable[[Scan], Found | None], now: Now) -> None:
        self._spool = spool
        self._book = book
        self._now = now
        self._rounds = Rounds("scans", LOOK_EVERY_S)

    def start(self, stop_service: Callable[[SlipwayError], None]) -> None:
        """Book what was scanned while no service ran, then whatever comes."""
        self._rounds.go_once(self._book_all)
        self._rounds.start(self._book_all, stop_service)

    def stop(self) -> None:
        """Finish the scan at hand; what comes later waits in the spool."""
        self._rounds.stop()

    def _book_all(self) -> None:
        """Book every scan that waits, in order; raises Deferred if the ledger takes none at present."""
        for path, scan in asked_of(self._spool.decisions, SCANNED, _scan_of):
            self._book_and_answer(scan)
            remove_asked(path)

    def _book_and_answer(self, scan: Scan) -> None:
        found = self._book(scan)  # on disk, once for each scan
        if found is None:
            return
        _say(scan.key, found)
        if self._now() - scan.at < AWAITED_FOR:
            at = found.at.isoformat() if found.at else ""
            put_answer(self._spool.decisions / f"{scan.scan_id}{ANSWERED}", asdict(found) | {"at": at})


def _scan_of(content: bytes) -> Scan:
    asked = json.loads(content)
    key = NoteKey(**asked.pop("key"))
    return Scan(**asked | {"key": key, "at": datetime.fromisoformat(asked["at"])})


def _say(key: NoteKey, found: Found) -> None:
    if found.packs:
        log.info("note.packed", note_id=key.note_id, generation=key.generation)
    if found.packed_before:
        log.warning("note.scanned-again", note_id=key.note_id, generation=key.generation, code=found.outcome)
