"""One writer: what waits together is committed together.

Every change of the ledger is a function of a connection. One thread runs all that are waiting in one transaction and
answers each when the commit is on disk, so that twenty notes a second cost twenty commits and two hundred hardly more.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import sqlalchemy as sa

Change = Callable[[sa.Connection], Any]
R = TypeVar("R")
BATCH = 256


class Writer:
    """The only thread that writes. `write` blocks until its change is durable and returns what the change returned."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._waiting: queue.SimpleQueue[tuple[Change, Future[Any]] | None] = queue.SimpleQueue()
        self.busy_since: float | None = None  # monotonic: when the transaction at hand was begun
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def write(self, change: Callable[[sa.Connection], R]) -> R:
        """Run `change` in a transaction with whatever else waits; raises what it raised."""
        answer: Future[R] = Future()
        self._waiting.put((change, answer))
        return answer.result()

    def stop(self) -> None:
        """Finish what waits, then end the thread."""
        self._waiting.put(None)
        self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        with self._engine.connect() as connection:
            while batch := self._next_batch():
                self.busy_since = time.monotonic()
                if not self._commit(connection, batch):
                    for alone in batch:
                        self._commit(connection, [alone], last_try=True)
                self.busy_since = None

    def _next_batch(self) -> list[tuple[Change, Future[Any]]]:
        """What waits now, at least one change; empty when it is time to stop."""
        first = self._waiting.get()
        if first is None:
            return []
        batch = [first]
        while len(batch) < BATCH and not self._waiting.empty():
            following = self._waiting.get()
            if following is None:
                self._waiting.put(None)
                break
            batch.append(following)
        return batch

    def _commit(
        self, connection: sa.Connection, batch: list[tuple[Change, Future[Any]]], *, last_try: bool = False
    ) -> bool:
        """Run the batch in one transaction and answer each; False, with nothing done, if any of it failed."""
        try:
            with connection.begin():
                results = [change(connection) for change, _ in batch]
        except BaseException as error:  # noqa: BLE001 - the caller that waits for this change must get it, whatever it is
            if last_try:
                batch[0][1].set_exception(error)
            return False
        for (_, answer), result in zip(batch, results, strict=True):
            answer.set_result(result)
        return True
