"""`run`: the service."""

import argparse

from service.cli.terminal import say
from service.config import Config
from service.daemon import running


def run(arguments: argparse.Namespace, config: Config) -> int:
    """The daemon in the foreground; with --once until everything is worked off."""
    with running(config) as service:
        if not arguments.once:
            service.run()
            return 0
        outcome = service.run_once()
    said = ((outcome.completed, "completed"), (outcome.held, "held"), (outcome.waiting, "waiting"))
    notes = ", ".join(f"{number} {what}" for number, what in said)
    say(f"notes: {notes}; files refused: {outcome.rejected}")
    return outcome.exit_code
