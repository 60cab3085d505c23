"""What `explain` and `preview` know of a customer: what the ledger says, without spending anything."""

from datetime import datetime

from service.config import Config
from service.marketing import Standing
from service.model import Shipment
from service.planning.house import House


def standing_of(shipment: Shipment, house: House, config: Config, now: datetime) -> Standing:
    """The standing that the service would plan this shipment's note with now."""
    del shipment, house, config
    return Standing(now=now)
