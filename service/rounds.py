"""A thread of its own that goes its rounds: it looks whether people have asked for something, does it, looks again.

What they ask may take its time, and neither files nor signs of life wait for it. It looks every `look_every_s`; where
the ledger takes nothing at present, what is asked waits in the spool and is looked at again after FULL_PAUSE_S. A fault
ends the service. At a stop, what is at hand is finished, and what comes later waits for the next start.
"""

import threading
from collections.abc import Callable

from service.errors import Deferred, OwnFault, SlipwayError, SpoolBroken
from service.faults import contained

FULL_PAUSE_S = 1.0
JOIN_S = 10.0


class Rounds:
    """Rounds by a name, which says what is worked on in them; a stop waits `join_s` for what is at hand."""

    def __init__(self, name: str, look_every_s: float, join_s: float = JOIN_S) -> None:
        self._name = name
        self._look_every_s = look_every_s
        self._join_s = join_s
        self._stopping = threading.Event()
        self._thread = threading.Thread()

    def start(self, go_round: Callable[[], None], stop_service: Callable[[SlipwayError], None]) -> None:
        """Go round at once and then again and again; `stop_service` hears of a fault.

        `go_round` raises Deferred where the ledger takes nothing at present.
        """
        self._thread = threading.Thread(target=self._run, args=(go_round, stop_service), name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the round, or what of it `is_stopping` lets go on."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(self._join_s)

    @property
    def is_stopping(self) -> bool:
        """True when nothing more is to be begun."""
        return self._stopping.is_set()

    def go_once(self, go_round: Callable[[], None]) -> bool:
        """One round; False if the ledger takes nothing at present."""
        try:
            go_round()
        except Deferred:
            return False
        except OSError as error:
            raise SpoolBroken(f"the {self._name} can't be worked: {error.strerror}") from error
        return True

    def _run(self, go_round: Callable[[], None], stop_service: Callable[[SlipwayError], None]) -> None:
        pause_s = 0.0
        try:
            with contained(OwnFault):
                while not self._stopping.wait(pause_s):
                    pause_s = self._look_every_s if self.go_once(go_round) else FULL_PAUSE_S
        except SlipwayError as error:
            stop_service(error)
