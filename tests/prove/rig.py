"""The rig: spools with a real service each, on one private cupsd with its printers.

A scene is one spool from its first drop to the verdict. Its service lives as often as the campaign lets it; when it
ends by itself it is started again, as systemd would do it.
"""

import json
import os
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from service.decisions import ask
from service.intake.spool import open_spool
from service.ledger.accounts import Decision, NoteKey
from tests.cups_lab import CupsLab, running_lab
from tests.ipp_printer import IppPrinter
from tests.prove.failpoints import Strike
from tests.prove.nursery import Life, Nursery
from tests.prove.oracle import Oracle, Tally, leaks
from tests.prove.orders import Dropped, Orders
from tests.shop import QUEUES

HASTY = {
    "SLIPWAY_PRINTING_BACKEND": "cups",
    "SLIPWAY_PRINTING_POLL_S": "0.05",
    "SLIPWAY_PRINTING_RETRY_S": "0.3",
    "SLIPWAY_PRINTING_CALL_DEADLINE_S": "3",
    "SLIPWAY_INTAKE_SCAN_EVERY_S": "0.3",
    "SLIPWAY_INTAKE_SETTLE_S": "0.3",
    "SLIPWAY_INTAKE_INCOMPLETE_AFTER_S": "3",
    "SLIPWAY_RENDERING_WORKERS": "1",
}
SETTLE_S = 45.0  # everything that was dropped is at an end by then
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
        """Let the service work, life after life, until all that was dropped is at an end and put away."""
        self.start_if_ended()
        try:
            self.wait(lambda: not self.oracle.unsettled() and not self.left(), "settled", patience_s)
        except NotSettled as error:
            raise NotSettled(f"not at an end: {self.oracle.unsettled()[:5]}, left: {self.left()[:5]}") from error

    def left(self) -> list[str]:
        """What still lies in the hot folder or is in work."""
        return [
            f"{folder}/{name}"
            for folder in ("incoming", "working")
            for name in sorted(os.listdir(self.spool / folder))
            if not name.startswith(".")
        ]

    def verdict(self, *, may_flag: bool = False, patience_s: float = SETTLE_S) -> Tally:
        """Settle, then judge: the printers, the receipts, the folders, the queues of CUPS, and privacy."""
        failed = ""
        try:
            self.settle(patience_s)
        except NotSettled as error:
            failed = str(error)
        self.kill()
        tally = self.oracle.judge(may_flag=may_flag)
        if failed:
            tally.find(failed)
        ours = {note_id for drop in self.oracle.dropped.values() for note_id in drop.note_ids}
        left = {name for name in open_jobs(self.lab) if name.partition(".g")[0] in ours}
        if left:
            tally.find(f"left in the queues of CUPS: {sorted(left)[:5]}")
        for leak in self.leaks():
            tally.find(f"a customer's name in {leak}")
        return tally

    def leaks(self) -> list[str]:
        """Where names stand that may stand in orders and notes alone."""
        folders = [self.spool / name for name in ("receipts", "decisions")]
        of_cups = [self.lab.home / name for name in ("log", "spool", "cache")]
        return leaks([*folders, *self.spool.glob("ledger.db*"), self.log, *of_cups])

    def logged(self, event: str) -> list[dict[str, object]]:
        """Every event of this kind."""
        return [json.loads(line) for line in self._logged() if f'"event": "{event}"' in line]

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

    def __init__(self, seed: int, mutant: str = "", nursery: Nursery | None = None) -> None:
        self.seed = seed
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

    def nursery_with(self, environ: dict[str, str]) -> "Nursery":
        """A further nursery, with more in its environment; it ends with the rig."""
        home = self.home / f"nursery-{self._scenes}"
        home.mkdir()
        nursery = Nursery(home, self._mutant, environ)
        self._kept.callback(nursery.stop)
        return nursery

    @contextmanager
    def scene(
        self,
        *,
        root: Path | None = None,
        nursery: Nursery | None = None,
        orders: Orders | None = None,
        **settings: object,
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
            environ = HASTY | {"SLIPWAY_SPOOL": str(spool), "SLIPWAY_PRINTING_CUPS_SOCKET": lab.socket} | overrides
            oracle = Oracle(spool, home / "paper")
            scene = Scene(home, lab, nursery or self.nursery, orders or self._orders, environ, oracle)
            try:
                yield scene
            finally:
                scene.kill()


def open_jobs(lab: CupsLab) -> set[str]:
    """The names of the jobs that CUPS still has, held ones too; it tells job-billing, and keeps job-name to itself."""
    try:
        jobs = lab.connection().getJobs(which_jobs="not-completed", requested_attributes=["job-id", "job-billing"])
    except (RuntimeError, OSError) as error:  # pycups raises RuntimeError where there is no server
        return {f"no cupsd: {type(error).__name__}"}
    return {str(job.get("job-billing", "")) for job in jobs.values()}


def doubles(lab: CupsLab) -> Iterable[IppPrinter]:
    return [printer for printer in lab.printers.values() if isinstance(printer, IppPrinter)]
