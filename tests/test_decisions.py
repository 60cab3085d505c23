"""A person's decisions: who may let a note print, end it, or have it again, and what the ledger keeps of that."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from service.clock import utc_now
from service.decisions import Decisions, ask, take_answer
from service.errors import OutcomeUnknown
from service.intake.asked import put_asked
from service.ledger.accounts import Decision, NoteKey
from service.receipt import receipt_of
from tests.builders import a_line, a_shipment
from tests.floor import Floor, account_of
from tests.shop import Shop, order_file

KEY = NoteKey("509217-1-r1", 1)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "spool")


@pytest.fixture
def changed(shop: Shop) -> Shop:
    """A shop where note 509217-1-r1 is printed, and changed content of it is held."""
    shop.drop_shipment(a_shipment())
    shop.slipway("run", "--once")
    shop.drop("again.json", order_file(a_shipment(lines=(a_line(quantity=1, quantity_ordered=1),))))
    assert 1 == shop.slipway("run", "--once").returncode
    return shop


def test_a_released_change_prints_as_a_marked_further_sheet(changed: Shop) -> None:
    answer = changed.slipway("release", "509217-1-r1.g2", "--reason", "the shop confirmed")
    assert "will be released when the service runs again" in answer.stdout
    assert 0 == changed.slipway("run", "--once").returncode
    assert {"509217-1-r1", "509217-1-r1.g2"} == {name for _, name in changed.sheets()}
    assert ["completed"] == [note["state"] for note in changed.receipt("again.json")["notes"]]


def test_a_cancelled_change_never_prints(changed: Shop) -> None:
    changed.slipway("cancel", "509217-1-r1.g2", "--reason", "sent by mistake")
    assert 0 == changed.slipway("run", "--once").returncode
    assert {"509217-1-r1"} == {name for _, name in changed.sheets()}
    assert "cancelled" == changed.receipt("again.json")["state"]


def test_a_reprint_is_a_new_generation_with_who_and_why(shop: Shop) -> None:
    shop.drop_shipment(a_shipment())
    shop.slipway("run", "--once")
    shop.slipway("reprint", "509217", "--reason", "damaged")
    assert 0 == shop.slipway("run", "--once").returncode
    assert Counter({("uk-notes", "509217-1-r1"): 1, ("uk-notes", "509217-1-r1.g2"): 1}) == shop.sheets()
    story = shop.slipway("status", "509217-1-r1").stdout
    assert "damaged" in story
    assert [1, 2] == [note["generation"] for note in shop.receipt("order-509217-1-r1.json")["notes"]]


def test_a_running_service_answers_at_once(shop: Shop) -> None:
    shop.spool.mkdir()
    order = shop.spool / "order.json"
    order.write_bytes(order_file(a_shipment()))
    with shop.service():
        assert 0 == shop.slipway("submit", "--wait", str(order)).returncode
        answer = shop.slipway("reprint", "509217-1-r1", "--reason", "lost", "--json")
        assert {"note": "509217-1-r1.g2", "decision": "reprint-by-hand"} == json.loads(answer.stdout)
        refused = shop.slipway("release", "509217-1-r1", "--reason", "why not")
        assert 1 == refused.returncode
        assert "decision-refused" in refused.stderr


def test_a_decision_about_an_unknown_note_is_refused(shop: Shop) -> None:
    shop.drop_shipment(a_shipment())
    shop.slipway("run", "--once")
    answer = shop.slipway("cancel", "999", "--reason", "x")
    assert 1 == answer.returncode
    assert "there is no note 999" in answer.stderr


def decide(floor: Floor, what: str) -> str:
    """Carry a decision out on a floor; the note that goes on, or why it was refused."""
    ask(floor.spool, KEY, Decision("d1", what, "ops", "because"))

    def owe(key: NoteKey) -> None:
        account = floor.ledger.account(key)
        assert account is not None
        floor.pipeline.owe(account)

    Decisions(floor.spool, floor.ledger, floor.printer, floor.tracking.take_back, utc_now).carry_out(owe)
    floor.line.work_off()
    answer = take_answer(floor.spool, "d1")
    assert answer is not None
    return answer.note or answer.refused


@pytest.fixture
def put_off(tmp_path: Path) -> Floor:
    """A note whose job stands held at its printer, while the note itself is put off: the release went wrong."""
    Shop(tmp_path).drop_shipment(a_shipment())
    floor = Floor(tmp_path, {"before release": OutcomeUnknown("broke")})
    for claim in floor.rooms.hot_folder.claims():
        floor.pipeline.receive(claim)
    floor.line.work_off()
    assert "deferred" == account_of(tmp_path).state
    return floor


def test_a_cancelled_notes_job_is_cancelled_at_the_printer_too(put_off: Floor) -> None:
    assert "509217-1-r1" == decide(put_off, "cancel")
    assert "cancelled" == account_of(put_off.root).state
    put_off.line.let_time_pass()
    put_off.line.work_off()
    assert "cancel" in put_off.printer.calls
    assert [] == put_off.sheets
    assert [] == list(put_off.spool.printers.rglob("held/*.pdf"))


def test_a_note_with_a_job_can_not_be_parked_as_if_it_had_none(put_off: Floor) -> None:
    assert "can't be held" in decide(put_off, "hold")


def test_a_released_note_that_had_a_job_goes_on_as_a_marked_sheet_and_its_old_job_never_prints(put_off: Floor) -> None:
    put_off.ledger.hold(KEY, utc_now(), OutcomeUnknown("broke for good"))
    assert "509217-1-r1.g2" == decide(put_off, "release")
    assert ["509217-1-r1.g2.pdf"] == put_off.sheets


def test_a_file_is_at_its_end_when_the_sheet_is_that_goes_on_for_a_cancelled_note(put_off: Floor) -> None:
    put_off.ledger.hold(KEY, utc_now(), OutcomeUnknown("broke for good"))
    decide(put_off, "release")
    accounts = put_off.ledger.notes_of(account_of(put_off.root).drop_id)
    drop = put_off.ledger.drop(accounts[0].drop_id)
    assert drop is not None
    assert "accepted" == receipt_of(drop, "order.json", accounts, ())["state"]
    put_off.ledger.complete(NoteKey(KEY.note_id, 2), utc_now(), "printer")
    receipt = receipt_of(drop, "order.json", put_off.ledger.notes_of(drop.drop_id), ())
    assert "completed" == receipt["state"]
    assert [(1, "cancelled"), (2, "completed")] == [(note["generation"], note["state"]) for note in receipt["notes"]]


def test_a_decision_is_refused_while_the_printer_can_not_be_asked(put_off: Floor) -> None:
    put_off.script["before look_up"] = OutcomeUnknown("no answer")
    assert "no answer" in decide(put_off, "cancel")
    assert "deferred" == account_of(put_off.root).state


def test_a_decision_is_carried_out_once_though_its_file_stays(put_off: Floor) -> None:
    put_off.line.let_time_pass()
    put_off.line.work_off()
    assert "509217-1-r1.g2" == decide(put_off, "reprint")
    assert "509217-1-r1.g2" == decide(put_off, "reprint"), "the same decision, found again after a crash"
    assert ["509217-1-r1.g2.pdf", "509217-1-r1.pdf"] == put_off.sheets


def test_a_file_that_is_no_decision_is_set_aside_and_the_next_is_carried_out(put_off: Floor) -> None:
    (put_off.spool.decisions / "a.asked.json").write_bytes(b"")
    (put_off.spool.decisions / "b.asked.json").write_text('{"note_id": 1}')
    (put_off.spool.decisions / "c.asked.json").write_text("null")
    assert "509217-1-r1" == decide(put_off, "cancel")
    names = sorted(path.name for path in put_off.spool.decisions.iterdir())
    assert [f"{name}.asked.json.broken" for name in "abc"] == names


def test_a_receipt_is_right_again_after_a_death_between_decision_and_print(shop: Shop) -> None:
    shop.drop_shipment(a_shipment())
    shop.slipway("run", "--once")
    floor = Floor(shop.spool)
    floor.ledger.decide(KEY, Decision("d1", "reprint", "ops", "lost"), utc_now())
    floor.ledger.close()
    assert 0 == shop.slipway("run", "--once").returncode
    notes = shop.receipt("order-509217-1-r1.json")["notes"]
    assert [(1, "completed"), (2, "completed")] == [(note["generation"], note["state"]) for note in notes]


def test_a_question_may_be_taken_as_soon_as_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    question = tmp_path / "1.asked.json"
    monkeypatch.setattr("service.files.fsync_folder", lambda _folder: question.unlink())  # the service is that quick
    put_asked(question, {})
    assert not question.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_question_of_root_belongs_to_whom_the_spool_belongs_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.chown(tmp_path, 12345, 12345)
    owners = []
    monkeypatch.setattr(
        "service.files.fsync_folder", lambda folder: owners.extend(p.stat().st_uid for p in folder.iterdir())
    )
    put_asked(tmp_path / "1.asked.json", {})
    assert [12345] == owners
