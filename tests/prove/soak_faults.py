"""The faults of a soak: those of the campaigns that come and go while a service goes on, or is started again.

Each is a block: it begins, lasts as long as the soak lets it, and is over.
"""

import os
import random
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import RLock

from tests.prove.campaigns.arrivals import make_hostile
from tests.prove.campaigns.printer_faults import FAULTS, QUEUE, printer_of
from tests.prove.campaigns.printer_faults import Fault as PrinterFault
from tests.prove.campaigns.workers import poisonous
from tests.prove.moments import Target
from tests.prove.mounts import Disk
from tests.prove.orders import Dropped
from tests.prove.poison import CRASHES, EATS, HANGS, KILLS
from tests.prove.rig import Scene
from tests.prove.sampling import workers_of


@dataclass(frozen=True, slots=True)
class Ground:
    """What faults work on. Nothing is dropped by others while `dropping` is held."""

    scene: Scene
    disk: Disk | None
    clock: Path
    nursery_pid: int
    moments: list[Target]
    dropping: RLock


Fault = Callable[[Ground, random.Random], AbstractContextManager[None]]


def draw(chance: random.Random, *, has_disk: bool, may_end: bool) -> tuple[str, Fault]:
    """The next fault, and what it is called: half of them are of printers, few end the service, or none."""
    kinds = (OF_PRINTERS, OF_SURROUNDINGS | (OF_DISKS if has_disk else {}), DEATHS)
    (faults,) = chance.choices(kinds, (50, 45, 5 if may_end else 0))
    name = chance.choice(sorted(name for name in faults if may_end or name not in ENDING))
    return name, faults[name]


@contextmanager
def _of_printer(fault: PrinterFault, ground: Ground, _: random.Random) -> Iterator[None]:
    scene, printer = ground.scene, printer_of(ground.scene)
    printer.prints_in_s = fault.prints_in_s
    scene.drop(*(scene.orders.one("en") for _ in range(3)))
    fault.begins(scene, printer)
    try:
        yield
    finally:
        fault.ends(scene, printer)
        printer.prints_in_s = 0.0
        scene.lab.connection().enablePrinter(QUEUE)


# Deaths of the service -----------------------------------------------------------------------------------------------


@contextmanager
def _killed(ground: Ground, _: random.Random) -> Iterator[None]:
    ground.scene.kill()
    yield


@contextmanager
def _terminated(ground: Ground, _: random.Random) -> Iterator[None]:
    if ground.scene.life:
        ground.scene.life.signal(signal.SIGTERM)
    yield


@contextmanager
def _killed_at_a_moment(ground: Ground, chance: random.Random) -> Iterator[None]:
    if ground.scene.life:
        ground.scene.life.arm(chance.choice(ground.moments).strike(chance, 0))
    yield


@contextmanager
def _deadly_file(ground: Ground, _: random.Random) -> Iterator[None]:
    bad = poisonous(ground.scene.orders, KILLS)
    ground.scene.drop(Dropped(bad.name, bad.content, (), is_refused=True))
    yield


# What happens round it -----------------------------------------------------------------------------------------------


@contextmanager
def _stopped_in_a_burst(ground: Ground, _: random.Random) -> Iterator[None]:
    scene = ground.scene
    assert scene.life
    life = scene.life
    life.signal(signal.SIGSTOP)
    try:
        scene.drop(*scene.orders.some(100))
        yield
    finally:
        life.signal(signal.SIGCONT)


@contextmanager
def _poison(kind: str, ground: Ground, _: random.Random) -> Iterator[None]:
    ground.scene.drop(poisonous(ground.scene.orders, kind))
    yield


@contextmanager
def _worker_struck(number: int, ground: Ground, chance: random.Random) -> Iterator[None]:
    if ground.scene.life and (workers := workers_of(ground.scene.life.pid, ground.nursery_pid)):
        with suppress(ProcessLookupError):
            os.kill(chance.choice(workers), number)
    yield


@contextmanager
def _folder_away(ground: Ground, _: random.Random) -> Iterator[None]:
    incoming = ground.scene.spool / "incoming"
    with ground.dropping:
        incoming.rename(incoming.with_suffix(".away"))
        try:
            yield
        finally:
            incoming.with_suffix(".away").rename(incoming)


@contextmanager
def _folder_made_anew(ground: Ground, _: random.Random) -> Iterator[None]:
    with ground.dropping:
        ground.scene.wait(lambda: not ground.scene.left_in("incoming"), "an empty hot folder")
        shutil.rmtree(ground.scene.spool / "incoming")
        (ground.scene.spool / "incoming").mkdir(mode=0o750)
    yield


@contextmanager
def _no_descriptors(ground: Ground, _: random.Random) -> Iterator[None]:
    pid = ground.scene.start_if_ended().pid
    usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    with suppress(OSError):
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{pid}/fd")), usual[1]))
    try:
        yield
    finally:
        with suppress(OSError):  # it has ended of it
            resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)


@contextmanager
def _clock_off(ground: Ground, chance: random.Random) -> Iterator[None]:
    ground.clock.write_text(str(chance.choice((-3, 3)) * 3600))
    try:
        yield
    finally:
        ground.clock.write_text("0")


@contextmanager
def _broken_upload(ground: Ground, _: random.Random) -> Iterator[None]:
    drop = ground.scene.orders.one()
    half = replace(drop, content=drop.content[: len(drop.content) // 2], shipments=(), is_refused=True)
    with ground.dropping:
        ground.scene.oracle.expect(half)
        (ground.scene.spool / "incoming" / half.name).write_bytes(half.content)
    yield


@contextmanager
def _hostile(ground: Ground, chance: random.Random) -> Iterator[None]:
    outside = ground.scene.home / "outside.json"
    outside.write_bytes(b"{}")
    with ground.dropping:
        made = make_hostile(ground.scene.spool / "incoming", outside, f"{chance.randrange(10**6)}-")
    for name in made:
        ground.scene.oracle.expect(Dropped(name, b"", (), is_refused=True))
    yield


@contextmanager
def _reload(ground: Ground, _: random.Random) -> Iterator[None]:
    if ground.scene.life:
        ground.scene.life.signal(signal.SIGHUP)
    yield


# Its disk ------------------------------------------------------------------------------------------------------------


@contextmanager
def _disk_full(ground: Ground, _: random.Random) -> Iterator[None]:
    assert ground.disk
    with ground.dropping:  # the senders' files lie on the same disk
        ground.scene.drop(*ground.scene.orders.some(5))
        ground.disk.fill()
        try:
            yield
        finally:
            ground.disk.empty()


@contextmanager
def _power_cut(ground: Ground, _: random.Random) -> Iterator[None]:
    assert ground.disk
    with ground.dropping:
        ground.scene.drop(*ground.scene.orders.some(5))
        os.sync()
        ground.disk.cut_power()
        ground.scene.kill()
        ground.disk.restore()
    yield


OF_PRINTERS: dict[str, Fault] = {fault.what: partial(_of_printer, fault) for fault in FAULTS}
DEATHS: dict[str, Fault] = {
    "service killed": _killed,
    "service told to end": _terminated,
    "service killed at a failpoint": _killed_at_a_moment,
    "deadly file": _deadly_file,
}
OF_SURROUNDINGS: dict[str, Fault] = {
    "service stopped in a burst": _stopped_in_a_burst,
    "note that crashes its worker": partial(_poison, CRASHES),
    "note that eats memory": partial(_poison, EATS),
    "note that hangs": partial(_poison, HANGS),
    "worker killed": partial(_worker_struck, signal.SIGKILL),
    "worker stopped": partial(_worker_struck, signal.SIGSTOP),
    "hot folder away": _folder_away,
    "hot folder made anew": _folder_made_anew,
    "no descriptors": _no_descriptors,
    "clock off by three hours": _clock_off,
    "upload broken off": _broken_upload,
    "files that are none": _hostile,
    "reload": _reload,
}
OF_DISKS: dict[str, Fault] = {"disk full": _disk_full, "power cut": _power_cut}
ENDING = {"no descriptors", "power cut"}  # which may end it too
