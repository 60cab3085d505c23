"""What the ledger knows of queues: which are down, what people decided about them, and what that comes to for notes.

Which queues are down is written by the service as it finds them so, and is there for whoever asks; at its next start
it looks at those first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from service.errors import SlipwayError
from service.ledger import statements
from service.ledger.accounts import QueueDecision, QueueDown
from service.ledger.prepared import Row
from service.ledger.rows import why

Write = Callable[[Callable[[sa.Connection], None]], None]
Rows = Callable[..., Sequence[Row]]


class Queues:
    """The queues' part of the ledger; `write` and `rows` are how that writes and reads."""

    def __init__(self, write: Write, rows: Rows) -> None:
        self._write = write
        self._rows = rows

    def decide(self, decision: QueueDecision) -> None:
        """Keep a person's decision about a queue, once."""

        def keep(connection: sa.Connection) -> None:
            if not connection.execute(statements.QUEUE_DECISION, {"decision": decision.decision_id}).first():
                connection.execute(statements.NEW_QUEUE_DECISION, asdict(decision))

        self._write(keep)

    def decisions(self) -> tuple[QueueDecision, ...]:
        """Every decision about a queue, the oldest first."""
        return tuple(QueueDecision(**row) for row in self._rows(statements.QUEUE_DECISIONS))

    def note_down(self, queue: str, at: datetime, error: SlipwayError) -> None:
        """A queue takes no notes; one that was down before is so since then."""

        def note(connection: sa.Connection) -> None:
            if not connection.execute(statements.QUEUE_DOWN, {"of_queue": queue}).first():
                connection.execute(statements.NEW_QUEUE_DOWN, {"queue": queue, "since": at} | why(error))

        self._write(note)

    def note_back(self, queue: str) -> None:
        """A queue takes notes again."""

        def note(connection: sa.Connection) -> None:
            connection.execute(statements.QUEUE_BACK, {"of_queue": queue})

        self._write(note)

    def down(self) -> tuple[QueueDown, ...]:
        """The queues that were down when they were looked at last."""
        return tuple(QueueDown(**row) for row in self._rows(statements.QUEUES_DOWN))

    def last_completed(self) -> dict[str, datetime]:
        """When the last note of each queue was completed; only queues that had one."""
        return {row["queue"]: row["at"] for row in self._rows(statements.LAST_COMPLETED) if row["at"]}

    def states(self, queues: Iterable[str]) -> "QueueStates":
        """What decides now where notes wait, among these queues."""
        decisions, down = self.decisions(), frozenset(each.queue for each in self.down())
        return QueueStates(frozenset(queues), down).decided(decisions)


@dataclass(frozen=True, slots=True)
class QueueStates:
    """What decides where notes wait: the queues of printers.toml, which are down, which paused, and every move."""

    queues: frozenset[str]
    down: frozenset[str] = frozenset()
    paused: frozenset[str] = frozenset()
    moves: tuple[QueueDecision, ...] = ()

    def decided(self, decisions: Sequence[QueueDecision]) -> "QueueStates":
        """The same after all that people decided, from the oldest to the newest."""
        moves = tuple(each for each in decisions if each.what == "move")
        return QueueStates(self.queues, self.down, frozenset(paused_queues(decisions)), moves)

    def place(self, queue: str, backup: str, moves: Sequence[QueueDecision]) -> str:
        """Where a note of this route waits, `moves` being those since it was received.

        That is its queue, or that to which people moved it; if that is down, its backup, if that takes notes.
        """
        own = self._moved(queue, moves)
        takes_notes = self.queues - self.down - self.paused
        gives_notes = self.down - self.paused
        return self._moved(backup, moves) if own in gives_notes and backup in takes_notes else own

    def _moved(self, queue: str, moves: Sequence[QueueDecision]) -> str:
        """Where people moved what waited there; what went to a queue that is no more was not moved."""
        for move in moves:
            if move.queue == queue and move.to in self.queues:
                queue = move.to
        return queue


def paused_queues(decisions: Iterable[QueueDecision]) -> Mapping[str, QueueDecision]:
    """The queues that are paused, each with the decision that did it; `decisions` from the oldest to the newest."""
    last = {decision.queue: decision for decision in decisions if decision.what in ("pause", "resume")}
    return {queue: decision for queue, decision in last.items() if decision.what == "pause"}
