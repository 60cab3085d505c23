"""Notes that CUPS has and surely has not begun: taken back for the backup, or for a person, each printed once."""

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service.decisions import ask_about_queue, take_answer
from service.errors import OutcomeUnknown
from service.intake.spool import lock_spool
from service.ledger.accounts import QueueDecision
from tests.builders import NOON, a_shipment
from tests.conftest import ROOT
from tests.cups_lab import CupsLab
from tests.floor import waiting_for
from tests.ipp_printer import IppPrinter
from tests.programs import until
from tests.shop import Shop
from tests.works import Works, at_work

pytestmark = pytest.mark.cups
FIRST, BACKUP = "uk-notes", "uk-notes-2"


@pytest.fixture
def printer(cups_lab: CupsLab) -> Iterator[IppPrinter]:
    """The printer of uk-notes, at its first note for a minute: CUPS keeps what comes after. Its backup is well."""
    printer = cups_lab.add_queue(FIRST, waits=True)
    assert isinstance(printer, IppPrinter)
    printer.prints_in_s = 60
    cups_lab.add_queue(BACKUP)
    yield printer
    printer.crash()  # what it still has would come out in the middle of another test


def paper(lab: CupsLab, queue: str) -> list[str]:
    return [name for name, _ in lab.papers(queue)]


def print_notes(works: Works, count: int, first: int = 100) -> None:
    works.print(*(a_shipment(order_id=f"{number}") for number in range(first, first + count)))


def print_behind_one(works: Works, printer: IppPrinter, count: int) -> None:
    """Note 100 is at the printer, then come so many others: two of them are in CUPS in the end."""
    print_notes(works, 1)
    until(lambda: printer.is_printing, "the first note at the printer")
    print_notes(works, count, first=101)
    tracking, lanes = works.floor.tracking, works.floor.rooms.lanes
    until(
        lambda: (3, count - 2) == (tracking.open_jobs, waiting_for(lanes, FIRST)), "two in CUPS, the rest in the lane"
    )


# A queue that is down ------------------------------------------------------------------------------------------------


def out_of_paper(_lab: CupsLab, printer: IppPrinter) -> None:
    printer.reasons = ("media-empty-error", "media-needed-error")


@pytest.mark.parametrize(
    ("break_it", "mend_it"),
    [
        (out_of_paper, lambda _, printer: None),
        (lambda lab, _: lab.connection().rejectJobs(FIRST), lambda lab, _: lab.connection().acceptJobs(FIRST)),
    ],
    ids=["out of paper", "rejecting"],
)
def test_what_stands_behind_the_first_note_of_a_queue_that_is_down_prints_at_the_backup(
    cups_lab: CupsLab,
    tmp_path: Path,
    printer: IppPrinter,
    break_it: Callable[[CupsLab, IppPrinter], None],
    mend_it: Callable[[CupsLab, IppPrinter], None],
) -> None:
    with at_work(tmp_path, cups_lab, patience_s=0.3) as works:
        print_behind_one(works, printer, 4)
        break_it(cups_lab, printer)
        until(lambda: 4 == len(paper(cups_lab, BACKUP)), "all but the first, at the backup")
        mend_it(cups_lab, printer)
        printer.put_in_paper()
        works.wait_until(*["completed"] * 5)
        assert {1} == {note.generation for note in works.floor.ledger.all_notes()}
    assert ["100-1-r1"] == paper(cups_lab, FIRST)
    assert {1} == set(Counter(paper(cups_lab, BACKUP)).values())


def test_what_is_taken_back_is_said_and_counted_and_its_second_acceptance_is_no_first_one(
    cups_lab: CupsLab, tmp_path: Path, printer: IppPrinter
) -> None:
    cups_lab.connection().disablePrinter(FIRST)
    with capture_logs() as lines, at_work(tmp_path, cups_lab) as works:
        print_notes(works, 4)
        works.wait_until(*["completed"] * 4)
        until(lambda: 1 == sum(line["event"] == "queue.down" for line in lines), "the word of it")
    said = Counter((line["event"], line.get("note_id", "")) for line in lines if line["event"].startswith("note."))
    assert {1} == set(said.values()), "each thing once of each note"
    counts = Counter(event for event, _ in said)
    assert counts["note.taken-back"] == counts["note.accepted-again"] >= 1
    assert (4, 4) == (counts["note.accepted"], counts["note.completed"])
    assert [4] == [line["notes"] for line in lines if line["event"] == "queue.down"]


def test_the_ledger_says_since_when_a_queue_is_down_and_a_service_that_starts_looks_there_first(
    cups_lab: CupsLab, tmp_path: Path, printer: IppPrinter
) -> None:
    cups_lab.connection().rejectJobs(FIRST)
    with at_work(tmp_path, cups_lab) as works:
        print_notes(works, 1)
        until(lambda: bool(works.floor.ledger.queues.down()), "the ledger's word")
        (before,) = works.floor.ledger.queues.down()
        works.wait_until("completed")
    assert (FIRST, "queue-not-accepting") == (before.queue, before.code)
    with at_work(tmp_path, cups_lab) as works:
        until(lambda: (FIRST,) == works.floor.tracking.queues_down, "the first look")
        assert (before,) == works.floor.ledger.queues.down()
        cups_lab.connection().acceptJobs(FIRST)
        until(lambda: () == works.floor.ledger.queues.down(), "the queue to be back")


def test_printers_shows_which_queue_is_down_since_when_where_its_notes_go_and_how_many_wait_where(
    cups_lab: CupsLab, tmp_path: Path, printer: IppPrinter
) -> None:
    backup = cups_lab.printers[BACKUP]
    assert isinstance(backup, IppPrinter)
    printer.stop()
    backup.prints_in_s = 60
    cups = (("SLIPWAY_PRINTING_BACKEND", "cups"), ("SLIPWAY_PRINTING_CUPS_SOCKET", cups_lab.socket))
    shop = Shop(tmp_path, cups)
    with at_work(tmp_path, cups_lab) as works, lock_spool(works.floor.spool):
        print_notes(works, 8)
        until(lambda: 4 == waiting_for(works.floor.rooms.lanes, BACKUP), "1 in CUPS, 3 at the backup, 4 in its lane")
        rows = {row["queue"]: row for row in map(json.loads, shop.slipway("printers", "--json").stdout.splitlines())}
        said = shop.slipway("printers").stdout.splitlines()
        (down,) = works.floor.ledger.queues.down()
    assert {FIRST: 0, BACKUP: 4} == {queue: rows[queue]["waiting"] for queue in (FIRST, BACKUP)}
    assert (BACKUP, "printer-unreachable") == (rows[FIRST]["goes_to"], rows[FIRST]["down"]["code"])
    assert down.since.isoformat() == rows[FIRST]["down"]["since"]
    assert ("", None) == (rows[BACKUP]["goes_to"], rows[BACKUP]["down"])
    (line,) = [line for line in said if line.startswith(f"{FIRST} ")]
    assert ["down", "goes to uk-notes-2, printer does not answer"] == re.split("  +", line)[1:4:2]
    backup.crash()


# A person's decisions ------------------------------------------------------------------------------------------------


def test_what_cups_has_not_begun_can_be_cancelled_and_held_and_what_it_has_can_not(
    cups_lab: CupsLab, tmp_path: Path, printer: IppPrinter
) -> None:
    with at_work(tmp_path, cups_lab) as works:
        print_behind_one(works, printer, 2)
        refused = "100-1-r1 is at its printer, and may have begun: it can't be cancelled"
        assert refused == works.decide("cancel", "100-1-r1")
        assert "101-1-r1" == works.decide("cancel", "101-1-r1")
        assert "102-1-r1" == works.decide("hold", "102-1-r1")
        assert {
            "100-1-r1": ("accepted", ""),
            "101-1-r1": ("cancelled", "cancel-by-hand"),
            "102-1-r1": ("held", "hold-by-hand"),
        } == works.states()
        assert "102-1-r1" == works.decide("release", "102-1-r1")
        until(lambda: 2 == works.floor.tracking.open_jobs, "the released note in CUPS")
        printer.put_in_paper()
        works.wait_until("completed", "cancelled", "completed")
    assert ["100-1-r1", "102-1-r1"] == paper(cups_lab, FIRST)


def test_a_move_takes_what_cups_has_not_begun_along(cups_lab: CupsLab, tmp_path: Path, printer: IppPrinter) -> None:
    with at_work(tmp_path, cups_lab) as works:
        print_behind_one(works, printer, 4)
        ask_about_queue(works.floor.spool, QueueDecision("m1", "move", FIRST, BACKUP, "ops", "line 1 stands", NOON))
        works.decisions.carry_out()
        answer = take_answer(works.floor.spool, "m1")
        assert answer is not None
        assert answer.notes in (2, 4)  # what CUPS has is counted only while nobody looks at its queue
        until(lambda: 4 == len(paper(cups_lab, BACKUP)), "four notes at the other printer")
        printer.put_in_paper()
        works.wait_until(*["completed"] * 5)
    assert ["100-1-r1"] == paper(cups_lab, FIRST)


def test_what_somebody_else_cancels_in_cups_is_held_though_it_has_not_begun(
    cups_lab: CupsLab, tmp_path: Path, printer: IppPrinter
) -> None:
    with at_work(tmp_path, cups_lab) as works:
        print_behind_one(works, printer, 2)
        job_id = works.note("101-1-r1").job_id
        cups_lab.connection().cancelJob(job_id)
        until(lambda: ("held", "job-cancelled") == works.states()["101-1-r1"], "the hold")
        assert f"job {job_id} of uk-notes was cancelled in CUPS" in works.note("101-1-r1").reason


# In the middle of it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_cups_that_goes_away_in_the_middle_of_it_leaves_no_note_in_doubt(
    cups_lab: CupsLab, tmp_path: Path, printer: IppPrinter, moment: str
) -> None:
    cups_lab.connection().disablePrinter(FIRST)
    with at_work(tmp_path, cups_lab) as works:
        works.floor.script[f"{moment} withdraw"] = OutcomeUnknown("it hung up")
        print_notes(works, 3)
        works.wait_until(*["completed"] * 3)
    assert ["100-1-r1", "101-1-r1", "102-1-r1"] == sorted(paper(cups_lab, BACKUP))


@pytest.mark.parametrize("is_mended", [False, True], ids=["still stopped", "goes on meanwhile"])
def test_a_service_that_is_killed_between_cancelling_a_job_and_noting_it_prints_the_note_once_and_by_itself(
    cups_lab: CupsLab, tmp_path: Path, printer: IppPrinter, is_mended: bool
) -> None:
    printer.prints_in_s = 0
    cups_lab.connection().disablePrinter(FIRST)
    cups = (("SLIPWAY_PRINTING_BACKEND", "cups"), ("SLIPWAY_PRINTING_CUPS_SOCKET", cups_lab.socket))
    shop = Shop(tmp_path, (*cups, ("SLIPWAY_PRINTING_RETRY_S", "0.1")))
    shop.drop_shipment(a_shipment())
    dying = [sys.executable, "-m", "tests.dying_service", "withdraw"]
    killed = subprocess.Popen(dying, cwd=ROOT, env=shop.environ, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        assert -signal.SIGKILL == killed.wait(90)
    finally:
        os.killpg(killed.pid, signal.SIGKILL)
    if is_mended:
        cups_lab.connection().enablePrinter(FIRST)
    run = shop.slipway("run", "--once")
    assert 0 == run.returncode, run.stdout + run.stderr[-2000:]
    assert [("completed", 1)] == [(note["state"], note["generation"]) for note in shop.status()]
    assert ["509217-1-r1"] == paper(cups_lab, FIRST) + paper(cups_lab, BACKUP)
