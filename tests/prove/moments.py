"""Which moments a life comes to, and in which situations: found out once, by a trace of each, and asked for ever after.

What no situation leads to is named: a failpoint that nobody ever reaches proves nothing.
"""

import json
import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from service.ledger.ledger import Ledger
from service.ledger.schema import voucher_codes
from service.ledger.vouchers import import_codes
from service.marketing import CodeLine
from service.model import Offer
from tests.prove.effects import Effect, effects
from tests.prove.failpoints import MOMENTS, Strike
from tests.prove.nursery import Life
from tests.prove.oracle import Oracle, Tally, judge_codes
from tests.prove.orders import Orders
from tests.prove.rig import SETTLE_S, NotSettled, Rig, Scene
from tests.prove.situations import SITUATIONS, Cut, Situation, emptied, is_quiet, put_back_after, quiet, until

LANES = 9  # spools at a time: a service mostly waits
CODES, POOL = 900, "rig"
GIVEN = sa.select(voucher_codes.c.code).where(voucher_codes.c.given_at.is_not(None))
OF_COMMANDS = (
    *("cli.", "content.", "recommending.", "intake.asked.put_asked", "intake.asked.take_answer"),
    "files.write_aside.fchown",  # root gives a file to the owner of the spool
)
GUARDED = "pipeline._submit.cancel"  # the ledger refuses whatever would lead there; test_pipeline.py takes its place
LOG_END = 8000
FOR_READERS = ("receipts/[!.]*.json", "problem/[!.]*.problem.json", "decisions/[!.]*.answered.json")
_opening = threading.Lock()
Moment = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Target:
    """A moment of an effect, what is to happen there, and the situations that lead to it, the likeliest first."""

    effect: Effect
    moment: str
    action: str
    ways: tuple[tuple[Situation, int], ...]  # with how often it comes there
    turn: int = 0  # of the actions at that moment; the first at each come before the second at any

    def way(self, attempt: int) -> Situation:
        """The first one; where that came to nothing, the next."""
        return self.ways[attempt % len(self.ways)][0]

    def strike(self, chance: random.Random, attempt: int) -> Strike:
        """At the first, or a later time that it comes; where that came to nothing, at the first."""
        passes = self.ways[attempt % len(self.ways)][1]
        hit = 1 if attempt else chance.randint(1, max(1, passes // 2))
        return Strike(self.effect.name, self.moment, self.action, hit)


@dataclass
class Reached:
    """How often each situation comes to each moment."""

    by_situation: dict[str, Counter[Moment]] = field(default_factory=dict)
    stories: dict[str, tuple[Moment, ...]] = field(default_factory=dict)  # the same, in their order

    def ways(self, moment: Moment, chance: random.Random) -> tuple[tuple[Situation, int], ...]:
        """The situations that lead there; those of every day first, each as likely as the other."""
        found = [(each, self.by_situation[each.name][moment]) for each in SITUATIONS]
        found = [(each, passes) for each, passes in found if passes]
        chance.shuffle(found)
        return tuple(sorted(found, key=lambda way: not way[0].is_plain))


def targets(rig: Rig, chance: random.Random, *actions: str) -> tuple[list[Target], list[str]]:
    """Every moment that a situation leads to, in the order of this seed; and the names of those that none does."""
    reached, found, never = reached_by(rig), [], []
    for effect in effects():
        if effect.name.startswith((*OF_COMMANDS, GUARDED)):
            continue
        for moment in MOMENTS:
            if ways := reached.ways((effect.name, moment), chance):
                drawn = chance.sample(actions, len(actions))
                found += [Target(effect, moment, action, ways, turn) for turn, action in enumerate(drawn)]
            else:
                never.append(f"{moment} {effect.name}")
    chance.shuffle(found)
    return sorted(found, key=lambda target: target.turn), never


def reached_by(rig: Rig) -> Reached:
    """What each situation comes to; found out at the first question."""
    nursery = rig.nursery.warm()
    if nursery.reached is None:
        reached = Reached()
        in_lanes(lambda lane, part: _trace(rig, lane, part, reached), SITUATIONS)
        nursery.reached = reached
    found: Reached = nursery.reached
    return found


def _trace(rig: Rig, lane: int, situations: Sequence[Situation], reached: Reached) -> None:
    shared = [each for each in situations if each.shares]
    for part in (shared, *([each] for each in situations if not each.shares)):
        with stage(rig, lane, part[0].backend) as scene:
            if part is shared:
                _have_no_firsts(scene)
            for each in part:
                reached.stories[each.name] = tuple(carry_out(scene, each, trace=True).passed)
                reached.by_situation[each.name] = Counter(reached.stories[each.name])


def _have_no_firsts(scene: Scene) -> None:
    """What comes once in a spool, a new one shows; and no other situation, only because it was traced first."""
    _begin(scene, SETTLE_S, trace=True)
    scene.drop(*(scene.orders.one(language) for language in ("en", "fr", "de")))
    _begin(scene, SETTLE_S, trace=True)


# Scenes with codes to give --------------------------------------------------------------------------------------------


@contextmanager
def stage(
    rig: Rig, lane: int, backend: str = "cups", furnish: Callable[[Path], None] | None = None, **settings: object
) -> Iterator[Scene]:
    """A scene whose every note gets a voucher code, on a nursery whose lives begin quickly.

    `furnish` is shown its empty spool first.
    """
    nursery = rig.nursery.warm()
    orders = Orders(rig.chance_of(f"orders of lane {lane}"), first=700_000 + 20_000 * lane)
    textfile = {"metrics_textfile": rig.home / f"metrics-{lane}.prom", "metrics_every_s": 0.5}
    scenes = rig.scene(nursery=nursery, orders=orders, printing_backend=backend, **textfile, **settings)
    with _opening:
        scene = scenes.__enter__()
    try:
        scene.arguments = ["--config", str(nursery.config), "run"]
        if backend == "folder":
            scene.oracle.paper = scene.spool / "printers"
        if furnish:
            furnish(scene.spool)
        fill_pool(scene.spool)
        yield scene
    finally:
        scenes.__exit__(None, None, None)


def fill_pool(spool: Path) -> None:
    """Codes for the notes of a scene, imported while no service runs."""
    ledger = Ledger(spool / "ledger.db")
    try:
        import_codes(ledger, POOL, [CodeLine(row, Offer(f"RIG-{row:06}", percent=15)) for row in range(CODES)])
    finally:
        ledger.close()


def verdict(scene: Scene, *, may_flag: bool = False, patience_s: float = SETTLE_S) -> Tally:
    """That of the scene, and on the codes."""
    scene.start_if_ended()
    scene.wait(lambda: bool(scene.logged("service.ready")), "a first ready service", patience_s)
    tally = scene.verdict(may_flag=may_flag, patience_s=patience_s)
    for what in judge_codes(scene.oracle.sheets(), given_codes(scene.spool), uncoded_orders(scene.oracle)):
        tally.find(what)
    return tally


def uncoded_orders(oracle: Oracle) -> frozenset[str]:
    """The orders whose notes show no code: of customers who object to marketing, and gifts, which another reads."""
    orders = (each.order for drop in oracle.dropped.values() for each in drop.shipments)
    return frozenset(order.order_id for order in orders if order.gift or order.customer.marketing == "objected")


def given_codes(spool: Path) -> frozenset[str]:
    """The codes that the ledger has given."""
    ledger = Ledger(spool / "ledger.db", read_only=True)
    try:
        return frozenset(row["code"] for row in ledger.ask(GIVEN))
    finally:
        ledger.close()


def in_lanes(work: Callable[[int, Sequence[Situation]], None], plan: Sequence[object]) -> None:
    """Let each lane do its part of the plan: the same part for the same plan."""
    failed: list[BaseException] = []

    def part(lane: int) -> None:
        try:
            work(lane, plan[lane::LANES])  # type: ignore[arg-type]
        except BaseException as error:  # noqa: BLE001 - raised again by the one who waits
            failed.append(error)

    threads = [threading.Thread(target=part, args=(lane,), name=f"lane-{lane}") for lane in range(LANES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


# One situation --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Carried:
    """A situation that was carried out: the life that it was, and what it told meanwhile."""

    life: Life
    told: tuple[Strike, ...]
    half_written: tuple[str, ...] = ()  # what a reader finds so, when it is dead

    @property
    def struck(self) -> tuple[Strike, ...]:
        return tuple(each for each in self.told if each.action != "passed")

    @property
    def passed(self) -> Iterator[Moment]:
        return (each.moment_of for each in self.told)


def carry_out(
    scene: Scene, situation: Situation, *strikes: Strike, trace: bool = False, patience_s: float = SETTLE_S
) -> Carried:
    """Bring a service into a situation with these strikes armed; returns when it is dead, or has done all of it."""
    scene.restarts, before = 0, None
    if not situation.fresh:
        _begin(scene, patience_s, trace=trace)
        situation.prepare(scene)
        before = scene.life
    earlier = len(before.passed()) if before else 0
    with put_back_after(situation, scene), suppress(Cut, NotSettled):  # what a life leaves undone, the verdict says
        _do(scene, situation, (*strikes, *situation.helpers), trace=trace)
    assert scene.life
    told = tuple(scene.life.passed()[earlier if scene.life is before else 0 :])
    return Carried(scene.life, told, half_written(scene.spool) if scene.life.ended.is_set() else ())


def half_written(spool: Path) -> tuple[str, ...]:
    """What others may read at any time, and can't: a receipt, a report or an answer that is not whole."""
    found = []
    for path in (path for pattern in FOR_READERS for path in spool.glob(pattern)):
        try:
            json.loads(path.read_bytes())
        except ValueError:
            found.append(f"{path.parent.name}/{path.name} is half written")
    return tuple(found)


def _begin(scene: Scene, patience_s: float, *, trace: bool) -> None:
    """A service that runs, and is at an end with what was before."""
    if scene.life is None or scene.life.ended.is_set():
        scene.start(trace=trace)
        scene.wait(lambda: _is_ready(scene), "a ready service", patience_s)
    scene.settle(patience_s)
    scene.wait(lambda: is_quiet(scene), "quiet", patience_s)


def _is_ready(scene: Scene) -> bool:
    """True when the life at hand has said so; a log may be long, and only its end is looked at."""
    with suppress(FileNotFoundError), open(scene.log, "rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_END))
        return f'"service.ready", "pid": {scene.life.pid if scene.life else 0},'.encode() in log.read()
    return False


def _do(scene: Scene, situation: Situation, strikes: Sequence[Strike], *, trace: bool) -> None:
    if situation.fresh or situation.at_start:
        scene.kill()
        emptied(scene.spool) if situation.fresh else situation.do(scene)
        scene.start(*strikes, trace=trace)
        if situation.fresh:
            until(scene, (scene.spool / "decisions").is_dir, "its folders")
            situation.do(scene)
    else:
        assert scene.life
        scene.life.arm(*strikes)
        situation.do(scene)
    quiet(scene)
