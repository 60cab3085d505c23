"""Our lanes, one for each queue: which notes wait for which queue, and which lane is open.

    the queue                       its lane    what waits for it
    takes notes                     open        goes to it, express first, otherwise in the order of arrival
    has a whole window of ours      closed      waits until a job of ours is at its end
    is suspected: a step failed     closed      waits until it was looked at
    is paused by a person           closed      waits; a person may move it
    is down                         closed      goes to the backup of its route, if that takes notes; else waits

Where a note waits follows from its route, from what people decided and from the state of the queues, and from nothing
else (service/ledger/queues.py): when any of these changes, every lane is sorted again. So a queue that comes back gets
back what still waits. What CUPS has is not here: it is tracked.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from service.delivery import Delivery, Order
from service.ledger.accounts import Account, NoteKey, QueueDecision
from service.ledger.queues import QueueStates
from service.model import Route


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What decides where a note waits. One with a job already can't go elsewhere: it has no backup."""

    queue: str
    backup: str
    received_at: datetime


@dataclass(slots=True)
class _Lane:
    jobs: int = 0  # of ours, in CUPS
    is_suspected: bool = False
    is_paused: bool = False
    probes_in_vain: int = 0  # above zero: the queue is down

    @property
    def is_down(self) -> bool:
        return self.probes_in_vain > 0


@dataclass(slots=True)
class Lanes:
    """Every method may be called from any thread."""

    delivery: Delivery[NoteKey]
    queues: Sequence[str]
    window: int
    _lanes: dict[str, _Lane] = field(default_factory=dict)
    _waiting: dict[NoteKey, _Waiting] = field(default_factory=dict)
    _states: QueueStates = field(default_factory=lambda: QueueStates(frozenset()))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._lanes = {queue: _Lane() for queue in self.queues}
        self._states = QueueStates(frozenset(self.queues))

    def put(self, account: Account, route: Route, delay_s: float = 0) -> None:
        """Let a note wait where it belongs now."""
        received_at = account.received_at or account.arrived_at
        self._put(account, _Waiting(route.queue, route.backup, received_at), delay_s)

    def put_back(self, account: Account, delay_s: float = 0) -> None:
        """Let a note that has a job wait for the queue of that job."""
        self._put(account, _Waiting(account.queue, "", datetime.max.replace(tzinfo=account.arrived_at.tzinfo)), delay_s)

    def forget(self, key: NoteKey) -> None:
        """This note waits for no queue any more."""
        with self._lock:
            self._waiting.pop(key, None)

    def set_jobs(self, queue: str, jobs: int) -> None:
        """So many jobs of ours are in CUPS; at the window, the lane is closed."""
        with self._lock:
            if queue in self._lanes:  # else a job of earlier, in a queue that printers.toml names no more
                self._lanes[queue].jobs = jobs
                self._open_or_close(queue)

    def suspect(self, queue: str) -> None:
        """Bring nothing there until set_down or set_up says how it is."""
        with self._lock:
            if queue in self._lanes:
                self._lanes[queue].is_suspected = True
                self._open_or_close(queue)

    def set_down(self, queue: str) -> int:
        """It was looked at (once more) and takes nothing; how many notes go elsewhere."""
        with self._lock:
            lane = self._lanes.get(queue) or _Lane()
            lane.is_suspected = False
            lane.probes_in_vain += 1
            return self._sort() if lane.probes_in_vain == 1 else 0

    def set_up(self, queue: str) -> int:
        """It takes notes; how many have come to it from elsewhere."""
        with self._lock:
            lane = self._lanes.get(queue) or _Lane()
            was_closed = lane.is_down or lane.is_suspected
            lane.is_suspected, lane.probes_in_vain = False, 0
            return self._sort() if was_closed else 0

    def follow_decisions(self, decisions: Sequence[QueueDecision]) -> int:
        """Pause, resume and move as people decided, from the oldest to the newest; how many notes have moved."""
        with self._lock:
            self._states = self._states.decided(decisions)
            for queue, lane in self._lanes.items():
                lane.is_paused = queue in self._states.paused
            return self._sort()

    def stuck(self, probes: int) -> frozenset[NoteKey]:
        """The notes that wait for a queue which is paused, or was found down so often."""
        with self._lock:
            stuck = {name for name, lane in self._lanes.items() if lane.is_paused or lane.probes_in_vain >= probes}
            return frozenset(key for key, each in self._waiting.items() if self._place(each) in stuck)

    def _put(self, account: Account, waiting: _Waiting, delay_s: float) -> None:
        with self._lock:
            self._waiting[account.key] = waiting
            place = self._place(waiting)
            is_elsewhere = account.queue not in ("", place)  # than where it was tried last
            self.delivery.put(lane_of(place), account.key, turn(account), 0 if is_elsewhere else delay_s)

    def _sort(self) -> int:
        """Let every note wait where it belongs now; how many have moved."""
        down = frozenset(queue for queue, lane in self._lanes.items() if lane.is_down)
        self._states = replace(self._states, down=down)
        for queue in self._lanes:
            self._open_or_close(queue)
        stages = [lane_of(queue) for queue in self._lanes]
        return self.delivery.reassign(stages, self._stage_of)

    def _open_or_close(self, queue: str) -> None:
        lane = self._lanes[queue]
        is_open = lane.jobs < self.window and not (lane.is_suspected or lane.is_paused or lane.is_down)
        self.delivery.open(lane_of(queue)) if is_open else self.delivery.close(lane_of(queue))

    def _stage_of(self, key: NoteKey) -> str | None:
        waiting = self._waiting.get(key)
        return lane_of(self._place(waiting)) if waiting else None

    def _place(self, waiting: _Waiting) -> str:
        """Where it belongs now."""
        moves = [move for move in self._states.moves if waiting.received_at < move.at]
        return self._states.place(waiting.queue, waiting.backup, moves)


def lane_of(queue: str) -> str:
    """The stage that brings notes to one queue, one at a time."""
    return f"print:{queue}"


def turn(account: Account) -> Order:
    """Express before standard, otherwise in the order of arrival."""
    return (account.priority != "express", account.arrived_at, account.drop_id, account.position)
