"""Follows every accepted job to its end, and says when a queue is down.

What becomes of a note, by what report, stands in outcomes.py. Each queue is looked at by a thread of its own, all of
its jobs at once: a queue or a printer that hangs delays no other, and a queue without jobs is not looked at. While
something happens it is looked at every poll_s, and sooner while its window is full; otherwise every two seconds or so.

How the queue itself is (trouble.py) is asked while it has jobs, and when a step failed there; while it is down, every
retry_s. Down and back are said once each, and kept in the ledger. What waits in CUPS for a queue that is down, and
surely was not begun, is taken back and owed again; so is what a person cancels, holds or moves.

While the disk is full and the ledger takes nothing, a queue is looked at again every retry_s.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.clock import Now, steady_s
from service.config import Printing
from service.errors import Deferred, OwnFault, SlipwayError
from service.faults import contained
from service.lanes import Lanes
from service.ledger.accounts import Account, NoteKey
from service.ledger.ledger import Ledger
from service.log import log
from service.model import Job, JobReport, JobState
from service.outcomes import Outcomes
from service.printing.protocol import Printer
from service.queue_watch import HEALTH_EVERY_S, Followed, QueueWatch
from service.taking_back import TakingBack
from service.trouble import trouble_of


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who hears that a note is at an end, that a further generation is owed, that the service can't go on."""

    ended: Callable[[NoteKey], None]
    owed: Callable[[NoteKey], None]
    stop_service: Callable[[SlipwayError], None]


class Tracking:
    """Every method may be called from any thread."""

    def __init__(self, printer: Printer, ledger: Ledger, lanes: Lanes, settings: Printing, now: Now) -> None:
        self._now = now
        self._printer = printer
        self._lanes = lanes
        self._ledger = ledger
        self._settings = settings
        self._taking_back = TakingBack(printer, ledger, now)
        self._outcomes = Outcomes(printer, ledger, settings, now)
        self._listeners: Listeners
        self._watches: dict[str, QueueWatch] = {}
        self._lock = threading.RLock()
        self._is_running = False
        self._stopping = False

    def start(self, listeners: Listeners) -> None:
        """Begin to look; first at the queues that were down when the service ended."""
        with self._lock:
            self._listeners = listeners
            self._is_running = True
            for watch in self._watches.values():
                watch.thread.start()
        for down in self._ledger.queues.down():
            if down.queue in self._lanes.queues:
                self._watch(down.queue).is_noted_down = True
                self.suspect(down.queue)

    def stop(self) -> None:
        with self._lock:
            self._stopping = True
            for watch in self._watches.values():
                watch.changed.notify()
        for watch in list(self._watches.values()):
            if watch.thread.is_alive():
                watch.thread.join(timeout=3 * self._settings.call_deadline_s)

    def follow(self, account: Account, job: Job, accepted_at: datetime) -> None:
        """Look at this job until it is at an end."""
        with self._lock:
            watch = self._watch(job.queue)
            since_s = steady_s() - max((self._now() - accepted_at).total_seconds(), 0)
            noted = Followed(account.key, job, account.arrived_at, accepted_at, since_s)
            watch.followed.setdefault(account.key, noted)
            watch.look_within(self._pace_s(watch))
            self._lanes.set_jobs(job.queue, len(watch.followed))
            watch.changed.notify()

    def resume(self, account: Account) -> None:
        """Take up an accepted note again after a restart."""
        assert account.job is not None and account.accepted_at is not None
        self.follow(account, account.job, account.accepted_at)

    def suspect(self, queue: str) -> None:
        """A step failed there: nothing more goes there until it was asked how it is."""
        with self._lock:
            if self._is_running:
                self._lanes.suspect(queue)
                watch = self._watch(queue)
                watch.is_suspected = True
                watch.changed.notify()

    def take_back(self, account: Account) -> bool:
        """Take an accepted note back from CUPS, for the caller to have it owed; False if it may have begun.

        Raises Deferred where CUPS does not answer.
        """
        watch = self._watches.get(account.queue)
        followed = watch and watch.followed.get(account.key)
        if not watch or not followed:
            return False
        with watch.lock:
            if not self._taking_back.take_back(followed):
                return False
            self._let_go(watch, (followed,))
        return True

    def take_back_from(self, queue: str) -> int:
        """Take back and owe again what this queue of CUPS surely has not begun; how many notes.

        While it is being looked at, which may take long, nobody waits: it is done behind that, and none are counted.
        """
        watch = self._watches.get(queue)
        if not watch:
            return 0
        watch.is_asked_back = True
        if not watch.lock.acquire(blocking=False):
            with self._lock:
                watch.changed.notify()
            return 0
        try:
            return self._give_back_asked(watch)
        finally:
            watch.lock.release()

    @property
    def open_jobs(self) -> int:
        """How many jobs are being followed."""
        return sum(len(watch.followed) for watch in list(self._watches.values()))

    @property
    def is_stuck(self) -> bool:
        """True when every job that is followed stands in a queue that is down, or can't be booked on a full disk."""
        with self._lock:
            return all(watch.is_down or watch.lacks_room for watch in self._watches.values() if watch.followed)

    @property
    def queues_down(self) -> tuple[str, ...]:
        """The queues that take nothing now."""
        return tuple(sorted(watch.queue for watch in list(self._watches.values()) if watch.is_down))

    @property
    def busy_since(self) -> float | None:
        """When the oldest look that is under way was begun (monotonic); None while there is none."""
        began = [watch.busy_since for watch in list(self._watches.values())]
        return min((at for at in began if at is not None), default=None)

    def _watch(self, queue: str) -> QueueWatch:
        """The watch of a queue, which begins with its first job or its first trouble."""
        if queue not in self._watches:
            thread = threading.Thread(target=self._run, args=(queue,), name=f"track:{queue}", daemon=True)
            self._watches[queue] = QueueWatch(queue, thread, threading.Condition(self._lock))
            if self._is_running:
                thread.start()
        return self._watches[queue]

    # One queue, on a thread of its own --------------------------------------------------------------------------------

    def _run(self, queue: str) -> None:
        watch = self._watches[queue]
        try:
            with contained(OwnFault):
                while self._wait_for_look(watch):
                    watch.busy_since = time.monotonic()
                    with watch.lock:
                        self._look_and_ask(watch)
                    watch.busy_since = None
        except SlipwayError as error:
            self._listeners.stop_service(error)

    def _look_and_ask(self, watch: QueueWatch) -> None:
        """Look at what is due; where there is no room to book what was seen, it is seen again later."""
        try:
            if watch.followed and watch.look_at <= time.monotonic():
                self._look(watch)
            if watch.health_is_due:
                self._ask_health(watch)
            self._give_back_asked(watch)
        except Deferred as error:
            if not watch.lacks_room:
                log.error("spool.full", queue=watch.queue, what=error.what, code=error.code)
            watch.wait_for_room(self._settings.retry_s)
        else:
            if watch.lacks_room:
                log.info("spool.room", queue=watch.queue)
            watch.lacks_room = False

    def _wait_for_look(self, watch: QueueWatch) -> bool:
        """True when it is time to look; False when the service stops."""
        with self._lock:
            while not self._stopping:
                wait_s = watch.time_to_look()
                if wait_s is not None and wait_s <= 0:
                    return True
                watch.changed.wait(wait_s)
            return False

    def _look(self, watch: QueueWatch) -> None:
        followed = self._followed(watch)
        try:
            reports = self._printer.look_at(watch.queue, [each.job for each in followed])
        except Deferred as error:
            self.suspect(watch.queue)
            reports = (JobReport(JobState.PENDING, (error.code,), ""),) * len(followed)  # as far as can be known
        ended = [each for each, report in zip(followed, reports, strict=True) if self._has_ended(watch, each, report)]
        watch.learn_pace(len(ended), self._settings.window)
        watch.looked(self._pace_s(watch), something_happened=bool(ended))
        self._let_go(watch, ended)

    def _has_ended(self, watch: QueueWatch, followed: Followed, report: JobReport) -> bool:
        """True when the job is at an end and the ledger says so, and the note is to be let go."""
        ending = self._outcomes.ending_of(followed, report, is_down=watch.is_down)
        if ending and ending.owed == followed.key:
            self._give_back(watch, followed)
            return False
        if ending and ending.is_printed:
            watch.waits_since = None
        if ending and ending.owed:
            self._listeners.owed(ending.owed)
        return ending is not None

    def _pace_s(self, watch: QueueWatch) -> float:
        return watch.pace_s(self._settings.poll_s, self._settings.window)

    def _followed(self, watch: QueueWatch) -> tuple[Followed, ...]:
        with self._lock:
            return tuple(watch.followed.values())

    def _let_go(self, watch: QueueWatch, ended: Sequence[Followed]) -> None:
        with self._lock:
            for each in ended:
                del watch.followed[each.key]
            self._lanes.set_jobs(watch.queue, len(watch.followed))
        for each in ended:
            self._listeners.ended(each.key)

    def _ask_health(self, watch: QueueWatch) -> None:
        """Whether the queue takes notes; its lane is told each time, people only when it changes."""
        report = self._printer.queue_report(watch.queue)
        trouble = trouble_of(report, out_of_patience=watch.waited_s(report) > self._settings.patience_s)
        was_down, watch.is_down, watch.is_suspected = watch.is_down, trouble is not None, False
        watch.health_at = time.monotonic() + (self._settings.retry_s if trouble else HEALTH_EVERY_S)
        notes = self._lanes.set_down(watch.queue) if trouble else self._lanes.set_up(watch.queue)
        if trouble and report.state != "unreachable":
            notes += self._take_back_all(watch)
        if trouble and not was_down:
            log.warning("queue.down", queue=watch.queue, code=trouble.code, reason=str(trouble), notes=notes)
        elif was_down and not trouble:
            log.info("queue.back", queue=watch.queue, notes=notes)
        self._note_health(watch, trouble)

    def _note_health(self, watch: QueueWatch, trouble: SlipwayError | None) -> None:
        """Let the ledger say whether the queue is down; again at the next look, if that fails."""
        if trouble and not watch.is_noted_down:
            self._ledger.queues.note_down(watch.queue, self._now(), trouble)
        elif watch.is_noted_down and not trouble:
            self._ledger.queues.note_back(watch.queue)
        watch.is_noted_down = trouble is not None

    def _give_back_asked(self, watch: QueueWatch) -> int:
        if not watch.is_asked_back:
            return 0
        watch.is_asked_back = False
        try:
            return self._take_back_all(watch)
        except Deferred:
            watch.is_asked_back = True  # tried again when there is room
            raise

    def _take_back_all(self, watch: QueueWatch) -> int:
        taken = 0
        for each in self._taking_back.all_of(self._followed(watch)):
            self._give_back(watch, each)
            taken += 1
        return taken

    def _give_back(self, watch: QueueWatch, each: Followed) -> None:
        self._let_go(watch, (each,))
        self._listeners.owed(each.key)
