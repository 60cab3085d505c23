"""Ends what stands still in CUPS: a job that cupsd has stopped, or that is held there though we let it go.

CUPS goes on with neither by itself, and says nothing more of it. A person may have held it, or a cupsd whose disk lost
in a power cut that we let it go; CUPS can't tell the two apart, so a person decides. Before that the job is cancelled:
if somebody let it go in CUPS later, a second sheet would come out.

    the job                                                      what becomes of its note
    stands for less than stands_s; or is held, and its queue     stays accepted; interrupted, the time begins anew
    is down
    stands for longer                                            the job is cancelled, again if that fails; then it is
                                                                 looked at as ever
    cancelled so; never begun, no record of it at the printer    held, job-stands; release prints the same sheet
    cancelled so; begun, or the printer can't be asked           held, job-stands; release prints a marked sheet
    went on just then                                            what it comes to counts, on paper first of all
    cancelled so, and then the service was killed                held, job-cancelled, by the next life, which can't know

That CUPS never began it is not enough: so says a cupsd, too, whose disk has lost that it printed.
"""

import time

from service.errors import JobStands, OutcomeUnknown, PrinterUnreachable
from service.model import JobReport, JobState
from service.printing.protocol import Printer
from service.queue_watch import Followed

STANDS = (JobState.STOPPED, JobState.HELD)


class StandingStill:
    """Jobs are looked at from one thread each; the time for which one stands begins anew with the service."""

    def __init__(self, printer: Printer, stands_s: float) -> None:
        self._printer = printer
        self._stands_s = stands_s

    def look(self, followed: Followed, report: JobReport, *, is_down: bool) -> None:
        """Cancel a job that has stood for too long, by this report; one that is held may wait for its queue."""
        standstill, now = followed.standstill, time.monotonic()
        if report.state in (JobState.PENDING, JobState.PROCESSING) and report.confirmed_by == "cups":
            standstill.cancelled_for = ""  # it was not cancelled, and goes on
        if report.state not in STANDS or (report.state is JobState.HELD and is_down):
            standstill.since = None
            return
        standstill.since = standstill.since or now
        if now - standstill.since > self._stands_s:
            reasons = f": {', '.join(report.reasons)}" if report.reasons else ""
            standstill.cancelled_for = f"{report.state.value} in CUPS for {now - standstill.since:.0f} s{reasons}"
            self._cancel(followed)

    def verdict(self, followed: Followed, *, is_unprinted: bool) -> JobStands:
        """Why the note is held whose job was found cancelled."""
        job, began = followed.job, "it never began" if is_unprinted else "it had begun, or may have"
        return JobStands(f"job {job.job_id} of {job.queue} was {followed.standstill.cancelled_for}; {began}")

    def is_unprinted(self, followed: Followed, report: JobReport) -> bool:
        """True if surely nothing of a job that was found cancelled has come out; raises Deferred of CUPS."""
        is_without_paper = report.confirmed_by == "cups" and not report.times
        return is_without_paper and self._printer.withdraw(followed.job)

    def _cancel(self, followed: Followed) -> None:
        try:
            if self._printer.look_up(followed.job).state in STANDS:  # it may go on by now
                self._printer.cancel(followed.job)  # effect; its receipt is the next look
        except (PrinterUnreachable, OutcomeUnknown):
            return  # the next look tells, and tries again
