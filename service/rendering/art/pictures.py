"""Product pictures: JPEG bytes from the library go into the PDF as they are, never decoded at print time.

A picture that can't be used counts as absent: it never keeps a note from being printed.
"""

from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

from service.rendering.art.artwork import Art, ArtUnusable
from service.rendering.art.images import is_whole, jpeg

_KEPT_BYTES = 64_000_000


def read_photograph(path: Path) -> Art | None:
    """The picture at `path`, read once for as long as the file stays the same; None if it is no whole JPEG."""
    return _shelf.photograph(path)


class _Kept(NamedTuple):
    """A file as it was when it was read, and the picture, if it was one."""

    modified_ns: int
    size_bytes: int
    picture: Art | None


class Shelf:
    """The pictures that were shown last, as many as have room in `room_bytes`."""

    def __init__(self, room_bytes: int) -> None:
        self._free_bytes = room_bytes
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def photograph(self, path: Path) -> Art | None:
        """The picture at `path`, from the shelf if its file is still the same."""
        name = str(path)  # quicker to look up than a path
        try:
            state = path.stat()
        except OSError:
            return None
        kept = self._kept.get(name)
        if kept and kept.modified_ns == state.st_mtime_ns and kept.size_bytes == state.st_size:
            self._kept.move_to_end(name)
            return kept.picture
        picture = _read(path)
        self._keep(name, _Kept(state.st_mtime_ns, state.st_size, picture))
        return picture

    def _keep(self, name: str, new: _Kept) -> None:
        if old := self._kept.pop(name, None):
            self._free_bytes += old.size_bytes
        self._kept[name] = new
        self._free_bytes -= new.size_bytes
        while self._free_bytes < 0:
            _, dropped = self._kept.popitem(last=False)
            self._free_bytes += dropped.size_bytes


def _read(path: Path) -> Art | None:
    try:
        content = path.read_bytes()
        return jpeg(content) if is_whole(content) else None
    except (OSError, ArtUnusable):
        return None


_shelf = Shelf(_KEPT_BYTES)
