"""`content`: packs of a week's words and art are looked at, activated, and rolled back.

    activate    unpack and check (files, words, art, then drawn on notes), put its art into the picture library,
                and only then switch: from one note to the next all of it counts, or nothing where it had a fault

A service that runs is asked to read its configuration again; it need not run.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from service.cli.content_proofs import drawn_faults
from service.cli.image_sizes import demand_of_shops
from service.cli.reloading import reload_service
from service.cli.terminal import say, say_json, show_table
from service.clock import utc_now
from service.config import Config
from service.content.reading import pack_faults, read_pack
from service.content.shelf import Shelf, name_on_shelf
from service.content.unpacking import ENDINGS, name_of, unpack
from service.errors import ContentRefused, SlipwayError
from service.imagery.originals.folder import FolderSource
from service.imagery.syncing import sources
from service.imagery.syncing.demand import Demand
from service.imagery.syncing.sync import SyncPlan, sync
from service.model import PictureSize
from service.planning.campaigns.words import Pack, warnings_of
from service.planning.house import House, compile_house
from service.rendering.layouts.loading import read_layout_file
from service.rendering.layouts.picture_sizes import picture_sizes

FOLDER = "content"  # of the configuration: where packs are handed in
MINUTE = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class Row:
    """A pack as `content list` tells of it; times are those of each site's clock, empty where there is none."""

    pack: str
    state: str
    valid_from: str = ""
    valid_until: str = ""
    shops: str = ""
    words: int = 0
    art: int = 0


# List ----------------------------------------------------------------------------------------------------------------


def show(arguments: argparse.Namespace, config: Config) -> int:
    """The packs that were activated, in the order in which they speak, and those that were only handed in."""
    rows = list(_rows(config))
    if arguments.json:
        for row in rows:
            say_json(asdict(row))
    elif rows:
        heads = ("pack", "state", "from", "until", "shops", "words>", "art>")
        show_table(heads, [tuple(asdict(row).values()) for row in rows])
    else:
        say(f"no content packs: put one into {config.folder / FOLDER}")
    return 0


def _rows(config: Config) -> Iterator[Row]:
    packs = sorted(Shelf(config.settings.spool).packs(), key=lambda pack: (pack.valid_from, pack.name))
    house = compile_house(config, tuple(packs))
    yield from (_row(pack, name_on_shelf(pack.name), _state(pack, house)) for pack in packs)
    active = {name_on_shelf(pack.name) for pack in packs}
    handed_in = dict(_handed_in(config))
    yield from (_handed_in_row(name, path) for name, path in handed_in.items() if name not in active)


def _handed_in_row(name: str, path: Path) -> Row:
    """What a pack would bring that was not activated, as far as it can be read: `check` says what is wrong with it."""
    with tempfile.TemporaryDirectory(prefix="slipway-content-") as folder:
        try:
            unpack(path, Path(folder))
            return _row(read_pack(Path(folder), name), name, "not activated")
        except ContentRefused:
            return Row(name, "not activated, has faults")


def _row(pack: Pack, name: str, state: str) -> Row:
    return Row(
        pack=name,
        state=state,
        valid_from=f"{pack.valid_from:{MINUTE}}",
        valid_until=f"{pack.valid_until:{MINUTE}}" if pack.valid_until else "",
        shops=", ".join(pack.shops) or "all",
        words=len(pack.messages["en"].patterns),
        art=len(pack.art),
    )


def _state(pack: Pack, house: House) -> str:
    """What a pack does at the sites, by each one's clock, and for each shop: the most that it does anywhere."""
    clocks = [utc_now().astimezone(site.zone).replace(tzinfo=None) for site in house.sites.values()]
    if any(house.campaign_words.pack(shop, local) is pack for local in clocks for shop in pack.shops or house.shops):
        return "speaks"
    if any(local < pack.valid_from for local in clocks):
        return "waits for its hour"
    is_over = pack.valid_until is not None and all(local >= pack.valid_until for local in clocks)
    return "over" if is_over else "followed by a later one"


def _handed_in(config: Config) -> Iterator[tuple[str, Path]]:
    """What lies in config/content/, by the names of the packs; what can be none is looked past."""
    folder = config.folder / FOLDER
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_dir() or path.name.endswith(ENDINGS):
            try:
                yield name_of(path), path
            except ContentRefused:
                continue


# Check, activate, roll back ------------------------------------------------------------------------------------------


def check(arguments: argparse.Namespace, config: Config) -> int:
    """Look at a pack as `activate` would, or at all that were handed in; exit 1 if one has a fault."""
    named = [arguments.pack] if arguments.pack else [str(path) for _, path in _handed_in(config)]
    refused = 0
    for name in named:
        try:
            with Shelf(config.settings.spool).taken_in(_source(name, config)) as taken:
                pack = _checked(taken, config)
        except ContentRefused as error:
            refused += 1
            say_json({"pack": name, "refused": str(error)}) if arguments.json else say(f"{name}: {error}")
            continue
        warnings = warnings_of(pack.messages)
        told = {"pack": name_on_shelf(pack.name), "refused": "", "warnings": warnings}
        whole = f"{told['pack']}: whole, in all languages, and drawn on every note"
        say_json(told) if arguments.json else say("\n  warning: ".join((whole, *warnings)))
    return int(bool(refused))


def activate(arguments: argparse.Namespace, config: Config) -> int:
    """Let a pack count, in its hours, beside those that count already; it takes the place of one of its name."""
    shelf = Shelf(config.settings.spool)
    with shelf.taken_in(_source(arguments.pack, config)) as taken:
        pack = _checked(taken, config)
        place = shelf.put(taken)
    _fill_library(place, pack, config)  # the art first: no note may miss it
    name = name_on_shelf(pack.name)
    others = tuple(each for each in shelf.active().packs if name_on_shelf(each) != name)
    shelf.switch((*others, pack.name))
    _forget_unused(shelf, config)
    return _told(arguments, config, f"{name} is active, from {pack.valid_from:{MINUTE}} by the clock of each site")


def roll_back(arguments: argparse.Namespace, config: Config) -> int:
    """Let those packs count again that did before the last switch."""
    packs = Shelf(config.settings.spool).roll_back().packs
    names = ", ".join(map(name_on_shelf, packs))
    return _told(arguments, config, f"active again: {names}" if names else "no content pack is active")


def _source(named: str, config: Config) -> Path:
    """What a person named: a pack in config/content/, or a path."""
    for path in (Path(named), config.folder / FOLDER / named):
        if path.exists():
            return path
    by_name = dict(_handed_in(config))
    if named in by_name:
        return by_name[named]
    known = ", ".join(sorted(by_name)) or "none"
    raise ContentRefused(f"there is no pack {named} in {config.folder / FOLDER}", hint=f"There are: {known}.")


def _checked(taken: Path, config: Config) -> Pack:
    """The pack that was taken in, read, measured and drawn; raises ContentRefused with all that is wrong."""
    pack = read_pack(taken, taken.name)
    faults = list(pack_faults(taken, pack, config, _hero_sizes(config)))
    faults = faults or list(drawn_faults(taken, pack, config))
    if faults:
        raise ContentRefused("\n".join(faults))
    return pack


def _hero_sizes(config: Config) -> Mapping[str, PictureSize]:
    layouts = config.settings.layouts
    sizes = {
        name: picture_sizes(read_layout_file(layouts / shop.layout)) for name, shop in config.settings.shops.items()
    }
    return {shop: asked["promo"] for shop, asked in sizes.items() if "promo" in asked}


def _fill_library(place: Path, pack: Pack, config: Config) -> None:
    if pack.art:
        source = FolderSource(place / "art", f"{pack.name}/")
        sync(config.settings.image_cache, source, demand_with(pack, config), SyncPlan("", config.settings.images))


def demand_with(pack: Pack, config: Config) -> Demand:
    """What the library is to hold, with a pack's art as the shops show it."""
    demand, sizes = demand_of_shops(config), _hero_sizes(config)
    shown = {(shop, picture): (size,) for shop, size in sizes.items() for picture in pack.art.values()}
    return Demand(demand.every, {**demand.named, **shown})


def _forget_unused(shelf: Shelf, config: Config) -> None:
    """What can't be rolled back to any more is gone, and its art from the library."""
    for unused in shelf.forget_unused():
        try:
            sources.forget(config.settings.image_cache, str(unused.resolve() / "art"))
        except SlipwayError as error:
            say(f"its art stays in the picture library: {error}")


def _told(arguments: argparse.Namespace, config: Config, what: str) -> int:
    """Say what was done, and let a running service know."""
    answered = reload_service(config)
    if arguments.json:
        say_json({"done": what, "service": answered})
    else:
        say(f"{what}; {answered}")
    return 0
