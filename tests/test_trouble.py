"""When a queue is down, by its report."""

import pytest

from service.model import QueueReport
from service.trouble import trouble_of


def report(state: str = "idle", *reasons: str, accepting: bool = True) -> QueueReport:
    return QueueReport("uk-notes", state, accepting, reasons, depth=0)


@pytest.mark.parametrize(
    ("said", "out_of_patience", "code"),
    [
        (report(), True, ""),
        (report("processing", "toner-low-warning", "media-low"), True, ""),
        (report("unreachable", accepting=False), False, "printer-unreachable"),
        (report("missing", accepting=False), False, "queue-missing"),
        (report("stopped", "paused"), False, "queue-stopped"),
        (report("idle", accepting=False), False, "queue-not-accepting"),
        (report("idle", "printing-forbidden"), False, "queue-forbidden"),
        (report("processing", "printer-unreachable"), False, "printer-unreachable"),
        (report("processing", "media-empty-error"), False, ""),
        (report("processing", "media-empty-error"), True, "queue-waits"),
        (report("processing", "media-jam"), True, "queue-waits"),
        (report("processing", "cover-open-warning"), True, "queue-waits"),
        (report("processing", "media-empty-report"), True, ""),
        (report("processing", "at-no-job"), False, ""),
        (report("processing", "at-no-job", "printer-not-asked"), True, "queue-stuck"),
        (report("processing", "printer-not-asked"), False, ""),
        (report("processing", "printer-not-asked"), True, "printer-unreachable"),
    ],
)
def test_a_queue_is_down_when_notes_would_only_wait_there(said: QueueReport, out_of_patience: bool, code: str) -> None:
    trouble = trouble_of(said, out_of_patience=out_of_patience)
    assert code == (trouble.code if trouble else "")
