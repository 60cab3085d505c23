"""Worker processes that make prepared pictures of originals: a sick original costs its worker, and nothing else.

Each is a process of its own (Pebble, started by forkserver) with an address space limit, a deadline for each picture
and a watch on its parent. A worker reads an original, hashes it, makes what nobody has made of that content yet, and
writes it straight into the store; only what to put into the index comes back. What is wrong with an original comes
back as NotMade, also where it took too long, too much memory, or its worker down with it.
"""

import hashlib
import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as DeadlinePassed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pebble import ProcessExpired, ProcessPool

from service.config import Images
from service.errors import InternalError, OwnFault
from service.faults import contained
from service.imagery.preparing.derivatives import Derivative, Limits, derivatives, read_original
from service.imagery.refused import PictureRefused
from service.imagery.store.files import Store
from service.imagery.store.index import Index, Prepared
from service.imagery.syncing.stock import Makers
from service.model import PictureSize
from service.worker_process import end_with, limit_memory

_MAKER = 1  # raise it with every change to what is made of an original: all pictures are made anew then
_OUT_OF_MEMORY = 75  # exit code


@dataclass(frozen=True, slots=True)
class Made:
    """An original's SHA-256, its prepared pictures, and how many of them nobody had made before."""

    sha256: bytes
    prepared: tuple[Prepared, ...]
    new: int


@dataclass(frozen=True, slots=True)
class NotMade:
    """Why an original is refused."""

    code: str
    what: str


Outcome = Made | NotMade
Prepare = Callable[[bytes, Sequence[PictureSize], Limits], Sequence[Derivative]]


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a worker finds what it needs. `indexes` are those whose pictures need not be made again."""

    store: Store
    indexes: tuple[Path, ...]
    maker: str
    limits: Limits


def makers_of(settings: Images) -> Makers:
    """Who makes and refuses pictures with these settings."""
    maker = f"{_MAKER} q{settings.quality}"
    return Makers(maker, f"{maker} {settings.max_mb}MB {settings.max_megapixels}MP")


class Workers:
    """The workers, while the block lasts."""

    def __init__(
        self, store: Store, indexes: tuple[Path, ...], settings: Images, prepare: Prepare = derivatives
    ) -> None:
        limits = Limits(settings.max_mb * 2**20, settings.max_megapixels * 10**6, settings.quality)
        self._workplace = Workplace(store, indexes, makers_of(settings).maker, limits)
        self._settings = settings
        self._prepare = prepare

    def __enter__(self) -> Self:
        """From now on there are workers; they start with the first picture that is to be made."""
        given = (self._workplace, self._settings.memory_mb, os.getpid())
        context = multiprocessing.get_context("forkserver")
        self._pool = ProcessPool(self._settings.workers, initializer=_begin, initargs=given, context=context)
        return self

    def __exit__(self, *_exception: object) -> None:
        """End them at once, whatever they are at."""
        self._pool.stop()  # type: ignore[no-untyped-call]  # Pebble has no types here
        self._pool.join()

    def make(self, original: Path, sizes: Sequence[PictureSize]) -> "Future[Outcome | None]":
        """Begin to prepare the original at `sizes`."""
        try:
            given = (self._prepare, original, tuple(sizes))
            return self._pool.schedule(_make, given, timeout=self._settings.deadline_s)
        except RuntimeError as error:
            raise _broken_down(error) from error

    def outcome(self, made: "Future[Outcome | None]") -> Outcome | None:
        """What came of it; raises LibraryFull, LibraryUnusable, and OwnFault if there are no workers any more."""
        try:
            return made.result()
        except ProcessExpired as error:
            return _killed(error.exitcode)
        except DeadlinePassed:
            return NotMade("too-slow", f"takes longer than {self._settings.deadline_s:g} s to prepare")
        except InternalError as error:
            return NotMade("not-prepared", f"a fault of ours: {error.what}")
        except (BrokenProcessPool, RuntimeError, CancelledError) as error:
            raise _broken_down(error) from error


def _killed(exit_code: int) -> NotMade:
    if exit_code in (_OUT_OF_MEMORY, -signal.SIGKILL):  # only the kernel kills so, when memory runs out
        return NotMade("too-much-memory", "takes more memory to prepare than a worker may have")
    if exit_code in (-signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP):
        return NotMade("not-prepared", "somebody stopped the worker that prepared it")
    return NotMade("broken", f"took the worker that prepared it down (exit code {exit_code})")


def _broken_down(error: BaseException) -> OwnFault:
    hint = "Sync again: it goes on where it stopped. If that does not help, send us this line and the version."
    return OwnFault(f"the workers that prepare pictures broke down ({type(error).__name__})", hint=hint)


# In the worker -------------------------------------------------------------------------------------------------------

_workplace: Workplace
_indexes: list[Index] = []


def _begin(workplace: Workplace, memory_mb: int, parent: int) -> None:
    """Get ready: limits, the watch on the parent, what was made before."""
    global _workplace
    limit_memory(memory_mb)
    end_with(parent)
    _workplace = workplace
    for path in workplace.indexes:
        with suppress(sqlite3.Error):
            _indexes.append(Index(path))


def _make(prepare: Prepare, original: Path, sizes: Sequence[PictureSize]) -> Outcome:
    """Prepare one original; of an error that is not ours only kind and place leave the process."""
    try:
        with contained(InternalError):
            return _made(prepare, original, sizes)
    except InternalError as error:
        raise error from None


def _made(prepare: Prepare, original: Path, sizes: Sequence[PictureSize]) -> Outcome:
    try:
        content = read_original(original, _workplace.limits)
        sha256 = hashlib.sha256(content).digest()
        known = [one for one in _known(sha256, sizes) if _workplace.store.has(one.digest, one.size_bytes)]
        missing = [size for size in sizes if size.name not in {one.size for one in known}]
        new = [_kept(derivative) for derivative in prepare(content, missing, _workplace.limits)] if missing else []
        return Made(sha256, (*known, *new), len(new))
    except PictureRefused as refused:
        return NotMade(refused.code, refused.what)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)  # what is left of the heap is not to be trusted


def _known(sha256: bytes, sizes: Sequence[PictureSize]) -> list[Prepared]:
    """What was made of this very content, whatever it was called; what can't be looked up is made again."""
    known: dict[str, Prepared] = {}
    for index in _indexes:
        with suppress(sqlite3.Error):
            known = {one.size: one for one in index.prepared_of(sha256, _workplace.maker)} | known
    return [known[size.name] for size in sizes if size.name in known]


def _kept(made: Derivative) -> Prepared:
    digest = _workplace.store.put(made.content)
    return Prepared(made.size.name, digest, len(made.content), made.width, made.height, made.dpi)
