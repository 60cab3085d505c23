"""Power cuts: a spool on an ext4 of its own that forgets, at a moment, everything that was not synced.

The printers and cupsd are elsewhere and forget nothing: paper that came out stays out, a held job stays held.
"""

import os
import random
import time

from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.campaigns.crash import Target, some_drops, targets
from tests.prove.mounts import Disk, disk
from tests.prove.nursery import Life
from tests.prove.oracle import Tally
from tests.prove.rig import Rig, Scene

PER_DISK = 10
PATIENCE_S = 15.0


def cut_power(rig: Rig, allowance: Allowance) -> Tally:
    """The service stops at a moment, the power goes, it is killed; the power is back, the next one goes on."""
    chance, tally = rig.chance_of("power"), Tally()
    plan = [target for target in targets(rig, chance, "stop") if target.passes]
    while allowance.has_room(tally.runs, 8):
        with disk(rig.home) as made, rig.scene(root=made.place, intake_min_free_mb=1) as scene:
            struck: list[str] = []
            for _ in range(PER_DISK):
                if not allowance.has_room(tally.runs, 8):
                    break
                struck.append(_cut_at(scene, made, chance.choice(plan), chance))
                tally.runs += 1
            verdict = scene.verdict()
            if verdict.is_red:
                verdict.find(f"   cut there: {'; '.join(struck)}")
            scene.kill()
            tally.add(verdict)
    return tally


def _cut_at(scene: Scene, made: Disk, target: Target, chance: random.Random) -> str:
    """One cut, and the power is back; what it hit."""
    scene.drop(*some_drops(scene, chance.randrange(100)))
    os.sync()  # the sender has made sure of what it dropped
    life = scene.start(target.strike(chance))
    _await_stop(scene, life)
    made.cut_power()
    life.kill()
    made.restore()
    return "; ".join(map(str, life.struck)) or "idle"


def _await_stop(scene: Scene, life: Life) -> None:
    """Wait until the service stands still at its moment, or has nothing to do any more."""
    until = time.monotonic() + PATIENCE_S
    while not life.struck and not life.ended.wait(0.02) and time.monotonic() < until:
        if not scene.oracle.unsettled() and not scene.left():
            return


CAMPAIGNS = (
    Campaign(
        "power",
        "power cut at each failpoint",
        "ext4 shutdown ioctl, SIGKILL, remount",
        "nothing that was acknowledged is lost",
        cut_power,
        4,
        ("root", "loop"),
    ),
)
