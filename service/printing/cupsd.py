"""What we ask of cupsd, one request each, and what it answers, as records.

A job is named by job-billing: CUPS's stock policy keeps job-name from those who don't own the job. Whoever asks sees
NoAnswer, or Refused with the IPP status.
"""

import os
import pwd
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, unquote

from service.model import JobState
from service.printing.ipp import REFUSES_US, Answer, Attribute, Group, Operation, Request, Status, Tag, attribute
from service.printing.ipp_client import IppClient, NoAnswer, Withheld

SERVER = "ipp://localhost"
ON_TRIAL = "slipway-may-print"
HELD = attribute(Tag.KEYWORD, "job-hold-until", "indefinite")
DOCUMENT_FORMAT = "application/vnd.cups-raw"
PAGE = 500  # so many jobs CUPS tells of at a time
RAW = "Local Raw Printer"
JOB_STATES = {
    3: JobState.PENDING,
    4: JobState.HELD,
    5: JobState.PROCESSING,
    6: JobState.STOPPED,
    7: JobState.CANCELED,
    8: JobState.ABORTED,
    9: JobState.COMPLETED,
}
PRINTER_STATES = {3: "idle", 4: "processing", 5: "stopped"}
JOB_WANTED = attribute(
    Tag.KEYWORD,
    "requested-attributes",
    *("job-id", "job-billing", "job-printer-uri", "job-state", "job-state-reasons", "number-of-documents"),
    *("job-printer-state-reasons", "time-at-processing"),
)
QUEUE_WANTED = attribute(
    Tag.KEYWORD,
    "requested-attributes",
    *("printer-state", "printer-state-reasons", "printer-is-accepting-jobs", "queued-job-count"),
    *("device-uri", "printer-make-and-model", "printer-config-change-time"),
)


@dataclass(frozen=True, slots=True)
class CupsJob:
    """A job as cupsd tells of it. `began` is None until it was first sent to its printer."""

    job_id: int
    job_name: str
    queue: str
    state: JobState
    reasons: tuple[str, ...]
    documents: int
    began: int | None

    def is_called(self, job_name: str, queue: str) -> bool:
        """True for a job of this name in this queue; CUPS takes a queue's name in any case, and so do we."""
        return (self.job_name, self.queue.lower()) == (job_name, queue.lower())


@dataclass(frozen=True, slots=True)
class CupsQueue:
    """A queue as cupsd tells of it. A raw one hands a job's options on as they are."""

    state: str
    accepting: bool
    reasons: tuple[str, ...]
    depth: int
    device_uri: str
    is_raw: bool
    changed_s: int | None = None  # when it was last changed, by the wall clock; None: not told


class Refused(Exception):
    """CUPS understood, and said no, by IPP or by HTTP."""

    def __init__(self, status: int, what: str = "") -> None:
        super().__init__(what or f"IPP status {status:#06x}")
        self.status = status

    @property
    def is_about_us(self) -> bool:
        """True if it says nothing against the request, and all against who makes it."""
        return self.status in REFUSES_US


class Cupsd:
    """The cupsd behind a Unix socket; jobs are submitted and cancelled in the name of our user."""

    def __init__(self, socket: str, deadline_s: float) -> None:
        self._client = IppClient(socket, deadline_s)
        self._user = attribute(Tag.NAME, "requesting-user-name", pwd.getpwuid(os.geteuid()).pw_name)

    def was_restarted(self) -> bool:
        """True once after cupsd hung up on the calling thread between two requests in quick succession."""
        return self._client.was_cut()

    @property
    def line(self) -> object:
        """The calling thread's connection; None if cupsd closed it. Another one may lead to another cupsd."""
        return self._client.line

    def submit(self, queue: str, job_name: str, job: tuple[Attribute, ...], document: bytes) -> int:
        """A job with its document, in one request: CUPS makes no job of a document that did not arrive whole."""
        named = (
            self._user,
            attribute(Tag.NAME, "job-name", job_name),
            attribute(Tag.MIME, "document-format", DOCUMENT_FORMAT),
        )
        billed = attribute(Tag.NAME, "job-billing", job_name)
        request = Request(Operation.PRINT_JOB, printer_uri(SERVER, queue), named, (billed, *job), document)
        return int(_told(self._ask(request, f"/printers/{quote(queue)}").jobs)["job-id"][0])

    def lets_us_print(self, queue: str) -> bool:
        """Whether the queue takes jobs of ours and lets us change them: tried with an empty one, held, then cancelled.

        Nothing less than a job tells: Validate-Job does not look who asks. CUPS itself gives an empty job up in time.
        """
        named = (self._user, attribute(Tag.NAME, "job-name", ON_TRIAL))
        request = Request(Operation.CREATE_JOB, printer_uri(SERVER, queue), named, (HELD,))
        try:
            job_id = int(_told(self._ask(request, f"/printers/{quote(queue)}").jobs)["job-id"][0])
        except Refused as error:
            return not error.is_about_us
        try:
            self._ask(self._changing(job_id, HELD), "/jobs/")
        except Refused as error:
            return not error.is_about_us
        finally:
            with suppress(Refused):  # who may not change it may not cancel it either
                self.cancel(job_id)
        return True

    def job(self, job_id: int) -> CupsJob | None:
        """The job of this id, whoever's it is."""
        try:
            answer = self._ask(self._about_job(Operation.GET_JOB_ATTRIBUTES, job_id, JOB_WANTED), "/jobs/")
        except Refused as error:
            if error.status == Status.NOT_FOUND:
                return None
            raise
        return _job(_told(answer.jobs))

    def jobs(self, queue: str, job_ids: Sequence[int]) -> dict[int, CupsJob]:
        """Those of these jobs that CUPS knows, whoever's they are; `queue` is where they should be."""
        if len(job_ids) > 1:
            told = (JOB_WANTED, attribute(Tag.INTEGER, "job-ids", *job_ids))
            with suppress(Refused):  # one of them is gone, or the queue is
                jobs = self._ask(Request(Operation.GET_JOBS, printer_uri(SERVER, queue), told), "/").jobs
                return {found.job_id: found for found in map(_job, jobs)}
        return {job_id: found for job_id in job_ids if (found := self.job(job_id))}

    def open_jobs(self, queue: str) -> Iterator[CupsJob]:
        """Every job of the queue that is not at its end; none, if there is no such queue."""
        first = 1
        while True:
            told = (JOB_WANTED, attribute(Tag.INTEGER, "first-job-id", first))
            try:
                jobs = self._ask(Request(Operation.GET_JOBS, printer_uri(SERVER, queue), told), "/").jobs
            except Refused as error:
                if error.status == Status.NOT_FOUND:
                    return
                raise
            yield from map(_job, jobs)
            if len(jobs) < PAGE:
                return
            first = max(int(job["job-id"][0]) for job in jobs) + 1

    def let_go(self, job_id: int) -> None:
        """Let a held job print."""
        self._ask(self._changing(job_id, attribute(Tag.KEYWORD, "job-hold-until", "no-hold")), "/jobs/")

    def cancel(self, job_id: int) -> None:
        self._ask(self._about_job(Operation.CANCEL_JOB, job_id, self._user), "/jobs/")

    def queue(self, name: str) -> CupsQueue | None:
        try:
            request = Request(Operation.GET_PRINTER_ATTRIBUTES, printer_uri(SERVER, name), (QUEUE_WANTED,))
            return _queue(_told(self._ask(request, f"/printers/{quote(name)}").printers))
        except Refused as error:
            if error.status == Status.NOT_FOUND:
                return None
            raise

    def _changing(self, job_id: int, to: Attribute) -> Request:
        target = attribute(Tag.URI, "job-uri", f"{SERVER}/jobs/{job_id}")
        return Request(Operation.SET_JOB_ATTRIBUTES, target, (self._user,), (to,))

    def _about_job(self, operation: Operation, job_id: int, *told: Attribute) -> Request:
        return Request(operation, attribute(Tag.URI, "job-uri", f"{SERVER}/jobs/{job_id}"), told)

    def _ask(self, request: Request, path: str) -> Answer:
        try:
            answer = self._client.ask(request, path)
        except Withheld as error:
            raise Refused(Status.FORBIDDEN, str(error)) from error
        if answer.status >= Status.FIRST_REFUSAL:
            raise Refused(answer.status)
        return answer


def printer_uri(server: str, queue: str) -> Attribute:
    return attribute(Tag.URI, "printer-uri", f"{server}/printers/{quote(queue)}")


def _told(groups: tuple[Group, ...]) -> Group:
    """The one job or queue that an answer must tell of."""
    if not groups:
        raise NoAnswer("an answer that tells nothing", was_sent=True)
    return groups[0]


def _job(told: Group) -> CupsJob:
    began = told.get("time-at-processing")
    return CupsJob(
        job_id=int(told["job-id"][0]),
        job_name=str(*told.get("job-billing", ())),
        queue=unquote(str(*told.get("job-printer-uri", ())).rpartition("/")[2]),
        state=JOB_STATES[int(told["job-state"][0])],
        reasons=reasons_of(told, "job-state-reasons") + reasons_of(told, "job-printer-state-reasons"),
        documents=int(*told.get("number-of-documents", ())),
        began=int(began[0]) if began else None,
    )


def _queue(told: Group) -> CupsQueue:
    return CupsQueue(
        state=PRINTER_STATES[int(told["printer-state"][0])],
        accepting=bool(told["printer-is-accepting-jobs"][0]),
        reasons=reasons_of(told, "printer-state-reasons"),
        depth=int(*told.get("queued-job-count", ())),
        device_uri=str(*told.get("device-uri", ())),
        is_raw=told.get("printer-make-and-model") == (RAW,),
        changed_s=next((int(value) for value in told.get("printer-config-change-time", ())), None),
    )


def reasons_of(told: Group, name: str) -> tuple[str, ...]:
    """ "none" is a reason too in IPP."""
    return tuple(str(reason) for reason in told.get(name, ()) if reason != "none")
