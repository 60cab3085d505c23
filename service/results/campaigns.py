"""What campaigns did: how many customers came back within so many days, in each arm and in the hold-out.

Counted are customers, not notes, from the first note over which the campaign decided. A customer stays with the arm of
that note, also where a sheet had no room for it: who was held out would have met the same sheets. Only customers whose
days are over are compared; an order that was under way already when the note was made is no return. Guests can't come
back, and are counted in notes only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.ledger.campaigns import CodeCount
from service.ledger.measuring import Exposed, Ordered
from service.model import HELD_OUT, LEFT_OUT, SHOWN
from service.results.statistics import Estimate, difference, rate


@dataclass(frozen=True, slots=True)
class Period:
    """Within how many days a customer comes back, and what day it is."""

    days: int
    now: datetime


@dataclass(frozen=True, slots=True)
class ArmResult:
    """An arm or the hold-out. `observed` customers have had all their days; `returned` of them ordered again.

    `uplift` is by how much the rate is above the hold-out's; none for the hold-out, and where one of them is empty.
    """

    arm: str
    is_hold_out: bool
    notes: int
    left_out: int  # of them, without room on the sheet
    customers: int
    observed: int
    returned: int
    rate: Estimate
    uplift: Estimate | None = None


@dataclass(frozen=True, slots=True)
class CampaignResult:
    """A campaign: its arms, the hold-out last, and its codes."""

    campaign: str
    arms: tuple[ArmResult, ...]
    codes_given: int
    codes_redeemed: int


def campaign_results(
    exposures: Iterable[Exposed], orders: Iterable[Ordered], codes: Iterable[CodeCount], period: Period
) -> tuple[CampaignResult, ...]:
    """All campaigns that decided over a note, by name; `exposures` oldest first."""
    decided: dict[str, list[Exposed]] = {}
    for exposure in exposures:
        decided.setdefault(exposure.campaign, []).append(exposure)
    placed, counts = _placed(orders), {each.campaign: each for each in codes}
    results = []
    for campaign, notes in sorted(decided.items()):
        count = counts.get(campaign, CodeCount(campaign, 0, 0))
        arms = _arms(notes, _observed(notes, placed, period))
        results.append(CampaignResult(campaign, arms, count.given, count.redeemed))
    return tuple(results)


_Placed = Mapping[str, Sequence[tuple[datetime, str]]]


@dataclass(frozen=True, slots=True)
class _Customer:
    """A customer of a campaign: in which group, and what is seen of the days after the first note."""

    group: tuple[bool, str]
    is_observed: bool
    returned: bool


def _placed(orders: Iterable[Ordered]) -> _Placed:
    """What each customer ordered, and when."""
    placed: dict[str, list[tuple[datetime, str]]] = {}
    for order in orders:
        placed.setdefault(order.customer, []).append((order.arrived_at, order.order_id))
    return placed


def _observed(notes: Iterable[Exposed], placed: _Placed, period: Period) -> list[_Customer]:
    first: dict[str, Exposed] = {}
    for exposure in notes:
        if exposure.customer:
            first.setdefault(exposure.customer, exposure)
    within = timedelta(days=period.days)
    return [
        _Customer(
            group=_group(exposure),
            is_observed=exposure.at + within <= period.now,
            returned=any(
                exposure.at < arrived_at <= exposure.at + within and order_id != exposure.order_id
                for arrived_at, order_id in placed.get(customer, ())
            ),
        )
        for customer, exposure in first.items()
    ]


def _group(exposure: Exposed) -> tuple[bool, str]:
    return exposure.outcome == HELD_OUT, exposure.arm


def _arms(notes: Sequence[Exposed], customers: Sequence[_Customer]) -> tuple[ArmResult, ...]:
    """Each arm against the hold-out, which comes last."""
    groups = sorted(set(map(_group, notes)))
    arms = [
        _arm(group, [note for note in notes if _group(note) == group], [one for one in customers if one.group == group])
        for group in groups
    ]
    hold_out = next((arm for arm in arms if arm.is_hold_out and arm.observed), None)
    return tuple(
        replace(arm, uplift=difference(arm.rate, hold_out.rate))
        if hold_out and arm.observed and not arm.is_hold_out
        else arm
        for arm in arms
    )


def _arm(group: tuple[bool, str], notes: Iterable[Exposed], customers: Sequence[_Customer]) -> ArmResult:
    seen = [customer for customer in customers if customer.is_observed]
    returned = sum(customer.returned for customer in seen)
    ids: dict[str, set[str]] = {}
    for note in notes:
        ids.setdefault(note.outcome, set()).add(note.note_id)
    return ArmResult(
        arm=group[1],
        is_hold_out=group[0],
        notes=len(set().union(*ids.values())),
        left_out=len(ids.get(LEFT_OUT, set()) - ids.get(SHOWN, set())),
        customers=len(customers),
        observed=len(seen),
        returned=returned,
        rate=rate(returned, len(seen)),
    )
