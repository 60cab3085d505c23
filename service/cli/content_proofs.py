"""Whether what campaigns say and show finds its room: each message drawn in its slot, in each language, for each shop.

The specimens of the rules that the pack concerns are drawn with it; the pictures are those of a library of its own,
made for the occasion. So a pack is seen on paper before a customer can see it.
"""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from service.config import Config
from service.content.pack_file import ART
from service.imagery.library import Library
from service.imagery.originals.folder import FolderSource
from service.imagery.syncing.demand import Demand
from service.imagery.syncing.sync import SyncPlan, sync
from service.model import LANGUAGES
from service.planning.campaign_specimens import campaign_specimens
from service.planning.campaigns.compiling import Campaigns, CompiledRule
from service.planning.campaigns.words import Pack
from service.planning.house import House, compile_house
from service.rendering.layouts.loading import load_layout, read_layout_file
from service.rendering.layouts.picture_sizes import picture_sizes
from service.rendering.renderer import Renderer


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
            yield from _faults_of_shop(shop, pack, studio)


def _demand(pack: Pack, config: Config, shops: Iterable[str]) -> Demand:
    """The art of a pack as the heroes of these shops show it."""
    layouts = config.settings.layouts
    sizes = {shop: picture_sizes(read_layout_file(layouts / config.settings.shops[shop].layout)) for shop in shops}
    every = {shop: (asked["promo"],) for shop, asked in sizes.items() if "promo" in asked}
    common = tuple(dict.fromkeys(size for asked in every.values() for size in asked))
    return Demand({"": common, **every}, {})


def _faults_of_shop(shop: str, pack: Pack, studio: _Studio) -> Iterator[str]:
    """What is not seen of the pack on the specimens of the rules that say or show something of it."""
    house = replace(studio.house, campaigns=_speaking(pack, studio.house))
    drawn = set()
    for specimen in campaign_specimens(shop, house, studio.moment):
        plan = specimen.plan
        drawn.add((specimen.case, plan.language))
        pictures = studio.library.pick(plan, studio.renderer.picture_sizes(plan.layout)).pictures
        note = studio.renderer.render(plan, pictures)
        slots = [exposure.slot for exposure in plan.exposures if exposure.slot in note.left_out]
        for fault in (*note.faults, *(f"finds no room in {slot}" for slot in slots)):
            yield f"{specimen.case}, {shop}, {plan.language}: {fault}"
    for case, language in _due(shop, house):
        if (case, language) not in drawn:
            yield f"{case}, {shop}, {language}: not seen: its campaign does not run then, or its words ask for too much"


def _speaking(pack: Pack, house: House) -> Campaigns:
    """The rules that say or show something of the pack."""
    said = pack.messages[LANGUAGES[0]].patterns

    def is_touched(rule: CompiledRule) -> bool:
        return rule.rule.message in said or rule.rule.picture in pack.art

    touched = (
        replace(campaign, rules=tuple(rule for rule in campaign.rules if is_touched(rule)))
        for campaign in house.campaigns.campaigns
    )
    return replace(house.campaigns, campaigns=tuple(campaign for campaign in touched if campaign.rules))


def _due(shop: str, house: House) -> Iterator[tuple[str, str]]:
    """The case and the language of each specimen that there has to be."""
    for campaign in house.campaigns.campaigns:
        if shop in (campaign.campaign.shops or (shop,)):
            for rule in campaign.rules:
                for language in campaign.campaign.languages or LANGUAGES:
                    yield f"campaign {campaign.id}, rule {rule.number}", language
