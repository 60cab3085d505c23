"""The watch on real inotify: every wait has a timeout, and what is waited for is an event."""

import os
import queue
import resource
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service.intake.watch import Watch

WAIT_S = 10


class Watcher:
    """A watch on one folder, and what it said: names that came by rename, "" for a wake."""

    def __init__(self, folder: Path) -> None:
        self.said: queue.Queue[str] = queue.Queue()
        self.folder = folder
        self.watch = Watch(folder, lambda: self.said.put(""), self.said.put)

    def hears(self) -> str:
        return self.said.get(timeout=WAIT_S)


@pytest.fixture
def watcher(tmp_path: Path) -> Iterator[Watcher]:
    folder = tmp_path / "incoming"
    folder.mkdir()
    watcher = Watcher(folder)
    watcher.watch.start()
    yield watcher
    watcher.watch.stop()
    assert not [thread for thread in threading.enumerate() if "watchdog" in type(thread).__module__]


def test_file_written_in_place_wakes_and_is_not_called_whole(watcher: Watcher) -> None:
    (watcher.folder / "order.json").write_bytes(b"{}")
    assert "" == watcher.hears()


def test_rename_from_outside_is_called_whole_and_wakes(watcher: Watcher, tmp_path: Path) -> None:
    (tmp_path / "order.json").write_bytes(b"{}")
    (tmp_path / "order.json").rename(watcher.folder / "order.json")
    assert ["order.json", ""] == [watcher.hears(), watcher.hears()]


def test_rename_inside_is_called_whole_under_its_last_name(watcher: Watcher) -> None:
    (watcher.folder / ".order.tmp").write_bytes(b"{}")
    (watcher.folder / ".order.tmp").rename(watcher.folder / "order.json")
    assert ["", "order.json", ""] == [watcher.hears() for _ in range(3)]


def test_rename_over_an_existing_file_is_called_whole(watcher: Watcher, tmp_path: Path) -> None:
    (watcher.folder / "order.json").write_bytes(b"{}")
    (tmp_path / "new").write_bytes(b"{}")
    (tmp_path / "new").rename(watcher.folder / "order.json")
    assert ["", "order.json", ""] == [watcher.hears() for _ in range(3)]


def test_name_of_any_bytes_is_handed_on(watcher: Watcher, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9 \n.json")
    (tmp_path / name).write_bytes(b"{}")
    (tmp_path / name).rename(watcher.folder / name)
    assert name == watcher.hears()


def test_removing_and_reading_files_wakes_nobody(watcher: Watcher) -> None:
    (watcher.folder / "a.json").write_bytes(b"{}")
    (watcher.folder / "a.json").read_bytes()
    (watcher.folder / "a.json").unlink()
    (watcher.folder / "b").mkdir()
    (watcher.folder / "b").rename(watcher.folder / "c")
    (watcher.folder / ".z").write_bytes(b"{}")
    (watcher.folder / ".z").rename(watcher.folder / "z.json")
    assert ["", "", "z.json"] == [watcher.hears() for _ in range(3)]


def test_file_moved_out_holds_back_no_later_event(watcher: Watcher, tmp_path: Path) -> None:
    """Watchdog alone keeps what follows for half a second; here both come in order, the half rename without a name."""
    from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

    assert 0 == InotifyMoveEventGrouper.delay
    (watcher.folder / "a.json").write_bytes(b"{}")
    (watcher.folder / "a.json").rename(tmp_path / "a.json")
    (tmp_path / "a.json").rename(watcher.folder / "b.json")
    assert ["", "b.json", ""] == [watcher.hears() for _ in range(3)]


def test_folder_that_is_replaced_is_watched_again(watcher: Watcher, tmp_path: Path) -> None:
    with capture_logs() as logs:
        watcher.folder.rename(tmp_path / "old")
        watcher.watch.check()
        watcher.folder.mkdir()
        watcher.watch.check()
        assert "" == watcher.hears()
        watcher.watch.check()
    assert ["folder.replaced"] == [entry["event"] for entry in logs]
    (tmp_path / "old" / "before.json").write_bytes(b"{}")
    (watcher.folder / ".a").write_bytes(b"{}")
    (watcher.folder / ".a").rename(watcher.folder / "a.json")
    assert ["", "a.json"] == [watcher.hears() for _ in range(2)]


def test_folder_that_is_deleted_and_made_anew_is_watched_again(watcher: Watcher) -> None:
    (emitter,) = watcher.watch._observer.emitters  # type: ignore[union-attr]
    shutil.rmtree(watcher.folder)
    emitter.join(WAIT_S)
    assert not emitter.is_alive()
    with capture_logs() as logs:
        for _ in range(3):
            watcher.watch.check()
        watcher.folder.mkdir()
        watcher.watch.check()
        watcher.watch.check()
    assert "folder.watch-lost" == logs[0]["event"]
    assert len(logs) <= 2  # the new folder may have got the old inode
    assert "" == watcher.hears()
    (watcher.folder / "a.json").write_bytes(b"{}")
    assert "" == watcher.hears()


def test_dead_thread_of_the_watch_is_noticed(watcher: Watcher) -> None:
    (emitter,) = watcher.watch._observer.emitters  # type: ignore[union-attr]
    emitter.stop()
    emitter.join(WAIT_S)
    with capture_logs() as logs:
        watcher.watch.check()
        watcher.watch.check()
    assert [{"event": "folder.watch-lost", "error": "the watch has ended", "log_level": "warning"}] == logs
    assert "" == watcher.hears()
    (watcher.folder / "a.json").write_bytes(b"{}")
    assert "" == watcher.hears()


def test_watch_that_cannot_be_had_is_said_once_and_had_when_it_can(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with capture_logs() as logs:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            watcher.watch.start()
            for _ in range(3):
                watcher.watch.check()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert watcher.said.empty()
        watcher.watch.check()
    watcher.watch.stop()
    assert ["folder.watch-lost"] == [entry["event"] for entry in logs]
    assert "" == watcher.hears()


def test_watch_that_was_never_started_can_be_stopped(tmp_path: Path) -> None:
    Watcher(tmp_path).watch.stop()


def test_folder_that_is_not_there_yet_is_watched_when_it_comes(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "incoming")
    with capture_logs() as logs:
        watcher.watch.start()
        watcher.watch.check()
        watcher.folder.mkdir()
        watcher.watch.check()
    watcher.watch.stop()
    assert ["folder.watch-lost", "folder.replaced"] == [entry["event"] for entry in logs]
    assert "" == watcher.hears()
