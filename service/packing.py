"""Scans at the packing bench on their way into the ledger: which sheet went into its parcel, when, who scanned it.

The ledger has one writer, the service. So a scan is a small file in the spool's decisions/, durable before the command
answers; the service books it, at once or at its next start, and puts beside it what was found. The ledger knows each
scan by its id and books none twice. A packer does not wait for a burst of orders: this has a thread of its own.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from service.clock import Now
from service.errors import Deferred, OwnFault, SlipwayError, SpoolBroken
from service.faults import contained
from service.intake.asked import put_answer, put_asked, remove_asked, take_answer
from service.intake.spool import Spool
from service.ledger.accounts import Found, NoteKey, Scan
from service.log import log

SCANNED, ANSWERED, BROKEN = ".scanned.json", ".answered.json", ".broken"
LOOK_EVERY_S = 0.03  # an empty folder costs 0.1 ms
FULL_PAUSE_S = 1.0
JOIN_S = 10.0
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
        self._stopping = threading.Event()
        self._thread = threading.Thread()

    def start(self, stop_service: Callable[[SlipwayError], None]) -> None:
        """Book what was scanned while no service ran, then whatever comes."""
        self._book_all()
        self._thread = threading.Thread(target=self._run, args=(stop_service,), name="packing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the scan at hand; what comes later waits in the spool."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)

    def _run(self, stop_service: Callable[[SlipwayError], None]) -> None:
        pause_s = LOOK_EVERY_S
        try:
            with contained(OwnFault):
                while not self._stopping.wait(pause_s):
                    pause_s = LOOK_EVERY_S if self._book_all() else FULL_PAUSE_S
        except SlipwayError as error:
            stop_service(error)

    def _book_all(self) -> bool:
        """Book every scan that waits, in order; False if the ledger takes none at present."""
        try:
            for path in sorted(self._spool.decisions.glob(f"*{SCANNED}")):
                if scan := _read(path):
                    self._book_and_answer(scan)
                    remove_asked(path)
        except Deferred:
            return False
        except OSError as error:
            raise SpoolBroken(f"the scans can't be worked: {error.strerror}") from error
        return True

    def _book_and_answer(self, scan: Scan) -> None:
        found = self._book(scan)  # on disk, once for each scan
        if found is None:
            return
        _say(scan.key, found)
        if self._now() - scan.at < AWAITED_FOR:
            at = found.at.isoformat() if found.at else ""
            put_answer(self._spool.decisions / f"{scan.scan_id}{ANSWERED}", asdict(found) | {"at": at})


def _read(path: Path) -> Scan | None:
    """The scan in a file; None, with the file set aside, if there is none in it."""
    try:
        asked = json.loads(path.read_bytes())
        key = NoteKey(**asked.pop("key"))
        return Scan(**asked | {"key": key, "at": datetime.fromisoformat(asked["at"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        log.error("decision.unreadable", error=type(error).__name__)
        path.rename(path.with_name(path.name + BROKEN))
        return None


def _say(key: NoteKey, found: Found) -> None:
    if found.packs:
        log.info("note.packed", note_id=key.note_id, generation=key.generation)
    if found.packed_before:
        log.warning("note.scanned-again", note_id=key.note_id, generation=key.generation, code=found.outcome)
