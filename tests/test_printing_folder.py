"""The folder printer alone: every crash leaves a state that is told right, and no paper is ever lost or hidden."""

import itertools
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from service.config import Printing
from service.errors import JobUnknown, PrinterUnreachable, SpoolFull
from service.model import Job, JobState, QueueReport, Route
from service.printing import open_printer
from service.printing.folder import FolderPrinter
from tests.builders import NOON

QUEUE = "uk-notes"
ROUTE = Route(QUEUE)
DOCUMENT = b"%PDF-1.7 a note"


def opened(folder: Path) -> FolderPrinter:
    return FolderPrinter(folder, lambda: NOON)


def paper(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / QUEUE).glob("*.pdf")}


def created(folder: Path, job_name: str = "1-1-r1", document: bytes = DOCUMENT) -> Job:
    return opened(folder).create_held(document, job_name, ROUTE)


# Crashes -------------------------------------------------------------------------------------------------------------


class Crash(BaseException):
    """The power is gone; nothing catches this."""


@dataclass
class Power:
    """Fails at the step of that number: just before the disk is told to do something."""

    left: int

    def before(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any, **names: Any) -> Any:
            if self.left == 0:
                raise Crash
            self.left -= 1
            return step(*arguments, **names)

        return stepped


@pytest.fixture
def crash_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[], object]], bool]:
    """Runs something with a crash at a step; False if it was at its end before."""

    def crash_at(step: int, run: Callable[[], object]) -> bool:
        power = Power(step)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", power.before(os.fsync))
            for name in ("replace", "rename", "unlink"):
                patch.setattr(Path, name, power.before(getattr(Path, name)))
            with suppress(Crash):
                run()
                return False
        return True

    return crash_at


CrashAt = Callable[[int, Callable[[], object]], bool]


def test_a_crash_anywhere_while_creating_prints_nothing_and_the_next_try_prints_once(
    tmp_path: Path, crash_at: CrashAt
) -> None:
    for step in itertools.count():
        folder = tmp_path / str(step)
        crashed = crash_at(step, lambda folder=folder: created(folder))  # type: ignore[misc]
        after = opened(folder)
        assert {} == paper(folder)
        assert after.discard_held(QUEUE, "1-1-r1") in (0, 1)
        after.release(after.create_held(DOCUMENT, "1-1-r1", ROUTE))
        assert {"1-1-r1.pdf": DOCUMENT} == paper(folder)
        assert 0 == after.discard_held(QUEUE, "1-1-r1")
        if not crashed:
            break
    assert step > 6


def test_a_crash_anywhere_while_releasing_is_told_right_and_releasing_again_prints_once(
    tmp_path: Path, crash_at: CrashAt
) -> None:
    for step in itertools.count():
        folder = tmp_path / str(step)
        job = created(folder)
        crashed = crash_at(step, lambda folder=folder, job=job: opened(folder).release(job))  # type: ignore[misc]
        after = opened(folder)
        is_out = paper(folder) == {"1-1-r1.pdf": DOCUMENT}
        assert (JobState.COMPLETED if is_out else JobState.HELD) is after.look_up(job).state
        if is_out:
            (folder / QUEUE / "1-1-r1.pdf").unlink()  # somebody collects it
        after.release(job)
        assert ({} if is_out else {"1-1-r1.pdf": DOCUMENT}) == paper(folder)
        assert JobState.COMPLETED is after.look_up(job).state
        if not crashed:
            break
    assert step > 4


def test_a_crash_anywhere_while_cancelling_leaves_a_job_that_never_prints_by_itself(
    tmp_path: Path, crash_at: CrashAt
) -> None:
    for step in itertools.count():
        folder = tmp_path / str(step)
        job = created(folder)
        crashed = crash_at(step, lambda folder=folder, job=job: opened(folder).cancel(job))  # type: ignore[misc]
        after = opened(folder)
        assert after.look_up(job).state in (JobState.HELD, JobState.CANCELED)
        after.cancel(job)
        after.release(job)
        assert JobState.CANCELED is after.look_up(job).state
        after.create_held(DOCUMENT, "2-1-r1", ROUTE)
        assert 1 == after.queue_report(QUEUE).depth
        assert {} == paper(folder)
        if not crashed:
            break
    assert step > 2


def test_a_held_document_that_somebody_took_away_is_unknown_not_completed(tmp_path: Path) -> None:
    job = created(tmp_path)
    (tmp_path / QUEUE / ".jobs/held" / f"{job.job_id}-1-1-r1.pdf").unlink()
    assert JobState.UNKNOWN is opened(tmp_path).look_up(job).state
    with pytest.raises(JobUnknown, match="queue uk-notes has no job 1 of this name"):
        opened(tmp_path).release(job)


def test_a_job_released_in_the_middle_of_a_look_is_not_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = created(tmp_path)
    real = Path.exists

    def released_meanwhile(path: Path) -> bool:
        there = real(path)
        monkeypatch.setattr(Path, "exists", real)
        opened(tmp_path).release(job)
        return there

    monkeypatch.setattr(Path, "exists", released_meanwhile)
    assert JobState.HELD is opened(tmp_path).look_up(job).state
    assert JobState.COMPLETED is opened(tmp_path).look_up(job).state


def test_paper_that_somebody_collected_stays_completed(tmp_path: Path) -> None:
    job = created(tmp_path)
    opened(tmp_path).release(job)
    (tmp_path / QUEUE / "1-1-r1.pdf").unlink()
    opened(tmp_path).release(job)
    assert {} == paper(tmp_path)
    assert JobState.COMPLETED is opened(tmp_path).look_up(job).state


# Paper ---------------------------------------------------------------------------------------------------------------


def test_a_second_job_of_the_same_name_is_seen_beside_the_first(tmp_path: Path) -> None:
    for document in (b"first", b"second", b"third"):
        opened(tmp_path).release(created(tmp_path, document=document))
    expected = {"1-1-r1.pdf": b"first", "1-1-r1~2.pdf": b"second", "1-1-r1~3.pdf": b"third"}
    assert expected == paper(tmp_path)


def test_a_record_says_what_the_job_is(tmp_path: Path) -> None:
    job = created(tmp_path)
    opened(tmp_path).release(job)
    record = json.loads((tmp_path / QUEUE / ".jobs" / f"{job.job_id}.json").read_text())
    assert {
        "job_id": 1,
        "job_name": "1-1-r1",
        "state": "released",
        "created_at": "2026-11-21T12:00:00+00:00",
        "sha256": "9c0ffe501feb350e74b8e574b413720a6e61314c9b389abdeb5cbd0f43900ba2",
        "options": dict(ROUTE.options),
    } == record


def test_a_queue_that_was_never_used_is_idle_and_stays_without_a_folder(tmp_path: Path) -> None:
    assert QueueReport("new", "idle", True, (), 0) == opened(tmp_path).queue_report("new")
    assert [] == list(tmp_path.iterdir())


def test_a_queue_lists_its_jobs_once_however_many_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    created(tmp_path)
    printer = opened(tmp_path)
    listings: list[Path] = []

    def counted(listing: Callable[..., Any]) -> Callable[..., Any]:
        def listed(folder: Path, *pattern: str) -> Any:
            listings.append(folder)
            return listing(folder, *pattern)

        return listed

    monkeypatch.setattr(Path, "iterdir", counted(Path.iterdir))
    monkeypatch.setattr(Path, "glob", counted(Path.glob))
    for number in range(20):
        printer.release(printer.create_held(DOCUMENT, f"{number}-1-r1", ROUTE))
    assert 2 == len(listings)


# A disk that refuses -------------------------------------------------------------------------------------------------


def test_a_queue_whose_folder_is_a_file_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / QUEUE).write_bytes(b"")
    job = Job(QUEUE, 1, "1-1-r1", NOON)
    printer = opened(tmp_path)
    for call in (
        lambda: created(tmp_path),
        lambda: printer.release(job),
        lambda: printer.look_up(job),
        lambda: printer.cancel(job),
        lambda: printer.discard_held(QUEUE, "1-1-r1"),
    ):
        with pytest.raises(PrinterUnreachable, match="the folder of queue uk-notes can't be used"):
            call()
    report = QueueReport(QUEUE, "unreachable", accepting=False, reasons=("folder-unusable",), depth=0)
    assert report == printer.queue_report(QUEUE)


def test_a_full_disk_defers_the_note_and_leaves_no_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, os.strerror(28))

    printer = opened(tmp_path)
    printer.create_held(DOCUMENT, "1-1-r1", ROUTE)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(SpoolFull):
            printer.create_held(DOCUMENT, "2-1-r1", ROUTE)
    assert 0 == printer.discard_held(QUEUE, "2-1-r1")


def test_a_queue_name_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    for queue in ("..", ".jobs", "a/b", ""):
        with pytest.raises(ValueError, match="queue name"):
            opened(tmp_path).create_held(DOCUMENT, "1-1-r1", replace(ROUTE, queue=queue))


# Which printer -------------------------------------------------------------------------------------------------------


def test_the_folder_printer_is_the_default(tmp_path: Path) -> None:
    assert isinstance(open_printer(Printing(), tmp_path, lambda: NOON), FolderPrinter)
