"""Which voucher code a rule gives with a note, or why it gives none.

One code for each customer and campaign, until the campaign gives again: every parcel of its order and every reprint
carry the same (carrying.py). The shop's own voucher wins. No code for what somebody just paid the full price for, and
none that has expired or counts elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.marketing import Given
from service.model import Offer
from service.planning.campaigns.compiling import CompiledCampaign, CompiledRule
from service.planning.campaigns.facts import Occasion
from service.planning.campaigns.filling import NO_OFFER
from service.planning.campaigns.subject import Subject


@dataclass(frozen=True, slots=True)
class Grant:
    """A voucher, new from its pool; or why there is none."""

    offer: Offer = NO_OFFER
    refused: str = ""


def grant(campaign: CompiledCampaign, rule: CompiledRule, subject: Subject) -> Grant:
    """What a voucher rule of the campaign gives anew with a note that carries no code yet."""
    occasion, standing, pool = subject.occasion, subject.standing, rule.rule.pool
    if occasion.shipment.order.offer.code:
        return Grant(refused="the order brings a voucher of its own")
    if not rule.place.holds(subject.context):
        return Grant(refused="a voucher comes with the last parcel, where the rule does not name shipment.partial")
    given = [each for each in standing.given if each.campaign == campaign.id]
    if before := next((each for each in given if each.order_id == occasion.shipment.order.order_id), None):
        return Grant(refused=spent(before, occasion) or f"the order has a code of pool {before.pool}")
    if refused := _too_soon(campaign, given, standing.now):
        return Grant(refused=refused)
    if subject.generation > 1:
        return Grant(refused="a reprint takes no new code")
    if pool not in standing.codes:
        return Grant(refused=f"pool {pool} has no code")
    refused = _unfit(standing.codes[pool], occasion)
    return Grant(refused=refused) if refused else Grant(standing.codes[pool])


def _too_soon(campaign: CompiledCampaign, given: Sequence[Given], now: datetime) -> str:
    """Why who has these codes of the campaign gets no other now; empty without one, or if they may."""
    days, newest = campaign.campaign.again_after_days, max(given, key=_when, default=None)
    if newest is None or (days and now - newest.at >= timedelta(days=days)):
        return ""
    again = f"; another one comes after {days} days" if days else ""
    return f"the customer has a code of {campaign.id}, from order {newest.order_id}{again}"


def _when(given: Given) -> datetime:
    return given.at


def spent(given: Given, occasion: Occasion) -> str:
    """Why a code that the order's other parcel brought is nothing to show on a new one; empty if it is."""
    if given.is_redeemed:
        return "the order's code was redeemed"
    if given.offer.expires and given.offer.expires < occasion.today:
        return f"the order's code expired on {given.offer.expires}"
    return ""


def _unfit(offer: Offer, occasion: Occasion) -> str:
    """Why a pool's code is not for this order; empty if it is."""
    order = occasion.shipment.order
    if offer.currency not in ("", order.currency) and (offer.amount or offer.minimum):
        return f"the code counts in {offer.currency}, the order in {order.currency}"
    if offer.expires and offer.expires < occasion.today:
        return f"the code expired on {offer.expires}"
    bought = {line.category for line in occasion.shipment.lines}.intersection(offer.categories)
    if bought and not order.vouchers_redeemed:
        return f"the customer just paid the full price for {', '.join(sorted(bought))}"
    return ""
