"""What it costs to follow jobs that get nowhere: the worst night, all queues full and every printer busy.

A process of its own follows them, so that its share of a core is told from that of cupsd and of the printers.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from service.config import Printing
from service.delivery import LocalDelivery
from service.lanes import Lanes, lane_of
from service.ledger.accounts import Drop, Entry, NoteKey
from service.ledger.ledger import Ledger
from service.model import RenderedNote, Route
from service.printing import open_printer
from service.printing.protocol import Printer
from service.tracking import Listeners, Tracking
from tests.bench.reach import Reach
from tests.bench.render import Figures
from tests.conftest import ROOT
from tests.cups_lab import running_lab
from tests.ipp_printer import IppPrinter
from tests.shop import shipments

QUEUES, JOBS_OF_EACH = 20, 50
BEGIN_S, WATCHED_S = 3.0, 20.0
REACH = Reach("<", 5, "%")


def measure_following() -> Figures:
    """The share of a core that following takes."""
    with running_lab() as lab:
        for number in range(QUEUES):
            printer = lab.add_queue(f"busy-{number}")
            assert isinstance(printer, IppPrinter)
            printer.prints_in_s = 3600.0
        command = [sys.executable, "-m", "tests.bench.follow", lab.socket]
        share = float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    return [{"queues": QUEUES, "open jobs": QUEUES * JOBS_OF_EACH, "share of a core, %": share, **REACH.beside(share)}]


def follow(socket: str) -> float:
    """Put the jobs there, follow them for a while; the percentage of a core that this process took."""
    settings = Printing(backend="cups", cups_socket=socket)
    with tempfile.TemporaryDirectory() as folder:
        printer, ledger = open_printer(settings, Path(folder), _now), Ledger(Path(folder) / "ledger.db")
        queues = [f"busy-{number}" for number in range(QUEUES)]
        _accept(printer, ledger, queues)
        delivery = LocalDelivery[NoteKey]()
        for queue in queues:
            delivery.bind(lane_of(queue), _never)
        tracking = Tracking(printer, ledger, Lanes(delivery, queues, JOBS_OF_EACH), settings, _now)
        tracking.start(Listeners(ended=_never, owed=_never, stop_service=_never))
        for account in ledger.open_notes():
            tracking.resume(account)
        time.sleep(BEGIN_S)
        began_s = time.process_time()
        time.sleep(WATCHED_S)
        share = (time.process_time() - began_s) / WATCHED_S
        assert tracking.open_jobs == QUEUES * JOBS_OF_EACH
        tracking.stop()
        ledger.close()
    return round(100 * share, 1)


def _accept(printer: Printer, ledger: Ledger, queues: Sequence[str]) -> None:
    """Notes whose jobs were released in these queues, as many in each."""
    notes = [replace(each, of=1, final=True) for each in shipments(len(queues) * JOBS_OF_EACH)]
    entries = [Entry(place, shipment, f"{place:064}") for place, shipment in enumerate(notes, 1)]
    accounts = ledger.record_drop(Drop("d1", "a" * 64, 1, _now(), _now()), entries, _now())
    for place, account in enumerate(accounts):
        queue = queues[place % len(queues)]
        ledger.intend(account.key, RenderedNote(b"", "b" * 64, 1), queue, {"submitting": _now()})
        job = printer.create_held(b"%PDF-1.4", account.key.job_name, Route(queue))
        ledger.note_job(account.key, job)
        printer.release(job)
        ledger.accept(account.key, _now())


def _now() -> datetime:
    return datetime.now(UTC)


def _never(_: object) -> None:
    raise AssertionError("these jobs get nowhere")


if __name__ == "__main__":
    print(follow(sys.argv[1]))  # noqa: T201
