"""What printers and cupsd do to a note: what the ledger says of it, and what lies at the printer, counted there.

Nothing is lost, and no second sheet comes out that is not marked as one or held for a person.
"""

import os
import signal
import threading
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.builders import a_shipment
from tests.cups_lab import CupsLab
from tests.eve_printer import EvePrinter
from tests.ipp_printer import IppPrinter
from tests.programs import until
from tests.works import Works, at_work

pytestmark = pytest.mark.cups
QUEUE = "uk-notes"
NOTE, SECOND = "509217-1-r1", "509217-2-r1"


@pytest.fixture
def double(cups_lab: CupsLab) -> IppPrinter:
    """The printer of uk-notes; CUPS is done with a job when the printer has its document."""
    printer = cups_lab.add_queue(QUEUE)
    assert isinstance(printer, IppPrinter)
    return printer


@pytest.fixture
def waited_for(cups_lab: CupsLab) -> IppPrinter:
    """The printer of uk-notes, slow enough to be caught in mid-print; CUPS waits until it is done."""
    printer = cups_lab.add_queue(QUEUE, waits=True)
    assert isinstance(printer, IppPrinter)
    printer.prints_in_s = 1.0
    return printer


def paper(lab: CupsLab, queue: str = QUEUE) -> list[str]:
    return [name for name, _ in lab.papers(queue)]


def wait_for_verdict(works: Works, lab: CupsLab) -> None:
    """Wait until the note is completed or held; what is said of it is what lies at the printer."""
    until(lambda: works.note(NOTE).state in ("completed", "held"), "the verdict")
    sheets = {("completed", ""): [NOTE], ("held", "printed-twice"): [NOTE, NOTE]}
    assert sheets[works.states()[NOTE]] == paper(lab)


# The printer ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["double", "ippeveprinter"])
def test_the_printers_own_record_confirms_a_note(cups_lab: CupsLab, tmp_path: Path, kind: str) -> None:
    cups_lab.add_queue(QUEUE, kind)
    with at_work(tmp_path, cups_lab) as works:
        works.print(a_shipment())
        works.wait_until("completed")
        assert "printer" == works.note(NOTE).confirmed_by
    assert [NOTE] == paper(cups_lab)


@pytest.mark.parametrize("after_s", [0, 0.5, 1, 2])
def test_a_note_that_the_printer_aborts_prints_again_once_and_marked(
    cups_lab: CupsLab, tmp_path: Path, after_s: float
) -> None:
    printer = cups_lab.add_queue(QUEUE, "ippeveprinter")
    assert isinstance(printer, EvePrinter)
    printer.behave("abort", after_s)
    with at_work(tmp_path, cups_lab) as works:
        works.print(a_shipment())
        states = works.wait_until("cancelled", "completed")
    assert {NOTE: ("cancelled", "job-aborted"), f"{NOTE}.g2": ("completed", "")} == states
    assert [f"{NOTE}.g2"] == paper(cups_lab)


@pytest.mark.parametrize("fault", ["aborts", "refuses_format"])
def test_a_note_that_the_printer_aborts_each_time_waits_for_a_person(
    cups_lab: CupsLab, tmp_path: Path, double: IppPrinter, fault: str
) -> None:
    setattr(double, fault, True)
    with at_work(tmp_path, cups_lab) as works:
        works.print(a_shipment())
        states = works.wait_until("cancelled", "held")
    assert {NOTE: ("cancelled", "job-aborted"), f"{NOTE}.g2": ("held", "job-aborted")} == states
    assert [] == paper(cups_lab)


def test_a_note_that_the_printer_aborts_with_paper_in_its_tray_waits_for_a_person(
    cups_lab: CupsLab, tmp_path: Path, double: IppPrinter
) -> None:
    double.aborts, double.impressions_of_aborted = True, 1
    with at_work(tmp_path, cups_lab) as works:
        works.print(a_shipment())
        until(lambda: works.note(NOTE).state in ("cancelled", "held"), "the verdict")
        assert {NOTE: ("held", "job-unknown")} == works.states()


def test_a_document_that_is_cut_off_on_its_way_comes_out_once(
    cups_lab: CupsLab, tmp_path: Path, double: IppPrinter
) -> None:
    """How CUPS's backend hears of the cut is a race: it calls the job done, or it stops the queue and keeps the job."""
    double.cuts_after_bytes = 1000
    with at_work(tmp_path, cups_lab) as works:
        works.floor.script["after release"] = lambda: until(lambda: bool(double.jobs), "the first job")
        works.print(a_shipment())
        until(lambda: len(works.states()) == 2 or bool(works.floor.tracking.queues_down), "what CUPS made of it")
        double.cuts_after_bytes = None
        if works.floor.tracking.queues_down:
            cups_lab.connection().enablePrinter(QUEUE)
            assert {NOTE: ("completed", "")} == works.wait_until("completed")
        else:
            again = f"{NOTE}.g2"
            assert {NOTE: ("cancelled", "job-aborted"), again: ("completed", "")} == works.wait_until(
                "cancelled", "completed"
            )
    assert [sorted(works.states())[-1]] == paper(cups_lab)


def test_a_note_that_somebody_cancels_at_the_printer_is_not_printed_again(
    cups_lab: CupsLab, tmp_path: Path, double: IppPrinter
) -> None:
    double.prints_in_s = 30
    with at_work(tmp_path, cups_lab) as works:
        works.print(a_shipment())
        until(lambda: double.is_printing, "the job at the printer")
        double.cancel_all()
        states = works.wait_until("held")
    assert {NOTE: ("held", "job-cancelled")} == states
    assert [] == paper(cups_lab)


@pytest.mark.parametrize(("waits", "is_off"), [(True, False), (False, True)])
def test_a_note_that_two_printers_may_have_put_out_waits_for_a_person(
    cups_lab: CupsLab, tmp_path: Path, *, waits: bool, is_off: bool
) -> None:
    """The queue is given another printer in mid-print: CUPS sends that one what it was sending to the first."""
    first, spare = cups_lab.add_queue(QUEUE, waits=waits), cups_lab.start_printer("spare")
    assert isinstance(first, IppPrinter)
    assert isinstance(spare, IppPrinter)
    with at_work(tmp_path, cups_lab) as works:
        works.print(a_shipment())
        works.wait_until("completed")
        first.prints_in_s, spare.prints_in_s = 1.5, 1.5
        works.print(a_shipment(number=2, of=2))
        until(lambda: first.is_printing, "the job at the printer")
        cups_lab.connection().addPrinter(QUEUE, device=f"{spare.uri}?waitjob={str(waits).lower()}")
        if is_off:
            first.stop()
        until(lambda: works.note(SECOND).state in ("completed", "held"), "the verdict")
        until(lambda: not (first.is_printing or spare.is_printing), "their sheets")
        found, sheets = works.note(SECOND), [*paper(cups_lab), *paper(cups_lab, "spare")].count(SECOND)
    if is_off:
        assert ("held", "job-unknown", True) == (found.state, found.code, "printer-exchanged" in found.reason)
    else:
        assert {1: ("completed", ""), 2: ("held", "printed-twice")}[sheets] == (found.state, found.code)


def test_a_note_of_which_the_printer_knows_nothing_waits_for_a_person(
    cups_lab: CupsLab, tmp_path: Path, double: IppPrinter
) -> None:
    double.forgets = True
    with at_work(tmp_path, cups_lab) as works:
        works.print(a_shipment())
        states = works.wait_until("held")
        assert "no-record-at-the-printer" in works.note(NOTE).reason
    assert {NOTE: ("held", "job-unknown")} == states
    assert [NOTE] == paper(cups_lab)


def test_a_note_that_was_in_a_printer_which_lost_its_power_waits_for_a_person(
    cups_lab: CupsLab, tmp_path: Path, double: IppPrinter
) -> None:
    double.prints_in_s = 30
    with at_work(tmp_path, cups_lab) as works:
        works.print(a_shipment())
        until(lambda: double.is_printing, "the job at the printer")
        double.crash()
        double.start()
        states = works.wait_until("held")
    assert {NOTE: ("held", "job-unknown")} == states
    assert [] == paper(cups_lab)


def test_a_note_for_a_printer_that_is_off_prints_once_when_it_is_on(
    cups_lab: CupsLab, tmp_path: Path, double: IppPrinter
) -> None:
    double.stop()
    with at_work(tmp_path, cups_lab) as works:
        works.print(a_shipment())
        works.wait_until("accepted")
        double.start()
        works.wait_until("completed")
    assert [NOTE] == paper(cups_lab)


def test_a_note_for_a_printer_that_takes_no_jobs_prints_once_when_it_does(
    cups_lab: CupsLab, tmp_path: Path, double: IppPrinter
) -> None:
    double.accepting = False
    with at_work(tmp_path, cups_lab) as works:
        works.print(a_shipment())
        works.wait_until("accepted")
        double.accepting = True
        works.wait_until("completed")
    assert [NOTE] == paper(cups_lab)


def test_a_printer_that_hangs_delays_no_other_and_its_note_is_confirmed_when_it_wakes(
    cups_lab: CupsLab, tmp_path: Path, double: IppPrinter
) -> None:
    other = cups_lab.add_queue("uk-partial")
    assert isinstance(other, IppPrinter)
    double.prints_in_s = 0.2
    with at_work(tmp_path, cups_lab, deadline_s=0.5) as works:
        works.print(a_shipment())
        until(lambda: double.is_printing, "the job at the printer")
        double.hang()
        works.print(a_shipment(order_id="9", of=2, final=False))
        works.wait_until("accepted", "completed")
        double.wake()
        works.wait_until("completed", "completed")
    assert ([NOTE], ["9-1-r1"]) == (paper(cups_lab), paper(cups_lab, "uk-partial"))


def test_a_jam_delays_a_note_and_costs_it_nothing(cups_lab: CupsLab, tmp_path: Path) -> None:
    printer = cups_lab.add_queue(QUEUE, "ippeveprinter")
    assert isinstance(printer, EvePrinter)
    printer.behave("jam", 0.5)
    with at_work(tmp_path, cups_lab, patience_s=60) as works:
        works.print(a_shipment())
        works.wait_until("completed")
    assert [NOTE] == paper(cups_lab)


def test_a_printer_that_stands_still_keeps_its_note_until_it_goes_on(cups_lab: CupsLab, tmp_path: Path) -> None:
    printer = cups_lab.add_queue(QUEUE, "ippeveprinter")
    assert isinstance(printer, EvePrinter)
    with at_work(tmp_path, cups_lab, deadline_s=0.3) as works:
        os.kill(printer.pid, signal.SIGSTOP)
        works.print(a_shipment())
        until(lambda: (QUEUE,) == works.floor.tracking.queues_down, "the queue to be down")
        assert "accepted" == works.note(NOTE).state
        os.kill(printer.pid, signal.SIGCONT)
        works.wait_until("completed")
    assert [NOTE] == paper(cups_lab)


@pytest.mark.parametrize("pass_on", ["as it was", "restarted"])
@pytest.mark.parametrize(("aborts", "states"), [(True, "cancelled held"), (False, "completed")])
def test_what_the_printer_did_under_the_same_name_before_our_job_does_not_count(
    cups_lab: CupsLab, tmp_path: Path, double: IppPrinter, aborts: bool, states: str, pass_on: str
) -> None:
    with at_work(tmp_path / "rehearsal", cups_lab) as works:
        works.print(a_shipment())
        works.wait_until("completed")
    if pass_on == "restarted":
        double.restart()
    double.let_pass(3600)
    double.aborts = aborts
    with at_work(tmp_path / "go-live", cups_lab) as works:
        works.print(a_shipment())
        works.wait_until(*states.split())


@pytest.mark.parametrize(("by", "said"), [("ipp", "IPP status 0x0501"), ("http", "HTTP 403")])
def test_of_a_printer_that_does_not_tell_its_jobs_cups_is_believed_and_it_is_said_once(
    cups_lab: CupsLab, tmp_path: Path, double: IppPrinter, by: str, said: str
) -> None:
    double.withholds = by
    with capture_logs() as lines, at_work(tmp_path, cups_lab, window=1) as works:
        works.print(a_shipment(), a_shipment(order_id="9"))
        works.wait_until("completed", "completed")
        assert "cups" == works.note(NOTE).confirmed_by
        assert () == works.floor.tracking.queues_down
    reason = f"it does not tell what became of its jobs ({said}): let it, or set ask_printer = false in printers.toml"
    warning = {"event": "printer.withholds", "log_level": "warning", "queue": QUEUE, "reason": reason}
    assert [warning] == [line for line in lines if line["event"].startswith("printer.")]


def test_a_printer_that_shortens_the_names_of_jobs_is_named_once_with_the_remedy(
    cups_lab: CupsLab, tmp_path: Path, double: IppPrinter
) -> None:
    double.name_length = 5
    with capture_logs() as lines, at_work(tmp_path, cups_lab) as works:
        works.print(*(a_shipment(order_id=f"{number}") for number in range(100, 107)))
        assert {("held", "job-unknown")} == set(works.wait_until(*["held"] * 7).values())
        double.name_length = 255
        works.print(a_shipment())
        until(lambda: works.note(NOTE).state == "completed", "a note that is on record")
    reason = (
        "5 notes in a row are not in its record: "
        "it forgets its jobs at once, or shortens or changes their names; set ask_printer = false in printers.toml"
    )
    warning = {"event": "printer.misnames", "log_level": "warning", "queue": QUEUE, "reason": reason}
    assert [warning] == [line for line in lines if line["event"].startswith("printer.")]


def test_a_queue_is_known_again_in_whatever_case_cups_has_its_name(cups_lab: CupsLab, tmp_path: Path) -> None:
    cups_lab.add_queue(QUEUE.title())
    with at_work(tmp_path, cups_lab) as works:
        works.print(a_shipment())
        assert {NOTE: ("completed", "")} == works.wait_until("completed")
    assert [NOTE] == paper(cups_lab, QUEUE.title())


# cupsd ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["create_held", "release", "look_at"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_cupsd_that_is_killed_around_a_step_costs_no_sheet_and_no_double_goes_unseen(
    cups_lab: CupsLab, tmp_path: Path, double: IppPrinter, moment: str, step: str
) -> None:
    killed = threading.Event()

    def kill() -> None:
        cups_lab.kill_cupsd()
        killed.set()

    with at_work(tmp_path, cups_lab) as works:
        works.floor.script[f"{moment} {step}"] = kill
        works.print(a_shipment())
        assert killed.wait(20)
        cups_lab.start_cupsd()
        wait_for_verdict(works, cups_lab)


@pytest.mark.parametrize("backends", [False, True], ids=["orphans live on", "backends die too"])
def test_a_cupsd_that_is_killed_in_mid_print_prints_twice_and_a_person_is_told(
    cups_lab: CupsLab, tmp_path: Path, waited_for: IppPrinter, backends: bool
) -> None:
    with at_work(tmp_path, cups_lab) as works:
        works.print(a_shipment())
        until(lambda: waited_for.is_printing, "the job at the printer")
        cups_lab.kill_cupsd(backends=backends)
        cups_lab.start_cupsd()
        states = works.wait_until("held")
    assert {NOTE: ("held", "printed-twice")} == states
    assert [NOTE, NOTE] == paper(cups_lab)


def test_a_double_at_a_printer_that_is_not_asked_is_held_too(
    cups_lab: CupsLab, tmp_path: Path, waited_for: IppPrinter
) -> None:
    with at_work(tmp_path, cups_lab, not_asked=[QUEUE]) as works:
        works.print(a_shipment())
        until(lambda: waited_for.is_printing, "the job at the printer")
        until(lambda: works.floor.printer.calls.count("look_at") > 3, "looks that see it begun")
        cups_lab.kill_cupsd()
        cups_lab.start_cupsd()
        states = works.wait_until("held")
        assert "interrupted" in works.note(NOTE).reason
    assert {NOTE: ("held", "job-unknown")} == states
    assert [NOTE, NOTE] == paper(cups_lab)


def test_a_cupsd_that_is_restarted_in_order_in_mid_print_leaves_no_note_open(
    cups_lab: CupsLab, tmp_path: Path, waited_for: IppPrinter
) -> None:
    with at_work(tmp_path, cups_lab) as works:
        works.print(a_shipment())
        until(lambda: waited_for.is_printing, "the job at the printer")
        cups_lab.restart_cupsd()
        wait_for_verdict(works, cups_lab)


def test_a_cupsd_that_hangs_puts_notes_off_and_they_print_once_when_it_goes_on(
    cups_lab: CupsLab, tmp_path: Path, double: IppPrinter
) -> None:
    with at_work(tmp_path, cups_lab, deadline_s=0.3) as works:
        os.kill(cups_lab.cupsd_pid, signal.SIGSTOP)
        works.print(a_shipment())
        works.wait_until("deferred")
        os.kill(cups_lab.cupsd_pid, signal.SIGCONT)
        works.wait_until("completed")
    assert [NOTE] == paper(cups_lab)


def test_a_note_in_a_queue_that_is_deleted_waits_for_a_person(
    cups_lab: CupsLab, tmp_path: Path, double: IppPrinter
) -> None:
    cups_lab.connection().disablePrinter(QUEUE)
    with at_work(tmp_path, cups_lab) as works:
        works.print(a_shipment())
        works.wait_until("accepted")
        cups_lab.connection().deletePrinter(QUEUE)
        states = works.wait_until("held")
    assert "held" == states[NOTE][0]
    assert [] == paper(cups_lab)
