"""The ledger's statements, built once: building one costs ten times as much as running it."""

from functools import cache

import sqlalchemy as sa

from service.ledger.accounts import AHEAD_OF_PAPER, OPEN, PACKING, Account, Event, QueueDecision, QueueDown
from service.ledger.schema import (
    UtcTime,
    drop_notes,
    drops,
    events,
    notes,
    queue_decisions,
    queues_down,
    scans,
    wanted_pictures,
)


def _is_one_of(column: sa.Column[str], *values: str) -> sa.ColumnElement[bool]:
    """As `in`, but of a text that stays the same from the start (prepared.py); databases make the same of it."""
    return sa.or_(*(column == value for value in values))


NOTE_IS = sa.and_(
    notes.c.note_id == sa.bindparam("of_note", type_=sa.String),
    notes.c.generation == sa.bindparam("of_generation", type_=sa.Integer),
)
_LINKS = sa.and_(notes.c.note_id == drop_notes.c.note_id, notes.c.generation == drop_notes.c.generation)
_NAME = sa.bindparam("name", type_=sa.String)

ACCOUNTS = sa.select(*(notes.c[name] for name in Account.__dataclass_fields__))
ACCOUNT = ACCOUNTS.where(NOTE_IS)
NOTE = notes.select().where(NOTE_IS)
NOTES_OF_DROP = (
    ACCOUNTS.join(drop_notes, _LINKS)
    .where(drop_notes.c.drop_id == sa.bindparam("drop", type_=sa.String))
    .order_by(drop_notes.c.position, drop_notes.c.generation)
)
OPEN_NOTES = ACCOUNTS.where(_is_one_of(notes.c.state, *OPEN)).order_by(
    notes.c.arrived_at, notes.c.drop_id, notes.c.position
)
ANY_UNDER_WAY = (
    sa.select(notes.c.note_id).where(_is_one_of(notes.c.state, "received", "submitting", "accepted")).limit(1)
)
ALL_NOTES = ACCOUNTS.order_by(notes.c.arrived_at, notes.c.drop_id, notes.c.position)
NEWEST_NOTES = ACCOUNTS.order_by(notes.c.arrived_at.desc(), notes.c.position.desc()).limit(sa.bindparam("count"))
NAMED_NOTES = ACCOUNTS.where(sa.or_(notes.c.order_id == _NAME, notes.c.note_id == _NAME)).order_by(
    notes.c.note_id, notes.c.generation
)
COUNT_BY_STATE = sa.select(notes.c.state, sa.func.count().label("number")).group_by(notes.c.state)
COUNT_UNFINISHED = (
    sa.select(notes.c.state, sa.func.count().label("number"))
    .where(_is_one_of(notes.c.state, *OPEN, "held"))
    .group_by(notes.c.state)
)
COUNT_COMPLETED = sa.select(sa.func.count().label("number")).where(
    events.c.event_id > sa.bindparam("after"), events.c.event_id <= sa.bindparam("upto"), events.c.state == "completed"
)
_ALIKE = (
    *(notes.c[name] for name in ("state", "queue", "site", "language", "kind")),
    notes.c.job_id.is_not(None).label("has_job"),
    sa.select(sa.func.count())
    .where(queue_decisions.c.what == "move", queue_decisions.c.at > notes.c.received_at)
    .scalar_subquery()
    .label("moves"),
)
UNFINISHED = (
    sa.select(
        *_ALIKE,
        sa.func.count().label("notes"),
        sa.func.min(notes.c.arrived_at, type_=UtcTime).label("oldest_at"),
    )
    .where(_is_one_of(notes.c.state, *OPEN, "held"))
    .group_by(*_ALIKE)
)
LAST_COMPLETED = (
    sa.select(notes.c.queue, sa.func.max(notes.c.completed_at).label("at"))
    .where(notes.c.queue != "")
    .group_by(notes.c.queue)
)
HISTORY = (
    sa.select(*(events.c[name] for name in Event.__dataclass_fields__))
    .where(events.c.note_id == sa.bindparam("of_note"), events.c.generation == sa.bindparam("of_generation"))
    .order_by(events.c.event_id)
)
LAST_EVENT = sa.select(sa.func.coalesce(sa.func.max(events.c.event_id), 0).label("last"))
_MOVED = (
    sa.select(events.c.note_id, events.c.generation)
    .where(events.c.event_id > sa.bindparam("event"))
    .distinct()
    .subquery()
)
STATES_SINCE = sa.select(notes.c.state).join(
    _MOVED, sa.and_(notes.c.note_id == _MOVED.c.note_id, notes.c.generation == _MOVED.c.generation)
)
GENERATIONS = (
    sa.select(notes.c.generation, notes.c.content_sha256)
    .where(notes.c.note_id == sa.bindparam("of_note"))
    .order_by(notes.c.generation.desc())
)
SHEETS = (
    sa.select(
        *(notes.c[name] for name in ("note_id", "generation", "state", "packed_at")),
        sa.func.coalesce(scans.c.who, "").label("packed_by"),
    )
    .outerjoin(
        scans,
        sa.and_(
            scans.c.note_id == notes.c.note_id,
            scans.c.generation == notes.c.generation,
            _is_one_of(scans.c.outcome, *PACKING),
        ),
    )
    .where(notes.c.note_id == sa.bindparam("of_note"))
    .order_by(notes.c.generation.desc())
)
SCAN = sa.select(scans.c.scan_id).where(scans.c.scan_id == sa.bindparam("scan"))
SCANS_OF_NOTE = (
    sa.select(scans.c.at, scans.c.outcome, scans.c.who)
    .where(scans.c.note_id == sa.bindparam("of_note"), scans.c.generation == sa.bindparam("of_generation"))
    .order_by(scans.c.at)
)
_newer = notes.alias("newer")
_UNPACKED = (
    notes.c.completed_at.is_not(None),
    notes.c.packed_at.is_(None),
    ~sa.exists().where(
        _newer.c.note_id == notes.c.note_id,
        _newer.c.generation > notes.c.generation,
        _newer.c.completed_at.is_not(None),
    ),
)
UNPACKED = ACCOUNTS.where(*_UNPACKED).order_by(notes.c.completed_at)
COUNT_UNPACKED = sa.select(sa.func.count().label("number")).where(*_UNPACKED)
DROP = sa.select(drops).where(drops.c.drop_id == sa.bindparam("drop"))
DROPS_OF_NOTE = sa.select(drop_notes.c.drop_id).where(
    drop_notes.c.note_id == sa.bindparam("of_note"), drop_notes.c.generation == sa.bindparam("of_generation")
)

_NEWEST = (
    sa.select(notes.c.note_id, notes.c.generation)
    .order_by(notes.c.arrived_at.desc(), notes.c.position.desc())
    .limit(sa.bindparam("count"))
    .subquery()
)
_ASKED = sa.func.count(wanted_pictures.c.note_id.distinct()).label("notes")
WANTED_PICTURES = (
    sa.select(
        wanted_pictures.c.shop,
        wanted_pictures.c.picture,
        wanted_pictures.c.size,
        _ASKED,
        sa.func.max(wanted_pictures.c.at, type_=UtcTime).label("last_at"),
    )
    .join(
        _NEWEST,
        sa.and_(wanted_pictures.c.note_id == _NEWEST.c.note_id, wanted_pictures.c.generation == _NEWEST.c.generation),
    )
    .group_by(wanted_pictures.c.shop, wanted_pictures.c.picture, wanted_pictures.c.size)
    .order_by(_ASKED.desc(), wanted_pictures.c.shop, wanted_pictures.c.picture, wanted_pictures.c.size)
)
FORGET_WANTED = wanted_pictures.delete().where(
    wanted_pictures.c.note_id == sa.bindparam("of_note"), wanted_pictures.c.generation == sa.bindparam("of_generation")
)
NEW_WANTED = wanted_pictures.insert()
NEW_SCAN = scans.insert()
PACK = notes.update().where(NOTE_IS).values(packed_at=sa.bindparam("to_packed_at"))
QUEUE_DECISIONS = sa.select(*(queue_decisions.c[name] for name in QueueDecision.__dataclass_fields__)).order_by(
    queue_decisions.c.number
)
QUEUE_DECISION = sa.select(queue_decisions.c.number).where(
    queue_decisions.c.decision_id == sa.bindparam("decision", type_=sa.String)
)
NEW_QUEUE_DECISION = queue_decisions.insert()
QUEUES_DOWN = sa.select(*(queues_down.c[name] for name in QueueDown.__dataclass_fields__)).order_by(queues_down.c.queue)
_QUEUE_IS = queues_down.c.queue == sa.bindparam("of_queue", type_=sa.String)
QUEUE_DOWN = sa.select(queues_down.c.since).where(_QUEUE_IS)
NEW_QUEUE_DOWN = queues_down.insert()
QUEUE_BACK = queues_down.delete().where(_QUEUE_IS)
NEW_DROP, NEW_NOTE, NEW_EVENT, NEW_LINK = drops.insert(), notes.insert(), events.insert(), drop_notes.insert()
NOTE_JOB = (
    notes.update()
    .where(NOTE_IS, notes.c.state == "submitting")
    .values(job_id=sa.bindparam("to_job_id"), job_created_at=sa.bindparam("to_job_created_at"))
)
TAKING_BACK = (
    notes.update().where(NOTE_IS, notes.c.state == "accepted").values(taken_back_at=sa.bindparam("at", type_=UtcTime))
)
DEFER = (
    notes.update()
    .where(NOTE_IS, _is_one_of(notes.c.state, *AHEAD_OF_PAPER))
    .values(
        state="deferred",
        attempts=notes.c.attempts + 1,
        deferred_at=sa.func.coalesce(notes.c.deferred_at, sa.bindparam("at", type_=UtcTime)),
        code=sa.bindparam("to_code"),
        reason=sa.bindparam("to_reason"),
    )
)


@cache
def move(expected: tuple[str, ...], columns: tuple[str, ...]) -> sa.Update:
    """Compare and set: the statement that brings a note from an expected state to new values of `columns`."""
    values: dict[str, sa.BindParameter[object]] = {column: sa.bindparam(f"to_{column}") for column in columns}
    return notes.update().where(NOTE_IS, _is_one_of(notes.c.state, *expected)).values(values)
