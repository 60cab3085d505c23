"""What people's decisions about queues come to."""

from collections.abc import Iterable, Mapping

from service.ledger.accounts import QueueDecision


def paused_queues(decisions: Iterable[QueueDecision]) -> Mapping[str, QueueDecision]:
    """The queues that are paused, each with the decision that did it; `decisions` from the oldest to the newest."""
    last = {decision.queue: decision for decision in decisions if decision.what in ("pause", "resume")}
    return {queue: decision for queue, decision in last.items() if decision.what == "pause"}
