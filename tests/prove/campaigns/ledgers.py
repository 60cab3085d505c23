"""What happens to the service as a whole: a second one, a ledger that is not what it was, a main loop that hangs."""

import os
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.failpoints import Strike
from tests.prove.oracle import Tally
from tests.prove.rig import Rig, Scene
from tests.prove.systemd_double import SystemdDouble

REFUSES_S = 20.0
IN_USE = 75
WATCHDOG_S = 2.0


def two_instances(rig: Rig, allowance: Allowance) -> Tally:
    """Of two services that start at once on a spool one goes on; the other, and a third, end at once, saying so."""
    with rig.scene() as scene:
        scene.drop(*scene.orders.some(3))
        first = scene.start()
        second = scene.nursery.start(scene.arguments, scene.environ, scene.home / "second.log", trace=False)
        lives = [first, second]
        scene.wait(lambda: any(life.ended.is_set() for life in lives), "the end of one", REFUSES_S)
        scene.life = next(life for life in lives if not life.ended.is_set())
        ended = next(life for life in lives if life.ended.is_set())
        third = scene.nursery.start(["run", "--once"], scene.environ, scene.home / "third.log", trace=False)
        scene.wait(third.ended.is_set, "the end of the third", REFUSES_S)
        scene.drop(*scene.orders.some(3))
        tally = scene.verdict()
        tally.runs = 2
        if [IN_USE, IN_USE] != [ended.exit_code, third.exit_code]:
            tally.find(f"the others ended with {ended.exit_code} and {third.exit_code}")
    return tally


def _flip_bytes(ledger: Path) -> None:
    with open(ledger, "r+b") as file:
        for place in range(0, ledger.stat().st_size, 512):
            file.seek(place)
            file.write(b"\xff" * 64)


def _make_newer(ledger: Path) -> None:
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("update meta set version = version + 1")
        connection.commit()


DAMAGES: dict[str, Callable[[Path], None]] = {
    "deleted": Path.unlink,
    "emptied": lambda ledger: os.truncate(ledger, 0),
    "corrupt": _flip_bytes,
    "no database": lambda ledger: ledger.write_bytes(b"no database\n" * 1000) and None,
    "of a newer version": _make_newer,
}


def damaged_ledger(rig: Rig, allowance: Allowance) -> Tally:
    """The ledger is not what it was: the service refuses to start and prints nothing, until it is given back."""
    tally = Tally()
    for name, damage in DAMAGES.items():
        if not (name in allowance.chosen(*DAMAGES) and allowance.has_room(tally.runs, 4)):
            continue
        with rig.scene() as scene:
            verdict = _damaged(scene, damage)
        if verdict.is_red:
            verdict.find(f"   the ledger was {name}")
        tally.add(verdict, f"ledger {name}")
        tally.runs += 1
    tally.reached, tally.reachable = len(tally.faults), len(DAMAGES)
    return tally


def _damaged(scene: Scene, damage: Callable[[Path], None]) -> Tally:
    scene.drop(*scene.orders.some(2))
    scene.settle()
    scene.drop(scene.orders.parcels())
    scene.start_if_ended().arm(Strike("pipeline._submit.release", "after", "kill"))
    scene.drop(scene.orders.one())
    _until(lambda: scene.life is not None and scene.life.ended.is_set(), 10)  # one note is printed, and not noted
    scene.kill()
    printed = len(scene.oracle.sheets())
    kept = scene.home / "kept"
    kept.mkdir()
    for path in scene.spool.glob("ledger.db*"):
        shutil.move(path, kept)
    shutil.copy(kept / "ledger.db", scene.spool)  # what a checkpoint has put there, without what was written since
    damage(scene.spool / "ledger.db")
    scene.drop(scene.orders.one())
    life = scene.start()
    is_refused = life.ended.wait(REFUSES_S)
    life.kill()
    more = len(scene.oracle.sheets()) - printed
    for path in scene.spool.glob("ledger.db*"):
        path.unlink()
    for path in kept.iterdir():
        shutil.move(path, scene.spool)
    scene.start()
    verdict = scene.verdict(may_flag=True)
    if not is_refused or life.exit_code == 0:
        verdict.find("the service started with it")
    if more > 1:  # the one that was on its way
        verdict.find(f"{more} sheets came out meanwhile")
    return verdict


def _until(is_so: Callable[[], bool], patience_s: float) -> None:
    until = time.monotonic() + patience_s
    while not is_so() and time.monotonic() < until:
        threading.Event().wait(0.02)


def hangs(rig: Rig, allowance: Allowance) -> Tally:
    """The service stands still, all of it or its main loop: no sign of life; it is ended as by systemd, and goes on."""
    tally = Tally()
    with rig.scene() as scene:
        systemd = SystemdDouble(scene.lab.home / "notify", WATCHDOG_S)
        scene.environ |= systemd.environ
        for strike in (None, Strike("intake.copies.write_copy.write_aside", "before", "hang")):
            scene.start_if_ended()
            scene.wait_ready()
            scene.wait(lambda: systemd.silent_s < WATCHDOG_S / 2, "a sign of life")
            if strike:
                scene.start_if_ended().arm(strike)
            else:
                scene.start_if_ended().signal(signal.SIGSTOP)
            scene.drop(*scene.orders.some(3))
            _until(lambda: systemd.silent_s > WATCHDOG_S, 3 * WATCHDOG_S)
            if systemd.silent_s < WATCHDOG_S:
                tally.find(f"it gives signs of life while it hangs: {strike or 'SIGSTOP'}")
            scene.kill()
            scene.start()
            scene.settle()
            tally.runs += 1
        tally.add(scene.verdict())
    return tally


CAMPAIGNS = (
    Campaign("instances", "two services on one spool", "started twice", "one ends, saying so", two_instances, 4),
    Campaign("ledger", "ledger gone, corrupt, too new", "as named", "refused until it is back", damaged_ledger, 11),
    Campaign("watchdog", "service or main loop hangs", "SIGSTOP; a call that hangs", "no sign of life", hangs, 12),
)
