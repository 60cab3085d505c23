"""Takes an accepted note back from CUPS, if its job surely has not begun: the same sheet is owed again.

The intent is on disk before the job is cancelled. What is found later, after a crash or a CUPS that went away:

    in the ledger               in CUPS                    what becomes of the note
    accepted, with the intent   waits, or prints           stays accepted
                                cancelled, never begun     taken back: that was us, and no paper came out
                                cancelled, but had begun   held, job-cancelled
    accepted, without           cancelled                  held, job-cancelled: somebody did that
    received                    cancelled, never begun     owed already
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from service.clock import Now
from service.errors import OutcomeUnknown, PrinterUnreachable
from service.ledger.ledger import Ledger
from service.log import log
from service.model import JobState
from service.printing.protocol import Printer
from service.queue_watch import Followed


class TakingBack:
    """What is taken back, the ledger has as received; whoever asked stops following it, and has it owed."""

    def __init__(self, printer: Printer, ledger: Ledger, now: Now) -> None:
        self._printer = printer
        self._ledger = ledger
        self._now = now

    def all_of(self, followed: Iterable[Followed]) -> Iterator[Followed]:
        """Take back one by one what still waits in CUPS; ends where CUPS does not answer. Raises SpoolFull."""
        with suppress(PrinterUnreachable, OutcomeUnknown):  # a job that it cancelled all the same is found so
            for each in followed:
                if self.take_back(each):
                    yield each

    def take_back(self, followed: Followed) -> bool:
        """True if it is taken back, False if its job may have begun; raises Deferred where CUPS does not answer."""
        if self._printer.look_up(followed.job).state is not JobState.PENDING:
            return False
        if not self._ledger.intend_to_take_back(followed.key, self._now()):  # intent on disk
            return False
        return self._withdraw(followed)

    def finish(self, followed: Followed) -> bool:
        """The job was found cancelled: True if that was us, and the note is taken back; raises Deferred as above."""
        account = self._ledger.account(followed.key)
        return account is not None and account.taken_back_at is not None and self._withdraw(followed)

    def _withdraw(self, followed: Followed) -> bool:
        key, job = followed.key, followed.job
        if not self._printer.withdraw(job):  # effect: it won't print any more
            return False
        if not self._ledger.take_back(key, self._now()):  # receipt on disk
            return False
        log.info("note.taken-back", note_id=key.note_id, generation=key.generation, queue=job.queue, job_id=job.job_id)
        return True
