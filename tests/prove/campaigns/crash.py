"""Deaths and failures of single steps: at every failpoint, and at the system calls themselves."""

import random
import re
import signal
import subprocess
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from service.model import order_of
from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.effects import effects
from tests.prove.failpoints import MOMENTS, Strike
from tests.prove.moments import Carried, Target, carry_out, in_lanes, stage, targets, uncoded_orders, verdict
from tests.prove.nursery import Life
from tests.prove.oracle import CODE, Tally
from tests.prove.orders import MARKER, Dropped
from tests.prove.poison import KILLS as DEADLY
from tests.prove.rig import NotSettled, Rig, Scene
from tests.prove.situations import ORDER, PARCELS, Cut, Situation, quiet, situation
from tests.shop import order_file

PER_SCENE = 14  # runs on one spool
PER_STAGE = 25
ATTEMPTS = 3
ROOM_S = 4.0
DRAIN_S = 40.0
TRACER_S = 3.0
MOST_DEATHS = 3  # of the service, by one file
MOST_PAIRS = 400
BEFORE_IT_LISTENS = ("intake.spool", "customers", "ledger.writer", "files")  # at the very start of a first service
AT_THE_PRINTER = (  # the most dangerous first
    *("pipeline._submit.create_held", "pipeline._submit.release", "ledger.ledger.note_job", "ledger.ledger.intend"),
    *("printing.cupsd.Cupsd.submit", "printing.cupsd.Cupsd.let_go", "ledger.ledger.accept", "ledger.ledger.complete"),
)
KILLS = ("write", "pwrite64", "fsync", "fdatasync", "rename", "unlink", "unlinkat", "ftruncate", "sendto", "openat")
FAILS = ("pwrite64", "fsync", "fdatasync", "rename", "unlink", "ftruncate")


@dataclass
class Strikes:
    """What came of the moments of a plan; every lane writes into it."""

    tally: Tally = field(default_factory=Tally)
    came: set[str] = field(default_factory=set)
    missed: list[str] = field(default_factory=list)
    left: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def said(self, planned: int, never: Sequence[str]) -> Tally:
        """The tally, with how far it got."""
        far = f"{len(self.came)} of {planned} came to pass"
        self.tally.reached, self.tally.reachable = len(self.came), planned
        self.tally.remarks = [far + (f"; {self.left} were left for a longer run" if self.left else "")]
        self.tally.remarks += [f"did not come to pass: {'; '.join(sorted(self.missed))}"] if self.missed else []
        if never:
            self.tally.find(f"no situation leads to: {'; '.join(never)}")
        return self.tally


def kill_at_each(rig: Rig, allowance: Allowance) -> Tally:
    """kill -9 at one moment after the other; between two of them everything is worked off."""
    return _struck(rig, allowance, targets(rig, rig.chance_of("kill"), "kill"))


def terminate_at_each(rig: Rig, allowance: Allowance) -> Tally:
    """SIGTERM at each moment: it ends by itself, with 0, in time, and what it left is done by the next one.

    Before it has begun to listen, at its very start, the signal itself ends it.
    """
    return _struck(rig, allowance, targets(rig, rig.chance_of("term"), "term"))


def fail_at_each(rig: Rig, allowance: Allowance) -> Tally:
    """EIO and ENOSPC in the place of each effect, or after it; the ledger's in the place of its commits."""
    plan, never = targets(rig, rig.chance_of("errors"), "eio", "enospc")
    return _struck(rig, allowance, ([each for each in plan if _can_fail(each)], never), may_flag=True)


def _can_fail(target: Target) -> bool:
    """A commit of SQLite that fails has not been: there is none that is done and nobody knows."""
    is_commit = target.effect.name.endswith("commit")
    return target.effect.kind != "ledger" or (is_commit and target.moment == "before")


def kill_in_pairs(rig: Rig, allowance: Allowance) -> Tally:
    """kill -9 at a moment, and again while the next service takes up what the first has left."""
    chance, found = rig.chance_of("kill-pairs"), Strikes()
    plan, _ = targets(rig, chance, "kill")
    firsts = [each for each in plan if each.way(0).is_plain]
    pairs = [(chance.choice(firsts), chance.choice(plan)) for _ in range(min(MOST_PAIRS, allowance.most_runs))]
    in_lanes(lambda lane, part: Lane(rig, allowance, lane, found).strike_pairs(part), pairs)
    found.tally.remarks = [f"{len(pairs) - found.left} pairs, of {len(firsts)} moments and {len(plan)}"]
    return found.tally


def kill_at_the_printer(rig: Rig, allowance: Allowance) -> Tally:
    """The same at the moments between intent and receipt, on services that are started for real, workers and all."""
    chance, tally, came = rig.chance_of("submission"), Tally(), 0
    plan = [
        Strike(effect.name, moment, "kill", chance.randint(1, 2))
        for effect in sorted(effects(), key=lambda each: [not each.name.startswith(name) for name in AT_THE_PRINTER])
        if effect.name.startswith(AT_THE_PRINTER)
        for moment in MOMENTS
    ]
    while tally.runs < len(plan) and allowance.has_room(tally.runs, 6):
        with rig.scene() as scene:
            struck: list[Strike] = []
            for strike in plan[tally.runs : tally.runs + PER_SCENE]:
                if not allowance.has_room(tally.runs, 6):
                    break
                tally.runs += 1
                carried = carry_out(scene, PARCELS, strike)
                struck += carried.struck
                came += strike in carried.struck
            tally.add(_in_words(scene.verdict(), struck))
    tally.remarks = [f"{came} of {tally.runs} came to pass; {len(plan) - tally.runs} were left for a longer run"]
    return tally


def _struck(
    rig: Rig, allowance: Allowance, planned: tuple[list[Target], list[str]], *, may_flag: bool = False
) -> Tally:
    """Strike at each moment of the plan, as far as the allowance goes."""
    found, (plan, never) = Strikes(), planned
    plan = plan[: allowance.most_runs]
    in_lanes(lambda lane, part: Lane(rig, allowance, lane, found, may_flag).strike_all(part), plan)
    return found.said(len(plan), never)


@dataclass
class Lane:
    """Strikes at its part of a plan, on one spool after the other."""

    rig: Rig
    allowance: Allowance
    number: int
    found: Strikes
    may_flag: bool = False

    def __post_init__(self) -> None:
        self.chance = self.rig.chance_of(f"hits of lane {self.number}")

    def strike_all(self, plan: Sequence[Target]) -> None:
        """Each target once; where it came to nothing, some further times in other situations."""
        left = deque((target, 0) for target in sorted(plan, key=lambda each: (each.turn, _stage_of(each.way(0)))))
        while left and self.allowance.has_room(self.found.tally.runs, ROOM_S):
            place = _stage_of(left[0][0].way(left[0][1]))
            with self._spool(place) as (scene, struck):
                for _ in range(1 if left[0][0].way(left[0][1]).fresh else PER_STAGE):
                    target, attempt = left[0]
                    if place != _stage_of(target.way(attempt)) or not self._has_room:
                        break
                    left.popleft()
                    if not self._strike(scene, struck, target, attempt) and attempt + 1 < ATTEMPTS:
                        left.append((target, attempt + 1))
                    if not left:
                        break
        with self.found.lock:
            self.found.left += len(left)

    def strike_pairs(self, pairs: Sequence[tuple[Target, Target]]) -> None:
        """The first of each pair, then the second while the next life takes up what is left."""
        left = deque(pairs)
        while left and self._has_room:
            with self._spool(_stage_of(ORDER)) as (scene, struck):
                for _ in range(min(PER_STAGE, len(left))):
                    if not self._has_room:
                        break
                    first, second = left.popleft()
                    struck += map(str, carry_out(scene, first.way(0), first.strike(self.chance, 0)).struck)
                    life = scene.start_if_ended()
                    life.arm(second.strike(self.chance, 1))
                    with suppress(Cut, NotSettled):
                        quiet(scene)
                    struck += map(str, life.struck)
                    with self.found.lock:
                        self.found.tally.runs += 1
        with self.found.lock:
            self.found.left += len(left)

    @property
    def _has_room(self) -> bool:
        return self.allowance.has_room(self.found.tally.runs, ROOM_S)

    def _strike(self, scene: Scene, struck: list[str], target: Target, attempt: int) -> bool:
        """True if it came to pass."""
        way, strike = target.way(attempt), target.strike(self.chance, attempt)
        struck.append(f"{strike} in: {way.name}")
        carried = carry_out(scene, way, strike)
        came = strike in carried.struck
        with self.found.lock:
            self.found.tally.runs += 1
            if came:
                self.found.came.add(str(replace(strike, hit=1)))
            elif attempt + 1 == ATTEMPTS:
                self.found.missed.append(f"{strike.moment} {strike.name}")
        if not came:
            struck.pop()
        self.found.tally.findings += wrong_with(carried)
        return came

    @contextmanager
    def _spool(self, place: str) -> Iterator[tuple[Scene, list[str]]]:
        """A scene for some strikes, and the verdict on them."""
        with stage(self.rig, self.number, place.partition(" ")[0]) as scene:
            struck: list[str] = []
            broke = ""
            try:
                yield scene, struck
            except NotSettled as error:
                said = " | ".join(scene.log.read_text(errors="replace").splitlines()[-8:])
                broke = f"did not come: {error}; said last: {said}"
            tally = verdict(scene, may_flag=self.may_flag)
            if broke:
                tally.find(broke)
            with self.found.lock:
                self.found.tally.add(_in_words(tally, struck))


def _stage_of(situation: Situation) -> str:
    """Situations of which this is the same can share a spool; a fresh one is alone."""
    return f"{situation.backend}{' fresh' if situation.fresh else ''}"


def strike_in(rig: Rig, way: Situation, strikes: Sequence[Strike], patience_s: float) -> Tally:
    """These strikes, one after the other, in the same situation; without any, it is carried out as it is."""
    tally = Tally()
    with stage(rig, 0, way.backend) as scene:
        for armed in [(each,) for each in strikes] or [()]:
            tally.runs += 1
            tally.findings += wrong_with(carry_out(scene, way, *armed, patience_s=patience_s))
        tally.add(_in_words(verdict(scene, patience_s=patience_s), strikes))
    return tally


def wrong_with(carried: Carried) -> Iterator[str]:
    """What the end of a life has left, or how it came, that must not be."""
    yield from carried.half_written
    if not any(strike.action == "kill" for strike in carried.struck):
        for strike in carried.struck:
            if strike.action == "term":
                yield from _not_ended(carried.life, strike)


def _not_ended(life: Life, strike: Strike) -> Iterator[str]:
    """What is wrong with the end of a life that was told to end."""
    began = time.monotonic()
    if not life.ended.wait(DRAIN_S):
        yield f"{strike}: does not end within {DRAIN_S:.0f} s of SIGTERM"
        life.kill()
    elif life.exit_code and not (life.exit_code == -signal.SIGTERM and strike.name.startswith(BEFORE_IT_LISTENS)):
        yield f"{strike}: ended with {life.exit_code} after {time.monotonic() - began:.1f} s"


def _in_words(tally: Tally, struck: Sequence[object]) -> Tally:
    """The verdict; if it is red, with what had struck on that spool."""
    if tally.is_red:
        tally.find(f"   had struck there: {'; '.join(map(str, struck))}")
    return tally


# Codes ---------------------------------------------------------------------------------------------------------------


def give_codes(rig: Rig, allowance: Allowance) -> Tally:
    """Orders in bursts, across kills, each with a code of its own: counted on the paper, and compared with the ledger.

    Parcels of an order and its further sheets have the same code, gifts and who objects to marketing have none, and
    one that was redeemed while its note was on its way goes to nobody.
    """
    chance, tally = rig.chance_of("codes"), Tally()
    with stage(rig, 0) as scene:
        carry_out(scene, situation("a code is redeemed meanwhile"))
        while tally.runs < 6 and allowance.has_room(tally.runs, ROOM_S):
            scene.drop(*scene.orders.some(5), scene.orders.parcels(), scene.orders.objecting())
            life = scene.start_if_ended()
            life.arm(Strike("ledger.ledger.intend.move", chance.choice(MOMENTS), "kill", chance.randint(1, 6)))
            with suppress(Cut, NotSettled):
                quiet(scene)
            tally.runs += 1
        for name in ("reprint", "forget", "codes are imported and redeemed"):
            carry_out(scene, situation(name))
        tally.add(verdict(scene))
        sheets = scene.oracle.sheets()
        has_code = {order_of(sheet.note_id) for sheet in sheets if CODE.search(sheet.text)}
        without = {order_of(sheet.note_id) for sheet in sheets} - has_code
        if wrong := without - uncoded_orders(scene.oracle):
            tally.find(f"orders without a code: {sorted(wrong)[:5]}")
        tally.remarks = [f"{len(has_code)} orders with a code, {len(without)} of customers who object, or gifts"]
    return tally


# A file that turns deadly ---------------------------------------------------------------------------------------------


def poison_when_read_again(rig: Rig, _: Allowance) -> Tally:
    """An order that printed is printed again, and the service dies of reading its file: it ends held, with a reason."""
    poisoned = rig.home / "poisoned"
    nursery = rig.nursery_with({"PROVE_POISON_LATER": str(poisoned)})
    with rig.scene(nursery=nursery) as scene:
        order = scene.orders.shipment("en").order
        number = f"{DEADLY}{order.order_id}"
        customer = replace(order.customer, name=f"{MARKER} {number}")
        address = replace(order.delivery_address, name=customer.name)
        order = replace(order, order_id=number, customer=customer, delivery_address=address)
        shipment = replace(scene.orders.shipment("en"), order=order)
        bad = Dropped(f"a-{shipment.note_id}.json", order_file(shipment), (shipment,), is_refused=True)
        scene.drop(bad)
        scene.settle()
        scene.kill()
        poisoned.touch()
        scene.oracle.await_generation(shipment.note_id, 2)
        scene.decide("reprint", shipment.note_id, "again")
        scene.start()
        scene.drop(*scene.orders.some(2))
        tally = scene.verdict(may_flag=True)
        tally.runs = 1
        receipt = scene.oracle.receipt(bad.name)
        codes = [(note["state"], note["code"]) for note in receipt["notes"]] if receipt else []
        if codes != [("completed", ""), ("held", "deadly")]:
            tally.find(f"{bad.name}: {codes}")
        if scene.restarts > MOST_DEATHS:
            tally.find(f"the service died {scene.restarts} times of one file")
        return tally


# System calls --------------------------------------------------------------------------------------------------------


def inject_at_system_calls(rig: Rig, allowance: Allowance) -> Tally:
    """SIGKILL, EIO or ENOSPC at the Nth write, fsync, rename ... of one order, by strace at the running service."""
    chance, tally, came = rig.chance_of("syscalls"), Tally(), 0
    while allowance.has_room(tally.runs, ROOM_S):
        with stage(rig, 0) as scene:
            injected: list[str] = []
            calls = _calls_of_an_order(scene)
            for _ in range(PER_STAGE):
                if not allowance.has_room(tally.runs, ROOM_S):
                    break
                injected.append(_injection(chance, calls))
                came += _inject(scene, injected[-1])
                tally.runs += 1
            tally.add(_in_words(verdict(scene, may_flag=True), injected))
    tally.remarks = [f"{came} of {tally.runs} came to pass"]
    return tally


def _calls_of_an_order(scene: Scene) -> dict[str, int]:
    """How often the thread that makes a call most often makes it, while one order is worked off."""
    told = _worked_off(scene, ["-e", f"trace={','.join(sorted({*KILLS, *FAILS}))}"])
    by_thread = Counter(re.findall(r"^(\d+) +(\w+)\(", told, re.MULTILINE))
    calls: dict[str, int] = {}
    for (_, call), number in by_thread.items():
        calls[call] = max(number, calls.get(call, 0))
    return calls


def _injection(chance: random.Random, calls: dict[str, int]) -> str:
    """One of the calls that an order makes; strace counts for each thread by itself."""
    if chance.random() < 0.5:
        call = chance.choice([each for each in KILLS if each in calls])
        return f"{call}:signal=KILL:when={chance.randint(1, calls[call])}"
    call = chance.choice([each for each in FAILS if each in calls])
    return f"{call}:error={chance.choice(('EIO', 'ENOSPC'))}:when={chance.randint(1, calls[call])}"


def _inject(scene: Scene, injection: str) -> bool:
    """True if it came to pass."""
    told = _worked_off(scene, ["-e", f"trace={injection.partition(':')[0]}", "-e", f"inject={injection}"])
    return "INJECTED" in told or "killed by SIGKILL" in told


def _worked_off(scene: Scene, options: Sequence[str]) -> str:
    """What strace tells while one order is worked off."""
    scene.start_if_ended()
    scene.settle()
    told = scene.home / "strace"
    assert scene.life
    with _traced(scene.life, options, told), suppress(Cut, NotSettled):
        scene.drop(scene.orders.one())
        quiet(scene)
    return told.read_text(errors="replace")


@contextmanager
def _traced(life: Life, options: Sequence[str], told: Path) -> Iterator[None]:
    """strace at this service inside the block; it is attached when the block begins."""
    command = ["strace", "-f", "-p", str(life.pid), "-o", str(told), *options]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE)
    assert tracer.stderr
    tracer.stderr.readline()  # "Process N attached"
    drain = threading.Thread(target=tracer.stderr.read, daemon=True)
    drain.start()
    try:
        yield
    finally:
        tracer.send_signal(signal.SIGTERM)
        try:
            tracer.wait(TRACER_S)
        except subprocess.TimeoutExpired:  # it may wait for ever for threads that died while it was attached
            tracer.kill()
            tracer.wait(DRAIN_S)
        drain.join(DRAIN_S)
        tracer.stderr.close()


CAMPAIGNS = (
    Campaign(
        "submission",
        "kill -9 between intent and receipt",
        "SIGKILL",
        "one sheet",
        kill_at_the_printer,
        25,
    ),
    Campaign(
        "kill", "kill -9 at each failpoint", "SIGKILL", "all done by the next start", kill_at_each, 90, has_lanes=True
    ),
    Campaign(
        "kill-pairs",
        "kill -9 in pairs",
        "SIGKILL, again in the recovery",
        "the same",
        kill_in_pairs,
        30,
        has_lanes=True,
    ),
    Campaign("term", "SIGTERM at each failpoint", "SIGTERM", "exit 0 in time", terminate_at_each, 60, has_lanes=True),
    Campaign(
        "errors", "EIO, ENOSPC at each failpoint", "raised", "again later, or held", fail_at_each, 90, has_lanes=True
    ),
    Campaign("codes", "kills while voucher codes are given", "SIGKILL", "each code to one order", give_codes, 9),
    Campaign(
        "deadly-again",
        "a file that kills the service when read again",
        "poisoned after it printed",
        "held; neighbours print",
        poison_when_read_again,
        20,
    ),
    Campaign(
        "syscalls",
        "kill, EIO, ENOSPC at system calls",
        "strace inject",
        "again later, or held",
        inject_at_system_calls,
        20,
        ("strace", "root"),
    ),
)
