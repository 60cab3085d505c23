"""Situations: what is done to a service that runs, so that it comes to moments which a plain order doesn't lead to.

A situation is carried out while strikes are armed: the service may die at any time. Then `Cut` ends it where it is;
whatever it changed round the service, `put_back` undoes. `helpers` are failures that belong to it: the moment that a
failure leads to is reached only where something fails first.
"""

import itertools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from service.decisions import ask, ask_about_queue
from service.files import fsync_folder
from service.intake.spool import Spool
from service.ledger.accounts import Decision, NoteKey, QueueDecision, Scan
from service.marketing import CodeLine, Redemption
from service.model import Offer
from service.packing import hand_in as hand_in_scan
from service.reload import ask_for_reload
from service.requests import Decide, Forget, Import, Prune, Redeem, Request, hand_in
from tests.ipp_printer import ABORTED, IppPrinter
from tests.prove.accounts import PUT_AWAY
from tests.prove.failpoints import NAP_S, Strike
from tests.prove.orders import USER, Dropped
from tests.prove.rig import NotSettled, Scene, doubles

LINE, OTHER_LINE, FRENCH_LINE = "uk-notes", "uk-notes-2", "eu-notes-fr"
LOOK_S = 0.005
PATIENCE_S = 20.0
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
CAMPAIGN = "codes"
_numbers = itertools.count(1)
Do = Callable[[Scene], None]


class Cut(Exception):
    """The service has died meanwhile: what was to follow is not done."""


def _nothing(_: Scene) -> None:
    """Nothing is to be done."""


@dataclass(frozen=True, slots=True)
class Situation:
    """`prepare` before anything is armed, then `do`; with `at_start`, `do` comes before the service starts.

    `fresh`: on a spool that nobody has used yet. `backend` is of the printers.
    """

    name: str
    do: Do
    prepare: Do = _nothing
    put_back: Do = _nothing
    helpers: tuple[Strike, ...] = ()
    at_start: bool = False
    fresh: bool = False
    backend: str = "cups"

    @property
    def shares(self) -> bool:
        """True if one spool may see this and others like it."""
        return not self.fresh and self.backend == "cups"

    @property
    def is_plain(self) -> bool:
        """True for what every day brings."""
        return not (self.helpers or self.at_start or self.fresh or self.backend != "cups")


def until(scene: Scene, is_so: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait for something, as long as this life goes on."""
    ends = time.monotonic() + patience_s
    while not is_so():
        if scene.life is None or scene.life.ended.wait(LOOK_S) or scene.life.stands_still:
            raise Cut
        if time.monotonic() > ends:
            raise NotSettled(what)


def is_quiet(scene: Scene) -> bool:
    """True when all that was dropped is at an end, and all that was asked is answered."""
    return not scene.asked() and not scene.left() and not scene.oracle.unsettled()


def quiet(scene: Scene) -> None:
    until(scene, lambda: is_quiet(scene), "quiet")


# Drops ---------------------------------------------------------------------------------------------------------------


def _one(scene: Scene) -> None:
    scene.drop(scene.orders.one())


def _parcels(scene: Scene) -> None:
    scene.drop(scene.orders.parcels())


def _flat(scene: Scene) -> None:
    scene.drop(scene.orders.flat())


def _refused(scene: Scene) -> None:
    scene.drop(scene.orders.broken(), scene.orders.half())


def _assortment(scene: Scene) -> None:
    scene.drop(*scene.orders.assortment())


def _objecting(scene: Scene) -> None:
    scene.drop(*(scene.orders.objecting() for _ in range(6)))


def _settled_order(scene: Scene) -> Dropped:
    """An English order that is at its end."""
    drop = scene.orders.one("en")
    scene.drop(drop)
    scene.settle()
    return drop


def _last(scene: Scene) -> Dropped:
    return [drop for drop in scene.oracle.dropped.values() if drop.note_ids][-1]


def _repeated(scene: Scene) -> None:
    scene.put(f"again-{next(_numbers)}.json", _last(scene).content)
    quiet(scene)


def _same_name(scene: Scene) -> None:
    first, second = scene.orders.one("en"), scene.orders.one("en")
    for drop in (first, second):
        scene.oracle.expect_note(drop)
        scene.put("the-same.json", drop.content)
        quiet(scene)


def _no_plain_files(scene: Scene) -> None:
    number, incoming = next(_numbers), scene.spool / "incoming"
    os.mkfifo(incoming / f"pipe-{number}.json")
    (incoming / f"link-{number}.json").symlink_to("/nowhere/at/all")
    (incoming / f"folder-{number}.json").mkdir()
    fsync_folder(incoming)
    for what in ("pipe", "link", "folder"):
        scene.oracle.expect(Dropped(f"{what}-{number}.json", b"", (), is_refused=True))


def _many_at_once(scene: Scene) -> None:
    """More than one group of claims, in one scan."""
    assert scene.life
    scene.life.signal(signal.SIGSTOP)
    scene.drop(*scene.orders.some(8))
    scene.life.signal(signal.SIGCONT)


def _half_done(scene: Scene) -> None:
    """What an earlier life may leave: answers that nobody took, files half-written."""
    number = next(_numbers)
    (scene.spool / "decisions" / f"{number}.answered.json").write_text("{}")
    for folder in ("working", "receipts", "problem"):
        (scene.spool / folder / f".{number}.json.1-2.tmp").write_text("{")
    scene.drop(scene.orders.one())


def _burst(scene: Scene) -> None:
    """More than a window, all for one printer."""
    scene.drop(*(scene.orders.one("en") for _ in range(6)))


def _new_day(scene: Scene) -> None:
    """done/ of that day is put away by somebody."""
    for day in (scene.spool / "done").iterdir():
        day.rename(scene.spool / f"{PUT_AWAY}{next(_numbers)}")


# People decide -------------------------------------------------------------------------------------------------------


def _spool(scene: Scene) -> Spool:
    return Spool(scene.spool)


def decide(scene: Scene, what: str, drop: Dropped) -> None:
    """A person decides about a note; returns when that is carried out."""
    key = NoteKey(drop.note_ids[0], 1)
    if what == "reprint":
        scene.oracle.await_generation(key.note_id, 2)
    ask(_spool(scene), key, Decision(f"{next(_numbers):08}", what, "rig", "to prove it"))
    until(scene, lambda: not scene.asked(), f"{what} is carried out")


def _queue(scene: Scene, what: str, queue: str, to: str = "") -> None:
    at = datetime.now(UTC)
    ask_about_queue(_spool(scene), QueueDecision(f"{next(_numbers):08}", what, queue, to, "rig", "to prove it", at))
    until(scene, lambda: not scene.asked(), f"{what} {queue}")


def in_paused_line(scene: Scene) -> Dropped:
    """An order that waits for a queue that is paused."""
    _queue(scene, "pause", LINE)
    drop = scene.orders.one("en")
    scene.drop(drop)
    until(scene, lambda: scene.oracle.receipt(drop.name) is not None, "its receipt")
    return drop


def resume(scene: Scene) -> None:
    """Whatever was paused goes on, also where the one who paused it was cut."""
    at = datetime.now(UTC)
    ask_about_queue(_spool(scene), QueueDecision(f"{next(_numbers):08}", "resume", LINE, "", "rig", "to prove it", at))


def _reprint(scene: Scene) -> None:
    decide(scene, "reprint", _last(scene))


def _hold_and_release(scene: Scene) -> None:
    drop = in_paused_line(scene)
    scene.oracle.may_be_held.update(drop.note_ids)
    decide(scene, "hold", drop)
    decide(scene, "release", drop)


def _cancel(scene: Scene) -> None:
    decide(scene, "cancel", in_paused_line(scene))


def _move(scene: Scene) -> None:
    in_paused_line(scene)
    _queue(scene, "move", LINE, OTHER_LINE)


def _cancel_deferred(scene: Scene) -> None:
    """A note that was put off when it had a job, or may have one, is cancelled."""
    drop = scene.orders.one("en")
    scene.oracle.may_be_held.update(drop.note_ids)
    scene.drop(drop)
    until(scene, lambda: _stands(scene, drop, "deferred", "held"), "deferred")
    decide(scene, "cancel", drop)


def _cancel_in_time(scene: Scene) -> None:
    """A note is cancelled just when its intent is to be written: nothing of it may come to a printer."""
    drop = scene.orders.one("en")
    scene.drop(drop)
    until(scene, lambda: scene.life and scene.life.struck, "the nap")
    wakes_at = time.monotonic() + 2 * NAP_S
    decide(scene, "cancel", drop)
    until(scene, lambda: time.monotonic() > wakes_at, "the end of the nap")


def _stands(scene: Scene, drop: Dropped, *states: str) -> bool:
    receipt = scene.oracle.receipt(drop.name)
    return receipt is not None and any(note["state"] in states for note in receipt["notes"])


def _rubbish(scene: Scene) -> None:
    folder, number = scene.spool / "decisions", next(_numbers)
    for kind in ("asked", "queue-asked", "scanned", "requested"):
        beside = folder / f".{number}"
        beside.write_text("[")
        beside.rename(folder / f"{number:08}-{kind}.{kind}.json")
    until(scene, lambda: not scene.asked(), "set aside")


def _scan(scene: Scene) -> None:
    key = NoteKey(_last(scene).note_ids[0], 1)
    for _ in range(2):
        hand_in_scan(_spool(scene), Scan(f"{next(_numbers):08}", key, datetime.now(UTC), "bench"))
        until(scene, lambda: not scene.asked(), "the scan")


def _reload(scene: Scene) -> None:
    ask_for_reload(_spool(scene), f"{next(_numbers):08}")
    until(scene, lambda: not scene.asked(), "the reload")
    scene.drop(scene.orders.one())


def _request(scene: Scene, request: Request) -> None:
    hand_in(_spool(scene), f"{next(_numbers):08}", request)
    until(scene, lambda: not scene.asked(), "the request")


def _codes(scene: Scene) -> None:
    number = next(_numbers)
    lines = tuple(CodeLine(row, Offer(f"MORE-{number}-{row}", percent=10)) for row in range(1500))
    _request(scene, Import(f"more-{number}", lines))
    _request(scene, Redeem((Redemption(1, f"MORE-{number}-7"),)))


def _taken_meanwhile(scene: Scene) -> None:
    """Codes are redeemed, by somebody who has them from elsewhere, while a note that shows one is on its way."""
    scene.drop(scene.orders.one("en"))
    until(scene, lambda: scene.life and scene.life.struck, "the nap")
    _request(scene, Redeem(tuple(Redemption(row, f"RIG-{row:06}") for row in range(20))))


def _pause_campaign(scene: Scene) -> None:
    for what in ("pause", "resume"):
        _request(scene, Decide(f"{next(_numbers):08}", what, CAMPAIGN, "rig", "to prove it"))  # type: ignore[arg-type]
    scene.drop(scene.orders.one())


def _old_things(scene: Scene) -> None:
    """Files whose time is over, of orders that are long done."""
    day = scene.spool / "done" / "2020-01-01"
    day.mkdir(exist_ok=True)
    for path in (day / "old.json", scene.spool / "problem/old.json", scene.spool / "notes/old.pdf"):
        path.write_text("{}")
        os.utime(path, (LONG_AGO, LONG_AGO))


def _prune(scene: Scene) -> None:
    _request(scene, Prune(documents_days=30, orders_days=90, ledger_days=1000))


def _forget(scene: Scene) -> None:
    from service.customers import read_customer_key

    drop = _last(scene)
    scene.oracle.erased.add(drop.name)
    order = drop.shipments[0].order
    customer = read_customer_key(_spool(scene).customer_key).of(order.shop, order.customer.id)
    _request(scene, Forget((customer,), "rig"))


# Printers ------------------------------------------------------------------------------------------------------------


def _stopped_queue(scene: Scene) -> None:
    """The queue is stopped: what CUPS has of ours is taken back, and goes to the backup."""
    scene.lab.connection().disablePrinter(LINE)
    scene.drop(scene.orders.one("en"))
    quiet(scene)


def _enable(scene: Scene) -> None:
    scene.lab.connection().enablePrinter(LINE)


def _cancel_in_cups(scene: Scene) -> None:
    """A person cancels what CUPS has and has not begun."""
    scene.lab.connection().disablePrinter(LINE)
    drop = scene.orders.one("en")
    scene.drop(drop)
    until(scene, lambda: _stands(scene, drop, "accepted", "completed"), "accepted")
    decide(scene, "cancel", drop)


def _held_in_cups(scene: Scene) -> None:
    """Somebody holds in CUPS what it has not begun, in a queue that is well; then a person lets it print."""
    connection = scene.lab.connection()
    drop = scene.orders.one("en")
    scene.oracle.may_be_held.update(drop.note_ids)
    scene.oracle.reprinted.update(drop.note_ids)
    connection.disablePrinter(LINE)  # for too short a time to be noticed
    scene.drop(drop)
    until(scene, lambda: _stands(scene, drop, "accepted", "completed"), "accepted")
    for number in connection.getJobs(which_jobs="not-completed", requested_attributes=["job-id"]):
        hold = ["lp", "-h", scene.lab.socket, "-i", f"{LINE}-{number}", "-H", "hold"]
        subprocess.run(hold, capture_output=True, check=False)  # it may be taken back meanwhile
    connection.enablePrinter(LINE)
    until(scene, lambda: _stands(scene, drop, "held", "completed"), "held")
    decide(scene, "release", drop)


def _forbidden(scene: Scene) -> None:
    """We may not print to a queue; then we may again."""
    scene.lab.connection().setPrinterUsersDenied(LINE, [USER])
    scene.drop(scene.orders.one("en"))
    quiet(scene)
    _allow(scene)
    before = len(scene.logged("queue.back"))
    until(scene, lambda: len(scene.logged("queue.back")) > before, "queue.back", 10.0)


def _allow(scene: Scene) -> None:
    scene.lab.connection().setPrinterUsersAllowed(LINE, ["all"])


def _given_up(times: int) -> Do:
    """The printer gives a job up: it prints again, as a further sheet; given up once more, it is held."""

    def given_up(scene: Scene) -> None:
        (printer,) = (each for each in doubles(scene.lab) if each.folder.name == FRENCH_LINE)
        known = set(printer.jobs)
        drop = scene.orders.one("fr")
        scene.oracle.reprinted.update(drop.note_ids)
        scene.oracle.may_be_held.update(drop.note_ids)
        printer.aborts = True
        scene.drop(drop)
        try:
            until(scene, lambda: _given_up_by(printer, known) >= times, "given up")
        finally:
            printer.aborts = False
        quiet(scene)

    return given_up


def _given_up_by(printer: IppPrinter, known: Container[int]) -> int:
    return sum(job.state == ABORTED for number, job in list(printer.jobs.items()) if number not in known)


def _dying(do: Do, *strikes: Strike) -> Do:
    """A life that dies so while something is done: what it leaves, the next one finds."""

    def died(scene: Scene) -> None:
        scene.start(*strikes)
        with suppress(Cut, NotSettled):
            do(scene)
            quiet(scene)
        scene.kill()

    return died


def _failing(name: str, moment: str = "before", action: str = "eio", times: int = 1) -> tuple[Strike, ...]:
    return tuple(Strike(name, moment, action, hit) for hit in range(1, times + 1))


def _half_cancelled(scene: Scene) -> None:
    """A life dies when it throws the document of a cancelled job away; what comes next for that printer finds it."""
    died = _dying(
        _cancel_deferred,
        *_failing("pipeline._submit.release"),
        *_failing("pipeline._release_again.look_up", times=4),
        Strike("printing.folder._Queue.discard.unlink", "before", "kill"),
    )
    died(scene)
    scene.drop(scene.orders.one("en"))


def situation(name: str) -> Situation:
    """The one that is called so."""
    return next(each for each in SITUATIONS if each.name == name)


def _with(situation: Situation, name: str, *helpers: Strike) -> Situation:
    return replace(situation, name=name, helpers=helpers)


ORDER = Situation("an order", _one)
PARCELS = Situation("parcels", _parcels)
_UNPLAIN = Situation("no plain files", _no_plain_files)
_DEFERRED = Situation("a deferred note is cancelled", _cancel_deferred)
SITUATIONS = (
    ORDER,
    PARCELS,
    Situation("a CSV file", _flat),
    Situation("refused files", _refused),
    Situation("of each kind one", _assortment),
    Situation("a burst", _burst),
    Situation("who objects to marketing", _objecting),
    Situation("the same file again", _repeated, lambda scene: _settle(scene)),
    Situation("another file of that name", _same_name),
    _UNPLAIN,
    Situation("reprint", _reprint, lambda scene: _settle(scene)),
    Situation("hold and release", _hold_and_release, put_back=resume),
    Situation("cancel", _cancel, put_back=resume),
    Situation("move", _move, put_back=resume),
    Situation("scan", _scan, lambda scene: _settle(scene)),
    Situation("reload", _reload),
    Situation("codes are imported and redeemed", _codes),
    Situation("a campaign is paused", _pause_campaign),
    Situation("prune", _prune, _old_things),
    Situation("forget", _forget, lambda scene: _settle(scene)),
    Situation("no decision", _rubbish),
    Situation("done/ is put away", _one, _new_day),
    Situation("a queue is stopped", _stopped_queue, put_back=_enable),
    Situation("cancelled in CUPS", _cancel_in_cups, put_back=_enable),
    Situation("held in CUPS", _held_in_cups, put_back=_enable),
    Situation("a queue is forbidden", _forbidden, put_back=_allow),
    Situation("given up by its printer", _given_up(1)),
    Situation("given up for good", _given_up(2)),
    Situation("what a life has left", _half_done, at_start=True),
    _with(ORDER, "no job is made", *_failing("pipeline._submit.create_held")),
    _with(ORDER, "a job is made, and no answer", *_failing("pipeline._submit.create_held", "after")),
    _with(ORDER, "a job is not released", *_failing("pipeline._submit.release")),
    _with(ORDER, "no room for a copy", *_failing("intake.copies.write_copy.write_aside", action="enospc")),
    _with(ORDER, "no room for a file", *_failing("files.write_aside.write", action="enospc", times=3)),
    _with(_UNPLAIN, "nothing can be moved", *_failing("intake.copies.move_in.rename", times=3)),
    _with(
        _UNPLAIN,
        "nothing can be moved or hidden",
        *_failing("intake.copies.move_in.rename", times=3),
        *_failing("intake.copies._hide.rename"),
    ),
    _with(
        _DEFERRED,
        "a deferred note with a job is cancelled",
        *_failing("pipeline._submit.release"),
        *_failing("pipeline._release_again.look_up", times=4),
    ),
    _with(
        _DEFERRED,
        "a deferred note without a job is cancelled",
        *_failing("pipeline._submit.create_held", "after"),
        *_failing("pipeline._discard_orphan.discard_held", times=4),
    ),
    _with(
        Situation("", _cancel_in_time),
        "cancelled just before its intent",
        Strike("ledger.ledger.intend.move", "before", "nap"),
    ),
    _with(
        Situation("the end in a burst", _many_at_once),
        "the end in a burst",
        Strike("ledger.ledger.record_drop.write", "after", "term", 2),
    ),
    _with(
        Situation("", _burst),
        "jobs that end between two looks",
        Strike("printing.cupsd.Cupsd.open_jobs.ask", "before", "nap"),
    ),
    _with(
        Situation("", _taken_meanwhile),
        "a code is redeemed meanwhile",
        Strike("pipeline._draw.write_aside", "after", "nap"),
    ),
    Situation("a new spool", _one, fresh=True),
    Situation(
        "an import has broken off",
        _dying(_codes, Strike("ledger.vouchers.import_codes.change-2", "after", "kill")),
        at_start=True,
    ),
    Situation("an order to a folder", _one, backend="folder"),
    Situation("folders as printers", _assortment, backend="folder"),
    _with(
        Situation("", _one, backend="folder"),
        "folders, and no answer",
        *_failing("pipeline._submit.create_held", "after"),
    ),
    Situation(
        "a job in a folder is half cancelled",
        _half_cancelled,
        at_start=True,
        backend="folder",
    ),
)


def _settle(scene: Scene) -> None:
    _settled_order(scene)


@contextmanager
def put_back_after(situation: Situation, scene: Scene) -> Iterator[None]:
    """Inside, a situation is carried out; afterwards all round the service is as it was."""
    try:
        yield
    finally:
        situation.put_back(scene)


def emptied(spool: Path) -> None:
    """The spool as it is before the first start; what lies elsewhere stays there, and is emptied too."""
    for path in spool.iterdir():
        if path.is_symlink() and path.is_dir():
            emptied(path)
        elif path.is_symlink():
            for each in path.resolve().parent.glob(f"{path.name}*"):
                each.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
