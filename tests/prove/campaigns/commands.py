"""Commands that write into the spool or the ledger, killed at each of their failpoints.

Once beside a service that runs, and where they do their work themselves, once without one. A command that died is asked
again, as a person would; then what it was to do is done, once and whole, and the service goes on as ever.
"""

import itertools
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from service.content.shelf import Shelf
from service.ledger.ledger import Ledger
from service.ledger.vouchers import pool_counts
from service.recommending.model_file import ModelUnreadable, load_model
from service.recommending.recommendations import FILE_NAME
from tests.conftest import ROOT
from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.effects import Effect, effects
from tests.prove.failpoints import Strike
from tests.prove.moments import OF_COMMANDS, in_lanes, stage, verdict
from tests.prove.nursery import Life
from tests.prove.oracle import Tally
from tests.prove.rig import NotSettled, Rig, Scene
from tests.prove.situations import LINE, OTHER_LINE

ENDS_IN_S = 90.0
ROOM_S = 5.0
CODES = 40
PACK = "2026-W48"
NO_DAY = date(2000, 1, 1)
BOTH, ALONE = (True, False), (False,)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Command:
    """What a person types, by the scene; and what is wrong when it was done, empty if nothing is."""

    name: str
    typed: Callable[[Scene], list[str]]
    wrong: Callable[[Scene, list[str]], str] = lambda *_: ""
    beside_service: tuple[bool, ...] = BOTH
    orders: int = 3  # that printed before


def _note(scene: Scene) -> str:
    return next(drop for drop in scene.oracle.dropped.values() if drop.note_ids).note_ids[0]


def _decide(what: str) -> Command:
    def typed(scene: Scene) -> list[str]:
        note = _note(scene)
        scene.oracle.await_generation(note, 2)
        return [what, note, "--reason", "to prove it"]

    return Command(what, typed, beside_service=(True,))


def _submit(scene: Scene) -> list[str]:
    drop = scene.orders.one("en")
    path = scene.home / drop.name
    path.write_bytes(drop.content)
    scene.oracle.expect_note(drop)
    return ["submit", str(path)]


def _import(scene: Scene) -> list[str]:
    number = next(_numbers)
    path = scene.home / f"codes-{number}.csv"
    path.write_text("code,percent\n" + "".join(f"P{number}-{row},10\n" for row in range(CODES)))
    return ["vouchers", "import", f"pool-{number}", str(path)]


def _not_all_codes(scene: Scene, typed: list[str]) -> str:
    ledger = Ledger(scene.spool / "ledger.db", read_only=True)
    try:
        found = [count.codes for count in pool_counts(ledger, NO_DAY, {}) if count.pool == typed[2]]
    finally:
        ledger.close()
    return "" if found == [CODES] else f"{typed[2]} has {found} codes, not {CODES}"


def _redeem(scene: Scene) -> list[str]:
    path = scene.home / f"redeemed-{next(_numbers)}.csv"
    path.write_text("code\nRIG-000899\n")
    return ["vouchers", "redeemed", str(path)]


def _forget(scene: Scene) -> list[str]:
    drop = next(drop for drop in reversed(scene.oracle.dropped.values()) if drop.name not in scene.oracle.erased)
    scene.oracle.erased.add(drop.name)
    return ["forget", drop.shipments[0].order.customer.id]


def _activate(scene: Scene) -> list[str]:
    pictures = scene.home / "pictures"
    if not pictures.exists():
        shutil.copytree(ROOT / "image_cache", pictures, symlinks=True)
        scene.environ["SLIPWAY_IMAGE_CACHE"] = str(pictures)
    (Shelf(scene.spool).folder / f"of-long-ago-{next(_numbers)}").mkdir(parents=True, exist_ok=True)
    return ["content", "activate", PACK]


def _not_whole(scene: Scene, typed: list[str]) -> str:
    shelf = Shelf(scene.spool)
    names, packs = shelf.active().packs, shelf.packs()
    return "" if len(packs) == len(names) == 1 else f"active are {names}, whole {len(packs)}"


def _no_model(scene: Scene, typed: list[str]) -> str:
    try:
        load_model((scene.spool / FILE_NAME).read_bytes())
    except (OSError, ModelUnreadable) as error:
        return f"no whole {FILE_NAME}: {error}"
    return ""


COMMANDS = (
    Command("submit", _submit),
    Command("vouchers import", _import, _not_all_codes),
    Command("vouchers redeemed", _redeem),
    Command("campaigns pause", lambda _: ["campaigns", "pause", "codes", "--reason", "to prove it"]),
    Command("campaigns resume", lambda _: ["campaigns", "resume", "codes", "--reason", "to prove it"]),
    Command("prune", lambda _: ["prune"]),
    Command("forget", _forget, orders=40),
    Command("scan", lambda scene: ["scan", _note(scene), "--who", "bench"], beside_service=(True,)),
    *(_decide(what) for what in ("reprint",)),
    Command("printers pause", lambda _: ["printers", "pause", LINE, "--reason", "to prove it"], beside_service=(True,)),
    Command(
        "printers move",
        lambda _: ["printers", "move", LINE, OTHER_LINE, "--reason", "to prove it"],
        beside_service=(True,),
    ),
    Command(
        "printers resume", lambda _: ["printers", "resume", LINE, "--reason", "to prove it"], beside_service=(True,)
    ),
    Command("recommend build", lambda _: ["recommend", "build"], _no_model, ALONE),
    Command("content activate", _activate, _not_whole, ALONE),
)
MADE_BY = {  # effects of commands alone, by how their names begin, and a command that comes to each
    "intake.asked.": "reprint",
    "cli.drops.": "submit",
    "content.": "content activate",
    "recommending.": "recommend build",
}


@dataclass
class Found:
    """What came of all the commands."""

    tally: Tally = field(default_factory=Tally)
    reached: set[str] = field(default_factory=set)
    came: int = 0
    planned: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def kill_commands(rig: Rig, allowance: Allowance) -> Tally:
    """Each command, killed at each moment that it comes to."""
    found = Found()
    plan = [(command, beside) for command in COMMANDS for beside in command.beside_service]

    def some(lane: int, part: Sequence[tuple[Command, bool]]) -> None:
        for command, beside in part:
            with stage(rig, lane) as scene:
                try:
                    _kill_each(scene, allowance, (command, beside), found)
                except NotSettled as error:
                    found.tally.find(f"{command.name}: did not come: {error}")
                with found.lock:
                    found.tally.add(verdict(scene))

    in_lanes(some, plan[: allowance.most_runs])
    of_commands = [effect.name for effect in effects() if effect.name.startswith(OF_COMMANDS)]
    found.tally.remarks = [f"{found.came} of {found.planned} came to pass, of {len(plan)} commands"]
    never = [name for name in of_commands if name not in found.reached]
    if never and allowance.most_runs >= len(plan):
        found.tally.find(f"no command comes to: {'; '.join(never)}")
    return found.tally


def _kill_each(scene: Scene, allowance: Allowance, way: tuple[Command, bool], found: Found) -> None:
    command, beside = way
    begin(scene, command.orders, beside=beside)
    traced = run(scene, command.typed(scene), trace=True)
    moments = dict.fromkeys(strike.moment_of for strike in traced.passed())
    if traced.exit_code:
        found.tally.find(f"{command.name}: ended with {traced.exit_code}: {last_words(scene)}")
    with found.lock:
        found.planned += len(moments)
        found.reached.update(name for name, _ in moments)
    for moment in moments:
        if not allowance.has_room(found.tally.runs, ROOM_S):
            return
        typed, strike = command.typed(scene), Strike(*moment, "kill")
        killed = run(scene, typed, strike)
        again = run(scene, typed)
        with found.lock:
            found.tally.runs += 1
            found.came += strike in killed.struck
        wrong = command.wrong(scene, typed)
        if wrong or again.exit_code not in (0, 1):
            ended = f"ended with {again.exit_code} when asked again: {last_words(scene)}"
            found.tally.find(f"{command.name}, {strike}: {wrong} {ended}")
        if scene.restarts or (beside and scene.life and scene.life.ended.is_set()):
            found.tally.find(f"{command.name}, {strike}: the service ended")


def begin(scene: Scene, orders: int, *, beside: bool) -> None:
    """Orders that printed; the service runs on, or not."""
    scene.drop(*scene.orders.some(orders))
    scene.settle()
    if not beside:
        scene.kill()


def run(scene: Scene, typed: Sequence[str], *strikes: Strike, trace: bool = False) -> Life:
    """Carry out a command; returns when it has ended, and the service has done what it asked for."""
    folder = scene.arguments[1]
    life = scene.nursery.start(
        [*typed, "--config", folder], scene.environ, scene.home / "commands.log", strikes, trace=trace
    )
    if not life.ended.wait(ENDS_IN_S):
        life.kill()
        raise NotSettled(f"the end of {' '.join(typed)}")
    if scene.life and not scene.life.ended.is_set():
        scene.wait(lambda: not scene.asked(), "carried out")
    return life


def last_words(scene: Scene) -> str:
    """What the last command said of itself."""
    return " | ".join((scene.home / "commands.log").read_text(errors="replace").splitlines()[-3:])


def cut_after_command(scene: Scene, effect: Effect, cut: Callable[[], None]) -> Tally:
    """The power is cut when a command has returned that comes to this effect: what it was to do is still done."""
    tally = Tally(runs=1)
    name = next(name for names, name in MADE_BY.items() if effect.name.startswith(names))
    command = next(each for each in COMMANDS if each.name == name)
    begin(scene, command.orders, beside=False)
    typed = command.typed(scene)
    run(scene, typed)
    cut()
    if wrong := command.wrong(scene, typed):
        tally.find(f"{command.name}: {wrong}")
    return tally


CAMPAIGNS = (
    Campaign(
        "commands",
        "kill -9 of commands at each failpoint",
        "SIGKILL",
        "done when asked again",
        kill_commands,
        90,
        has_lanes=True,
    ),
)
