"""Everything an order passes through."""

from dataclasses import dataclass

from service.clock import Now
from service.config import Settings
from service.delivery import Delivery
from service.drops import Drops
from service.imagery.library import Library
from service.intake.hot_folder import HotFolder
from service.intake.reading import Reading
from service.intake.spool import Spool
from service.lanes import Lanes
from service.ledger.accounts import NoteKey
from service.ledger.ledger import Ledger
from service.planning.house import House
from service.printing.protocol import Printer
from service.rendering.pool import RenderPool
from service.standings import Standings
from service.tracking import Tracking


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms don't know each other; the pipeline introduces them."""

    settings: Settings
    spool: Spool
    house: House
    ledger: Ledger
    library: Library
    renderer: RenderPool
    printer: Printer
    delivery: Delivery[NoteKey]
    lanes: Lanes
    hot_folder: HotFolder[Reading]
    drops: Drops
    tracking: Tracking
    standings: Standings
    now: Now
