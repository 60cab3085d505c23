"""Everything an order passes through."""

from collections.abc import Callable
from dataclasses import dataclass

from service.clock import Now, utc_now
from service.config import Config, Settings
from service.customers import open_customer_key
from service.delivery import Delivery, LocalDelivery
from service.drops import Drops
from service.errors import ReadingFailed
from service.faults import contained
from service.imagery.library import Library
from service.intake.hot_folder import HotFolder
from service.intake.reading import Reading, grows_by_lines, read_drop
from service.intake.spool import Spool, require_ledger
from service.lanes import Lanes
from service.ledger.accounts import NoteKey
from service.ledger.campaigns import knows_customers
from service.ledger.ledger import Ledger
from service.planning.house import House
from service.printing import open_printer
from service.printing.protocol import Printer
from service.recommending.recommendations import FILE_NAME, Recommendations
from service.reload import Furnishing
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


def open_rooms(config: Config, spool: Spool, furnishing: Furnishing, current: Callable[[], Furnishing]) -> Rooms:
    """The rooms as a service starts with them; `current` is the furnishing that what comes next is to have."""
    settings = config.settings
    not_asked = {queue.name for queue in config.printers.queue if not queue.ask_printer}
    printer = open_printer(settings.printing, spool.printers, utc_now, not_asked, remembers=True)
    require_ledger(spool)
    ledger = Ledger(spool.ledger)

    def read(name: str, content: bytes) -> Reading:
        with contained(ReadingFailed):
            return read_drop(name, content, current().feeds)

    hot_folder = HotFolder(spool, settings.intake, read, lambda name: grows_by_lines(name, current().feeds), utc_now)
    delivery = LocalDelivery[NoteKey]()
    lanes = Lanes(delivery, [queue.name for queue in config.printers.queue], settings.printing.window)
    return Rooms(
        settings=settings,
        spool=spool,
        house=furnishing.house,
        ledger=ledger,
        library=Library(settings.image_cache),
        renderer=furnishing.renderer,
        printer=printer,
        delivery=delivery,
        lanes=lanes,
        hot_folder=hot_folder,
        drops=Drops(spool, ledger, hot_folder.read_noted),
        tracking=Tracking(printer, ledger, lanes, settings.printing, utc_now),
        standings=_standings(spool, ledger, furnishing, current),
        now=utc_now,
    )


def _standings(spool: Spool, ledger: Ledger, furnishing: Furnishing, current: Callable[[], Furnishing]) -> Standings:
    recommendations = Recommendations(spool.root / FILE_NAME)
    customers = open_customer_key(spool.customer_key, is_in_use=knows_customers(ledger))
    standings = Standings(
        ledger,
        customers,
        utc_now,
        lambda shipment, bought: recommendations.for_note(shipment, bought, current().house),
    )
    standings.follow(furnishing.house.campaigns)
    return standings
