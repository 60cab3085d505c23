"""A folder of original pictures, at any depth: a file's name without its extension is its id.

Offers every file whose extension says that it is a picture, also of formats that we don't take, so that the preparing
refuses them by name; looks past all other files and past what systems and editors leave about. Follows no link, opens
nothing. What a library of ours has prepared is left out, as any folder that is tagged as a cache. What can't be offered
is refused: links, pipes, names that can be no id, folders that can't be read.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from service.errors import PictureSourceUnusable
from service.imagery.offered import MADE_HERE, Brought, Offered, Refusal, fault_of_id, is_plain, normal_id, printable

TAKEN = frozenset(("jpg", "jpeg", "jpe", "png", "webp"))
FOREIGN = frozenset(
    (
        *("jfif", "jif", "jp2", "j2k", "jpf", "jpx", "jxl", "jxr", "apng", "avif", "heic", "heif", "hif"),
        *("gif", "tif", "tiff", "bmp", "dib", "ico", "tga", "pcx", "ppm", "pgm", "pbm", "pnm", "exr"),
        *("hdr", "dds", "qoi", "svg", "svgz", "eps", "ps", "ai", "pdf", "psd", "psb", "xcf", "indd"),
        *("raw", "dng", "cr2", "cr3", "nef", "arw", "orf", "raf", "rw2"),
    )
)
PICTURES = TAKEN | FOREIGN
LEFT_ABOUT = frozenset(("__macosx", "@eadir", "#recycle", "$recycle.bin", "system volume information", "lost+found"))


class FolderSource:
    """The pictures in a folder and in the folders below it; their ids are their names, after `prefix`."""

    def __init__(self, folder: Path, prefix: str = "") -> None:
        """Raises PictureSourceUnusable where `folder` can't be listed, or holds what a library has prepared."""
        self._prefix = prefix
        self._folder = resolved_folder(folder)
        if any((above / MADE_HERE).exists() for above in (self._folder, *self._folder.parents)):
            what = f"these are prepared pictures, or another cache ({MADE_HERE} says so), and no originals"
            hint = "Name the folder that the originals are in."
            raise PictureSourceUnusable(what, where=str(self._folder), hint=hint)

    @property
    def place(self) -> str:
        """The resolved folder."""
        return str(self._folder)

    def offers(self) -> Iterator[Offered | Refusal]:
        """The files, sorted by place. Of two with one id the first is offered, but never one in a foreign format."""
        found = sorted(_walked(self._folder), key=_best_first)
        for one in sorted(_each_once(found), key=lambda one: one.place):
            yield replace(one, picture=self._prefix + one.picture) if one.picture else one

    def bring(self, offered: Offered, known_stamp: str, into: Path) -> Brought:
        """The file itself: its bytes are where they always are."""
        return Brought(self._folder / offered.place, offered.stamp)

    def is_fetched(self, offered: Offered) -> bool:
        """Never: what lies in the folder stays there."""
        return False


def resolved_folder(folder: Path) -> Path:
    """`folder` as an absolute path without links; raises PictureSourceUnusable if it can't be listed."""
    try:
        _entries(folder)
        resolved = folder.resolve(strict=True)
    except OSError as error:
        raise _unusable(folder, error) from error
    if not is_plain(str(resolved)):
        what = "the folder's path is not UTF-8, or holds control characters"
        raise PictureSourceUnusable(what, where=printable(str(resolved)), hint="Rename the folder.")
    return resolved


def stamp_of(status: os.stat_result) -> str:
    """What changes whenever a file's content may have changed."""
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}"


def _walked(folder: Path) -> Iterator[Offered | Refusal]:
    """Everything below `folder`, in no order."""
    waiting = [""]
    while waiting:
        place = waiting.pop()
        try:
            entries = _entries(folder / place)
        except OSError as error:
            if not place:
                raise _unusable(folder, error) from error
            yield Refusal("", place.rstrip("/"), "unreadable", f"the folder can't be read: {error.strerror}")
            continue
        if any(entry.name == MADE_HERE for entry in entries):
            continue
        waiting.extend(f"{place}{entry.name}/" for entry in entries if _is_way_down(entry))
        yield from (seen for entry in entries if not _is_way_down(entry) and (seen := _seen(entry, place)))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not _is_left_about(entry.name)]


def _is_left_about(name: str) -> bool:
    return name.startswith(".") or name.lower() in LEFT_ABOUT


def _is_way_down(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) and is_plain(entry.name)


def _seen(entry: os.DirEntry[str], folder: str) -> Offered | Refusal | None:
    """What an entry that is no folder to walk through comes to; None if it is nothing of ours."""
    place = folder + entry.name
    if entry.is_dir(follow_symlinks=False):
        what = "the folder's name is not UTF-8, or holds control characters"
        return Refusal("", printable(place), "invalid-name", what)
    spelled, dot, extension = entry.name.rpartition(".")
    is_picture = bool(dot) and extension.lower() in PICTURES
    if entry.is_symlink() and (is_picture or Path(entry.path).is_dir()):
        return Refusal("", printable(place), "no-regular-file", "a link, which is not followed")
    if not is_picture:
        return None
    if fault := fault_of_id(spelled):
        return Refusal("", printable(place), "invalid-name", f"the name {fault}")
    return _offered(entry, place, spelled.strip())


def _offered(entry: os.DirEntry[str], place: str, picture: str) -> Offered | Refusal | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # gone since it was listed
        return None
    except OSError as error:
        return Refusal(picture, place, "unreadable", f"the file can't be looked at: {error.strerror}")
    if not stat.S_ISREG(status.st_mode):
        return Refusal(picture, place, "no-regular-file", "a pipe, a socket or a device")
    return Offered(picture, place, stamp_of(status))


def _best_first(found: Offered | Refusal) -> tuple[bool, str]:
    """Formats that we take before foreign ones, then by place."""
    return found.place.rpartition(".")[2].lower() in FOREIGN, found.place


def _each_once(sorted_best_first: Iterable[Offered | Refusal]) -> Iterator[Offered | Refusal]:
    places: dict[str, str] = {}
    for found in sorted_best_first:
        if isinstance(found, Refusal):
            yield found
            continue
        first = places.setdefault(normal_id(found.picture), found.place)
        if first is found.place:
            yield found
        else:
            yield Refusal(found.picture, found.place, "same-id", f"{first} has the same id and is taken")


def _unusable(folder: Path, error: OSError) -> PictureSourceUnusable:
    hint = "Name a folder that the user who syncs may list. Is the share mounted?"
    return PictureSourceUnusable(f"the folder can't be read: {error.strerror}", where=printable(str(folder)), hint=hint)
