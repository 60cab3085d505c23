"""All campaigns, the most valuable first."""

from tests.prove.campaigns import arrivals, crash, disk, power, printers, surroundings, workers
from tests.prove.campaigns.campaign import Allowance, Campaign

__all__ = ["CAMPAIGNS", "Allowance", "Campaign"]

CAMPAIGNS: tuple[Campaign, ...] = (
    *crash.CAMPAIGNS,
    *power.CAMPAIGNS,
    *printers.CAMPAIGNS,
    *disk.CAMPAIGNS,
    *workers.CAMPAIGNS,
    *arrivals.CAMPAIGNS,
    *surroundings.CAMPAIGNS,
)
