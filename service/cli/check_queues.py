"""`check`, the queues: CUPS against config/printers.toml, cupsd's settings, and what routes ask of printers."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from service.cli.findings import Finding
from service.clock import utc_now
from service.config import Config, Queue
from service.errors import PrinterUnreachable
from service.model import Route
from service.planning.house import House
from service.printing import open_printer
from service.printing.device import ASK_NOT
from service.printing.queues import FoundQueue, differences
from service.printing.queues_cups import CupsQueues
from service.printing.queues_report import withheld_records
from service.printing.queues_settings import look_at_settings

APPLY = "`slipway printers apply --dry-run` shows what is different, `slipway printers apply` sets it."
BY_HAND = "This queue is made by hand: make or mend it with lpadmin, or name its device in printers.toml."
CALLED_OTHERWISE = (
    "Write its name the same way in config/printers.toml and config/routing.toml, then restart the service."
)
SETTINGS = "As root: deploy/cups/apply.sh; then `systemctl restart cups` when no job is at a printer."
ASK_NOT_HINT = "Without the printer's own record, CUPS is believed: it calls completed what a printer has given up."
ROUTE = "Mend the route in config/routing.toml, or what config/printers.toml says of the queue."


def queue_findings(config: Config, house: House) -> Iterator[Finding]:
    """The queues, where they print, and the settings of the cupsd that has them."""
    yield from _route_findings(config, house)
    if config.settings.printing.backend == "cups":
        yield from _cups_findings(config)
    else:
        yield from _folder_findings(config)


def _route_findings(config: Config, house: House) -> Iterator[Finding]:
    """Whether each printer can do what its routes ask of it, and what it would do for others as their backup."""
    queues = {queue.name: queue for queue in config.printers.queue}
    faults = [
        f"{name}: {fault}"
        for route in house.routes.values()
        for name in filter(None, (route.queue, route.backup))
        for fault in _beyond(queues[name], route)
    ]
    yield Finding("printers", "can do what the routes ask of them", "\n".join(dict.fromkeys(faults)), ROUTE)


def _beyond(queue: Queue, route: Route) -> Iterator[str]:
    if route.sides != "one-sided" and not queue.duplex:
        yield f"a route wants {route.sides}, and the printer prints on one side"
    if route.print_color_mode == "color" and not queue.colour:
        yield "a route wants colour, and the printer has none"
    if queue.trays and route.media_source not in ("", "auto", *queue.trays):
        yield f"a route wants {route.media_source}, and the printer has {', '.join(queue.trays)}"


def _folder_findings(config: Config) -> Iterator[Finding]:
    printer = open_printer(config.settings.printing, Path(config.settings.spool) / "printers", utc_now)
    for queue in config.printers.queue:
        report = printer.queue_report(queue.name)
        fault = "is unreachable" if report.state == "unreachable" else ""
        yield Finding(f"queue {queue.name}", f"folder: {report.state}", fault, "Give its folder to the service's user.")


def _cups_findings(config: Config) -> Iterator[Finding]:
    socket = config.settings.printing.cups_socket
    cups = CupsQueues(socket)
    try:
        found, settings = cups.read(), cups.settings()
    except PrinterUnreachable as error:
        hint = f"Start CUPS (`systemctl start cups`), or mend printing.cups_socket: {socket}."
        yield Finding("cupsd", "", str(error), hint)
        return
    for look in look_at_settings(found, settings, Path(socket)):
        yield Finding(look.subject, look.fact, look.fault, SETTINGS, look.unknown)
    withheld = withheld_records(config.printers.queue, found)
    for queue in config.printers.queue:
        finding = _queue_finding(queue, found)
        if not finding.fault and queue.name in withheld:
            told = f"its printer does not tell what became of its jobs ({withheld[queue.name]}): {ASK_NOT}"
            finding = replace(finding, fault=told, hint=ASK_NOT_HINT)
        yield finding


def _queue_finding(queue: Queue, found: Mapping[str, FoundQueue]) -> Finding:
    different = differences(queue, found.get(queue.name))
    stops = [difference for difference in different if difference.stops_paper]
    fault = "\n".join(f"{each.what}: {each.found or 'none'} instead of {each.wanted}" for each in stops)
    others = ", ".join(difference.what for difference in different if not difference.stops_paper)
    fact = f"as printers.toml says, but for {others}" if others else "as printers.toml says"
    if queue.name not in found:
        fault = "is missing"
        if alike := [name for name in found if name.lower() == queue.name.lower()]:
            return Finding(f"queue {queue.name}", "", f"is called {alike[0]} in CUPS", CALLED_OTHERWISE)
    return Finding(
        f"queue {queue.name}", fact if queue.device else "made by hand", fault, APPLY if queue.device else BY_HAND
    )
