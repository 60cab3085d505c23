"""At which sizes the picture library is to hold what: as layouts ask, as shops name their story, as notes wanted."""

from collections.abc import Iterator, Mapping

from service.cli.terminal import complain
from service.config import Config
from service.errors import LedgerUnusable
from service.imagery.syncing.demand import Demand
from service.intake.spool import Spool
from service.ledger.accounts import WantedRow
from service.ledger.ledger import Ledger
from service.model import PictureSize
from service.rendering.layouts.loading import read_layout_file
from service.rendering.layouts.picture_sizes import picture_sizes

ASKED_BY_SYNC = 100_000  # notes whose wanted sizes are made

Sizes = Mapping[str, tuple[PictureSize, ...]]


def demand_of_shops(config: Config) -> Demand:
    """What the layouts ask for: goods and tiles of every picture, heroes of those that are named or were wanted."""
    sizes = sizes_asked(config)
    named: dict[tuple[str, str], tuple[PictureSize, ...]] = {}
    for shop, picture, size in (*_told(config, sizes), *_wanted(config, sizes)):
        named[shop, picture] = tuple(dict.fromkeys((*named.get((shop, picture), ()), size)))
    return Demand(every=_of_every_picture(sizes), named=named)


def sizes_asked(config: Config) -> Sizes:
    """What the layout of each shop asks for."""
    layouts, shops = config.settings.layouts, config.settings.shops
    return {
        shop: tuple(picture_sizes(read_layout_file(layouts / settings.layout)).values())
        for shop, settings in shops.items()
    }


def _of_every_picture(sizes: Sizes) -> dict[str, tuple[PictureSize, ...]]:
    whole = {shop: tuple(size for size in asked if not size.is_cropped) for shop, asked in sizes.items()}
    common = tuple(dict.fromkeys(size for asked in whole.values() for size in asked))
    return {"": common, **whole}


def _told(config: Config, sizes: Sizes) -> Iterator[tuple[str, str, PictureSize]]:
    """The heroes that the configuration names."""
    for shop, settings in config.settings.shops.items():
        if settings.story:
            yield from ((shop, settings.story.picture, size) for size in sizes[shop] if size.is_cropped)
    for campaign in config.campaigns.values():
        for shop in campaign.shops or config.settings.shops:
            pictures = {rule.picture for rule in campaign.rule if rule.picture}
            yield from (
                (shop, picture, size) for picture in sorted(pictures) for size in sizes[shop] if size.is_cropped
            )


def _wanted(config: Config, sizes: Sizes) -> Iterator[tuple[str, str, PictureSize]]:
    """The sizes that notes asked for, as far as layouts still do; none where the ledger can't be read just now."""
    try:
        asked = missing_on(config, ASKED_BY_SYNC)
    except LedgerUnusable as error:
        complain(error)
        return
    for row in asked:
        yield from ((row.shop, row.picture, size) for size in sizes.get(row.shop, ()) if size.name == row.size)


def missing_on(config: Config, notes: int) -> tuple[WantedRow, ...]:
    """What the newest notes had to do without, at each size, the most wanted first."""
    spool = Spool(config.settings.spool)
    if not spool.ledger.exists():
        return ()
    ledger = Ledger(spool.ledger, read_only=True)
    try:
        return ledger.wanted_pictures(notes)
    finally:
        ledger.close()
