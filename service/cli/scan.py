"""`scan`: the packing bench. The code on the sheet is read, and the note is packed; or a packer is warned.

Words for packers: what to do with the sheet in their hands, in one short line. The service is asked, for it knows
what was scanned at the next bench a second ago; where none runs, the ledger is looked at and the scan waits.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from service.cli.asking import new_decision_id, person
from service.cli.terminal import say_json, say_marked
from service.clock import utc_now
from service.config import Config
from service.errors import Remedy, SlipwayError
from service.intake.spool import Spool, is_locked, open_spool
from service.ledger.accounts import Found, NoteKey, Scan, key_of
from service.packing import hand_in, take_found

DONE, WARNED, TRY_AGAIN = 0, 1, 75
WORST_FIRST = (WARNED, TRY_AGAIN, DONE)
ANSWER_WITHIN_S = 5.0
LONGEST_WHO, LONGEST_CODE = 60, 50

WORDS = {
    "packed": "",
    "scanned-again": "packed already, {when} by {who}",
    "packed-anew": "this parcel was packed with {sheet} {when} by {who}: put this sheet in its place",
    "cancelled": "don't pack: this note was cancelled",
    "held": "don't pack yet: this note is held; ask first",
    "not-completed": "the printer has not finished this note: wait a moment, then scan again",
    "unknown": "there is no such note",
    "no-note": "this is not the code of a delivery note",
}
NEWER = {
    "completed": "throw this sheet away, take the newer one: {sheet}",
    "held": "don't pack yet: a newer sheet, {sheet}, is held; ask first",
    "": "throw this sheet away: a newer one is on its way, {sheet}",
}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was found, None if nobody could say; and what is to be said of the scan itself."""

    found: Found | None
    aside: str = ""

    @property
    def is_ok(self) -> bool:
        return self.found is not None and self.found.outcome == "packed"

    @property
    def exit_code(self) -> int:
        return TRY_AGAIN if self.found is None else DONE if self.is_ok else WARNED

    @property
    def words(self) -> str:
        """What a packer need know; nothing, if all is well."""
        return "; ".join(filter(None, (_words(self.found) if self.found else "", self.aside)))


def scan(arguments: argparse.Namespace, config: Config) -> int:
    """Scan one code, or every line of stdin, each with its answer at once; exit 1 if any of them warned."""
    spool = open_spool(config.settings.spool)
    who = " ".join((arguments.who or person()).split())[:LONGEST_WHO]
    show = _show_json if arguments.json else _show
    exit_code = DONE
    for code in _typed() if arguments.note == "-" else (arguments.note.strip(),):
        answer = _answer(code, who, spool)
        show(code, answer)
        exit_code = min(exit_code, answer.exit_code, key=WORST_FIRST.index)
    return exit_code


def _typed() -> Iterator[str]:
    """What a hand scanner types: a code and Enter, until the end of stdin."""
    with open(0, encoding="utf-8", errors="replace", closefd=False) as lines:
        for line in lines:
            if code := line.strip():
                yield code


def _answer(code: str, who: str, spool: Spool) -> _Answer:
    """Hand the scan in, durably, and have it looked at."""
    key = key_of(code)
    if key is None:
        return _Answer(Found("no-note"))
    scan = Scan(new_decision_id(), key, utc_now(), who)
    try:
        hand_in(spool, scan)
        if not is_locked(spool):
            return _Answer(_in_the_ledger(key, spool), "kept until the service runs again")
        found = _found_by_service(scan, spool)
    except SlipwayError as error:
        return _Answer(None, f"{error.what}; scan it again later" if error.remedy is Remedy.DEFER else error.what)
    return _Answer(found, "" if found else "the service has not answered yet; the scan is kept")


def _found_by_service(scan: Scan, spool: Spool) -> Found | None:
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while (found := take_found(spool, scan.scan_id)) is None and time.monotonic() < deadline:
        time.sleep(0.005)
    return found


def _in_the_ledger(key: NoteKey, spool: Spool) -> Found | None:
    """What the service will find, as far as the ledger knows now."""
    from service.ledger.ledger import Ledger  # takes as long to load as all else; nobody needs it while a service runs

    return Ledger(spool.ledger, read_only=True).look_at(key) if spool.ledger.exists() else None


# In words -------------------------------------------------------------------------------------------------------------


def _show(code: str, answer: _Answer) -> None:
    shown = "".join(letter if " " <= letter <= "~" else "?" for letter in code[:LONGEST_CODE])
    say_marked("OK" if answer.is_ok else "WARNING", f"{shown}: {answer.words}" if answer.words else shown)


def _show_json(code: str, answer: _Answer) -> None:
    found = answer.found or Found("")
    facts = {"outcome": found.outcome, "sheet": found.sheet, "state": found.state}
    packed = {"packed_at": found.at.isoformat(), "packed_by": found.who} if found.at else {}
    say_json({"scanned": code, "ok": answer.is_ok, **facts, **packed, "words": answer.words})


def _words(found: Found) -> str:
    words = NEWER.get(found.state, NEWER[""]) if found.outcome == "outdated" else WORDS[found.outcome]
    return words.format(sheet=found.sheet, who=found.who, when=_when(found.at))


def _when(at: datetime | None) -> str:
    """The clock on the packer's wall; with the day, if that is not today."""
    if at is None:
        return ""
    local, today = at.astimezone(), utc_now().astimezone().date()
    return f"at {local:%H:%M}" if local.date() == today else f"on {local:%Y-%m-%d} at {local:%H:%M}"
