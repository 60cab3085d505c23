"""What a printer's own record says of our jobs: the only word on paper that is worth something.

Jobs are found by their name. A record that was seen at its end stays so here for as long as its name is asked about:
printers forget theirs, some after a minute.

A record of the same name may be older than our job: of a rehearsal, of another ledger. Job ids don't tell, they begin
again with the printer; two clocks don't either. The printer tells how old it says the record is (job-printer-up-time
less time-at-creation), and so long before now, by our clocks, it was made. What it had before it was switched on has no
time above zero: it is at least as old as that. A record of which no age is told counts.

Our wall clock may have been set meanwhile, our steady one may have stood still with a machine that was paused: only
what is older by both is. A job of an earlier life has the wall clock alone.
"""

import os
import pwd
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from service.clock import Now, steady_s
from service.model import Job, JobState
from service.printing.cupsd import JOB_STATES, reasons_of
from service.printing.ipp import Group, Operation, Request, Status, Tag, attribute
from service.printing.ipp_client import IppClient, NoAnswer, Withheld

WANTED = attribute(
    Tag.KEYWORD,
    "requested-attributes",
    *("job-id", "job-uuid", "job-name", "job-state", "job-state-reasons", "job-impressions-completed"),
    *("time-at-creation", "job-printer-up-time"),
)
CONDITION = attribute(Tag.KEYWORD, "requested-attributes", "printer-state-reasons", "printer-is-accepting-jobs")
SCHEMES = ("ipp", "ipps")
ASK_NOT = "let it, or set ask_printer = false in printers.toml"
ROUNDING_S = 2  # both of the printer's times are whole seconds
DRIFT = 0.001  # of its reckoning, at most


@dataclass(frozen=True, slots=True)
class Record:
    """One job in a printer's record. `made_by` is when it was made at the latest, by our clocks; None: not told."""

    job_name: str
    state: JobState
    reasons: tuple[str, ...]
    impressions: int
    made_by: tuple[datetime, float] | None = None  # by the wall clock, and by the steady one
    uuid: str = ""  # the printer's own mark of the job, if it has one that no other printer has

    def is_older_than(self, job: Job) -> bool:
        """True if it surely was there before our job."""
        if self.made_by is None:
            return False
        made_at, made_s = self.made_by
        return made_at < job.created_at and (job.created_s is None or made_s < job.created_s)

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

    def __init__(self, uri: str, deadline_s: float, now: Now) -> None:
        self.uri = uri
        self._now = now
        self._path = urlsplit(uri).path or "/"
        self._client = IppClient(uri, deadline_s)
        self._user = attribute(Tag.NAME, "requesting-user-name", pwd.getpwuid(os.geteuid()).pw_name)
        self._seen: dict[str, dict[str, Record]] = {}  # by name, then by the printer's own mark of the job

    def records(self, names: Iterable[str]) -> tuple[Record, ...]:
        """Every record of jobs with these names, the oldest first; raises NoAnswer, Withheld.

        Other names are forgotten.
        """
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
        told = (self._user, attribute(Tag.KEYWORD, "which-jobs", which), WANTED)
        target = attribute(Tag.URI, "printer-uri", self.uri)
        answer = self._client.ask(Request(Operation.GET_JOBS, target, told), self._path, self._is_asked_about)
        if answer.status >= Status.FIRST_REFUSAL:
            raise _refusal(answer.status)
        return answer.jobs

    def _is_asked_about(self, job: Group) -> bool:
        return _name_of(job) in self._seen

    def _note(self, job: Group) -> None:
        name = _name_of(job)
        state = JOB_STATES.get(_number(job, "job-state"))
        if name not in self._seen or state is None:
            return
        uuid = str(*job.get("job-uuid", ())[:1])
        mark = uuid or str(*job.get("job-id", ())[:1])
        self._seen[name][mark] = Record(
            name,
            state,
            reasons_of(job, "job-state-reasons"),
            _number(job, "job-impressions-completed"),
            self._made_by(job),
            uuid,
        )

    def _made_by(self, job: Group) -> tuple[datetime, float] | None:
        """When it came to the printer, at the latest; None if the printer does not tell."""
        created, up = job.get("time-at-creation", ())[:1], job.get("job-printer-up-time", ())[:1]
        if not created or not up or not isinstance(created[0], int) or not isinstance(up[0], int):
            return None
        age_s = max(up[0] - created[0], 0) * (1 - DRIFT) - ROUNDING_S
        return self._now() - timedelta(seconds=age_s), steady_s() - age_s


def _name_of(job: Group) -> str:
    return str(*job.get("job-name", ())[:1]).rpartition(" - ")[2]  # some backends put "CUPS's id - " before it


def _refusal(status: int) -> NoAnswer:
    """A printer that is busy may tell later; one that does not know the question, or us, never will."""
    what = f"IPP status {status:#06x}"
    is_final = status == Status.NO_SUCH_OPERATION or Status.FIRST_REFUSAL <= status < Status.SERVER_ERRORS
    return Withheld(what) if is_final and status != Status.TIMEOUT else NoAnswer(what, was_sent=True)


def _number(job: Group, name: str) -> int:
    """A number of a job; 0 if the printer has none for it."""
    return next((value for value in job.get(name, ()) if isinstance(value, int)), 0)


def can_be_asked(device_uri: str) -> bool:
    """True for a printer that speaks IPP."""
    return urlsplit(device_uri).scheme in SCHEMES


def address_of(device_uri: str) -> str:
    """The printer's own URI in CUPS's device-uri, without a password and the query, which is for the backend."""
    scheme, host, path, _, _ = urlsplit(device_uri)
    return urlunsplit((scheme, host.rpartition("@")[2], path, "", ""))
