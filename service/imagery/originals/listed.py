"""Pictures that a manifest lists: files below a folder, and https addresses.

A path stays below the folder of the source: none that is absolute, climbs, or leads through a link. Where the manifest
itself came from an address, its rows are relative to that. Many skus may name one picture; of two rows with one sku
the first counts.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from service.imagery.offered import Brought, Offered, Refusal, normal_id, printable
from service.imagery.originals.fetching import Fetcher, Wish
from service.imagery.originals.folder import stamp_of
from service.imagery.originals.links import Link, LinkRefused, parsed_link
from service.imagery.originals.manifest import Row
from service.imagery.refused import PictureRefused

MAX_PATH = 1024
_DRIVE = re.compile("[A-Za-z]:")


class ListedSource:
    """The pictures of a manifest. `base` is a resolved folder, or the address of the manifest; `place` is its text."""

    def __init__(self, base: Path | Link, rows: Iterable[Row | Refusal], fetcher: Fetcher, max_bytes: int) -> None:
        """Raises PictureSourceUnusable where `rows` do."""
        self.place = base.shown if isinstance(base, Link) else str(base)
        self._base = base
        self._fetcher = fetcher
        self._max_bytes = max_bytes
        self._rows: list[tuple[Row, Link | str] | Refusal] = [self._located(row) for row in rows]
        locations = (row[1] for row in self._rows if not isinstance(row, Refusal))
        self._links = {link.shown: link for link in locations if isinstance(link, Link)}

    def offers(self) -> Iterator[Offered | Refusal]:
        """The rows, sorted by the place of their pictures; of two rows with one sku the first is offered."""
        yield from sorted(self._each_once(), key=lambda one: (one.place, one.picture))

    def bring(self, offered: Offered, known_stamp: str, into: Path) -> Brought | None:
        """The file below the folder, or a download in `into`; None where version or server say that nothing changed."""
        link = self._links.get(offered.place)
        if link is None:
            return Brought(Path(self.place) / offered.place, offered.stamp)
        if offered.stamp and offered.stamp == known_stamp:
            return None
        brought = self._fetcher.fetch(Wish(link, known_stamp, into, self._max_bytes))
        return replace(brought, stamp=offered.stamp or brought.stamp) if brought else None

    def is_fetched(self, offered: Offered) -> bool:
        """True for an address."""
        return offered.place in self._links

    def _located(self, row: Row | Refusal) -> tuple[Row, Link | str] | Refusal:
        """A row and the address or path that it names."""
        if isinstance(row, Refusal):
            return row
        try:
            if isinstance(self._base, Link):
                return row, parsed_link(row.target, self._base)
            return row, parsed_link(row.target) if "://" in row.target else _path_below(row.target)
        except LinkRefused as error:
            return Refusal(row.picture, row.place, "invalid-row", str(error))

    def _each_once(self) -> Iterator[Offered | Refusal]:
        places: dict[str, str] = {}
        plain_folders = {""}
        for located in self._rows:
            if isinstance(located, Refusal):
                yield located
                continue
            row, location = located
            found = _linked(row, location) if isinstance(location, Link) else self._filed(row, location, plain_folders)
            first = places.setdefault(normal_id(row.picture), row.place) if isinstance(found, Offered) else row.place
            if first == row.place:
                yield found
            else:
                yield Refusal(row.picture, row.place, "same-id", f"{first} has the same sku and is taken")

    def _filed(self, row: Row, path: str, plain_folders: set[str]) -> Offered | Refusal:
        """A file below the folder, looked at without following links; folders that are none are noted."""
        try:
            _refuse_links(self.place, path, plain_folders)
            status = os.lstat(f"{self.place}/{path}")
        except FileNotFoundError:
            return Refusal(row.picture, row.place, "unreadable", f"there is no such file: {printable(path)}")
        except OSError as error:
            return Refusal(row.picture, row.place, "unreadable", f"the file can't be looked at: {error.strerror}")
        except PictureRefused as error:
            return Refusal(row.picture, row.place, error.code, error.what)
        if not stat.S_ISREG(status.st_mode):
            return Refusal(row.picture, row.place, "no-regular-file", "a link, a folder, a pipe or a device")
        return Offered(row.picture, path, stamp_of(status))


def _path_below(target: str) -> str:
    """A relative path in its plain form; raises LinkRefused for one that leads elsewhere."""
    if len(target) > MAX_PATH:
        raise LinkRefused(f"a path has at most {MAX_PATH} characters")
    path = target.replace("\\", "/")
    names = [name for name in path.split("/") if name not in ("", ".")]
    if path.startswith("/") or _DRIVE.match(path) or ".." in names or not names:
        raise LinkRefused("a path is relative to the folder of the source and stays below it")
    return "/".join(names)


def _refuse_links(folder: str, path: str, plain_folders: set[str]) -> None:
    """Raise PictureRefused if a folder on the way to `path` is a link; `plain_folders` grows by those that are none."""
    names = path.split("/")[:-1]
    if "/".join(names) in plain_folders:
        return
    for depth in range(1, len(names) + 1):
        way = "/".join(names[:depth])
        if stat.S_ISLNK(os.lstat(f"{folder}/{way}").st_mode):
            raise PictureRefused("no-regular-file", "the path leads through a link, which is not followed")
        plain_folders.add(way)


def _linked(row: Row, link: Link) -> Offered:
    """An address; with a version, that and the path are all that is to be known: a query may be a signature."""
    path = link.address.partition("?")[0]
    stamp = hashlib.sha256(f"{path}\n{row.version}".encode()).hexdigest()[:32] if row.version else ""
    return Offered(row.picture, link.shown, stamp and f"version {stamp}")
