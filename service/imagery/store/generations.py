"""The generations of a library, and which of them is served.

    generations/000017.sqlite         whole, never changed again
    generations/unfinished-9f….sqlite the next one, while the sync of one source writes it
    current                           a link to the one that is served; replaced at once, so nobody sees half of one
    lock                              held by the one sync that may write

What a crash leaves, by where it strikes: a draft with its own number, which the next sync of the same source takes up;
a copy of the current generation that nobody has written to, which is made again; a generation that is finished and not
served, which is served before anything else; a new generation served, and drafts that were begun before it, which say
nothing any more, and outlived ones beside it, by which the next sync sees what to sweep.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from service.errors import LibraryInUse
from service.files import fsync_folder
from service.imagery.store.draft import Draft
from service.imagery.store.files import OPEN_FILE, make_open_folder
from service.imagery.store.index import SCHEMA, Index

DRAWN_WITHIN_S = 600.0  # a note is drawn or held within this time of its look-up


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the one sync of this library inside the block; raises LibraryInUse, naming the pid of the other."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        _lock(descriptor, folder)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
        raise LibraryInUse(f"{folder} is in use by the sync with pid {holder}") from error


def served_file(folder: Path) -> str:
    """The file that `current` leads to, below the library's folder; empty where nothing is served yet.

    Raises OSError where `current` is there and no link.
    """
    try:
        return os.readlink(folder / "current")  # noqa: PTH115  (1.5 µs, for every note; a Path takes five times that)
    except FileNotFoundError:
        return ""


class Generations:
    """The generations of the library in `folder`: for the one who holds the lock."""

    def __init__(self, folder: Path) -> None:
        self._root = folder
        self._folder = folder / "generations"

    @property
    def current(self) -> int:
        """The number of the generation that is served; 0 where there is none."""
        with suppress(OSError):  # what is there and no link is replaced
            return _number(Path(served_file(self._root)))
        return 0

    def whole_files(self) -> tuple[Path, ...]:
        """The indexes that can be opened, the newest first."""
        return tuple(path for number in reversed(self._numbers()) if _is_index(path := self._path(number)))

    def open_draft(self, work: str) -> Draft:
        """The next index: what the same `work` left unfinished before, else a copy of the current generation.

        Where that one is damaged, a copy of the one before it; where that is too, an empty index.
        """
        make_open_folder(self._folder)
        self._serve_finished()
        path = self._folder / f"unfinished-{hashlib.sha256(work.encode()).hexdigest()[:16]}.sqlite"
        number = max((self.current, *self._numbers())) + 1
        return self._taken_up(path, number) or self._begun(path, number)

    def serve(self, draft: Draft, made_at: datetime) -> None:
        """Make the draft the current generation, at once and durably; the draft is closed."""
        draft.date(made_at)
        draft.keep()
        draft.close()
        path = self._path(draft.generation)
        draft.path.chmod(OPEN_FILE)
        draft.path.rename(path)
        fsync_folder(self._folder)  # the generation is there, and no journal with it
        self._lead_to(path)
        for outdated in self._folder.glob("unfinished-*.sqlite"):
            _discard(outdated)

    def drop(self, draft: Draft) -> None:
        """Close a draft that says nothing new, and remove it."""
        draft.close()
        _discard(draft.path)

    def outlived(self, now: datetime) -> list[int]:
        """The generations from which nobody draws a note any more.

        Who began a note by the previous one may still read its pictures; and, where syncs follow each other quickly,
        by those before it that were replaced a moment ago.
        """
        before = [number for number in self._numbers() if number < self.current]
        return [number for number, next_one in pairwise(before) if self._age_s(next_one, now) > DRAWN_WITHIN_S]

    def sweep(self, outlived: Iterable[int]) -> None:
        """Remove these generations."""
        for number in outlived:
            self._path(number).unlink()

    def named(self, but: Collection[int] = ()) -> set[bytes]:
        """The prepared pictures that any generation names, `but` those.

        Raises sqlite3.Error if the current one can't be read.
        """
        named: set[bytes] = set()
        current = self.current
        if current:
            with closing(Index(self._path(current))) as index:
                named.update(index.digests())
        for number in {number for number in self._numbers() if number < current} - set(but):
            with suppress(sqlite3.Error), closing(Index(self._path(number))) as index:  # damaged: it names nothing
                named.update(index.digests())
        return named

    def _age_s(self, number: int, now: datetime) -> float:
        """How long ago a generation was written to last, which was just before it was served."""
        return now.timestamp() - self._path(number).stat().st_mtime

    def _numbers(self) -> list[int]:
        return sorted(number for path in self._folder.iterdir() if (number := _number(path)))

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06}.sqlite"

    def _serve_finished(self) -> None:
        """Lead to a generation that was finished, and the power went."""
        newest = max(self._numbers(), default=0)
        if newest > self.current and _is_index(self._path(newest)):
            self._lead_to(self._path(newest))

    def _lead_to(self, path: Path) -> None:
        beside = self._root / ".current.tmp"
        beside.unlink(missing_ok=True)
        beside.symlink_to(path.relative_to(self._root))
        beside.replace(self._root / "current")
        fsync_folder(self._root)

    def _taken_up(self, path: Path, number: int) -> Draft | None:
        """What was left unfinished, if it has got anywhere, is whole, and not older than what is served."""
        if not path.exists():
            return None
        try:
            draft = Draft(path, number, damaged=0 if _is_index(self._path(self.current)) else self.current)
        except sqlite3.DatabaseError:
            return None
        if draft.generation <= self.current:
            draft.close()
            return None
        draft.generation = number
        return draft

    def _begun(self, path: Path, number: int) -> Draft:
        """A draft that says what the last whole generation says."""
        _discard(path)
        current = self.current
        for found in reversed(self._numbers()):
            if not _is_index(self._path(found)):
                continue
            shutil.copyfile(self._path(found), path)
            with suppress(sqlite3.DatabaseError):
                return Draft(path, number, damaged=0 if found == current else current)
            _discard(path)
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(SCHEMA)
        return Draft(path, number, damaged=current)


def _discard(draft: Path) -> None:
    """Remove a draft and its journal, which would else be played into the next one."""
    draft.unlink(missing_ok=True)
    draft.with_name(f"{draft.name}-journal").unlink(missing_ok=True)


def _number(path: Path) -> int:
    """The number of a generation's file; 0 if it is none."""
    return int(path.stem) if path.suffix == ".sqlite" and path.stem.isascii() and path.stem.isdigit() else 0


def _is_index(path: Path) -> bool:
    try:
        Index(path).close()
    except sqlite3.Error:
        return False
    return True
