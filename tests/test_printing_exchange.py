"""A queue that is given another printer: at which one a job may have come out, and what is said of it then."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from service.clock import steady_s
from service.model import Job, JobState
from service.printing.cupsd import Cupsd, CupsJob, CupsQueue
from service.printing.queue_printers import QueuePrinters
from service.printing.watched import WatchedQueue
from tests.builders import NOON
from tests.ipp_printer import COMPLETED, IppPrinter, PrinterJob

NAME = "1-1-r1"
EXCHANGED = ("unknown", 1, ("printer-exchanged",))


class Queue(Cupsd):
    """A cupsd with one queue; `device` is its printer, and every job in it is at work, or then at its end."""

    def __init__(self, device: str) -> None:
        super().__init__("", 1)
        self.device = device
        self.state = JobState.PROCESSING
        self.began: int | None = 1_800_000_000
        self.changed_s: int | None = None

    def was_restarted(self) -> bool:
        return False

    def open_jobs(self, queue: str) -> Iterator[CupsJob]:
        if self.state.is_open:
            yield from self.jobs(queue, (7,)).values()

    def jobs(self, queue: str, job_ids: Sequence[int]) -> dict[int, CupsJob]:
        return dict.fromkeys(job_ids, CupsJob(7, NAME, "q", self.state, (), 1, self.began))

    def queue(self, name: str) -> CupsQueue | None:
        return CupsQueue("processing", True, (), 1, self.device, True, self.changed_s)


class Scene:
    """Two printers, and a service that looks at the queue; `wall` is its wall clock."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.wall = NOON
        self.first, self.second, self.third = (IppPrinter(home / name).start() for name in ("1st", "2nd", "3rd"))
        self.cupsd = Queue(self.first.uri)
        self.start()

    def start(self) -> None:
        """A life of the service."""
        self.queue = WatchedQueue("q", self.cupsd, 1, lambda: self.wall, asks_printer=True, folder=self.home)

    def a_job(self, job_id: int = 7) -> Job:
        return Job("q", job_id, NAME, self.wall, steady_s())

    def exchange(self, printer: IppPrinter, *, is_noticed: bool = True) -> None:
        """Give the queue this printer; somebody asks how the queue is, and notices."""
        self.cupsd.device = printer.uri
        if is_noticed:
            self.queue.printer(self.cupsd.queue("q"))

    def end(self, *printers: IppPrinter) -> None:
        """The job is at its end in CUPS, and has come out here."""
        for printer in printers:
            put_out(printer)
        self.cupsd.state = JobState.COMPLETED

    def look(self, job: Job) -> tuple[str, int, tuple[str, ...]]:
        (report,) = self.queue.look_at([job])
        return report.state.value, report.times, report.reasons


def put_out(printer: IppPrinter) -> None:
    """It has printed the job, as far as anybody can learn."""
    number = len(printer.jobs) + 1
    printer.jobs[number] = PrinterJob(number, NAME, {}, printer.up_time_s, COMPLETED, has_document=True)


def later(job: Job, seconds: float) -> datetime:
    return job.created_at + timedelta(seconds=seconds)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    for printer in (scene.first, scene.second, scene.third):
        printer.stop()


# What came out at two of them ----------------------------------------------------------------------------------------


def test_what_two_printers_put_out_counts_twice(scene: Scene) -> None:
    """The place is taken a moment after we asked which printer stands there."""
    job = scene.a_job()
    assert "processing" == scene.look(job)[0]
    scene.exchange(scene.second, is_noticed=False)
    scene.end(scene.first, scene.second)
    assert ("completed", 2, ()) == scene.look(job)


def test_what_a_printer_put_out_whose_place_was_taken_before_the_first_look_counts(scene: Scene) -> None:
    assert "processing" == scene.look(scene.a_job(6))[0]
    job = scene.a_job()
    scene.exchange(scene.second)
    scene.end(scene.first, scene.second)
    assert ("completed", 2, ()) == scene.look(job)


@pytest.mark.parametrize("is_noticed", [False, True])
def test_what_came_out_in_an_earlier_life_counts_whenever_the_printer_was_exchanged(
    scene: Scene, *, is_noticed: bool
) -> None:
    job = scene.a_job()
    assert "processing" == scene.look(job)[0]
    scene.wall += timedelta(seconds=5)
    scene.exchange(scene.second, is_noticed=is_noticed)
    scene.start()
    scene.end(scene.first, scene.second)
    assert ("completed", 2, ()) == scene.look(Job("q", 7, NAME, job.created_at))


def test_what_a_printer_soon_forgets_is_learned_in_time(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.printing.watched.EARLIER_EVERY_S", 0.0)
    job = scene.a_job()
    assert "processing" == scene.look(job)[0]
    put_out(scene.first)
    scene.exchange(scene.second)
    assert "processing" == scene.look(job)[0]
    scene.first.jobs.clear()
    scene.end(scene.second)
    assert ("completed", 2, ()) == scene.look(job)


def test_a_printer_that_stands_there_again_is_counted_once(scene: Scene) -> None:
    job = scene.a_job()
    for there in (scene.first, scene.second, scene.first):
        scene.exchange(there)
        assert "processing" == scene.look(job)[0]
    scene.end(scene.first)
    assert ("completed", 1, ()) == scene.look(job)


def test_a_printer_of_two_names_is_counted_once(scene: Scene) -> None:
    job = scene.a_job()
    assert "processing" == scene.look(job)[0]
    scene.cupsd.device = scene.first.uri.replace("127.0.0.1", "localhost")
    scene.end(scene.first)
    assert ("completed", 1, ()) == scene.look(job)


# One that does not answer any more -----------------------------------------------------------------------------------


def test_a_job_that_began_at_a_printer_that_is_gone_waits_for_a_person(scene: Scene) -> None:
    job = scene.a_job()
    assert "processing" == scene.look(job)[0]
    scene.first.stop()
    scene.exchange(scene.second)
    scene.end(scene.second)
    assert EXCHANGED == scene.look(job)


@pytest.mark.parametrize("began_before", [True, False])
def test_whether_a_job_had_begun_there_cups_says_when_it_is_next_asked(scene: Scene, *, began_before: bool) -> None:
    job = scene.a_job()
    scene.cupsd.state, scene.cupsd.began = JobState.PENDING, None
    assert "pending" == scene.look(job)[0]
    if began_before:
        scene.cupsd.began = 1_800_000_000
    scene.first.stop()
    scene.exchange(scene.second)
    assert "pending" == scene.look(job)[0]
    scene.cupsd.began = 1_800_000_000
    scene.end(scene.second)
    assert (EXCHANGED if began_before else ("completed", 1, ())) == scene.look(job)


def test_a_job_that_had_begun_there_may_lie_there_though_cups_forgot_that_and_gave_it_up(scene: Scene) -> None:
    job = scene.a_job()
    assert "processing" == scene.look(job)[0]
    scene.exchange(scene.second)
    assert "processing" == scene.look(job)[0]
    scene.first.stop()
    scene.cupsd.state, scene.cupsd.began = JobState.CANCELED, None
    assert EXCHANGED == scene.look(job)


def test_a_job_that_began_there_again_may_lie_there(scene: Scene) -> None:
    job = scene.a_job()
    scene.cupsd.state, scene.cupsd.began = JobState.PENDING, None
    for there in (scene.first, scene.second, scene.first):
        scene.exchange(there)
        assert "pending" == scene.look(job)[0]
    scene.cupsd.state, scene.cupsd.began = JobState.PROCESSING, 1_800_000_000
    assert "processing" == scene.look(job)[0]
    scene.first.stop()
    scene.exchange(scene.second)
    scene.end(scene.second)
    assert EXCHANGED == scene.look(job)


@pytest.mark.parametrize("is_next_life", [False, True])
def test_a_printer_that_is_replaced_while_nothing_prints_is_asked_for_no_later_note(
    scene: Scene, *, is_next_life: bool
) -> None:
    """Nobody looks at a queue without jobs: that another one stands there is noticed with the first job."""
    assert "processing" == scene.look(scene.a_job(6))[0]
    scene.first.stop()
    scene.cupsd.changed_s = int(NOON.timestamp()) + 3600
    scene.exchange(scene.second, is_noticed=False)
    if is_next_life:
        scene.start()
    scene.wall += timedelta(hours=9)
    job = scene.a_job()
    scene.end(scene.second)
    assert ("completed", 1, ()) == scene.look(job)


@pytest.mark.parametrize(("made_after_s", "verdict"), [(-1, "unknown"), (5, "completed")])
def test_a_job_that_only_the_ledger_knows_is_placed_by_the_wall_clock(
    scene: Scene, made_after_s: int, verdict: str
) -> None:
    earlier = scene.a_job(6)
    scene.look(earlier)
    scene.first.stop()
    scene.exchange(scene.second)
    scene.wall = later(earlier, made_after_s)
    scene.end(scene.second)
    assert verdict == scene.look(Job("q", 7, NAME, scene.wall))[0]


def test_a_wall_clock_that_is_set_back_makes_no_later_note_an_earlier_one(scene: Scene) -> None:
    scene.look(scene.a_job(6))
    scene.first.stop()
    scene.exchange(scene.second)
    scene.wall -= timedelta(hours=1)
    scene.end(scene.second)
    assert ("completed", 1, ()) == scene.look(scene.a_job())


def test_a_wall_clock_that_was_set_back_makes_no_earlier_note_a_later_one(scene: Scene) -> None:
    job = scene.a_job()
    assert "processing" == scene.look(job)[0]
    scene.wall -= timedelta(hours=1)
    scene.first.stop()
    scene.cupsd.changed_s = int(scene.wall.timestamp())
    scene.exchange(scene.second)
    scene.end(scene.second)
    assert EXCHANGED == scene.look(job)


# What is remembered --------------------------------------------------------------------------------------------------


def printers(folder: Path, device: str, now: datetime = NOON) -> QueuePrinters:
    return QueuePrinters("q", Queue(device), 1, lambda: now, folder)


def test_printers_are_remembered_by_addresses_without_passwords_and_for_a_day(tmp_path: Path) -> None:
    printers(tmp_path, "ipp://ops:secret@printer.example/ipp/print?waitjob=false").find()
    other = printers(tmp_path, "socket://10.0.0.7", NOON + timedelta(hours=1))
    left = other.find()
    assert left is not None
    assert "ipp://printer.example/ipp/print" == left.uri
    at_night = printers(tmp_path, "socket://10.0.0.7", NOON + timedelta(hours=12))
    assert ["ipp://printer.example/ipp/print"] == [device.uri for device in at_night.before(Job("q", 1, NAME, NOON))]
    assert "secret" not in (tmp_path / "q.device").read_text()
    printers(tmp_path, "socket://10.0.0.7", NOON + timedelta(hours=26)).find()
    assert {"there": "", "left": {}} == json.loads((tmp_path / "q.device").read_bytes())


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\0" * 40, b"[]", b"7", b"\xff", b"[" * 100_000, b'{"there": 7}', b'{"there": "ipp://[fe80"}'),
        *(b'{"there": "ipp://\\u0000/"}', b'{"left": []}', b'{"left": {"ipp://a/": "2026-11-22"}}'),
        b'{"left": {"socket://a": "2026-11-22T10:00:00+00:00"}}',
    ],
)
def test_a_damaged_memory_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "q.device").write_bytes(content)
    found = printers(tmp_path, "ipp://printer.example/")
    assert (None, []) == (found.there, [*found.before(Job("q", 1, NAME, NOON))])
    assert found.find() is None
    assert "ipp://printer.example/" == json.loads((tmp_path / "q.device").read_bytes())["there"]


def test_what_can_not_be_written_is_written_later(tmp_path: Path) -> None:
    found = printers(tmp_path / "gone", "ipp://printer.example/")
    found.find()
    (tmp_path / "gone").mkdir()
    found.find()
    assert "ipp://printer.example/" == json.loads((tmp_path / "gone" / "q.device").read_bytes())["there"]
