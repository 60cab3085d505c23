"""`images`: the local library of product pictures, filled, looked through, and asked what it lacks."""

import argparse
import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from service.cli.image_sizes import demand_of_shops, missing_on, sizes_asked
from service.cli.terminal import progress, remark, say, say_json, show_table
from service.config import Config
from service.imagery.library import Fault, Library
from service.imagery.originals.source import Refusal, open_source
from service.imagery.syncing import sources
from service.imagery.syncing.sync import SyncPlan, SyncSummary, sync
from service.ledger.accounts import WantedRow

SHOWN = 40
MISSING_SHOWN = 20
REFUSED_HEADS = ("refused", "picture", "place", "why")


@dataclass(frozen=True, slots=True)
class Missing:
    """A picture that notes had to do without: at which sizes, how many notes at the one most asked for, and when the
    last."""

    shop: str
    picture: str
    sizes: tuple[str, ...]
    notes: int
    last_at: datetime


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
        summary = sync(settings.image_cache, source, demand_of_shops(config), plan)
    say_json(_summary_json(summary)) if arguments.json else _show_summary(summary)
    return 0


@contextmanager
def _stopped_as_by_hand() -> Iterator[None]:
    """SIGTERM is a Ctrl-C inside the block: what was done until then is kept, and that is said."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        remark("stopped; the library is as it was, and the next sync of this source goes on from here")
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


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
    if summary.damaged:
        say(
            f"generation {summary.damaged} was damaged, and is replaced by what an older one had and by this source:"
            " sync the other sources too"
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


# Sources that are no more, or have moved ------------------------------------------------------------------------------


def forget(arguments: argparse.Namespace, config: Config) -> int:
    """Take a source and all its pictures out of the library: it has moved, or is no more."""
    place = _known_place(arguments.source, _places(config))
    if not place:
        return 1
    gone = sources.forget(config.settings.image_cache, place)
    if arguments.json:
        say_json(asdict(gone))
    else:
        say(f"{_count(gone.vanished, 'picture')} of {gone.place} gone, {gone.pictures:,} left in the library")
    return 0


def moved(arguments: argparse.Namespace, config: Config) -> int:
    """Let a source's pictures be those of the place that it has moved to; its next sync finds them as they were."""
    places = _places(config)
    place, new_place = _known_place(arguments.source, places), _spellings(arguments.to)[-1]
    if not place:
        return 1
    if new_place in places:
        say(f"{new_place} is a source of its own: `slipway images forget` it first")
        return 1
    generation = sources.move(config.settings.image_cache, place, new_place)
    if arguments.json:
        say_json({"place": new_place, "before": place, "generation": generation})
    else:
        say(f"{place} is {new_place} now: sync that")
    return 0


def _places(config: Config) -> frozenset[str]:
    return frozenset(one.place for one in _library(config).stats().sources)


def _known_place(source: str, places: frozenset[str]) -> str:
    """The source that a person named, as the library spells it; empty, and said, if it has none."""
    place = next((one for one in _spellings(source) if one in places), "")
    if not place:
        say(f"the library has no source {source}; it has: {', '.join(sorted(places)) or 'none'}")
    return place


def _spellings(source: str) -> tuple[str, ...]:
    """How `images stats` may name what a person named: as it was typed, or as the folder that this is from here."""
    return (source,) if "://" in source else (source, str(Path(source).resolve()))


# Looks ---------------------------------------------------------------------------------------------------------------


def check(arguments: argparse.Namespace, config: Config) -> int:
    """Read every prepared picture; exit 1 if one is not there, or not whole."""
    library = Library(config.settings.image_cache)
    with progress("checking") as advanced:
        faults = list(library.faults(advanced))
    if arguments.json:
        for fault in faults:
            say_json(asdict(fault))
    elif faults:
        _show_faults(faults)
    else:
        say(f"{_count(library.stats().pictures, 'picture')}, all there and whole")
    return int(bool(faults))


def _show_faults(faults: Sequence[Fault]) -> None:
    for fault in faults:
        say(fault.what)
    say("")
    for source in dict.fromkeys(fault.source for fault in faults):
        command = f"slipway images sync {shlex.quote(source)} --verify" if source else "slipway images sync SOURCE"
        say(f"  do: `{command}` makes {'them' if source else 'it'} anew")


def stats(arguments: argparse.Namespace, config: Config) -> int:
    """What the library holds, where it came from, and what the newest notes had to do without."""
    stats, missing = _library(config).stats(), _to_photograph(config, arguments.last)
    if arguments.json:
        say_json(asdict(stats) | {"missing": [asdict(row) for row in missing]})
        return 0
    if not stats.generation:
        say(f"there is no library in {config.settings.image_cache} yet: `slipway images sync SOURCE` makes it")
        return 0
    say(f"{_count(stats.pictures, 'picture')}, {_count(stats.prepared, 'file')}, {stats.size_bytes / 1e6:,.1f} MB")
    say(f"generation {stats.generation}, made {_minute(stats.made_at)} UTC\n")
    show_table(
        ("source", "for", "pictures>", "refused>", "coarse>", "last change, UTC"),
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
    missing = _to_photograph(config, arguments.last)
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
    found = _library(config).refused()
    if arguments.json:
        for refusal in found:
            say_json(asdict(refusal))
    elif found:
        show_table(REFUSED_HEADS, [_refused_row(one) for one in found])
    else:
        say("nothing was refused")
    return 0


def _show_missing(missing: Sequence[Missing]) -> None:
    if missing:
        rows = [
            (row.notes, row.picture, row.shop, ", ".join(row.sizes), _minute(row.last_at.isoformat()))
            for row in missing
        ]
        show_table(("notes>", "picture", "shop", "at", "last, UTC"), rows)


def _refused_row(refusal: Refusal) -> tuple[str, ...]:
    return refusal.code, refusal.picture, refusal.place, refusal.what


def _minute(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _library(config: Config) -> Library:
    """The library for one who asks about it: raises LibraryUnusable, where a note would print without pictures."""
    return Library(config.settings.image_cache, strict=True)


def _to_photograph(config: Config, notes: int) -> list[Missing]:
    """What the newest notes asked for, layouts still do, and the library has at no size at all."""
    library, asked = _library(config), sizes_asked(config)
    missing: dict[tuple[str, str], Missing] = {}
    for row in missing_on(config, notes):
        is_asked = row.size in (size.name for size in asked.get(row.shop, ()))
        if is_asked and not library.has(row.shop, row.picture):
            key = row.shop, row.picture
            missing[key] = _with(row, missing.get(key, Missing(row.shop, row.picture, (), 0, row.last_at)))
    return sorted(missing.values(), key=lambda one: -one.notes)


def _with(row: WantedRow, missing: Missing) -> Missing:
    sizes, notes = (*missing.sizes, row.size), max(missing.notes, row.notes)
    return replace(missing, sizes=sizes, notes=notes, last_at=max(missing.last_at, row.last_at))
