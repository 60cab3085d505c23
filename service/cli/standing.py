"""What `explain` and `preview` know of customers: what the ledger says now, and what codes they would get.

Nothing is spent, reserved or written; without a ledger everybody is a stranger, and no pool has a code.
"""

from collections.abc import Callable
from datetime import datetime

from service.config import Config
from service.customers import read_customer_key
from service.intake.spool import Spool
from service.ledger.accounts import NoteKey
from service.ledger.ledger import Ledger
from service.marketing import Standing
from service.model import Shipment
from service.planning.house import House
from service.recommending.recommendations import FILE_NAME, Recommendations
from service.standings import Standings

StandingOf = Callable[[Shipment], Standing]


def standings_at(now: datetime, config: Config, house: House) -> StandingOf:
    """What the service would know of a shipment's customer at this time; raises SpoolUnusable."""
    spool = Spool(config.settings.spool)
    if not spool.ledger.exists() or not spool.customer_key.exists():
        return lambda _: Standing(now=now)
    ledger = Ledger(spool.ledger, read_only=True)
    recommendations = Recommendations(spool.root / FILE_NAME)
    standings = Standings(
        ledger,
        read_customer_key(spool.customer_key),
        lambda: now,
        lambda shipment, bought: recommendations.for_note(shipment, bought, house),
    )
    standings.follow(house.campaigns, _say_nothing)

    def standing_of(shipment: Shipment) -> Standing:
        key = NoteKey(shipment.note_id, 1)
        standing = standings.standing_of(key, shipment)
        standings.release(key)
        return standing

    return standing_of


def _say_nothing(_pool: str, _codes: int) -> None:
    """How full the pools are is what `check` and the service say."""
