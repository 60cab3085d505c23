"""Originals brought to where they can be read: files as they lie, and after them downloads, some at a time."""

import os
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from service.clock import Now
from service.imagery.abreast import abreast
from service.imagery.offered import Brought
from service.imagery.originals.source import Source
from service.imagery.refused import PictureRefused
from service.imagery.syncing.stock import Original

T = TypeVar("T")

RACY_S = 2.0  # the coarsest clock of a file system: within it, a file may change and keep its stamp
FAST_S = 3600.0  # no file server's clock is further ahead; a time beyond that was set, by a camera or a copy


@dataclass(frozen=True, slots=True)
class Find:
    """What came of looking for an original: bytes in a file, nothing new (None), or a refusal."""

    original: Original
    found: Brought | PictureRefused | None
    is_download: bool

    def discard(self) -> None:
        """Remove a download after use."""
        if self.is_download and isinstance(self.found, Brought):
            self.found.path.unlink(missing_ok=True)


def finds(
    source: Source, originals: Iterable[Original], into: Path, connections: int, now: Now
) -> Generator[Find, None, None]:
    """All originals, as soon as each is there; downloads lie in the folder `into`."""
    downloads = []
    for original in originals:
        if source.is_fetched(original.offered):
            downloads.append(original)
        else:
            yield Find(original, _settled(_brought(source, original, into), now), is_download=False)

    def begin(original: Original) -> "Future[Brought | PictureRefused | None]":
        return _in_a_thread(lambda: _brought(source, original, into))

    for original, download in abreast(begin, downloads, connections):
        yield Find(original, download.result(), is_download=True)


def _brought(source: Source, original: Original, into: Path) -> Brought | PictureRefused | None:
    try:
        return source.bring(original.offered, original.known_stamp, into)
    except PictureRefused as refused:
        return refused


def _in_a_thread(question: Callable[[], T]) -> "Future[T]":
    """Ask in a thread that nobody waits for at the end of the program: a slow server must not hold up a Ctrl-C."""
    answer: Future[T] = Future()

    def ask() -> None:
        try:
            answer.set_result(question())
        except BaseException as error:  # noqa: BLE001  (whoever waits for the answer gets it)
            answer.set_exception(error)

    threading.Thread(target=ask, name="download", daemon=True).start()
    return answer


def _settled(found: Brought | PictureRefused | None, now: Now) -> Brought | PictureRefused | None:
    """A file that changed just now may do so again without its stamp telling: it gets one that never matches."""
    if not isinstance(found, Brought):
        return found
    try:
        status = os.lstat(found.path)
    except OSError:
        return found  # whoever reads it says what is wrong
    is_racy = any(-RACY_S < at - now().timestamp() < FAST_S for at in (status.st_mtime, status.st_ctime))
    return Brought(found.path, "") if is_racy else found
