"""What cupsd and printers can do to a note, each fault with how it begins and how it ends."""

import os
import resource
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.ipp_printer import IppPrinter
from tests.programs import until
from tests.prove.rig import Scene, doubles
from tests.shop import QUEUES

QUEUE, BACKUP = "uk-notes", "uk-notes-2"
Act = Callable[[Scene, IppPrinter], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """`begins` and `ends` get the scene and the printer of QUEUE; `may_flag` if a person may be asked.

    `has_neighbours` if it is a fault of one queue: the others must not notice.
    """

    what: str
    begins: Act
    ends: Act
    may_flag: bool = False
    prints_in_s: float = 0.0
    has_neighbours: bool = True


def printer_of(scene: Scene, queue: str = QUEUE) -> IppPrinter:
    return next(each for each in doubles(scene.lab) if each.folder.name == queue)


def _set(**fields: object) -> Act:
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


def _signal_cupsd(number: int) -> Act:
    return lambda scene, _: os.kill(scene.lab.cupsd_pid, number)


def _at_cups(method: str) -> Act:
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


def _restart_printer(_: Scene, printer: IppPrinter) -> None:
    printer.stop()
    printer.restart()
    printer.start()


def _both_off(scene: Scene, printer: IppPrinter) -> None:
    printer.stop()
    printer_of(scene, BACKUP).stop()


def _both_on(scene: Scene, printer: IppPrinter) -> None:
    printer.start()
    printer_of(scene, BACKUP).start()


def _swap_printer(scene: Scene, printer: IppPrinter) -> None:
    """Another machine stands there now, with a record of its own."""
    if "spare" not in scene.lab.printers:
        scene.lab.start_printer("spare")
    spare = printer_of(scene, "spare")
    scene.lab.connection().addPrinter(QUEUE, device=f"{spare.uri}?waitjob=false")
    printer.stop()


def _swap_back(scene: Scene, printer: IppPrinter) -> None:
    printer.start()
    _make_queue(scene, printer)


def _rename_queue(scene: Scene, printer: IppPrinter) -> None:
    connection = scene.lab.connection()
    connection.deletePrinter(QUEUE)
    connection.addPrinter("uk-notes-new", device=f"{printer.uri}?waitjob=false")
    connection.enablePrinter("uk-notes-new")
    connection.acceptJobs("uk-notes-new")


def _rename_back(scene: Scene, printer: IppPrinter) -> None:
    scene.lab.connection().deletePrinter("uk-notes-new")
    _make_queue(scene, printer)


def _few_descriptors(scene: Scene, _: IppPrinter) -> None:
    pid = scene.lab.cupsd_pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    in_use = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (in_use + 2, hard))


def _restart_well(scene: Scene, _: IppPrinter) -> None:
    """A person starts it again, and the queues that it stopped."""
    scene.lab.restart_cupsd()
    connection = scene.lab.connection()
    for queue in QUEUES:
        connection.enablePrinter(queue)


def _a_person(*command: str) -> Act:
    """Somebody does this to every job in the queue, with a command of CUPS; then the printer takes jobs again."""

    def act(scene: Scene, printer: IppPrinter) -> None:
        jobs = scene.lab.connection().getJobs(
            which_jobs="not-completed", requested_attributes=["job-id", "job-billing"]
        )
        for number in jobs:
            subprocess.run([*command, f"{QUEUE}-{number}"], env=_asking(scene), capture_output=True, check=False)
        printer.accepting = True

    return act


def _move_jobs(scene: Scene, printer: IppPrinter) -> None:
    subprocess.run(["lpmove", QUEUE, BACKUP], env=_asking(scene), capture_output=True, check=False)
    printer.accepting = True


def _asking(scene: Scene) -> dict[str, str]:
    return os.environ | {"CUPS_SERVER": scene.lab.socket}


def jobs_in(scene: Scene, queue: str) -> int:
    """How many jobs of this queue CUPS has that are not at their end."""
    jobs = scene.lab.connection().getJobs(which_jobs="not-completed", requested_attributes=["job-printer-uri"])
    return sum(str(job["job-printer-uri"]).endswith(f"/{queue}") for job in jobs.values())


def _put_in_paper(_: Scene, printer: IppPrinter) -> None:
    printer.put_in_paper()


def _of_cups(what: str, begins: Act, ends: Act, *, may_flag: bool = True, prints_in_s: float = 0.0) -> Fault:
    return Fault(what, begins, ends, may_flag, prints_in_s, has_neighbours=False)


def _waits(reason: str) -> Fault:
    return Fault(reason, _set(reasons=(reason,), prints_in_s=5.0), _put_in_paper)


FAULTS = (
    _of_cups("cupsd killed", _kill_cupsd, _start_cupsd),
    _of_cups("cupsd killed while printers print", _kill_cupsd, _start_cupsd, prints_in_s=0.5),
    _of_cups("cupsd killed with its backends", _kill_cupsd_and_backends, _start_cupsd),
    _of_cups("cupsd restarted", _restart_cupsd, _nothing),
    _of_cups("cupsd restarted while printers print", _restart_cupsd, _nothing, prints_in_s=0.5),
    _of_cups("cupsd reloaded", _reload_cupsd, _nothing),
    _of_cups("cupsd hangs", _signal_cupsd(signal.SIGSTOP), _signal_cupsd(signal.SIGCONT), may_flag=False),
    _of_cups("cupsd without descriptors", _few_descriptors, _restart_well),
    Fault("queue stopped", _at_cups("disablePrinter"), _at_cups("enablePrinter")),
    Fault("queue refuses jobs", _at_cups("rejectJobs"), _at_cups("acceptJobs")),
    Fault("queue deleted", _delete_queue, _make_queue, may_flag=True),
    Fault("queue renamed", _rename_queue, _rename_back, may_flag=True),
    Fault("printer swapped", _swap_printer, _swap_back, may_flag=True),
    Fault("printer off", _off, _on),
    Fault("printer and its backup off", _both_off, _both_on),
    Fault("printer crashes, forgets all", _crash, _on, may_flag=True, prints_in_s=0.3),
    Fault("printer off and on, keeps its record", _restart_printer, _nothing, may_flag=True, prints_in_s=0.3),
    Fault("printer hangs", _hang, _wake),
    Fault("printer takes no jobs", _set(accepting=False), _set(accepting=True)),
    Fault("printer gives jobs up", _set(aborts=True), _set(aborts=False), may_flag=True),
    Fault(
        "printer gives jobs up with paper out",
        _set(aborts=True, impressions_of_aborted=1),
        _set(aborts=False, impressions_of_aborted=0),
        may_flag=True,
    ),
    Fault("printer refuses the format", _set(refuses_format=True), _set(refuses_format=False), may_flag=True),
    Fault("connection cut in a document", _set(cuts_after_bytes=1000), _set(cuts_after_bytes=None), may_flag=True),
    Fault("somebody cancels at the printer", _cancel_a_job, _nothing, may_flag=True, prints_in_s=0.5),
    Fault("somebody cancels in CUPS", _set(accepting=False), _a_person("cancel"), may_flag=True),
    Fault("somebody purges in CUPS", _set(accepting=False), _a_person("cancel", "-x"), may_flag=True),
    Fault("somebody holds in CUPS", _set(accepting=False), _a_person("lp", "-H", "hold", "-i"), may_flag=True),
    Fault("somebody moves jobs", _set(accepting=False), _move_jobs, may_flag=True),
    Fault("printer keeps no record", _set(forgets=True), _set(forgets=False), may_flag=True),
    Fault("printer keeps ten letters of a name", _set(name_length=10), _set(name_length=255), may_flag=True),
    Fault("printer tells no jobs, by IPP", _set(withholds="ipp"), _set(withholds="")),
    Fault("printer tells no jobs, by HTTP", _set(withholds="http"), _set(withholds="")),
    *map(_waits, ("media-empty-error", "media-jam-error", "cover-open-error", "toner-empty-error")),
    Fault("toner low", _set(reasons=("toner-low-warning",)), _set(reasons=("none",))),
    Fault("slow printer", _set(prints_in_s=1.0), _set(prints_in_s=0.0)),
)
