"""A person's decisions: who may let a note print, end it, or have it again, and what the ledger keeps of that."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.builders import a_line, a_shipment
from tests.shop import Shop, order_file


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
