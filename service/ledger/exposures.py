"""What campaigns decided for a note, kept with its intent: in the same transaction, or the intent is not written.

A code is given to one customer, and by one campaign once to each, or again when it says so; a campaign that was paused
meanwhile, or has used up its budget, shows nothing more. What a note has shown or taken, neither pause nor budget
stops.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from service.errors import PlanOutdated
from service.ledger.accounts import NoteKey
from service.ledger.prepared import change, change_each, rows
from service.ledger.returned import NEVER_CAME_OUT
from service.ledger.rows import of
from service.ledger.schema import (
    FREE,
    HAS_CUSTOMER,
    HAS_ORDER,
    UtcTime,
    campaign_decisions,
    campaign_notes,
    exposures,
    voucher_codes,
)
from service.model import SHOWN, Exposure, Giving, order_of

_NOTE = exposures.c.note_id == sa.bindparam("of_note")
_SHEET = sa.and_(_NOTE, exposures.c.generation == sa.bindparam("of_generation"))
_SHOWN = sa.select(exposures.c.campaign).where(_NOTE, exposures.c.outcome == SHOWN).distinct()
_KEPT = sa.select(exposures.c.note_id).where(_SHEET).limit(1)
_FORGET = exposures.delete().where(_SHEET)
_NEW_EXPOSURE, _NEW_COUNT = exposures.insert(), campaign_notes.insert()
_LAST_DECISION = (
    sa.select(campaign_decisions.c.what)
    .where(campaign_decisions.c.campaign == sa.bindparam("of_campaign"))
    .order_by(campaign_decisions.c.number.desc())
    .limit(1)
)
_NOTES = sa.select(campaign_notes.c.notes).where(campaign_notes.c.campaign == sa.bindparam("of_campaign"))
_TAKEN = sa.select(voucher_codes.c.campaign).where(
    voucher_codes.c.order_id == sa.bindparam("of_order"), HAS_ORDER, voucher_codes.c.note_id == sa.bindparam("of_note")
)
_COUNT = (
    campaign_notes.update()
    .where(campaign_notes.c.campaign == sa.bindparam("of_campaign"))
    .values(notes=campaign_notes.c.notes + sa.bindparam("more"))
)
_IS_THEIRS = sa.or_(  # what is not empty is in the index
    sa.and_(voucher_codes.c.order_id == sa.bindparam("of_order"), HAS_ORDER),
    sa.and_(
        voucher_codes.c.customer == sa.bindparam("of_customer"),
        HAS_CUSTOMER,
        voucher_codes.c.given_at > sa.bindparam("since", type_=UtcTime),
    ),
)
_EVER = datetime(2000, 1, 1, tzinfo=UTC)
_HAS_ANOTHER = sa.select(voucher_codes.c.number).where(
    voucher_codes.c.campaign == sa.bindparam("of_campaign"), voucher_codes.c.code != sa.bindparam("of_code"), _IS_THEIRS
)
_IS_OF_ORDER = sa.select(voucher_codes.c.number).where(
    voucher_codes.c.code == sa.bindparam("of_code"),
    voucher_codes.c.campaign == sa.bindparam("of_campaign"),
    voucher_codes.c.order_id == sa.bindparam("of_order"),
)
_STANDS_IN_NO_WAY = (
    voucher_codes.update()
    .where(
        voucher_codes.c.campaign == sa.bindparam("of_campaign"),
        voucher_codes.c.code != sa.bindparam("of_code"),
        voucher_codes.c.customer == sa.bindparam("of_customer"),
        HAS_CUSTOMER,
        NEVER_CAME_OUT,
    )
    .values(customer="")
)
_IS_FREE_FOR_THEM = sa.or_(
    FREE, sa.and_(voucher_codes.c.customer == sa.bindparam("to_customer"), HAS_CUSTOMER, NEVER_CAME_OUT)
)
_GIVE = (
    voucher_codes.update()
    .where(voucher_codes.c.code == sa.bindparam("of_code"), voucher_codes.c.pool == sa.bindparam("of_pool"))
    .where(_IS_FREE_FOR_THEM)
    .values({name: sa.bindparam(f"to_{name}") for name in ("given_at", "campaign", "customer", "order_id", "note_id")})
)


@dataclass(frozen=True, slots=True)
class Marketing:
    """What a note's intent brings of campaigns. `budgets` are those of the campaigns that have one.

    `again_after` are the days after which those that give a customer a code again do so.
    """

    exposures: tuple[Exposure, ...] = ()
    givings: tuple[Giving, ...] = ()
    customer: str = ""
    budgets: Mapping[str, int] = field(default_factory=dict)
    again_after: Mapping[str, int] = field(default_factory=dict)

    @property
    def shown(self) -> frozenset[str]:
        """The campaigns that the note shows."""
        return frozenset(each.campaign for each in self.exposures if each.outcome == SHOWN)


NO_MARKETING = Marketing()


def book(connection: sa.Connection, key: NoteKey, marketing: Marketing, at: datetime) -> None:
    """Keep what campaigns decided for this sheet in the place of an earlier try; raises PlanOutdated."""
    kept = bool(rows(connection, _KEPT, of(key)))
    if not marketing.exposures and not kept:
        return
    before = _shown_by(connection, key)
    new = marketing.shown - before if key.generation == 1 else frozenset()
    for campaign in sorted(new - _taken(connection, key) if new else new):
        _check_open(connection, campaign, marketing.budgets)
    for giving in marketing.givings:
        _give(connection, key, giving, marketing, at)
    if kept:
        change(connection, _FORGET, of(key))
    change_each(connection, _NEW_EXPOSURE, tuple(_rows(key, marketing, at)))
    after = _shown_by(connection, key)
    for campaign in before ^ after:
        _count(connection, campaign, 1 if campaign in after else -1)


def _shown_by(connection: sa.Connection, key: NoteKey) -> frozenset[str]:
    """The campaigns that the sheets of this note show."""
    return frozenset(row["campaign"] for row in rows(connection, _SHOWN, {"of_note": key.note_id}))


def _taken(connection: sa.Connection, key: NoteKey) -> frozenset[str]:
    """The campaigns whose codes this note took: it carries them, also where a sheet in between had no room."""
    of_note = {"of_order": order_of(key.note_id), "of_note": key.note_id}
    return frozenset(row["campaign"] for row in rows(connection, _TAKEN, of_note))


def _check_open(connection: sa.Connection, campaign: str, budgets: Mapping[str, int]) -> None:
    about = {"of_campaign": campaign}
    if any(row["what"] == "pause" for row in rows(connection, _LAST_DECISION, about)):
        raise PlanOutdated(f"campaign {campaign} was paused")
    budget = budgets.get(campaign, 0)
    if budget and any(row["notes"] >= budget for row in rows(connection, _NOTES, about)):
        raise PlanOutdated(f"campaign {campaign} has used up its budget")


def _give(connection: sa.Connection, key: NoteKey, giving: Giving, marketing: Marketing, at: datetime) -> None:
    """Give a code to this note's customer: a free one, or theirs that never came out; let be what is the order's."""
    order_id, customer, days = order_of(key.note_id), marketing.customer, marketing.again_after.get(giving.campaign, 0)
    theirs = {"of_campaign": giving.campaign, "of_code": giving.code, "of_order": order_id, "of_customer": customer}
    if rows(connection, _IS_OF_ORDER, theirs):
        return
    change(connection, _STANDS_IN_NO_WAY, theirs)
    if rows(connection, _HAS_ANOTHER, theirs | {"since": at - timedelta(days=days) if days else _EVER}):
        raise PlanOutdated(f"campaign {giving.campaign} has given this customer a code meanwhile")
    given = {"given_at": at, "campaign": giving.campaign, "customer": customer, "order_id": order_id}
    taken = {f"to_{name}": value for name, value in (given | {"note_id": key.note_id}).items()}
    try:
        is_given = change(connection, _GIVE, {"of_code": giving.code, "of_pool": giving.pool, **taken}) == 1
    except sa.exc.IntegrityError as error:  # no note waits for a code that the ledger does not let go
        raise PlanOutdated(f"the ledger does not let the code of pool {giving.pool} be given") from error
    if not is_given:
        raise PlanOutdated(f"the code of pool {giving.pool} is not free any more")


def _rows(key: NoteKey, marketing: Marketing, at: datetime) -> Iterator[dict[str, Any]]:
    for number, exposure in enumerate(marketing.exposures, 1):
        yield {"note_id": key.note_id, "generation": key.generation, "number": number, "at": at, **_facts(exposure)}


def _facts(exposure: Exposure) -> dict[str, Any]:
    return {name: getattr(exposure, name) for name in Exposure.__dataclass_fields__}


def _count(connection: sa.Connection, campaign: str, more: int) -> None:
    if change(connection, _COUNT, {"of_campaign": campaign, "more": more}) == 0:
        change(connection, _NEW_COUNT, {"campaign": campaign, "notes": max(more, 0)})
