"""What cupsd and printers do: each fault comes while notes are on their way, and goes again."""

import os
import random
import shutil
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tests.ipp_printer import IppPrinter
from tests.programs import until
from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.failpoints import Strike
from tests.prove.oracle import Tally
from tests.prove.rig import NotSettled, Rig, Scene, doubles

QUEUE = "uk-notes"
NOTES = 6


@dataclass(frozen=True, slots=True)
class Fault:
    """`begins` and `ends` get the scene and the printer of QUEUE; `may_flag` if a person may be asked."""

    what: str
    begins: Callable[[Scene, IppPrinter], None]
    ends: Callable[[Scene, IppPrinter], None]
    may_flag: bool = False
    prints_in_s: float = 0.0


def _set(**fields: object) -> Callable[[Scene, IppPrinter], None]:
    def act(_: Scene, printer: IppPrinter) -> None:
        for name, value in fields.items():
            setattr(printer, name, value)

    return act


def _nothing(_scene: Scene, _printer: IppPrinter) -> None:
    """It went by itself."""


def _off(_: Scene, printer: IppPrinter) -> None:
    printer.stop()


def _on(_: Scene, printer: IppPrinter) -> None:
    printer.start()


def _kill_cupsd(scene: Scene, _: IppPrinter) -> None:
    scene.lab.kill_cupsd()


def _kill_cupsd_and_backends(scene: Scene, _: IppPrinter) -> None:
    scene.lab.kill_cupsd(backends=True)


def _start_cupsd(scene: Scene, _: IppPrinter) -> None:
    scene.lab.start_cupsd()


def _restart_cupsd(scene: Scene, _: IppPrinter) -> None:
    scene.lab.restart_cupsd()


def _reload_cupsd(scene: Scene, _: IppPrinter) -> None:
    os.kill(scene.lab.cupsd_pid, signal.SIGHUP)


def _signal_cupsd(number: int) -> Callable[[Scene, IppPrinter], None]:
    return lambda scene, _: os.kill(scene.lab.cupsd_pid, number)


def _at_cups(method: str) -> Callable[[Scene, IppPrinter], None]:
    return lambda scene, _: getattr(scene.lab.connection(), method)(QUEUE)


def _delete_queue(scene: Scene, _: IppPrinter) -> None:
    scene.lab.connection().deletePrinter(QUEUE)


def _make_queue(scene: Scene, printer: IppPrinter) -> None:
    connection = scene.lab.connection()
    connection.addPrinter(QUEUE, device=f"{printer.uri}?waitjob=false")
    connection.enablePrinter(QUEUE)
    connection.acceptJobs(QUEUE)


def _cancel_a_job(scene: Scene, printer: IppPrinter) -> None:
    with suppress(TimeoutError):
        until(lambda: printer.is_printing, "a job at the printer")
    printer.cancel_all()


def _crash(_: Scene, printer: IppPrinter) -> None:
    printer.crash()


def _hang(_: Scene, printer: IppPrinter) -> None:
    printer.hang()


def _wake(_: Scene, printer: IppPrinter) -> None:
    printer.wake()


FAULTS = (
    Fault("cupsd killed", _kill_cupsd, _start_cupsd, may_flag=True),
    Fault("cupsd killed while printers print", _kill_cupsd, _start_cupsd, may_flag=True, prints_in_s=0.5),
    Fault("cupsd killed with its backends", _kill_cupsd_and_backends, _start_cupsd, may_flag=True),
    Fault("cupsd restarted", _restart_cupsd, _nothing, may_flag=True),
    Fault("cupsd reloaded", _reload_cupsd, _nothing, may_flag=True),
    Fault("cupsd hangs", _signal_cupsd(signal.SIGSTOP), _signal_cupsd(signal.SIGCONT)),
    Fault("queue stopped", _at_cups("disablePrinter"), _at_cups("enablePrinter")),
    Fault("queue refuses jobs", _at_cups("rejectJobs"), _at_cups("acceptJobs")),
    Fault("queue deleted", _delete_queue, _make_queue, may_flag=True),
    Fault("printer off", _off, _on),
    Fault("printer crashes, forgets all", _crash, _on, may_flag=True, prints_in_s=0.3),
    Fault("printer hangs", _hang, _wake),
    Fault("printer takes no jobs", _set(accepting=False), _set(accepting=True)),
    Fault("printer gives jobs up", _set(aborts=True), _set(aborts=False), may_flag=True),
    Fault("printer refuses the format", _set(refuses_format=True), _set(refuses_format=False), may_flag=True),
    Fault("connection cut in a document", _set(cuts_after_bytes=1000), _set(cuts_after_bytes=None), may_flag=True),
    Fault("somebody cancels at the printer", _cancel_a_job, _nothing, may_flag=True, prints_in_s=0.5),
    Fault("printer keeps no record", _set(forgets=True), _set(forgets=False), may_flag=True),
    Fault("printer tells no jobs, by IPP", _set(withholds="ipp"), _set(withholds="")),
    Fault("printer tells no jobs, by HTTP", _set(withholds="http"), _set(withholds="")),
    Fault(
        "media empty", _set(reasons=("media-empty-error",), prints_in_s=5.0), lambda _, printer: printer.put_in_paper()
    ),
    Fault("paper jam", _set(reasons=("media-jam-error",), prints_in_s=5.0), lambda _, printer: printer.put_in_paper()),
    Fault("slow printer", _set(prints_in_s=1.0), _set(prints_in_s=0.0)),
)


def faults_of_printers(rig: Rig, allowance: Allowance) -> Tally:
    """Each fault in turn, on a cupsd and printers of its own."""
    chance, tally = rig.chance_of("printers"), Tally()
    plan = list(FAULTS)
    chance.shuffle(plan)
    while allowance.has_room(tally.runs, 12):
        fault = plan[tally.runs % len(plan)]
        verdict = _under(rig, fault, chance)
        if verdict.is_red:
            verdict.find(f"   the fault there: {fault.what}")
        tally.add(verdict)
        tally.runs += 1
    tally.remarks = [f"{min(tally.runs, len(plan))} of {len(plan)} faults"]
    return tally


def _under(rig: Rig, fault: Fault, chance: random.Random) -> Tally:
    settings = {"printing_patience_s": 60, "printing_call_deadline_s": 1.5}
    with rig.scene(**settings) as scene:
        printer = next(each for each in doubles(scene.lab) if each.folder.name == QUEUE)
        printer.prints_in_s = fault.prints_in_s
        scene.start()
        scene.wait_ready()
        drops = [scene.orders.one("en") for _ in range(NOTES)]
        scene.drop(*drops[:2])
        threading.Event().wait(chance.uniform(0.0, 0.3))
        fault.begins(scene, printer)
        scene.drop(*drops[2:4])
        with suppress(NotSettled):
            scene.wait(lambda: False, "the time of the fault", chance.uniform(0.5, 2.5))
        fault.ends(scene, printer)
        scene.lab.connection().enablePrinter(QUEUE)  # a person does so, where CUPS has stopped the queue: queue.down
        scene.drop(*drops[4:])
        return scene.verdict(may_flag=fault.may_flag)


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


CAMPAIGNS = (
    Campaign("printers", "faults of cupsd and printers", "as named", "printed, or flagged", faults_of_printers, 5),
    Campaign(
        "cupsd-forgets", "cupsd loses its jobs, ids come again", "its files removed", "flagged", cupsd_forgets, 0.5
    ),
)
