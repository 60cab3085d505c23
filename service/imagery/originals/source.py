"""Where original pictures come from: a folder, a folder with a manifest, or a manifest at an HTTPS address.

A source offers each id once and says of everything else why not. What is wrong with one picture is a Refusal, or a
PictureRefused when it is brought; what is wrong with the source as a whole is PictureSourceUnusable, at the opening
or while it is listed, so that nobody takes half of a source for all of it.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Protocol

from service.config import Images
from service.errors import PictureSourceUnusable
from service.imagery.offered import Brought, Offered, Refusal, printable
from service.imagery.originals.fetching import MB, Fetcher, Wish
from service.imagery.originals.folder import FolderSource, resolved_folder
from service.imagery.originals.links import Link, LinkRefused, parsed_link
from service.imagery.originals.listed import ListedSource
from service.imagery.originals.manifest import MAX_BYTES, read_manifest
from service.imagery.originals.outside import Outside
from service.imagery.refused import PictureRefused

__all__ = ["Brought", "Offered", "Refusal", "Source", "open_source"]

OUTSIDE = Outside()


class Source(Protocol):
    """Original pictures, and how to get at them; every method may be called from any thread."""

    @property
    def place(self) -> str:
        """The resolved folder, or the address: a source is known by it."""
        ...

    def offers(self) -> Iterator[Offered | Refusal]:
        """All that is there, sorted by place, each id once; raises PictureSourceUnusable."""
        ...

    def bring(self, offered: Offered, known_stamp: str, into: Path) -> Brought | None:
        """Where the bytes can be read now, or None if they are as they were at `known_stamp`; raises PictureRefused.

        What has to be fetched is put into the folder `into`; a caller who knows nothing yet gives "" for the stamp.
        """
        ...

    def is_fetched(self, offered: Offered) -> bool:
        """True if what is brought is a download, which the caller removes after use."""
        ...


def open_source(source: str, manifest: Path | None, settings: Images, outside: Outside = OUTSIDE) -> Source:
    """The source that a person named: a folder, with a manifest or without, or the https:// address of a manifest.

    Raises PictureSourceUnusable with the place of what is wrong and what to do about it.
    """
    if "://" in source:
        return _listed_at(source, manifest, settings, outside)
    if manifest is None:
        return FolderSource(Path(source))
    folder = resolved_folder(Path(source))
    rows = read_manifest(_read(manifest), printable(str(manifest)))
    return ListedSource(folder, rows, Fetcher(settings, "", outside), settings.max_mb * MB)


def _listed_at(source: str, manifest: Path | None, settings: Images, outside: Outside) -> Source:
    if manifest is not None:
        raise PictureSourceUnusable("--manifest goes with a folder", hint="An https:// source is a manifest itself.")
    try:
        link = parsed_link(source)
    except LinkRefused as error:
        raise PictureSourceUnusable(f"the source can't be fetched: {error}") from error
    fetcher = Fetcher(settings, link.host, outside)
    rows = read_manifest(_fetched(link, fetcher), link.shown)
    return ListedSource(link, rows, fetcher, settings.max_mb * MB)


def _read(manifest: Path) -> bytes:
    try:
        with manifest.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        what = f"the manifest can't be read: {error.strerror}"
        raise PictureSourceUnusable(what, where=printable(str(manifest)), hint="Name a CSV file.") from error


def _fetched(link: Link, fetcher: Fetcher) -> bytes:
    try:
        with TemporaryDirectory(prefix="slipway-") as folder:
            brought = fetcher.fetch(Wish(link, "", Path(folder), MAX_BYTES))
            return brought.path.read_bytes() if brought else b""
    except PictureRefused as error:
        raise PictureSourceUnusable(f"the manifest can't be fetched: {error.what}", where=link.shown) from error
    except OSError as error:
        what = f"the manifest can't be put down in {gettempdir()}: {error.strerror}"
        raise PictureSourceUnusable(what, where=link.shown, hint="Make room there, or set TMPDIR.") from error
