"""Originals brought to where they can be read: files as they lie, and after them downloads, some at a time."""

import os
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from service.clock import Now
from service.imagery.abreast import abreast
from service.imagery.offered import Brought
from service.imagery.originals.source import Source
from service.imagery.refused import PictureRefused
from service.imagery.syncing.stock import Task

RACY_S = 2.0  # the coarsest clock of a file system: within it, a file may change and keep its stamp


@dataclass(frozen=True, slots=True)
class Find:
    """What came of looking for an original: bytes in a file, nothing new (None), or a refusal."""

    task: Task
    found: Brought | PictureRefused | None
    is_download: bool

    def discard(self) -> None:
        """Remove a download after use."""
        if self.is_download and isinstance(self.found, Brought):
            self.found.path.unlink(missing_ok=True)


def finds(source: Source, tasks: Iterable[Task], into: Path, connections: int, now: Now) -> Generator[Find, None, None]:
    """The originals of all tasks, as soon as each is there; downloads lie in the folder `into`."""
    downloads = []
    for task in tasks:
        if source.is_fetched(task.offered):
            downloads.append(task)
        else:
            yield Find(task, _settled(_brought(source, task, into), now), is_download=False)
    threads = ThreadPoolExecutor(connections, thread_name_prefix="download")
    try:

        def begin(task: Task) -> "Future[Brought | PictureRefused | None]":
            return threads.submit(_brought, source, task, into)

        for task, download in abreast(begin, downloads, 2 * connections):
            yield Find(task, download.result(), is_download=True)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


def _brought(source: Source, task: Task, into: Path) -> Brought | PictureRefused | None:
    try:
        return source.bring(task.offered, task.known_stamp, into)
    except PictureRefused as refused:
        return refused


def _settled(found: Brought | PictureRefused | None, now: Now) -> Brought | PictureRefused | None:
    """A file that changed just now may do so again without its stamp telling: it gets one that never matches."""
    if not isinstance(found, Brought):
        return found
    try:
        status = os.lstat(found.path)
    except OSError:
        return found  # whoever reads it says what is wrong
    is_racy = max(status.st_mtime, status.st_ctime) > now().timestamp() - RACY_S
    return Brought(found.path, "") if is_racy else found
