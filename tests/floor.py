"""The pipeline on one thread, for tests: real rooms, a delivery that a test works off, a printer that can die."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.clock import utc_now
from service.config import read_config
from service.customers import open_customer_key
from service.drops import Drops
from service.errors import SlipwayError
from service.imagery.library import Library
from service.intake.feeds import compile_feeds
from service.intake.hot_folder import HotFolder
from service.intake.reading import Reading, grows_by_lines, read_drop
from service.intake.spool import open_spool
from service.lanes import Lanes
from service.ledger.accounts import Account, NoteKey
from service.ledger.ledger import Ledger
from service.model import Choice, Job, JobReport, PictureSize, Plan, QueueReport, RenderedNote, Route
from service.pipeline import Pipeline
from service.planning.house import compile_house
from service.printing import Printer
from service.printing.folder import FolderPrinter
from service.rendering.layouts.loading import load_layout
from service.rendering.renderer import Renderer
from service.rooms import Rooms
from service.standings import Standings
from service.tracking import Tracking
from tests.builders import recommend_nothing
from tests.conftest import ROOT

LAYOUTS = {"amber-home": load_layout(ROOT / "layouts" / "amber-home")}


class Died(BaseException):
    """The process was killed here."""


@dataclass
class Line:
    """A delivery that a test works off, one key at a time, in order; what is put off comes last."""

    stages: dict[str, Callable[[NoteKey], None]] = field(default_factory=dict)
    waiting: list[tuple[float, tuple[object, ...], str, NoteKey]] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)

    def bind(self, stage: str, work: Callable[[NoteKey], None], workers: int = 1) -> None:
        self.stages[stage] = work

    def put(self, stage: str, key: NoteKey, order: tuple[object, ...], delay_s: float = 0) -> None:
        self.waiting.append((delay_s, order, stage, key))

    def open(self, stage: str) -> None:
        self.closed.discard(stage)

    def close(self, stage: str) -> None:
        self.closed.add(stage)

    def reassign(self, stages: Iterable[str], stage_of: Callable[[NoteKey], str | None]) -> int:
        sorted_again = [(delay_s, order, stage_of(key) or at, key) for delay_s, order, at, key in self.waiting]
        moved = sum(now[2] != before[2] for now, before in zip(sorted_again, self.waiting, strict=True))
        self.waiting = sorted_again
        return moved

    def start(self) -> None: ...

    def stop(self, drain_s: float) -> bool:
        return True

    def depth(self) -> dict[str, int]:
        return {}

    def work_off(self) -> None:
        """Deliver all that is due; what was put off stays."""
        while due := sorted(item for item in self.waiting if item[0] == 0 and item[2] not in self.closed):
            self.waiting.remove(due[0])
            _, _, stage, key = due[0]
            self.stages[stage](key)

    def let_time_pass(self) -> None:
        """What was put off is due now."""
        self.waiting = [(0.0, *rest) for _, *rest in self.waiting]  # type: ignore[misc]


Script = dict[str, BaseException | Callable[[], object]]


def act(script: Script, moment: str) -> None:
    """What the script has for this moment happens, once."""
    happens = script.pop(moment, None)
    if isinstance(happens, BaseException):
        raise happens
    if happens:
        happens()


@dataclass
class ScriptedPrinter:
    """A printer to which something happens: a death of the process, an error, or worse, before or after a step."""

    printer: Printer
    script: Script = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def create_held(self, document: bytes, job_name: str, route: Route) -> Job:
        job: Job = self._happens("create_held", document, job_name, route)
        return job

    def release(self, job: Job) -> None:
        self._happens("release", job)

    def look_up(self, job: Job) -> JobReport:
        report: JobReport = self._happens("look_up", job)
        return report

    def look_at(self, queue: str, jobs: Sequence[Job]) -> tuple[JobReport, ...]:
        reports: tuple[JobReport, ...] = self._happens("look_at", queue, jobs)
        return reports

    def discard_held(self, queue: str, job_name: str) -> int:
        swept: int = self._happens("discard_held", queue, job_name)
        return swept

    def cancel(self, job: Job) -> None:
        self._happens("cancel", job)

    def withdraw(self, job: Job) -> bool:
        done: bool = self._happens("withdraw", job)
        return done

    def queue_report(self, queue: str) -> QueueReport:
        return self.printer.queue_report(queue)

    def _happens(self, step: str, *arguments: Any) -> Any:
        self.calls.append(step)
        act(self.script, f"before {step}")
        result = getattr(self.printer, step)(*arguments)
        act(self.script, f"after {step}")
        return result


class DyingLedger(Ledger):
    """A ledger whose process dies right before or after one of its steps is on disk."""

    def __init__(self, path: Path, script: Script) -> None:
        super().__init__(path)
        self._script = script

    def intend(self, *arguments: Any) -> bool:
        return self._dying("intend", *arguments)

    def note_job(self, *arguments: Any) -> bool:
        return self._dying("note_job", *arguments)

    def accept(self, *arguments: Any) -> bool:
        return self._dying("accept", *arguments)

    def defer(self, *arguments: Any) -> bool:
        return self._dying("defer", *arguments)

    def hold(self, *arguments: Any, **expected: Any) -> bool:
        return self._dying("hold", *arguments, **expected)

    def _dying(self, step: str, *arguments: Any, **named: Any) -> bool:
        act(self._script, f"before {step}")
        done: bool = getattr(super(), step)(*arguments, **named)
        act(self._script, f"after {step}")
        return done


class InlineRenderer:
    """The real renderer, without a process around it."""

    def __init__(self) -> None:
        self._renderer = Renderer(LAYOUTS)

    def render(self, plan: Plan, pictures: Mapping[tuple[str, Choice], Path]) -> RenderedNote:
        return self._renderer.render(plan, pictures)

    def picture_sizes(self, layout: str) -> Mapping[str, PictureSize]:
        return self._renderer.picture_sizes(layout)


@dataclass
class Floor:
    """One life of the service on a spool; `script` says what happens to its printer and its ledger, and when."""

    root: Path
    script: Script = field(default_factory=dict)
    overrides: dict[str, str] = field(default_factory=dict)
    stopped_by: list[SlipwayError] = field(default_factory=list)
    config_folder: Path = ROOT / "config"
    drawn: int = 0
    paper: Printer | None = None  # folder printers, if none is named
    delivery: Any = None  # a Line, if none is named

    def __post_init__(self) -> None:
        config = read_config(self.config_folder, self.overrides)
        self.spool, self.line = open_spool(self.root), Line()
        self.ledger = DyingLedger(self.spool.ledger, self.script)
        self.printer = ScriptedPrinter(self.paper or FolderPrinter(self.spool.printers, utc_now), self.script)
        feeds = compile_feeds(config)

        def read(name: str, content: bytes) -> Reading:
            return read_drop(name, content, feeds)

        self.drops = Drops(self.spool, self.ledger, read)
        hot_folder = HotFolder(
            self.spool, config.settings.intake, read, lambda name: grows_by_lines(name, feeds), utc_now
        )
        self.renderer: Any = InlineRenderer()
        delivery = self.delivery or self.line
        self.queues = [queue.name for queue in config.printers.queue]
        lanes = Lanes(delivery, self.queues, config.settings.printing.window)
        self.tracking = Tracking(self.printer, self.ledger, lanes, config.settings.printing, utc_now)
        house = compile_house(config)
        self.standings = Standings(
            self.ledger, open_customer_key(self.spool.customer_key, is_in_use=False), utc_now, recommend_nothing
        )
        self.standings.follow(house.campaigns)
        self.rooms = Rooms(
            settings=config.settings,
            spool=self.spool,
            house=house,
            ledger=self.ledger,
            library=Library(config.settings.image_cache),
            renderer=self,  # type: ignore[arg-type]  # stands in for the pool
            printer=self.printer,
            delivery=delivery,
            lanes=lanes,
            hot_folder=hot_folder,
            drops=self.drops,
            tracking=self.tracking,
            standings=self.standings,
            now=utc_now,
        )
        self.pipeline = Pipeline(self.rooms, tuple(self.queues), self.stopped_by.append)

    def render(self, plan: Plan, pictures: Mapping[tuple[str, Choice], Path]) -> RenderedNote:
        self.drawn += 1
        note: RenderedNote = self.renderer.render(plan, pictures)
        return note

    def picture_sizes(self, layout: str) -> Mapping[str, PictureSize]:
        return InlineRenderer().picture_sizes(layout)

    def enter(self) -> bool:
        return True

    def leave(self) -> None:
        """Nobody ends these workers: there are none."""

    def take_up(self) -> None:
        """What a start does: claims of an earlier life, then what the ledger owes."""
        taken = set()
        for claim in self.rooms.hot_folder.reclaimed():
            self.pipeline.receive(claim)
            taken.add(claim.drop_id)
        for account in self.ledger.open_notes():
            if account.drop_id not in taken:
                self.pipeline.owe(account)

    def live(self) -> None:
        """Take up, claim, work off; ends early where the script kills the process."""
        with suppress(Died):
            self.take_up()
            for claim in self.rooms.hot_folder.claims():
                self.pipeline.receive(claim)
            self.line.work_off()
        self.ledger.close()

    @property
    def sheets(self) -> list[str]:
        return sorted(path.name for path in self.spool.printers.glob("*/*.pdf"))


def account_of(root: Path, note_id: str = "509217-1-r1") -> Account:
    """What the ledger says of a note when nobody works on it."""
    ledger = Ledger(root / "ledger.db", read_only=True)
    account = ledger.account(NoteKey(note_id, 1))
    ledger.close()
    assert account is not None
    return account


def waiting_for(lanes: Lanes, queue: str) -> int:
    """How many notes wait in the lane of a queue."""
    with lanes._lock:
        return sum(lanes._place(each) == queue for each in lanes._waiting.values())
