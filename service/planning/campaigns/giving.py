"""Which voucher code a rule gives with a note, or why it gives none.

One code for each customer and campaign: every parcel of its order and every reprint carry the same, where it still
counts and the rule gives such codes. The shop's own
voucher wins. No code for what somebody just paid the full price for, and none that has expired or counts elsewhere.
"""

from dataclasses import dataclass

from service.marketing import Given, Standing
from service.model import Offer
from service.planning.campaigns.compiling import CompiledRule
from service.planning.campaigns.facts import Occasion

NO_OFFER = Offer()


@dataclass(frozen=True, slots=True)
class Grant:
    """A voucher, new from its pool or given before; or why there is none."""

    offer: Offer = NO_OFFER
    is_new: bool = False
    refused: str = ""


def grant(campaign: str, rule: CompiledRule, occasion: Occasion, standing: Standing, generation: int) -> Grant:
    """What a voucher rule of the campaign gives with this generation of a note."""
    shipment, pool = occasion.shipment, rule.rule.pool
    if shipment.order.offer.code:
        return Grant(refused="the order brings a voucher of its own")
    if not shipment.final and not rule.is_for_partials:
        return Grant(refused="a voucher comes with the last parcel, where the rule does not name shipment.partial")
    given = [each for each in standing.given if each.campaign == campaign]
    if before := next((each for each in given if each.order_id == shipment.order.order_id), None):
        return _shown_again(before, pool, occasion)
    if given:
        return Grant(refused=f"the customer has a code of {campaign}, from order {given[0].order_id}")
    if generation > 1:
        return Grant(refused="a reprint takes no new code")
    if pool not in standing.codes:
        return Grant(refused=f"pool {pool} has no code")
    refused = _unfit(standing.codes[pool], occasion)
    return Grant(refused=refused) if refused else Grant(standing.codes[pool], is_new=True)


def _shown_again(before: Given, pool: str, occasion: Occasion) -> Grant:
    """The code that an earlier parcel of the order brought, in the words of a rule that gives such codes."""
    if before.pool != pool:
        return Grant(refused=f"the order has a code of pool {before.pool}")
    if before.offer.expires and before.offer.expires < occasion.today:
        return Grant(refused=f"the order's code expired on {before.offer.expires}")
    return Grant(before.offer)


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
