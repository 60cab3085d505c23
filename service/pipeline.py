"""One order from drop to accepted job, top to bottom.

    receive    a claimed drop is recorded, then removed from the hot folder; its notes are owed from now on
    prepare    plan, route, render; the PDF lies in notes/
    submit     intent on disk, held job, its id on disk, release, accepted: at most once for a note and generation

A stage reads the ledger before it acts and compares-and-sets when it has acted, so it may be delivered twice. What
goes wrong is decided by the error's remedy and by nothing else: held for a person, or tried again later until its
limit. Only a STOP reaches the daemon.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from service.clock import milliseconds
from service.errors import (
    InternalError,
    JobUnknown,
    PlanOutdated,
    RenderFailed,
    RenderInterrupted,
    SlipwayError,
)
from service.faults import contained
from service.files import write_aside
from service.intake.hot_folder import Claim
from service.intake.reading import Reading
from service.lanes import lane_of, turn
from service.ledger.accounts import AHEAD_OF_PAPER, Account, NoteKey
from service.ledger.exposures import Marketing
from service.log import bound, log
from service.model import Job, JobState, Plan, RenderedNote, Route, Shipment, WantedPicture
from service.planning.note import plan_note
from service.planning.routing import choose_route
from service.receiving import receive
from service.remedies import Remedies
from service.rooms import Rooms

PREPARE = "prepare"
PLANS = 5  # so often a note is planned with campaigns; where they change that fast, it goes without
CHANGING = "changing"  # why a campaign is closed to such a note


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A rendered note on its way to its lane; the document itself lies in notes/."""

    route: Route
    sha256: str
    pages: int
    left_out: tuple[str, ...]
    wanted: tuple[WantedPicture, ...]
    marketing: Marketing
    began_at: datetime
    planned_at: datetime
    rendered_at: datetime


class Pipeline:
    """The stages, bound to a delivery; `stop` is called with an error that the service can't go on with."""

    def __init__(self, rooms: Rooms, queues: tuple[str, ...], stop: Callable[[SlipwayError], None]) -> None:
        self._rooms = rooms
        self._remedies = Remedies(rooms, self._forget, self._deliver_again, stop)
        self._prepared: dict[NoteKey, _Prepared] = {}
        self._outdated: dict[NoteKey, int] = {}  # how often its plan held no more
        self._began: dict[int, float] = {}  # by thread, monotonic: the step that it is at
        rooms.delivery.bind(PREPARE, self.prepare, workers=rooms.settings.rendering.workers + 1)
        for queue in queues:
            rooms.delivery.bind(lane_of(queue), partial(self.submit, queue))

    def move_into(self, rooms: Rooms) -> None:
        """Let the notes that come next pass through these rooms: another house, other workers, all else the same."""
        self._rooms = rooms
        self._remedies.move_into(rooms)

    @property
    def busy_since(self) -> float | None:
        """Since when the longest step at hand is under way (monotonic); a lane that is closed is at none."""
        return min(tuple(self._began.values()), default=None)

    # Receive ----------------------------------------------------------------------------------------------------------

    def receive(self, claim: Claim[Reading]) -> None:
        """Record a claimed drop and owe the notes that it brings; a repeated file brings nothing new to do."""
        for account in receive(claim, self._rooms):
            self.owe(account)

    def owe(self, account: Account) -> None:
        """Deliver a note to the stage that its state calls for; nothing, if it waits for a person or is at an end."""
        if account.state in AHEAD_OF_PAPER:
            self._rooms.delivery.put(PREPARE, account.key, turn(account))
        elif account.state == "accepted":
            self._rooms.tracking.resume(account)

    # Prepare ----------------------------------------------------------------------------------------------------------

    def prepare(self, key: NoteKey) -> None:
        """Plan and render a note, and pass it on to its lane."""
        self._carry_out(key, self._prepare)

    def _prepare(self, account: Account) -> None:
        if account.job:  # a held job exists and its id is on disk: nothing to draw, only to release
            self._rooms.lanes.put_back(account)
            return
        with self._at_the_workers() as rooms:
            self._draw(account, rooms)

    @contextmanager
    def _at_the_workers(self) -> Iterator[Rooms]:
        """The rooms as they are now; their render workers stay until the note is drawn."""
        while not (rooms := self._rooms).renderer.enter():
            pass  # other rooms were moved into meanwhile
        try:
            yield rooms
        finally:
            rooms.renderer.leave()

    def _draw(self, account: Account, rooms: Rooms) -> None:
        shipment = rooms.drops.shipment(account)
        began_at = rooms.now()
        plan = self._plan(account, shipment, rooms)
        route = choose_route(shipment, rooms.house)
        planned_at = rooms.now()
        note = self._render(plan, rooms)
        write_aside(rooms.spool.notes / f"{account.key.job_name}.pdf", note.pdf, durable=False)
        marketing = rooms.standings.marketing(plan, shipment, note.unseen)
        self._prepared[account.key] = _Prepared(
            route, note.sha256, note.pages, note.left_out, note.wanted, marketing, began_at, planned_at, rooms.now()
        )
        rooms.lanes.put(account, route)

    def _plan(self, account: Account, shipment: Shipment, rooms: Rooms) -> Plan:
        """The note as campaigns have it now; a code that it shows is reserved for it."""
        key = account.key
        standing = rooms.standings.standing_of(key, shipment)
        if self._outdated.get(key, 0) >= PLANS:  # a code that the note has, it keeps
            standing = replace(standing, closed={each.id: CHANGING for each in rooms.house.campaigns.campaigns})
        plan = plan_note(shipment, rooms.house, standing, account.generation)
        rooms.standings.keep(key, plan)
        return plan

    def _render(self, plan: Plan, rooms: Rooms) -> RenderedNote:
        """Draw the note; a worker that dies or runs out of time costs a try."""
        picked = rooms.library.pick(plan, rooms.renderer.picture_sizes(plan.layout))
        rooms.library.log_missing(plan.note_id, picked.wanted)
        attempts = rooms.settings.rendering.attempts
        for attempt in range(1, attempts + 1):
            try:
                note = rooms.renderer.render(plan, picked.pictures)
            except RenderInterrupted as error:
                log.warning("worker.died", note_id=plan.note_id, attempt=attempt, reason=str(error))
                last = str(error)
                continue
            if note.faults:
                log.warning("marketing.left-out", note_id=plan.note_id, reason="; ".join(note.faults))
            return replace(note, wanted=picked.wanted)
        raise RenderFailed(f"the note could not be drawn in {attempts} tries: {last}")

    # Submit -----------------------------------------------------------------------------------------------------------

    def submit(self, queue: str, key: NoteKey) -> None:
        """Bring a prepared note to a queue that has room for it: that of its route, or another in its place."""
        self._carry_out(key, lambda account: self._submit(account, queue), queue)

    def _submit(self, account: Account, queue: str) -> None:
        rooms, key = self._rooms, account.key
        if account.job:
            self._release_again(account, account.job)
            return
        prepared = self._prepared.get(key)
        document = prepared and self._document(key, prepared)
        if not prepared or not document:
            rooms.delivery.put(PREPARE, key, turn(account))
            return
        if account.submitting_at:  # an earlier try got as far as the printer, but not as far as noting its job
            self._discard_orphan(account)

        began_at = rooms.now()
        note = RenderedNote(document, prepared.sha256, prepared.pages, wanted=prepared.wanted)
        moments = {"planned": prepared.planned_at, "rendered": prepared.rendered_at, "submitting": began_at}
        try:
            intended = rooms.ledger.intend(key, note, queue, moments, prepared.marketing)  # intent on disk
        except PlanOutdated as error:
            self._plan_again(account, error)
            return
        if not intended:  # a person was faster
            rooms.standings.release(key)
            return
        rooms.standings.given(key)
        route = replace(prepared.route, queue=queue)
        job = rooms.printer.create_held(document, key.job_name, route)  # effect: nothing prints yet
        if not rooms.ledger.note_job(key, job):  # its id on disk: from here a crash can only release it once more
            rooms.printer.cancel(job)  # the ledger has moved on without us
            return
        rooms.printer.release(job)  # effect: it prints
        self._accept(account, job, prepared, began_at)  # receipt on disk

    def _plan_again(self, account: Account, error: PlanOutdated) -> None:
        """Campaigns decide otherwise by now: the note is planned, and drawn, with what holds."""
        log.info("note.planned-again", note_id=account.note_id, reason=str(error))
        outdated = self._outdated.get(account.key, 0) + 1
        self._forget(account.key)
        self._outdated[account.key] = outdated
        self._rooms.delivery.put(PREPARE, account.key, turn(account))

    def _release_again(self, account: Account, job: Job) -> None:
        """The job of an earlier try is known: let it print, if it has not."""
        report = self._rooms.printer.look_up(job)
        if report.state is JobState.UNKNOWN:
            raise JobUnknown(f"job {job.job_id} of {job.queue} is not there any more, or has another name")
        if report.state is JobState.HELD:
            self._rooms.printer.release(job)
        log.info("note.resumed", note_id=account.note_id, queue=job.queue, job_id=job.job_id, state=report.state.value)
        self._accept(account, job, None, self._rooms.now())

    def _discard_orphan(self, account: Account) -> None:
        swept = self._rooms.printer.discard_held(account.queue, account.key.job_name)
        if swept:
            log.info("orphan.discarded", note_id=account.note_id, queue=account.queue, notes=swept)

    def _document(self, key: NoteKey, prepared: _Prepared) -> bytes | None:
        """The PDF in notes/, if it is still the one that was rendered."""
        try:
            document = (self._rooms.spool.notes / f"{key.job_name}.pdf").read_bytes()
        except FileNotFoundError:
            return None
        return document if hashlib.sha256(document).hexdigest() == prepared.sha256 else None

    def _accept(self, account: Account, job: Job, prepared: _Prepared | None, began_at: datetime) -> None:
        rooms, key = self._rooms, account.key
        accepted_at = rooms.now()
        self._forget(key)
        if not rooms.ledger.accept(key, accepted_at):
            return  # a person was faster; the job is known to the ledger
        rooms.tracking.follow(account, job, accepted_at)
        rooms.drops.advanced(key)
        facts: dict[str, object] = {"note_id": key.note_id, "order_id": account.order_id, "generation": key.generation}
        if prepared:
            facts |= {
                "pages": prepared.pages,
                "settle_ms": milliseconds((account.received_at or accepted_at) - account.arrived_at),
                "plan_ms": milliseconds(prepared.planned_at - prepared.began_at),
                "render_ms": milliseconds(prepared.rendered_at - prepared.planned_at),
            }
            if prepared.left_out:  # no room on the page: what marketing wonders about
                facts["left_out"] = ", ".join(prepared.left_out)
        facts |= {
            "queue": job.queue,
            "job_id": job.job_id,
            "submit_ms": milliseconds(accepted_at - began_at),
            "total_ms": milliseconds(accepted_at - account.arrived_at),
        }
        if account.taken_back_at:
            log.info("note.accepted-again", **facts)
        else:
            log.info("note.accepted", **facts)

    # What goes wrong --------------------------------------------------------------------------------------------------

    def _carry_out(self, key: NoteKey, step: Callable[[Account], None], queue: str = "") -> None:
        """One stage's step for a note that is still owed; whatever goes wrong becomes its remedy."""
        with bound(note_id=key.note_id):
            self._began[threading.get_ident()] = time.monotonic()
            try:
                with contained(InternalError):
                    account = self._rooms.ledger.account(key)
                    if account and account.state in AHEAD_OF_PAPER:
                        step(account)
                    else:
                        self._forget(key)
                self._remedies.note_room(key)
            except SlipwayError as error:
                self._remedies.apply(key, error, queue)
            finally:
                self._began.pop(threading.get_ident(), None)

    def _deliver_again(self, account: Account, retry_s: float) -> None:
        rooms, prepared = self._rooms, self._prepared.get(account.key)
        if account.job:
            rooms.lanes.put_back(account, retry_s)
        elif prepared:
            rooms.lanes.put(account, prepared.route, retry_s)
        else:
            rooms.delivery.put(PREPARE, account.key, turn(account), delay_s=retry_s)

    def _forget(self, key: NoteKey) -> None:
        """This note waits for nothing here any more."""
        self._prepared.pop(key, None)
        self._outdated.pop(key, None)
        self._rooms.lanes.forget(key)
        self._rooms.standings.release(key)
