"""What the tests of the picture library share: tiny originals, sources moved by hand, preparing that goes wrong.

What workers call must be importable by them, so it stands here.
"""

import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image

from service.clock import Now, utc_now
from service.config import Images
from service.errors import LibraryFull
from service.imagery.library import Library
from service.imagery.offered import Brought, Offered, Refusal, normal_id
from service.imagery.originals.source import Source, open_source
from service.imagery.preparing.derivatives import Derivative, Limits, derivatives
from service.imagery.refused import PictureRefused
from service.imagery.store.draft import Picture
from service.imagery.store.files import Store
from service.imagery.store.generations import Generations, locked
from service.imagery.store.index import Prepared
from service.imagery.syncing.demand import Demand
from service.imagery.syncing.sync import SyncPlan, SyncSummary, sync
from service.model import PictureSize
from tests.builders import NOON

SMALL, LARGE, HERO = PictureSize(8, 8), PictureSize(16, 12), PictureSize(20, 10, is_cropped=True)
SETTINGS = Images(workers=1)


def in_an_hour() -> datetime:
    """By now, no file has changed just before."""
    return utc_now() + timedelta(hours=1)


def draw(path: Path, shade: int) -> Path:
    """An original of one colour; other shades make other pictures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (32, 24), (shade, 255 - shade, 40)).save(path, "PNG")
    return path


@dataclass
class Bench:
    """A folder of originals and a library."""

    root: Path
    demand: Demand = field(default_factory=lambda: Demand({"": (SMALL, LARGE), "halm": (SMALL, LARGE)}, {}))
    folder: Path = Path()

    def __post_init__(self) -> None:
        if self.folder == Path():
            self.folder = self.root / "library"

    @property
    def originals(self) -> Path:
        return self.root / "originals"

    @property
    def library(self) -> Library:
        """Opened afresh."""
        return Library(self.folder)

    def draw(self, **shades: int) -> None:
        for picture, shade in shades.items():
            draw(self.originals / f"{picture}.png", shade)

    def sync(self, source: Source | None = None, **changes: Any) -> SyncSummary:
        """What a sync of the folder, or of another source, did; how long it took is left out."""
        plan = replace(SyncPlan("", SETTINGS, now=in_an_hour), **changes)
        self.originals.mkdir(exist_ok=True)
        source = source or open_source(str(self.originals), None, plan.settings)
        return replace(sync(self.folder, source, self.demand, plan), elapsed_s=0.0)

    def shown(self, *pictures: str, shop: str = "", size: PictureSize = SMALL) -> list[str]:
        """What the library shows: file names without their folders, or empty."""
        library = self.library
        return [path.name if (path := library.look_up(shop, one, size)) else "" for one in pictures]

    def files(self) -> set[str]:
        """All prepared pictures on the disk."""
        return {path.name for path in (self.folder / "pictures").rglob("*.jpg")}


@dataclass
class HandSource:
    """A source moved by hand: contents and stamps by place, refusals, downloads; says what it was asked to bring.

    `names` are the ids of a picture that is not called as its place is; `changed_at` is the time of its files. Somebody
    presses Ctrl-C when those are asked for that are `hanging`.
    """

    contents: dict[str, bytes]
    stamps: dict[str, str] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    downloads: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    place: str = "by hand"
    brought: list[tuple[str, str]] = field(default_factory=list)
    files: Path = Path()
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    changed_at: float = 0.0
    hanging: frozenset[str] = frozenset()
    hung: threading.Event = field(default_factory=threading.Event)

    def offers(self) -> Iterator[Offered | Refusal]:
        offered = [
            Offered(name, place, self.stamps.get(place, ""))
            for place in self.contents
            for name in self.names.get(place, (Path(place).stem,))
        ]
        yield from sorted([*offered, *self.refusals], key=lambda one: one.place)

    def is_fetched(self, offered: Offered) -> bool:
        return offered.place in self.downloads

    def bring(self, offered: Offered, known_stamp: str, into: Path) -> Brought | None:
        self.brought.append((offered.place, known_stamp))
        if offered.place in self.hanging:
            os.kill(os.getpid(), signal.SIGINT)
            self.hung.wait(60)
        if offered.place in self.missing:
            raise PictureRefused("not-fetched", "the server does not answer")
        content = self.contents[offered.place]
        stamp = self.stamps.get(offered.place) or f"etag {len(content)}"
        if offered.place in self.downloads and known_stamp == stamp:
            return None
        path = (into if offered.place in self.downloads else self.files) / offered.place.replace("/", "-")
        path.write_bytes(content)
        if self.changed_at:
            os.utime(path, (self.changed_at, self.changed_at))
        return Brought(path, stamp)


def prepare_badly(content: bytes, sizes: Sequence[PictureSize], limits: Limits) -> Sequence[Derivative]:
    """Ways in which an original can take its worker down; its content says which."""
    match content:
        case b"hangs":
            threading.Event().wait()
        case b"eats memory":
            eaten = [bytearray(2**24) for _ in range(2**10)]
            raise AssertionError(len(eaten))
        case b"kills its worker":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"trips":
            raise ValueError("quotes what is in the file")
        case b"fills the disk":
            raise LibraryFull("no space left")
    return derivatives(content, sizes, limits)


def orphans(folder: Path) -> int:
    """How many prepared pictures of a library no generation names."""
    named = Generations(folder).named()
    return sum(digest not in named for digest in Store(folder / "pictures").digests())


def fill(folder: Path, pictures: Mapping[tuple[str, str], Mapping[PictureSize, bytes]], now: Now = utc_now) -> int:
    """The next generation of a library, written by hand: contents by size, by shop and id; returns its number."""
    generations, store = Generations(folder), Store(folder / "pictures")
    store.make_folders()
    with locked(folder):
        draft = generations.open_draft("by hand")
        for (shop, picture), contents in pictures.items():
            origin = draft.origin("by hand", shop)
            draft.put_source(origin, NOON)
            prepared = [
                Prepared(size.name, store.put(content), len(content), size.width, size.height, 300)
                for size, content in contents.items()
            ]
            draft.put_picture(origin, Picture(normal_id(picture), f"{picture}.jpg", "", "", b""), prepared)
        generations.serve(draft, NOON)
        outlived = generations.outlived(now())
        store.keep_only(generations.named(but=outlived))
        generations.sweep(outlived)
    return generations.current
