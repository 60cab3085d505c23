"""The rig: spools with a real service each, on one private cupsd with its printers.

A scene is one spool from its first drop to the verdict. Its service lives as often as the campaign lets it; when it
ends by itself it is started again, as systemd would do it.
"""

import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.decisions import ask
from service.intake.names import is_ignored
from service.intake.spool import open_spool
from service.ledger.accounts import Decision, NoteKey
from tests.conftest import ROOT
from tests.cups_lab import CupsLab, running_lab
from tests.ipp_printer import IppPrinter
from tests.prove.accounts import disagreements
from tests.prove.failpoints import Strike
from tests.prove.nursery import Life, Nursery
from tests.prove.oracle import Oracle, Sheet, Tally
from tests.prove.orders import Dropped, Orders
from tests.prove.privacy import leaks
from tests.shop import QUEUES

ASKED = ("*.asked.json", "*.queue-asked.json", "*.requested.json", "*.scanned.json", "*.reload-asked.json")
HASTY = {
    "SLIPWAY_PRINTING_BACKEND": "cups",
    "SLIPWAY_PRINTING_POLL_S": "0.05",
    "SLIPWAY_PRINTING_RETRY_S": "0.3",
    "SLIPWAY_PRINTING_CALL_DEADLINE_S": "3",
    "SLIPWAY_PRINTING_STANDS_S": "3",
    "SLIPWAY_INTAKE_SCAN_EVERY_S": "0.3",
    "SLIPWAY_INTAKE_SETTLE_S": "0.3",
    "SLIPWAY_INTAKE_INCOMPLETE_AFTER_S": "3",
    "SLIPWAY_RENDERING_WORKERS": "1",
}
SETTLE_S = 45.0  # everything that was dropped is at an end by then
FORGOTTEN_S = 5.0  # by then CUPS has removed the document of a job that is at its end
MOST_RESTARTS = 30


class NotSettled(Exception):
    """Not everything came to an end in time."""


@dataclass
class Scene:
    """One spool and what happens in it."""

    home: Path
    lab: CupsLab
    nursery: Nursery
    orders: Orders
    environ: dict[str, str]
    oracle: Oracle
    arguments: list[str] = field(default_factory=lambda: ["run"])
    life: Life | None = None
    restarts: int = 0
    exits: list[int] = field(default_factory=list)
    past: list[Dropped] = field(default_factory=list)  # of pages that were turned
    beside: set[str] = field(default_factory=set)  # notes that the fault does not concern
    is_red: bool = False  # something there was not as it must be
    red_paper: list[Sheet] = field(default_factory=list)  # of pages that were turned

    @property
    def spool(self) -> Path:
        return self.oracle.spool

    @property
    def log(self) -> Path:
        return self.home / "service.log"

    def drop(self, *drops: Dropped) -> None:
        """Drop files by rename; what must come of them is noted."""
        for each in drops:
            self.oracle.expect(each)
            self.put(each.name, each.content)

    def drop_beside(self, *drops: Dropped) -> None:
        """The same, for neighbours: the fault does not concern them, and how long they take is reported."""
        self.beside |= {note_id for drop in drops for note_id in drop.note_ids}
        self.drop(*drops)

    def put(self, name: str, content: bytes) -> None:
        """Put a file into the hot folder by rename, as it is."""
        beside = self.spool / "incoming" / f".{name[:200]}"
        beside.write_bytes(content)
        beside.rename(self.spool / "incoming" / name)

    def decide(self, what: str, note_id: str, number: str) -> None:
        """A person decides."""
        if what == "reprint":
            self.oracle.reprinted.add(note_id)
        ask(open_spool(self.spool), NoteKey(note_id, 1), Decision(number, what, "rig", "to prove it"))

    def start(self, *strikes: Strike, trace: bool = False) -> Life:
        """A life of the service."""
        self.life = self.nursery.start(self.arguments, self.environ, self.log, strikes, trace=trace)
        return self.life

    def start_if_ended(self) -> Life:
        """The life that is, or a further one."""
        return self.start() if self.life is None or self.life.ended.is_set() else self.life

    def kill(self) -> None:
        if self.life:
            self.life.kill()

    def wait_ready(self) -> None:
        """Wait until the service of this life watches its folder."""
        mark = f'"pid": {self.life.pid if self.life else 0}'
        self.wait(lambda: any("service.ready" in line and mark in line for line in self._logged()), "a ready service")

    def wait(self, is_so: Callable[[], bool], what: str, patience_s: float = SETTLE_S) -> None:
        """Wait for something, not for ever; a service that ends meanwhile is started again."""
        until = time.monotonic() + patience_s
        while not is_so():
            if self.life and self.life.ended.is_set():
                self._restart()
            if time.monotonic() > until:
                raise NotSettled(what)
            threading.Event().wait(0.02)

    def settle(self, patience_s: float = SETTLE_S) -> None:
        """Let the service work, life after life, until all that was dropped is at an end and put away.

        A note that waits for a person is at an end only when nothing is asked any more: it may just be released. What
        was asked is looked at first, for once it is carried out the file of the note lies in working/ again.
        """
        self.start_if_ended()
        waiting = set(self.oracle.dropped)

        def is_settled() -> bool:
            for name in [name for name in waiting if self.oracle.is_settled(self.oracle.dropped[name])]:
                waiting.discard(name)
            return not self.asked() and not waiting and not self.left() and not self.oracle.unsettled()

        try:
            self.wait(is_settled, "settled", patience_s)
        except NotSettled as error:
            down = f", down: {self.down()}" if self.down() else ""
            raise NotSettled(f"not at an end: {sorted(waiting)[:5]}, left: {self.left()[:5]}{down}") from error

    def down(self) -> dict[str, str]:
        """The queues that are down, as the log says, and why."""
        told = [event for event in self.said() if event["event"] in ("queue.down", "queue.back")]
        last = {str(event["queue"]): str(event.get("code", "")) for event in told}
        return {queue: code for queue, code in last.items() if code}

    def asked(self) -> list[Path]:
        """What waits for the service to carry it out."""
        return [path for pattern in ASKED for path in (self.spool / "decisions").glob(pattern)]

    def left(self) -> list[str]:
        """What still lies in the hot folder or is in work."""
        return [f"{folder}/{name}" for folder in ("incoming", "working") for name in self.left_in(folder)]

    def left_in(self, folder: str) -> list[str]:
        """What lies there; a folder that the service has still to make is no empty one."""
        try:
            return sorted(name for name in os.listdir(self.spool / folder) if not is_ignored(name))
        except FileNotFoundError:
            return ["(no folder)"]

    def verdict(self, *, may_flag: bool = False, patience_s: float = SETTLE_S) -> Tally:
        """Settle, then judge: printers, receipts, ledger, folders, the queues of CUPS, and privacy."""
        tally = self.chapter(may_flag=may_flag, patience_s=patience_s)
        self.kill()
        kept = [drop for name, drop in self.oracle.dropped.items() if name not in self.oracle.erased]
        for what in disagreements(self.spool, (*self.past, *kept)):
            tally.find(what)
        left = {name for name in open_jobs(self.lab) if name.partition(".g")[0] in self._ours}
        if left:
            tally.find(f"left in the queues of CUPS: {sorted(left)[:5]}")
        if not left and (documents := self._documents_in_cups()):
            tally.find(f"left in the spool of CUPS: {documents[:5]}")
        for leak in self.leaks():
            tally.find(f"personal: {leak}")
        return tally

    def chapter(self, *, may_flag: bool = False, patience_s: float = SETTLE_S) -> Tally:
        """Settle, then judge the paper by the receipts; the service lives on, for what is dropped next."""
        failed = ""
        try:
            self.settle(patience_s)
        except NotSettled as error:
            failed = str(error)
        tally = self.oracle.judge(may_flag=may_flag)
        tally.beside_s = [delay_s for note_id, delay_s in self.oracle.delays() if note_id in self.beside]
        if failed:
            tally.find(failed)
        self.is_red |= tally.is_red
        return tally

    def keep(self, place: Path) -> None:
        """What tells how it came to this: logs of service and CUPS, the ledger, decisions, a list of the paper."""
        place.mkdir(parents=True)
        for path in (*self.home.glob("*.log"), *self.spool.glob("ledger.db*")):
            shutil.copy(path, place)
        shutil.copytree(self.lab.home / "log", place / "cups")
        shutil.copytree(self.spool / "decisions", place / "decisions")
        sheets = sorted((*self.red_paper, *self.oracle.sheets()), key=lambda sheet: sheet.at_s)
        (place / "paper").write_text("".join(f"{sheet.at_s:.3f} {sheet.queue} {sheet.job_name}\n" for sheet in sheets))

    def turn_page(self) -> None:
        """What was judged so far counts no more, and its paper is taken away: a sheet that comes now is a stranger's.

        Only of a note that waits for a person there may be one, whenever it comes.
        """
        self.past += self.oracle.dropped.values()
        self.red_paper += self.oracle.sheets() if self.is_red else []
        known = self.oracle.known | {note_id for drop in self.oracle.dropped.values() for note_id in self._held(drop)}
        for sheet in self.oracle.paper.glob("*/[0-9]*.pdf"):
            sheet.unlink()
        self.oracle = Oracle(self.oracle.spool, self.oracle.paper, known=known)

    def _held(self, drop: Dropped) -> list[str]:
        receipt = self.oracle.receipt(drop.name) or {"notes": []}
        return [note["note_id"].partition(".g")[0] for note in receipt["notes"] if note["state"] == "held"]

    def leaks(self) -> list[str]:
        """Where a customer is named who may be named in orders and notes alone."""
        of_spool = [self.spool / name for name in ("receipts", "decisions", ".reading", ".lock", "customer.key")]
        of_spool += [*self.spool.glob("ledger.db*"), *self.spool.glob("problem/*.problem.json")]
        of_cups = [self.lab.home / name for name in ("etc", "log", "spool", "cache", "state")]
        return leaks([*of_spool, *self.home.glob("*.log"), *self.home.glob("*.prom"), *of_cups, *cores(self.home)])

    @property
    def _ours(self) -> set[str]:
        return {note_id for drop in (*self.past, *self.oracle.dropped.values()) for note_id in drop.note_ids}

    def _documents_in_cups(self) -> list[str]:
        """Documents that CUPS still has, of jobs that are at their end."""
        until = time.monotonic() + FORGOTTEN_S
        while True:
            kept = {path.name for path in (self.lab.home / "spool").glob("d*")}
            jobs = self.lab.connection().getJobs(which_jobs="not-completed", requested_attributes=["job-id"])
            documents = sorted(kept - {f"d{number:05}-001" for number in jobs})
            if not documents or time.monotonic() > until:
                return documents
            threading.Event().wait(0.05)

    def logged(self, event: str) -> list[dict[str, object]]:
        """Every event of this kind."""
        return [json.loads(line) for line in self._logged() if f'"event": "{event}"' in line]

    def said(self) -> list[dict[str, Any]]:
        """Everything that was logged."""
        return [json.loads(line) for line in self._logged()]

    def _restart(self) -> None:
        assert self.life
        self.exits.append(self.life.exit_code)
        self.restarts += 1
        if self.restarts > MOST_RESTARTS:
            raise NotSettled(f"the service ended {self.restarts} times, last with {self.life.exit_code}")
        self.start()

    def _logged(self) -> list[str]:
        if not self.log.exists():
            return []
        return [line for line in self.log.read_text(errors="replace").splitlines() if line.startswith("{")]


class Rig:
    """What campaigns stand on."""

    def __init__(self, seed: int, mutant: str = "", nursery: Nursery | None = None, *, keeps_red: bool = False) -> None:
        self.seed = seed
        self._keeps_red = keeps_red
        self._mutant = mutant
        self._lent = nursery
        self._kept = ExitStack()
        self._orders = Orders(self.chance_of("orders"))
        self._scenes = 0

    def chance_of(self, purpose: str) -> random.Random:
        """The chance of one purpose: the same for the same seed, whatever else ran before."""
        return random.Random(f"{self.seed} {purpose}")

    def __enter__(self) -> "Rig":
        self.home = Path(tempfile.mkdtemp(prefix="slipway-prove-"))
        self._kept.callback(shutil.rmtree, self.home, ignore_errors=True)
        if self._lent:
            self.nursery = self._lent
        else:
            with ExitStack() as failing:
                failing.callback(self._kept.close)
                self.nursery = Nursery(self.home, self._mutant)
                failing.pop_all()
            self._kept.callback(self.nursery.stop)
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()

    def nursery_with(self, environ: dict[str, str], wrapped_in: Sequence[str] = ()) -> "Nursery":
        """A further nursery, with more in its environment, started by another command; it ends with the rig."""
        home = self.home / f"nursery-{self._scenes}"
        home.mkdir()
        nursery = Nursery(home, self._mutant, environ, wrapped_in)
        self._kept.callback(nursery.stop)
        return nursery

    @contextmanager
    def scene(
        self,
        *,
        root: Path | None = None,
        nursery: Nursery | None = None,
        orders: Orders | None = None,
        **settings: Any,
    ) -> Iterator[Scene]:
        """A spool (under `root`, if that is named) and a cupsd with its printers, all fresh."""
        self._scenes += 1
        home = self.home / f"scene-{self._scenes}"
        home.mkdir()
        with running_lab(home / "paper") as lab:
            for queue in QUEUES:
                lab.add_queue(queue)
            spool = (root or home) / "spool"
            open_spool(spool)
            overrides = {f"SLIPWAY_{name.upper()}": str(value) for name, value in settings.items()}
            places = {"SLIPWAY_SPOOL": str(spool), "SLIPWAY_METRICS_TEXTFILE": str(home / "slipway.prom")}
            environ = HASTY | places | {"SLIPWAY_PRINTING_CUPS_SOCKET": lab.socket} | overrides
            oracle = Oracle(spool, home / "paper")
            scene = Scene(home, lab, nursery or self.nursery, orders or self._orders, environ, oracle)
            try:
                yield scene
            except NotSettled:
                scene.is_red = True
                raise
            finally:
                scene.kill()
                if scene.is_red and self._keeps_red:
                    self._keep(scene)

    def _keep(self, scene: Scene) -> None:
        place = Path(tempfile.gettempdir()) / "slipway-red" / f"{self.seed}-{self.home.name}-{scene.home.name}"
        try:
            scene.keep(place)
        except OSError as error:
            sys.stderr.write(f"of a red scene nothing could be kept: {error}\n")
        else:
            sys.stderr.write(f"kept of a red scene: {place}\n")


def open_jobs(lab: CupsLab) -> set[str]:
    """The names of the jobs that CUPS still has, held ones too; it tells job-billing, and keeps job-name to itself."""
    try:
        jobs = lab.connection().getJobs(which_jobs="not-completed", requested_attributes=["job-id", "job-billing"])
    except (RuntimeError, OSError) as error:  # pycups raises RuntimeError where there is no server
        return {f"no cupsd: {type(error).__name__}"}
    return {str(job.get("job-billing", "")) for job in jobs.values()}


def cores(home: Path) -> list[Path]:
    """Memory that a crash left behind: where a service or a worker ran, or was started."""
    return [path for folder in (home, ROOT) for path in folder.glob("core*") if path.is_file()]


def doubles(lab: CupsLab) -> Iterable[IppPrinter]:
    return [printer for printer in lab.printers.values() if isinstance(printer, IppPrinter)]
