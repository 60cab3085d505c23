"""Power cuts: a spool on disks of its own that forget, at a moment, everything that was not synced.

A file system that is synced for one file makes others durable by the way. So that nobody lives on that, what comes
from outside, our own copies, the receipts and the ledger lie on a disk each; all of them lose their power at once. The
printers and cupsd are elsewhere and forget nothing: paper that came out stays out, a held job stays held.
"""

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.campaigns.commands import cut_after_command
from tests.prove.effects import Effect
from tests.prove.failpoints import Strike
from tests.prove.moments import OF_COMMANDS, Moment, Target, carry_out, in_lanes, reached_by, stage, targets, verdict
from tests.prove.mounts import Disk, disk
from tests.prove.oracle import Tally
from tests.prove.rig import SETTLE_S, NotSettled, Rig, Scene
from tests.prove.situations import SITUATIONS, Situation

PER_DISK = 12
ROOM_S = 8.0
ELSEWHERE = {"incoming": "outside", "decisions": "outside", "receipts": "receipts", "ledger.db": "ledger"}
AFTERWARDS = 9  # so many moments after a sync, a cut is tried at
SITUATIONS_OF_ONE = 2
IMPATIENT_S = 8.0


@dataclass(frozen=True)
class Powered:
    """A scene whose disks can lose their power."""

    scene: Scene
    disks: tuple[Disk, ...]

    def cut_at(self, situation: Situation, strike: Strike, patience_s: float = SETTLE_S) -> bool:
        """The service stops at a moment, the power goes, it is killed; the power is back. True if the moment came."""
        carried = carry_out(self.scene, situation, strike, patience_s=patience_s)
        self.cut()
        return strike in carried.struck

    def cut(self) -> None:
        """Off and on; what ran has not lived to see it."""
        for each in self.disks:
            each.cut_power()
        self.scene.kill()
        for each in self.disks:
            each.restore()


@contextmanager
def powered(rig: Rig, lane: int, backend: str = "cups") -> Iterator[Powered]:
    """A scene on disks that can lose their power."""
    with ExitStack() as stack:
        disks = {name: stack.enter_context(disk(rig.home)) for name in ("ours", *dict.fromkeys(ELSEWHERE.values()))}
        places = {name: made.place for name, made in disks.items()}
        root, furnish = places["ours"], lambda spool: spread(spool, places)
        scene = stack.enter_context(stage(rig, lane, backend, furnish, root=root, intake_min_free_mb=1))
        scene.put = lambda name, content: _put_synced(scene, name, content)  # type: ignore[method-assign]
        for each in disks.values():
            each.sync()
        yield Powered(scene, tuple(disks.values()))
        scene.kill()


def spread(spool: Path, places: dict[str, Path]) -> None:
    """Let parts of the spool lie on other disks."""
    for name, where in ELSEWHERE.items():
        place = places[where] / name
        if (spool / name).is_dir():
            shutil.rmtree(spool / name)
            place.mkdir()
        (spool / name).symlink_to(place)


def _put_synced(scene: Scene, name: str, content: bytes) -> None:
    """A sender makes sure of what it drops."""
    folder = os.open(scene.spool / "incoming", os.O_RDONLY)
    try:
        beside = os.open(f".{name}", os.O_WRONLY | os.O_CREAT, 0o640, dir_fd=folder)
        os.write(beside, content)
        os.fsync(beside)
        os.close(beside)
        os.rename(f".{name}", name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    finally:
        os.close(folder)


def cut_power(rig: Rig, allowance: Allowance) -> Tally:
    """One moment after the other, of those that a sound service comes to."""
    plan, _ = targets(rig, rig.chance_of("power"), "stop")
    plan = [each for each in plan if each.way(0).is_plain][: allowance.most_runs]
    tally, came = Tally(), []

    def lane_of_cuts(lane: int, part: Sequence[Target]) -> None:
        left, chance = list(part), rig.chance_of(f"power {lane}")
        while left and allowance.has_room(tally.runs, ROOM_S):
            with powered(rig, lane) as made:
                cuts: list[str] = []
                broke = ""
                while left and len(cuts) < PER_DISK and allowance.has_room(tally.runs, ROOM_S):
                    target = left.pop()
                    situation, strike = target.way(0), target.strike(chance, 0)
                    cuts.append(f"{strike} in: {situation.name}")
                    tally.runs += 1
                    try:
                        came.append(made.cut_at(situation, strike))
                    except NotSettled as error:
                        broke = str(error)
                        break
                verdict_on = _judged(made, cuts)
                if broke:
                    verdict_on.find(f"did not come: {broke}")
                tally.add(verdict_on)

    in_lanes(lane_of_cuts, plan)
    tally.remarks = [f"{sum(came)} of {len(plan)} came to pass; {len(plan) - tally.runs} were left for a longer run"]
    return tally


def _judged(made: Powered, cuts: Sequence[str], patience_s: float = SETTLE_S) -> Tally:
    tally = verdict(made.scene, patience_s=patience_s)
    if tally.is_red:
        tally.find(f"   cut there: {'; '.join(cuts)}")
    return tally


# For a service without one of its syncs ------------------------------------------------------------------------------


def cut_after(rig: Rig, lane: int, effect: Effect) -> Tally:
    """The power is cut at the moments that follow this effect, one after the other, until something is red."""
    tally = Tally()
    for situation, strikes in islice(_followers(rig, effect), SITUATIONS_OF_ONE):
        for part in [(each,) for each in strikes] if situation.fresh else [strikes]:
            tally.add(_cut_at_each(rig, lane, situation, part))
            if tally.is_red:
                return tally
    if not tally.runs and effect.name.startswith(OF_COMMANDS):
        with powered(rig, lane) as made:
            tally.add(cut_after_command(made.scene, effect, made.cut))
            tally.add(_judged(made, [effect.name], IMPATIENT_S))
    return tally


def _cut_at_each(rig: Rig, lane: int, situation: Situation, strikes: Sequence[Strike]) -> Tally:
    tally = Tally()
    with powered(rig, lane, situation.backend) as made:
        for strike in strikes:
            tally.runs += 1
            try:
                made.cut_at(situation, strike, IMPATIENT_S)
            except NotSettled as error:
                tally.find(f"{strike}: {error}")
                return tally
        tally.add(_judged(made, [str(strike) for strike in strikes], IMPATIENT_S))
    return tally


def _followers(rig: Rig, effect: Effect) -> Iterator[tuple[Situation, tuple[Strike, ...]]]:
    """The situations that lead to an effect, and what comes next in each; of a first start, the last too."""
    stories = reached_by(rig).stories
    for situation in SITUATIONS:
        story = stories[situation.name]
        if (effect.name, "after") in story and not (situation.helpers or situation.at_start):
            strikes = tuple(_following(story, story.index((effect.name, "after"))))
            yield situation, (strikes[0], *strikes[-3:]) if situation.fresh else strikes[:AFTERWARDS]


def _following(story: Sequence[Moment], start: int) -> Iterator[Strike]:
    """From this place of a story on, each moment once: at the time that it comes there."""
    counted, told = Counter(story[:start]), set[Moment]()
    for name, when in story[start:]:
        counted[name, when] += 1
        if (name, when) not in told:
            told.add((name, when))
            yield Strike(name, when, "stop", counted[name, when])


CAMPAIGNS = (
    Campaign(
        "power",
        "power cut at each failpoint",
        "ext4 shutdown ioctl, SIGKILL, remount",
        "nothing that was acknowledged is lost",
        cut_power,
        60,
        ("root", "loop"),
        has_lanes=True,
    ),
)
