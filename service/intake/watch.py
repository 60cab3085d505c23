"""The watch: wakes the scan when something arrives, and says what arrived by rename. It may be blind; the scan is not.

Two of watchdog's habits are met here. Full events tell a rename into the folder from a file that is created in it,
and need no pairing of the two halves of a rename: so watchdog's wait for the other half, which holds back all later
events for half a second when somebody moves a file out of the folder, is switched off. And an observer may look alive
when its emitter is dead, or watch a folder that is no longer the one at this path: check() looks at both.
"""

import os
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileClosedEvent, FileMovedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers.inotify import InotifyObserver
from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

from service.log import log

InotifyMoveEventGrouper.delay = 0.0
JOIN_S = 5.0


class Watch:
    """A watch on one folder; `wake` and `whole` are called from a thread of its own and must not block or raise."""

    def __init__(self, folder: Path, wake: Callable[[], None], whole: Callable[[str], None]) -> None:
        self._folder = folder
        self._arrivals = _Arrivals(wake, whole)
        self._wake = wake
        self._observer: InotifyObserver | None = None
        self._watched: tuple[int, int] | None = None  # device and inode
        self._is_lost = False

    def start(self) -> None:
        """Watch; if that can't be had, say so once and leave it to the scan and to the next check."""
        self._watched = self._present()
        try:
            self._observer = _observe(self._folder, self._arrivals)
        except OSError as error:
            self._lose(error.strerror or "")
        else:
            self._is_lost = False

    def stop(self) -> None:
        """Watch no more."""
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join(JOIN_S)

    def check(self) -> None:
        """On each tick: watch again if the folder is another one now, or if a thread of the watch has died."""
        present = self._present()
        if present is not None and present != self._watched:
            log.warning("folder.replaced")
        elif self._is_watching():
            return
        elif self._observer is not None:
            self._lose("the watch has ended")
        self.stop()
        if present is not None:
            self.start()
        if self._is_watching():
            self._wake()  # for what arrived while nobody watched

    def _is_watching(self) -> bool:
        observer = self._observer
        return observer is not None and all(thread.is_alive() for thread in (observer, *observer.emitters))

    def _present(self) -> tuple[int, int] | None:
        try:
            status = self._folder.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _lose(self, error: str) -> None:
        if not self._is_lost:
            self._is_lost = True
            log.warning("folder.watch-lost", error=error)


class _Arrivals(FileSystemEventHandler):
    def __init__(self, wake: Callable[[], None], whole: Callable[[str], None]) -> None:
        self._wake = wake
        self._whole = whole

    def on_moved(self, event: FileSystemEvent) -> None:
        if event.dest_path:
            self._whole(Path(os.fsdecode(event.dest_path)).name)
            self._wake()

    def on_closed(self, _event: FileSystemEvent) -> None:
        self._wake()


def _observe(folder: Path, arrivals: _Arrivals) -> InotifyObserver:
    observer = InotifyObserver(generate_full_events=True)
    try:
        observer.schedule(arrivals, str(folder), event_filter=[FileMovedEvent, FileClosedEvent])
        observer.start()
    except OSError:
        observer.stop()
        raise
    return observer
