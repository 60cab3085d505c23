"""Let the service, or this command in its place, carry out what is asked of the ledger."""

import os
import time
from collections.abc import Mapping

from service.cli.asking import new_decision_id
from service.cli.terminal import say
from service.clock import utc_now
from service.config import Config
from service.errors import DecisionRefused, SpoolInUse
from service.intake.spool import Spool, is_locked, lock_spool, open_spool, require_ledger
from service.ledger.ledger import Ledger
from service.requests import Answer, Request, carry_out, hand_in, take_outcome

ANSWER_WITHIN_S = 60.0


def carried_out(request: Request, config: Config) -> Mapping[str, int] | None:
    """What came of a request, counted; None if it waits for the service. Raises DecisionRefused with the reason.

    Without a service it is done here, but not by somebody else than the spool's owner: the service could not write
    to what that leaves.
    """
    spool = open_spool(config.settings.spool)
    is_ours = spool.root.stat().st_uid == os.geteuid()
    answer = _done_here(request, spool) if is_ours and not is_locked(spool) else None
    answer = answer or _asked_of_service(request, spool)
    if answer is None:
        say("what was asked is kept; the service does it as soon as it can")
    elif answer.refused:
        raise DecisionRefused(answer.refused, where=answer.where, hint=answer.hint)
    return answer.counts if answer else None


def _done_here(request: Request, spool: Spool) -> Answer | None:
    """No service runs: be the one writer; None if a service began at this very moment."""
    try:
        with lock_spool(spool):
            require_ledger(spool)
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
        if time.monotonic() > deadline or not is_locked(spool):
            return None
        time.sleep(0.02)
    return answer
