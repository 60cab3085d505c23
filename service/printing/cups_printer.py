"""The queues of a cupsd.

A job is created held, with its document, by one Print-Job: a client or a cupsd that dies in the middle leaves no job.
What may be left of older ways, or of a cupsd that lost a file, is a job that is held and has no document: it was never
submitted, or has lost what it should print, and is never released.

Documents go as application/vnd.cups-raw: the one format that raw queues and `everywhere` queues both hand to the
printer byte by byte (application/pdf is rewritten or refused by the latter).

    CUPS says                             we say
    no answer within the deadline         PrinterUnreachable; OutcomeUnknown once a job may have been changed
    client-error-not-found, no such queue QueueMissing
    server-error-not-accepting-jobs       QueueRefusing
    not-authorized, and the like          QueueForbidden
    other client errors                   PrinterRefused
    other server errors                   PrinterUnreachable
"""

import threading
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

from service.clock import steady_s
from service.errors import (
    JobUnknown,
    OutcomeUnknown,
    PrinterRefused,
    PrinterUnreachable,
    QueueForbidden,
    QueueMissing,
    QueueRefusing,
    SlipwayError,
)
from service.model import Job, JobReport, JobState, QueueReport, Route
from service.printing.cupsd import HELD, Cupsd, CupsJob, CupsQueue, Refused
from service.printing.ipp import Status
from service.printing.ipp_client import NoAnswer
from service.printing.job_options import job_options, needs_media_col
from service.printing.protocol import is_safe_name
from service.printing.watched import WatchedQueue

NO_PRINTER = "printer-unreachable"
UNHEARD = "printer-not-asked"
AT_NO_JOB = "at-no-job"
FORBIDDEN = "printing-forbidden"
UNDECIDED = (Status.NOT_POSSIBLE, Status.TIMEOUT, Status.NOT_FOUND, Status.GONE)  # they say nothing against the job


class CupsPrinter:
    """Queues of the cupsd behind the Unix socket `socket`; no call takes longer than about `deadline_s`.

    `not_asked` are queues whose printers are not asked themselves what became of a job; in `folder` it is
    remembered which ones the others had.
    """

    def __init__(
        self,
        socket: str,
        deadline_s: float,
        now: Callable[[], datetime],
        not_asked: Collection[str] = (),
        folder: Path | None = None,
    ) -> None:
        self._cupsd = Cupsd(socket, deadline_s)
        self._deadline_s = deadline_s
        self._now = now
        self._not_asked = not_asked
        self._folder = folder
        self._forbidden: set[str] = set()  # queues that took nothing of ours, or let nothing go, when last tried
        self._watched: dict[str, WatchedQueue] = {}
        self._lock = threading.Lock()
        self._of_thread = threading.local()

    def create_held(self, document: bytes, job_name: str, route: Route) -> Job:
        """Create the held job with its document.

        After any error the caller sweeps with discard_held before the next try: a job may have been left behind.
        """
        if not is_safe_name(job_name):
            raise ValueError("a job name has letters, digits, dots, dashes and underscores, and no dot first")
        created_at, created_s = self._now(), steady_s()
        try:
            options = job_options(route, is_raw=self._is_raw(route))
            job_id = self._cupsd.submit(route.queue, job_name, (HELD, *options), document)
        except Refused as error:
            if error.is_about_us:
                self._forbidden.add(route.queue)
            raise _refusal(error, route.queue) from error
        except NoAnswer as error:
            unknown = OutcomeUnknown if error.was_sent else PrinterUnreachable
            raise unknown(f"queue {route.queue}: {error}") from error
        job = Job(route.queue, job_id, job_name, created_at, created_s)
        self._of_thread.created = (job, self._cupsd.line)
        return job

    def release(self, job: Job) -> None:
        """Let it print, if the job of that id is still ours, whole and held."""
        if not (self._is_just_created(job) or self._is_whole_and_held(job)):
            return
        try:
            self._cupsd.let_go(job.job_id)
        except NoAnswer as error:
            raise OutcomeUnknown(_of(job, error)) from error
        except Refused as error:
            if error.is_about_us:
                self._forbidden.add(job.queue)
                raise _refusal(error, job.queue) from error
            if error.status != Status.NOT_POSSIBLE or self.look_up(job).state is JobState.HELD:
                refused = PrinterRefused if _is_against_the_job(error) else OutcomeUnknown
                raise refused(_of(job, error)) from error

    def _is_just_created(self, job: Job) -> bool:
        """True if this thread created it and speaks with the same cupsd ever since: it need not be asked again."""
        created, line = getattr(self._of_thread, "created", (None, None))
        return created == job and line is not None and line is self._cupsd.line

    def _is_whole_and_held(self, job: Job) -> bool:
        """False if it was let go before; raises JobUnknown if it is not there any more, or not whole."""
        found = self._ours(job)
        if found is None:
            raise JobUnknown(f"CUPS has no job {job.job_id} of this name in queue {job.queue}")
        if found.state is JobState.HELD and not found.documents:  # cupsd was killed at the wrong moment
            raise JobUnknown(f"job {job.job_id} in queue {job.queue} has lost its document: it may have printed")
        return found.state is JobState.HELD

    def look_up(self, job: Job) -> JobReport:
        """What CUPS says of the job."""
        found = self._ours(job)
        if found is None:
            return JobReport(JobState.UNKNOWN, (), confirmed_by="cups")
        return JobReport(found.state, found.reasons, confirmed_by="cups")

    def look_at(self, queue: str, jobs: Sequence[Job]) -> tuple[JobReport, ...]:
        """By the printer's own record, where it can be asked; verdicts.py has the table."""
        try:
            return self._watch(queue).look_at(jobs)
        except (NoAnswer, Refused) as error:
            raise PrinterUnreachable(f"looking at queue {queue}: {error}") from error

    def discard_held(self, queue: str, job_name: str) -> int:
        """Cancel what is held under this name, unless one of that name is on its way already."""
        try:
            named = [found for found in self._cupsd.open_jobs(queue) if found.job_name == job_name]
        except (NoAnswer, Refused) as error:
            raise PrinterUnreachable(f"listing the jobs of queue {queue}: {error}") from error
        for found in named:
            if found.state is not JobState.HELD:
                raise JobUnknown(f"job {found.job_id} of the same name is {found.state.value} in queue {queue}")
        for found in named:
            self._cancel(queue, found.job_id)
        return len(named)

    def cancel(self, job: Job) -> None:
        """Cancel the job if it is ours and not at its end."""
        found = self._ours(job)
        if found is not None and (found.state.is_open or found.state is JobState.HELD):
            self._cancel(job.queue, job.job_id)

    def withdraw(self, job: Job) -> bool:
        """Cancel a job that CUPS has not begun to send; afterwards CUPS says whether it began after all."""
        found = self._ours(job)
        if found and found.state is JobState.PENDING and found.began is None:
            self._cancel(job.queue, job.job_id)
            found = self._ours(job)
        return found is not None and found.state is JobState.CANCELED and found.began is None

    def queue_report(self, queue: str) -> QueueReport:
        """The queue as CUPS tells of it, and the printer's own word on why it does not print."""
        try:
            found = self._cupsd.queue(queue)
            device = self._watch(queue).printer(found) if found else None
            untold = self._untold(queue, found.state) if found else ()
        except (NoAnswer, Refused):
            return QueueReport(queue, "unreachable", accepting=False, reasons=(), depth=0)
        if found is None:
            return QueueReport(queue, "missing", accepting=False, reasons=(), depth=0)
        reasons, accepting = found.reasons, found.accepting
        if device:
            try:
                condition = device.condition()
            except NoAnswer:
                reasons = (*reasons, NO_PRINTER)
            else:  # of CUPS's own reasons, what it keeps of the printer's is kept for too long
                reasons = condition.reasons + tuple(reason for reason in found.reasons if reason == "paused")
                accepting = accepting and condition.accepting
        elif found.state == "processing":  # CUPS says so too of a printer that is off, and gives no reason
            reasons = (*reasons, UNHEARD)
        return QueueReport(queue, found.state, accepting=accepting, reasons=reasons + untold, depth=found.depth)

    def _untold(self, queue: str, state: str) -> tuple[str, ...]:
        """What is the matter though CUPS gives no reason: where it has stopped a job, it is at work, and at none."""
        is_at_no_job = state == "processing" and not self._is_at_a_job(queue)
        return (FORBIDDEN,) * self._forbids_us(queue) + (AT_NO_JOB,) * is_at_no_job

    def _is_at_a_job(self, queue: str) -> bool:
        """By the jobs themselves: its list may have one for ever that is at its end (watched.py)."""
        listed = [found.job_id for found in self._cupsd.open_jobs(queue) if found.state is JobState.PROCESSING]
        return any(found.state is JobState.PROCESSING for found in self._cupsd.jobs(queue, listed).values())

    def _forbids_us(self, queue: str) -> bool:
        """Tried again only where it was so before."""
        if queue in self._forbidden and self._cupsd.lets_us_print(queue):
            self._forbidden.discard(queue)
        return queue in self._forbidden

    def _watch(self, queue: str) -> WatchedQueue:
        with self._lock:
            if queue not in self._watched:
                self._watched[queue] = WatchedQueue(
                    queue,
                    self._cupsd,
                    self._deadline_s,
                    self._now,
                    asks_printer=queue not in self._not_asked,
                    folder=self._folder,
                )
            return self._watched[queue]

    def _is_raw(self, route: Route) -> bool:
        """Asked only where it makes a difference."""
        found: CupsQueue | None = self._cupsd.queue(route.queue) if needs_media_col(route) else None
        return found is not None and found.is_raw

    def _ours(self, job: Job) -> CupsJob | None:
        """The job of this id, if it has our name and queue: ids come again after a crash of cupsd."""
        try:
            found = self._cupsd.job(job.job_id)
        except (NoAnswer, Refused) as error:
            raise PrinterUnreachable(f"looking up {_of(job, error)}") from error
        return found if found and found.is_called(job.job_name, job.queue) else None

    def _cancel(self, queue: str, job_id: int) -> None:
        try:
            self._cupsd.cancel(job_id)
        except NoAnswer as error:
            raise OutcomeUnknown(f"cancelling job {job_id} in queue {queue}: {error}") from error
        except Refused as error:
            if error.status not in (Status.NOT_POSSIBLE, Status.NOT_FOUND):
                raise OutcomeUnknown(f"cancelling job {job_id} in queue {queue}: {error}") from error


def _refusal(error: Refused, queue: str) -> SlipwayError:
    """Why no job was created."""
    if error.status == Status.NOT_FOUND:
        return QueueMissing(f"there is no queue {queue} in CUPS")
    if error.status == Status.NOT_ACCEPTING_JOBS:
        return QueueRefusing(f"queue {queue} does not accept jobs")
    if error.is_about_us:
        return QueueForbidden(f"CUPS does not let us print to queue {queue} ({error})")
    refused = PrinterRefused if _is_against_the_job(error) else PrinterUnreachable
    return refused(f"queue {queue}: {error}")


def _is_against_the_job(error: Refused) -> bool:
    """True if the same again would be refused again."""
    return error.status < Status.SERVER_ERRORS and error.status not in UNDECIDED


def _of(job: Job, error: Exception) -> str:
    return f"job {job.job_id} in queue {job.queue}: {error}"
