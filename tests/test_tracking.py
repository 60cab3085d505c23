"""Following accepted jobs: every word of a printer, and what becomes of the note."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from service.clock import Now, steady_s
from service.config import Printing
from service.errors import PrinterUnreachable, SlipwayError, SpoolFull
from service.lanes import Lanes
from service.ledger.accounts import Account, Decision, Drop, Entry, NoteKey
from service.ledger.ledger import Ledger
from service.model import Job, JobReport, JobState, QueueReport, RenderedNote
from service.queue_watch import Followed, QueueWatch
from service.tracking import Listeners, Tracking
from tests.builders import NOON, a_shipment
from tests.floor import Line
from tests.programs import until

KEY = NoteKey("509217-1-r1", 1)
JOB = Job("uk-notes", 7, "509217-1-r1", NOON)


class Says:
    """A printer that says one thing after the other of every job; the last one for ever."""

    def __init__(self, *words: JobState | JobReport | SlipwayError) -> None:
        self._words = list(words)

    def queue_report(self, queue: str) -> QueueReport:
        return QueueReport(queue, "idle", accepting=True, reasons=(), depth=0)

    def look_at(self, _queue: str, jobs: Sequence[Job]) -> tuple[JobReport, ...]:
        word = self._words.pop(0) if len(self._words) > 1 else self._words[0]
        if isinstance(word, SlipwayError):
            raise word
        report = word if isinstance(word, JobReport) else JobReport(word, ("because",), "cups")
        return (report,) * len(jobs)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.record_drop(Drop("d1", "a" * 64, 1, NOON, NOON), [Entry(1, a_shipment(), "c1")], NOON)
    accepted(ledger, KEY)
    yield ledger
    ledger.close()


@dataclass
class Ear:
    """Hears what tracking says."""

    ended: threading.Event = field(default_factory=threading.Event)
    owed: list[NoteKey] = field(default_factory=list)
    stopped: list[SlipwayError] = field(default_factory=list)

    @property
    def listeners(self) -> Listeners:
        return Listeners(lambda _: self.ended.set(), self.owed.append, self.stopped.append)


def tracking_of(
    printer: Says,
    ledger: Ledger,
    later_s: float = 0,
    lanes: Lanes | None = None,
    settings: Printing = Printing(poll_s=0.001, retry_s=0.05),  # noqa: B008 - frozen
    now: Now | None = None,
) -> Tracking:
    return Tracking(
        printer,  # type: ignore[arg-type]  # only looked at
        ledger,
        lanes or Lanes(Line(), [JOB.queue], window=3),  # type: ignore[arg-type]
        settings,
        now or (lambda: NOON + timedelta(seconds=later_s)),
    )


def follow_to_the_end(ledger: Ledger, printer: Says, later_s: float = 1, key: NoteKey = KEY) -> Account:
    """The account of the note once tracking lets go of it."""
    ear, tracking = Ear(), tracking_of(printer, ledger, later_s)
    tracking.start(ear.listeners)
    tracking.resume(account(ledger, key))
    assert ear.ended.wait(20)
    tracking.stop()
    assert not ear.stopped
    assert 0 == tracking.open_jobs
    return account(ledger, key)


def account(ledger: Ledger, key: NoteKey = KEY) -> Account:
    found = ledger.account(key)
    assert found is not None
    return found


def accepted(ledger: Ledger, key: NoteKey) -> None:
    """Bring a note to the printer."""
    ledger.intend(key, RenderedNote(b"", "5" * 64, 1), "uk-notes", {"submitting": NOON})
    ledger.note_job(key, replace(JOB, job_name=key.job_name))
    ledger.accept(key, NOON)


def test_a_completed_job_completes_its_note_and_says_who_confirmed_it(ledger: Ledger) -> None:
    note = follow_to_the_end(ledger, Says(JobState.PENDING, JobState.PROCESSING, JobState.COMPLETED))
    assert ("completed", "cups") == (note.state, note.confirmed_by)


def watch_of(jobs: int) -> QueueWatch:
    """A queue of which so many jobs are followed."""
    watch = QueueWatch("uk-notes", threading.Thread(), threading.Condition())
    for number in range(jobs):
        key = NoteKey(f"{number}-1-r1", 1)
        watch.followed[key] = Followed(key, JOB, NOON, NOON, steady_s())
    return watch


def test_a_full_window_is_looked_at_sooner_than_others() -> None:
    assert (0.1, 0.025) == (watch_of(2).pace_s(0.1, window=3), watch_of(3).pace_s(0.1, window=3))


def test_a_queue_that_is_always_full_is_looked_at_later_and_one_that_ran_empty_sooner_again() -> None:
    watch = watch_of(3)
    for _ in range(20):
        watch.learn_pace(ended=1, window=3)
    assert 0.1 == watch.pace_s(0.1, window=3)
    watch.learn_pace(ended=2, window=3)
    assert 0.1 == watch.pace_s(0.1, window=3)
    watch.learn_pace(ended=3, window=3)
    assert 0.05 == watch.pace_s(0.1, window=3)
    watch.learn_pace(ended=3, window=3)
    watch.learn_pace(ended=3, window=3)
    assert 0.025 == watch.pace_s(0.1, window=3)


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


def test_a_wall_clock_that_is_set_makes_nobody_silent(ledger: Ledger) -> None:
    ear, says = Ear(), Says(JobState.STOPPED, JobState.STOPPED, JobState.COMPLETED)
    tracking = tracking_of(says, ledger, now=iter([NOON, *[NOON + timedelta(days=1)] * 9]).__next__)
    tracking.start(ear.listeners)
    tracking.resume(account(ledger))
    assert ear.ended.wait(20)
    tracking.stop()
    assert "completed" == account(ledger).state


def test_a_printer_that_can_not_be_reached_is_asked_again(ledger: Ledger) -> None:
    note = follow_to_the_end(ledger, Says(PrinterUnreachable("no answer"), JobState.COMPLETED))
    assert "completed" == note.state


def test_a_lane_is_closed_at_the_window_and_opens_when_a_job_ends(ledger: Ledger) -> None:
    line, ear = Line(), Ear()
    lanes = Lanes(line, [JOB.queue], window=1)  # type: ignore[arg-type]
    tracking = tracking_of(Says(JobState.PENDING, JobState.PENDING, JobState.COMPLETED), ledger, lanes=lanes)
    tracking.resume(account(ledger))
    assert {"print:uk-notes"} == line.closed
    tracking.start(ear.listeners)
    assert ear.ended.wait(20)
    tracking.stop()
    assert set() == line.closed


def test_a_note_that_is_followed_already_takes_no_second_place_in_its_queue(ledger: Ledger) -> None:
    line = Line()
    lanes = Lanes(line, [JOB.queue], window=2)  # type: ignore[arg-type]
    tracking = tracking_of(Says(JobState.PENDING), ledger, lanes=lanes)
    for _ in range(3):
        tracking.resume(account(ledger))
    assert (1, set()) == (tracking.open_jobs, line.closed)


def test_a_printer_that_never_answers_again_is_a_persons_business_in_the_end(ledger: Ledger) -> None:
    note = follow_to_the_end(ledger, Says(PrinterUnreachable("no answer")), later_s=Printing().silent_after_s + 1)
    assert ("held", "printer-silent") == (note.state, note.code)


@pytest.mark.parametrize(("word", "is_anew"), [(JobState.COMPLETED, True), (JobState.CANCELED, False)])
def test_the_patience_with_a_queue_that_waits_begins_anew_with_a_sheet_alone(
    ledger: Ledger, word: JobState, is_anew: bool
) -> None:
    ear, tracking = Ear(), tracking_of(Says(word), ledger)
    watch = tracking._watch(JOB.queue)
    watch.waits_since = 1.0
    tracking.start(ear.listeners)
    tracking.resume(account(ledger))
    assert ear.ended.wait(20)
    tracking.stop()
    assert is_anew == (watch.waits_since is None)


# A full disk ---------------------------------------------------------------------------------------------------------


class Cramped(Ledger):
    """A ledger on a disk that is full for the first `misses` changes that tracking makes."""

    misses = 2

    def complete(self, *arguments: Any) -> bool:
        self._find_room()
        return super().complete(*arguments)

    def hold(self, *arguments: Any, **others: Any) -> bool:
        self._find_room()
        return super().hold(*arguments, **others)

    def take_back(self, *arguments: Any) -> bool:
        self._find_room()
        return super().take_back(*arguments)

    def _find_room(self) -> None:
        self.misses -= 1
        if self.misses >= 0:
            raise SpoolFull("no space left for the ledger")


@pytest.fixture
def cramped(ledger: Ledger, tmp_path: Path) -> Iterator[Cramped]:
    cramped = Cramped(tmp_path / "ledger.db")
    yield cramped
    cramped.close()


@pytest.mark.parametrize(("word", "state"), [(JobState.COMPLETED, "completed"), (JobState.CANCELED, "held")])
def test_a_full_disk_delays_what_became_of_a_note_until_there_is_room(
    cramped: Cramped, word: JobState, state: str
) -> None:
    with capture_logs() as lines:
        assert state == follow_to_the_end(cramped, Says(word)).state
    told = [(line["event"], line["queue"]) for line in lines if line["event"].startswith("spool.")]
    assert [("spool.full", "uk-notes"), ("spool.room", "uk-notes")] == told


class GivesBack(Says):
    """A stopped queue, whose jobs CUPS cancels when they are withdrawn."""

    withdrawn = False

    def queue_report(self, queue: str) -> QueueReport:
        return QueueReport(queue, "stopped", accepting=True, reasons=("paused",), depth=1)

    def withdraw(self, _job: Job) -> bool:
        self.withdrawn = True
        return True

    def look_up(self, _job: Job) -> JobReport:
        return JobReport(JobState.CANCELED if self.withdrawn else JobState.PENDING, (), "cups")

    def look_at(self, _queue: str, jobs: Sequence[Job]) -> tuple[JobReport, ...]:
        return tuple(map(self.look_up, jobs))


def test_what_cups_gave_back_while_the_disk_was_full_is_owed_again_and_nobody_cancelled_it(cramped: Cramped) -> None:
    ear, printer = Ear(), GivesBack(JobState.PENDING)
    tracking = tracking_of(printer, cramped)
    tracking.start(ear.listeners)
    tracking.resume(account(cramped))
    tracking.suspect("uk-notes")
    assert ear.ended.wait(20)
    until(lambda: bool(ear.owed), "the note to be owed")
    tracking.stop()
    assert [] == ear.stopped
    assert ([KEY], "received") == (ear.owed, account(cramped).state)


# Failed, and printed twice -------------------------------------------------------------------------------------------


def test_what_the_printer_gave_up_prints_again_by_itself_once_as_a_marked_sheet(ledger: Ledger) -> None:
    gave_up = JobReport(JobState.ABORTED, ("aborted-by-system",), "printer", times=0)
    first = follow_to_the_end(ledger, Says(gave_up))
    assert ("cancelled", "job-aborted") == (first.state, first.code)
    again = NoteKey(KEY.note_id, 2)
    assert "received" == account(ledger, again).state
    assert [("received", "printed-again")] == [(event.state, event.code) for event in ledger.history(again)]
    accepted(ledger, again)
    second = follow_to_the_end(ledger, Says(gave_up), key=again)
    assert ("held", "job-aborted") == (second.state, second.code)
    assert ledger.account(NoteKey(KEY.note_id, 3)) is None


def test_what_the_printer_gave_up_with_paper_out_waits_for_a_person(ledger: Ledger) -> None:
    note = follow_to_the_end(ledger, Says(JobReport(JobState.ABORTED, ("aborted-by-system",), "printer", times=1)))
    assert ("held", "job-unknown") == (note.state, note.code)
    assert "job 7 of uk-notes was aborted with paper out: aborted-by-system" == note.reason
    assert ledger.account(NoteKey(KEY.note_id, 2)) is None


def test_a_sheet_that_a_person_asked_for_has_its_own_second_try(ledger: Ledger) -> None:
    follow_to_the_end(ledger, Says(JobState.COMPLETED))
    reprint = ledger.decide(KEY, Decision("d1", "reprint", "ops", "lost"), NOON)
    accepted(ledger, reprint)
    follow_to_the_end(ledger, Says(JobReport(JobState.ABORTED, (), "printer", times=0)), key=reprint)
    assert "received" == account(ledger, NoteKey(KEY.note_id, 3)).state


def test_what_is_twice_in_the_printers_record_waits_for_a_person(ledger: Ledger) -> None:
    note = follow_to_the_end(ledger, Says(JobReport(JobState.COMPLETED, (), "printer", times=2)))
    assert ("held", "printed-twice") == (note.state, note.code)


def test_a_queue_that_hangs_keeps_no_other_from_being_looked_at(ledger: Ledger) -> None:
    may_answer, ear = threading.Event(), Ear()

    class HangsInOne(Says):
        def look_at(self, queue: str, jobs: Sequence[Job]) -> tuple[JobReport, ...]:
            if queue == "hangs":
                may_answer.wait(20)
            return super().look_at(queue, jobs)

    tracking = tracking_of(HangsInOne(JobState.COMPLETED), ledger)
    tracking.start(ear.listeners)
    tracking.follow(replace(account(ledger), note_id="elsewhere"), replace(JOB, queue="hangs"), NOON)
    tracking.resume(account(ledger))
    assert ear.ended.wait(20)
    assert "completed" == account(ledger).state
    assert tracking.busy_since is not None, "the other look is still under way"
    may_answer.set()
    tracking.stop()


class Hangs(Says):
    """A printer that takes its time when it is looked at; no job of it has begun."""

    def __init__(self) -> None:
        super().__init__(JobState.PENDING)
        self.asked, self.answers = threading.Event(), threading.Event()

    def look_at(self, queue: str, jobs: Sequence[Job]) -> tuple[JobReport, ...]:
        self.asked.set()
        self.answers.wait(20)
        return super().look_at(queue, jobs)

    def look_up(self, _job: Job) -> JobReport:
        return JobReport(JobState.PENDING, (), "cups")

    def withdraw(self, _job: Job) -> bool:
        return True


def test_nobody_who_moves_a_queue_waits_for_its_printer_and_what_has_not_begun_is_owed_again(ledger: Ledger) -> None:
    ear, printer = Ear(), Hangs()
    tracking = tracking_of(printer, ledger)
    tracking.start(ear.listeners)
    tracking.resume(account(ledger))
    assert printer.asked.wait(20)
    assert 0 == tracking.take_back_from(JOB.queue)
    assert ("accepted", []) == (account(ledger).state, ear.owed)
    printer.answers.set()
    until(lambda: [KEY] == ear.owed, "the note to be owed again")
    assert ("received", 0) == (account(ledger).state, tracking.open_jobs)
    tracking.stop()
    assert not ear.stopped


def test_what_was_asked_back_while_the_disk_is_full_is_owed_again_when_there_is_room(cramped: Cramped) -> None:
    ear, printer = Ear(), Hangs()
    tracking = tracking_of(printer, cramped)
    tracking.start(ear.listeners)
    tracking.resume(account(cramped))
    assert printer.asked.wait(20)
    assert 0 == tracking.take_back_from(JOB.queue)
    printer.answers.set()
    until(lambda: [KEY] == ear.owed, "the note to be owed again")
    tracking.stop()
    assert ([], "received") == (ear.stopped, account(cramped).state)


def test_a_queue_that_was_asked_for_its_notes_rests_while_there_is_no_room() -> None:
    watch = QueueWatch("uk-notes", threading.Thread(), threading.Condition(), is_asked_back=True)
    assert watch.time_to_look() <= 0
    watch.wait_for_room(5)
    assert watch.time_to_look() > 4
