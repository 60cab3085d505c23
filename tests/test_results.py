"""The report of results: every note counted once, and how long each stage took."""

from datetime import timedelta
from pathlib import Path

from service.ledger.accounts import Account, Drop, Entry
from service.ledger.ledger import Ledger
from service.model import Job, RenderedNote
from service.results.report import Share, StageTime, results_of
from tests.builders import NOON, a_shipment


def accounts(path: Path, count: int) -> list[Account]:
    """`count` notes, each accepted 10 ms after its intent; the first one is completed too."""
    ledger = Ledger(path)
    for number in range(count):
        entry = Entry(1, a_shipment(order_id=str(number)), f"c{number}")
        (account,) = ledger.record_drop(Drop(f"d{number}", "a" * 64, 1, NOON, NOON), [entry], NOON)
        ledger.intend(account.key, RenderedNote(b"", "5" * 64, 1), "uk-notes", {"submitting": NOON})
        ledger.note_job(account.key, Job("uk-notes", number + 1, account.key.job_name, NOON))
        ledger.accept(account.key, NOON + timedelta(milliseconds=10))
        if number == 0:
            ledger.complete(account.key, NOON + timedelta(milliseconds=30), "folder")
    found = list(ledger.all_notes())
    ledger.close()
    return found


def test_notes_are_counted_by_site_language_kind_and_state(tmp_path: Path) -> None:
    results = results_of(accounts(tmp_path / "ledger.db", 3))
    assert (Share("uk", "en", "final", (("accepted", 2), ("completed", 1))),) == results.shares


def test_stage_times_are_between_two_states_that_were_reached(tmp_path: Path) -> None:
    results = results_of(accounts(tmp_path / "ledger.db", 3))
    assert StageTime("submitting", "accepted", 3, 10.0, 10.0) in results.stages
    assert StageTime("accepted", "completed", 1, 20.0, 20.0) in results.stages


def test_an_empty_ledger_has_an_empty_report() -> None:
    results = results_of([])
    assert ((), ()) == (results.shares, results.stages)
