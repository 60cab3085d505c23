"""More files at once than anybody expects, and more events than inotify keeps."""

import ctypes
import os
import re
import signal
import struct
from contextlib import suppress
from pathlib import Path

from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.oracle import Tally
from tests.prove.orders import Dropped
from tests.prove.rig import Rig, Scene
from tests.prove.sampling import rss_mb

MOST_RSS_MB = 400
REAL = 25  # one file in so many is an order of its own; the others are the same again, or refused
OVERFLOW = 0x4000  # IN_Q_OVERFLOW


def burst(rig: Rig, allowance: Allowance) -> Tally:
    """Thousands of files in a few seconds: each has its receipt, each order its sheet, and memory stays bounded."""
    count = max(1500, min(100_000, int(allowance.left_s * 60)))
    with rig.scene(rendering_workers=2) as scene:
        scene.start()
        scene.wait_ready()
        most_mb = 0.0

        def is_worked_off() -> bool:
            nonlocal most_mb
            with suppress(OSError, StopIteration):
                most_mb = max(most_mb, rss_mb(scene.start_if_ended().pid))
            return not scene.left_in("incoming")

        scene.drop(*_many(scene, count))
        scene.drop_beside(scene.orders.one())  # behind all of them
        scene.wait(is_worked_off, "all of them taken", 60 + count / 50)
        tally = scene.verdict(patience_s=60 + count / 100)
    tally.runs = 1
    if most_mb > MOST_RSS_MB:
        tally.find(f"it took {most_mb:.0f} MB")
    tally.remarks.append(f"{count} files, {tally.notes} of them orders; {most_mb:.0f} MB at most")
    return tally


def _many(scene: Scene, count: int) -> list[Dropped]:
    drops: list[Dropped] = []
    while len(drops) < count:
        order = scene.orders.one()
        drops.append(order)
        drops += (Dropped(f"same-{number}-{order.name}", order.content, ()) for number in range(REAL // 2))
        drops += (scene.orders.broken() for _ in range(REAL - REAL // 2 - 1))
    return drops[:count]


def overflow(rig: Rig, allowance: Allowance) -> Tally:
    """The service stands still while more happens than its watch can queue: the scan finds what no event told of."""
    count = max(40, min(20_000, int(allowance.left_s * 6)))
    with rig.scene(rendering_workers=2) as scene:
        scene.start()
        scene.wait_ready()
        assert scene.life
        second = SecondWatch(scene.spool / "incoming", scene.life.pid)
        scene.life.signal(signal.SIGSTOP)
        scene.drop(*_many(scene, count))
        _make_noise(scene.spool / "incoming")
        scene.life.signal(signal.SIGCONT)
        tally = scene.verdict(patience_s=60 + count / 20)
        tally.runs = 1
        if not second.has_overflown():
            tally.find("the queue of inotify did not overflow: nothing was proved")
    tally.remarks.append(f"{count} files, and more events than fs.inotify.max_queued_events lets wait")
    return tally


def _make_noise(folder: Path) -> None:
    """More events than the queue holds, from files that are ignored; the same event twice in a row counts as one."""
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    noise = [folder / f".noise-{number}.tmp" for number in range(2)]
    for number in range(most + 1000):
        noise[number % 2].write_bytes(b"")
    for path in noise:
        path.unlink()


class SecondWatch:
    """Watches what the service watches, with the mask that the kernel says the service's watch has, and reads nothing.

    So when its queue is too short, that of a service that stands still as long is too.
    """

    def __init__(self, folder: Path, pid: int) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._watch = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        mask = _mask_of(pid, folder.stat().st_ino)
        if self._libc.inotify_add_watch(self._watch, os.fsencode(folder), mask) < 0:
            raise OSError(ctypes.get_errno(), "no second watch")

    def has_overflown(self) -> bool:
        """True if the kernel says so, behind all events that it kept."""
        found, place, events = False, 0, b""
        with suppress(BlockingIOError):
            while more := os.read(self._watch, 1 << 20):
                events += more
        os.close(self._watch)
        while place < len(events):
            _, mask, _, length = struct.unpack_from("iIII", events, place)
            found = found or bool(mask & OVERFLOW)
            place += 16 + length
        return found


def _mask_of(pid: int, inode: int) -> int:
    for entry in Path(f"/proc/{pid}/fdinfo").iterdir():
        if found := re.search(rf"inotify wd:\w+ ino:{inode:x} .*?mask:(\w+)", entry.read_text()):
            return int(found[1], 16)
    raise LookupError("the service watches nothing")


CAMPAIGNS = (
    Campaign("burst", "thousands of files at once", "renames", "all accounted for", burst, 25),
    Campaign("overflow", "inotify overflow", "SIGSTOP, files, noise", "all found", overflow, 8),
)
