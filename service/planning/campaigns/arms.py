"""Which arm of a campaign a customer has: always the same, for as long as hold-out and weights are.

sha256 of customer and campaign, its first eight bytes as a share of 1. Below the hold-out's share a customer gets
nothing of the campaign; the rest is shared among its arms by weight. Two campaigns share their customers independently.
"""

import hashlib

from service.marketing import Standing
from service.model import Shipment
from service.planning.campaigns.compiling import HOLD_OUT, CompiledCampaign


def arm_of(campaign: CompiledCampaign, customer: str) -> str:
    """The customer's arm of the campaign, or HOLD_OUT."""
    if len(campaign.arms) == 1 and not campaign.campaign.hold_out:
        return campaign.arms[0][0]
    digest = hashlib.sha256(f"{customer}:{campaign.id}".encode()).digest()
    share = int.from_bytes(digest[:8]) / 2**64
    if share < campaign.campaign.hold_out:
        return HOLD_OUT
    return next((arm for arm, end in campaign.arms if share < end), campaign.arms[-1][0])


def customer_of(standing: Standing, shipment: Shipment) -> str:
    """Whose arm it is: the customer's keyed hash; where there is none, each order counts as a customer."""
    return standing.customer or shipment.order.order_id
