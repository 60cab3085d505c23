"""Failover with a real cupsd: what waits goes to the backup, what CUPS has stays unless it surely was not printed.

Each note lies at one printer, once, and the ledger says at which; each change of a queue is said once.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from service.decisions import ask_about_queue, take_answer
from service.ledger.accounts import QueueDecision
from service.model import Shipment
from service.printing.cupsd import Cupsd
from service.printing.ipp import Tag, attribute
from tests.builders import NOON, a_shipment
from tests.cups_lab import CupsLab
from tests.floor import waiting_for
from tests.ipp_printer import IppPrinter
from tests.programs import until
from tests.works import Works, at_work

pytestmark = pytest.mark.cups
FIRST, BACKUP = "uk-notes", "uk-notes-2"


@dataclass
class Site:
    """Two printers, the second one the backup of the first."""

    lab: CupsLab
    first: IppPrinter
    backup: IppPrinter

    def paper(self, queue: str) -> list[str]:
        return [name for name, _ in self.lab.papers(queue)]

    def agrees_with(self, works: Works) -> bool:
        """Every completed note lies once at the printer that the ledger names."""
        said = Counter((note.queue, note.key.job_name) for note in works.floor.ledger.all_notes())
        return said == Counter((queue, name) for queue in (FIRST, BACKUP) for name in self.paper(queue))


@pytest.fixture
def site(cups_lab: CupsLab) -> Site:
    first, backup = cups_lab.add_queue(FIRST), cups_lab.add_queue(BACKUP)
    assert isinstance(first, IppPrinter)
    assert isinstance(backup, IppPrinter)
    return Site(cups_lab, first, backup)


def notes(count: int, first: int = 100) -> list[Shipment]:
    return [a_shipment(order_id=f"{number}") for number in range(first, first + count)]


def wait_for_end(works: Works, count: int) -> None:
    until(lambda: ["completed"] * count == [state for state, _ in works.states().values()], "the end of all notes")


@pytest.mark.parametrize(
    "break_it",
    [
        lambda lab: lab.connection().disablePrinter(FIRST),
        lambda lab: lab.connection().rejectJobs(FIRST),
        lambda lab: lab.connection().deletePrinter(FIRST),
    ],
    ids=["stopped", "rejecting", "deleted"],
)
def test_the_backup_prints_what_a_queue_that_takes_nothing_can_not(
    site: Site, tmp_path: Path, break_it: Callable[[CupsLab], object]
) -> None:
    break_it(site.lab)
    with at_work(tmp_path, site.lab) as works:
        works.print(*notes(6))
        wait_for_end(works, 6)
        assert {BACKUP} == {note.queue for note in works.floor.ledger.all_notes()}
        assert {1} == {note.generation for note in works.floor.ledger.all_notes()}
        assert site.agrees_with(works)
        assert (FIRST,) == works.floor.tracking.queues_down


@pytest.mark.parametrize("forbid", ["by its list of users", "by its policy"])
def test_a_queue_that_takes_nothing_of_ours_is_down_until_it_does(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forbid: str
) -> None:
    run_as(monkeypatch, "slipway")
    if forbid == "by its policy":
        policed(site.lab, FIRST)
    else:
        site.lab.connection().setPrinterUsersDenied(FIRST, ["slipway"])
    with capture_logs() as lines, at_work(tmp_path, site.lab) as works:
        works.print(*notes(4))
        wait_for_end(works, 4)
        assert {BACKUP} == {note.queue for note in works.floor.ledger.all_notes()}
        site.lab.connection().setPrinterUsersAllowed(FIRST, ["all"])
        site.lab.connection().setPrinterOpPolicy(FIRST, "default")
        until(lambda: () == works.floor.tracking.queues_down, "the queue to be back")
        works.print(*notes(1, first=200))
        wait_for_end(works, 5)
        assert ["200-1-r1"] == site.paper(FIRST)
        assert site.agrees_with(works)
    (down,) = (line for line in lines if line["event"] == "queue.down")
    assert ("queue-forbidden", f"CUPS does not let us print to queue {FIRST}") == (down["code"], down["reason"])
    (deferred,) = (line for line in lines if line["event"] == "note.deferred")
    assert "queue-forbidden" == deferred["code"]


@pytest.mark.parametrize("operations", ["Set-Job-Attributes", "Set-Job-Attributes Cancel-Job"])
def test_a_queue_that_lets_nothing_of_ours_go_is_down_until_it_does(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operations: str
) -> None:
    run_as(monkeypatch, "slipway")
    policed(site.lab, FIRST, operations)
    with at_work(tmp_path, site.lab) as works:
        works.print(*notes(4))
        until(lambda: 3 == len(site.paper(BACKUP)), "the others at the backup")
        assert (FIRST,) == works.floor.tracking.queues_down
        site.lab.connection().setPrinterOpPolicy(FIRST, "default")
        wait_for_end(works, 4)
        assert 1 == len(site.paper(FIRST))
        assert site.agrees_with(works)


def run_as(monkeypatch: pytest.MonkeyPatch, user: str) -> None:
    """Print in the name of `user`: root, as which tests may run, may print anywhere."""
    made = Cupsd.__init__

    def make(cupsd: Cupsd, *arguments: Any) -> None:
        made(cupsd, *arguments)
        cupsd._user = attribute(Tag.NAME, "requesting-user-name", user)

    monkeypatch.setattr(Cupsd, "__init__", make)


def policed(lab: CupsLab, queue: str, operations: str = "Create-Job Print-Job") -> None:
    """A queue with a policy that wants a password of whoever prints."""
    policy = f"""
<Policy guarded>
  <Limit {operations}>
    AuthType Basic
    Require valid-user
  </Limit>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""
    with open(lab.home / "etc/cupsd.conf", "a") as config:
        config.write(policy)
    lab.restart_cupsd()
    lab.connection().setPrinterOpPolicy(queue, "guarded")


def test_a_stopped_queue_gives_back_what_it_has_not_begun_and_is_used_again_when_it_goes_on(
    site: Site, tmp_path: Path
) -> None:
    with at_work(tmp_path, site.lab) as works:
        site.lab.connection().disablePrinter(FIRST)
        works.print(*notes(8))
        wait_for_end(works, 8)
        assert {BACKUP} == {note.queue for note in works.floor.ledger.all_notes()}
        site.lab.connection().enablePrinter(FIRST)
        until(lambda: () == works.floor.tracking.queues_down, "the queue to be back")
        works.print(*notes(2, first=200))
        wait_for_end(works, 10)
        assert ["200-1-r1", "201-1-r1"] == site.paper(FIRST)
        assert site.agrees_with(works)


def test_a_printer_that_is_off_keeps_what_cups_has_begun_and_the_rest_prints_at_the_backup(
    site: Site, tmp_path: Path
) -> None:
    site.first.stop()
    with at_work(tmp_path, site.lab, window=2) as works:
        works.print(*notes(6))
        until(lambda: 5 == len(site.paper(BACKUP)), "what waits, at the backup")
        assert [] == site.paper(FIRST)
        site.first.start()
        wait_for_end(works, 6)
        assert site.agrees_with(works)
        assert 1 == len(site.paper(FIRST))


def test_a_printer_out_of_paper_is_down_after_the_patience_and_back_with_paper(site: Site, tmp_path: Path) -> None:
    site.first.prints_in_s, site.first.reasons = 60, ("media-empty-error", "media-needed-error")
    with at_work(tmp_path, site.lab, window=1, patience_s=0.3) as works:
        works.print(*notes(5))
        until(lambda: 4 == len(site.paper(BACKUP)), "what waits, at the backup")
        site.first.put_in_paper()
        wait_for_end(works, 5)
        until(lambda: () == works.floor.tracking.queues_down, "the queue to be back")
        assert site.agrees_with(works)
        assert 1 == len(site.paper(FIRST))


def test_a_printer_that_can_not_be_asked_and_is_off_is_down_after_the_patience_and_back_when_it_prints(
    site: Site, tmp_path: Path
) -> None:
    site.first.stop()
    with at_work(tmp_path, site.lab, not_asked=[FIRST], window=2, patience_s=0.3) as works:
        works.print(*notes(6))
        until(lambda: 5 == len(site.paper(BACKUP)), "what waits, at the backup")
        site.first.start()
        wait_for_end(works, 6)
        until(lambda: () == works.floor.tracking.queues_down, "the queue to be back")
        assert site.agrees_with(works)


def test_each_change_of_a_queue_is_said_once_however_many_notes_it_concerns(site: Site, tmp_path: Path) -> None:
    site.lab.connection().rejectJobs(FIRST)
    with capture_logs() as lines, at_work(tmp_path, site.lab) as works:
        works.print(*notes(10))
        wait_for_end(works, 10)
        site.lab.connection().acceptJobs(FIRST)
        until(lambda: () == works.floor.tracking.queues_down, "the queue to be back")
    words = [(line["event"], line["queue"]) for line in lines if line["event"].startswith("queue.")]
    assert [("queue.down", FIRST), ("queue.back", FIRST)] == words
    assert 1 == sum(line["event"] == "note.deferred" for line in lines)


def test_express_comes_first_and_the_rest_in_the_order_of_arrival_also_after_a_failover(
    site: Site, tmp_path: Path
) -> None:
    for queue in (FIRST, BACKUP):
        site.lab.connection().disablePrinter(queue)
    with at_work(tmp_path, site.lab, window=1) as works:
        works.print(*notes(4))
        works.print(a_shipment(order_id="900", priority="express"))
        tracking = works.floor.tracking
        until(lambda: (2, 0) == (len(tracking.queues_down), tracking.open_jobs), "both to be down, and all taken back")
        site.lab.connection().enablePrinter(BACKUP)
        wait_for_end(works, 5)
    assert ["900-1-r1", "100-1-r1", "101-1-r1", "102-1-r1", "103-1-r1"] == site.paper(BACKUP)


def test_no_more_than_the_window_of_ours_stand_in_a_queue(site: Site, tmp_path: Path) -> None:
    site.first.prints_in_s = 3600.0
    with at_work(tmp_path, site.lab, window=2) as works:
        works.print(*notes(8))
        tracking, lanes = works.floor.tracking, works.floor.rooms.lanes
        until(lambda: (2, 6) == (tracking.open_jobs, waiting_for(lanes, FIRST)), "two in CUPS, the rest in the lane")
        site.first.put_in_paper()
        wait_for_end(works, 8)
    assert [shipment.note_id for shipment in notes(8)] == sorted(site.paper(FIRST))


def test_a_cupsd_that_hangs_puts_everything_off_and_all_prints_once_when_it_goes_on(site: Site, tmp_path: Path) -> None:
    with at_work(tmp_path, site.lab, deadline_s=0.3) as works:
        os.kill(site.lab.cupsd_pid, signal.SIGSTOP)
        works.print(*notes(4))
        until(lambda: FIRST in works.floor.tracking.queues_down, "the queue to be down")
        os.kill(site.lab.cupsd_pid, signal.SIGCONT)
        wait_for_end(works, 4)
        assert site.agrees_with(works)


# A person's decisions ------------------------------------------------------------------------------------------------


def decide(works: Works, what: str, queue: str, to: str = "") -> int:
    """Carry a decision out; how many notes it found waiting."""
    decision = QueueDecision(f"{what}-{queue}", what, queue, to, "ops", "because", NOON)
    ask_about_queue(works.floor.spool, decision)
    works.decisions.carry_out()
    answer = take_answer(works.floor.spool, decision.decision_id)
    assert answer is not None
    assert "" == answer.refused
    return answer.notes


def test_a_paused_queue_keeps_its_notes_across_a_restart_until_it_is_resumed(site: Site, tmp_path: Path) -> None:
    with at_work(tmp_path, site.lab) as works:
        decide(works, "pause", FIRST)
        works.print(*notes(3))
        until(lambda: 3 == waiting_for(works.floor.rooms.lanes, FIRST), "three notes in the lane")
    with at_work(tmp_path, site.lab) as works:
        until(lambda: 3 == waiting_for(works.floor.rooms.lanes, FIRST), "three notes in the lane")
        assert ([], []) == (site.paper(FIRST), site.paper(BACKUP))
        decide(works, "resume", FIRST)
        wait_for_end(works, 3)
        assert 3 == len(site.paper(FIRST))


def test_what_waits_is_moved_to_another_queue_also_across_a_restart(site: Site, tmp_path: Path) -> None:
    with at_work(tmp_path, site.lab) as works:
        decide(works, "pause", FIRST)
        decide(works, "pause", BACKUP)
        works.print(*notes(3))
        until(lambda: 3 == waiting_for(works.floor.rooms.lanes, FIRST), "three notes in the lane")
        assert 3 == decide(works, "move", FIRST, BACKUP)
    with at_work(tmp_path, site.lab) as works:
        decide(works, "resume", BACKUP)
        wait_for_end(works, 3)
        assert ([], 3) == (site.paper(FIRST), len(site.paper(BACKUP)))
        assert site.agrees_with(works)


def test_what_was_moved_and_is_taken_back_from_cups_stays_moved(site: Site, tmp_path: Path) -> None:
    with at_work(tmp_path, site.lab) as works:
        decide(works, "pause", FIRST)
        works.print(*notes(3))
        until(lambda: 3 == waiting_for(works.floor.rooms.lanes, FIRST), "three notes in the lane")
        site.lab.connection().disablePrinter(BACKUP)
        assert 3 == decide(works, "move", FIRST, BACKUP)
        withdrawn, tracking = works.floor.printer.calls, works.floor.tracking
        until(lambda: withdrawn.count("withdraw") >= 3 and not tracking.open_jobs, "three notes taken back")
        site.lab.connection().enablePrinter(BACKUP)
        wait_for_end(works, 3)
        assert ([], 3) == (site.paper(FIRST), len(site.paper(BACKUP)))


@pytest.mark.parametrize(
    ("what", "queue", "to", "refused"),
    [
        ("pause", "nowhere", "", "printers.toml has no queue nowhere"),
        ("move", FIRST, "nowhere", "printers.toml has no queue nowhere"),
        ("move", FIRST, FIRST, "notes for uk-notes are there already"),
        ("burn", FIRST, "", "a queue can't be 'burn'"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(
    site: Site, tmp_path: Path, what: str, queue: str, to: str, refused: str
) -> None:
    works = Works(tmp_path, site.lab)
    ask_about_queue(works.floor.spool, QueueDecision("d1", what, queue, to, "ops", "because", NOON))
    works.decisions.carry_out()
    answer = take_answer(works.floor.spool, "d1")
    assert answer is not None
    assert refused == answer.refused
    assert () == works.floor.ledger.queues.decisions()
    works.floor.ledger.close()
