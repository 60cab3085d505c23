"""All campaigns, the most valuable first."""

from tests.prove.campaigns import (
    arrivals,
    bursts,
    commands,
    content,
    crash,
    disk,
    inputs,
    journals,
    ledgers,
    mounted,
    order,
    originals,
    power,
    printers,
    privacy,
    shelf,
    surroundings,
    takeovers,
    workers,
)
from tests.prove.campaigns.campaign import Allowance, Campaign

__all__ = ["CAMPAIGNS", "Allowance", "Campaign"]

CAMPAIGNS: tuple[Campaign, ...] = (
    *order.CAMPAIGNS,
    *crash.CAMPAIGNS,
    *commands.CAMPAIGNS,
    *power.CAMPAIGNS,
    *printers.CAMPAIGNS,
    *takeovers.CAMPAIGNS,
    *disk.CAMPAIGNS,
    *workers.CAMPAIGNS,
    *ledgers.CAMPAIGNS,
    *shelf.CAMPAIGNS,
    *privacy.CAMPAIGNS,
    *bursts.CAMPAIGNS,
    *arrivals.CAMPAIGNS,
    *mounted.CAMPAIGNS,
    *surroundings.CAMPAIGNS,
    *journals.CAMPAIGNS,
    *inputs.CAMPAIGNS,
    *content.CAMPAIGNS,
    *originals.CAMPAIGNS,
)
