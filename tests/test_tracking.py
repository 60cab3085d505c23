"""Following accepted jobs: every word of a printer, and what becomes of the note."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from service.config import Printing
from service.errors import PrinterUnreachable, SlipwayError
from service.ledger.accounts import Account, Drop, Entry, NoteKey
from service.ledger.ledger import Ledger
from service.model import Job, JobReport, JobState, RenderedNote
from service.tracking import Tracking
from tests.builders import NOON, a_shipment

KEY = NoteKey("509217-1-r1", 1)
JOB = Job("uk-notes", 7, "509217-1-r1", NOON)


class Says:
    """A printer that says one thing after the other of every job; the last one for ever."""

    def __init__(self, *words: JobState | SlipwayError) -> None:
        self._words = list(words)

    def look_up(self, job: Job) -> JobReport:
        word = self._words.pop(0) if len(self._words) > 1 else self._words[0]
        if isinstance(word, SlipwayError):
            raise word
        return JobReport(word, ("because",), "cups")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.record_drop(Drop("d1", "a" * 64, 1, NOON, NOON), [Entry(1, a_shipment(), "c1")], NOON)
    ledger.intend(KEY, RenderedNote(b"", "5" * 64, 1), "uk-notes", {"submitting": NOON})
    ledger.note_job(KEY, JOB)
    ledger.accept(KEY, NOON)
    yield ledger
    ledger.close()


def follow_to_the_end(ledger: Ledger, printer: Says, later_s: float = 1) -> Account:
    """The account of the note once tracking lets go of it."""
    ended, stopped = threading.Event(), list[SlipwayError]()
    settings = Printing(poll_s=0.001)
    tracking = Tracking(
        printer,  # type: ignore[arg-type]  # only looked up
        ledger,
        settings,
        lambda _: ended.set(),
        lambda: NOON + timedelta(seconds=later_s),
    )
    tracking.start(stopped.append)
    tracking.resume(account(ledger))
    assert ended.wait(20)
    tracking.stop()
    assert not stopped
    assert 0 == tracking.open_jobs
    return account(ledger)


def account(ledger: Ledger) -> Account:
    found = ledger.account(KEY)
    assert found is not None
    return found


def test_a_completed_job_completes_its_note_and_says_who_confirmed_it(ledger: Ledger) -> None:
    note = follow_to_the_end(ledger, Says(JobState.PENDING, JobState.PROCESSING, JobState.COMPLETED))
    assert ("completed", "cups") == (note.state, note.confirmed_by)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (JobState.ABORTED, "job-aborted"),
        (JobState.CANCELED, "job-cancelled"),
        (JobState.UNKNOWN, "job-unknown"),
    ],
)
def test_a_job_that_ends_otherwise_waits_for_a_person(ledger: Ledger, state: JobState, code: str) -> None:
    note = follow_to_the_end(ledger, Says(JobState.PROCESSING, state))
    assert ("held", code) == (note.state, note.code)


def test_a_job_that_stays_open_too_long_waits_for_a_person(ledger: Ledger) -> None:
    note = follow_to_the_end(ledger, Says(JobState.STOPPED), later_s=Printing().silent_after_s + 1)
    assert ("held", "printer-silent") == (note.state, note.code)
    assert "processing-stopped" in note.reason


def test_a_printer_that_can_not_be_reached_is_asked_again(ledger: Ledger) -> None:
    note = follow_to_the_end(ledger, Says(PrinterUnreachable("no answer"), JobState.COMPLETED))
    assert "completed" == note.state


def test_a_queue_has_room_again_when_a_job_of_it_ends(ledger: Ledger) -> None:
    settings = Printing(poll_s=0.001, window=1)
    printer = Says(JobState.PENDING, JobState.PENDING, JobState.COMPLETED)
    tracking = Tracking(printer, ledger, settings, lambda _: None, lambda: NOON)  # type: ignore[arg-type]
    tracking.resume(account(ledger))
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(tracking.wait_for_room("uk-notes")))
    waiting.start()
    assert tracking.wait_for_room("eu-notes-fr"), "another queue is not held up"
    assert not answers
    tracking.start(lambda _: None)
    waiting.join(20)
    assert [True] == answers
    tracking.stop()


def test_who_waits_for_room_is_let_go_when_the_service_stops(ledger: Ledger) -> None:
    settings = Printing(window=1)
    tracking = Tracking(Says(JobState.PENDING), ledger, settings, lambda _: None, lambda: NOON)  # type: ignore[arg-type]
    tracking.resume(account(ledger))
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(tracking.wait_for_room("uk-notes")))
    waiting.start()
    tracking.stop()
    waiting.join(20)
    assert [False] == answers


def test_a_note_that_is_followed_already_takes_no_second_place_in_its_queue(ledger: Ledger) -> None:
    tracking = Tracking(Says(JobState.PENDING), ledger, Printing(window=2), lambda _: None, lambda: NOON)  # type: ignore[arg-type]
    for _ in range(3):
        tracking.resume(account(ledger))
    assert 1 == tracking.open_jobs
    assert tracking.wait_for_room("uk-notes")


def test_a_printer_that_never_answers_again_is_a_persons_business_in_the_end(ledger: Ledger) -> None:
    note = follow_to_the_end(ledger, Says(PrinterUnreachable("no answer")), later_s=Printing().silent_after_s + 1)
    assert ("held", "printer-silent") == (note.state, note.code)
