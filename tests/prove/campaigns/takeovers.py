"""Another printer takes over what one has begun, or may have: of the same queue, or of the backup."""

import random
import threading
from collections import Counter
from contextlib import suppress

from tests.ipp_printer import IppPrinter
from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.campaigns.printer_faults import QUEUE, printer_of
from tests.prove.oracle import Tally
from tests.prove.rig import NotSettled, Rig, Scene

NOTES = 50
NOTES_A_S = 10
PRINTS_IN_S = 0.03
STANDS_S = (0.3, 1.5)  # one printer, until the other one takes its place
LIVES_S = 3.0  # a service that was killed, at least: it has to start
DOUBLE = "printed-twice"


def exchanged(rig: Rig, allowance: Allowance) -> Tally:
    """Two printers, both on, take turns at a queue; CUPS sends the new one what it was sending to the old one.

    Both tell what they have put out, so that of no note there is any doubt: who waits for a person has two sheets. In
    every other run the service is killed before a printer is exchanged, and started after it.
    """
    chance, tally = rig.chance_of("exchanges"), Tally()
    with rig.scene() as scene:
        scene.lab.start_printer("spare")
        both = (printer_of(scene), printer_of(scene, "spare"))
        for printer in both:
            printer.prints_in_s = PRINTS_IN_S
        scene.start()
        scene.wait_ready()
        while allowance.has_room(tally.runs, 10):
            verdict = _print_under_exchanges(scene, both, chance, is_killed=tally.runs % 2 == 1)
            tally.add(verdict)
            tally.runs += 1
            if verdict.is_red:
                break
        tally.add(scene.verdict(may_flag=True))
    return tally


def _print_under_exchanges(
    scene: Scene, both: tuple[IppPrinter, IppPrinter], chance: random.Random, *, is_killed: bool
) -> Tally:
    are_dropped = threading.Event()
    stands_s = [chance.uniform(*STANDS_S) for _ in range(NOTES)]

    def exchange() -> None:
        for turn, seconds in enumerate(stands_s):
            if are_dropped.wait(seconds):
                return
            if is_killed:
                scene.kill()
            scene.lab.connection().addPrinter(QUEUE, device=f"{both[turn % 2 - 1].uri}?waitjob=false")
            if is_killed:
                scene.start()
                are_dropped.wait(LIVES_S)

    exchanging = threading.Thread(target=exchange)
    exchanging.start()
    try:
        for _ in range(NOTES):
            scene.drop(scene.orders.one("en"))
            threading.Event().wait(chance.expovariate(NOTES_A_S))
    finally:
        are_dropped.set()
        exchanging.join()
    verdict = scene.chapter(may_flag=True)
    sheets = Counter(sheet.job_name for sheet in scene.oracle.sheets())
    held = scene.oracle.codes()
    if set(held) - {"", DOUBLE}:
        verdict.find(f"in doubt, though both printers tell: {Counter(filter(None, held))}")
    if held.count(DOUBLE) != sum(count > 1 for count in sheets.values()):
        verdict.find(f"{held.count(DOUBLE)} are said to be double, and {sheets.most_common(3)} lie there")
    scene.is_red |= verdict.is_red
    scene.turn_page()
    return verdict


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
        "exchanges", "a queue is given another printer", "in mid-print", "printed, doubles flagged", exchanged, 30
    ),
    Campaign(
        "begun",
        "cupsd forgets what it had begun",
        "killed, its printer off",
        "printed once, or flagged",
        begun_and_forgotten,
        20,
    ),
)
