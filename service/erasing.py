"""Files that names and addresses stand in, and when they go: with their customer, or with their time.

    notes/, printers/           the documents, after retention.documents_days
    done/, problem/, receipts/  what the shop sent and was told, after retention.orders_days
    ledger.db                   the account, which knows no names, after retention.ledger_days

What is not at an end stays, however old. Files go first and the ledger last: after a crash the same is found again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from service.config import Retention
from service.errors import DecisionRefused
from service.intake.archive import all_archived
from service.intake.receipts import find_receipt
from service.intake.spool import Spool
from service.ledger.accounts import Drop, NoteKey
from service.ledger.erasing import (
    Tombstone,
    forget_customer,
    is_known,
    notes_of_customer,
    open_drops,
    open_keys,
    prune_some,
)
from service.ledger.ledger import Ledger

NAMED = 5
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Erased:
    """What went, counted. `shared` files stay until their time is over: others stand in them too."""

    notes: int = 0
    files: int = 0
    shared: int = 0


def forget(spool: Spool, ledger: Ledger, tombstone: Tombstone) -> Erased:
    """Erase a customer; DecisionRefused, and nothing done, if nobody knows them or a note of theirs is under way."""
    if not is_known(ledger, tombstone.customers):
        hint = "Look at the number and the shop. A guest has none, and what was pruned is gone already."
        raise DecisionRefused("nobody of this number is known: nothing was erased", hint=hint)
    theirs = [notes_of_customer(ledger, customer) for customer in tombstone.customers]
    under_way = [key.job_name for notes in theirs for key in notes.under_way]
    if under_way:
        named = ", ".join(under_way[:NAMED])
        what = f"{len(under_way)} notes of this customer are not at their end: {named}"
        raise DecisionRefused(what, hint="Let them print, or cancel them; then ask again.")
    sheets = tuple(key for notes in theirs for key in notes.sheets)
    files = (path for notes in theirs for drop in notes.files for path in _files_of(spool, drop))
    removed = sum(_remove(path) for path in (*_documents(spool, sheets), *files))
    forget_customer(ledger, tombstone)
    return Erased(len({key.note_id for key in sheets}), removed, sum(notes.shared for notes in theirs))


def prune(spool: Spool, ledger: Ledger, retention: Retention, now: datetime) -> Erased:
    """Erase what is older than it may get."""
    documents_before = now - timedelta(days=retention.documents_days)
    orders_before = now - timedelta(days=retention.orders_days)
    needed = {path for drop in open_drops(ledger) for path in _files_of(spool, drop)}
    needed.update(_documents(spool, tuple(open_keys(ledger))))
    old = [
        *_older(spool.notes, documents_before),
        *(path for queue in _folders(spool.printers) for path in _older(queue, documents_before)),
        *(path for day in _days_before(spool, orders_before.date()) for path in day.iterdir()),
        *_older(spool.problem, orders_before),
        *_older(spool.receipts, orders_before),
    ]
    removed = sum(_remove(path) for path in old if path not in needed)
    for day in _days_before(spool, orders_before.date()):
        if not any(day.iterdir()):
            day.rmdir()
    return Erased(_prune_ledger(ledger, now - timedelta(days=retention.ledger_days)), removed)


def _prune_ledger(ledger: Ledger, before: datetime) -> int:
    pruned = 0
    while chunk := prune_some(ledger, before):
        pruned += chunk
    return pruned


def _documents(spool: Spool, sheets: tuple[NoteKey, ...]) -> Iterator[Path]:
    queues = _folders(spool.printers)
    for key in sheets:
        yield from (folder / f"{key.job_name}.pdf" for folder in (spool.notes, *queues))


def _files_of(spool: Spool, drop: Drop) -> Iterator[Path]:
    """A file that was put away, however often it came, and its receipt."""
    for path in all_archived(spool, drop.claimed_at.date(), drop.sha256, drop.size_bytes):
        yield path
        yield path.with_name(f"{path.name}.problem.json")
        for name in (path.name, re.sub(r"~[0-9a-z]+(\.\w+)?$", r"\1", path.name)):
            if receipt := find_receipt(spool, name, drop.drop_id):
                yield receipt


def _older(folder: Path, before: datetime) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_file() and not path.name.startswith(".") and path.lstat().st_mtime < before.timestamp():
            yield path


def _days_before(spool: Spool, before: date) -> list[Path]:
    return [day for day in _folders(spool.done) if _DAY.fullmatch(day.name) and day.name < before.isoformat()]


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True
