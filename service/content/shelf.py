"""The packs that were activated: unpacked copies of our own in the spool, and which of them count.

    content/2026-W48-1a2b3c4d/    one version of a pack, never changed; its digest tells it from others of its name
    content/active.json           the packs that count, and what counted before: replaced as a whole, durably
    content/.new/                 a pack on its way in

Whatever ends us in between, active.json names whole packs. A pack that can't be read any more costs its words, not a
note: it is left out, and said so.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from service.config import Config
from service.content.reading import read_pack
from service.content.unpacking import name_of, unpack
from service.errors import ContentRefused
from service.files import fsync_folder, write_whole
from service.log import log
from service.planning.campaigns.words import Pack

ACTIVE, NEW = "active.json", ".new"
KEPT = 5  # so many switches can be rolled back
Set = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Active:
    """The packs that count, by the names of their folders, and the sets before, the newest first."""

    packs: Set = ()
    before: tuple[Set, ...] = ()


class Shelf:
    """The activated packs of a spool."""

    def __init__(self, spool: Path) -> None:
        self.folder = spool.absolute() / "content"

    def active(self) -> Active:
        """What counts now; nothing where nothing was ever activated."""
        try:
            content = json.loads((self.folder / ACTIVE).read_bytes())
            return Active(_set_of(content["packs"]), tuple(map(_set_of, content["before"])))
        except FileNotFoundError:
            return Active()
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.error("content.refused", what=ACTIVE, error=type(error).__name__)
            return Active()

    def packs(self) -> tuple[Pack, ...]:
        """The packs that count; one that can't be read is left out."""
        return tuple(self._readable(self.active().packs))

    def _readable(self, names: Iterable[str]) -> Iterator[Pack]:
        for name in names:
            try:
                yield read_pack(self.folder / name, name)
            except ContentRefused as error:
                log.error("content.refused", what=name, code=error.code, reason=str(error))

    @contextmanager
    def taken_in(self, source: Path) -> Iterator[Path]:
        """A copy of what was handed in, for the length of the block; its folder's name tells its content."""
        new = self.folder / NEW
        shutil.rmtree(new, ignore_errors=True)
        try:
            (new / "pack").mkdir(parents=True)
            unpack(source, new / "pack")
            yield (new / "pack").rename(new / f"{name_of(source)}-{_digest(new / 'pack')}")
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def put(self, taken: Path) -> Path:
        """Keep what was taken in, beside the others; it does not count yet."""
        place = self.folder / taken.name
        if not place.exists():
            for folder in (taken, *(path for path in taken.iterdir() if path.is_dir())):
                fsync_folder(folder)
            taken.rename(place)
            fsync_folder(self.folder)
        self._leave_to_owner()
        return place

    def switch(self, packs: Set) -> Active:
        """From now on these count; what counted can be rolled back to."""
        old = self.active()
        return self._write(Active(packs, (old.packs, *old.before)[:KEPT]))

    def roll_back(self) -> Active:
        """What counted before counts again; raises ContentRefused where there is nothing."""
        old = self.active()
        if not old.before:
            raise ContentRefused("nothing was active before", hint="`slipway content list` says what is.")
        return self._write(Active(old.before[0], old.before[1:]))

    def _write(self, active: Active) -> Active:
        content = {"packs": active.packs, "before": active.before}
        write_whole(self.folder / ACTIVE, json.dumps(content, indent=1).encode(), mode=0o644)
        self._leave_to_owner()
        return active

    def _leave_to_owner(self) -> None:
        """All of it belongs to whom the spool belongs, also if root activates."""
        if os.geteuid() == 0:
            owner = self.folder.parent.stat()
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def forget_unused(self) -> tuple[Path, ...]:
        """Remove what neither counts nor can be rolled back to; where it was."""
        active = self.active()
        used = {ACTIVE, *active.packs, *(name for packs in active.before for name in packs)}
        unused = tuple(path for path in self.folder.iterdir() if path.name not in used)
        for path in unused:
            shutil.rmtree(path, ignore_errors=True)
        return unused


def packs_of(config: Config) -> tuple[Pack, ...]:
    """The content packs that were activated."""
    return Shelf(config.settings.spool).packs()


def _set_of(names: object) -> Set:
    """The names of a set, as active.json has it; raises TypeError for anything else."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TypeError("no list of names")
    return tuple(names)


def name_on_shelf(folder: str) -> str:
    """The name of a pack whose folder is called so."""
    return folder.rpartition("-")[0]


def _digest(folder: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()[:8]
