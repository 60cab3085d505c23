"""What only CUPS can do to us: queues that are missing or refuse, options, a cupsd that is down or killed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import pytest

from service.config import Printing
from service.errors import (
    JobUnknown,
    OutcomeUnknown,
    PrinterRefused,
    PrinterUnreachable,
    QueueMissing,
    QueueRefusing,
    SlipwayError,
)
from service.model import Job, JobState, QueueReport, Route
from service.printing import Printer, open_printer
from tests.builders import NOON
from tests.cups_lab import CupsLab
from tests.ipp_printer import IppPrinter
from tests.programs import until

pytestmark = pytest.mark.cups
cups = pytest.importorskip("cups")
CupsPrinter = pytest.importorskip("service.printing.cups_printer").CupsPrinter
QUEUE = "uk-notes"
DOCUMENT = b"%PDF-1.7\n" + bytes(range(256)) * 200
DIGEST = sha256(DOCUMENT).hexdigest()


@pytest.fixture
def lab(cups_lab: CupsLab) -> CupsLab:
    cups_lab.add_queue(QUEUE)
    return cups_lab


@pytest.fixture
def printer(lab: CupsLab) -> Printer:
    return open_printer(Printing(backend="cups", cups_socket=lab.socket), lab.home, lambda: NOON)


def refusal(printer: Printer, queue: str = QUEUE) -> SlipwayError:
    with pytest.raises(SlipwayError) as raised:
        printer.create_held(DOCUMENT, "1-1-r1", Route(queue))
    return raised.value


# Queues --------------------------------------------------------------------------------------------------------------


def test_a_queue_that_is_not_there_is_missing(printer: Printer) -> None:
    error = refusal(printer, "nowhere")
    assert (QueueMissing, "there is no queue nowhere in CUPS") == (type(error), str(error))
    assert QueueReport("nowhere", "missing", accepting=False, reasons=(), depth=0) == printer.queue_report("nowhere")


def test_a_queue_that_rejects_jobs_is_refusing(lab: CupsLab, printer: Printer) -> None:
    lab.connection().rejectJobs(QUEUE)
    error = refusal(printer)
    assert (QueueRefusing, "queue uk-notes does not accept jobs") == (type(error), str(error))
    assert not printer.queue_report(QUEUE).accepting


def test_a_queue_that_is_paused_takes_jobs_and_prints_them_when_it_goes_on(lab: CupsLab, printer: Printer) -> None:
    lab.connection().disablePrinter(QUEUE)
    job = printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))
    printer.release(job)
    assert QueueReport(QUEUE, "stopped", True, ("paused",), 1) == printer.queue_report(QUEUE)
    assert JobState.PENDING is printer.look_up(job).state
    lab.connection().enablePrinter(QUEUE)
    until(lambda: [("1-1-r1", DIGEST)] == lab.papers(QUEUE), "the sheet")


def test_a_job_on_its_way_is_not_discarded_but_shown_to_a_person(lab: CupsLab, printer: Printer) -> None:
    lab.connection().disablePrinter(QUEUE)
    job = printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))
    printer.release(job)
    with pytest.raises(JobUnknown, match=f"job {job.job_id} of the same name is pending in queue uk-notes"):
        printer.discard_held(QUEUE, "1-1-r1")
    assert JobState.PENDING is printer.look_up(job).state


# The document and its options ----------------------------------------------------------------------------------------


def test_options_arrive_at_cups_and_at_the_printer(lab: CupsLab, printer: Printer) -> None:
    route = Route(QUEUE, media="iso_a5_148x210mm", sides="two-sided-long-edge", print_color_mode="monochrome")
    job = printer.create_held(DOCUMENT, "1-1-r1", route)
    wanted = {"media": "iso_a5_148x210mm", "sides": "two-sided-long-edge", "print-color-mode": "monochrome"}
    at_cups = lab.connection().getJobAttributes(job.job_id, requested_attributes=[*wanted])
    assert wanted == {name: at_cups[name] for name in wanted}
    printer.release(job)
    until(lambda: bool(lab.papers(QUEUE)), "the sheet")
    double = lab.printers[QUEUE]
    assert isinstance(double, IppPrinter)
    assert wanted == {name: double.jobs[1].attributes[name][0].decode() for name in wanted}


@pytest.mark.parametrize("ppd", ["", "everywhere"])
def test_a_real_ipp_printer_gets_the_document_unchanged_from_raw_and_everywhere_queues(
    lab: CupsLab, printer: Printer, ppd: str
) -> None:
    lab.add_queue("bench", "ippeveprinter", ppd)
    job = printer.create_held(DOCUMENT, "1-1-r1", Route("bench"))
    printer.release(job)
    until(lambda: bool(lab.papers("bench")), "the sheet")
    assert {"1-1-r1": DOCUMENT} == lab.documents("bench")
    until(lambda: printer.look_up(job).state is JobState.COMPLETED, "the end of the job")


def test_a_document_that_cups_refuses_leaves_no_job_behind(lab: CupsLab, printer: Printer) -> None:
    with pytest.raises(PrinterRefused, match=r"job 1 in queue uk-notes: IPP status 0x0400"):
        printer.create_held(b"", "1-1-r1", Route(QUEUE))
    assert {} == lab.connection().getJobs()


# A connection that breaks in the middle of a step --------------------------------------------------------------------


@dataclass
class BreakingConnection:
    """A connection of pycups on which something happens before the first `step`."""

    real: Any
    step: str
    happens: Callable[[], object]

    def __getattr__(self, name: str) -> Any:
        if name == self.step:
            self.step = ""
            self.happens()
        return getattr(self.real, name)


@pytest.mark.parametrize("step", ["startDocument", "writeRequestData", "finishDocument"])
def test_a_cupsd_killed_while_the_document_goes_leaves_an_orphan_that_never_prints(
    lab: CupsLab, printer: Printer, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    breaking = BreakingConnection(lab.connection(), step, lab.kill_cupsd)
    with monkeypatch.context() as patch:
        patch.setattr(cups, "Connection", lambda host: breaking)
        with pytest.raises(OutcomeUnknown, match="job 1 in queue uk-notes: "):
            printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))
    lab.restart_cupsd()
    assert 1 == printer.discard_held(QUEUE, "1-1-r1")
    printer.release(printer.create_held(DOCUMENT, "2-1-r1", Route(QUEUE)))
    until(lambda: [("2-1-r1", DIGEST)] == lab.papers(QUEUE), "the sheet")


def test_a_job_that_got_our_id_from_a_cupsd_that_lost_everything_is_left_alone(
    lab: CupsLab, printer: Printer, monkeypatch: pytest.MonkeyPatch
) -> None:
    others: list[Job] = []

    def lose_all_jobs() -> None:
        lab.kill_cupsd()
        for lost in (*(lab.home / "spool").glob("[cd]0*"), *(lab.home / "cache").glob("job.cache*")):
            lost.unlink()
        lab.restart_cupsd()
        others.append(CupsPrinter(lab.socket, lambda: NOON).create_held(DOCUMENT, "2-1-r1", Route(QUEUE)))

    breaking = [BreakingConnection(lab.connection(), "finishDocument", lose_all_jobs)]
    real = cups.Connection
    monkeypatch.setattr(cups, "Connection", lambda host: breaking.pop() if breaking else real(host=host))
    with pytest.raises(OutcomeUnknown, match="job 1 in queue uk-notes: the document did not arrive"):
        printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))
    assert [1] == [job.job_id for job in others]
    assert JobState.HELD is printer.look_up(others[0]).state
    assert 0 == printer.discard_held(QUEUE, "1-1-r1")


def test_a_cupsd_killed_before_the_release_leaves_the_outcome_to_the_next_try(
    lab: CupsLab, printer: Printer, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))
    breaking = BreakingConnection(lab.connection(), "setJobHoldUntil", lab.kill_cupsd)
    other = CupsPrinter(lab.socket, lambda: NOON)
    with monkeypatch.context() as patch:
        patch.setattr(cups, "Connection", lambda host: breaking)
        with pytest.raises(OutcomeUnknown):
            other.release(job)
    lab.restart_cupsd()
    other.release(job)
    until(lambda: [("1-1-r1", DIGEST)] == lab.papers(QUEUE), "the sheet")


def test_a_job_released_by_somebody_else_meanwhile_is_released(
    lab: CupsLab, printer: Printer, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))

    def released_and_printed() -> None:
        lab.connection().setJobHoldUntil(job.job_id, "no-hold")
        until(lambda: printer.look_up(job).state is JobState.COMPLETED, "the end of the job")

    other = CupsPrinter(lab.socket, lambda: NOON)
    breaking = BreakingConnection(lab.connection(), "setJobHoldUntil", released_and_printed)
    monkeypatch.setattr(other, "_connection", lambda: breaking)
    other.release(job)
    assert [("1-1-r1", DIGEST)] == lab.papers(QUEUE)


# cupsd down, killed, restarted ---------------------------------------------------------------------------------------


def test_nothing_but_unreachable_is_said_while_cupsd_is_down(lab: CupsLab, printer: Printer) -> None:
    job = printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))
    lab.kill_cupsd()
    calls = (
        lambda: printer.create_held(DOCUMENT, "2-1-r1", Route(QUEUE)),
        lambda: printer.release(job),
        lambda: printer.look_up(job),
        lambda: printer.cancel(job),
        lambda: printer.discard_held(QUEUE, "1-1-r1"),
    )
    for call in calls * 2:
        with pytest.raises(PrinterUnreachable):
            call()
    assert QueueReport(QUEUE, "unreachable", accepting=False, reasons=(), depth=0) == printer.queue_report(QUEUE)


def test_a_cupsd_killed_between_create_and_release_forgets_no_job(lab: CupsLab, printer: Printer) -> None:
    jobs = [printer.create_held(DOCUMENT, f"{number}-1-r1", Route(QUEUE)) for number in range(5)]
    lab.kill_cupsd()
    lab.restart_cupsd()
    assert [JobState.HELD] * 5 == [printer.look_up(job).state for job in jobs]
    for job in jobs:
        printer.release(job)
    until(lambda: len(lab.papers(QUEUE)) == 5, "five sheets")
    assert [(job.job_name, DIGEST) for job in jobs] == sorted(lab.papers(QUEUE))


def test_an_orderly_restart_leaves_held_jobs_and_orphans_as_they_were(lab: CupsLab, printer: Printer) -> None:
    job = printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))
    lab.restart_cupsd()
    assert JobState.HELD is printer.look_up(job).state
    assert 1 == printer.discard_held(QUEUE, "1-1-r1")


def test_a_job_whose_document_never_came_is_swept_up_and_never_released(lab: CupsLab, printer: Printer) -> None:
    whole = printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))
    options = {"job-hold-until": "indefinite", "job-billing": "2-1-r1"}
    half = replace(whole, job_id=lab.connection().createJob(QUEUE, "2-1-r1", options), job_name="2-1-r1")
    lab.kill_cupsd()
    lab.restart_cupsd()
    with pytest.raises(JobUnknown, match="has lost its document"):
        printer.release(half)
    assert 1 == printer.discard_held(QUEUE, "2-1-r1")
    assert JobState.HELD is printer.look_up(whole).state


def test_more_than_five_hundred_open_jobs_hide_no_orphan(lab: CupsLab, printer: Printer) -> None:
    connection = lab.connection()
    for _ in range(510):
        connection.createJob(QUEUE, "other", {"job-hold-until": "indefinite", "job-billing": "other"})
    job = printer.create_held(b"%PDF", "1-1-r1", Route(QUEUE))
    assert 1 == printer.discard_held(QUEUE, "1-1-r1")
    assert JobState.CANCELED is printer.look_up(job).state


def test_a_printer_that_is_off_for_a_while_prints_once_when_it_is_back(lab: CupsLab, printer: Printer) -> None:
    lab.printers[QUEUE].stop()
    job = printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))
    printer.release(job)
    until(lambda: printer.look_up(job).state is JobState.PROCESSING, "the first attempt")
    assert [] == lab.papers(QUEUE)
    lab.printers[QUEUE].start()
    until(lambda: [("1-1-r1", DIGEST)] == lab.papers(QUEUE), "the sheet")
