"""Jobs that stand still in CUPS: cancelled, and their notes held, and never more on paper than a person lets out."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service.clock import steady_s
from service.config import Printing
from service.errors import OutcomeUnknown, PrinterUnreachable, SlipwayError, SpoolFull
from service.intake.spool import lock_spool
from service.lanes import Lanes
from service.ledger.accounts import Account, Decision, Drop, Entry, NoteKey
from service.ledger.ledger import Ledger
from service.model import Job, JobReport, JobState, QueueReport, RenderedNote
from service.outcomes import Ending, Outcomes
from service.queue_watch import Followed
from service.tracking import Listeners, Tracking
from tests.builders import NOON, a_shipment
from tests.conftest import ROOT
from tests.cups_lab import CupsLab
from tests.floor import Line
from tests.ipp_printer import IppPrinter
from tests.programs import until
from tests.shop import Shop
from tests.works import Works, at_work

KEY = NoteKey("509217-1-r1", 1)
JOB = Job("uk-notes", 7, "509217-1-r1", NOON)
QUEUE = JOB.queue
HELD, STOPPED, PENDING, CANCELED = JobState.HELD, JobState.STOPPED, JobState.PENDING, JobState.CANCELED


class Cups:
    """One job, and what CUPS does when it is to be cancelled."""

    def __init__(self) -> None:
        self.state, self.began, self.times = HELD, False, 0
        self.cancels = 0
        self.fails_with: SlipwayError | None = None

    def look_up(self, _job: Job) -> JobReport:
        return JobReport(self.state, (), "cups", self.times)

    def cancel(self, _job: Job) -> None:
        self.cancels += 1
        failure, self.fails_with = self.fails_with, None
        if failure is None or failure.what == "after":
            self.state = CANCELED
        if failure:
            raise failure

    def withdraw(self, _job: Job) -> bool:
        return self.state is CANCELED and not self.began


class Bench:
    """One accepted note, looked at when a test says so, by a clock that stands."""

    def __init__(self, ledger: Ledger, cups: Cups) -> None:
        self.now_s = 1000.0
        self.cups = cups
        self._ledger = ledger
        self._followed = Followed(KEY, JOB, NOON, NOON, steady_s())
        self._outcomes = Outcomes(cups, ledger, Printing(stands_s=120), lambda: NOON)  # type: ignore[arg-type]

    def monotonic(self) -> float:
        return self.now_s

    def look(self, after_s: float = 0, *, is_down: bool = False, report: JobReport | None = None) -> Ending | None:
        """What the look comes to, by this report or by how the job is now."""
        self.now_s += after_s
        return self._outcomes.ending_of(self._followed, report or self.cups.look_up(JOB), is_down=is_down)

    @property
    def note(self) -> Account:
        found = self._ledger.account(KEY)
        assert found is not None
        return found


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.record_drop(Drop("d1", "a" * 64, 1, NOON, NOON), [Entry(1, a_shipment(), "c1")], NOON)
    ledger.intend(KEY, RenderedNote(b"", "5" * 64, 1), QUEUE, {"submitting": NOON})
    ledger.note_job(KEY, JOB)
    ledger.accept(KEY, NOON)
    yield ledger
    ledger.close()


@pytest.fixture
def bench(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench(ledger, Cups())
    monkeypatch.setattr("service.standing_still.time", bench)
    return bench


# When it has stood for too long --------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [HELD, STOPPED])
def test_a_job_that_stands_for_too_long_is_cancelled_and_its_note_held(bench: Bench, state: JobState) -> None:
    bench.cups.state = state
    assert [None] * 3 == [bench.look(), bench.look(119), bench.look(1)]
    assert 0 == bench.cups.cancels
    assert None is bench.look(1)
    assert (1, "accepted") == (bench.cups.cancels, bench.note.state)
    assert Ending() == bench.look(1)
    assert ("held", "job-stands") == (bench.note.state, bench.note.code)
    assert f"job 7 of uk-notes was {state.value} in CUPS for 121 s; it never began" == bench.note.reason


def test_a_job_that_goes_on_and_stands_again_has_its_whole_time_again(bench: Bench) -> None:
    bench.look()
    bench.cups.state = PENDING
    bench.look(100)
    bench.cups.state = HELD
    assert [None] * 2 == [bench.look(1), bench.look(119)]
    assert 0 == bench.cups.cancels
    bench.look(2)
    assert 1 == bench.cups.cancels


def test_a_job_that_is_held_and_then_stopped_has_stood_all_the_while(bench: Bench) -> None:
    bench.look()
    bench.cups.state = STOPPED
    bench.look(121)
    assert 1 == bench.cups.cancels


def test_a_job_that_stands_in_a_queue_that_is_down_waits_with_it(bench: Bench) -> None:
    bench.look()
    bench.look(500, is_down=True)
    bench.look(1)
    bench.look(119)
    assert 0 == bench.cups.cancels
    bench.look(2)
    assert 1 == bench.cups.cancels


def test_a_job_that_cups_has_stopped_goes_on_no_more_when_its_queue_is_back(bench: Bench) -> None:
    bench.cups.state = STOPPED
    bench.look()
    bench.look(121, is_down=True)
    assert 1 == bench.cups.cancels


# What may come between -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("error", [OutcomeUnknown, PrinterUnreachable])
def test_a_cancel_that_fails_is_tried_again_and_nobody_else_cancelled_it(
    bench: Bench, error: type[SlipwayError], moment: str
) -> None:
    bench.cups.fails_with = error(moment)
    bench.look()
    assert None is bench.look(121)
    assert "accepted" == bench.note.state
    endings = [bench.look(1), bench.look(1)]
    assert Ending() in endings
    assert ("held", "job-stands") == (bench.note.state, bench.note.code)
    assert {"before": 2, "after": 1}[moment] == bench.cups.cancels


def test_a_job_that_goes_on_in_that_moment_is_not_cancelled_and_completes(bench: Bench) -> None:
    bench.look()
    bench.cups.state = JobState.PROCESSING
    assert None is bench.look(121, report=JobReport(HELD, (), "cups"))
    assert 0 == bench.cups.cancels
    bench.cups.state, bench.cups.times = JobState.COMPLETED, 1
    assert Ending(is_printed=True) == bench.look(1)
    assert "completed" == bench.note.state


def test_a_sheet_that_came_out_all_the_same_counts_more_than_the_cancel(bench: Bench) -> None:
    bench.look()
    bench.look(121)
    assert 1 == bench.cups.cancels
    bench.cups.state, bench.cups.times = JobState.COMPLETED, 1  # by the printer's record
    assert Ending(is_printed=True) == bench.look(1)
    assert ("completed", "") == (bench.note.state, bench.note.code)


def test_who_cancels_a_job_that_went_on_after_all_was_somebody_else(bench: Bench) -> None:
    bench.cups.fails_with = OutcomeUnknown("before")
    bench.look()
    bench.look(121)
    bench.cups.state = PENDING
    bench.look(1)
    bench.cups.state = CANCELED
    assert Ending() == bench.look(1)
    assert ("held", "job-cancelled") == (bench.note.state, bench.note.code)


def test_who_cancels_a_job_before_its_time_was_somebody_else(bench: Bench) -> None:
    bench.look()
    bench.cups.state = CANCELED
    bench.look(60)
    assert ("held", "job-cancelled") == (bench.note.state, bench.note.code)


def test_a_full_disk_delays_the_hold_and_its_reason_stays(
    bench: Bench, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.look()
    bench.look(121)
    with monkeypatch.context() as full:
        full.setattr(ledger, "hold_unprinted", lambda *_: (_ for _ in ()).throw(SpoolFull("no space left")))
        with pytest.raises(SpoolFull):
            bench.look(1)
    assert Ending() == bench.look(1)
    assert ("held", "job-stands") == (bench.note.state, bench.note.code)


# Release -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("began", "times", "going_on", "said"),
    [
        (False, 0, KEY, "it never began"),
        (True, 0, NoteKey(KEY.note_id, 2), "it had begun, or may have"),
        (False, 1, NoteKey(KEY.note_id, 2), "it had begun, or may have"),  # its printer can't be asked
    ],
)
def test_only_what_surely_has_not_printed_is_released_without_a_mark(
    bench: Bench, ledger: Ledger, began: bool, times: int, going_on: NoteKey, said: str
) -> None:
    bench.cups.began, bench.cups.times = began, times
    bench.look()
    bench.look(121)
    bench.look(1)
    assert bench.note.reason.endswith(f"; {said}")
    assert going_on == ledger.decide(KEY, Decision("r1", "release", "ops", "the toner is in"), NOON)
    found = ledger.account(going_on)
    assert found is not None
    assert ("received", None) == (found.state, found.job)


# On a thread of tracking ---------------------------------------------------------------------------------------------


class StoppedCups(Cups):
    """It is looked at by tracking; its queue is down until somebody starts it."""

    def __init__(self) -> None:
        super().__init__()
        self.looks, self.queue = 0, "stopped"

    def queue_report(self, queue: str) -> QueueReport:
        return QueueReport(queue, self.queue, accepting=True, reasons=(), depth=1)

    def look_at(self, _queue: str, jobs: list[Job]) -> tuple[JobReport, ...]:
        self.looks += 1
        return tuple(map(self.look_up, jobs))


def test_tracking_leaves_alone_what_stands_in_a_queue_that_is_down_and_holds_it_when_that_is_back(
    ledger: Ledger,
) -> None:
    cups, stopped = StoppedCups(), list[SlipwayError]()
    settings = Printing(poll_s=0.001, retry_s=0.05, stands_s=0.001)
    lanes = Lanes(Line(), [QUEUE], window=1)  # type: ignore[arg-type]
    tracking = Tracking(cups, ledger, lanes, settings, lambda: NOON)  # type: ignore[arg-type]
    tracking.start(Listeners(lambda _: None, lambda _: None, stopped.append))
    tracking.suspect(QUEUE)
    until(lambda: (QUEUE,) == tracking.queues_down, "the queue to be down")
    account = ledger.account(KEY)
    assert account is not None
    tracking.resume(account)
    until(lambda: cups.looks > 5, "some looks")
    assert 0 == cups.cancels
    cups.queue = "idle"
    tracking.suspect(QUEUE)  # asked at once
    until(lambda: not tracking.open_jobs, "the note to be let go")
    tracking.stop()
    held = ledger.account(KEY)
    assert held is not None
    assert ([], "held", "job-stands") == (stopped, held.state, held.code)


# In a real cupsd -----------------------------------------------------------------------------------------------------

FIRST, SECOND = "100-1-r1", "101-1-r1"
BACKUP = "uk-notes-2"


@pytest.fixture
def printer(cups_lab: CupsLab) -> Iterator[IppPrinter]:
    printer = cups_lab.add_queue(QUEUE, waits=True)
    assert isinstance(printer, IppPrinter)
    yield printer
    printer.crash()


def paper(lab: CupsLab, queue: str = QUEUE) -> list[str]:
    return [name for name, _ in lab.papers(queue)]


def cups_of(lab: CupsLab) -> tuple[tuple[str, str], ...]:
    """What a shop needs to print there."""
    return (("SLIPWAY_PRINTING_BACKEND", "cups"), ("SLIPWAY_PRINTING_CUPS_SOCKET", lab.socket))


def print_behind_one(works: Works, printer: IppPrinter) -> int:
    """The first note is at the printer for a minute, the second in CUPS, not begun: its job."""
    printer.prints_in_s = 60
    works.print(a_shipment(order_id="100"))
    until(lambda: printer.is_printing, "the first note at the printer")
    works.print(a_shipment(order_id="101"))
    until(lambda: works.note(SECOND).state == "accepted", "the second in CUPS")
    job_id = works.note(SECOND).job_id
    assert job_id is not None
    return job_id


@pytest.mark.cups
def test_what_a_person_holds_in_cups_is_held_here_and_prints_once_when_it_is_released(
    cups_lab: CupsLab, tmp_path: Path, printer: IppPrinter
) -> None:
    with capture_logs() as lines, at_work(tmp_path, cups_lab, stands_s=0.3) as works:
        job_id = print_behind_one(works, printer)
        cups_lab.connection().setJobHoldUntil(job_id, "indefinite")
        until(lambda: ("held", "job-stands") == works.states()[SECOND], "the hold")
        reason = works.note(SECOND).reason
        assert reason.startswith(f"job {job_id} of uk-notes was pending-held in CUPS for ")
        assert reason.endswith("; it never began")
        assert 7 == cups_lab.connection().getJobAttributes(job_id)["job-state"]
        printer.put_in_paper()
        works.wait_until("completed", "held")
        assert [FIRST] == paper(cups_lab)
        assert SECOND == works.decide("release", SECOND)
        works.wait_until("completed", "completed")
    assert [FIRST, SECOND] == paper(cups_lab)
    said = [line["event"] for line in lines if line.get("note_id") == SECOND and line["event"].startswith("note.")]
    assert ["note.accepted", "note.held", "note.decided", "note.accepted-again", "note.completed"] == said


@pytest.mark.cups
def test_what_cupsd_stops_is_held_and_its_queue_is_down_until_cupsd_is_restarted(
    cups_lab: CupsLab, tmp_path: Path, printer: IppPrinter
) -> None:
    """It has no descriptors left to start a backend, and starts none of this queue when it has some again."""
    cups_lab.add_queue(BACKUP)
    with at_work(tmp_path, cups_lab, stands_s=0.3, patience_s=0.3) as works:
        works.print(a_shipment(order_id="100"))
        works.wait_until("completed")
        limits = take_descriptors(cups_lab.cupsd_pid)
        works.print(a_shipment(order_id="101"))
        until(lambda: ("held", "job-stands") == works.states()[SECOND], "the hold")
        assert "processing-stopped in CUPS" in works.note(SECOND).reason
        resource.prlimit(cups_lab.cupsd_pid, resource.RLIMIT_NOFILE, limits)
        works.print(a_shipment(order_id="102"))
        works.wait_until("completed", "held", "completed")
        assert ["queue-stuck"] == [down.code for down in works.floor.ledger.queues.down()]
        with lock_spool(works.floor.spool):
            said = Shop(tmp_path, cups_of(cups_lab)).slipway("printers").stdout
        assert "goes to uk-notes-2, CUPS calls queue uk-notes at work, and is at no job of it" in said
        cups_lab.restart_cupsd()
        until(lambda: () == works.floor.tracking.queues_down, "the queue to be back")
        assert f"{SECOND}.g2" == works.decide("release", SECOND)  # CUPS says that it had begun
        works.wait_until("completed", "cancelled", "completed", "completed")
    assert ([FIRST, f"{SECOND}.g2"], ["102-1-r1"]) == (paper(cups_lab), paper(cups_lab, BACKUP))


def take_descriptors(pid: int) -> tuple[int, int]:
    """All but two of them; what it may have was so before."""
    in_use = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (in_use + 2, before[1]))
    return before


@pytest.mark.cups
def test_a_service_that_is_killed_after_the_cancel_leaves_a_note_that_waits_for_a_person(
    cups_lab: CupsLab, tmp_path: Path, printer: IppPrinter
) -> None:
    printer.prints_in_s = 60
    shop = Shop(tmp_path, (*cups_of(cups_lab), ("SLIPWAY_PRINTING_STANDS_S", "0.3")))
    for order_id in ("100", "101"):
        shop.drop_shipment(a_shipment(order_id=order_id))
    dying = [sys.executable, "-m", "tests.dying_service", "cancel"]
    killed = subprocess.Popen(dying, cwd=ROOT, env=shop.environ, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        until((tmp_path / "ledger.db").exists, "the service", killed)
        until(lambda: printer.is_printing, "the first note at the printer", killed)
        until(lambda: [5, 3] == states_in(cups_lab), "one at the printer, one in CUPS")
        cups_lab.connection().setJobHoldUntil(2, "indefinite")
        assert -signal.SIGKILL == killed.wait(90)
    finally:
        os.killpg(killed.pid, signal.SIGKILL)
    printer.put_in_paper()
    assert 1 == shop.slipway("run", "--once").returncode
    assert ["", "job-cancelled"] == sorted(note["code"] for note in shop.status())
    assert 1 == len(paper(cups_lab))


def states_in(lab: CupsLab) -> list[int]:
    """The states of all jobs that are not at their end."""
    jobs = lab.connection().getJobs(which_jobs="not-completed", requested_attributes=["job-id", "job-state"])
    return [jobs[job_id]["job-state"] for job_id in sorted(jobs)]
