"""What becomes of an accepted note, by what is said of its job.

    the report says             the note becomes
    completed                   completed, confirmed by whoever said so
    completed, more than once   held, printed-twice: cupsd died in mid-print, say
    aborted by the printer      failed: it prints again by itself as a further, marked generation; but only once,
                                then held, job-aborted
    the same, with paper out    held, job-unknown: the first sheet may lie there, whole and unmarked
    aborted by CUPS             held, job-aborted
    canceled                    held, job-cancelled: somebody did that; or we did: received again (taking_back.py), or
                                held, job-stands (standing_still.py)
    unknown                     held, job-unknown: a sheet may have come out, or not
    stopped or held in CUPS,    stays accepted, and we cancel the job; the next report decides
    too long
    anything else, too long     held, printer-silent
    anything else               stays accepted; asked again

A deadline ends with a person, never with a second sheet.
"""

from dataclasses import dataclass
from datetime import datetime

from service.clock import Now, milliseconds, steady_s
from service.config import Printing
from service.errors import (
    JobAborted,
    JobCancelled,
    JobUnknown,
    OutcomeUnknown,
    PrintedTwice,
    PrinterSilent,
    PrinterUnreachable,
    SlipwayError,
)
from service.ledger.accounts import NoteKey
from service.ledger.ledger import Ledger
from service.log import log
from service.model import JobReport, JobState
from service.printing.protocol import Printer
from service.queue_watch import Followed
from service.standing_still import StandingStill
from service.taking_back import TakingBack


@dataclass(frozen=True, slots=True)
class Ending:
    """The job is at its end, and the ledger says so; `owed` is the sheet that is owed now, the same one or another.

    `is_printed` if a sheet of it came out, and all is well.
    """

    owed: NoteKey | None = None
    is_printed: bool = False


class Outcomes:
    """Books what becomes of notes; raises Deferred when the ledger has no room for it."""

    def __init__(self, printer: Printer, ledger: Ledger, settings: Printing, now: Now) -> None:
        self._ledger = ledger
        self._taking_back = TakingBack(printer, ledger, now)
        self._standing_still = StandingStill(printer, settings.stands_s)
        self._silent_after_s = settings.silent_after_s
        self._now = now

    def ending_of(self, followed: Followed, report: JobReport, *, is_down: bool) -> Ending | None:
        """None while the note stays accepted; `is_down` if its queue is."""
        self._standing_still.look(followed, report, is_down=is_down)
        if report.state is JobState.COMPLETED and report.times == 1:
            return self._completed(followed, report)
        try:
            if report.state is JobState.CANCELED and followed.standstill.cancelled_for:
                return self._stood(followed, report)
            if report.state is JobState.CANCELED and self._taking_back.finish(followed):
                return Ending(owed=followed.key)
        except (PrinterUnreachable, OutcomeUnknown):
            return None  # whether it was us can't be told now
        verdict = _verdict(followed, report, self._silent_after_s)
        if verdict is None:
            return None
        is_surely_not_out = isinstance(verdict, JobAborted) and report.confirmed_by == "printer"
        if is_surely_not_out and (again := self._printed_again(followed, verdict)):
            return Ending(owed=again)
        return self._held(followed, verdict)

    def _completed(self, followed: Followed, report: JobReport) -> Ending:
        now = self._now()
        if self._ledger.complete(followed.key, now, report.confirmed_by):
            _say_completed(followed, report, now)
        return Ending(is_printed=True)

    def _stood(self, followed: Followed, report: JobReport) -> Ending:
        """We cancelled it; only one that surely has not printed may print again as the same sheet."""
        is_unprinted = self._standing_still.is_unprinted(followed, report)
        verdict = self._standing_still.verdict(followed, is_unprinted=is_unprinted)
        return self._held(followed, verdict, is_unprinted=is_unprinted)

    def _printed_again(self, followed: Followed, verdict: SlipwayError) -> NoteKey | None:
        """The further generation as which the note goes on, which it does by itself only once."""
        key, queue = followed.key, followed.job.queue
        again = self._ledger.print_again(key, self._now(), verdict)
        if again:
            log.warning("note.failed", note_id=key.note_id, generation=key.generation, queue=queue, code=verdict.code)
        return again

    def _held(self, followed: Followed, verdict: SlipwayError, *, is_unprinted: bool = False) -> Ending:
        key, now = followed.key, self._now()
        if is_unprinted:
            is_held = self._ledger.hold_unprinted(key, now, verdict)
        else:
            is_held = self._ledger.hold(key, now, verdict, expected=("accepted",))
        if is_held:
            log.error("note.held", note_id=key.note_id, queue=followed.job.queue, code=verdict.code)
        return Ending()


def _verdict(followed: Followed, report: JobReport, silent_after_s: float) -> SlipwayError | None:
    """Why the note is not completed, or None while there is hope."""
    job = f"job {followed.job.job_id} of {followed.job.queue}"
    reasons = f": {', '.join(report.reasons)}" if report.reasons else ""
    match report.state:
        case JobState.COMPLETED:
            return PrintedTwice(f"{job} is {report.times} times in the printer's record")
        case JobState.ABORTED if report.confirmed_by == "printer" and report.times:
            return JobUnknown(f"{job} was aborted with paper out{reasons}")
        case JobState.ABORTED:
            return JobAborted(f"{job} was aborted{reasons}")
        case JobState.CANCELED:
            where = "at the printer" if report.confirmed_by == "printer" else "in CUPS"
            return JobCancelled(f"{job} was cancelled {where}{reasons}")
        case JobState.UNKNOWN:
            return JobUnknown(f"it is not known what became of {job}{reasons}")
    if steady_s() - followed.since_s > silent_after_s:
        return PrinterSilent(f"{job} has been {report.state.value} for more than {silent_after_s:g} s{reasons}")
    return None


def _say_completed(followed: Followed, report: JobReport, now: datetime) -> None:
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
