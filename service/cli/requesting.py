"""Let the service, or this command in its place, carry out what is asked of the ledger."""

import time
from collections.abc import Mapping

from service.cli.asking import new_decision_id
from service.clock import utc_now
from service.config import Config
from service.errors import DecisionRefused, SpoolInUse
from service.intake.spool import Spool, is_locked, lock_spool, open_spool
from service.ledger.ledger import Ledger
from service.requests import Answer, Request, carry_out, hand_in, take_outcome

ANSWER_WITHIN_S = 60.0


def carried_out(request: Request, config: Config) -> Mapping[str, int] | None:
    """What came of a request, counted; None if the service takes its time. Raises DecisionRefused with the reason."""
    spool = open_spool(config.settings.spool)
    answer = None if is_locked(spool) else _done_here(request, spool)
    answer = answer or _asked_of_service(request, spool)
    if answer and answer.refused:
        raise DecisionRefused(answer.refused, where=answer.where, hint=answer.hint)
    return answer.counts if answer else None


def _done_here(request: Request, spool: Spool) -> Answer | None:
    """No service runs: be the one writer; None if a service began at this very moment."""
    try:
        with lock_spool(spool):
            ledger = Ledger(spool.ledger)
            try:
                return carry_out(request, spool, ledger, utc_now())
            finally:
                ledger.close()
    except SpoolInUse:
        return None


def _asked_of_service(request: Request, spool: Spool) -> Answer | None:
    request_id = new_decision_id()
    hand_in(spool, request_id, request)
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while (answer := take_outcome(spool, request_id)) is None:
        if time.monotonic() > deadline:
            return None
        time.sleep(0.02)
    return answer
