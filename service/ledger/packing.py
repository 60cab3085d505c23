"""The packing bench: what the scan of a sheet's code finds, and what is kept of it.

    outcome         the scanned sheet                                          counts as packed   the packer is
    packed          completed, and none of its note was packed yet             yes                told that all is well
    packed-anew     the same, but an older sheet of its note was packed        yes                warned
    scanned-again   packed before                                              no                 warned
    outdated        a newer sheet of its note is there, and not cancelled      no                 warned
    cancelled       ended by a person, or given up by the printer              no                 warned
    held            waits for a person                                         no                 warned
    not-completed   not out of the printer, as far as we know                  no                 warned
    unknown         there is none: no such note, or no such generation         no; nothing kept   warned

Where several fit, `unknown`, then `outdated`, then `scanned-again` come first. Nothing of this touches paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from service.ledger import statements
from service.ledger.accounts import Found, NoteKey, Scan
from service.ledger.rows import of
from service.model import job_name


@dataclass(frozen=True, slots=True)
class Sheet:
    """One generation of a note, as far as packing goes."""

    note_id: str
    generation: int
    state: str
    packed_at: datetime | None
    packed_by: str

    def says(self, outcome: str) -> Found:
        """An outcome that speaks of this sheet."""
        return Found(outcome, job_name(self.note_id, self.generation), self.state, self.packed_at, self.packed_by)


def booked(connection: sa.Connection, scan: Scan) -> Found | None:
    """Keep a scan, and pack its sheet if that is due; None for a scan that was kept before."""
    if connection.execute(statements.SCAN, {"scan": scan.scan_id}).first():
        return None
    rows = connection.execute(statements.SHEETS, {"of_note": scan.key.note_id}).mappings()
    found = found_among([Sheet(**row) for row in rows], scan.key)
    if found.outcome != "unknown":
        kept = {"scan_id": scan.scan_id, "at": scan.at, "who": scan.who, "outcome": found.outcome}
        connection.execute(statements.NEW_SCAN, kept | {"note_id": scan.key.note_id, "generation": scan.key.generation})
    if found.packs:
        connection.execute(statements.PACK, {"to_packed_at": scan.at} | of(scan.key))
    return found


def found_among(sheets: Sequence[Sheet], key: NoteKey) -> Found:
    """What a scan of `key` finds among all sheets of its note, which come newest first."""
    scanned = next((sheet for sheet in sheets if sheet.generation == key.generation), None)
    if scanned is None:
        return Found("unknown")
    others = [sheet for sheet in sheets if sheet.state != "cancelled"]
    if newer := next((sheet for sheet in others if sheet.generation > key.generation), None):
        return newer.says("outdated")
    if scanned.packed_at:
        return scanned.says("scanned-again")
    if scanned.state != "completed":
        return scanned.says(scanned.state if scanned.state in ("cancelled", "held") else "not-completed")
    if older := next((sheet for sheet in others if sheet.packed_at), None):
        return older.says("packed-anew")
    return scanned.says("packed")
