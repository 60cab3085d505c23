"""The service's signs of life: the watchdog fed by real progress, and the line that `systemctl status` shows.

Given by the scan, between two drops. A part that hangs is said once, in the log; the watchdog then ends the service,
which takes up at its next start whatever the ledger owes.
"""

import time
from collections.abc import Callable, Mapping

from service.ledger.ledger import Ledger
from service.log import log
from service.systemd import Heartbeat, Manager

STATUS_EVERY_S = 2.0


class SignsOfLife:
    """What is told to systemd while the service runs; `queues_down` names the queues that take nothing now."""

    def __init__(
        self, manager: Manager, heartbeat: Heartbeat, ledger: Ledger, queues_down: Callable[[], tuple[str, ...]]
    ) -> None:
        self._manager = manager
        self._heartbeat = heartbeat
        self._ledger = ledger
        self._queues_down = queues_down
        self._hanging: tuple[str, ...] = ()
        self._seen = ledger.last_event()
        self._completed = 0
        self._status = ""
        self._next_status_at = 0.0

    @property
    def every_s(self) -> float:
        """How often they must be given at least."""
        return self._heartbeat.every_s

    def give(self) -> None:
        """Feed the watchdog, if every part gets on; renew the status, if it is time."""
        hanging = self._heartbeat.beat()
        if hanging and hanging != self._hanging:
            log.error("service.hangs", stage=", ".join(hanging))
        self._hanging = hanging
        if self._manager.is_there and time.monotonic() >= self._next_status_at:
            self._next_status_at = time.monotonic() + STATUS_EVERY_S
            self._renew_status()

    def _renew_status(self) -> None:
        down, last_event = self._queues_down(), self._ledger.last_event()
        if last_event != self._seen or not self._status:
            self._completed += self._ledger.count_completed(self._seen, last_event)
            self._seen = last_event
        status = _status(self._ledger.count_unfinished(), self._completed, down)
        if status != self._status:
            self._status = status
            self._manager.status(status)


def _status(unfinished: Mapping[str, int], completed: int, down: tuple[str, ...]) -> str:
    """`2 waiting, 1 at the printers, 0 held; 310 completed since the start; queues down: uk-notes`."""
    waiting = sum(unfinished.get(state, 0) for state in ("received", "submitting", "deferred"))
    notes = f"{waiting} waiting, {unfinished.get('accepted', 0)} at the printers, {unfinished.get('held', 0)} held"
    queues = f"; queues down: {', '.join(down)}" if down else ""
    return f"{notes}; {completed} completed since the start{queues}"
