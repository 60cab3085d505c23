"""What every printer promises: the same cases on the folder printer and on a real cupsd with a printer behind it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pytest

from service.errors import JobUnknown
from service.model import Job, JobReport, JobState, QueueReport, Route
from service.printing.cups_printer import CupsPrinter
from service.printing.folder import FolderPrinter
from service.printing.protocol import Printer
from tests.builders import NOON
from tests.cups_lab import CupsLab
from tests.programs import until

QUEUE = "uk-notes"
ROUTE = Route(QUEUE, sides="two-sided-long-edge", print_color_mode="monochrome")
DOCUMENT = b"%PDF-1.7\n" + bytes(range(256)) * 200
DIGEST = sha256(DOCUMENT).hexdigest()


@dataclass
class Bench:
    """A printer and its paper. `opened` opens the same printer again, as after a crash of ours."""

    printer: Printer
    opened: Callable[[], Printer]
    paper: Callable[[], list[tuple[str, str]]]
    confirmed_by: str

    def printed(self, count: int) -> list[tuple[str, str]]:
        """The paper, as soon as `count` sheets are out."""
        until(lambda: len(self.paper()) >= count, f"sheet {count}")
        return self.paper()

    def finished(self, job: Job) -> JobReport:
        """The last report of a job that was released."""
        until(lambda: not self.printer.look_up(job).state.is_open, "the end of the job")
        return self.printer.look_up(job)

    def says(self, state: JobState, *reasons: str) -> JobReport:
        return JobReport(state, reasons if self.confirmed_by == "cups" else (), self.confirmed_by)


@pytest.fixture(params=["folder", pytest.param("cups", marks=pytest.mark.cups)])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    bench = on_cups(request.getfixturevalue("cups_lab")) if request.param == "cups" else on_folder(tmp_path)
    yield bench
    names = [name for name, _ in bench.paper()]
    assert sorted(set(names)) == sorted(names)  # whatever a case did, no sheet came twice


def on_folder(folder: Path) -> Bench:
    def opened() -> Printer:
        return FolderPrinter(folder, lambda: NOON)

    return Bench(opened(), opened, paper=lambda: collected(folder / QUEUE), confirmed_by="folder")


def on_cups(lab: CupsLab) -> Bench:
    def opened() -> Printer:
        return CupsPrinter(lab.socket, 10, lambda: NOON)

    lab.add_queue(QUEUE)
    return Bench(opened(), opened, paper=lambda: lab.papers(QUEUE), confirmed_by="cups")


def collected(folder: Path) -> list[tuple[str, str]]:
    return [(path.stem, sha256(path.read_bytes()).hexdigest()) for path in sorted(folder.glob("*.pdf"))]


def create(bench: Bench, job_name: str) -> Job:
    return bench.printer.create_held(DOCUMENT, job_name, ROUTE)


# The way of a job ----------------------------------------------------------------------------------------------------


def test_a_held_job_prints_nothing_while_another_one_prints(bench: Bench) -> None:
    held = create(bench, "1-1-r1")
    bench.printer.release(create(bench, "2-1-r1"))
    assert [("2-1-r1", DIGEST)] == bench.printed(1)
    assert JobState.HELD is bench.printer.look_up(held).state


def test_a_released_job_prints_once_and_byte_by_byte(bench: Bench) -> None:
    job = create(bench, "1-1-r1")
    assert Job(QUEUE, job.job_id, "1-1-r1", NOON) == job
    bench.printer.release(job)
    assert [("1-1-r1", DIGEST)] == bench.printed(1)
    assert JobState.COMPLETED is bench.finished(job).state
    assert bench.confirmed_by == bench.finished(job).confirmed_by


def test_releasing_twice_prints_once(bench: Bench) -> None:
    job = create(bench, "1-1-r1")
    bench.printer.release(job)
    bench.printer.release(job)
    bench.finished(job)
    bench.printer.release(job)
    last = create(bench, "2-1-r1")
    bench.printer.release(last)
    assert [("1-1-r1", DIGEST), ("2-1-r1", DIGEST)] == bench.printed(2)


def test_each_step_can_be_looked_up(bench: Bench) -> None:
    job = create(bench, "1-1-r1")
    assert bench.says(JobState.HELD, "job-hold-until-specified") == bench.printer.look_up(job)
    bench.printer.release(job)
    assert JobState.COMPLETED is bench.finished(job).state
    other = create(bench, "2-1-r1")
    bench.printer.cancel(other)
    assert JobState.CANCELED is bench.printer.look_up(other).state


def test_cancelling_what_is_printed_or_cancelled_or_unknown_changes_nothing(bench: Bench) -> None:
    printed, cancelled = create(bench, "1-1-r1"), create(bench, "2-1-r1")
    bench.printer.release(printed)
    bench.finished(printed)
    for job in (printed, cancelled, cancelled, replace(printed, job_id=999)):
        bench.printer.cancel(job)
    states = [bench.printer.look_up(job).state for job in (printed, cancelled)]
    assert [JobState.COMPLETED, JobState.CANCELED] == states


def test_a_cancelled_job_does_not_print_when_it_is_released(bench: Bench) -> None:
    job = create(bench, "1-1-r1")
    bench.printer.cancel(job)
    bench.printer.release(job)
    bench.printer.release(create(bench, "2-1-r1"))
    assert [("2-1-r1", DIGEST)] == bench.printed(1)


def test_job_ids_increase_also_after_a_restart(bench: Bench) -> None:
    first, second = create(bench, "1-1-r1"), create(bench, "2-1-r1")
    third = bench.opened().create_held(DOCUMENT, "3-1-r1", ROUTE)
    assert first.job_id < second.job_id < third.job_id


# Jobs that are not there ---------------------------------------------------------------------------------------------


def test_an_id_of_another_name_or_queue_or_of_nobody_is_unknown(bench: Bench) -> None:
    job = create(bench, "1-1-r1")
    strangers = [replace(job, job_name="2-1-r1"), replace(job, job_id=999), replace(job, queue="elsewhere")]
    reports = [bench.printer.look_up(stranger) for stranger in strangers]
    assert [bench.says(JobState.UNKNOWN)] * 3 == reports


def test_a_job_of_another_name_is_neither_released_nor_cancelled(bench: Bench) -> None:
    job = create(bench, "1-1-r1")
    stranger = replace(job, job_name="2-1-r1")
    bench.printer.cancel(stranger)
    with pytest.raises(JobUnknown):
        bench.printer.release(stranger)
    assert JobState.HELD is bench.printer.look_up(job).state


def test_a_name_that_is_no_plain_word_never_reaches_the_printer(bench: Bench) -> None:
    for name in ("", ".hidden", "../up", "a b", "ä", "a" * 300):
        with pytest.raises(ValueError, match="job name"):
            create(bench, name)


# After a crash of ours -----------------------------------------------------------------------------------------------


def test_a_job_created_before_a_crash_is_released_after_it(bench: Bench) -> None:
    job = create(bench, "1-1-r1")
    bench.opened().release(job)
    assert [("1-1-r1", DIGEST)] == bench.printed(1)


def test_a_held_orphan_is_found_by_its_name_and_discarded(bench: Bench) -> None:
    orphan, other = create(bench, "1-1-r1"), create(bench, "11-1-r1")
    after = bench.opened()
    assert 1 == after.discard_held(QUEUE, "1-1-r1")
    assert 0 == after.discard_held(QUEUE, "1-1-r1")
    assert [JobState.CANCELED, JobState.HELD] == [after.look_up(job).state for job in (orphan, other)]


def test_what_is_printed_is_no_orphan(bench: Bench) -> None:
    job = create(bench, "1-1-r1")
    bench.printer.release(job)
    bench.finished(job)
    assert 0 == bench.printer.discard_held(QUEUE, "1-1-r1")


def test_discarding_in_a_queue_that_never_had_a_job_finds_nothing(bench: Bench) -> None:
    assert 0 == bench.printer.discard_held("never-used", "1-1-r1")


# Queues --------------------------------------------------------------------------------------------------------------


def test_a_queue_reports_its_held_jobs_as_depth(bench: Bench) -> None:
    create(bench, "1-1-r1")
    create(bench, "2-1-r1")
    assert QueueReport(QUEUE, "idle", accepting=True, reasons=(), depth=2) == bench.printer.queue_report(QUEUE)


# Many at once --------------------------------------------------------------------------------------------------------


def test_four_threads_print_a_hundred_jobs_once_each(bench: Bench) -> None:
    names = [f"{number:03d}-1-r1" for number in range(100)]

    def print_quarter(part: int) -> None:
        for name in names[part::4]:
            bench.printer.release(create(bench, name))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(print_quarter, range(4)))
    assert [(name, DIGEST) for name in names] == sorted(bench.printed(100))
