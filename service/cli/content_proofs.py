"""Whether what campaigns say and show finds its room: each message drawn in its slot, in each language, for each shop.

A rule's slot is filled on a short note, whatever its condition says; the pictures are those of a library of its own,
made for the occasion. So a pack is seen on paper before a customer can see it.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from service.config import Config
from service.config.campaigns import Rule
from service.content.pack_file import ART
from service.imagery.library import Library
from service.imagery.originals.folder import FolderSource
from service.imagery.syncing.demand import Demand
from service.imagery.syncing.sync import SyncPlan, sync
from service.marketing import NOBODY
from service.model import LANGUAGES, MARKETING, SLOTS, Block, Offer, Plan
from service.planning.campaigns.choosing import sheet_of
from service.planning.campaigns.filling import fill
from service.planning.campaigns.words import Pack, Unsaid
from service.planning.house import House, compile_house
from service.planning.note import plan_note
from service.planning.specimen_orders import plain_shipment
from service.rendering.layouts.loading import load_layout, read_layout_file
from service.rendering.layouts.picture_sizes import picture_sizes
from service.rendering.renderer import Renderer

OFFER = Offer("SPECIMEN-7K2M", percent=15, amount=Decimal(25), minimum=Decimal(100), expires=date(2026, 12, 31))


@dataclass(frozen=True, slots=True)
class _Studio:
    """Where a pack is drawn: the house with this pack alone, its moment, a renderer, a library of its art."""

    house: House
    moment: datetime
    renderer: Renderer
    library: Library


def drawn_faults(folder: Path, pack: Pack, config: Config) -> Iterator[str]:
    """What of a pack in `folder` is not seen on the notes of its shops."""
    shops = [shop for shop in config.settings.shops if shop in (pack.shops or config.settings.shops)]
    layouts = {config.settings.shops[shop].layout for shop in shops}
    renderer = Renderer({name: load_layout(config.settings.layouts / name) for name in layouts})
    with tempfile.TemporaryDirectory(prefix="slipway-content-") as place:
        if pack.art:
            source = FolderSource(folder / ART, f"{pack.name}/")
            sync(Path(place), source, _demand(pack, config, shops), SyncPlan("", config.settings.images))
        house = compile_house(config, (pack,))
        zone = next(iter(house.sites.values())).zone
        studio = _Studio(house, pack.valid_from.replace(tzinfo=zone), renderer, Library(Path(place)))
        for shop in shops:
            yield from _faults_of_shop(shop, pack, config, studio)


def _demand(pack: Pack, config: Config, shops: Iterable[str]) -> Demand:
    """The art of a pack as the heroes of these shops show it."""
    layouts = config.settings.layouts
    sizes = {shop: picture_sizes(read_layout_file(layouts / config.settings.shops[shop].layout)) for shop in shops}
    every = {shop: (asked["promo"],) for shop, asked in sizes.items() if "promo" in asked}
    common = tuple(dict.fromkeys(size for asked in every.values() for size in asked))
    return Demand({"": common, **every}, {})


def _faults_of_shop(shop: str, pack: Pack, config: Config, studio: _Studio) -> Iterator[str]:
    said = pack.messages[LANGUAGES[0]].patterns
    for campaign, content in config.campaigns.items():
        if content.shops and shop not in content.shops:
            continue
        for number, rule in enumerate(content.rule, 1):
            if rule.message in said or rule.picture in pack.art:
                where = f"{campaign}, rule {number}, {shop}"
                yield from (
                    f"{where}: {fault}" for language in LANGUAGES for fault in _faults(rule, shop, language, studio)
                )


def _faults(rule: Rule, shop: str, language: str, studio: _Studio) -> Iterator[str]:
    """Why a rule is not seen on a short note in this language."""
    shipment = plain_shipment(shop, language, studio.house)
    status = "ambassador" if rule.slot == "referral" else shipment.order.customer.status
    customer = replace(shipment.order.customer, status=status)
    shipment = replace(
        shipment, order=replace(shipment.order, customer=customer, offer=Offer()), lines=shipment.lines[:2]
    )
    try:
        block = fill(rule, OFFER, sheet_of(shipment, studio.house, replace(NOBODY, now=studio.moment), language))
    except Unsaid as unsaid:
        yield f"{language}: {unsaid}"
        return
    plan = _with(plan_note(shipment, studio.house), rule.slot, block)
    pictures = studio.library.pick(plan, studio.renderer.picture_sizes(plan.layout)).pictures
    note = studio.renderer.render(plan, pictures)
    yield from (f"{language}: {fault}" for fault in note.faults)
    if rule.slot in note.left_out:
        yield f"{language}: {rule.message} finds no room in {rule.slot}"


def _with(plan: Plan, slot: str, block: Block) -> Plan:
    """The plan with this block in its slot, and nothing else of marketing but the feedback, which is always there."""
    kept = {each: other for each, other in plan.blocks if each not in MARKETING or each == "feedback"}
    blocks: Mapping[str, Block] = {**kept, slot: block}
    return replace(plan, blocks=tuple((each, blocks[each]) for each in SLOTS if each in blocks))
