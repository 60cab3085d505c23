"""Notes on their way to printers while something happens there, and goes again; each counted on paper."""

import itertools
import os
import random
import shutil
import subprocess
import threading
from contextlib import suppress
from dataclasses import replace
from typing import Any

from service.model import Shipment
from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.campaigns.printer_faults import FAULTS, QUEUE, Fault, jobs_in, printer_of
from tests.prove.failpoints import Strike
from tests.prove.mounts import Disk, disk
from tests.prove.oracle import Tally
from tests.prove.orders import Dropped
from tests.prove.rig import NotSettled, Rig, Scene, doubles
from tests.shop import order_file

PER_SCENE = 8
HASTE: dict[str, Any] = {"printing_patience_s": 60, "printing_call_deadline_s": 1.5}
FORGETFUL: dict[str, Any] = {"printing_call_deadline_s": 1.5, "printing_patience_s": 10}
NO_BACKUP = "int-notes"
WINDOW = 3
STUCK_AFTER_S = 20.0


def faults_of_printers(rig: Rig, allowance: Allowance) -> Tally:
    """Each fault in turn; several share a cupsd and its printers, until one is red."""
    tally = Tally()
    plan = allowance.chosen(*FAULTS, name_of=lambda fault: fault.what)
    rig.chance_of("printers").shuffle(plan)
    turns = itertools.cycle(plan)
    while plan and allowance.has_room(tally.runs, 6):
        with rig.scene(**HASTE) as scene:
            scene.start()
            scene.wait_ready()
            for _ in range(PER_SCENE):
                if not allowance.has_room(tally.runs, 3):
                    break
                fault = next(turns)
                verdict = _under(scene, fault, rig.chance_of(f"{fault.what} {tally.runs // len(plan)}"))
                tally.add(verdict, fault.what)
                tally.runs += 1
                if verdict.is_red:
                    break
            tally.add(scene.verdict(may_flag=True))
    tally.reached, tally.reachable = len(tally.faults), len(plan)
    tally.remarks = [f"{tally.reached} of {tally.reachable} faults"]
    return tally


def _under(scene: Scene, fault: Fault, chance: random.Random) -> Tally:
    printer = printer_of(scene)
    printer.prints_in_s = fault.prints_in_s
    scene.drop(scene.orders.one("en"), scene.orders.one("en"))
    threading.Event().wait(chance.uniform(0.0, 0.3))
    fault.begins(scene, printer)
    scene.drop(scene.orders.one("en"), scene.orders.one("en"))
    if fault.has_neighbours:
        scene.drop_beside(scene.orders.one("fr"), scene.orders.one("de"))
    with suppress(NotSettled):
        scene.wait(lambda: False, "the time of the fault", chance.uniform(0.4, 1.6))
    fault.ends(scene, printer)
    scene.lab.connection().enablePrinter(QUEUE)  # a person does so, where CUPS has stopped the queue: queue.down
    scene.drop(scene.orders.one("en"))
    verdict = scene.chapter(may_flag=fault.may_flag)
    printer.prints_in_s = 0.0
    if verdict.is_red:
        verdict.find(f"   the fault there: {fault.what}")
    scene.turn_page()
    return verdict


def cupsd_forgets(rig: Rig, allowance: Allowance) -> Tally:
    """cupsd loses all its jobs between a note's job and its release, and gives the id to a stranger's held job.

    The note must not be released under that id: a person is asked.
    """
    tally = Tally()
    with rig.scene() as scene:
        drop = scene.orders.one("en")
        scene.drop(drop)
        life = scene.start(Strike("pipeline._submit.release", "before", "kill"))
        life.ended.wait(60)
        if not life.struck:
            tally.find("the moment did not come")
            return tally
        scene.lab.kill_cupsd()
        for file in (*(scene.lab.home / "spool").glob("c*"), *(scene.lab.home / "spool").glob("d*")):
            file.unlink()
        (scene.lab.home / "cache/job.cache").unlink(missing_ok=True)
        shutil.rmtree(scene.lab.home / "cache", ignore_errors=True)
        (scene.lab.home / "cache").mkdir()
        scene.lab.start_cupsd()
        stranger = scene.home / "stranger.pdf"
        stranger.write_bytes(b"%PDF-1.4 no note of ours")
        scene.lab.connection().printFile(QUEUE, str(stranger), "stranger", {"job-hold-until": "indefinite"})
        tally.add(scene.verdict(may_flag=True))
        if tally.flagged != 1:
            tally.find("the note does not wait for a person")
    tally.runs = 1
    return tally


# More than CUPS takes, less than it keeps, and what its disk forgets --------------------------------------------------


def backlog(rig: Rig, allowance: Allowance) -> Tally:
    """The only printer of a site is off while hundreds of notes come: at most three stand in CUPS, the rest with us.

    An express note that comes last is printed among the first, and neighbours never notice.
    """
    with rig.scene() as scene:
        scene.start()
        scene.wait_ready()
        printer = printer_of(scene, NO_BACKUP)
        printer.stop()
        notes = [_abroad(scene.orders.shipment("en")) for _ in range(max(60, min(500, int(allowance.left_s * 8))))]
        express = _abroad(scene.orders.shipment("en"), priority="express")
        scene.drop(*notes)
        scene.drop_beside(*scene.orders.some(5))
        scene.drop(express)
        looks: list[int] = []

        def is_taken() -> bool:
            looks.append(jobs_in(scene, NO_BACKUP))
            return not scene.left_in("incoming")

        scene.wait(is_taken, "all of them taken", 120)
        printer.start()
        tally = scene.verdict(patience_s=60 + len(notes))
        tally.runs = 1
        sheets = sorted((sheet.at_s, sheet.note_id) for sheet in scene.oracle.sheets() if sheet.queue == NO_BACKUP)
        place = [note_id for _, note_id in sheets].index(express.note_ids[0]) + 1
    if max(looks) > WINDOW:
        tally.find(f"{max(looks)} jobs of one queue stood in CUPS")
    if place > 2 * WINDOW:
        tally.find(f"the express note came as number {place}")
    tally.remarks = [f"{len(notes)} waited, {max(looks)} of them in CUPS; the express note came as number {place}"]
    return tally


def _abroad(shipment: Shipment, **changes: Any) -> Dropped:
    """A shipment of the site that has one printer."""
    there = replace(shipment, order=replace(shipment.order, site="int", **changes))
    return Dropped(f"order-{there.note_id}.json", order_file(there), (there,))


def purged_history(rig: Rig, allowance: Allowance) -> Tally:
    """CUPS keeps five jobs, at work or done: a job that it does not know any more is not printed anew."""
    tally = Tally()
    for prints_in_s in (0.0, 0.4):
        if not allowance.has_room(tally.runs, 5):
            break
        with rig.scene() as scene:
            config = scene.lab.home / "etc/cupsd.conf"
            config.write_text(config.read_text().replace("MaxJobs 0", "MaxJobs 5"))
            scene.lab.restart_cupsd()
            for printer in doubles(scene.lab):
                printer.prints_in_s = prints_in_s
            scene.start()
            scene.drop(*scene.orders.some(30))
            verdict = scene.verdict(may_flag=True)
            tally.add(verdict, f"MaxJobs 5, printers take {prints_in_s} s")
            tally.runs += 1
    return tally


def cut_cups_power(rig: Rig, allowance: Allowance) -> Tally:
    """The disk of cupsd loses its power, and what was not synced: jobs that it had taken are gone, or come again.

    Or are held again, for it had not kept their release: those stand still, and a person is asked. Or cupsd has them
    twice, and its queue is stuck: what comes after goes to the backup; where that is stuck too, cupsd is restarted, as
    a person would. Its spool is written synchronously (chattr +S), as docs/operations.md advises: else documents are
    empty after a cut.
    """
    chance, tally = rig.chance_of("cups-power"), Tally()
    with disk(rig.home) as made, rig.scene(**FORGETFUL) as scene:
        _onto(made, scene)
        scene.start()
        scene.wait_ready()
        while allowance.has_room(tally.runs, 6):
            for printer in doubles(scene.lab):
                printer.prints_in_s = chance.choice((0.0, 0.0, 0.3))
                printer.accepting = chance.random() < 0.7
            scene.drop(*scene.orders.some(8))
            threading.Event().wait(chance.uniform(0.0, 0.8))
            made.cut_power()
            scene.lab.kill_cupsd(backends=True)
            made.restore()
            scene.lab.start_cupsd()
            for printer in doubles(scene.lab):
                printer.accepting = True
            scene.drop(scene.orders.one())
            _restart_cupsd_if_stuck(scene)
            verdict = scene.chapter(may_flag=True)
            scene.turn_page()
            tally.add(verdict)
            tally.runs += 1
            if verdict.is_red:
                break
        scene.kill()
        scene.lab.stop_cupsd()
    return tally


def _restart_cupsd_if_stuck(scene: Scene) -> None:
    """As the advice says: where a queue and its backup both are, no note of theirs goes on."""
    with suppress(NotSettled):
        scene.settle(STUCK_AFTER_S)
        return
    if "queue-stuck" in scene.down().values():
        scene.lab.restart_cupsd()


def _onto(made: Disk, scene: Scene) -> None:
    """Let cupsd keep its jobs on this disk."""
    scene.lab.stop_cupsd()
    made.place.parent.chmod(0o711)  # its backends run as lp
    for name in ("spool", "cache"):
        owner = (scene.lab.home / name).stat()
        shutil.move(scene.lab.home / name, made.place / name)
        os.chown(made.place / name, owner.st_uid, owner.st_gid)
        subprocess.run(["chattr", "-R", "+S", str(made.place / name)], check=True)
        (scene.lab.home / name).symlink_to(made.place / name)
    os.sync()
    scene.lab.start_cupsd()


CAMPAIGNS = (
    Campaign(
        "printers",
        "faults of cupsd and printers",
        "as named",
        "printed, or flagged",
        faults_of_printers,
        100,
    ),
    Campaign("cupsd-forgets", "cupsd loses its jobs, ids again", "its files removed", "flagged", cupsd_forgets, 5),
    Campaign("backlog", "500 notes for a printer that is off", "its port closed", "at most three in CUPS", backlog, 10),
    Campaign("history", "CUPS keeps five jobs", "MaxJobs 5", "printed, or flagged", purged_history, 8),
    Campaign(
        "cups-power",
        "power cut of cupsd's own disk",
        "ext4 shutdown ioctl",
        "printed, or flagged",
        cut_cups_power,
        12,
        ("root", "loop"),
    ),
)
