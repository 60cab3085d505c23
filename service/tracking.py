"""Follows every accepted job to its end, and keeps each queue's window short.

    the printer says          the note becomes
    completed                 completed, confirmed by whoever said so
    aborted                   held, job-aborted
    canceled                  held, job-cancelled: somebody did that
    no such job               held, job-unknown: a sheet may have come out
    anything else, too long   held, printer-silent
    anything else             stays accepted; asked again

A deadline ends with a person, never with a second sheet. Open jobs are asked about often at first and about once a
second later; a printer that can't be reached is asked again, and said to be down once.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.clock import Now, milliseconds
from service.config import Printing
from service.errors import Deferred, JobAborted, JobCancelled, JobUnknown, OwnFault, PrinterSilent, SlipwayError
from service.faults import contained
from service.ledger.accounts import Account, NoteKey
from service.ledger.ledger import Ledger
from service.log import log
from service.model import Job, JobReport, JobState
from service.printing.protocol import Printer

SLOWEST_LOOK_S = 1.0


@dataclass(slots=True)
class _Followed:
    key: NoteKey
    job: Job
    arrived_at: datetime
    accepted_at: datetime
    look_at: float  # monotonic
    pause_s: float


class Tracking:
    """One thread that asks; `follow` and `wait_for_room` may be called from any."""

    def __init__(
        self, printer: Printer, ledger: Ledger, settings: Printing, ended: Callable[[NoteKey], None], now: Now
    ) -> None:
        self._now = now
        self._printer = printer
        self._ledger = ledger
        self._settings = settings
        self._ended = ended
        self._followed: dict[NoteKey, _Followed] = {}
        self._down: set[str] = set()
        self.busy_since: float | None = None
        self._changed = threading.Condition()
        self._stopping = False
        self._stop_service: Callable[[SlipwayError], None]
        self._thread = threading.Thread(target=self._run, name="tracking", daemon=True)

    def start(self, stop_service: Callable[[SlipwayError], None]) -> None:
        """Begin; `stop_service` is called with an error that nothing can go on with."""
        self._stop_service = stop_service
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def follow(self, account: Account, job: Job, accepted_at: datetime) -> None:
        """Ask about this job until it is at an end."""
        followed = _Followed(account.key, job, account.arrived_at, accepted_at, time.monotonic(), self._settings.poll_s)
        with self._changed:
            self._followed.setdefault(account.key, followed)
            self._changed.notify_all()

    def resume(self, account: Account) -> None:
        """Take up an accepted note again after a restart."""
        assert account.job is not None and account.accepted_at is not None
        self.follow(account, account.job, account.accepted_at)

    def wait_for_room(self, queue: str) -> bool:
        """Block until fewer jobs than the window stand in `queue`; False when the service stops first."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or self._jobs_in(queue) < self._settings.window)
            return not self._stopping

    @property
    def open_jobs(self) -> int:
        """How many jobs are being followed."""
        return len(self._followed)

    @property
    def queues_down(self) -> tuple[str, ...]:
        return tuple(sorted(self._down))

    @property
    def is_stuck(self) -> bool:
        """True when every job that is followed stands in a queue that can't be asked."""
        with self._changed:
            return all(followed.job.queue in self._down for followed in self._followed.values())

    def _jobs_in(self, queue: str) -> int:
        return sum(followed.job.queue == queue for followed in self._followed.values())

    def _run(self) -> None:
        try:
            with contained(OwnFault):
                while not self._stopping:
                    for followed in self._due():
                        self.busy_since = time.monotonic()
                        self._ask(followed)
                    self.busy_since = None
        except SlipwayError as error:
            self._stop_service(error)

    def _due(self) -> list[_Followed]:
        """The jobs to ask about now; waits until there is one, or the service stops."""
        with self._changed:
            while not self._stopping:
                now = time.monotonic()
                due = [followed for followed in self._followed.values() if followed.look_at <= now]
                if due:
                    return due
                soonest = min((followed.look_at for followed in self._followed.values()), default=now + 60)
                self._changed.wait(soonest - now)
            return []

    def _ask(self, followed: _Followed) -> None:
        queue = followed.job.queue
        try:
            report = self._printer.look_up(followed.job)
        except Deferred as error:
            self._mark_down(queue, error)
            report = JobReport(JobState.PENDING, (error.code,), "")  # as far as can be known
        else:
            self._mark_back(queue)
        if self._judged(followed, report):
            self._forget(followed)
        else:
            followed.look_at = time.monotonic() + followed.pause_s
            followed.pause_s = min(followed.pause_s * 1.5, max(SLOWEST_LOOK_S, self._settings.poll_s))

    def _judged(self, followed: _Followed, report: JobReport) -> bool:
        """True when the job is at an end and the ledger says so."""
        now = self._now()
        if report.state is JobState.COMPLETED:
            if self._ledger.complete(followed.key, now, report.confirmed_by):
                _say_completed(followed, report, now)
            return True
        if verdict := _verdict(followed, report, now, self._settings.silent_after_s):
            if self._ledger.hold(followed.key, now, verdict, expected=("accepted",)):
                log.error("note.held", note_id=followed.key.note_id, queue=followed.job.queue, code=verdict.code)
            return True
        return False

    def _forget(self, followed: _Followed) -> None:
        with self._changed:
            del self._followed[followed.key]
            self._changed.notify_all()
        self._ended(followed.key)

    def _mark_down(self, queue: str, error: SlipwayError) -> None:
        if queue not in self._down:
            self._down.add(queue)
            log.warning("queue.down", queue=queue, code=error.code, reason=str(error))

    def _mark_back(self, queue: str) -> None:
        if queue in self._down:
            self._down.discard(queue)
            log.info("queue.back", queue=queue)


def _verdict(followed: _Followed, report: JobReport, now: datetime, silent_after_s: float) -> SlipwayError | None:
    """Why a person must decide, or None while there is hope."""
    job = f"job {followed.job.job_id} of {followed.job.queue}"
    reasons = f": {', '.join(report.reasons)}" if report.reasons else ""
    if report.state is JobState.ABORTED:
        return JobAborted(f"{job} was aborted{reasons}")
    if report.state is JobState.CANCELED:
        return JobCancelled(f"{job} was cancelled{reasons}")
    if report.state is JobState.UNKNOWN:
        return JobUnknown(f"{job} is no longer known")
    if now - followed.accepted_at > timedelta(seconds=silent_after_s):
        return PrinterSilent(f"{job} has been {report.state.value} for more than {silent_after_s:g} s{reasons}")
    return None


def _say_completed(followed: _Followed, report: JobReport, now: datetime) -> None:
    log.info(
        "note.completed",
        note_id=followed.key.note_id,
        generation=followed.key.generation,
        queue=followed.job.queue,
        job_id=followed.job.job_id,
        confirmed_by=report.confirmed_by,
        print_ms=milliseconds(now - followed.accepted_at),
        total_ms=milliseconds(now - followed.arrived_at),
    )
