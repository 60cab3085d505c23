"""A person's decisions on their way into the ledger: hold, release, cancel, reprint.

The ledger has one writer, the service. So a decision is a small file in the spool's decisions/, durable before the
command returns. The service carries it out at once, or at its next start, and puts its answer beside it; the ledger
knows each decision by its id and carries none out twice. They are carried out in the order in which they were made.

Before a note is cancelled or goes on as a further sheet, the job it has at the printer is cancelled, and looked at: a
decision is refused while that job may still print. One that CUPS has accepted can be held or cancelled as long as it
surely has not begun: it is taken back. A CUPS that hangs takes its time over that: decisions have a thread of their
own, and neither files nor signs of life wait for it.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from service.clock import Now
from service.errors import DecisionRefused, Deferred, Held, SlipwayError, SpoolFull
from service.intake import asked
from service.intake.spool import Spool
from service.ledger.accounts import Account, Decision, NoteKey, QueueDecision
from service.ledger.ledger import Ledger
from service.log import log
from service.model import Job, JobState
from service.printing.protocol import Printer
from service.rounds import Rounds

ASKED, QUEUE_ASKED = ".asked.json", ".queue-asked.json"
LOOK_EVERY_S = 0.1  # an empty folder costs 0.1 ms
AT_AN_END = (JobState.CANCELED, JobState.ABORTED, JobState.COMPLETED, JobState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a decision: the job name of the note that goes on, or the queue; or why it was refused.

    `notes` is how many notes a move has found waiting.
    """

    note: str
    refused: str
    notes: int = 0


def ask(spool: Spool, key: NoteKey, decision: Decision) -> None:
    """Put a decision into the spool, durably; it belongs to whom the spool belongs, also if root decides."""
    content = {"note_id": key.note_id, "generation": key.generation, **asdict(decision)}
    asked.put_asked(spool.decisions / f"{decision.decision_id}{ASKED}", content)


def ask_about_queue(spool: Spool, decision: QueueDecision) -> None:
    """The same for a decision about a queue; it counts from when the service carries it out."""
    asked.put_asked(spool.decisions / f"{decision.decision_id}{QUEUE_ASKED}", asdict(decision) | {"at": ""})


def take_answer(spool: Spool, decision_id: str) -> Answer | None:
    """The answer to a decision, once there is one; it is taken away."""
    answer = asked.take_answer(spool.decisions / f"{decision_id}{asked.ANSWERED}")
    return Answer(**answer) if answer else None


class Decisions:
    """The service's side: carries out what was asked, and answers; `go_on` is told each note that is owed (again).

    `take_back` takes an accepted note back from CUPS, if it surely has not begun.
    """

    def __init__(
        self, spool: Spool, ledger: Ledger, printer: Printer, take_back: Callable[[Account], bool], now: Now
    ) -> None:
        self._spool = spool
        self._ledger = ledger
        self._printer = printer
        self._take_back = take_back
        self._now = now
        self._rounds = Rounds("decisions", LOOK_EVERY_S)

    def start(self, go_on: Callable[[NoteKey], None], stop_service: Callable[[SlipwayError], None]) -> None:
        """Carry out what was decided while no service ran, then whatever comes."""
        self._rounds.start(lambda: self.carry_out(go_on), stop_service)

    def stop(self) -> None:
        """Finish the decision at hand; what comes later waits in the spool."""
        self._rounds.stop()

    def forget_answers(self) -> None:
        """At start: nobody waits any more for what an earlier run answered."""
        for path in self._spool.decisions.glob(f"*{asked.ANSWERED}"):
            path.unlink(missing_ok=True)

    @property
    def is_idle(self) -> bool:
        """True when no decision waits, and every note of one that was carried out is owed."""
        return not any(self._spool.decisions.glob(f"*{ASKED}"))

    def carry_out(self, go_on: Callable[[NoteKey], None]) -> None:
        """Carry out every decision that waits, in order; raises Deferred if the ledger takes none at present."""
        for path, (key, decision) in asked.asked_of(self._spool.decisions, ASKED, _decision_of):
            if self._rounds.is_stopping:
                break
            asked.answer_to(path, ASKED, asdict(self._carried_out(key, decision, go_on)))

    def _carried_out(self, key: NoteKey, decision: Decision, go_on: Callable[[NoteKey], None]) -> Answer:
        """The answer to a decision; raises Deferred if there is no room in the ledger."""
        try:
            is_taken_back = self._is_taken_back(key, decision)  # effect: the printer lets go of the note
            if not is_taken_back:
                self._settle_job(key, decision)  # effect, as above
        except SpoolFull:
            raise
        except (DecisionRefused, Deferred, Held) as error:
            return Answer("", str(error))
        try:
            going_on = self._ledger.decide(key, decision, self._now())  # on disk, once for each decision
        except (DecisionRefused, SpoolFull) as error:
            if is_taken_back:  # it is owed all the same
                go_on(key)
            if isinstance(error, SpoolFull):
                raise
            return Answer("", str(error))
        log.info("note.decided", note_id=key.note_id, generation=going_on.generation, code=decision.code)
        go_on(going_on)
        return Answer(going_on.job_name, "")

    def _is_taken_back(self, key: NoteKey, decision: Decision) -> bool:
        """True if the note was accepted, and is only received now: the decision can be carried out."""
        account = self._ledger.account(key)
        if account is None or account.state != "accepted" or decision.what not in ("hold", "cancel"):
            return False
        return self._take_back(account)

    def _settle_job(self, key: NoteKey, decision: Decision) -> None:
        """See to it that what the note has at the printer can't print any more; DecisionRefused if it still might."""
        account = self._ledger.account(key)
        if account is None or account.state not in ("held", "deferred") or decision.what not in ("cancel", "release"):
            return
        if account.job and not self._is_at_an_end(account.job):
            self._printer.cancel(account.job)
            if not self._is_at_an_end(account.job):
                raise DecisionRefused(f"job {account.job.job_id} of {account.queue} can't be cancelled at the moment")
        elif account.submitting_at and not account.job:
            self._printer.discard_held(account.queue, key.job_name)

    def _is_at_an_end(self, job: Job) -> bool:
        return self._printer.look_up(job).state in AT_AN_END


def _decision_of(content: bytes) -> tuple[NoteKey, Decision]:
    said = json.loads(content)
    key = NoteKey(said.pop("note_id"), said.pop("generation"))
    return key, Decision(**said)
