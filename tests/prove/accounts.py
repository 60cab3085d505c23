"""The other accounts of a spool, held against each other once everything is at an end: ledger, receipts, folders.

The oracle judges by paper and receipts. Here each note has one row for each of its generations, at an end, which is
the one that its receipt names; and each file lies in one place, done/ or problem/.
"""

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from tests.prove.oracle import ENDS
from tests.prove.orders import Dropped

PUT_AWAY = "away-"  # so begins the name of a day of done/ that somebody took out of it


def disagreements(spool: Path, dropped: Iterable[Dropped]) -> list[str]:
    """What the accounts tell differently; for a service that has ended."""
    try:
        told = _of_ledger(spool)
    except sqlite3.Error as error:
        return [f"the ledger can't be read: {error}"]
    return [*_between_ledger_and_receipts(spool, told), *_in_folders(spool, dropped)]


def _between_ledger_and_receipts(spool: Path, told: dict[str, str]) -> Iterator[str]:
    for note, state in told.items():
        if state not in ENDS:
            yield f"{note}: {state} in the ledger, at the end"
    try:
        receipts = _of_receipts(spool)
    except (ValueError, TypeError, KeyError) as error:  # after a power cut, where something is not synced
        yield f"a receipt can't be read: {type(error).__name__}"
        return
    for note, states in receipts.items():
        if states != {told.get(note)}:
            yield f"{note}: {told.get(note)} in the ledger, {sorted(states)} in receipts"


def _of_ledger(spool: Path) -> dict[str, str]:
    with closing(sqlite3.connect(f"file:{spool / 'ledger.db'}?mode=ro", uri=True)) as ledger:
        if (found := ledger.execute("pragma integrity_check").fetchone()) != ("ok",):
            raise sqlite3.DatabaseError(f"{found}")
        rows = ledger.execute("select note_id, generation, state from notes")
        return {f"{note_id} #{generation}": state for note_id, generation, state in rows}


def _of_receipts(spool: Path) -> dict[str, set[str]]:
    states = defaultdict(set)
    for path in (spool / "receipts").glob("*.receipt.json"):
        for note in json.loads(path.read_bytes())["notes"]:
            states[f"{note['note_id'].partition('.g')[0]} #{note['generation']}"].add(note["state"])
    return states


def _in_folders(spool: Path, dropped: Iterable[Dropped]) -> Iterator[str]:
    expected = [drop for drop in dropped if drop.content]
    largest = max((len(drop.content) for drop in expected), default=0)
    done = _contents((path for kept in ("done/*/*", f"{PUT_AWAY}*/*") for path in spool.glob(kept)), largest)
    problem = _contents(spool.glob("problem/*"), largest)
    for drop in expected:
        content = hashlib.sha256(drop.content).digest()
        right, wrong = (problem, done) if drop.is_refused else (done, problem)
        if content not in right or content in wrong:
            yield f"{drop.name}: in done/: {content in done}, in problem/: {content in problem}"


def _contents(paths: Iterable[Path], largest: int) -> set[bytes]:
    files = (path for path in paths if path.is_file() and path.stat().st_size <= largest)  # a sparse one has a terabyte
    return {hashlib.sha256(path.read_bytes()).digest() for path in files}
