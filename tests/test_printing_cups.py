"""What only CUPS can do to us: queues that are missing or refuse, options, a cupsd that is down or killed."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from types import SimpleNamespace
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
from service.printing import Printer, ipp_client, open_printer
from service.printing.cups_printer import CupsPrinter
from service.printing.cupsd import Cupsd, CupsJob, CupsQueue
from service.printing.ipp import Operation, Request, written
from service.printing.watched import WatchedQueue
from tests.builders import NOON
from tests.cups_lab import CupsLab
from tests.eve_printer import EvePrinter
from tests.ipp_printer import IppPrinter
from tests.programs import until

pytestmark = pytest.mark.cups
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


@pytest.mark.parametrize("ppd", ["", "everywhere"])
def test_every_option_of_a_route_arrives_at_the_printer_where_it_honours_it(
    lab: CupsLab, printer: Printer, ppd: str
) -> None:
    paper = lab.add_queue("bench", "ippeveprinter", ppd)
    assert isinstance(paper, EvePrinter)
    tray = {"media_source": "tray-2", "media_type": "stationery", "output_bin": "face-down", "copies": 2}
    route = Route("bench", sides="two-sided-long-edge", print_color_mode="monochrome", **tray)  # type: ignore[arg-type]
    job = printer.create_held(DOCUMENT, "1-1-r1", route)
    printer.release(job)
    until(lambda: bool(lab.papers("bench")), "the sheet")
    told = paper.options("1-1-r1")
    assert "media-size={x-dimension=21000 y-dimension=29700}" in told["IPP_MEDIA_COL"]
    assert "media-source=tray-2" in told["IPP_MEDIA_COL"]
    assert "media-type=stationery" in told["IPP_MEDIA_COL"]
    wanted = {
        "SIDES": "two-sided-long-edge",
        "PRINT_COLOR_MODE": "monochrome",
        "OUTPUT_BIN": "face-down",
        "COPIES": "2",
    }
    assert wanted == {name: told[f"IPP_{name}"] for name in wanted}


def test_a_route_that_sets_nothing_more_sends_nothing_more(lab: CupsLab, printer: Printer) -> None:
    job = printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))
    printer.release(job)
    until(lambda: bool(lab.papers(QUEUE)), "the sheet")
    double = lab.printers[QUEUE]
    assert isinstance(double, IppPrinter)
    optional = {"media-col", "media-source", "media-type", "output-bin", "finishings", "copies"}
    assert set() == optional & set(double.jobs[1].attributes)


def test_finishings_go_by_the_numbers_of_ipp_and_priority_to_cups(lab: CupsLab, printer: Printer) -> None:
    route = Route(QUEUE, finishings=("staple-top-left", "punch"), job_priority=80)
    job = printer.create_held(DOCUMENT, "1-1-r1", route)
    asked = ["finishings", "job-priority"]
    told = lab.connection().getJobAttributes(job.job_id, requested_attributes=asked)
    assert ([20, 5], 80) == (told["finishings"], told["job-priority"])


def test_a_document_that_cups_refuses_leaves_no_job_behind(lab: CupsLab, printer: Printer) -> None:
    with pytest.raises(PrinterRefused, match=r"queue uk-notes: IPP status 0x0400"):
        printer.create_held(b"", "1-1-r1", Route(QUEUE))
    assert {} == lab.connection().getJobs()


# A cupsd that dies or hangs in the middle of a step -------------------------------------------------------------------


def happens(monkeypatch: pytest.MonkeyPatch, moment: str, what: Callable[[], object]) -> None:
    """`what` happens once: when a request is about to go out (`written`), or its answer is awaited (`_answered`)."""
    real = getattr(ipp_client, moment)

    def hit(*arguments: Any) -> Any:
        monkeypatch.setattr(ipp_client, moment, real)
        what()
        return real(*arguments)

    monkeypatch.setattr(ipp_client, moment, hit)


def prints_only(lab: CupsLab, printer: Printer, *names: str) -> None:
    """A further note prints, and nothing but `names` before it."""
    printer.release(printer.create_held(DOCUMENT, "last-1-r1", Route(QUEUE)))
    until(lambda: "last-1-r1" in [name for name, _ in lab.papers(QUEUE)], "the sheet")
    assert [*names, "last-1-r1"] == [name for name, _ in lab.papers(QUEUE)]


@pytest.mark.parametrize(("moment", "orphans"), [("written", {0}), ("_answered", {0, 1})])
def test_a_cupsd_killed_while_a_job_is_created_leaves_nothing_that_prints(
    lab: CupsLab, printer: Printer, monkeypatch: pytest.MonkeyPatch, moment: str, orphans: set[int]
) -> None:
    printer.look_up(Job(QUEUE, 1, "1-1-r1", NOON))  # there is a connection
    happens(monkeypatch, moment, lab.kill_cupsd)
    with pytest.raises(OutcomeUnknown, match="queue uk-notes: "):
        printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))
    lab.restart_cupsd()
    assert printer.discard_held(QUEUE, "1-1-r1") in orphans
    prints_only(lab, printer)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.999])
def test_a_client_that_dies_while_the_document_goes_leaves_no_job(
    lab: CupsLab, printer: Printer, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    requests: list[Request] = []
    monkeypatch.setattr(ipp_client, "written", lambda request: requests.append(request) or written(request))
    printer.cancel(printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE)))
    body = written(next(request for request in requests if request.operation is Operation.PRINT_JOB))
    with socket.socket(socket.AF_UNIX) as dying:
        dying.connect(lab.socket)
        head = f"POST /printers/{QUEUE} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ipp\r\n"
        dying.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[: int(share * len(body))])
    prints_only(lab, printer)
    assert 0 == printer.discard_held(QUEUE, "1-1-r1")


def test_a_cupsd_killed_at_the_release_leaves_the_outcome_to_the_next_try(
    lab: CupsLab, printer: Printer, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))
    real = Cupsd.let_go

    def killed_first(self: Cupsd, job_id: int) -> None:
        happens(monkeypatch, "written", lab.kill_cupsd)
        real(self, job_id)

    with monkeypatch.context() as patch:
        patch.setattr(Cupsd, "let_go", killed_first)
        with pytest.raises(OutcomeUnknown):
            printer.release(job)
    lab.restart_cupsd()
    printer.release(job)
    until(lambda: [("1-1-r1", DIGEST)] == lab.papers(QUEUE), "the sheet")


def test_a_job_is_looked_up_before_its_release_only_where_cupsd_may_be_another(
    lab: CupsLab, printer: Printer, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[int] = []
    real = Cupsd.job
    monkeypatch.setattr(Cupsd, "job", lambda self, job_id: looked_up.append(job_id) or real(self, job_id))
    printer.release(printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE)))
    assert [] == looked_up
    job = printer.create_held(DOCUMENT, "2-1-r1", Route(QUEUE))
    lab.restart_cupsd()
    printer.release(job)
    assert [job.job_id] == looked_up
    until(lambda: 2 == len(lab.papers(QUEUE)), "two sheets")


def test_a_job_released_by_somebody_else_meanwhile_is_released(
    lab: CupsLab, printer: Printer, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))
    real = Cupsd.let_go

    def released_and_printed(self: Cupsd, job_id: int) -> None:
        lab.connection().setJobHoldUntil(job_id, "no-hold")
        until(lambda: printer.look_up(job).state is JobState.COMPLETED, "the end of the job")
        real(self, job_id)

    monkeypatch.setattr(Cupsd, "let_go", released_and_printed)
    printer.release(job)
    assert [("1-1-r1", DIGEST)] == lab.papers(QUEUE)


def test_a_job_of_the_id_of_one_that_cups_lost_is_left_alone(lab: CupsLab, printer: Printer) -> None:
    lost = printer.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))
    lab.kill_cupsd()
    for file in (*(lab.home / "spool").glob("[cd]0*"), *(lab.home / "cache").glob("job.cache*")):
        file.unlink()
    lab.restart_cupsd()
    other = printer.create_held(DOCUMENT, "2-1-r1", Route(QUEUE))
    assert lost.job_id == other.job_id
    with pytest.raises(JobUnknown):
        printer.release(lost)
    printer.cancel(lost)
    assert [JobState.UNKNOWN, JobState.HELD] == [printer.look_up(job).state for job in (lost, other)]


def test_a_cupsd_that_hangs_costs_each_call_its_deadline_and_nothing_is_done_twice(lab: CupsLab) -> None:
    hasty = CupsPrinter(lab.socket, 0.3, lambda: NOON)
    job = hasty.create_held(DOCUMENT, "1-1-r1", Route(QUEUE))
    os.kill(lab.cupsd_pid, signal.SIGSTOP)
    calls = (
        (OutcomeUnknown, lambda: hasty.create_held(DOCUMENT, "2-1-r1", Route(QUEUE))),
        (PrinterUnreachable, lambda: hasty.release(job)),
        (PrinterUnreachable, lambda: hasty.look_up(job)),
        (PrinterUnreachable, lambda: hasty.cancel(job)),
        (PrinterUnreachable, lambda: hasty.discard_held(QUEUE, "1-1-r1")),
    )
    began = time.monotonic()
    for error, call in calls:
        with pytest.raises(error, match="no answer in time"):
            call()
    assert "unreachable" == hasty.queue_report(QUEUE).state
    assert time.monotonic() - began < 5
    os.kill(lab.cupsd_pid, signal.SIGCONT)
    until(lambda: 1 == hasty.discard_held(QUEUE, "2-1-r1"), "what the hung cupsd did in the end")
    hasty.release(job)
    prints_only(lab, hasty, "1-1-r1")


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


# A cupsd whose disk lost its power, and that has a job twice ----------------------------------------------------------


class HasItTwice(Cupsd):
    """It has ended the job, and lists it as it was before; its queue stays at work."""

    def __init__(self, listed: JobState, asked: JobState) -> None:
        super().__init__("", 1)
        self.listed, self.asked = (CupsJob(7, "1-1-r1", "q", state, (), 1, None) for state in (listed, asked))

    def was_restarted(self) -> bool:
        return False

    def open_jobs(self, queue: str) -> Iterator[CupsJob]:
        yield self.listed

    def job(self, job_id: int) -> CupsJob | None:
        return self.asked

    def jobs(self, queue: str, job_ids: Sequence[int]) -> dict[int, CupsJob]:
        return dict.fromkeys(job_ids, self.asked)

    def queue(self, name: str) -> CupsQueue | None:
        return CupsQueue("processing", True, (), 1, "socket://printer", True)


@pytest.mark.parametrize("listed", [JobState.HELD, JobState.PROCESSING])
def test_a_job_that_is_at_its_end_and_listed_for_ever_is_found_in_time(
    monkeypatch: pytest.MonkeyPatch, listed: JobState
) -> None:
    now_s = [100.0]
    monkeypatch.setattr("service.printing.watched.time", SimpleNamespace(monotonic=lambda: now_s[0]))
    queue = WatchedQueue("q", HasItTwice(listed, JobState.COMPLETED), 1, lambda: NOON, asks_printer=False)
    job = Job("q", 7, "1-1-r1", NOON)
    assert [listed] == [report.state for report in queue.look_at([job])]
    now_s[0] += 11
    assert [JobState.COMPLETED] == [report.state for report in queue.look_at([job])]


@pytest.mark.parametrize(("asked", "is_stuck"), [(JobState.COMPLETED, True), (JobState.PROCESSING, False)])
def test_a_queue_at_work_whose_job_is_at_its_end_is_at_none(
    monkeypatch: pytest.MonkeyPatch, asked: JobState, is_stuck: bool
) -> None:
    printer = CupsPrinter("", 1, lambda: NOON)
    monkeypatch.setattr(printer, "_cupsd", HasItTwice(JobState.PROCESSING, asked))
    assert is_stuck == ("at-no-job" in printer.queue_report("q").reasons)
