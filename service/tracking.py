"""Follows every accepted job to its end, and keeps each queue's window short.

    the report says             the note becomes
    completed                   completed, confirmed by whoever said so
    completed, more than once   held, printed-twice: cupsd died in mid-print, say
    aborted by the printer      failed: it prints again by itself as a further, marked generation; but only once,
                                then held, job-aborted
    aborted by CUPS             held, job-aborted
    canceled                    held, job-cancelled: somebody did that
    unknown                     held, job-unknown: a sheet may have come out, or not
    anything else, too long     held, printer-silent
    anything else               stays accepted; asked again

A deadline ends with a person, never with a second sheet. Each queue is looked at by a thread of its own, all of its
jobs at once: a queue or a printer that hangs delays no other, and a queue without jobs is not looked at. While
something happens it is looked at every poll_s, otherwise about once a second; one that can't be looked at is said to be
down once.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from service.clock import Now, milliseconds
from service.config import Printing
from service.errors import (
    Deferred,
    JobAborted,
    JobCancelled,
    JobUnknown,
    OwnFault,
    PrintedTwice,
    PrinterSilent,
    SlipwayError,
)
from service.faults import contained
from service.ledger.accounts import Account, NoteKey
from service.ledger.ledger import Ledger
from service.log import log
from service.model import Job, JobReport, JobState
from service.printing.protocol import Printer

SLOWEST_LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class _Followed:
    key: NoteKey
    job: Job
    arrived_at: datetime
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who hears that a note is at an end, that a further generation is owed, that the service can't go on."""

    ended: Callable[[NoteKey], None]
    owed: Callable[[NoteKey], None]
    stop_service: Callable[[SlipwayError], None]


class Tracking:
    """Every method may be called from any thread."""

    def __init__(self, printer: Printer, ledger: Ledger, settings: Printing, now: Now) -> None:
        self._now = now
        self._printer = printer
        self._ledger = ledger
        self._settings = settings
        self._listeners: Listeners
        self._watches: dict[str, _Watch] = {}
        self._changed = threading.Condition()
        self._is_running = False
        self._stopping = False

    def start(self, listeners: Listeners) -> None:
        """Begin to look."""
        with self._changed:
            self._listeners = listeners
            self._is_running = True
            for watch in self._watches.values():
                watch.thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for watch in self._watches.values():
            if watch.thread.is_alive():
                watch.thread.join(timeout=3 * self._settings.call_deadline_s)

    def follow(self, account: Account, job: Job, accepted_at: datetime) -> None:
        """Look at this job until it is at an end."""
        with self._changed:
            watch = self._watch(job.queue)
            watch.look_within(self._settings.poll_s)
            watch.followed.setdefault(account.key, _Followed(account.key, job, account.arrived_at, accepted_at))
            self._changed.notify_all()

    def resume(self, account: Account) -> None:
        """Take up an accepted note again after a restart."""
        assert account.job is not None and account.accepted_at is not None
        self.follow(account, account.job, account.accepted_at)

    def wait_for_room(self, queue: str) -> bool:
        """Block until fewer jobs than the window stand in `queue`; False when the service stops first."""
        with self._changed:
            followed = self._watch(queue).followed
            self._changed.wait_for(lambda: self._stopping or len(followed) < self._settings.window)
            return not self._stopping

    @property
    def open_jobs(self) -> int:
        """How many jobs are being followed."""
        return sum(len(watch.followed) for watch in self._watches.values())

    @property
    def is_stuck(self) -> bool:
        """True when every job that is followed stands in a queue that can't be looked at."""
        with self._changed:
            return all(watch.is_down for watch in self._watches.values() if watch.followed)

    @property
    def queues_down(self) -> tuple[str, ...]:
        """The queues that can't be looked at."""
        return tuple(sorted(watch.queue for watch in list(self._watches.values()) if watch.is_down))

    @property
    def busy_since(self) -> float | None:
        """When the oldest look that is under way was begun (monotonic); None while there is none."""
        began = [watch.busy_since for watch in list(self._watches.values())]
        return min((at for at in began if at is not None), default=None)

    def _watch(self, queue: str) -> "_Watch":
        """The watch of a queue, which begins with the first job that is followed there."""
        if queue not in self._watches:
            thread = threading.Thread(target=self._run, args=(queue,), name=f"track:{queue}", daemon=True)
            self._watches[queue] = _Watch(queue, thread)
            if self._is_running:
                thread.start()
        return self._watches[queue]

    # One queue, on a thread of its own --------------------------------------------------------------------------------

    def _run(self, queue: str) -> None:
        watch = self._watches[queue]
        try:
            with contained(OwnFault):
                while self._wait_for_look(watch):
                    watch.busy_since = time.monotonic()
                    self._look(watch)
                    watch.busy_since = None
        except SlipwayError as error:
            self._listeners.stop_service(error)

    def _wait_for_look(self, watch: "_Watch") -> bool:
        """True when it is time to look; False when the service stops."""
        with self._changed:
            while not self._stopping:
                wait_s = watch.look_at - time.monotonic() if watch.followed else None
                if wait_s is not None and wait_s <= 0:
                    return True
                self._changed.wait(wait_s)
            return False

    def _look(self, watch: "_Watch") -> None:
        with self._changed:
            followed = tuple(watch.followed.values())
        try:
            reports = self._printer.look_at(watch.queue, [each.job for each in followed])
        except Deferred as error:
            watch.mark_down(error)
            reports = (JobReport(JobState.PENDING, (error.code,), ""),) * len(followed)  # as far as can be known
        else:
            watch.mark_back()
        ended = [each for each, report in zip(followed, reports, strict=True) if self._judged(each, report)]
        with self._changed:
            for each in ended:
                del watch.followed[each.key]
            watch.looked(self._settings.poll_s, something_happened=bool(ended))
            self._changed.notify_all()
        for each in ended:
            self._listeners.ended(each.key)

    # Verdicts ---------------------------------------------------------------------------------------------------------

    def _judged(self, followed: _Followed, report: JobReport) -> bool:
        """True when the job is at an end and the ledger says so."""
        now, key = self._now(), followed.key
        if report.state is JobState.COMPLETED and report.times == 1:
            if self._ledger.complete(key, now, report.confirmed_by):
                _say_completed(followed, report, now)
            return True
        verdict = _verdict(followed, report, now, self._settings.silent_after_s)
        if verdict is None:
            return False
        if (
            report.state is JobState.ABORTED
            and report.confirmed_by == "printer"
            and self._prints_again(followed, verdict)
        ):
            return True
        if self._ledger.hold(key, now, verdict, expected=("accepted",)):
            log.error("note.held", note_id=key.note_id, queue=followed.job.queue, code=verdict.code)
        return True

    def _prints_again(self, followed: _Followed, verdict: SlipwayError) -> bool:
        """True if the note goes on as a further generation, which it does by itself only once."""
        key, queue = followed.key, followed.job.queue
        again = self._ledger.print_again(key, self._now(), verdict)
        if again is None:
            return False
        log.warning("note.failed", note_id=key.note_id, generation=key.generation, queue=queue, code=verdict.code)
        self._listeners.owed(again)
        return True


@dataclass(slots=True)
class _Watch:
    """What is known of one queue; `look_at` is monotonic."""

    queue: str
    thread: threading.Thread
    followed: dict[NoteKey, _Followed] = field(default_factory=dict)
    look_at: float = 0.0
    pause_s: float = 0.0
    busy_since: float | None = None
    is_down: bool = False

    def look_within(self, poll_s: float) -> None:
        """Something is about to happen here."""
        soon = time.monotonic() + poll_s
        self.pause_s = poll_s
        self.look_at = min(self.look_at, soon) if self.followed else soon

    def looked(self, poll_s: float, *, something_happened: bool) -> None:
        """Look again soon if something happened, else later and later."""
        self.pause_s = poll_s if something_happened else min(self.pause_s * 1.5, max(SLOWEST_LOOK_S, poll_s))
        self.look_at = time.monotonic() + self.pause_s

    def mark_down(self, error: SlipwayError) -> None:
        if not self.is_down:
            self.is_down = True
            log.warning("queue.down", queue=self.queue, code=error.code, reason=str(error))

    def mark_back(self) -> None:
        if self.is_down:
            self.is_down = False
            log.info("queue.back", queue=self.queue)


def _verdict(followed: _Followed, report: JobReport, now: datetime, silent_after_s: float) -> SlipwayError | None:
    """Why the note is not completed, or None while there is hope."""
    job = f"job {followed.job.job_id} of {followed.job.queue}"
    reasons = f": {', '.join(report.reasons)}" if report.reasons else ""
    match report.state:
        case JobState.COMPLETED:
            return PrintedTwice(f"{job} is {report.times} times in the printer's record")
        case JobState.ABORTED:
            return JobAborted(f"{job} was aborted{reasons}")
        case JobState.CANCELED:
            return JobCancelled(f"{job} was cancelled{reasons}")
        case JobState.UNKNOWN:
            return JobUnknown(f"it is not known what became of {job}{reasons}")
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
