"""`check`: everything that can be wrong before an order comes."""

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from service.cli.check_campaigns import campaign_findings
from service.cli.check_queues import queue_findings
from service.cli.findings import Finding
from service.cli.terminal import say, say_json, show_table
from service.clock import utc_now
from service.config import Config, without_campaigns
from service.content.shelf import packs_of
from service.customers import require_customer_key
from service.errors import SlipwayError
from service.imagery.library import Library
from service.intake.feeds import compile_feeds
from service.intake.spool import Spool, open_spool, require_ledger
from service.ledger.campaigns import knows_customers
from service.ledger.ledger import Ledger
from service.model import LANGUAGES, Plan, RenderedNote, Tiles
from service.planning.campaign_specimens import campaign_specimens
from service.planning.house import House, compile_house, faulty_campaigns
from service.planning.routing import uncovered
from service.planning.specimens import Specimen, specimens
from service.rendering.blocks.figures import Pictures
from service.rendering.layout_file import SIZES_MM
from service.rendering.layouts.loading import Layout, load_layout
from service.rendering.renderer import Renderer

CONFIGURATION = 78
LAYOUT_HINT = "Give the frame named more room, or shorten the words; `slipway proof` shows every case."
SHEET_HINT = "Mend `sides` or `media` of the route in config/routing.toml, or the layout's [sheet]."
CAMPAIGN_HINT = "Mend what is named; until then a service that starts goes without the campaign. docs/campaigns.md."
LIBRARY_HINT = "`slipway images sync SOURCE` makes the index anew; docs/pictures.md."


def check(arguments: argparse.Namespace, config: Config) -> int:
    """Everything that can be wrong before an order comes; exit 0 or 78."""
    findings = list(_findings(config, arguments.orders))
    faults = [finding for finding in findings if finding.fault]
    if arguments.json:
        for finding in findings:
            say_json(asdict(finding))
    else:
        show_table(
            ("", "what", "found"),
            [(finding.verdict, finding.subject, finding.found) for finding in findings],
        )
        open_ones = [finding for finding in findings if finding.fault or finding.warning]
        for hint in dict.fromkeys(finding.hint for finding in open_ones):
            subjects = ", ".join(finding.subject for finding in open_ones if finding.hint == hint)
            say(f"\n{subjects}\n  do: {hint}")
    return CONFIGURATION if faults else 0


def _findings(config: Config, orders: int) -> Iterator[Finding]:
    yield Finding("configuration", str(config.folder))
    try:
        feeds = compile_feeds(config)
        yield Finding("feeds", f"{len(config.feeds)}: {', '.join(sorted(config.feeds))}")
        faults = faulty_campaigns(config)
        config = without_campaigns(config, faults)
        house = compile_house(config, packs_of(config))
    except SlipwayError as error:
        yield Finding("configuration", "", str(error), error.hint)
        return
    for name, fault in faults.items():
        yield Finding(f"campaign {name}" if name else "campaign words", "", fault, CAMPAIGN_HINT)
    yield Finding("messages", f"{len(LANGUAGES)} languages, the same messages in each")
    yield from campaign_findings(config, house, feeds, orders)
    yield from _route_findings(config, house)
    yield from _layout_findings(config, house)
    yield from _place_findings(config)
    yield from queue_findings(config, house)


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
            layout = load_layout(config.settings.layouts / shop.layout)
        except SlipwayError as error:
            yield Finding(subject, "", str(error), error.hint)
            continue
        try:
            drawn = (*specimens(shop_name, house), *campaign_specimens(shop_name, house, utc_now()))
        except SlipwayError as error:
            yield Finding(subject, "", f"the specimens of {shop_name} can't be planned: {error}", error.hint)
            continue
        fact = f"draws {len(drawn)} specimens of {shop_name}"
        faults, warnings = _drawn(drawn, layout, Library(config.settings.image_cache))
        yield Finding(subject, fact, "\n".join(faults), LAYOUT_HINT, warning="\n".join(warnings))
        yield Finding(f"sheet {shop.layout}", _sheet(layout), "\n".join(_sheet_faults(layout, house)), SHEET_HINT)


def _drawn(drawn: Sequence[Specimen], layout: Layout, library: Library) -> tuple[list[str], list[str]]:
    """What keeps specimens from being drawn, and what only stands where there is room; each once, with the first."""
    faults: dict[str, list[str]] = {}
    warnings: dict[str, list[str]] = {}
    renderer = Renderer({specimen.plan.layout: layout for specimen in drawn})
    for specimen in drawn:
        plan, case = specimen.plan, f"{specimen.case}, {specimen.shipment.order.language}"
        try:
            pictures = library.pick(plan, renderer.picture_sizes(plan.layout)).pictures
            note = renderer.render(plan, pictures)
        except SlipwayError as error:
            faults.setdefault(str(error), []).append(case)
            continue
        for fault in note.faults:
            faults.setdefault(fault, []).append(case)
        for slot in _homeless(plan, note, pictures):
            found = warnings if layout.frames[slot].where_room else faults
            found.setdefault(f"it finds no room, even on a short note ({slot})", []).append(case)
    return list(_told(faults)), list(_told(warnings))


def _homeless(plan: Plan, note: RenderedNote, pictures: Pictures) -> set[str]:
    """The slots of campaigns that lack room; tiles of which the library has no picture lack those."""
    pictured = {slot for slot, _ in pictures}
    bare = {slot for slot, block in plan.blocks if isinstance(block, Tiles) and slot not in pictured}
    return {each.slot for each in plan.exposures}.intersection(note.left_out) - bare


def _told(found: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for what, (first, *others) in found.items():
        yield f"{what}: {first}{f', and {len(others)} more' if others else ''}"


def _sheet(layout: Layout) -> str:
    sheet = layout.file.sheet
    return f"{sheet.size}, {'two-sided' if sheet.two_sided else 'one-sided'}, on every route"


def _sheet_faults(layout: Layout, house: House) -> Iterator[str]:
    """Routes whose paper is not the layout's, by the size that a PWG 5101.1 media name ends in."""
    sheet = layout.file.sheet
    size_mm = SIZES_MM[sheet.size]
    for route in house.routes.values():
        if sheet.two_sided and route.sides == "one-sided":
            yield f"queue {route.queue}: the route prints one-sided, and the back would be a sheet of its own"
        media_mm = _size_mm(route.media)
        if media_mm and max(abs(one - other) for one, other in zip(size_mm, media_mm, strict=True)) > 1:
            yield f"queue {route.queue}: the route's media is {route.media}, and the layout's sheet is {sheet.size}"


def _size_mm(media: str) -> tuple[float, float] | None:
    found = re.search(r"_([\d.]+)x([\d.]+)(mm|in)$", media)
    if not found:
        return None
    unit_mm = 25.4 if found[3] == "in" else 1.0
    return float(found[1]) * unit_mm, float(found[2]) * unit_mm


def _place_findings(config: Config) -> Iterator[Finding]:
    settings = config.settings
    try:
        spool = open_spool(settings.spool)
        yield Finding("spool", f"{spool.root}, {_notes_in(spool)} notes in the ledger")
    except SlipwayError as error:
        yield Finding("spool", "", str(error), error.hint)
    try:
        stats = Library(settings.image_cache, strict=True).stats()
    except SlipwayError as error:
        yield Finding("picture library", "", str(error), LIBRARY_HINT)
        return
    is_there = f"{stats.pictures:,} pictures, {stats.size_bytes / 1e6:,.1f} MB"
    yield Finding("picture library", is_there if stats.generation else f"none in {settings.image_cache}")


def _notes_in(spool: Spool) -> int:
    """How many notes the ledger has; raises LedgerGone, or SpoolUnusable if it lacks the key of its customers."""
    require_ledger(spool)
    if not spool.ledger.exists():
        return 0
    ledger = Ledger(spool.ledger, read_only=True)
    require_customer_key(spool.customer_key, is_in_use=knows_customers(ledger))
    return sum(ledger.count_by_state().values())
