"""`preview` and `proof`: notes to look at before anything is printed. Nothing is recorded, printed or spent."""

import argparse
from collections.abc import Iterable, Sequence

from service.cli.drops import read_order_file
from service.cli.standing import standings_at
from service.cli.terminal import progress, say
from service.clock import utc_now
from service.config import Config
from service.content.shelf import packs_of
from service.errors import SlipwayError
from service.imagery.library import Library
from service.intake.feeds import compile_feeds
from service.intake.reading import read_drop
from service.model import RenderedNote
from service.planning.campaign_specimens import campaign_specimens
from service.planning.house import House, compile_house
from service.planning.note import plan_note
from service.planning.routing import choose_route
from service.planning.specimens import Specimen, proof_set
from service.rendering.contact_sheets import ContactSheet, ContactSheets, ProofNote
from service.rendering.layouts.loading import load_layout
from service.rendering.renderer import Renderer

LANGUAGE_NAMES = {"en": "English", "fr": "French", "de": "German"}


def preview(arguments: argparse.Namespace, config: Config) -> int:
    """Draw one note of an order file."""
    house, feeds = compile_house(config, packs_of(config)), compile_feeds(config)
    reading = read_drop(arguments.file.name, read_order_file(arguments.file), feeds)
    for refusal in reading.refusals:
        say(f"refused: {refusal.code}: {refusal.what} ({refusal.where})")
    chosen = next((read for read in reading.shipments if read.position == arguments.shipment), None)
    if chosen is None:
        say(f"{arguments.file} has no shipment {arguments.shipment}")
        return 1
    plan = plan_note(chosen.shipment, house, standings_at(utc_now(), config, house)(chosen.shipment))
    renderer = Renderer({plan.layout: load_layout(config.settings.layouts / plan.layout)})
    pictures = Library(config.settings.image_cache).pick(plan, renderer.picture_sizes(plan.layout)).pictures
    note = renderer.render(plan, pictures)
    arguments.output.write_bytes(note.pdf)
    queue = choose_route(chosen.shipment, house).queue
    say(f"{plan.note_id}: {_told(note)}, {plan.language}, for queue {queue}: {arguments.output}")
    for fault in note.faults:
        say(f"left out: {fault}")
    return 0


def proof(arguments: argparse.Namespace, config: Config) -> int:
    """Draw the proof set of all shops, or of one, a contact sheet for each case; exit 1 if a note is not as planned."""
    house = compile_house(config, packs_of(config))
    shops = [arguments.shop] if arguments.shop else list(config.settings.shops)
    if strange := set(shops) - set(config.settings.shops):
        say(f"slipway.toml has no shop {min(strange)}")
        return 1
    studio = _Studio(house, config)
    now = utc_now()
    specimens = [(shop, (*proof_set(shop, house), *campaign_specimens(shop, house, now))) for shop in shops]
    cases = [(shop, case) for shop, made in specimens for case in _cases(made)]
    sheets, faults = ContactSheets(f"Proof set: {', '.join(shops)}"), 0
    with progress("drawing") as advanced:
        for done, (shop, case) in enumerate(cases):
            advanced(done, len(cases), f"{shop}: {case[0].case}")
            sheet = studio.contact_sheet(shop, case)
            faults += sum(bool(note.fault) for note in sheet.notes)
            sheets.add(sheet)
        advanced(len(cases), len(cases), "")
    arguments.output.write_bytes(sheets.finish())
    notes = sum(len(case) for _, case in cases)
    say(f"{notes} notes on {len(cases)} contact sheets, {faults} of them not as planned: {arguments.output}")
    return int(bool(faults))


def _cases(specimens: Iterable[Specimen]) -> Iterable[list[Specimen]]:
    """The specimens of each case, in all languages."""
    cases: dict[str, list[Specimen]] = {}
    for specimen in specimens:
        cases.setdefault(specimen.case, []).append(specimen)
    return cases.values()


class _Studio:
    """Draws specimens with the layouts and pictures that the service would take."""

    def __init__(self, house: House, config: Config) -> None:
        self._house = house
        self._library = Library(config.settings.image_cache)
        self._layout_names = {shop: settings.layout for shop, settings in config.settings.shops.items()}
        names = sorted(set(self._layout_names.values()))
        self._renderer = Renderer({name: load_layout(config.settings.layouts / name) for name in names})

    def contact_sheet(self, shop: str, case: Sequence[Specimen]) -> ContactSheet:
        """The notes of one case side by side."""
        corner = f"{self._house.shops[shop].brand}, layout {self._layout_names[shop]}"
        return ContactSheet(case[0].case.capitalize(), corner, case[0].decided, tuple(map(self._proof_note, case)))

    def _proof_note(self, specimen: Specimen) -> ProofNote:
        plan, language = specimen.plan, LANGUAGE_NAMES[specimen.shipment.order.language]
        try:
            pictures = self._library.pick(plan, self._renderer.picture_sizes(plan.layout)).pictures
            note = self._renderer.render(plan, pictures)
        except SlipwayError as error:
            return ProofNote(language, b"", 0, f"{error.code}: {error}")
        return ProofNote(f"{language}: {_told(note)}", note.pdf, note.pages, "; ".join(note.faults))


def _told(note: RenderedNote) -> str:
    """How many pages, and what they had no room for."""
    pages = f"{note.pages} page{'s' if note.pages > 1 else ''}"
    return f"{pages}, without {' and '.join(note.left_out)}" if note.left_out else pages
