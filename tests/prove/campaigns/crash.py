"""Deaths and failures of single steps: at every failpoint, and at the system calls themselves."""

import random
import signal
import subprocess
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.effects import Effect, effects
from tests.prove.failpoints import MOMENTS, Strike
from tests.prove.nursery import Life
from tests.prove.oracle import Tally
from tests.prove.orders import Dropped, Orders
from tests.prove.rig import NotSettled, Rig, Scene

PER_SCENE = 14  # runs on one spool
DRAIN_S = 40.0
NEVER_HERE = ("printing.folder", "intake.asked.put_asked", "intake.asked.take_answer", "metrics")  # CUPS; commands
AT_START = ("intake.spool", "decisions.Decisions.forget_answers")
AT_THE_PRINTER = (  # the most dangerous first
    *("pipeline._submit.create_held", "pipeline._submit.release", "ledger.ledger.note_job", "ledger.ledger.intend"),
    *("printing.cupsd.Cupsd.submit", "printing.cupsd.Cupsd.let_go", "ledger.ledger.accept", "ledger.ledger.complete"),
)
KILLS = ("write", "pwrite64", "fsync", "fdatasync", "rename", "unlink", "unlinkat", "ftruncate", "sendto", "openat")
FAILS = ("pwrite64", "fsync", "fdatasync", "rename", "unlink", "ftruncate")


@dataclass(frozen=True, slots=True)
class Target:
    """A moment of an effect; `passes` is how often an ordinary run comes to it: none, if only trouble leads there."""

    effect: Effect
    moment: str
    passes: int
    action: str

    def strike(self, chance: random.Random) -> Strike:
        """At the first, or a later time that it comes; a run drops about a third of what an ordinary run does."""
        return Strike(self.effect.name, self.moment, self.action, chance.randint(1, max(1, self.passes // 4)))


def targets(rig: Rig, chance: random.Random, *actions: str) -> list[Target]:
    """Every moment that a service with CUPS can come to, in the order of this seed; those of an ordinary run first."""
    passed = rig.nursery.ordinary = rig.nursery.ordinary or ordinary_run(rig)
    found = [
        Target(effect, moment, passed[effect.name, moment], action)
        for effect in effects()
        if not effect.name.startswith(NEVER_HERE)
        for moment in MOMENTS
        for action in actions
    ]
    chance.shuffle(found)
    return sorted(found, key=lambda target: target.passes == 0)


def ordinary_run(rig: Rig) -> Counter[tuple[str, str]]:
    """How often each moment comes while one of each kind of drop is worked off, and a note printed again."""
    with rig.scene(orders=Orders(random.Random(0), first=600_000)) as scene:
        scene.drop(*scene.orders.assortment())
        life = scene.start(trace=True)
        scene.settle()
        scene.decide("reprint", next(iter(scene.oracle.dropped.values())).note_ids[0], "again")
        scene.wait(lambda: bool(scene.logged("note.decided")), "the decision")
        scene.settle()
        return Counter((strike.name, strike.moment) for strike in life.passed())


def kill_at_each(rig: Rig, allowance: Allowance) -> Tally:
    """kill -9 at one moment after the other; between two of them everything is worked off."""
    return _struck(rig, allowance, targets(rig, rig.chance_of("kill"), "kill"))


def kill_at_the_printer(rig: Rig, allowance: Allowance) -> Tally:
    """The same at the moments between intent and receipt, where a sheet can be lost or doubled."""
    found = targets(rig, rig.chance_of("submission"), "kill")
    plan = [target for target in found if target.effect.name.startswith(AT_THE_PRINTER) and target.passes]
    plan.sort(key=lambda target: [not target.effect.name.startswith(name) for name in AT_THE_PRINTER])
    return _struck(rig, allowance, plan)


def terminate_at_each(rig: Rig, allowance: Allowance) -> Tally:
    """SIGTERM at each moment: it ends by itself, with 0, in time, and what it left is done by the next one.

    Before it has begun to listen, at its very start, the signal itself ends it.
    """
    return _struck(rig, allowance, targets(rig, rig.chance_of("term"), "term"))


def fail_at_each(rig: Rig, allowance: Allowance) -> Tally:
    """EIO and ENOSPC in the place of each effect, or after it; the ledger's come from its commits."""
    found = targets(rig, rig.chance_of("errors"), "eio", "enospc")
    plan = [each for each in found if each.effect.kind != "ledger" or each.effect.name.endswith("commit")]
    return _struck(rig, allowance, plan, may_flag=True)


def kill_in_pairs(rig: Rig, allowance: Allowance) -> Tally:
    """kill -9 at a moment, and again while the next service takes up what the first has left."""
    chance, tally = rig.chance_of("kill-pairs"), Tally()
    plan = targets(rig, chance, "kill")
    first, second = ([target for target in plan if target.passes], plan)
    while allowance.has_room(tally.runs, 8):
        with rig.scene() as scene:
            struck: list[str] = []
            for _ in range(PER_SCENE // 2):
                if not allowance.has_room(tally.runs, 8):
                    break
                scene.drop(*some_drops(scene, tally.runs))
                for target in (chance.choice(first), chance.choice(second)):
                    life = scene.start(target.strike(chance))
                    await_end(scene, life)
                    scene.kill()
                    struck += map(str, life.struck)
                tally.runs += 1
            tally.add(_in_words(scene.verdict(), struck))
    return tally


def _struck(rig: Rig, allowance: Allowance, plan: Sequence[Target], *, may_flag: bool = False) -> Tally:
    """Strike at each moment of the plan, as far as the allowance goes."""
    chance, tally, left, came = rig.chance_of("hits"), Tally(), deque(plan), set()
    while left and allowance.has_room(tally.runs, 6):
        with rig.scene() as scene:
            struck: list[str] = []
            scene.start()
            for _ in range(PER_SCENE):
                if not left or not allowance.has_room(tally.runs, 6):
                    break
                target = left.popleft()
                tally.runs += 1
                life = _strike_once(scene, target.strike(chance), tally)
                struck += map(str, life.struck)
                came |= {(strike.name, strike.moment, strike.action) for strike in life.struck}
            tally.add(_in_words(scene.verdict(may_flag=may_flag), struck))
    tally.remarks = [f"{len(came)} of {tally.runs} came to pass; {len(left)} of {len(plan)} were left for a longer run"]
    return tally


def _strike_once(scene: Scene, strike: Strike, tally: Tally) -> Life:
    """Arm the service that runs (one that strikes at its start, the next one), let it work, and go on."""
    if strike.name.startswith(AT_START):
        scene.kill()
        life = scene.start(strike)
    else:
        life = scene.start_if_ended()
        life.arm(strike)
    scene.drop(*some_drops(scene, tally.runs))
    with suppress(NotSettled):
        await_end(scene, life)
    if strike.action == "term" and life.struck:
        began = time.monotonic()
        if not life.ended.wait(DRAIN_S):
            tally.find(f"{strike}: does not end within {DRAIN_S:.0f} s of SIGTERM")
            life.kill()
        elif life.exit_code and not (life.exit_code == -signal.SIGTERM and strike.name.startswith(AT_START)):
            tally.find(f"{strike}: ended with {life.exit_code} after {time.monotonic() - began:.1f} s")
    return life


def some_drops(scene: Scene, number: int) -> list[Dropped]:
    """What a run drops: an order always, and in turn what leads down the other ways; now and then a decision."""
    orders = scene.orders
    done = [name for drop in scene.oracle.dropped.values() for name in drop.note_ids if scene.oracle.is_settled(drop)]
    if number % 5 == 2 and done:
        scene.decide("reprint", done[0], f"decision-{number}")
    others = (orders.parcels, orders.flat, orders.broken, orders.half)
    return [orders.one(), others[number % 4]()]


def await_end(scene: Scene, life: Life, patience_s: float = 20.0) -> None:
    """Wait until this life has ended, or all that was dropped is done."""
    until = time.monotonic() + patience_s
    while not life.ended.wait(0.02) and time.monotonic() < until:
        if not scene.oracle.unsettled() and not scene.left():
            return


def _in_words(tally: Tally, struck: Sequence[str]) -> Tally:
    """The verdict; if it is red, with what had struck on that spool."""
    if tally.is_red:
        tally.find(f"   had struck there: {'; '.join(struck[-PER_SCENE:])}")
    return tally


# System calls --------------------------------------------------------------------------------------------------------


def inject_at_system_calls(rig: Rig, allowance: Allowance) -> Tally:
    """SIGKILL, EIO or ENOSPC at the Nth write, fsync, rename ... of one order, by strace at the running service."""
    chance, tally, came = rig.chance_of("syscalls"), Tally(), 0
    while allowance.has_room(tally.runs, 8):
        with rig.scene() as scene:
            injected: list[str] = []
            for _ in range(PER_SCENE):
                if not allowance.has_room(tally.runs, 8):
                    break
                injected.append(_injection(chance))
                came += _inject(scene, injected[-1])
                tally.runs += 1
            tally.add(_in_words(scene.verdict(may_flag=True), injected))
    tally.remarks = [f"{came} of {tally.runs} came to pass"]
    return tally


def _injection(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return f"{chance.choice(KILLS)}:signal=KILL:when={chance.randint(1, 25)}"
    return f"{chance.choice(FAILS)}:error={chance.choice(('EIO', 'ENOSPC'))}:when={chance.randint(1, 12)}"


def _inject(scene: Scene, injection: str) -> bool:
    """True if it came to pass."""
    if scene.life is None or scene.life.ended.is_set():
        scene.start()
        scene.wait_ready()
    assert scene.life
    told = scene.home / "strace"
    with _traced(scene.life, injection, told):
        scene.drop(scene.orders.one())
        await_end(scene, scene.life)
    text = told.read_text(errors="replace")
    return "INJECTED" in text or "killed by SIGKILL" in text


@contextmanager
def _traced(life: Life, injection: str, told: Path) -> Iterator[None]:
    """strace at this service inside the block; it is attached when the block begins."""
    call = injection.partition(":")[0]
    where = ("-f", "-p", str(life.pid), "-o", str(told))
    command = ["strace", *where, "-e", f"trace={call}", "-e", f"inject={injection}"]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE)
    assert tracer.stderr
    tracer.stderr.readline()  # "Process N attached"
    drain = threading.Thread(target=tracer.stderr.read, daemon=True)
    drain.start()
    try:
        yield
    finally:
        tracer.send_signal(signal.SIGTERM)
        tracer.wait(DRAIN_S)
        drain.join(DRAIN_S)
        tracer.stderr.close()


CAMPAIGNS = (
    Campaign("submission", "kill -9 between intent and receipt", "SIGKILL", "one sheet", kill_at_the_printer, 2),
    Campaign("kill", "kill -9 at each failpoint", "SIGKILL", "all done by the next start", kill_at_each, 6),
    Campaign("kill-pairs", "kill -9 in pairs", "SIGKILL, again in the recovery", "the same", kill_in_pairs, 3),
    Campaign("term", "SIGTERM at each failpoint", "SIGTERM", "exit 0 in time", terminate_at_each, 3),
    Campaign("errors", "EIO, ENOSPC at each failpoint", "raised", "again later, or held", fail_at_each, 4),
    Campaign(
        "syscalls",
        "kill, EIO, ENOSPC at system calls",
        "strace inject",
        "again later, or held",
        inject_at_system_calls,
        2,
        ("strace", "root"),
    ),
)
