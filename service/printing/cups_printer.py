"""CUPS by pycups: the only module that imports cups.

A connection belongs to its thread (two threads on one abort the process) and is thrown away when a call on it fails.
Calls to a cupsd that hangs come back after a minute, which is the library's limit.

Documents go as application/vnd.cups-raw: the one format that raw queues and `everywhere` queues both hand to the
printer byte by byte (application/pdf is rewritten or refused by the latter). job-name is our note id; it stands in
job-billing too, because CUPS's stock policy keeps job-name from what pycups asks.

    IPP says                              we say
    no answer, server errors              PrinterUnreachable; OutcomeUnknown once a job may be changed
    client-error-not-found, no such queue QueueMissing
    server-error-not-accepting-jobs       QueueRefusing
    other client errors                   PrinterRefused
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import unquote

import cups

from service.errors import (
    JobUnknown,
    OutcomeUnknown,
    PrinterRefused,
    PrinterUnreachable,
    QueueMissing,
    QueueRefusing,
    SlipwayError,
)
from service.model import Job, JobReport, JobState, QueueReport, Route
from service.printing.protocol import is_safe_name

DOCUMENT_FORMAT = "application/vnd.cups-raw"
HTTP_CONTINUE = 100
NO_CONNECTION = 0  # the status of a RuntimeError of pycups, which has none
CLIENT_ERRORS = range(0x400, 0x500)
UNDECIDED = (  # client errors that say nothing against the document or its options
    cups.IPP_STATUS_ERROR_NOT_POSSIBLE,
    cups.IPP_STATUS_ERROR_TIMEOUT,
    cups.IPP_STATUS_ERROR_NOT_FOUND,
    cups.IPP_STATUS_ERROR_GONE,
)
REJECTS_JOBS = 0x80000  # a bit of printer-type: CUPS_PRINTER_REJECTED

JOB_STATES = {
    cups.IPP_JOB_PENDING: JobState.PENDING,
    cups.IPP_JOB_HELD: JobState.HELD,
    cups.IPP_JOB_PROCESSING: JobState.PROCESSING,
    cups.IPP_JOB_STOPPED: JobState.STOPPED,
    cups.IPP_JOB_CANCELED: JobState.CANCELED,
    cups.IPP_JOB_ABORTED: JobState.ABORTED,
    cups.IPP_JOB_COMPLETED: JobState.COMPLETED,
}
PRINTER_STATES = {
    cups.IPP_PRINTER_IDLE: "idle",
    cups.IPP_PRINTER_PROCESSING: "processing",
    cups.IPP_PRINTER_STOPPED: "stopped",
}
JOB_ATTRIBUTES = ["job-id", "job-billing", "job-printer-uri", "job-state", "job-state-reasons", "number-of-documents"]


class CupsPrinter:
    """Queues of the cupsd behind the Unix socket `socket`."""

    def __init__(self, socket: str, now: Callable[[], datetime]) -> None:
        self._socket = socket
        self._now = now
        self._of_thread = threading.local()

    def create_held(self, document: bytes, job_name: str, route: Route) -> Job:
        """Create the job held and stream the document; a step that fails takes the job back, as far as CUPS is there.

        After any error the caller sweeps with discard_held before the next try: a job may have been left behind.
        """
        if not is_safe_name(job_name):
            raise ValueError("a job name has letters, digits, dots, dashes and underscores, and no dot first")
        created_at = self._now()
        options = {"job-hold-until": "indefinite", "job-billing": job_name, **dict(route.options)}
        try:
            job_id = self._connection().createJob(route.queue, job_name, options)
        except FAILURES as error:
            self._raise_for_queue(error, route.queue)
        job = Job(route.queue, job_id, job_name, created_at)
        try:
            self._send(job, document)
        except FAILURES as error:
            self._forget_connection()
            with suppress(SlipwayError):  # what can't be taken back is a held orphan: it never prints
                self.cancel(job)
            raise _named_in_midst(error, job) from error
        return job

    def release(self, job: Job) -> None:
        """Let it print, if the job of that id is still ours, whole and held."""
        found = self._attributes(job)
        if found is None:
            raise JobUnknown(f"CUPS has no job {job.job_id} of this name in queue {job.queue}")
        if _state(found) is not JobState.HELD:
            return
        if not found.get("number-of-documents"):  # cupsd was killed at the wrong moment: it may even have printed
            raise JobUnknown(f"job {job.job_id} in queue {job.queue} has lost its document")
        try:
            self._connection().setJobHoldUntil(job.job_id, "no-hold")
        except FAILURES as error:
            self._forget_connection()
            if _status(error) != cups.IPP_STATUS_ERROR_NOT_POSSIBLE or self.look_up(job).state is JobState.HELD:
                raise _named_in_midst(error, job) from error

    def look_up(self, job: Job) -> JobReport:
        """What CUPS says of the job."""
        found = self._attributes(job)
        if found is None:
            return JobReport(JobState.UNKNOWN, (), confirmed_by="cups")
        return JobReport(_state(found), _reasons(found.get("job-state-reasons")), confirmed_by="cups")

    def discard_held(self, queue: str, job_name: str) -> int:
        """Cancel what is held under this name, unless one of that name is on its way already."""
        named = [found for found in self._open_jobs() if _is_named(found, queue, job_name)]
        for found in named:
            if _state(found) is not JobState.HELD:
                raise JobUnknown(f"job {found['job-id']} of the same name is {_state(found).value} in queue {queue}")
        for found in named:
            self._cancel(queue, found["job-id"])
        return len(named)

    def cancel(self, job: Job) -> None:
        """Cancel the job if it is ours and not at its end."""
        found = self._attributes(job)
        if found is not None and (_state(found).is_open or _state(found) is JobState.HELD):
            self._cancel(job.queue, job.job_id)

    def queue_report(self, queue: str) -> QueueReport:
        """The queue as getPrinters tells it: pycups leaks memory with every getPrinterAttributes."""
        try:
            found = self._connection().getPrinters().get(queue)
            depth = sum(1 for job in self._open_jobs() if _queue_of(job) == queue)
        except (*FAILURES, SlipwayError):
            self._forget_connection()
            return QueueReport(queue, "unreachable", accepting=False, reasons=(), depth=0)
        if found is None:
            return QueueReport(queue, "missing", accepting=False, reasons=(), depth=0)
        return QueueReport(
            queue,
            PRINTER_STATES[found["printer-state"]],
            accepting=not found["printer-type"] & REJECTS_JOBS,
            reasons=_reasons(found.get("printer-state-reasons")),
            depth=depth,
        )

    def _send(self, job: Job, document: bytes) -> None:
        """Stream the document; every step that does not say yes is a failure.

        CUPS is asked afterwards, because finishDocument says yes too when cupsd was killed just before it; and asked
        for the name too, because a cupsd that was killed gives its ids out again.
        """
        connection = self._connection()
        _expect(HTTP_CONTINUE, connection.startDocument(job.queue, job.job_id, job.job_name, DOCUMENT_FORMAT, 1))
        _expect(HTTP_CONTINUE, connection.writeRequestData(document, len(document)))
        _expect(cups.IPP_STATUS_OK, connection.finishDocument(job.queue))
        found = connection.getJobAttributes(job.job_id, requested_attributes=JOB_ATTRIBUTES)
        if not (_is_named(found, job.queue, job.job_name) and found.get("number-of-documents")):
            raise _Unexpected("the document did not arrive")

    def _cancel(self, queue: str, job_id: int) -> None:
        try:
            self._connection().cancelJob(job_id)
        except FAILURES as error:
            if _status(error) not in (cups.IPP_STATUS_ERROR_NOT_POSSIBLE, cups.IPP_STATUS_ERROR_NOT_FOUND):
                self._forget_connection()
                raise OutcomeUnknown(f"cancelling job {job_id} in queue {queue}: {_said(error)}") from error

    def _attributes(self, job: Job) -> dict[str, Any] | None:
        """What CUPS says of the job of this id, if it has our name and queue: ids come again after a crash of cupsd."""
        try:
            found = self._connection().getJobAttributes(job.job_id, requested_attributes=JOB_ATTRIBUTES)
        except FAILURES as error:
            if _status(error) == cups.IPP_STATUS_ERROR_NOT_FOUND:
                return None
            self._forget_connection()
            raise PrinterUnreachable(f"looking up job {job.job_id} in queue {job.queue}: {_said(error)}") from error
        return found if _is_named(found, job.queue, job.job_name) else None

    def _open_jobs(self) -> Iterator[dict[str, Any]]:
        """Every job that is not at its end; CUPS answers 500 at a time."""
        first = 1
        while True:
            try:
                jobs = self._connection().getJobs(first_job_id=first, requested_attributes=JOB_ATTRIBUTES)
            except FAILURES as error:
                self._forget_connection()
                raise PrinterUnreachable(f"listing jobs: {_said(error)}") from error
            if not jobs:
                return
            for job_id, found in jobs.items():
                yield {"job-id": job_id, **found}
            first = max(jobs) + 1

    def _raise_for_queue(self, error: Exception, queue: str) -> NoReturn:
        """Nothing was created, as far as we know: tell a missing queue from a cupsd that is not there."""
        self._forget_connection()
        if _status(error) == cups.IPP_STATUS_ERROR_NOT_ACCEPTING_JOBS:
            raise QueueRefusing(f"queue {queue} does not accept jobs") from error
        if _is_refusal(error):
            raise PrinterRefused(f"queue {queue}: {_said(error)}") from error
        if self.queue_report(queue).state == "missing":
            raise QueueMissing(f"there is no queue {queue} in CUPS") from error
        raise PrinterUnreachable(f"queue {queue}: {_said(error)}") from error

    def _connection(self) -> Any:
        """The connection of the calling thread."""
        if getattr(self._of_thread, "connection", None) is None:
            self._of_thread.connection = cups.Connection(host=self._socket)
        return self._of_thread.connection

    def _forget_connection(self) -> None:
        self._of_thread.connection = None


class _Unexpected(Exception):
    """A step of pycups ended with a code that does not mean yes."""


FAILURES = (cups.IPPError, cups.HTTPError, RuntimeError, _Unexpected)


def _expect(wanted: int, code: int) -> None:
    if code != wanted:
        raise _Unexpected(f"answered {code} instead of {wanted}")


def _status(error: Exception) -> int:
    """The IPP status of a failure of pycups, 0 if it has none."""
    return int(error.args[0]) if isinstance(error, cups.IPPError) else NO_CONNECTION


def _said(error: Exception) -> str:
    """A failure in our own words: CUPS's text may quote what it was sent."""
    if isinstance(error, cups.IPPError):
        return f"IPP status {_status(error):#06x} ({cups.ippErrorString(_status(error))})"
    return "no answer" if isinstance(error, RuntimeError) else str(error)


def _named_in_midst(error: Exception, job: Job) -> SlipwayError:
    """The remedy for a failure after the job was created."""
    what = f"job {job.job_id} in queue {job.queue}: {_said(error)}"
    return PrinterRefused(what) if _is_refusal(error) else OutcomeUnknown(what)


def _is_refusal(error: Exception) -> bool:
    """True if CUPS understood and said no: the same again would be refused again."""
    return _status(error) in CLIENT_ERRORS and _status(error) not in UNDECIDED


def _is_named(found: dict[str, Any], queue: str, job_name: str) -> bool:
    return bool(found.get("job-billing") == job_name and _queue_of(found) == queue)


def _queue_of(found: dict[str, Any]) -> str:
    """The queue at the end of ipp://localhost/printers/QUEUE."""
    return unquote(str(found.get("job-printer-uri", "")).rpartition("/")[2])


def _state(found: dict[str, Any]) -> JobState:
    return JOB_STATES[found["job-state"]]


def _reasons(value: str | list[str] | None) -> tuple[str, ...]:
    """One reason is a string, many are a list, and "none" is a reason too in IPP."""
    reasons = [value] if isinstance(value, str) else value or []
    return tuple(reason for reason in reasons if reason != "none")
