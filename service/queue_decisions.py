"""A person's decisions about queues, on their way into the ledger and from there to the lanes: pause, resume, move.

They come as decisions about notes do (decisions.py): a file in the spool's decisions/, carried out at the next scan or
start, answered beside it, kept in the ledger once. What a move moves are the notes that were received before it was
carried out and wait for FROM, here or in CUPS, where they surely have not begun; so it holds across a restart too, and
notes that come later go to FROM again.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, replace

from service.clock import Now
from service.decisions import QUEUE_ASKED, Answer
from service.errors import DecisionRefused, Deferred
from service.intake.asked import answer_to, asked_of
from service.intake.spool import Spool
from service.lanes import Lanes
from service.ledger.accounts import QueueDecision
from service.ledger.ledger import Ledger
from service.log import log

DECIDED = ("pause", "resume", "move")


class QueueDecisions:
    """The service's side: carries out what was asked about queues, and answers.

    `take_back` owes again what a queue of CUPS surely has not begun, and says how many notes that were.
    """

    def __init__(self, spool: Spool, ledger: Ledger, lanes: Lanes, take_back: Callable[[str], int], now: Now) -> None:
        self._spool = spool
        self._ledger = ledger
        self._lanes = lanes
        self._take_back = take_back
        self._now = now

    def take_up(self) -> int:
        """At start: what was decided before still holds; how many notes have moved."""
        return self._lanes.follow_decisions(self._ledger.queues.decisions())

    def carry_out(self) -> None:
        """Carry out every decision about a queue that waits."""
        for path, asked in asked_of(self._spool.decisions, QUEUE_ASKED, _decision_of):
            decision = replace(asked, at=self._now())
            try:
                self._check(decision)
                self._ledger.queues.decide(decision)  # on disk, once for each decision
            except (DecisionRefused, Deferred) as error:
                answer_to(path, QUEUE_ASKED, asdict(Answer("", str(error))))
                continue
            notes = self._take_effect(decision)
            log.info("queue.decided", queue=decision.queue, code=f"{decision.what}-by-hand", notes=notes)
            answer_to(path, QUEUE_ASKED, asdict(Answer(decision.queue, "", notes)))

    def _take_effect(self, decision: QueueDecision) -> int:
        """Let the notes follow; how many go elsewhere because somebody moved them."""
        notes = self.take_up()
        return notes + self._take_back(decision.queue) if decision.what == "move" else 0

    def _check(self, decision: QueueDecision) -> None:
        if decision.what not in DECIDED:
            raise DecisionRefused(f"a queue can't be {decision.what!r}")
        named = (decision.queue, decision.to) if decision.what == "move" else (decision.queue,)
        for queue in named:
            if queue not in self._lanes.queues:
                raise DecisionRefused(f"printers.toml has no queue {queue}", hint="`slipway printers` names them.")
        if decision.what == "move" and decision.queue == decision.to:
            raise DecisionRefused(f"notes for {decision.queue} are there already")


def _decision_of(content: bytes) -> QueueDecision:
    return QueueDecision(**json.loads(content))
