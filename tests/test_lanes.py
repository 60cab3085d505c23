"""Which lane a note waits in, and when a lane is open: by routes, decisions and the state of the queues."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from service.lanes import Lanes
from service.ledger.accounts import Account, Drop, Entry, QueueDecision
from service.ledger.ledger import Ledger
from service.model import Route
from tests.builders import NOON, a_shipment
from tests.floor import Line, waiting_for

QUEUES = ("a", "b", "c")
ROUTE = Route("a", backup="b")


@pytest.fixture
def note(tmp_path: Path) -> Account:
    ledger = Ledger(tmp_path / "ledger.db")
    (account,) = ledger.record_drop(Drop("d1", "a" * 64, 1, NOON, NOON), [Entry(1, a_shipment(), "c1")], NOON)
    ledger.close()
    return account


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def lanes(line: Line) -> Lanes:
    return Lanes(line, QUEUES, window=3)  # type: ignore[arg-type]


def where(line: Line) -> list[str]:
    return [stage.removeprefix("print:") for _, _, stage, _ in line.waiting]


def closed(line: Line) -> set[str]:
    return {stage.removeprefix("print:") for stage in line.closed}


def decided(what: str, queue: str, to: str = "", later_s: float = 1) -> QueueDecision:
    return QueueDecision(
        f"{what}-{queue}-{later_s}", what, queue, to, "ops", "because", NOON + timedelta(seconds=later_s)
    )


def test_a_note_waits_for_the_queue_of_its_route(lanes: Lanes, line: Line, note: Account) -> None:
    lanes.put(note, ROUTE)
    assert (["a"], set(), 1) == (where(line), closed(line), waiting_for(lanes, "a"))


def test_what_waits_for_a_queue_that_goes_down_waits_for_its_backup_and_comes_back(
    lanes: Lanes, line: Line, note: Account
) -> None:
    lanes.put(note, ROUTE)
    assert 1 == lanes.set_down("a")
    assert (["b"], {"a"}) == (where(line), closed(line))
    assert 0 == lanes.set_down("a"), "still down"
    assert 1 == lanes.set_up("a")
    assert (["a"], set()) == (where(line), closed(line))


def test_where_both_are_down_a_note_waits_for_its_own_queue_until_one_is_back(
    lanes: Lanes, line: Line, note: Account
) -> None:
    lanes.set_down("b")
    lanes.put(note, ROUTE)
    lanes.set_down("a")
    assert ["a"] == where(line)
    lanes.set_up("b")
    assert ["b"] == where(line)


def test_a_note_without_a_backup_waits(lanes: Lanes, line: Line, note: Account) -> None:
    lanes.set_down("a")
    lanes.put(note, replace(ROUTE, backup=""))
    assert (["a"], {"a"}) == (where(line), closed(line))


def test_a_paused_queue_keeps_its_notes_and_takes_none_of_others(lanes: Lanes, line: Line, note: Account) -> None:
    lanes.follow_decisions([decided("pause", "a"), decided("pause", "b")])
    lanes.put(note, ROUTE)
    lanes.set_down("a")
    assert (["a"], {"a", "b"}) == (where(line), closed(line))
    lanes.set_up("a")
    lanes.follow_decisions([decided("pause", "a"), decided("pause", "b"), decided("resume", "a", later_s=2)])
    assert (["a"], {"b"}) == (where(line), closed(line))


def test_a_move_takes_what_was_received_before_it_and_nothing_later(lanes: Lanes, line: Line, note: Account) -> None:
    lanes.put(note, ROUTE)
    lanes.follow_decisions([decided("move", "a", "c")])
    assert ["c"] == where(line)
    later = replace(note, note_id="later", received_at=NOON + timedelta(seconds=5))
    lanes.put(later, ROUTE)
    assert ["c", "a"] == where(line)


def test_what_was_moved_to_a_queue_that_is_no_more_waits_for_its_own(lanes: Lanes, line: Line, note: Account) -> None:
    lanes.follow_decisions([decided("move", "a", "gone")])
    lanes.put(note, ROUTE)
    assert ["a"] == where(line)


def test_moves_follow_each_other_in_the_order_in_which_they_were_decided(
    lanes: Lanes, line: Line, note: Account
) -> None:
    lanes.follow_decisions([decided("move", "a", "c"), decided("move", "c", "a", later_s=2)])
    lanes.put(note, ROUTE)
    assert ["a"] == where(line)


def test_a_moved_note_has_the_backup_of_its_route(lanes: Lanes, line: Line, note: Account) -> None:
    lanes.follow_decisions([decided("move", "a", "c")])
    lanes.put(note, ROUTE)
    lanes.set_down("c")
    assert ["b"] == where(line)


def test_what_waits_for_a_backup_is_moved_with_all_that_waits_there(lanes: Lanes, line: Line, note: Account) -> None:
    lanes.put(note, ROUTE)
    lanes.set_down("a")
    assert 1 == lanes.follow_decisions([decided("move", "b", "c")])
    assert ["c"] == where(line)


def test_a_note_with_a_job_waits_for_the_queue_of_that_job_whatever_happens(
    lanes: Lanes, line: Line, note: Account
) -> None:
    lanes.put_back(replace(note, queue="a"))
    lanes.set_down("a")
    lanes.follow_decisions([decided("move", "a", "c")])
    assert ["a"] == where(line)


def test_a_lane_is_closed_at_the_window_and_while_its_queue_is_suspected(lanes: Lanes, line: Line) -> None:
    lanes.set_jobs("a", 3)
    lanes.suspect("b")
    assert {"a", "b"} == closed(line)
    lanes.set_jobs("a", 2)
    lanes.set_up("b")
    assert set() == closed(line)


def test_stuck_is_what_waits_for_a_queue_that_was_looked_at_in_vain(lanes: Lanes, note: Account) -> None:
    lanes.put(note, replace(ROUTE, backup=""))
    lanes.set_down("a")
    assert frozenset() == lanes.stuck(probes=2)
    lanes.set_down("a")
    assert frozenset((note.key,)) == lanes.stuck(probes=2)
    lanes.forget(note.key)
    assert frozenset() == lanes.stuck(probes=2)


def test_jobs_in_a_queue_that_is_not_configured_any_more_disturb_nothing(lanes: Lanes, line: Line) -> None:
    lanes.set_jobs("gone", 1)
    lanes.suspect("gone")
    lanes.set_down("gone")
    lanes.set_up("gone")
    assert set() == closed(line)
