"""Delivery between stages: brings each key to the stage that owes it work, at least once, in order.

It may lose or repeat a delivery; stages re-read the ledger and compare-and-set before they act, and a sweep puts again
what the ledger still owes. `LocalDelivery` keeps everything in memory, for one process. A delivery that several nodes
share would stand behind the same protocol.
"""

import heapq
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, Protocol, TypeVar

K = TypeVar("K", bound=Hashable)
Order = tuple[object, ...]  # what is smaller is delivered first


class Delivery(Protocol[K]):
    """What the pipeline needs of a delivery."""

    def bind(self, stage: str, work: Callable[[K], None], workers: int = 1) -> None:
        """`work` does a stage's part for one key; it never raises. One worker makes the stage a lane."""

    def put(self, stage: str, key: K, order: Order, delay_s: float = 0) -> None:
        """Owe `key` to `stage`; nothing, if it waits there already. One that is at work there comes again after."""

    def open(self, stage: str) -> None:
        """Deliver there (again)."""

    def close(self, stage: str) -> None:
        """Deliver nothing more there until it is opened: what is put waits."""

    def reassign(self, stages: Iterable[str], stage_of: Callable[[K], str | None]) -> int:
        """Let every key that waits at one of these stages wait at its `stage_of`, if any; how many have moved."""

    def start(self) -> None:
        """Begin to deliver."""

    def stop(self, drain_s: float) -> bool:
        """Deliver nothing more; True if all that was under way ended within `drain_s`."""

    def depth(self) -> dict[str, int]:
        """How many keys wait at each stage."""


@dataclass(slots=True)
class _Stage(Generic[K]):
    name: str
    work: Callable[[K], None]
    workers: int
    ready: list[tuple[Order, int, K]] = field(default_factory=list)
    later: list[tuple[float, int, Order, K]] = field(default_factory=list)
    waiting: set[K] = field(default_factory=set)
    at_work: set[K] = field(default_factory=set)
    again: dict[K, tuple[Order, float]] = field(default_factory=dict)  # put while it was at work
    is_open: bool = True
    changed: threading.Condition = field(default_factory=threading.Condition)


class LocalDelivery(Generic[K]):
    """Heaps and threads in this process; nothing durable."""

    def __init__(self) -> None:
        self._stages: dict[str, _Stage[K]] = {}
        self._threads: list[threading.Thread] = []
        self._numbers = count()
        self._stopping = False

    def bind(self, stage: str, work: Callable[[K], None], workers: int = 1) -> None:
        self._stages[stage] = _Stage(stage, work, workers)

    def put(self, stage: str, key: K, order: Order, delay_s: float = 0) -> None:
        at = self._stages[stage]
        with at.changed:
            if key in at.at_work:
                at.again[key] = (order, delay_s)
            elif key not in at.waiting:
                self._enqueue(at, key, order, delay_s)

    def open(self, stage: str) -> None:
        at = self._stages[stage]
        with at.changed:
            at.is_open = True
            at.changed.notify_all()

    def close(self, stage: str) -> None:
        at = self._stages[stage]
        with at.changed:
            at.is_open = False

    def reassign(self, stages: Iterable[str], stage_of: Callable[[K], str | None]) -> int:
        leaving = [item for name in stages for item in _leaving(self._stages[name], stage_of)]
        for stage, order, key in leaving:
            self.put(stage, key, order)
        return len(leaving)

    def start(self) -> None:
        for stage in self._stages.values():
            for number in range(stage.workers):
                thread = threading.Thread(target=self._run, args=(stage,), name=f"{stage.name}-{number}", daemon=True)
                self._threads.append(thread)
                thread.start()

    def stop(self, drain_s: float) -> bool:
        self._stopping = True
        for stage in self._stages.values():
            with stage.changed:
                stage.changed.notify_all()
        deadline = time.monotonic() + drain_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def depth(self) -> dict[str, int]:
        return {name: len(stage.waiting) for name, stage in self._stages.items()}

    def _enqueue(self, stage: _Stage[K], key: K, order: Order, delay_s: float) -> None:
        stage.waiting.add(key)
        if delay_s > 0:
            heapq.heappush(stage.later, (time.monotonic() + delay_s, next(self._numbers), order, key))
        else:
            heapq.heappush(stage.ready, (order, next(self._numbers), key))
        stage.changed.notify()

    def _run(self, stage: _Stage[K]) -> None:
        while (key := self._next(stage)) is not None:
            stage.work(key)
            with stage.changed:
                stage.at_work.discard(key)
                if key in stage.again:
                    self._enqueue(stage, key, *stage.again.pop(key))

    def _next(self, stage: _Stage[K]) -> K | None:
        """The next key of this stage, when its time has come; None when delivery stops."""
        with stage.changed:
            while not self._stopping:
                _promote(stage)
                if stage.ready and stage.is_open:
                    key = heapq.heappop(stage.ready)[2]
                    stage.waiting.discard(key)
                    stage.at_work.add(key)
                    return key
                stage.changed.wait(_time_to_next(stage))
        return None


def _promote(stage: _Stage[K]) -> None:
    """Move what was put off and is due now among the ready."""
    while stage.later and stage.later[0][0] <= time.monotonic():
        _, number, order, key = heapq.heappop(stage.later)
        heapq.heappush(stage.ready, (order, number, key))


def _leaving(stage: _Stage[K], stage_of: Callable[[K], str | None]) -> list[tuple[str, Order, K]]:
    """Take from a stage what waits there and belongs elsewhere, with where it belongs."""
    with stage.changed:
        waiting = [(order, key) for order, _, key in stage.ready] + [(order, key) for _, _, order, key in stage.later]
        waiting += [(order, key) for key, (order, _) in stage.again.items()]
        places = [(stage_of(key) or stage.name, order, key) for order, key in waiting]
        leaving = [item for item in places if item[0] != stage.name]
        gone = {key for _, _, key in leaving}
        stage.waiting -= gone
        stage.again = {key: put for key, put in stage.again.items() if key not in gone}
        stage.ready = [item for item in stage.ready if item[-1] not in gone]
        stage.later = [item for item in stage.later if item[-1] not in gone]
        heapq.heapify(stage.ready)
        heapq.heapify(stage.later)
    return leaving


def _time_to_next(stage: _Stage[K]) -> float:
    if not stage.later or not stage.is_open:
        return 60.0
    return max(0.001, stage.later[0][0] - time.monotonic())
