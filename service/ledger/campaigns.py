"""What the ledger says of customers and campaigns: the history before an order, codes given, campaigns closed.

A campaign is closed while its last decision is a pause, or once as many notes as its budget allows show it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from service.ledger.accounts import NoteKey
from service.ledger.ledger import Ledger
from service.ledger.returned import NEVER_CAME_OUT
from service.ledger.rows import of
from service.ledger.schema import (
    HAS_CUSTOMER,
    HAS_ORDER,
    OF_OBJECTOR,
    OF_SOMEBODY,
    UtcTime,
    articles,
    campaign_decisions,
    campaign_notes,
    exposures,
    notes,
    purchases,
    tombstones,
    voucher_codes,
)
from service.ledger.vouchers import TERMS, offer_of
from service.marketing import Given, History
from service.model import SHOWN

PAUSED, SPENT = "paused", "budget"
MOST_NOTES = 200  # of a customer, the newest: who has thousands is asked about as quickly as everybody else

_KNOWS_CUSTOMERS = sa.select(
    sa.or_(
        sa.exists().where(OF_SOMEBODY),
        sa.exists().where(OF_OBJECTOR),
        sa.exists().where(HAS_CUSTOMER),
        sa.exists().select_from(tombstones),
    ).label("knows")
)
_CUSTOMER = sa.select(notes.c.customer).where(
    notes.c.note_id == sa.bindparam("of_note"), notes.c.generation == sa.bindparam("of_generation")
)
_ARRIVED = sa.select(sa.func.min(notes.c.arrived_at, type_=UtcTime).label("at")).where(
    notes.c.order_id == sa.bindparam("of_order"), notes.c.customer == sa.bindparam("of_customer"), OF_SOMEBODY
)
_EARLIER = (
    sa.select(notes.c.note_id, notes.c.order_id, notes.c.arrived_at)
    .where(
        notes.c.customer == sa.bindparam("of_customer"),
        OF_SOMEBODY,
        notes.c.order_id != sa.bindparam("of_order"),
        notes.c.arrived_at <= sa.bindparam("before"),
        sa.or_(notes.c.arrived_at < sa.bindparam("before"), notes.c.order_id < sa.bindparam("of_order")),
        notes.c.state != "cancelled",
    )
    .order_by(notes.c.arrived_at.desc())
    .limit(MOST_NOTES)
)
_earlier = _EARLIER.subquery("earlier")
_COUNTED = sa.select(
    sa.func.count(_earlier.c.order_id.distinct()).label("orders"),
    sa.func.count(_earlier.c.note_id.distinct()).label("notes"),
    sa.func.max(_earlier.c.arrived_at, type_=UtcTime).label("last_at"),
)
_ORDERS = sa.select(_earlier.c.order_id).distinct()
_BOUGHT = (
    sa.select(articles.c.sku, articles.c.category)
    .select_from(_earlier.join(purchases, purchases.c.note_id == _earlier.c.note_id).join(articles))
    .distinct()
)
_CAMPAIGNS = (
    sa.select(exposures.c.campaign)
    .select_from(_earlier.join(exposures, exposures.c.note_id == _earlier.c.note_id))
    .where(exposures.c.outcome == SHOWN)
    .distinct()
)
_GIVEN = sa.select(
    *(voucher_codes.c[name] for name in ("campaign", "pool", "order_id", "note_id", "given_at", "redeemed_at", *TERMS)),
    NEVER_CAME_OUT.label("is_returned"),
).where(
    voucher_codes.c.given_at.is_not(None),
    sa.or_(
        sa.and_(voucher_codes.c.customer == sa.bindparam("of_customer"), HAS_CUSTOMER),
        sa.and_(voucher_codes.c.order_id == sa.bindparam("of_order"), HAS_ORDER),
    ),
)
_SHOWN_BY = (
    sa.select(exposures.c.note_id, exposures.c.campaign)
    .select_from(notes.join(exposures, exposures.c.note_id == notes.c.note_id))
    .where(
        notes.c.order_id == sa.bindparam("of_order"),
        exposures.c.outcome == SHOWN,
        exposures.c.slot == "voucher",
    )
    .distinct()
    .order_by(exposures.c.note_id)
)
_SHOWN_ON = (
    sa.select(exposures.c.campaign, exposures.c.slot)
    .where(exposures.c.note_id == sa.bindparam("of_note"), exposures.c.outcome == SHOWN)
    .order_by(exposures.c.generation.desc(), exposures.c.number)
)
_SHOWN_NOTES = sa.select(campaign_notes.c.campaign, campaign_notes.c.notes)
_DECISION = sa.select(campaign_decisions.c.number).where(
    campaign_decisions.c.decision_id == sa.bindparam("decision", type_=sa.String)
)
_OUTCOMES = (
    sa.select(
        *(exposures.c[name] for name in ("campaign", "arm", "outcome", "reason")),
        sa.func.count(exposures.c.note_id.distinct()).label("notes"),
    )
    .group_by(exposures.c.campaign, exposures.c.arm, exposures.c.outcome, exposures.c.reason)
    .order_by(exposures.c.campaign, exposures.c.arm, exposures.c.outcome, exposures.c.reason)
)
_CODES = (
    sa.select(
        voucher_codes.c.campaign,
        sa.func.count().label("given"),
        sa.func.count(voucher_codes.c.redeemed_at).label("redeemed"),
    )
    .where(voucher_codes.c.campaign != "")
    .group_by(voucher_codes.c.campaign)
)


@dataclass(frozen=True, slots=True)
class CampaignDecision:
    """What a person decided about a campaign: pause or resume; who, and why."""

    decision_id: str
    what: str
    campaign: str
    who: str
    reason: str
    at: datetime


_DECISIONS = sa.select(*(campaign_decisions.c[name] for name in CampaignDecision.__dataclass_fields__)).order_by(
    campaign_decisions.c.number
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many notes of an arm came to the same; without a campaign: the notes that stay neutral, by their reason."""

    campaign: str
    arm: str
    outcome: str
    reason: str
    notes: int


@dataclass(frozen=True, slots=True)
class CodeCount:
    """The codes that a campaign gave, and how many of them paid for an order."""

    campaign: str
    given: int
    redeemed: int


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the ledger knows of a customer before an order, and the codes that customer or order has.

    `returned` are those of other orders whose notes were all cancelled and never came out: theirs to be given again.
    """

    history: History
    given: tuple[Given, ...]
    returned: tuple[Given, ...] = ()


def customer_of_note(ledger: Ledger, key: NoteKey) -> str | None:
    """Whose a note is; empty if nobody's, as after its customer was forgotten. None for a note that is not known."""
    return next((row["customer"] for row in ledger.ask(_CUSTOMER, of(key))), None)


def remember(ledger: Ledger, customer: str, order_id: str, now: datetime) -> Remembered:
    """What is known of a customer before this order; nothing but the order's own codes where there is none.

    Orders come one after another by their arrival, at the same moment by their ids; one that is not known comes now.
    """
    whose = {"of_customer": customer, "of_order": order_id}
    rows = [dict(row) for row in ledger.ask(_GIVEN, whose)]
    rows.sort(key=lambda row: (row["campaign"], row["code"]))
    returned = [row for row in rows if row["is_returned"] and row["order_id"] != order_id]
    rows = [row for row in rows if row not in returned]
    carried = [row for row in rows if row["order_id"] == order_id]
    given = tuple(_given(row, row["note_id"]) for row in rows) + tuple(_given_on(ledger, carried, order_id))
    if not customer:
        return Remembered(History(), given)
    back = tuple(_given(row, row["note_id"]) for row in returned)
    (arrived,) = ledger.ask(_ARRIVED, whose)
    return Remembered(_history(ledger, whose | {"before": arrived["at"] or now}, rows, now), given, back)


def _history(ledger: Ledger, whose: dict[str, Any], rows: Sequence[Mapping[str, Any]], now: datetime) -> History:
    """What the customer had; `rows` are the codes."""
    (counted,) = ledger.ask(_COUNTED, whose)
    if not counted["notes"]:
        return History()
    orders = {row["order_id"] for row in ledger.ask(_ORDERS, whose)} if rows else frozenset()
    bought = ledger.ask(_BOUGHT, whose)
    given = [row for row in rows if row["order_id"] in orders]
    return History(
        orders=counted["orders"],
        notes=counted["notes"],
        days_since_last=max(0, (now - counted["last_at"]).days),
        vouchers_given=len(given),
        vouchers_open=sum(_is_open(row["redeemed_at"], row["expires"], now.date()) for row in given),
        campaigns=frozenset(row["campaign"] for row in ledger.ask(_CAMPAIGNS, whose)),
        bought=frozenset(row["sku"] for row in bought),
        categories=frozenset(row["category"] for row in bought if row["category"]),
    )


def _given_on(ledger: Ledger, rows: Sequence[Mapping[str, Any]], order_id: str) -> Iterator[Given]:
    """The codes of an order on its other notes: each reprints what it showed."""
    shown = ledger.ask(_SHOWN_BY, {"of_order": order_id}) if rows else ()
    for row in rows:
        for note in shown:
            if note["campaign"] == row["campaign"] and note["note_id"] != row["note_id"]:
                yield _given(row, note["note_id"])


def _given(row: Mapping[str, Any], note_id: str) -> Given:
    is_redeemed, at = row["redeemed_at"] is not None, row["given_at"]
    return Given(row["campaign"], row["pool"], offer_of(row), row["order_id"], note_id, is_redeemed, at)


def _is_open(redeemed_at: datetime | None, expires: str, day: date) -> bool:
    return redeemed_at is None and (not expires or expires >= day.isoformat())


def closed_campaigns(ledger: Ledger, budgets: Mapping[str, int], note_id: str = "") -> Mapping[str, str]:
    """Why a campaign takes no more notes, of those that take none; `budgets` are of the campaigns that have one.

    A note that shows a campaign has used up nothing for itself: it is planned again within the budget.
    """
    paused = dict.fromkeys(paused_campaigns(ledger), PAUSED)
    if not budgets:
        return paused
    spent = {name: SPENT for name, notes in notes_shown(ledger).items() if notes >= budgets.get(name, notes + 1)}
    if spent and note_id:
        spent = dict.fromkeys(spent.keys() - {campaign for campaign, _ in shown_on(ledger, note_id)}, SPENT)
    return spent | paused


def shown_on(ledger: Ledger, note_id: str) -> tuple[tuple[str, str], ...]:
    """The campaigns that a note shows, each with its slot; those of its last sheet first."""
    return tuple((row["campaign"], row["slot"]) for row in ledger.ask(_SHOWN_ON, {"of_note": note_id}))


def knows_customers(ledger: Ledger) -> bool:
    """Whether any customer stands in the ledger, by the hash of one key."""
    return bool(ledger.ask(_KNOWS_CUSTOMERS)[0]["knows"])


def paused_campaigns(ledger: Ledger) -> Mapping[str, CampaignDecision]:
    """The campaigns that are paused, each with the decision that did it."""
    last = {row["campaign"]: CampaignDecision(**row) for row in ledger.ask(_DECISIONS)}
    return {campaign: decision for campaign, decision in last.items() if decision.what == "pause"}


def notes_shown(ledger: Ledger) -> Mapping[str, int]:
    """How many notes show each campaign: what its budget counts."""
    return {row["campaign"]: row["notes"] for row in ledger.ask(_SHOWN_NOTES)}


def decide_about_campaign(ledger: Ledger, decision: CampaignDecision) -> None:
    """Keep a decision about a campaign, once; it holds from the next intent on."""

    def keep(connection: sa.Connection) -> None:
        if not connection.execute(_DECISION, {"decision": decision.decision_id}).first():
            connection.execute(campaign_decisions.insert(), asdict(decision))

    ledger.change(keep)


def outcomes(ledger: Ledger) -> tuple[Outcome, ...]:
    """What came of the campaigns, counted in notes."""
    return tuple(Outcome(**row) for row in ledger.ask(_OUTCOMES))


def code_counts(ledger: Ledger) -> tuple[CodeCount, ...]:
    """The codes of each campaign, counted."""
    return tuple(CodeCount(**row) for row in ledger.ask(_CODES))
