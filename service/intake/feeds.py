"""Feeds: `config/feeds/NAME.toml` says how the export of another program becomes an order file.

A feed takes the drops whose names match its `files`; all others are read as order files. It is compiled when the
configuration is read, against the fields of the order file itself: a field that does not exist, one that nothing
gives, a path that makes no sense, a shop that is not there: each is a fault with file, line and key.
"""

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.config import Config, key_name, line_of_key, read_text, validated
from service.errors import ConfigInvalid, UnknownFormat
from service.intake.feed_compiler import FeedFault, FeedFaults, compile_feed
from service.intake.feed_file import FeedFile
from service.intake.mapping import Feed

__all__ = ["FeedFile", "Feeds", "compile_feeds"]


@dataclass(frozen=True, slots=True)
class Feeds:
    """All feeds, compiled."""

    feeds: tuple[Feed, ...] = ()

    def for_name(self, name: str) -> Feed | None:
        """The feed that takes a drop of this name; None if the drop is an order file."""
        taking = [feed for feed in self.feeds if any(fnmatch.fnmatch(name.lower(), glob) for glob in feed.files)]
        if len(taking) > 1:
            names = " and ".join(feed.name for feed in taking)
            raise UnknownFormat(
                f"the feeds {names} both take this name", hint="Let their `files` in config/feeds/ differ."
            )
        return taking[0] if taking else None


def compile_feeds(config: Config) -> Feeds:
    """The feeds of the configuration; raises ConfigInvalid with file, line and key."""
    return Feeds(tuple(_read_feed(name, values, config) for name, values in config.feeds.items()))


def _read_feed(name: str, values: dict[str, Any], config: Config) -> Feed:
    path = config.folder / "feeds" / f"{name}.toml"
    file = validated(FeedFile, values, path)
    try:
        feed = compile_feed(name, file)
    except FeedFaults as error:
        raise ConfigInvalid(_report(path, error.faults)) from None
    if strangers := list(_strangers(feed, config)):
        raise ConfigInvalid(_report(path, strangers))
    return feed


def _report(path: Path, faults: Sequence[FeedFault]) -> str:
    text = read_text(path)
    return "\n".join(f"{path}:{line_of_key(text, fault.key)}: {key_name(fault.key)}: {fault.what}" for fault in faults)


def _strangers(feed: Feed, config: Config) -> Iterator[FeedFault]:
    """Shops and sites that the feed names and the configuration does not know."""
    for key, known in (("shop", config.settings.shops), ("site", config.settings.sites)):
        source = feed.header_source(key)
        if source is None:
            continue
        named = [source.value, source.default, source.otherwise, *dict(source.table).values()]
        for name in named:
            if name is not None and name not in known:
                yield FeedFault(("fields", key), f"{name} is not in slipway.toml, which has {', '.join(known)}")
