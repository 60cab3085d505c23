"""`hold`, `release`, `cancel`, `reprint`: a person decides about a note, and says why."""

import argparse
import time
from pathlib import Path

from service.cli.asking import new_decision_id, person
from service.cli.terminal import say, say_json
from service.config import Config
from service.decisions import Answer, ask, take_answer
from service.errors import DecisionRefused
from service.intake.spool import Spool, is_locked, open_spool
from service.ledger.accounts import Account, Decision
from service.ledger.ledger import Ledger
from service.model import job_name

ANSWER_WITHIN_S = 10.0
TRY_AGAIN = 75


def decide(arguments: argparse.Namespace, config: Config) -> int:
    """Hand a decision to the service and say what came of it; without a service it waits in the spool."""
    spool = open_spool(config.settings.spool)
    account = _chosen(spool.ledger, arguments.note)
    decision = Decision(new_decision_id(), arguments.command, person(), arguments.reason)
    ask(spool, account.key, decision)
    if not is_locked(spool):
        say(f"{account.key.job_name} will be {decision.done} when the service runs again")
        return 0
    answer = answer_to(decision.decision_id, spool)
    if answer is None:
        say(f"{account.key.job_name}: the service has not answered yet; the decision is kept")
        return TRY_AGAIN
    if arguments.json:
        say_json({"note": answer.note, "decision": decision.code})
    else:
        say(f"{account.key.job_name} is {decision.done}" + _goes_on_as(account, answer.note))
    return 0


def _chosen(ledger: Path, name: str) -> Account:
    """The note of this name: an order's only note, a note's newest generation, or one generation by its job name."""
    reader = Ledger(ledger, read_only=True)
    found = list(reader.find(name)) or list(reader.find(name.rpartition(".g")[0]))
    named = [account for account in found if name in (account.note_id, account.order_id, account.key.job_name)]
    if not named:
        raise DecisionRefused(f"there is no note {name}", hint="`slipway status` lists the notes.")
    if len({account.note_id for account in named}) > 1:
        notes = ", ".join(sorted({account.note_id for account in named}))
        raise DecisionRefused(f"order {name} has several notes", hint=f"Name one of them: {notes}.")
    return max(named, key=lambda account: account.generation)


def _goes_on_as(account: Account, note: str) -> str:
    return f"; it goes on as {note}" if note != job_name(account.note_id, account.generation) else ""


# For every kind of decision -------------------------------------------------------------------------------------------


def answer_to(decision_id: str, spool: Spool) -> Answer | None:
    """What the service answers, None if it takes its time; raises DecisionRefused with its reason."""
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while (answer := take_answer(spool, decision_id)) is None:
        if time.monotonic() > deadline:
            return None
        time.sleep(0.02)
    if answer.refused:
        raise DecisionRefused(answer.refused)
    return answer
