"""`printers pause / resume / move`: a person decides about a queue, and the notes follow."""

import json
from pathlib import Path

import pytest

from tests.builders import a_shipment
from tests.shop import Shop, order_file


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    (tmp_path / "spool").mkdir()
    return Shop(tmp_path / "spool")


def submit(shop: Shop, order_id: str, timeout_s: int = 30) -> int:
    file = shop.spool / f"{order_id}.json"
    file.write_bytes(order_file(a_shipment(order_id=order_id)))
    return shop.slipway("submit", "--wait", "--timeout", str(timeout_s), str(file)).returncode


def state_of(shop: Shop, queue: str) -> tuple[str, int]:
    """Who paused a queue, if it is, and how many notes wait for it."""
    rows = [json.loads(line) for line in shop.slipway("printers", "--json").stdout.splitlines()]
    (row,) = [row for row in rows if row["queue"] == queue]
    return (row["paused"] or {}).get("reason", ""), row["waiting"]


def test_a_paused_queue_gets_nothing_until_it_goes_on_or_its_notes_are_moved(shop: Shop) -> None:
    with shop.service():
        assert 0 == submit(shop, "1")
        answer = shop.slipway("printers", "pause", "uk-notes", "--reason", "toner")
        assert (0, "uk-notes is paused" in answer.stdout) == (answer.returncode, True), answer.stdout + answer.stderr
        assert [75, 75] == [submit(shop, "2", 1), submit(shop, "3", 1)]
        assert ("toner", 2) == state_of(shop, "uk-notes")

        answer = shop.slipway("printers", "move", "uk-notes", "uk-notes-2", "--reason", "line 2", "--json")
        assert {"queue": "uk-notes", "decision": "move", "to": "uk-notes-2", "notes": 2} == json.loads(answer.stdout)
        assert 75 == submit(shop, "4", 1), "what comes later waits for the queue that is paused"
        assert 0 == shop.slipway("printers", "resume", "uk-notes", "--reason", "toner is in").returncode
        assert 0 == submit(shop, "5")
    assert ("", 0) == state_of(shop, "uk-notes")
    assert {
        *(("uk-notes", f"{order_id}-1-r1") for order_id in ("1", "4", "5")),
        *(("uk-notes-2", f"{order_id}-1-r1") for order_id in ("2", "3")),
    } == set(shop.sheets())


def test_without_a_service_a_decision_waits_and_holds_from_its_start(shop: Shop) -> None:
    answer = shop.slipway("printers", "pause", "uk-notes", "--reason", "toner")
    assert (0, "when the service runs again" in answer.stdout) == (answer.returncode, True)
    with shop.service():
        assert 75 == submit(shop, "1", 5)
    assert not shop.sheets()


@pytest.mark.parametrize(
    "arguments", [("pause", "no-such"), ("move", "uk-notes", "no-such"), ("move", "uk-notes", "uk-notes")]
)
def test_a_decision_that_names_no_queue_is_refused_with_a_remedy(shop: Shop, arguments: tuple[str, ...]) -> None:
    with shop.service():
        assert 0 == submit(shop, "1")
        answer = shop.slipway("printers", *arguments, "--reason", "toner")
    assert (1, "decision-refused" in answer.stderr) == (answer.returncode, True), answer.stdout + answer.stderr
