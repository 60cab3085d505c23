"""Where the library is written, by one at a time; and how what was written there comes to be served."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from service.clock import Now
from service.errors import LibraryFull, LibraryUnusable
from service.files import FULL
from service.imagery.store.draft import Draft
from service.imagery.store.files import Store, make_open_folder
from service.imagery.store.generations import Generations, locked


@dataclass(frozen=True, slots=True)
class Premises:
    """The library of one who may write it: indexes, prepared pictures, and a folder for downloads."""

    generations: Generations
    store: Store
    fetched: Path


@contextmanager
def entered(folder: Path) -> Iterator[Premises]:
    """The library in `folder`, for nobody else inside the block; raises LibraryInUse, LibraryFull, LibraryUnusable."""
    folder = folder.absolute()
    with _faults_named(folder):
        make_open_folder(folder)
        with locked(folder):
            premises = Premises(Generations(folder), Store(folder / "pictures"), folder.resolve() / "fetched")
            premises.store.make_folders()
            yield premises


@contextmanager
def _faults_named(folder: Path) -> Iterator[None]:
    """What the disk does to us inside the block, as errors with a remedy."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise LibraryFull(f"no space left in {folder}") from error
        raise LibraryUnusable(f"{folder} can't be written: {error}") from error
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise LibraryFull(f"no space left in {folder}") from error
        raise LibraryUnusable(f"the index in {folder} can't be written: {error}") from error


def serve(draft: Draft, premises: Premises, now: Now) -> int:
    """Make the draft the current generation if it says anything new; returns the number of the current one."""
    generations, is_new = premises.generations, draft.is_changed
    if is_new:
        generations.serve(draft, now())
    else:
        generations.drop(draft)
    outlived = generations.outlived(now())
    if is_new or outlived:
        premises.store.keep_only(generations.named(but=outlived))
        generations.sweep(outlived)  # last: as long as there are outlived ones, the sweeping was not done
    return generations.current
