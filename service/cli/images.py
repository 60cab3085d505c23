"""`images`: the local library of product pictures, filled, looked through, and asked what it lacks."""

import argparse
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from service.cli.terminal import progress, say, say_json, show_table
from service.config import Config
from service.imagery.library import Library
from service.imagery.originals.source import Brought, Offered, Refusal, open_source
from service.imagery.syncing.demand import Demand
from service.imagery.syncing.sync import SyncPlan, SyncSummary, sync
from service.intake.spool import Spool
from service.ledger.accounts import WantedRow
from service.ledger.ledger import Ledger
from service.model import PictureSize
from service.rendering.layouts.loading import read_layout_file
from service.rendering.layouts.picture_sizes import picture_sizes

SHOWN = 40
MISSING_SHOWN = 20
REFUSED_HEADS = ("refused", "picture", "place", "why")
ASKED_BY_SYNC = 100_000  # notes whose wanted sizes are made

Sizes = Mapping[str, tuple[PictureSize, ...]]


# Sync ----------------------------------------------------------------------------------------------------------------


def fill(arguments: argparse.Namespace, config: Config) -> int:
    """Make the library hold exactly what a source offers, at the sizes that the layouts ask for; 1 on a bad source."""
    settings = config.settings
    if arguments.shop and arguments.shop not in settings.shops:
        say(f"slipway.toml has no shop {arguments.shop}; it has {', '.join(settings.shops)}")
        return 1
    source = open_source(arguments.source, arguments.manifest, settings.images)
    with _stopped_as_by_hand(), progress("syncing") as advanced:
        plan = SyncPlan(
            shop=arguments.shop,
            settings=settings.images,
            allow_vanished=arguments.allow_vanished,
            verify=arguments.verify,
            progress=advanced,
        )
        summary = sync(settings.image_cache, source, _demand(config), plan)
    say_json(_summary_json(summary)) if arguments.json else _show_summary(summary)
    return 0


@contextmanager
def _stopped_as_by_hand() -> Iterator[None]:
    """SIGTERM is a Ctrl-C inside the block: what was done until then is kept."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _demand(config: Config) -> Demand:
    """What the layouts ask for: goods and tiles of every picture, heroes of those that are named or were wanted."""
    shops = config.settings.shops
    sizes = {
        shop: tuple(picture_sizes(read_layout_file(config.settings.layouts / settings.layout)).values())
        for shop, settings in shops.items()
    }
    named: dict[tuple[str, str], tuple[PictureSize, ...]] = {}
    for shop, picture, size in (*_told(config, sizes), *_wanted(config, sizes)):
        for reach in (shop, ""):
            named[reach, picture] = tuple(dict.fromkeys((*named.get((reach, picture), ()), size)))
    return Demand(every=_of_every_picture(sizes), named=named)


def _of_every_picture(sizes: Sizes) -> dict[str, tuple[PictureSize, ...]]:
    whole = {shop: tuple(size for size in asked if not size.is_cropped) for shop, asked in sizes.items()}
    common = tuple(dict.fromkeys(size for asked in whole.values() for size in asked))
    return {"": common, **whole}


def _told(config: Config, sizes: Sizes) -> Iterator[tuple[str, str, PictureSize]]:
    """The heroes that the configuration names."""
    for shop, settings in config.settings.shops.items():
        if settings.story:
            yield from ((shop, settings.story.picture, size) for size in sizes[shop] if size.is_cropped)


def _wanted(config: Config, sizes: Sizes) -> Iterator[tuple[str, str, PictureSize]]:
    """The sizes that notes asked for, as far as layouts still do."""
    for row in _missing(config, ASKED_BY_SYNC):
        yield from ((row.shop, row.picture, size) for size in sizes.get(row.shop, ()) if size.name == row.size)


def _summary_json(summary: SyncSummary) -> dict[str, object]:
    return asdict(summary) | {"refused": [asdict(refusal) for refusal in summary.refused]}


def _show_summary(summary: SyncSummary) -> None:
    say(
        f"{_count(summary.offered, 'original')}: {summary.made:,} new, {summary.changed:,} changed,"
        f" {summary.unchanged:,} unchanged, {len(summary.refused):,} refused; {summary.vanished:,} gone"
    )
    say(
        f"the library: {_count(summary.pictures, 'picture')}, {summary.size_bytes / 1e6:,.1f} MB,"
        f" generation {summary.generation}, after {summary.elapsed_s:.1f} s"
    )
    if summary.coarse:
        say(f"{_count(summary.coarse, 'picture')} of this source would print at less than 150 dpi: send larger ones")
    _show_refused(summary.refused)


def _show_refused(refused: Sequence[Refusal]) -> None:
    if not refused:
        return
    say("")
    show_table(REFUSED_HEADS, [_refused_row(one) for one in refused[:SHOWN]])
    if len(refused) > SHOWN:
        say(f"and {len(refused) - SHOWN:,} more: `slipway images refused` lists all")


# Forget --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Gone:
    """A source that is no more: it offers nothing."""

    place: str

    def offers(self) -> Iterator[Offered | Refusal]:
        return iter(())

    def bring(self, offered: Offered, known_stamp: str, into: Path) -> Brought | None:
        raise NotImplementedError("nothing was offered")

    def is_fetched(self, offered: Offered) -> bool:
        return False


def forget(arguments: argparse.Namespace, config: Config) -> int:
    """Take all pictures of a source out of the library: it has moved, or is no more."""
    library = Library(config.settings.image_cache)
    known = [one for one in library.stats().sources if one.place == arguments.source]
    if not known:
        places = ", ".join(sorted({one.place for one in library.stats().sources})) or "none"
        say(f"the library has no source {arguments.source}; it has: {places}")
        return 1
    for one in known:
        plan = SyncPlan(shop=one.shop, settings=config.settings.images, allow_vanished=True)
        summary = sync(config.settings.image_cache, _Gone(one.place), Demand({}, {}), plan)
        say(f"{_count(summary.vanished, 'picture')} of {one.place} gone, {summary.pictures:,} left in the library")
    return 0


# Looks ---------------------------------------------------------------------------------------------------------------


def check(arguments: argparse.Namespace, config: Config) -> int:
    """Read every prepared picture; exit 1 if one is not there, or not whole."""
    library = Library(config.settings.image_cache)
    with progress("checking") as advanced:
        faults = list(library.faults(advanced))
    for fault in faults:
        say_json({"fault": fault}) if arguments.json else say(fault)
    if faults:
        say("\n  do: `slipway images sync SOURCE --verify` makes them anew") if not arguments.json else None
    elif not arguments.json:
        say(f"{_count(library.stats().pictures, 'picture')}, all there and whole")
    return int(bool(faults))


def stats(arguments: argparse.Namespace, config: Config) -> int:
    """What the library holds, where it came from, and what the newest notes had to do without."""
    stats, missing = Library(config.settings.image_cache).stats(), _still_missing(config, arguments.last)
    if arguments.json:
        say_json(asdict(stats) | {"missing": [asdict(row) for row in missing]})
        return 0
    if not stats.generation:
        say(f"there is no library in {config.settings.image_cache} yet: `slipway images sync SOURCE` makes it")
        return 0
    say(f"{_count(stats.pictures, 'picture')}, {_count(stats.prepared, 'file')}, {stats.size_bytes / 1e6:,.1f} MB")
    say(f"generation {stats.generation}, made {_minute(stats.made_at)} UTC\n")
    show_table(
        ("source", "for", "pictures>", "refused>", "coarse>", "synced, UTC"),
        [
            (one.place, one.shop or "all shops", f"{one.pictures:,}", one.refused, one.coarse, _minute(one.synced_at))
            for one in stats.sources
        ],
    )
    say(f"\nmissing on the newest {arguments.last:,} notes: {_count(len(missing), 'picture')}")
    _show_missing(missing[:MISSING_SHOWN])
    if len(missing) > MISSING_SHOWN:
        say(f"and {len(missing) - MISSING_SHOWN:,} more: `slipway images wanted` lists all")
    return 0


def wanted(arguments: argparse.Namespace, config: Config) -> int:
    """What notes asked for and the library still lacks, the most wanted first: what to photograph next."""
    missing = _still_missing(config, arguments.last)
    if arguments.json:
        for row in missing:
            say_json(asdict(row))
    elif missing:
        _show_missing(missing)
    else:
        say(f"nothing is missing on the newest {arguments.last:,} notes")
    return 0


def refused(arguments: argparse.Namespace, config: Config) -> int:
    """Every original that became no picture at the last syncs, and why."""
    found = Library(config.settings.image_cache).refused()
    if arguments.json:
        for refusal in found:
            say_json(asdict(refusal))
    elif found:
        show_table(REFUSED_HEADS, [_refused_row(one) for one in found])
    else:
        say("nothing was refused")
    return 0


def _show_missing(missing: Sequence[WantedRow]) -> None:
    if missing:
        rows = [(row.notes, row.picture, row.shop, row.size, _minute(row.last_at.isoformat())) for row in missing]
        show_table(("notes>", "picture", "shop", "at", "last, UTC"), rows)


def _refused_row(refusal: Refusal) -> tuple[str, ...]:
    return refusal.code, refusal.picture, refusal.place, refusal.what


def _minute(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _still_missing(config: Config, notes: int) -> list[WantedRow]:
    """What the newest notes had to do without, and still would have to."""
    library = Library(config.settings.image_cache)
    return [row for row in _missing(config, notes) if not library.has(row.shop, row.picture, row.size)]


def _missing(config: Config, notes: int) -> tuple[WantedRow, ...]:
    spool = Spool(config.settings.spool)
    if not spool.ledger.exists():
        return ()
    ledger = Ledger(spool.ledger, read_only=True)
    try:
        return ledger.wanted_pictures(notes)
    finally:
        ledger.close()
