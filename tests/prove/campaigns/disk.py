"""Disks that give out: no space, no inodes, read-only; and a process without descriptors."""

import resource
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.mounts import tmpfs
from tests.prove.oracle import Tally
from tests.prove.rig import NotSettled, Rig, Scene

FAULT_S = 3.0  # how long it lasts


@dataclass(frozen=True, slots=True)
class Shortage:
    """A disk that gives out; `begins` and `ends` work on its mount point."""

    what: str
    options: str
    begins: Callable[[Path], None]
    ends: Callable[[Path], None]
    finds_it_so: bool = False  # the service is killed before, and the next one finds the disk like this


def _fill(place: Path) -> None:
    with suppress(OSError), open(place / "ballast", "ab", buffering=0) as ballast:
        while True:
            ballast.write(b"\0" * 4096)


def _take_inodes(place: Path) -> None:
    (place / "many").mkdir(exist_ok=True)
    with suppress(OSError):
        for number in range(100_000):
            (place / "many" / f"{number}").touch()


def _empty(place: Path) -> None:
    (place / "ballast").unlink(missing_ok=True)
    subprocess.run(["rm", "-rf", str(place / "many")], check=True)


def _remount(mode: str) -> Callable[[Path], None]:
    """A disk on which files are open for writing can't be made read-only: the service was killed before."""

    def remount(place: Path) -> None:
        subprocess.run(["mount", "-o", f"remount,{mode}", str(place)], check=True, capture_output=True)

    return remount


SHORTAGES = (
    Shortage("full", "size=16m", _fill, _empty),
    Shortage("no inodes", "size=64m,nr_inodes=600", _take_inodes, _empty),
    Shortage("read-only", "size=64m", _remount("ro"), _remount("rw"), finds_it_so=True),
)


def shortages(rig: Rig, allowance: Allowance) -> Tally:
    """The spool's disk gives out while orders come, and is well again: everything prints then, by itself."""
    tally = Tally()
    for shortage in SHORTAGES:
        for reserve_mb in (0, 1):
            if allowance.has_room(tally.runs, 10):
                tally.add(_short_of(rig, shortage, reserve_mb))
                tally.runs += 1
    return tally


def _short_of(rig: Rig, shortage: Shortage, reserve_mb: int) -> Tally:
    with (
        tmpfs(rig.home, shortage.options) as place,
        rig.scene(root=place, intake_min_free_mb=reserve_mb, printing_retry_s=0.2) as scene,
    ):
        _arrive_elsewhere(scene)
        scene.drop(scene.orders.one())
        scene.settle()
        if shortage.finds_it_so:
            scene.kill()
        shortage.begins(place)
        scene.drop(scene.orders.one(), scene.orders.parcels())
        with suppress(NotSettled):
            scene.wait(lambda: False, "the time of the fault", FAULT_S)
        shortage.ends(place)
        scene.drop(scene.orders.one())
        tally = scene.verdict(may_flag=True)
        if tally.is_red:
            tally.find(
                f"   the disk was {shortage.what}, reserve {reserve_mb} MB; the service ended with {scene.exits}"
            )
        return tally


def _arrive_elsewhere(scene: Scene) -> None:
    """Senders have a disk of their own: they can drop while ours is full."""
    elsewhere = scene.home / "elsewhere"
    elsewhere.mkdir()
    (scene.spool / "incoming").rmdir()
    (scene.spool / "incoming").symlink_to(elsewhere)


def without_descriptors(rig: Rig, _: Allowance) -> Tally:
    """The service may open no further file, for a while."""
    with rig.scene() as scene:
        scene.drop(scene.orders.one())
        scene.settle()
        assert scene.life
        usual = resource.prlimit(scene.life.pid, resource.RLIMIT_NOFILE)
        in_use = len(list(Path(f"/proc/{scene.life.pid}/fd").iterdir()))
        for room in (0, 2):
            resource.prlimit(scene.start_if_ended().pid, resource.RLIMIT_NOFILE, (in_use + room, usual[1]))
            scene.drop(scene.orders.one(), scene.orders.one())
            with suppress(NotSettled):
                scene.wait(lambda: False, "the time of the fault", FAULT_S)
            resource.prlimit(scene.start_if_ended().pid, resource.RLIMIT_NOFILE, usual)
            scene.settle()
        tally = scene.verdict(may_flag=True)
        tally.runs = 2
        return tally


CAMPAIGNS = (
    Campaign(
        "disk",
        "disk full, inodes full, read-only",
        "tmpfs",
        "all prints when there is room",
        shortages,
        8,
        ("root", "tmpfs"),
    ),
    Campaign("descriptors", "EMFILE", "prlimit", "all prints when there are some", without_descriptors, 9, ("root",)),
)
