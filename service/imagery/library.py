"""The local library of product pictures: looked up while a note is made, never fetched or decoded then.

A picture is a print-ready JPEG under the library's folder, named by its id (the SKU): baseline, sRGB, 300 dpi at the
size it prints. The index is read once at start; an id is looked up in it and never becomes part of a path, so that an
order can't reach a file outside. A note prints without the pictures that are missing; each is counted once in the log.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from service.log import log
from service.model import Plan


@dataclass(frozen=True, slots=True)
class Stats:
    """What the library holds."""

    pictures: int
    size_bytes: int


class Library:
    """The index of one library folder; a folder that is not there is an empty library."""

    def __init__(self, folder: Path) -> None:
        self._index = {path.stem.upper(): path for path in sorted(folder.rglob("*.jpg"))}
        self._missing: set[str] = set()

    def look_up(self, picture: str) -> Path | None:
        """The file of a picture, or None."""
        return self._index.get(picture.upper())

    def pictures_of(self, plan: Plan) -> Mapping[str, Path]:
        """The files of all pictures that a plan asks for and the library has."""
        return {picture: path for picture in plan.pictures if (path := self.look_up(picture))}

    def log_missing(self, plan: Plan) -> None:
        """Say which pictures of a plan the library lacks, each once; a library without any is one that nobody uses."""
        missing = [one for one in plan.pictures if not self.look_up(one) and one not in self._missing]
        if self._index and missing:
            self._missing.update(missing)
            log.info("picture.missing", note_id=plan.note_id, picture=missing[0], pictures=len(missing))

    def faults(self) -> Iterator[str]:
        """Every picture that is not a whole baseline JPEG, for `slipway images check`."""
        for path in self._index.values():
            if fault := _fault_of(path.read_bytes()):
                yield f"{path}: {fault}"

    def stats(self) -> Stats:
        """How many pictures there are, and their size."""
        return Stats(len(self._index), sum(path.stat().st_size for path in self._index.values()))


def _fault_of(content: bytes) -> str:
    """What is wrong with a JPEG, as far as its markers tell; empty if nothing is."""
    if not content.startswith(b"\xff\xd8\xff"):
        return "is no JPEG"
    if not content.rstrip(b"\0").endswith(b"\xff\xd9"):
        return "is cut short"
    if b"\xff\xc2" in content[:4096]:
        return "is progressive: printers want baseline"
    return ""
