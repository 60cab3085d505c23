"""The local library of product pictures: looked up while a note is made, never fetched or decoded then.

`slipway images sync` fills it, in generations; a running service notices a new one by itself, at the next note. A
picture is found by its id in the index, which never becomes part of a path, so an order can't reach a file outside.
Content never stops paper: a library that is not there is empty, one that can't be read is empty and said so once.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from service.errors import LibraryUnusable
from service.imagery.offered import Refusal, normal_id
from service.imagery.store.files import Store
from service.imagery.store.generations import served_file
from service.imagery.store.index import Entry, Held, Index, SourceStats
from service.imagery.store.reading import Progress, read_through, silent
from service.log import log
from service.model import Choice, PictureSize, Plan, WantedPicture

T = TypeVar("T")

MOST_SAID = 100_000  # pictures that are remembered as said to be missing


@dataclass(frozen=True, slots=True)
class Stats:
    """What the library holds; `made_at` in ISO 8601, empty where there is no generation yet.

    `refused` are originals; `coarse` are pictures with less than 150 dpi at a size that every note asks for.
    """

    generation: int = 0
    made_at: str = ""
    pictures: int = 0
    prepared: int = 0
    size_bytes: int = 0
    refused: int = 0
    coarse: int = 0
    sources: tuple[SourceStats, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a prepared picture, and the source of what it shows; without one, with the library itself."""

    what: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a choice comes to: the id that the library has, the file to show, and whether that has the very size."""

    picture: str
    path: Path
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Pick:
    """What a plan may show, by slot and choice, and what it would rather have shown; a library without any pictures
    is one that nobody uses, and nothing is wanted of it."""

    pictures: Mapping[tuple[str, Choice], Path] = field(default_factory=dict)
    wanted: tuple[WantedPicture, ...] = ()


class Library:
    """The library in a folder, as it is at the moment of each question. May be asked by several threads.

    A `strict` one raises LibraryUnusable where it can't be read, at once: for those who don't print, but ask about it.
    """

    def __init__(self, folder: Path, *, strict: bool = False) -> None:
        self._is_strict = strict
        self._folder = folder.absolute()
        self._store = Store(self._folder / "pictures")
        self._lock = threading.Lock()
        self._served: tuple[str, int, int] | None = None
        self._index: Index | None = None
        self._said_of: tuple[object, str] | None = None
        self._said: set[tuple[str, str]] = set()
        if strict:
            self._asked(lambda index: index.generation, 0)

    def pick(self, plan: Plan, sizes: Mapping[str, PictureSize]) -> Pick:
        """What there is for a plan, all from one generation. `sizes` are by slot; other slots show no pictures."""
        asked = [(key, size) for key in plan.pictures if (size := sizes.get(key[0]))]

        def question(index: Index) -> Pick:
            if index.is_empty():
                return Pick()
            found = [(key, size, self._best(index, plan.shop, key[1], size)) for key, size in asked]
            shown = {key: one.path for key, _, one in found if one}
            wanted = (one for key, size, had in found for one in _wanted(plan.shop, key[1], size, had))
            return Pick(shown, tuple(dict.fromkeys(wanted)))

        with self._lock:
            return self._asked(question, Pick())

    def log_missing(self, note_id: str, wanted: Iterable[WantedPicture]) -> None:
        """Say which of the pictures that a note wanted have not been said to be missing before."""
        missing = {(one.shop, one.picture): None for one in wanted}
        new = [picture for picture in missing if picture not in self._said]
        if not new:
            return
        if len(self._said) > MOST_SAID:
            self._said.clear()
        self._said.update(new)
        log.info("picture.missing", note_id=note_id, picture=new[0][1], pictures=len(new))

    def look_up(self, shop: str, picture: str, size: PictureSize) -> Path | None:
        """The file that shows a picture in a shop's notes at that size, or as near to it as there is; else None."""
        with self._lock:
            found = self._asked(lambda index: self._best(index, shop, (picture,), size), None)
        return found.path if found else None

    def has(self, shop: str, picture: str, size_name: str = "") -> bool:
        """True if a shop's notes find the picture at the very size of this name, or at any."""
        with self._lock:
            held: list[Held] = self._asked(lambda index: _held(index, shop, normal_id(picture)), [])
        return any(one.size == size_name or not size_name for one in held)

    def faults(self, progress: Progress = silent) -> Iterator[Fault]:
        """Every prepared picture that is not there and whole, by a picture that is shown by it.

        A library that is not there, or whose index can't be read, is a fault too. Files that nobody names are none.
        """
        try:
            name = served_file(self._folder)
            if not name:
                yield Fault(f"there is no library in {self._folder} yet")
                return
            with closing(Index(self._folder / name)) as index:
                yield from self._faults_of(index, progress)
        except (OSError, sqlite3.Error) as error:
            yield Fault(f"the index can't be read: {error}")

    def stats(self) -> Stats:
        """What the library holds."""
        with self._lock:
            return self._asked(_stats_of, Stats())

    def refused(self) -> tuple[Refusal, ...]:
        """Every original that the last syncs of the sources refused."""
        with self._lock:
            return self._asked(lambda index: tuple(index.refused()), ())

    def _best(self, index: Index, shop: str, choice: Choice, size: PictureSize) -> Found | None:
        """The first picture of a choice that the library has, and its file is there."""
        for picture in map(normal_id, choice):
            held = _held(index, shop, picture)
            while nearest := _nearest(held, size):
                if self._store.has(nearest.digest, nearest.size_bytes):
                    return Found(picture, self._store.path_of(nearest.digest), nearest.size == size.name)
                held.remove(nearest)
        return None

    def _faults_of(self, index: Index, progress: Progress) -> Iterator[Fault]:
        total, _ = index.count_prepared()
        done = 0
        for faults, count in read_through(self._store, index.entries(), key=_key):
            yield from (Fault(f"{_shown_by(entry)} {what}", entry.source or "") for entry, what in faults)
            done += count
            progress(done, total, "checking")

    def _asked(self, question: Callable[[Index], T], otherwise: T) -> T:
        """What the index that is served now answers; `otherwise` where there is none. For the one who has the lock."""
        try:
            self._reopen_if_renewed()
            return question(self._index) if self._index else otherwise
        except (OSError, sqlite3.Error) as error:
            if self._is_strict:
                hint = "`slipway images sync SOURCE`, for every source, makes it anew."
                raise LibraryUnusable(f"the index can't be read: {error}", hint=hint) from error
            self._give_up(f"{type(error).__name__}: {error}")
            return otherwise

    def _reopen_if_renewed(self) -> None:
        served = _served(self._folder)
        if served != self._served:
            self._close()
            self._served = served
            self._index = Index(self._folder / served[0]) if served else None

    def _give_up(self, reason: str) -> None:
        """Say once what is wrong with the index; the next question tries to open it again."""
        if self._said_of != (self._served, reason):
            self._said_of = (self._served, reason)
            log.error("library.broken", reason=reason)
        self._close()

    def _close(self) -> None:
        if self._index:
            self._index.close()
        self._index, self._served = None, None


def _served(folder: Path) -> tuple[str, int, int] | None:
    """The index that is served, and what tells it from one of the same name that was there before; none if none is."""
    name = served_file(folder)
    if not name:
        return None
    status = os.stat(f"{folder}/{name}")  # noqa: PTH116  (for every note; a Path takes twice that)
    return name, status.st_ino, status.st_mtime_ns


def _wanted(shop: str, choice: Choice, size: PictureSize, had: Found | None) -> Iterator[WantedPicture]:
    """The best of a choice, unless it is shown; and what is shown, at the very size."""
    best = normal_id(choice[0])
    if not had or had.picture != best:
        yield WantedPicture(shop, best, size.name)
    if had and not had.is_exact:
        yield WantedPicture(shop, had.picture, size.name)


def _held(index: Index, shop: str, picture: str) -> list[Held]:
    """What there is of a picture, by its normal id: the shop's own, else that of all shops."""
    try:
        return index.held(shop, picture) or index.held("", picture)
    except UnicodeEncodeError:  # half a character: no id of any picture
        return []


def _nearest(held: Iterable[Held], size: PictureSize) -> Held | None:
    """At the very size; else the smallest whole picture that has all the pixels that are asked for, or the largest."""
    whole, enough = [], []
    for one in held:
        if one.size == size.name:
            return one
        if not one.is_cropped:
            whole.append(one)
            fills = (one.width >= size.width, one.height >= size.height)
            enough += [one] if (all(fills) if size.is_cropped else any(fills)) else []
    if enough:
        return min(enough, key=_pixels)
    return max(whole, key=_pixels, default=None)


def _pixels(held: Held) -> int:
    return held.width * held.height


def _key(entry: Entry) -> tuple[bytes, int]:
    return entry.digest, entry.size_bytes


def _shown_by(entry: Entry) -> str:
    more = f" (and {entry.others:,} more)" if entry.others else ""
    return f"{entry.picture}{f' of {entry.shop}' if entry.shop else ''} at {entry.size}{more}"


def _stats_of(index: Index) -> Stats:
    prepared, size_bytes = index.count_prepared()
    sources = index.sources()
    return Stats(
        generation=index.generation,
        made_at=index.made_at,
        pictures=index.count_pictures(),
        prepared=prepared,
        size_bytes=size_bytes,
        refused=sum(source.refused for source in sources),
        coarse=sum(source.coarse for source in sources),
        sources=sources,
    )
