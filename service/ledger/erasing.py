"""What the ledger lets go of: the customer who wants to be forgotten, and the notes that are too old to keep.

Nothing is erased that is still under way. A code that was given stays given, and never becomes free again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from service.ledger.accounts import Drop, NoteKey
from service.ledger.ledger import Ledger
from service.ledger.schema import (
    HAS_CUSTOMER,
    OF_OBJECTOR,
    OF_SOMEBODY,
    decisions,
    drop_notes,
    drops,
    events,
    exposures,
    notes,
    purchases,
    scans,
    tombstones,
    voucher_codes,
    wanted_pictures,
)

AT_AN_END = ("completed", "cancelled")
CHUNK = 200  # notes that are erased in one transaction, so that others wait for milliseconds

_NOTES = sa.select(notes.c.note_id, notes.c.generation, notes.c.state, notes.c.customer, notes.c.objector)
_THEIRS = _NOTES.where(
    sa.or_(
        sa.and_(notes.c.customer == sa.bindparam("of_customer"), OF_SOMEBODY),
        sa.and_(notes.c.objector == sa.bindparam("of_customer"), OF_OBJECTOR),
    )
).order_by(notes.c.note_id, notes.c.generation)
_DROPS = sa.select(drops)
_BROUGHT_BY = (
    sa.select(drop_notes.c.drop_id).where(drop_notes.c.note_id.in_(sa.bindparam("note_ids", expanding=True))).distinct()
)
_DROP = _DROPS.where(drops.c.drop_id == sa.bindparam("drop"))
_IN_DROP = _NOTES.join(
    drop_notes, sa.and_(notes.c.note_id == drop_notes.c.note_id, notes.c.generation == drop_notes.c.generation)
).where(drop_notes.c.drop_id == sa.bindparam("drop"))
_OPEN_DROPS = (
    _DROPS.join(drop_notes, drop_notes.c.drop_id == drops.c.drop_id)
    .join(notes, sa.and_(notes.c.note_id == drop_notes.c.note_id, notes.c.generation == drop_notes.c.generation))
    .where(notes.c.state.not_in(AT_AN_END))
    .distinct()
)
_OPEN_KEYS = sa.select(notes.c.note_id, notes.c.generation).where(notes.c.state.not_in(AT_AN_END))
_sheet = notes.alias("sheet")
_OLD = (
    sa.select(notes.c.note_id)
    .where(
        notes.c.arrived_at < sa.bindparam("before"),
        notes.c.state.in_(AT_AN_END),
        ~sa.exists().where(
            _sheet.c.note_id == notes.c.note_id,
            sa.or_(_sheet.c.state.not_in(AT_AN_END), _sheet.c.arrived_at >= sa.bindparam("before")),
        ),
    )
    .distinct()
    .limit(CHUNK)
)
_KNOWN = sa.select(
    sa.or_(
        sa.exists().where(notes.c.customer == sa.bindparam("of_customer"), OF_SOMEBODY),
        sa.exists().where(notes.c.objector == sa.bindparam("of_customer"), OF_OBJECTOR),
        sa.exists().where(voucher_codes.c.customer == sa.bindparam("of_customer"), HAS_CUSTOMER),
        sa.exists().where(tombstones.c.customer == sa.bindparam("of_customer")),
    ).label("known")
)
_GONE = {"customer": "", "order_id": "", "note_id": ""}
_WITHOUT_NOTES = (
    drops.delete()
    .where(drops.c.claimed_at < sa.bindparam("before"))
    .where(~sa.exists().where(drop_notes.c.drop_id == drops.c.drop_id))
)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Who wants to be forgotten, by a hash for each shop that may know them; who does it, and when."""

    customers: tuple[str, ...]
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TheirNotes:
    """The notes of a customer: all sheets, those that are still under way, and the files that brought them."""

    sheets: tuple[NoteKey, ...]
    under_way: tuple[NoteKey, ...]
    files: tuple[Drop, ...]  # in which nobody else stands
    shared: int  # files that others stand in too


def notes_of_customer(ledger: Ledger, customer: str) -> TheirNotes:
    """What the ledger has of a customer."""
    rows = ledger.ask(_THEIRS, {"of_customer": customer})
    sheets = tuple(NoteKey(row["note_id"], row["generation"]) for row in rows)
    under_way = tuple(NoteKey(row["note_id"], row["generation"]) for row in rows if row["state"] not in AT_AN_END)
    note_ids = tuple({key.note_id for key in sheets})
    brought = [row["drop_id"] for row in ledger.ask(_BROUGHT_BY, {"note_ids": note_ids})] if note_ids else []
    own = [drop_id for drop_id in brought if _is_own(ledger, drop_id, customer)]
    files = tuple(Drop(**row) for drop_id in own for row in ledger.ask(_DROP, {"drop": drop_id}))
    whole = tuple(drop for drop in files if not drop.refused)
    return TheirNotes(sheets, under_way, whole, len(brought) - len(whole))


def _is_own(ledger: Ledger, drop_id: str, customer: str) -> bool:
    return all(customer in (row["customer"], row["objector"]) for row in ledger.ask(_IN_DROP, {"drop": drop_id}))


def is_known(ledger: Ledger, customers: tuple[str, ...]) -> bool:
    """Whether the ledger has ever heard of one of these customers: by a note, a code, or a tombstone."""
    return any(ledger.ask(_KNOWN, {"of_customer": customer})[0]["known"] for customer in customers)


def forget_customer(ledger: Ledger, tombstone: Tombstone) -> None:
    """Their notes are nobody's, what they bought is gone, and what they ordered until now is nobody's for ever."""
    is_theirs = sa.or_(
        sa.and_(notes.c.customer.in_(tombstone.customers), OF_SOMEBODY),
        sa.and_(notes.c.objector.in_(tombstone.customers), OF_OBJECTOR),
    )
    of_theirs = purchases.c.note_id.in_(sa.select(notes.c.note_id).where(is_theirs))
    stones = [{"customer": each, "at": tombstone.at, "who": tombstone.who} for each in tombstone.customers]

    def forget(connection: sa.Connection) -> None:
        connection.execute(purchases.delete().where(of_theirs))
        connection.execute(notes.update().where(is_theirs).values(customer="", objector=""))
        codes = voucher_codes.update().where(voucher_codes.c.customer.in_(tombstone.customers), HAS_CUSTOMER)
        connection.execute(codes.values(customer=""))
        connection.execute(tombstones.delete().where(tombstones.c.customer.in_(tombstone.customers)))
        connection.execute(tombstones.insert(), stones)

    ledger.change(forget)


def open_drops(ledger: Ledger) -> tuple[Drop, ...]:
    """The files that brought notes which are not at an end: these are still needed."""
    return tuple(Drop(**row) for row in ledger.ask(_OPEN_DROPS))


def open_keys(ledger: Ledger) -> Iterable[NoteKey]:
    """The sheets that are not at an end."""
    return [NoteKey(row["note_id"], row["generation"]) for row in ledger.ask(_OPEN_KEYS)]


def prune_some(ledger: Ledger, before: datetime) -> int:
    """Erase a chunk of the notes that arrived before, all sheets of each at an end; how many notes, 0: none is left."""

    def prune(connection: sa.Connection) -> int:
        old = list(connection.execute(_OLD, {"before": before}).scalars())
        for table in (events, drop_notes, wanted_pictures, scans, decisions, exposures, purchases, notes):
            connection.execute(table.delete().where(table.c.note_id.in_(old)))
        connection.execute(voucher_codes.update().where(voucher_codes.c.note_id.in_(old)).values(_GONE))
        if not old:
            connection.execute(_WITHOUT_NOTES, {"before": before})
        return len(old)

    return ledger.change(prune)
