"""Another printer takes over what one has begun, or may have: of the same queue, or of the backup."""

import itertools
import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import Enum

from tests.ipp_printer import IppPrinter
from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.campaigns.printer_faults import QUEUE, printer_of
from tests.prove.oracle import Tally
from tests.prove.rig import NotSettled, Rig, Scene

NOTES = 50
NOTES_A_S = 10
PRINTS_IN_S = 0.03
SLOWLY_S = 0.5  # CUPS is done with a note by then, and the service is not: a life ends in between
STANDS_S = (0.3, 1.5)  # one printer, until the other one takes its place
LIVES_S = 3.0  # a service that was killed, at least: it has to start
SEEN_S = 0.4  # by then it has often seen which printer is there
DOUBLE = "printed-twice"


class Meanwhile(Enum):
    """What else happens when the printers are exchanged."""

    NOTHING = "nothing"
    KILLED_BEFORE = "the service is killed before, and started after it"
    KILLED_AFTER = "the service is killed when it has seen it, and started"
    OFF = "the one that has lost its place is switched off"

    @property
    def kills(self) -> bool:
        return self in (Meanwhile.KILLED_BEFORE, Meanwhile.KILLED_AFTER)


def exchanged(rig: Rig, allowance: Allowance) -> Tally:
    """Two printers take turns at a queue; CUPS sends the new one what it was sending to the old one.

    Where both are on, both tell what they have put out, and of no note there is any doubt: who waits for a person has
    two sheets.
    """
    chance, tally, exchanges = rig.chance_of("exchanges"), Tally(), 0
    with rig.scene() as scene:
        scene.lab.start_printer("spare")
        both = (printer_of(scene), printer_of(scene, "spare"))
        scene.start()
        scene.wait_ready()
        for meanwhile in itertools.cycle(Meanwhile):
            if not allowance.has_room(tally.runs, 12):
                break
            verdict, count = _print_under_exchanges(scene, both, chance, meanwhile)
            exchanges += count
            tally.add(verdict, f"meanwhile {meanwhile.value}")
            tally.runs += 1
            if verdict.is_red:
                break
        tally.add(scene.verdict(may_flag=True))
    tally.remarks.append(f"{exchanges} exchanges")
    return tally


def _print_under_exchanges(
    scene: Scene, both: tuple[IppPrinter, IppPrinter], chance: random.Random, meanwhile: Meanwhile
) -> tuple[Tally, int]:
    """The verdict, and how often another printer was there."""
    are_dropped = threading.Event()
    for printer in both:
        printer.prints_in_s = SLOWLY_S if meanwhile.kills else PRINTS_IN_S
    stands_s = [chance.uniform(*STANDS_S) for _ in range(NOTES)]

    def exchange() -> int:
        for turn, seconds in enumerate(stands_s):
            if are_dropped.wait(seconds):
                return turn
            _exchange(scene, both[turn % 2], both[turn % 2 - 1], meanwhile)
            are_dropped.wait(LIVES_S if meanwhile.kills else 0)
        return len(stands_s)

    with ThreadPoolExecutor(1) as beside:
        exchanging = beside.submit(exchange)
        try:
            for _ in range(NOTES):
                scene.drop(scene.orders.one("en"))
                threading.Event().wait(chance.expovariate(NOTES_A_S))
        finally:
            are_dropped.set()
        exchanges = exchanging.result()
    for printer in both:
        _switch_on(printer)
    scene.lab.connection().enablePrinter(QUEUE)
    verdict = scene.chapter(may_flag=True)
    if meanwhile is not Meanwhile.OFF:
        for what in _doubts(scene):
            verdict.find(what)
    if not exchanges:
        verdict.find("no printer was exchanged")
    scene.is_red |= verdict.is_red
    scene.turn_page()
    return verdict, exchanges


def _exchange(scene: Scene, old: IppPrinter, new: IppPrinter, meanwhile: Meanwhile) -> None:
    if meanwhile is Meanwhile.KILLED_BEFORE:
        scene.kill()
    if meanwhile is Meanwhile.OFF:
        _switch_on(new)
    scene.lab.connection().addPrinter(QUEUE, device=f"{new.uri}?waitjob=false")
    if meanwhile is Meanwhile.KILLED_AFTER:
        threading.Event().wait(SEEN_S)
        scene.kill()
    if meanwhile is Meanwhile.OFF:
        old.stop()
    if meanwhile.kills:
        scene.start()


def _switch_on(printer: IppPrinter) -> None:
    if not printer.is_on:
        printer.start()


def _doubts(scene: Scene) -> Iterator[str]:
    """Notes of which more, or less, is said than the paper says."""
    sheets = Counter(sheet.job_name for sheet in scene.oracle.sheets())
    held = {name: code for name, code in scene.oracle.waiting().items() if code}
    double = {name for name, count in sheets.items() if count > 1}
    if doubtful := {name: code for name, code in held.items() if code != DOUBLE}:
        yield f"in doubt, though both printers tell: {doubtful}"
    if said := {name for name, code in held.items() if code == DOUBLE} - double:
        yield f"said to be double, and there is one sheet: {sorted(said)}"


def begun_and_forgotten(rig: Rig, allowance: Allowance) -> Tally:
    """cupsd is killed and does not know any more what it had begun; and then the printer is off.

    What waits in a queue that is down goes to the backup, but not what may lie in the printer's tray.
    """
    chance, tally = rig.chance_of("begun"), Tally()
    with rig.scene() as scene:
        printer = printer_of(scene)
        scene.start()
        scene.wait_ready()
        while allowance.has_room(tally.runs, 6):
            printer.prints_in_s = chance.choice((0.0, 0.3))
            scene.drop(*(scene.orders.one("en") for _ in range(6)))
            threading.Event().wait(chance.uniform(0.0, 0.6))
            scene.lab.kill_cupsd(backends=True)
            printer.stop()
            if chance.random() < 0.5:
                _stop_queue_in_its_file(scene)
            scene.lab.start_cupsd()
            with suppress(NotSettled):
                scene.settle(chance.uniform(2, 4))
            printer.start()
            scene.lab.connection().enablePrinter(QUEUE)
            verdict = scene.chapter(may_flag=True)
            scene.turn_page()
            tally.add(verdict)
            tally.runs += 1
            if verdict.is_red:
                break
        tally.add(scene.verdict(may_flag=True))
    return tally


def _stop_queue_in_its_file(scene: Scene) -> None:
    """While cupsd is away: it comes back with the queue stopped, as one that had been kept so."""
    kept = scene.lab.home / "etc/printers.conf"
    head, begin, queue = kept.read_text().partition(f"Printer {QUEUE}>")
    kept.write_text(head + begin + queue.replace("State Idle", "State Stopped", 1))


CAMPAIGNS = (
    Campaign(
        "exchanges", "a queue is given another printer", "in mid-print", "printed, doubles flagged", exchanged, 75
    ),
    Campaign(
        "begun",
        "cupsd forgets what it had begun",
        "killed, its printer off",
        "printed once, or flagged",
        begun_and_forgotten,
        30,
    ),
)
