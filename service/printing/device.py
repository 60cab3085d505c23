"""What a printer's own record says of our jobs: the only word on paper that is worth something.

Jobs are found by their name. A record that was seen at its end stays so here for as long as its name is asked about:
printers forget theirs, some after a minute.
"""

import os
import pwd
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from service.model import JobState
from service.printing.cupsd import JOB_STATES, reasons_of
from service.printing.ipp import Group, Operation, Request, Status, Tag, attribute
from service.printing.ipp_client import IppClient, NoAnswer

WANTED = attribute(
    Tag.KEYWORD,
    "requested-attributes",
    *("job-id", "job-uuid", "job-name", "job-state", "job-state-reasons", "job-impressions-completed"),
)
CONDITION = attribute(Tag.KEYWORD, "requested-attributes", "printer-state-reasons", "printer-is-accepting-jobs")
SCHEMES = ("ipp", "ipps")


@dataclass(frozen=True, slots=True)
class Record:
    """One job in a printer's record."""

    job_name: str
    state: JobState
    reasons: tuple[str, ...]
    impressions: int

    @property
    def is_at_an_end(self) -> bool:
        return self.state in (JobState.COMPLETED, JobState.CANCELED, JobState.ABORTED)

    @property
    def put_out_paper(self) -> bool:
        return self.state is JobState.COMPLETED or self.impressions > 0


@dataclass(frozen=True, slots=True)
class Condition:
    """How a printer is right now."""

    accepting: bool
    reasons: tuple[str, ...]


class Device:
    """A printer at an ipp:// or ipps:// URI."""

    def __init__(self, uri: str, deadline_s: float) -> None:
        self.uri = uri
        self._path = urlsplit(uri).path or "/"
        self._client = IppClient(uri, deadline_s)
        self._seen: dict[str, dict[str, Record]] = {}  # by name, then by the printer's own mark of the job

    def records(self, names: Iterable[str]) -> tuple[Record, ...]:
        """Every record of jobs with these names, the oldest first; raises NoAnswer. Other names are forgotten."""
        self._seen = {name: self._seen.get(name, {}) for name in names}
        for name in self._seen:
            self._seen[name] = {mark: record for mark, record in self._seen[name].items() if record.is_at_an_end}
        for which in ("not-completed", "completed"):  # in this order no job falls between the two
            for job in self._jobs(which):
                self._note(job)
        return tuple(record for records in self._seen.values() for record in records.values())

    def condition(self) -> Condition:
        """Whether it takes jobs, and why it does not print; raises NoAnswer."""
        target = attribute(Tag.URI, "printer-uri", self.uri)
        answer = self._client.ask(Request(Operation.GET_PRINTER_ATTRIBUTES, target, (CONDITION,)), self._path)
        if answer.status >= Status.FIRST_REFUSAL or not answer.printers:
            return Condition(accepting=True, reasons=())  # it is there, and does not tell
        (told, *_) = answer.printers
        accepting = told.get("printer-is-accepting-jobs", ())[:1] != (False,)
        return Condition(accepting, reasons_of(told, "printer-state-reasons"))

    def _jobs(self, which: str) -> tuple[Group, ...]:
        told = (
            attribute(Tag.NAME, "requesting-user-name", pwd.getpwuid(os.geteuid()).pw_name),
            attribute(Tag.KEYWORD, "which-jobs", which),
            WANTED,
        )
        target = attribute(Tag.URI, "printer-uri", self.uri)
        answer = self._client.ask(Request(Operation.GET_JOBS, target, told), self._path)
        if answer.status >= Status.FIRST_REFUSAL:
            raise NoAnswer(f"IPP status {answer.status:#06x}", was_sent=True)
        return answer.jobs

    def _note(self, job: Group) -> None:
        name = str(*job.get("job-name", ())[:1]).rpartition(" - ")[2]  # some backends put "CUPS's id - " before it
        state = JOB_STATES.get(_number(job, "job-state"))
        if name not in self._seen or state is None:
            return
        mark = str(*(job.get("job-uuid") or job.get("job-id", ()))[:1])
        impressions = _number(job, "job-impressions-completed")
        self._seen[name][mark] = Record(name, state, reasons_of(job, "job-state-reasons"), impressions)


def _number(job: Group, name: str) -> int:
    """A number of a job; 0 if the printer has none for it."""
    return next((value for value in job.get(name, ()) if isinstance(value, int)), 0)


def can_be_asked(device_uri: str) -> bool:
    """True for a printer that speaks IPP."""
    return urlsplit(device_uri).scheme in SCHEMES


def address_of(device_uri: str) -> str:
    """The printer's own URI in CUPS's device-uri, whose query are options of the backend."""
    return urlunsplit((*urlsplit(device_uri)[:3], "", ""))
