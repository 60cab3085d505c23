"""What the ledger knows of what campaigns did: who was shown what and when, and who ordered when. Read only.

A note counts once, with the first of its sheets that was not cancelled: what the printer gave up came out as a further
one. Where every sheet was cancelled none came out: neither note nor order is told. Nor is who has been erased.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from service.ledger.ledger import Ledger
from service.ledger.schema import OF_SOMEBODY, UtcTime, exposures, notes
from service.model import NEUTRAL

_OF_SHEET = sa.and_(notes.c.note_id == exposures.c.note_id, notes.c.generation == exposures.c.generation)
_came_out = (
    sa.select(exposures.c.note_id, sa.func.min(exposures.c.generation).label("generation"))
    .select_from(exposures.join(notes, _OF_SHEET))
    .where(notes.c.state != "cancelled")
    .group_by(exposures.c.note_id)
    .subquery("came_out")
)
_EXPOSED = (
    sa.select(
        *(exposures.c[name] for name in ("campaign", "arm", "outcome", "note_id", "at")),
        notes.c.customer,
        notes.c.order_id,
    )
    .select_from(
        exposures.join(notes, _OF_SHEET).join(
            _came_out,
            sa.and_(exposures.c.note_id == _came_out.c.note_id, exposures.c.generation == _came_out.c.generation),
        )
    )
    .where(exposures.c.outcome != NEUTRAL)
    .order_by(exposures.c.at, exposures.c.note_id, exposures.c.number)
)
_ORDERED = (
    sa.select(notes.c.customer, notes.c.order_id, sa.func.min(notes.c.arrived_at, type_=UtcTime).label("arrived_at"))
    .where(OF_SOMEBODY, notes.c.state != "cancelled")
    .group_by(notes.c.customer, notes.c.order_id)
)
_NEUTRAL = (
    sa.select(exposures.c.reason, sa.func.count(exposures.c.note_id.distinct()).label("notes"))
    .where(exposures.c.outcome == NEUTRAL)
    .group_by(exposures.c.reason)
    .order_by(exposures.c.reason)
)


@dataclass(frozen=True, slots=True)
class Exposed:
    """That a campaign decided over a customer's note; `customer` is empty for a guest."""

    campaign: str
    arm: str
    outcome: str
    note_id: str
    at: datetime
    customer: str
    order_id: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """That a customer ordered; when its first parcel arrived here."""

    customer: str
    order_id: str
    arrived_at: datetime


def exposed(ledger: Ledger) -> Iterator[Exposed]:
    """Every exposure of a campaign, oldest first."""
    return (Exposed(**row) for row in ledger.ask(_EXPOSED))


def ordered(ledger: Ledger) -> Iterator[Ordered]:
    """Every order of every customer who is known."""
    return (Ordered(**row) for row in ledger.ask(_ORDERED))


def neutral_notes(ledger: Ledger) -> dict[str, int]:
    """How many notes campaigns left neutral, by reason."""
    return {row["reason"]: row["notes"] for row in ledger.ask(_NEUTRAL)}
