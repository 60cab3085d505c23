"""A person's decisions on their way into the ledger: hold, release, cancel, reprint.

The ledger has one writer, the service. So a decision is a small file in the spool's decisions/, durable before the
command returns. The service carries it out at its next scan, or at its next start, and puts its answer beside it; the
ledger knows each decision by its id and carries none out twice.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from service.clock import Now
from service.errors import DecisionRefused
from service.files import fsync_folder, write_aside, write_whole
from service.intake.spool import Spool
from service.ledger.accounts import Decision, NoteKey
from service.ledger.ledger import Ledger
from service.log import log

ASKED, ANSWERED = ".asked.json", ".answered.json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a decision: the job name of the note that goes on, or why it was refused."""

    note: str
    refused: str


def ask(spool: Spool, key: NoteKey, decision: Decision) -> None:
    """Put a decision into the spool, durably."""
    content = json.dumps({"note_id": key.note_id, "generation": key.generation, **asdict(decision)})
    write_whole(spool.decisions / f"{decision.decision_id}{ASKED}", content.encode())


def take_answer(spool: Spool, decision_id: str) -> Answer | None:
    """The answer to a decision, once there is one; it is taken away."""
    path = spool.decisions / f"{decision_id}{ANSWERED}"
    try:
        answer = Answer(**json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    path.unlink(missing_ok=True)
    return answer


def carry_out_decisions(spool: Spool, ledger: Ledger, now: Now) -> Iterator[NoteKey]:
    """Carry out every decision that waits; the notes that go on."""
    for path in sorted(spool.decisions.glob(f"*{ASKED}")):
        asked = json.loads(path.read_bytes())
        key = NoteKey(asked.pop("note_id"), asked.pop("generation"))
        decision = Decision(**asked)
        try:
            going_on = ledger.decide(key, decision, now())  # on disk, once for each decision id
        except DecisionRefused as error:
            _answer(path, Answer("", str(error)))
            continue
        log.info("note.decided", note_id=key.note_id, generation=going_on.generation, code=decision.code)
        _answer(path, Answer(going_on.job_name, ""))
        yield going_on


def _answer(asked: Path, answer: Answer) -> None:
    answered = asked.with_name(asked.name.replace(ASKED, ANSWERED))
    write_aside(answered, json.dumps(asdict(answer)).encode(), durable=False)
    asked.unlink()
    fsync_folder(asked.parent)
