"""The life of the service: take up what a crash left, watch the hot folder, stop without losing a note.

    start    lock the spool, open the ledger, warm the workers, take up what working/ and the ledger still owe
    run      scan on each wake of the watch and at least every scan_every_s; everything else happens in the stages
    reload   on SIGHUP of systemd: the configuration is read again, for the notes that come next (service/reload.py)
    stop     on SIGTERM or SIGINT: claim nothing more, let what is under way finish; the ledger owes the rest

systemd, where it started us, is told of each, and sees signs of life from the scan (service/signs.py).

`run --once` works off what is there, follows every job to its end and ends. It gives up on notes that are put off
again and again, and where nothing moves any more (a full disk, a dead cupsd); its exit code says so, the ledger owes
them still.
"""

import faulthandler
import gc
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from types import FrameType
from weakref import WeakSet

from service import __version__
from service.clock import utc_now
from service.config import Config
from service.decisions import Decisions
from service.errors import SlipwayError, SpoolBroken, SpoolFull
from service.intake.hot_folder import Claim
from service.intake.names import is_ignored
from service.intake.reading import Reading
from service.intake.spool import Spool, lock_spool, open_spool
from service.intake.watch import Watch
from service.ledger.accounts import Account, NoteKey
from service.log import log
from service.metrics import Standing, Textfile
from service.packing import PackingBench
from service.pipeline import Pipeline
from service.queue_decisions import QueueDecisions
from service.reload import Furnishing, Reload, furnish_for_start
from service.rendering.pool import RenderPool, warm_up_ahead
from service.requests import Requests
from service.rooms import open_rooms
from service.signs import SignsOfLife
from service.systemd import Heartbeat, Manager
from service.tracking import Listeners

DRAIN_S = 30.0
ONCE_PATIENCE_S = 5.0
ONCE_TRIES = 3
ONCE_STALLED_S = 30.0
LONGEST_CALL_S = 120.0  # CUPS, printers and the ledger's disk have answered by then, or something hangs


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `run --once` leaves: notes and files by what came of them in this run."""

    completed: int
    held: int
    rejected: int
    waiting: int

    @property
    def exit_code(self) -> int:
        """0 all done, 1 something was refused or held, 75 something still waits."""
        return 75 if self.waiting else 1 if self.held or self.rejected else 0


class Service:
    """One running service; made by `running`, which also ends it."""

    def __init__(self, config: Config, spool: Spool, manager: Manager) -> None:
        self._config = config
        self._manager = manager
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._failure: SlipwayError | None = None
        self._furnishing = furnish_for_start(config)
        self._rooms = open_rooms(config, spool, self._furnishing, lambda: self._furnishing)
        queues = tuple(queue.name for queue in config.printers.queue)
        self._pipeline = Pipeline(self._rooms, queues, self._fail)
        self._watch = Watch(spool.incoming, self._wake.set, self._rooms.hot_folder.expect_whole)
        tracking = self._rooms.tracking
        self._decisions = Decisions(spool, self._rooms.ledger, self._rooms.printer, tracking.take_back, utc_now)
        self._packing = PackingBench(spool, self._rooms.ledger.scan, utc_now)
        self._requests = Requests(spool, self._rooms.ledger, utc_now)
        self._queue_decisions = QueueDecisions(
            spool, self._rooms.ledger, self._rooms.lanes, tracking.take_back_from, utc_now
        )
        self._signs = self._signs_of_life(manager)
        self._textfile = self._figures(queues)
        self._reload = Reload(config, spool, manager, self._adopt)
        self._kept = ExitStack()
        self._earlier_workers: WeakSet[RenderPool] = WeakSet()  # those that a note may still be with
        self._unrecorded: list[Claim[Reading]] = []  # the disk is full: the ledger did not take them
        self._rejected = 0
        self._last_event = self._rooms.ledger.last_event()

    def start(self) -> None:
        """Warm up, then take up what an earlier run left."""
        rooms = self._rooms
        self._kept.enter_context(self._textfile.kept_up())
        rooms.renderer.start()
        gc.freeze()  # what stands here by now stays as long as the service: no collection need look at it again
        rooms.drops.start(self._fail)
        rooms.tracking.start(Listeners(ended=rooms.drops.advanced, owed=self._go_on, stop_service=self._fail))
        self._queue_decisions.take_up()
        rooms.delivery.start()
        taken = set()
        for claim in rooms.hot_folder.reclaimed():
            self._receive(claim)
            taken.add(claim.drop_id)
        for account in rooms.ledger.open_notes():
            for drop_id in rooms.ledger.drops_of(account.key):
                if drop_id not in taken:
                    rooms.drops.reopen(drop_id)
            if account.drop_id not in taken:
                self._pipeline.owe(account)
        self._decisions.forget_answers()
        self._decisions.start(self._go_on, self._fail)
        self._packing.start(self._fail)
        self._requests.start(self._fail)
        self._watch.start()
        self._signs.give()
        self._manager.ready()
        log.info("service.ready", pid=os.getpid(), spool=str(rooms.spool.root), backend=rooms.settings.printing.backend)

    def run(self) -> None:
        """Scan until told to stop; raises the error that the service could not go on with."""
        while not self._stopping.is_set():
            self._reload.begin_if_asked()
            self._scan()
            self._wake.wait(min(self._config.settings.intake.scan_every_s, self._signs.every_s))
            self._wake.clear()
        if self._failure:
            raise self._failure

    def run_once(self) -> Outcome:
        """Scan until the hot folder is empty and every job is at its end, or until nothing moves any more."""
        rooms = self._rooms
        tried = {note.key: note.attempts for note in rooms.ledger.open_notes()}
        rooms.hot_folder.shorten_patience(ONCE_PATIENCE_S)
        moved_at, last_event = time.monotonic(), rooms.ledger.last_event()
        while not self._stopping.is_set():
            claimed = self._scan()
            nothing_comes = not claimed and not self._unclaimed and self._decisions.is_idle
            if nothing_comes and self._is_worked_off(tried):
                break
            if claimed or rooms.ledger.last_event() != last_event:
                moved_at, last_event = time.monotonic(), rooms.ledger.last_event()
            if time.monotonic() - moved_at > ONCE_STALLED_S and rooms.tracking.is_stuck:
                break
            self._wake.wait(0.02 if claimed else 0.1)
            self._wake.clear()
        if self._failure:
            raise self._failure
        return self._outcome()

    def stop(self) -> None:
        """Let what is under way finish, then close."""
        rooms = self._rooms
        log.info("service.stopping")
        self._manager.stopping()
        self._watch.stop()
        self._reload.stop()
        self._decisions.stop()
        self._packing.stop()
        self._requests.stop()
        rooms.tracking.stop()
        rooms.delivery.stop(DRAIN_S)
        rooms.drops.stop()
        for workers in (self._rooms.renderer, *self._earlier_workers):
            workers.stop()
        self._kept.close()
        rooms.ledger.close()
        log.info("service.stopped")

    def ask_to_stop(self) -> None:
        """End `run` soon; safe in a signal handler."""
        self._stopping.set()
        self._wake.set()

    def ask_to_reload(self) -> None:
        """Read the configuration again soon; safe in a signal handler."""
        self._reload.ask()
        self._wake.set()

    def _scan(self) -> int:
        """Claim and receive what is ready, first what there was no room for before; the number of drops."""
        claimed = 0
        unrecorded, self._unrecorded = self._unrecorded, []
        self._watch.check()
        self._signs.give()
        try:
            self._queue_decisions.carry_out()
            for claim in chain(unrecorded, self._rooms.hot_folder.claims()):
                claimed += self._receive(claim)
                self._signs.give()
                if self._stopping.is_set():
                    break
        except OSError as error:
            raise SpoolBroken(f"the hot folder can't be worked: {error.strerror}") from error
        if bool(unrecorded) != bool(self._unrecorded):
            self._say_room(lacking=self._unrecorded)
        return claimed

    def _say_room(self, lacking: Sequence[Claim[Reading]]) -> None:
        if lacking:
            log.error("spool.full", code=SpoolFull.code, files=len(lacking))
        else:
            log.info("spool.room")

    def _receive(self, claim: Claim[Reading]) -> bool:
        """True if the ledger has it; otherwise there is no room, and it comes again with the next scan."""
        try:
            self._pipeline.receive(claim)
        except SpoolFull:
            self._unrecorded.append(claim)
            return False
        self._rejected += claim.rejection is not None or bool(claim.reading and claim.reading.refusals)
        return True

    def _go_on(self, key: NoteKey) -> None:
        """A note is owed (again) by a decision or after a failure of the printer; its file is followed again."""
        for drop_id in self._rooms.ledger.drops_of(key):
            self._rooms.drops.reopen(drop_id)
        account = self._rooms.ledger.account(key)
        assert account is not None
        self._pipeline.owe(account)

    @property
    def _unclaimed(self) -> int:
        """How many drops are not in the ledger, as far as the last scan saw."""
        return self._rooms.hot_folder.waiting + len(self._unrecorded)

    def _is_worked_off(self, tried: dict[NoteKey, int]) -> bool:
        """True when nothing will move any more, or only what this run has tried in vain; `tried` are earlier tries."""
        ledger, stuck = self._rooms.ledger, self._rooms.lanes.stuck(ONCE_TRIES)
        if not stuck and ledger.is_waiting_for_paper():
            return False
        if not all(note.key in stuck or _is_put_off(note, tried) for note in ledger.open_notes()):
            return False
        return self._rooms.drops.is_idle

    def _outcome(self) -> Outcome:
        rooms, states = self._rooms, self._rooms.ledger.states_since(self._last_event)
        unclaimed = self._unclaimed if not self._stopping.is_set() else _drops_in(rooms.spool)
        waiting = len(rooms.ledger.open_notes()) + unclaimed
        return Outcome(states.count("completed"), states.count("held"), self._rejected, waiting)

    def _fail(self, error: SlipwayError) -> None:
        log.error("service.failed", code=error.code, reason=str(error))
        self._failure = error
        self.ask_to_stop()

    def _adopt(self, furnishing: Furnishing) -> None:
        """Let the notes that come next have the house, feeds and workers of another configuration."""
        earlier = self._rooms.renderer
        self._furnishing = furnishing
        self._rooms = replace(self._rooms, house=furnishing.house, renderer=furnishing.renderer)
        self._rooms.standings.follow(furnishing.house.campaigns)
        self._pipeline.move_into(self._rooms)
        self._earlier_workers.add(earlier)
        earlier.retire()
        gc.unfreeze()  # what stood here since the start may go
        gc.collect()
        gc.freeze()

    def _signs_of_life(self, manager: Manager) -> SignsOfLife:
        ledger, tracking = self._rooms.ledger, self._rooms.tracking
        parts = {
            "ledger": lambda: ledger.busy_since,
            "tracking": lambda: tracking.busy_since,
            "lanes": lambda: self._pipeline.busy_since,
        }
        heartbeat = Heartbeat(manager, parts, self._longest_step_s)
        return SignsOfLife(manager, heartbeat, ledger, lambda: tracking.queues_down)

    def _figures(self, queues: tuple[str, ...]) -> Textfile:
        rooms, tracking = self._rooms, self._rooms.tracking
        standing = Standing(
            ledger=rooms.ledger,
            queues=queues,
            queues_down=lambda: tracking.queues_down,
            house=lambda: self._rooms.house,
            now=rooms.now,
        )
        return Textfile(rooms.settings.metrics, standing, rooms.now)

    @property
    def _longest_step_s(self) -> float:
        """Longer than any stage may be at one note."""
        rendering = self._config.settings.rendering
        return LONGEST_CALL_S + rendering.attempts * rendering.deadline_s


def _is_put_off(note: Account, tried: dict[NoteKey, int]) -> bool:
    """True for a note that was tried in vain, again and again."""
    return note.state == "deferred" and note.attempts - tried.get(note.key, 0) >= ONCE_TRIES


def _drops_in(spool: Spool) -> int:
    """How many files lie in the hot folder, unfinished uploads left aside."""
    return sum(not is_ignored(path.name) for path in spool.incoming.iterdir())


@contextmanager
def running(config: Config) -> Iterator[Service]:
    """A started service, alone on its spool; stopped at the end of the block.

    SIGTERM and SIGINT ask it to stop; SIGHUP to reload, or without systemd to stop too: then a terminal was closed.
    SIGABRT, the watchdog's, says where each thread is.
    """
    began = time.monotonic()
    faulthandler.enable()
    spool = open_spool(config.settings.spool)
    log.info("service.started", version=__version__, pid=os.getpid(), config=str(config.folder))
    with lock_spool(spool):
        warm_up_ahead()
        manager = Manager(os.environ)
        service = Service(config, spool, manager)

        def on_signal(number: int, _frame: FrameType | None) -> None:
            if number == signal.SIGHUP and manager.is_there:
                service.ask_to_reload()
            else:
                service.ask_to_stop()

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, on_signal)
        try:
            service.start()
            log.info("config.read", elapsed_ms=round((time.monotonic() - began) * 1000, 1))
            yield service
        finally:
            service.stop()
