"""`run` and `check`: the service, and what can be wrong before an order comes."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from service.cli.terminal import say, say_json, show_table
from service.clock import utc_now
from service.config import Config
from service.daemon import running
from service.errors import SlipwayError
from service.imagery.library import Library
from service.intake.feeds import compile_feeds
from service.intake.spool import open_spool
from service.ledger.ledger import Ledger
from service.model import LANGUAGES
from service.planning.house import House, compile_house
from service.planning.note import plan_note
from service.planning.routing import uncovered
from service.planning.specimens import specimens
from service.printing import open_printer
from service.rendering.layouts import load_layout
from service.rendering.renderer import Renderer

CONFIGURATION = 78


def run(arguments: argparse.Namespace, config: Config) -> int:
    """The daemon in the foreground; with --once until everything is worked off."""
    with running(config) as service:
        if not arguments.once:
            service.run()
            return 0
        outcome = service.run_once()
    said = ((outcome.completed, "completed"), (outcome.held, "held"), (outcome.waiting, "waiting"))
    notes = ", ".join(f"{number} {what}" for number, what in said)
    say(f"notes: {notes}; files refused: {outcome.rejected}")
    return outcome.exit_code


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `fault` is empty if it is in order."""

    subject: str
    fact: str
    fault: str = ""
    hint: str = ""


def check(arguments: argparse.Namespace, config: Config) -> int:
    """Everything that can be wrong before an order comes; exit 0 or 78."""
    findings = list(_findings(config))
    faults = [finding for finding in findings if finding.fault]
    if arguments.json:
        for finding in findings:
            say_json({"subject": finding.subject, "fact": finding.fact, "fault": finding.fault, "hint": finding.hint})
    else:
        show_table(
            ("", "what", "found"),
            [
                ("fault" if finding.fault else "ok", finding.subject, finding.fault or finding.fact)
                for finding in findings
            ],
        )
        for hint in dict.fromkeys(finding.hint for finding in faults):
            subjects = ", ".join(finding.subject for finding in faults if finding.hint == hint)
            say(f"\n{subjects}\n  do: {hint}")
    return CONFIGURATION if faults else 0


def _findings(config: Config) -> Iterator[Finding]:
    yield Finding("configuration", str(config.folder))
    try:
        compile_feeds(config)
        yield Finding("feeds", f"{len(config.feeds)}: {', '.join(sorted(config.feeds))}")
        house = compile_house(config)
    except SlipwayError as error:
        yield Finding("configuration", "", str(error), error.hint)
        return
    yield Finding("messages", f"{len(LANGUAGES)} languages, the same messages in each")
    yield from _route_findings(config, house)
    yield from _layout_findings(config, house)
    yield from _place_findings(config)
    yield from _queue_findings(config)


def _route_findings(config: Config, house: House) -> Iterator[Finding]:
    gaps = uncovered(house)
    hint = "Add a route to config/routing.toml; one with no site, language and kind takes all the rest."
    yield Finding(
        "routes", f"{len(config.routing.route)}, every site, language and kind has one", "; ".join(gaps), hint
    )


def _layout_findings(config: Config, house: House) -> Iterator[Finding]:
    """Each layout loads, and draws the specimens of each shop that uses it."""
    for shop_name, shop in config.settings.shops.items():
        subject = f"layout {shop.layout}"
        try:
            renderer = Renderer({shop.layout: load_layout(config.settings.layouts / shop.layout)})
            pages = [renderer.render(plan_note(specimen, house), {}).pages for specimen in specimens(shop_name, house)]
        except SlipwayError as error:
            yield Finding(subject, "", str(error), error.hint)
        else:
            yield Finding(subject, f"draws {len(pages)} specimens of {shop_name}, {sum(pages)} pages")


def _place_findings(config: Config) -> Iterator[Finding]:
    settings = config.settings
    try:
        spool = open_spool(settings.spool)
        notes = sum(Ledger(spool.ledger, read_only=True).count_by_state().values()) if spool.ledger.exists() else 0
        yield Finding("spool", f"{spool.root}, {notes} notes in the ledger")
    except SlipwayError as error:
        yield Finding("spool", "", str(error), error.hint)
    stats = Library(settings.image_cache).stats()
    yield Finding("picture library", f"{stats.pictures} pictures, {stats.size_bytes / 1e6:.1f} MB")


def _queue_findings(config: Config) -> Iterator[Finding]:
    settings = config.settings.printing
    try:
        printer = open_printer(settings, Path(config.settings.spool) / "printers", utc_now)
    except SlipwayError as error:
        yield Finding("printers", "", str(error), error.hint)
        return
    for queue in config.printers.queue:
        report = printer.queue_report(queue.name)
        fault = report.state if report.state in ("missing", "unreachable") else ""
        hint = "Create the queue in CUPS, or take it out of config/printers.toml."
        if report.state == "unreachable":
            hint = f"Start CUPS (`systemctl start cups`), or mend printing.cups_socket: {settings.cups_socket}."
        yield Finding(f"queue {queue.name}", f"{settings.backend}: {report.state}", fault and f"is {fault}", hint)
