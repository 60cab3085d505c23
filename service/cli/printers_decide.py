"""`printers pause / resume / move`: a person decides about a queue, and says why."""

import argparse

from service.cli.asking import new_decision_id, person
from service.cli.decisions import TRY_AGAIN, answer_to
from service.cli.terminal import say, say_json
from service.clock import utc_now
from service.config import Config
from service.decisions import ask_about_queue
from service.errors import DecisionRefused
from service.intake.spool import is_locked, open_spool
from service.ledger.accounts import QueueDecision


def decide(arguments: argparse.Namespace, config: Config) -> int:
    """Hand a decision to the service and say what came of it; without a service it waits in the spool."""
    decision = QueueDecision(
        decision_id=new_decision_id(),
        what=arguments.action,
        queue=arguments.queue,
        to=arguments.to,
        who=person(),
        reason=arguments.reason,
        at=utc_now(),
    )
    _check_names(decision, config)
    spool = open_spool(config.settings.spool)
    ask_about_queue(spool, decision)
    if not is_locked(spool):
        say(f"{_will_be(decision)} when the service runs again")
        return 0
    answer = answer_to(decision.decision_id, spool)
    if answer is None:
        say(f"{decision.queue}: the service has not answered yet; the decision is kept")
        return TRY_AGAIN
    if arguments.json:
        say_json({"queue": decision.queue, "decision": decision.what, "to": decision.to, "notes": answer.notes})
    else:
        say(_is_done(decision, answer.notes))
    return 0


def _check_names(decision: QueueDecision, config: Config) -> None:
    names = [queue.name for queue in config.printers.queue]
    for name in filter(None, (decision.queue, decision.to)):
        if name not in names:
            raise DecisionRefused(f"printers.toml has no queue {name}", hint="`slipway printers` lists the queues.")


def _will_be(decision: QueueDecision) -> str:
    match decision.what:
        case "pause":
            return f"{decision.queue} will be paused"
        case "resume":
            return f"{decision.queue} will go on"
    return f"what waits for {decision.queue} will go to {decision.to}"


def _is_done(decision: QueueDecision, notes: int) -> str:
    match decision.what:
        case "pause":
            return f"{decision.queue} is paused: it gets no more notes; what CUPS has already still prints"
        case "resume":
            return f"{decision.queue} goes on"
    return f"{notes} {'note goes' if notes == 1 else 'notes go'} from {decision.queue} to {decision.to}"
