"""Rows of the ledger as one transaction makes them: notes entering, decisions carried out. No commit stands here."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from service.errors import DecisionRefused, OrderChanged, SlipwayError
from service.ledger import statements
from service.ledger.accounts import Decision, Drop, Entry, NoteKey
from service.ledger.entering import is_forgotten, keep_purchase, redeem
from service.ledger.prepared import change, rows
from service.ledger.schema import decisions, drop_notes, events, notes
from service.model import WantedPicture

WAITING = ("received", "deferred", "held")
PRINTED_AGAIN = "printed-again"  # why a generation is there that no person asked for


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a note is where it is, and who wanted it so; the service itself is nobody."""

    code: str
    reason: str
    who: str = ""

    @property
    def said(self) -> dict[str, str]:
        return {"code": self.code, "reason": self.reason}


def enter(connection: sa.Connection, drop: Drop, entry: Entry, at: datetime) -> NoteKey:
    """The key under which an entry's shipment is known from now on."""
    note_id = entry.shipment.note_id
    known = rows(connection, statements.GENERATIONS, {"of_note": note_id})
    for each in known:
        if each["content_sha256"] == entry.content_sha256:
            return NoteKey(note_id, each["generation"])
    key = NoteKey(note_id, known[0]["generation"] + 1 if known else 1)
    forgotten = is_forgotten(connection, entry)
    if forgotten:
        entry = replace(entry, customer="", objector="")
    row = new_note_row(drop, entry, key, at)
    if known:
        changed = OrderChanged(f"note {note_id} was dropped before with other content")
        row |= {"state": "held", "held_at": at, **why(changed)}
    change(connection, statements.NEW_NOTE, row)
    change(connection, statements.NEW_EVENT, event_row(key, at, row["state"], row))
    if not known and not forgotten:
        keep_purchase(connection, entry)
    redeem(connection, entry.shipment.order.vouchers_redeemed, entry.shipment.order.order_id, at)
    return key


def new_note_row(drop: Drop, entry: Entry, key: NoteKey, at: datetime) -> dict[str, Any]:
    shipment, order = entry.shipment, entry.shipment.order
    return {
        "note_id": key.note_id,
        "generation": key.generation,
        "order_id": order.order_id,
        "shipment": shipment.number,
        "of": shipment.of,
        "kind": shipment.kind,
        "site": order.site,
        "shop": order.shop,
        "language": order.language,
        "priority": order.priority,
        "content_sha256": entry.content_sha256,
        "customer": entry.customer,
        "objector": entry.objector,
        "drop_id": drop.drop_id,
        "position": entry.position,
        "state": "received",
        "code": "",
        "reason": "",
        "queue": "",
        "attempts": 0,
        "confirmed_by": "",
        "arrived_at": drop.arrived_at,
        "received_at": at,
        "held_at": None,
    }


def of(key: NoteKey) -> dict[str, Any]:
    """The values that name a note in a statement."""
    return {"of_note": key.note_id, "of_generation": key.generation}


def link_row(drop_id: str, position: int, key: NoteKey) -> dict[str, Any]:
    """That this file brought this note, at this place in it."""
    return {"drop_id": drop_id, "position": position, "note_id": key.note_id, "generation": key.generation}


def why(error: SlipwayError) -> dict[str, str]:
    return {"code": error.code, "reason": str(error)[:400]}


def event_row(key: NoteKey, at: datetime, state: str, facts: dict[str, Any], who: str = "") -> dict[str, Any]:
    why = {"code": facts.get("code", ""), "reason": facts.get("reason", "")}
    return {"note_id": key.note_id, "generation": key.generation, "at": at, "state": state, **why, "who": who}


def reached(state: str, at: datetime) -> dict[str, Any]:
    """A note's new state and its moment; it was received when it came, however often it is owed again."""
    return {"state": state} if state == "received" else {"state": state, f"{state}_at": at}


def keep_wanted(connection: sa.Connection, key: NoteKey, wanted: Sequence[WantedPicture], at: datetime) -> None:
    """That this note had to do without these pictures, in the place of what an earlier try lacked."""
    if not wanted:
        return
    connection.execute(statements.FORGET_WANTED, of(key))
    rows = [{"note_id": key.note_id, "generation": key.generation, "at": at, **asdict(each)} for each in wanted]
    connection.execute(statements.NEW_WANTED, rows)


def drop_row(drop: Drop) -> dict[str, Any]:
    return {name: getattr(drop, name) for name in Drop.__dataclass_fields__}


def decided(connection: sa.Connection, row: sa.RowMapping, decision: Decision, at: datetime) -> NoteKey:
    """Carry out a decision on a note's row, once; the key that goes on."""
    known = connection.execute(sa.select(decisions).where(decisions.c.decision_id == decision.decision_id)).first()
    if known:
        return NoteKey(known.note_id, known.generation)
    key = _carried_out(connection, row, decision, at)
    kept = {"decision_id": decision.decision_id, "at": at, "note_id": key.note_id, "generation": key.generation}
    connection.execute(decisions.insert(), kept)
    return key


def printed_again(connection: sa.Connection, row: sa.RowMapping, error: SlipwayError, at: datetime) -> NoteKey | None:
    """The further sheet of an accepted note that the printer gave up; None for one that was made so itself."""
    key = NoteKey(row["note_id"], row["generation"])
    made_so = sa.select(events.c.event_id).where(
        events.c.note_id == key.note_id, events.c.generation == key.generation, events.c.code == PRINTED_AGAIN
    )
    if row["state"] != "accepted" or connection.execute(made_so).first():
        return None
    cause = Cause(**why(error))
    _caused_state(connection, key, "cancelled", cause, at)
    return _next_generation(connection, row, replace(cause, code=PRINTED_AGAIN), at, row["received_at"])


def _carried_out(connection: sa.Connection, row: sa.RowMapping, decision: Decision, at: datetime) -> NoteKey:
    """What each decision does. A note whose job was noted may be on paper: it goes on as a further, marked sheet."""
    key, state, had_job = NoteKey(row["note_id"], row["generation"]), row["state"], row["job_id"] is not None
    cause = Cause(decision.code, decision.reason, decision.who)
    if decision.what == "hold" and state in ("received", "deferred") and not had_job:
        return _caused_state(connection, key, "held", cause, at)
    if decision.what == "cancel" and state in WAITING:
        return _caused_state(connection, key, "cancelled", cause, at)
    if decision.what == "release" and state == "held" and not had_job:
        afresh = {"attempts": 0, "deferred_at": None, "code": "", "reason": ""}
        return _caused_state(connection, key, "received", cause, at, afresh)
    if decision.what == "release" and state == "held":
        _caused_state(connection, key, "cancelled", cause, at)
        return _next_generation(connection, row, cause, at, row["received_at"])
    if decision.what == "reprint" and state in ("accepted", "completed", "cancelled"):
        return _next_generation(connection, row, cause, at, at)
    stands = "at its printer, and may have begun" if state == "accepted" else state
    raise DecisionRefused(f"{key.job_name} is {stands}: it can't be {decision.done}")


def _caused_state(
    connection: sa.Connection,
    key: NoteKey,
    state: str,
    cause: Cause,
    at: datetime,
    facts: dict[str, Any] | None = None,
) -> NoteKey:
    values = reached(state, at) | cause.said | (facts or {})
    connection.execute(notes.update().where(statements.NOTE_IS).values(values), of(key))
    connection.execute(statements.NEW_EVENT, event_row(key, at, state, cause.said, cause.who))
    return key


def _next_generation(
    connection: sa.Connection, row: sa.RowMapping, cause: Cause, at: datetime, received_at: datetime
) -> NoteKey:
    """A further sheet of the same note, to be marked as such; it stands in the receipts of the same files.

    One that goes on in the place of another was received when that was: what people moved, it follows.
    """
    newest = sa.select(sa.func.max(notes.c.generation)).where(notes.c.note_id == row["note_id"])
    key = NoteKey(row["note_id"], connection.execute(newest).scalar_one() + 1)
    kept = (
        *("note_id", "order_id", "shipment", "of", "kind", "site", "shop", "language", "priority", "content_sha256"),
        *("customer", "objector", "drop_id", "position", "arrived_at"),
    )
    fresh = {"state": "received", "code": "", "reason": "", "queue": "", "attempts": 0, "confirmed_by": ""}
    note = {name: row[name] for name in kept} | fresh | {"generation": key.generation, "received_at": received_at}
    connection.execute(statements.NEW_NOTE, note)
    connection.execute(statements.NEW_EVENT, event_row(key, at, "received", cause.said, cause.who))
    links = sa.select(drop_notes.c.drop_id, drop_notes.c.position).where(
        drop_notes.c.note_id == row["note_id"], drop_notes.c.generation == row["generation"]
    )
    for link in connection.execute(links).mappings().all():
        connection.execute(statements.NEW_LINK, link_row(link["drop_id"], link["position"], key))
    return key
