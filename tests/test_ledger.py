"""The ledger: what it keeps, what it refuses to change twice, and what a second process sees."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite

from service.errors import JobUnknown, LedgerUnusable, QueueMissing
from service.ledger import statements
from service.ledger.accounts import (
    Account,
    Decision,
    Drop,
    Entry,
    Found,
    NoteKey,
    QueueDecision,
    QueueDown,
    Scan,
    Unfinished,
    WantedRow,
)
from service.ledger.ledger import Ledger
from service.model import Job, RenderedNote, WantedPicture
from tests.builders import NOON, a_shipment

KEY = NoteKey("509217-1-r1", 1)
NOTE = RenderedNote(b"%PDF-", "5" * 64, 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    opened = Ledger(path)
    yield opened
    opened.close()


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def a_drop(drop_id: str = "d1") -> Drop:
    return Drop(drop_id, "a" * 64, 1234, after(-1), NOON)


def record(ledger: Ledger, drop_id: str = "d1", content: str = "c1") -> tuple[Account, ...]:
    return ledger.record_drop(a_drop(drop_id), [Entry(1, a_shipment(), content)], NOON)


def submit(ledger: Ledger, key: NoteKey = KEY) -> Job:
    """Take a received note to the point where its job is noted."""
    moments = {"planned": after(1), "rendered": after(2), "submitting": after(3)}
    assert ledger.intend(key, NOTE, "uk-notes", moments)
    job = Job("uk-notes", 17, key.job_name, after(3))
    assert ledger.note_job(key, job)
    return job


def test_a_recorded_note_is_received_and_owed(ledger: Ledger) -> None:
    (account,) = record(ledger)
    assert ("509217-1-r1", 1, "received", "d1", 1) == (
        account.note_id,
        account.generation,
        account.state,
        account.drop_id,
        account.position,
    )
    assert [account] == list(ledger.open_notes())


def test_notes_that_wait_are_counted_by_what_routes_them(ledger: Ledger) -> None:
    shipments = [a_shipment(order_id=number, language=language) for number, language in (("1", "fr"), ("2", "fr"))]
    entries = [Entry(position, shipment, str(position)) for position, shipment in enumerate(shipments, 1)]
    ledger.record_drop(a_drop(), entries, NOON)
    assert (Unfinished("received", "", False, "uk", "fr", "final", 0, 2, after(-1)),) == ledger.unfinished()


def test_notes_that_wait_are_counted_apart_if_people_moved_notes_since_the_first_of_them(ledger: Ledger) -> None:
    record_order(ledger, "1")
    ledger.queues.decide(QueueDecision("m1", "move", "a", "b", "ops", "because", after(1)))
    ledger.queues.decide(QueueDecision("p1", "pause", "a", "", "ops", "because", after(2)))
    record_order(ledger, "2", after(3))
    assert [(0, 1), (1, 1)] == sorted((each.moves, each.notes) for each in ledger.unfinished())


def test_the_last_completion_of_each_queue_is_known(ledger: Ledger) -> None:
    record(ledger)
    assert {} == ledger.queues.last_completed()
    submit(ledger)
    ledger.accept(KEY, after(4))
    ledger.complete(KEY, after(5), "printer")
    assert {"uk-notes": after(5)} == ledger.queues.last_completed()
    assert () == ledger.unfinished()


def test_a_queue_is_down_since_it_was_found_so_first_until_it_is_back(ledger: Ledger) -> None:
    missing = QueueMissing("there is no queue uk-notes")
    ledger.queues.note_down("uk-notes", after(1), missing)
    ledger.queues.note_down("uk-notes", after(2), missing)
    down = QueueDown("uk-notes", after(1), "queue-missing", "there is no queue uk-notes")
    assert (down,) == ledger.queues.down()
    ledger.queues.note_back("uk-notes")
    assert () == ledger.queues.down()


def test_recording_a_drop_again_changes_nothing(ledger: Ledger) -> None:
    first = record(ledger)
    assert first == record(ledger)
    assert {"received": 1} == ledger.count_by_state()


def test_the_same_content_in_another_file_is_the_same_note(ledger: Ledger) -> None:
    record(ledger)
    assert record(ledger, "d2") == record(ledger, "d1")
    assert ("d1", "d2") == tuple(sorted(ledger.drops_of(KEY)))
    assert {"received": 1} == ledger.count_by_state()


def test_other_content_under_the_same_note_id_is_held_as_order_changed(ledger: Ledger) -> None:
    record(ledger)
    (changed,) = record(ledger, "d2", "c2")
    assert (2, "held", "order-changed") == (changed.generation, changed.state, changed.code)
    assert (changed,) == record(ledger, "d3", "c2"), "the changed content again is the held generation again"


def test_a_note_walks_from_received_to_completed(ledger: Ledger) -> None:
    record(ledger)
    job = submit(ledger)
    assert ledger.accept(KEY, after(4))
    assert ledger.complete(KEY, after(5), "cups")
    account = ledger.account(KEY)
    assert account is not None
    assert job == account.job
    assert ("completed", "cups", 2) == (account.state, account.confirmed_by, account.pages)
    assert ["received", "planned", "rendered", "submitting", "accepted", "completed"] == list(account.times)
    assert ["received", "submitting", "accepted", "completed"] == [event.state for event in ledger.history(KEY)]


def test_every_step_is_taken_once(ledger: Ledger) -> None:
    record(ledger)
    submit(ledger)
    assert ledger.accept(KEY, after(4))
    assert not ledger.accept(KEY, after(5))
    assert ledger.complete(KEY, after(6), "folder")
    assert not ledger.complete(KEY, after(7), "folder")
    assert not ledger.hold(KEY, after(8), JobUnknown("too late"))
    assert not ledger.intend(KEY, NOTE, "uk-notes", {"submitting": after(9)})


def test_an_intent_forgets_the_job_of_an_earlier_try(ledger: Ledger) -> None:
    record(ledger)
    submit(ledger)
    ledger.defer(KEY, after(4), QueueMissing("there is no queue uk-notes"))
    account = ledger.account(KEY)
    assert account is not None
    assert account.job is not None
    assert ledger.intend(KEY, NOTE, "uk-notes", {"submitting": after(9)})
    again = ledger.account(KEY)
    assert again is not None
    assert again.job is None


def test_a_deferred_note_remembers_since_when_and_how_often(ledger: Ledger) -> None:
    record(ledger)
    missing = QueueMissing("there is no queue uk-notes")
    ledger.defer(KEY, after(4), missing)
    ledger.intend(KEY, NOTE, "uk-notes", {"submitting": after(5)})
    ledger.defer(KEY, after(9), missing)
    account = ledger.account(KEY)
    assert account is not None
    assert ("deferred", "queue-missing", 2, after(4)) == (
        account.state,
        account.code,
        account.attempts,
        account.deferred_at,
    )


def test_an_accepted_note_no_longer_says_why_it_was_deferred(ledger: Ledger) -> None:
    record(ledger)
    ledger.defer(KEY, after(4), QueueMissing("there is no queue uk-notes"))
    submit(ledger)
    ledger.accept(KEY, after(8))
    account = ledger.account(KEY)
    assert account is not None
    assert ("accepted", "", "") == (account.state, account.code, account.reason)


def test_a_note_that_a_printer_has_had_begins_anew_with_its_tries(ledger: Ledger) -> None:
    record(ledger)
    ledger.defer(KEY, after(1), QueueMissing("there is no queue uk-notes"))
    submit(ledger)
    ledger.accept(KEY, after(4))
    account = ledger.account(KEY)
    assert account is not None
    assert 0 == account.attempts


def test_the_intent_to_take_a_note_back_is_kept_until_it_is_accepted_again(ledger: Ledger) -> None:
    record(ledger)
    assert not ledger.intend_to_take_back(KEY, after(3)), "it is not accepted yet"
    submit(ledger)
    ledger.accept(KEY, after(4))
    assert ledger.intend_to_take_back(KEY, after(5))
    moments = []
    for step in (lambda: ledger.take_back(KEY, after(6)), lambda: submit(ledger), lambda: ledger.accept(KEY, after(9))):
        step()
        account = ledger.account(KEY)
        assert account is not None
        moments.append((account.state, account.taken_back_at))
    assert [("received", after(5)), ("submitting", after(5)), ("accepted", None)] == moments


def test_a_note_that_is_taken_back_was_received_when_it_came(ledger: Ledger) -> None:
    record(ledger)
    submit(ledger)
    ledger.accept(KEY, after(4))
    assert ledger.take_back(KEY, after(60))
    account = ledger.account(KEY)
    assert account is not None
    assert ("received", NOON, None) == (account.state, account.received_at, account.job)
    assert after(60) == ledger.history(KEY)[-1].at


def test_a_released_note_was_received_when_it_came(ledger: Ledger) -> None:
    record(ledger)
    ledger.hold(KEY, after(4), QueueMissing("no queue"))
    ledger.decide(KEY, Decision("d1", "release", "ops", "mended"), after(60))
    account = ledger.account(KEY)
    assert account is not None
    assert ("received", NOON) == (account.state, account.received_at)


@pytest.mark.parametrize(
    ("what", "state", "received_at"), [("release", "held", NOON), ("reprint", "completed", after(60))]
)
def test_a_further_sheet_in_place_of_a_note_was_received_with_it_and_one_beside_it_was_not(
    ledger: Ledger, what: str, state: str, received_at: datetime
) -> None:
    record(ledger)
    submit(ledger)
    ledger.accept(KEY, after(4))
    if state == "held":
        ledger.hold(KEY, after(5), JobUnknown("gone"), expected=("accepted",))
    else:
        ledger.complete(KEY, after(5), "printer")
    again = ledger.account(ledger.decide(KEY, Decision("d1", what, "ops", "because"), after(60)))
    assert again is not None
    assert (2, "received", received_at) == (again.generation, again.state, again.received_at)


def test_open_notes_come_in_the_order_of_arrival(ledger: Ledger) -> None:
    late = replace(a_drop("late"), arrived_at=after(10))
    early = replace(a_drop("early"), arrived_at=after(5))
    ledger.record_drop(late, [Entry(1, a_shipment(order_id="3"), "x")], NOON)
    ledger.record_drop(early, [Entry(1, a_shipment(order_id="1"), "y"), Entry(2, a_shipment(order_id="2"), "z")], NOON)
    assert ["1", "2", "3"] == [account.order_id for account in ledger.open_notes()]


def test_what_was_answered_is_there_after_a_kill(path: Path, ledger: Ledger) -> None:
    record(ledger)
    submit(ledger)
    copy = path.with_name("after-the-kill.db")
    for suffix in ("", "-wal"):
        Path(f"{copy}{suffix}").write_bytes(Path(f"{path}{suffix}").read_bytes())
    reopened = Ledger(copy)
    account = reopened.account(KEY)
    reopened.close()
    assert account is not None
    assert ("submitting", 17) == (account.state, account.job_id)


def test_commits_are_on_disk_before_they_are_answered(path: Path, ledger: Ledger) -> None:
    record(ledger)
    with sqlite3.connect(path) as connection:
        assert ("wal",) == connection.execute("pragma journal_mode").fetchone()
    connection.close()
    assert ledger._writer is not None
    with ledger._writer._engine.connect() as ours:
        assert 2 == ours.exec_driver_sql("pragma synchronous").scalar(), "FULL"


def test_a_reader_sees_the_account_while_the_service_writes(path: Path, ledger: Ledger) -> None:
    record(ledger)
    reader = Ledger(path, read_only=True)
    assert ["509217-1-r1"] == [account.note_id for account in reader.find("509217")]
    reader.close()


def test_many_threads_write_at_once_and_each_gets_its_answer(ledger: Ledger) -> None:
    def write(number: int) -> None:
        key = NoteKey(f"{number}-1-r1", 1)
        entry = Entry(1, a_shipment(order_id=str(number)), f"c{number}")
        ledger.record_drop(a_drop(f"d{number}"), [entry], NOON)
        assert ledger.intend(key, NOTE, "uk-notes", {"submitting": NOON})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {"submitting": 40} == ledger.count_by_state()


def test_one_failing_change_does_not_take_its_neighbours_with_it(ledger: Ledger) -> None:
    assert ledger._writer is not None
    gate = threading.Event()
    answers: list[object] = []

    def run(change: object) -> None:
        try:
            answers.append(ledger._writer.write(change))  # type: ignore[union-attr, arg-type]
        except ZeroDivisionError:
            answers.append("failed")

    changes = [lambda _: gate.wait(10), lambda _: 1 / 0, lambda _: "done"]
    threads = [threading.Thread(target=run, args=(change,)) for change in changes]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(10)
    assert {"failed", "done", "True"} == {str(answer) for answer in answers}


def test_a_broken_ledger_stops_the_service_with_a_reason(path: Path) -> None:
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(LedgerUnusable, match="can't be written: file is not a database"):
        Ledger(path)


def test_a_ledger_of_another_version_is_not_touched(path: Path, ledger: Ledger) -> None:
    ledger.close()
    with sqlite3.connect(path) as connection:
        connection.execute("update meta set version = 99")
    connection.close()
    with pytest.raises(LedgerUnusable, match="version 99"):
        Ledger(path)


def test_states_since_names_only_what_moved(ledger: Ledger) -> None:
    record(ledger)
    last = ledger.last_event()
    assert () == ledger.states_since(last)
    submit(ledger)
    assert ("submitting",) == ledger.states_since(last)


# Wanted pictures -----------------------------------------------------------------------------------------------------


def a_wanting_note(*wanted: WantedPicture) -> RenderedNote:
    return replace(NOTE, wanted=wanted)


BOWL = WantedPicture("amber-home", "AH-1", "165x165")
LAMP = WantedPicture("amber-home", "AH-2", "165x165")


def record_order(ledger: Ledger, order_id: str, at: datetime = NOON) -> NoteKey:
    shipment = replace(a_shipment(), order=replace(a_shipment().order, order_id=order_id))
    (account,) = ledger.record_drop(a_drop(order_id), [Entry(1, shipment, order_id)], at)
    return account.key


def test_what_notes_had_to_do_without_is_counted_the_most_wanted_first(ledger: Ledger) -> None:
    for order_id, wanted in (("1", (LAMP,)), ("2", (BOWL, LAMP)), ("3", ())):
        ledger.intend(record_order(ledger, order_id), a_wanting_note(*wanted), "uk-notes", {"submitting": after(3)})
    assert (
        WantedRow("amber-home", "AH-2", "165x165", 2, after(3)),
        WantedRow("amber-home", "AH-1", "165x165", 1, after(3)),
    ) == ledger.wanted_pictures(1000)


def test_a_note_that_is_tried_again_wants_what_its_last_try_wanted(ledger: Ledger) -> None:
    key = record_order(ledger, "1")
    for wanted in ((BOWL, LAMP), (LAMP,)):
        assert ledger.intend(key, a_wanting_note(*wanted), "uk-notes", {"submitting": after(3)})
    assert [("AH-2", 1)] == [(row.picture, row.notes) for row in ledger.wanted_pictures(1000)]


def test_only_the_newest_notes_are_asked(ledger: Ledger) -> None:
    old, new = record_order(ledger, "1"), record_order(ledger, "2")
    for key, wanted in ((old, BOWL), (new, LAMP)):
        ledger.intend(key, a_wanting_note(wanted), "uk-notes", {"submitting": after(3)})
    assert 1 == len(ledger.wanted_pictures(1))


def as_version_2(connection: sqlite3.Connection) -> None:
    connection.execute("drop table scans")
    connection.execute("drop table queues_down")
    for index in ("unpacked", "customer", "objector"):
        connection.execute(f"drop index ix_notes_{index}")
    for column in ("packed_at", "taken_back_at", "customer", "objector"):
        connection.execute(f"alter table notes drop column {column}")
    connection.execute("update meta set version = 2")


def test_a_ledger_of_the_version_before_is_brought_up_to_date(path: Path, ledger: Ledger) -> None:
    (account,) = record(ledger)
    ledger.close()
    with sqlite3.connect(path) as connection:
        connection.execute("drop table wanted_pictures")
        as_version_2(connection)
        connection.execute("update meta set version = 1")
    connection.close()
    opened = Ledger(path)
    assert account == opened.account(KEY)
    assert opened.intend(KEY, a_wanting_note(BOWL), "uk-notes", {"submitting": after(3)})
    assert 1 == len(opened.wanted_pictures(10))
    opened.close()


def test_a_ledger_that_knows_no_packing_learns_it(path: Path, ledger: Ledger) -> None:
    key = completed(ledger, "1", after(5))
    ledger.close()
    with sqlite3.connect(path) as connection:
        as_version_2(connection)
    connection.close()
    with pytest.raises(LedgerUnusable, match="is of version 2, this program knows 3"):
        Ledger(path, read_only=True)
    opened = Ledger(path)
    assert Found("packed", key.job_name, "completed") == opened.scan(Scan("s1", key, after(9), "bench-3"))
    account = opened.account(key)
    assert account is not None
    assert after(9) == account.packed_at == account.times["packed"]
    opened.close()


def completed(ledger: Ledger, order_id: str, at: datetime, *, generation: int = 1) -> NoteKey:
    """A completed sheet of an order; its further generations are reprints."""
    if generation == 1:
        ledger.record_drop(a_drop(f"d{order_id}"), [Entry(1, a_shipment(order_id=order_id), order_id)], NOON)
        key = NoteKey(f"{order_id}-1-r1", 1)
    else:
        reprint = Decision(f"{order_id}.{generation}", "reprint", "ops", "lost")
        key = ledger.decide(NoteKey(f"{order_id}-1-r1", generation - 1), reprint, at)
    submit(ledger, key)
    ledger.accept(key, at)
    ledger.complete(key, at, "printer")
    return key


def test_a_scan_packs_once_and_every_further_one_is_kept(ledger: Ledger) -> None:
    key = completed(ledger, "1", after(5))
    assert Found("packed", "1-1-r1", "completed") == ledger.look_at(key)
    assert Found("packed", "1-1-r1", "completed") == ledger.scan(Scan("s1", key, after(9), "bench-3"))
    assert ledger.scan(Scan("s1", key, after(9), "bench-3")) is None, "the same scan, found again after a crash"
    again = Found("scanned-again", "1-1-r1", "completed", after(9), "bench-3")
    assert again == ledger.scan(Scan("s2", key, after(10), "bench-4"))
    steps = [(step.at, step.state, step.code, step.who) for step in ledger.scans_of(key)]
    assert [(after(9), "packed", "", "bench-3"), (after(10), "scanned", "scanned-again", "bench-4")] == steps


def test_a_scan_of_an_unknown_note_leaves_nothing(ledger: Ledger) -> None:
    key = NoteKey("1-1-r1", 1)
    assert Found("unknown") == ledger.scan(Scan("s1", key, NOON, "bench-3"))
    assert () == ledger.scans_of(key)


def test_a_scan_that_warns_packs_nothing(ledger: Ledger) -> None:
    key = completed(ledger, "1", after(5))
    newer = completed(ledger, "1", after(6), generation=2)
    assert Found("outdated", "1-1-r1.g2", "completed") == ledger.scan(Scan("s1", key, after(9), "bench-3"))
    assert ["scanned"] == [step.state for step in ledger.scans_of(key)]
    assert Found("packed", "1-1-r1.g2", "completed") == ledger.scan(Scan("s2", newer, after(10), "bench-3"))
    account = ledger.account(key)
    assert account and account.packed_at is None


def test_what_was_completed_and_never_packed_is_listed_oldest_first(ledger: Ledger) -> None:
    late, early = completed(ledger, "1", after(8)), completed(ledger, "2", after(5))
    packed = completed(ledger, "3", after(6))
    ledger.scan(Scan("s1", packed, after(9), "bench-3"))
    record(ledger)
    assert [early, late] == [account.key for account in ledger.unpacked()]
    assert 2 == ledger.count_unpacked()


def test_a_sheet_that_a_newer_one_replaces_is_nobodys_concern(ledger: Ledger) -> None:
    first = completed(ledger, "1", after(5))
    ledger.decide(first, Decision("r1", "reprint", "ops", "lost"), after(6))
    assert [first] == [account.key for account in ledger.unpacked()], "while the newer one is on its way"
    second = completed(ledger, "2", after(5)), completed(ledger, "2", after(6), generation=2)
    assert [first, second[1]] == [account.key for account in ledger.unpacked()]


def test_finding_what_was_never_packed_takes_an_index_of_its_own(path: Path, ledger: Ledger) -> None:
    """However many notes were packed, only the others are read."""
    statement = str(statements.UNPACKED.compile(dialect=sqlite.dialect()))
    with sqlite3.connect(path) as connection:
        plan = " ".join(row[3] for row in connection.execute(f"explain query plan {statement}"))
    connection.close()
    assert "ix_notes_unpacked" in plan
    assert "USE TEMP B-TREE" not in plan


def test_threads_ask_at_the_same_time_and_see_what_was_written(ledger: Ledger) -> None:
    record(ledger)
    with ThreadPoolExecutor(4) as threads:
        together = threading.Barrier(4)
        before = [threads.submit(lambda: (together.wait(10), ledger.account(KEY))[1]) for _ in range(4)]
        assert ["received"] * 4 == [account.state for each in before if (account := each.result())]
        submit(ledger)
        after_it = [threads.submit(lambda: (together.wait(10), ledger.account(KEY))[1]) for _ in range(4)]
        assert ["submitting"] * 4 == [account.state for each in after_it if (account := each.result())]
