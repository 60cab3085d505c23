"""What became of a job, from what CUPS says and what the printer's own record says.

    CUPS says                 the printer's record of the name    the verdict
    not at its end            not asked                           open, as CUPS says: CUPS may send it (again)
    completed, or lost        can't be read now                   open: asked again
    canceled, aborted         can't be read now                   canceled, aborted, by CUPS
    at its end, or lost       open                                processing
                              completed, once                     completed
                              completed, more than once           completed so many times: a double
                              aborted, canceled                   aborted, canceled, by the printer
    completed                 none                                unknown: nobody knows of paper
    canceled, aborted         none                                canceled, aborted, by CUPS, without paper
    lost                      none                                unknown

    Where the printer can't be asked, or refuses to tell, CUPS has the last word, except that a completed job is unknown
    if CUPS began it more than once, if cupsd went away in the middle of it, or if its backend says that the printer
    lost track of it.

Records that are surely older than our job are left out.

Where a queue was given another printer meanwhile, the records of both count, for CUPS sends the new one what it was
sending; if the old one does not answer any more, what may have begun there is unknown (queue_printers.py).

An open record that still waits for its document, beside one that is completed, is not counted: CUPS was restarted
before it sent the document, and won't send it there any more.

"Lost" is a job that CUPS has no more, or that it calls pending and does not list: an orderly restart of cupsd in
mid-print leaves such jobs, and never prints them.
"""

from collections.abc import Sequence

from service.model import JobReport, JobState
from service.printing.cupsd import CupsJob
from service.printing.device import Record

AT_AN_END = (JobState.COMPLETED, JobState.CANCELED, JobState.ABORTED)
NO_RECORD = "no-record-at-the-printer"
INTERRUPTED = "interrupted"
EXCHANGED = "printer-exchanged"
INCOMING = "job-incoming"
LOST_BY_THE_BACKEND = "cups-ipp-missing-"


def verdict_by_record(found: CupsJob | None, records: Sequence[Record]) -> JobReport:
    """The verdict on a job that is at its end in CUPS, or lost, by the records of its name."""
    sheets = sum(record.put_out_paper for record in records)
    is_out = any(record.state is JobState.COMPLETED for record in records)
    if any(not record.is_at_an_end and not (is_out and INCOMING in record.reasons) for record in records):
        return JobReport(JobState.PROCESSING, (), "printer")
    if is_out:
        return JobReport(JobState.COMPLETED, (), "printer", times=sheets)
    if records:
        return JobReport(records[-1].state, records[-1].reasons, "printer", times=sheets)
    if found and was_stopped_by_cups(found):
        return JobReport(found.state, found.reasons, "cups", times=0)
    return JobReport(JobState.UNKNOWN, (NO_RECORD,) if found else (), "printer")


def verdict_by_cups(found: CupsJob | None, *, was_interrupted: bool) -> JobReport:
    """The verdict on a job that is at its end in CUPS, or lost, at a printer that can't be asked."""
    if found is None or found.state not in AT_AN_END:
        return JobReport(JobState.UNKNOWN, (), "cups")
    if found.state is JobState.COMPLETED and (was_interrupted or _is_lost_by_the_backend(found)):
        return JobReport(JobState.UNKNOWN, (INTERRUPTED,) if was_interrupted else found.reasons, "cups")
    return JobReport(found.state, found.reasons, "cups")


def was_stopped_by_cups(found: CupsJob | None) -> bool:
    """True for a job that CUPS itself ended before it was sent to its end."""
    return found is not None and found.state in (JobState.CANCELED, JobState.ABORTED)


def _is_lost_by_the_backend(found: CupsJob) -> bool:
    return any(reason.startswith(LOST_BY_THE_BACKEND) for reason in found.reasons)
