"""When a queue is down: what its report says, and for how long.

missing, stopped, takes no jobs, or none of ours; CUPS or the printer does not answer    at once
waits for paper, a jam, a cover, toner ...                              after printing.patience_s without a sheet
is at work, and at no job: CUPS has lost its way with it               after printing.patience_s without a sheet
can't be asked, and a job is at it: it may be off                       after printing.patience_s without a sheet
anything else                                                           not at all
"""

from service.errors import (
    PrinterUnreachable,
    QueueForbidden,
    QueueMissing,
    QueueRefusing,
    QueueStopped,
    QueueStuck,
    QueueWaits,
    SlipwayError,
)
from service.model import QueueReport

NO_PRINTER = "printer-unreachable"
UNHEARD = "printer-not-asked"  # a job is at a printer that can't be asked
AT_NO_JOB = "at-no-job"
FORBIDDEN = "printing-forbidden"
SEVERITIES = ("-error", "-warning")
HANDS = frozenset(  # printer-state-reasons (RFC 8011, PWG 5100.9) that last until somebody comes
    (
        *("media-empty", "media-needed", "media-jam", "cover-open", "door-open", "interlock-open"),
        *("input-tray-missing", "output-tray-missing", "output-area-full", "spool-area-full"),
        *("toner-empty", "marker-supply-empty", "marker-waste-full", "developer-empty", "paused"),
    )
)


def waits_for(report: QueueReport) -> tuple[str, ...]:
    """What a queue waits for somebody to do."""
    return tuple(reason for reason in report.reasons if reason in (UNHEARD, AT_NO_JOB) or _plain(reason) in HANDS)


def trouble_of(report: QueueReport, *, out_of_patience: bool) -> SlipwayError | None:
    """Why a queue takes no notes now; None if it does."""
    queue = report.queue
    if report.state == "unreachable":
        return PrinterUnreachable(f"CUPS does not answer for queue {queue}")
    if report.state == "missing":
        return QueueMissing(f"there is no queue {queue} in CUPS")
    if report.state == "stopped":
        return QueueStopped(f"queue {queue} is stopped")
    if not report.accepting:
        return QueueRefusing(f"queue {queue} does not accept jobs")
    if FORBIDDEN in report.reasons:
        return QueueForbidden(f"CUPS does not let us print to queue {queue}")
    if NO_PRINTER in report.reasons:
        return PrinterUnreachable(f"the printer of queue {queue} does not answer")
    if out_of_patience and AT_NO_JOB in report.reasons:
        return QueueStuck(f"CUPS calls queue {queue} at work, and is at no job of it")
    if out_of_patience and UNHEARD in report.reasons:
        return PrinterUnreachable(f"the printer of queue {queue} does not get on with its job, and can't be asked why")
    if out_of_patience and (reasons := waits_for(report)):
        return QueueWaits(f"queue {queue} waits: {', '.join(reasons)}")
    return None


def _plain(reason: str) -> str:
    return next((reason.removesuffix(severity) for severity in SEVERITIES if reason.endswith(severity)), reason)
