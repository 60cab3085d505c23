"""The table of verdicts: what CUPS says, what the printer's record says, and what follows."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.clock import steady_s
from service.model import Job, JobReport, JobState
from service.printing.cupsd import CupsJob
from service.printing.device import Device, Record, address_of, can_be_asked
from service.printing.ipp import Answer, Group
from service.printing.ipp_client import IppClient
from service.printing.verdicts import verdict_by_cups, verdict_by_record
from tests.builders import NOON
from tests.ipp_printer import COMPLETED as PRINTED
from tests.ipp_printer import IppPrinter, PrinterJob

COMPLETED, ABORTED, CANCELED = JobState.COMPLETED, JobState.ABORTED, JobState.CANCELED
OPEN, UNKNOWN = JobState.PROCESSING, JobState.UNKNOWN


def in_cups(state: JobState, *reasons: str) -> CupsJob:
    return CupsJob(1, "1-1-r1", "uk-notes", state, reasons, documents=1, began=1)


def record(state: JobState, impressions: int = 0) -> Record:
    return Record("1-1-r1", state, (), impressions)


@pytest.mark.parametrize(
    ("found", "records", "state", "by", "times"),
    [
        (COMPLETED, [OPEN], OPEN, "printer", 1),
        (COMPLETED, [COMPLETED], COMPLETED, "printer", 1),
        (COMPLETED, [COMPLETED, COMPLETED], COMPLETED, "printer", 2),
        (COMPLETED, [COMPLETED, OPEN], OPEN, "printer", 1),
        (COMPLETED, [ABORTED, COMPLETED], COMPLETED, "printer", 1),
        (COMPLETED, [ABORTED], ABORTED, "printer", 0),
        (CANCELED, [ABORTED], ABORTED, "printer", 0),
        (CANCELED, [COMPLETED], COMPLETED, "printer", 1),
        (COMPLETED, [CANCELED], CANCELED, "printer", 0),
        (COMPLETED, [], UNKNOWN, "printer", 1),
        (CANCELED, [], CANCELED, "cups", 0),
        (ABORTED, [], ABORTED, "cups", 0),
        (None, [], UNKNOWN, "printer", 1),
        (None, [COMPLETED], COMPLETED, "printer", 1),
        (JobState.PENDING, [COMPLETED], COMPLETED, "printer", 1),
    ],
)
def test_the_printers_record_decides(
    found: JobState | None, records: list[JobState], state: JobState, by: str, times: int
) -> None:
    report = verdict_by_record(in_cups(found) if found else None, [record(each) for each in records])
    assert (state, by, times) == (report.state, report.confirmed_by, report.times)


def test_an_aborted_job_with_paper_counts_beside_a_completed_one() -> None:
    assert 2 == verdict_by_record(in_cups(COMPLETED), [record(ABORTED, impressions=1), record(COMPLETED)]).times


@pytest.mark.parametrize(("others", "state"), [([COMPLETED], COMPLETED), ([], OPEN), ([ABORTED], OPEN)])
def test_a_record_without_its_document_does_not_count_beside_a_completed_one(
    others: list[JobState], state: JobState
) -> None:
    waits = Record("1-1-r1", OPEN, ("job-incoming",), 0)
    assert state is verdict_by_record(in_cups(COMPLETED), [waits, *map(record, others)]).state


@pytest.mark.parametrize(
    ("found", "was_interrupted", "state"),
    [
        (in_cups(COMPLETED), False, COMPLETED),
        (in_cups(COMPLETED), True, UNKNOWN),
        (in_cups(COMPLETED, "cups-ipp-missing-job-history"), False, UNKNOWN),
        (in_cups(CANCELED), True, CANCELED),
        (in_cups(ABORTED), False, ABORTED),
        (in_cups(JobState.PENDING), False, UNKNOWN),
        (None, False, UNKNOWN),
    ],
)
def test_where_the_printer_can_not_be_asked_cups_decides(
    found: CupsJob | None, was_interrupted: bool, state: JobState
) -> None:
    report: JobReport = verdict_by_cups(found, was_interrupted=was_interrupted)
    assert (state, "cups", 1) == (report.state, report.confirmed_by, report.times)


TEN_MINUTES_OLD: Group = {"time-at-creation": (400,), "job-printer-up-time": (1000,)}


def test_a_printer_that_talks_nonsense_of_a_job_has_no_record_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    nonsense = ({}, {"job-name": ()}, {"job-name": ("1-1-r1",), "job-state": ("done",)}, {"job-state": (9,)})
    monkeypatch.setattr(IppClient, "ask", lambda *_: Answer(0, nonsense, ()))
    assert () == Device("ipp://127.0.0.1/ipp/print", 1, lambda: NOON).records(["1-1-r1"])


def test_of_a_printer_that_forgets_nothing_only_the_jobs_that_are_asked_about_are_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    had = {number: PrinterJob(number, f"{number}-1-r1", {}, 1, PRINTED) for number in range(1, 1001)}
    printer = IppPrinter(tmp_path, jobs=had).start()
    kept: list[Group] = []
    ask = IppClient.ask

    def asked(*told: Any) -> Answer:
        answer = ask(*told)
        kept.extend(answer.jobs)
        return answer

    monkeypatch.setattr(IppClient, "ask", asked)
    try:
        (found,) = Device(printer.uri, 5, lambda: NOON).records(["7-1-r1"])
    finally:
        printer.stop()
    assert ("7-1-r1", COMPLETED) == (found.job_name, found.state)
    assert [("7-1-r1",)] == [job["job-name"] for job in kept]


def test_a_record_that_was_seen_at_its_end_stays_when_the_printer_forgets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    completed = {"job-name": ("1-1-r1",), "job-id": (7,), "job-state": (9,)}
    answers = [Answer(0, (), ()), Answer(0, (completed,), ()), Answer(0, (), ()), Answer(0, (), ())]
    monkeypatch.setattr(IppClient, "ask", lambda *_: answers.pop(0))
    device = Device("ipp://127.0.0.1/ipp/print", 1, lambda: NOON)
    first = device.records(["1-1-r1"])
    assert [COMPLETED] == [each.state for each in first]
    assert first == device.records(["1-1-r1"])


def test_a_wall_clock_that_is_set_back_makes_no_record_older_than_our_job(monkeypatch: pytest.MonkeyPatch) -> None:
    completed = {"job-name": ("1-1-r1",), "job-id": (7,), "job-state": (9,), **TEN_MINUTES_OLD}
    monkeypatch.setattr(IppClient, "ask", lambda *_: Answer(0, (completed,), ()))
    device = Device("ipp://127.0.0.1/ipp/print", 1, lambda: NOON - timedelta(hours=3))
    (record,) = device.records(["1-1-r1"])
    made, later = steady_s() - 650, steady_s() - 550
    assert not record.is_older_than(Job("uk-notes", 1, "1-1-r1", NOON, created_s=made))
    assert record.is_older_than(Job("uk-notes", 1, "1-1-r1", NOON, created_s=later))


@pytest.mark.parametrize(
    ("times", "is_older"),
    [
        ({"time-at-creation": (400,), "job-printer-up-time": (1000,)}, True),
        ({"time-at-creation": (500,), "job-printer-up-time": (1000,)}, False),
        ({"time-at-creation": (399,), "job-printer-up-time": (900,)}, False),  # to the second nobody knows
        ({"time-at-creation": (0,), "job-printer-up-time": (600,)}, True),  # before it was switched on
        ({"time-at-creation": (0,), "job-printer-up-time": (400,)}, False),
        ({"time-at-creation": (), "job-printer-up-time": (1000,)}, False),
        ({"time-at-creation": (400,)}, False),
        ({"job-printer-up-time": (1000,)}, False),
        ({}, False),
    ],
)
def test_a_record_is_older_than_our_job_only_if_the_printer_says_so_by_its_own_reckoning(
    monkeypatch: pytest.MonkeyPatch, times: Group, is_older: bool
) -> None:
    completed = {"job-name": ("1-1-r1",), "job-id": (7,), "job-state": (9,), **times}
    monkeypatch.setattr(IppClient, "ask", lambda *_: Answer(0, (completed,), ()))
    (record,) = Device("ipp://127.0.0.1/ipp/print", 1, lambda: NOON).records(["1-1-r1"])
    assert is_older is record.is_older_than(Job("uk-notes", 1, "1-1-r1", NOON - timedelta(seconds=500)))


@pytest.mark.parametrize(
    ("device", "address"),
    [
        ("ipp://127.0.0.1:631/ipp/print?waitjob=false", "ipp://127.0.0.1:631/ipp/print"),
        ("ipps://printer/ipp", "ipps://printer/ipp"),
        ("socket://printer:9100", ""),
        ("lpd://printer/notes", ""),
    ],
)
def test_only_printers_that_speak_ipp_are_asked_and_without_the_options_of_the_backend(
    device: str, address: str
) -> None:
    assert address == (address_of(device) if can_be_asked(device) else "")
