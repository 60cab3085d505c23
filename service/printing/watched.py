"""Follows our jobs in one queue of CUPS, look by look, and at the printer behind it where that can be asked."""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from service.clock import Now
from service.log import log
from service.model import Job, JobReport, JobState
from service.printing.cupsd import Cupsd, CupsJob, CupsQueue
from service.printing.device import ASK_NOT, Device, Record
from service.printing.ipp_client import NoAnswer, Withheld
from service.printing.queue_printers import QueuePrinters
from service.printing.verdicts import (
    AT_AN_END,
    EXCHANGED,
    NO_RECORD,
    verdict_by_cups,
    verdict_by_record,
    was_stopped_by_cups,
)

EARLIER_EVERY_S = 5.0  # a printer that stood there before is asked so often, for it may soon forget
DOUBT_EVERY_S = 10.0  # so long we believe a list of open jobs that names ours
MISNAMED_AFTER = 5  # more than a printer that loses its power has of ours at once
MISNAMES = "forgets its jobs at once, or shortens or changes their names; set ask_printer = false in printers.toml"
UNREACHABLE = JobReport(JobState.PROCESSING, ("printer-unreachable",), "printer")


@dataclass(slots=True)
class _Followed:
    """What earlier looks saw of a job."""

    began: int | None = None  # when CUPS first sent it, by CUPS's clock
    was_interrupted: bool = False
    was_unlisted: bool = False  # open, and not in the list of open jobs
    earlier: dict[Device, bool | None] = field(default_factory=dict)  # before this printer; whether it had begun there
    at_its_end: CupsJob | None = None  # then CUPS need not be asked again, as long as it does not list the job

    def settle_earlier(self) -> None:
        """CUPS has told of the job behind an exchange: one that had not begun by then never was at that printer."""
        for device, had_begun in self.earlier.items():
            if had_begun is None:
                self.earlier[device] = self.began is not None
                self.was_interrupted |= self.began is not None


@dataclass(frozen=True, slots=True)
class _Told:
    """What CUPS says of a job at this look; `is_over` if it won't send it (again)."""

    job: Job
    found: CupsJob | None
    is_over: bool


class WatchedQueue:
    """One queue, looked at from one thread; its printer is asked only if `asks_printer`.

    In `folder` the printers that it had are remembered, for a further life of the service.
    """

    def __init__(
        self,
        queue: str,
        cupsd: Cupsd,
        deadline_s: float,
        now: Now,
        *,
        asks_printer: bool,
        folder: Path | None = None,
    ) -> None:
        self._queue = queue
        self._cupsd = cupsd
        self._asks_printer = asks_printer
        self._printers = QueuePrinters(queue, cupsd, deadline_s, now, folder if asks_printer else None)
        self._withholding: Device | None = None  # the one of which that was said
        self._doubted_at = time.monotonic()
        self._followed: dict[Job, _Followed] = {}
        self._of_earlier: dict[Device, tuple[Record, ...]] = {}  # the printers that stood there before, and answered
        self._asked_earlier_at = -EARLIER_EVERY_S
        self._unrecorded: set[str] = set()  # the names of notes in a row of which the printer has no record

    def look_at(self, jobs: Sequence[Job]) -> tuple[JobReport, ...]:
        """What became of each job; raises NoAnswer and Refused of CUPS."""
        self._followed = {job: self._followed.get(job) or self._first_seen(job) for job in jobs}
        try:
            told = self._ask_cups(jobs)
        except NoAnswer:
            self._note_interruption()
            self._remember_records()
            raise
        if all(one.found and not one.is_over and one.found.began is None for one in told):
            return tuple(map(_as_cups_says, told))  # nothing has gone to the printer
        return self._verdicts(told)

    def printer(self, found: CupsQueue | None = None) -> Device | None:
        """The printer behind the queue, if it can be asked; raises NoAnswer and Refused of CUPS.

        `found` is what CUPS has just said of the queue, if it was asked.
        """
        if found or self._printers.is_due:
            self._find_printer(found)
        return self._printers.there

    def _ask_cups(self, jobs: Sequence[Job]) -> list[_Told]:
        listed = {found.job_id: found for found in self._cupsd.open_jobs(self._queue)}
        if self._cupsd.was_restarted():
            self._note_interruption()
        doubted = listed.keys() if self._is_time_to_doubt() else ()
        unknown = [job.job_id for job in jobs if job.job_id not in listed and not self._followed[job].at_its_end]
        unknown += [job.job_id for job in jobs if job.job_id in doubted]
        asked = self._cupsd.jobs(self._queue, unknown) if unknown else {}
        told = [self._told(job, listed.get(job.job_id), asked.get(job.job_id)) for job in jobs]
        if any(one.is_over for one in told) or self._printers.is_due:
            self._find_printer()  # behind CUPS's word on the jobs: what is over was sent to this one, or before it
        return told

    def _first_seen(self, job: Job) -> _Followed:
        """A job may have begun at a printer whose place was taken before we first looked at the job."""
        return _Followed(earlier=dict.fromkeys(self._printers.before(job)))

    def _is_time_to_doubt(self) -> bool:
        """A cupsd whose disk lost its power may have a job twice: it ends the one, and lists the other for ever."""
        if time.monotonic() - self._doubted_at < DOUBT_EVERY_S:
            return False
        self._doubted_at = time.monotonic()
        return True

    def _find_printer(self, found: CupsQueue | None = None) -> None:
        """Where it is now; CUPS sends another one again what it was sending to the one before."""
        if not self._asks_printer or not (left := self._printers.find(found)):
            return
        for job, followed in self._followed.items():
            if left in self._printers.before(job):
                followed.earlier[left] = followed.earlier.get(left) or None
        self._asked_earlier_at = -EARLIER_EVERY_S
        self._note_interruption()

    def _told(self, job: Job, listed: CupsJob | None, asked: CupsJob | None) -> _Told:
        followed = self._followed[job]
        listed = None if asked and asked.state in AT_AN_END else listed
        found = listed or followed.at_its_end or asked
        if not found or not found.is_called(job.job_name, job.queue):
            return _Told(job, None, is_over=True)
        if followed.began and found.began != followed.began:  # CUPS was restarted, and sends it again
            followed.was_interrupted = True
            self._printers.look_soon()  # or its printer was exchanged
        followed.began = found.began
        followed.settle_earlier()
        followed.at_its_end = found if found.state in AT_AN_END else None
        is_lost = followed.was_unlisted and not listed
        followed.was_unlisted = not listed
        is_over = followed.at_its_end is not None or (is_lost and found.state is not JobState.HELD)
        return _Told(job, found, is_over)

    def _note_interruption(self) -> None:
        """CUPS went away: what it was sending comes out again when it is back."""
        for followed in self._followed.values():
            followed.was_interrupted |= followed.began is not None

    def _remember_records(self) -> None:
        """While CUPS is away, a printer that soon forgets must not be missed."""
        if (device := self._printers.there) and any(followed.began for followed in self._followed.values()):
            with suppress(NoAnswer):
                device.records(job.job_name for job in self._followed)
        self._ask_earlier()

    def _verdicts(self, told: Sequence[_Told]) -> tuple[JobReport, ...]:
        device, records = self._printers.there, None
        if device:
            try:
                records = device.records(one.job.job_name for one in told)
            except Withheld as error:
                self._say_withheld(device, error)
                device = None
            except NoAnswer:
                records = None
        self._ask_earlier(is_due=any(one.is_over for one in told))
        return tuple(self._verdict(one, device, records) if one.is_over else _as_cups_says(one) for one in told)

    def _say_withheld(self, device: Device, error: Withheld) -> None:
        if self._withholding is not device:
            reason = f"it does not tell what became of its jobs ({error}): {ASK_NOT}"
            log.warning("printer.withholds", queue=self._queue, reason=reason)
        self._withholding = device

    def _verdict(self, told: _Told, device: Device | None, records: tuple[Record, ...] | None) -> JobReport:
        """The verdict on a job that CUPS won't send any more; `records` are None if the printer does not answer."""
        if records is not None:
            earlier = self._earlier_records(told)
            if earlier is None:
                return JobReport(JobState.UNKNOWN, (EXCHANGED,), "printer")
            named = _each_once(each for each in (*records, *earlier) if each.job_name == told.job.job_name)
            report = verdict_by_record(told.found, [each for each in named if not each.is_older_than(told.job)])
            if named:
                self._unrecorded.clear()
            elif NO_RECORD in report.reasons:
                self._note_unrecorded(told.job)
            return report
        if device and not was_stopped_by_cups(told.found):
            return UNREACHABLE
        return verdict_by_cups(told.found, was_interrupted=self._followed[told.job].was_interrupted)

    def _ask_earlier(self, *, is_due: bool = False) -> None:
        """Ask the printers that stood there before, each once for all its jobs, for it forgets the others.

        What they have put out they keep in mind from the first time on that they are asked.
        """
        if not is_due and time.monotonic() - self._asked_earlier_at < EARLIER_EVERY_S:
            return
        names: dict[Device, list[str]] = {}
        for job, followed in self._followed.items():
            for device in self._elsewhere(followed):
                names.setdefault(device, []).append(job.job_name)
        self._of_earlier = {}
        for device in names:
            with suppress(NoAnswer, Withheld):
                self._of_earlier[device] = device.records(names[device])
        self._asked_earlier_at = time.monotonic()

    def _earlier_records(self, told: _Told) -> tuple[Record, ...] | None:
        """What printers that stood there before have of it; None if one does not tell at which it may have begun."""
        followed = self._followed[told.job]
        if told.found and followed.began is None and True not in followed.earlier.values():
            return ()
        devices = self._elsewhere(followed)
        if any(device not in self._of_earlier for device in devices):
            return None
        return tuple(record for device in devices for record in self._of_earlier[device])

    def _elsewhere(self, followed: _Followed) -> list[Device]:
        """The printers at which it may have begun before, without one that stands there again."""
        there = self._printers.there
        return [device for device, began in followed.earlier.items() if began is not False and device is not there]

    def _note_unrecorded(self, job: Job) -> None:
        """Say once that no note has a record any more: then it is the printer's way, and not the notes'."""
        had = len(self._unrecorded)
        self._unrecorded.add(job.job_name)
        if had < MISNAMED_AFTER == len(self._unrecorded):
            reason = f"{MISNAMED_AFTER} notes in a row are not in its record: it {MISNAMES}"
            log.warning("printer.misnames", queue=self._queue, reason=reason)


def _each_once(records: Iterable[Record]) -> list[Record]:
    """A printer that has two addresses tells of each of its jobs twice."""
    return list({record.uuid or number: record for number, record in enumerate(records)}.values())


def _as_cups_says(told: _Told) -> JobReport:
    assert told.found is not None
    return JobReport(told.found.state, told.found.reasons, "cups")
