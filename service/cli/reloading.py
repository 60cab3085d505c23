"""Let a running service take what was changed, and say whether it did."""

import time

from service.cli.asking import new_decision_id
from service.config import Config
from service.errors import DecisionRefused
from service.intake.spool import is_locked, open_spool
from service.reload import ask_for_reload, reload_answer

ANSWER_WITHIN_S = 20.0  # it compiles everything anew, and starts workers


def reload_service(config: Config) -> str:
    """What became of it, in words; raises DecisionRefused where the service keeps what it had, and why."""
    spool = open_spool(config.settings.spool)
    if not is_locked(spool):
        return "a service that starts has it"
    request = new_decision_id()
    ask_for_reload(spool, request)
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while (refused := reload_answer(spool, request)) is None:
        if time.monotonic() > deadline:
            return "the service has not answered yet, and will take it"
        time.sleep(0.02)
    if refused:
        raise DecisionRefused(f"the service goes on as it was: {refused}", hint="`slipway check` looks at everything.")
    return "the service has it from the next note on"
