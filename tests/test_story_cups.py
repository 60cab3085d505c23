"""The main job against a real private cupsd: what lies at the printer is what we made, once, in the right queue."""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.builders import a_shipment
from tests.conftest import ROOT
from tests.cups_lab import CupsLab
from tests.programs import until
from tests.shop import QUEUES, Shop, make_orders, order_file, shipments

pytestmark = pytest.mark.cups


@pytest.fixture
def shop(tmp_path: Path, cups_lab: CupsLab) -> Shop:
    backend = (("SLIPWAY_PRINTING_BACKEND", "cups"), ("SLIPWAY_PRINTING_CUPS_SOCKET", cups_lab.socket))
    return Shop(tmp_path / "spool", backend)


def at_the_printers(lab: CupsLab) -> Counter[tuple[str, str, str]]:
    """(queue, job name, sha256) of every document, counted at the printers."""
    return Counter((queue, name, sha256) for queue in lab.printers for name, sha256 in lab.papers(queue))


def made_by_us(shop: Shop) -> Counter[tuple[str, str, str]]:
    """The same of every note that the ledger calls completed, from the PDFs in notes/."""
    notes = [note for note in shop.status() if note["state"] == "completed"]
    return Counter((note["queue"], note["note_id"], sha256_of(shop, note["note_id"])) for note in notes)


def sha256_of(shop: Shop, job_name: str) -> str:
    return hashlib.sha256((shop.spool / "notes" / f"{job_name}.pdf").read_bytes()).hexdigest()


def test_every_document_at_the_printers_is_ours_byte_for_byte_and_once(shop: Shop, cups_lab: CupsLab) -> None:
    for queue in QUEUES:
        cups_lab.add_queue(queue)
    for shipment in shipments(24):
        shop.drop_shipment(shipment)
    run = shop.slipway("run", "--once")
    assert 0 == run.returncode, run.stdout + run.stderr[-2000:]
    assert 24 == sum(at_the_printers(cups_lab).values())
    assert made_by_us(shop) == at_the_printers(cups_lab)
    assert {"printer"} == {note["confirmed_by"] for note in shop.status()}


def test_a_real_ipp_printer_gets_the_same_bytes(shop: Shop, cups_lab: CupsLab) -> None:
    cups_lab.add_queue("uk-notes", "ippeveprinter")
    shop.drop_shipment(a_shipment())
    run = shop.slipway("run", "--once")
    assert 0 == run.returncode, run.stdout + run.stderr[-2000:]
    assert made_by_us(shop) == at_the_printers(cups_lab)


def test_an_order_for_a_missing_queue_waits_and_says_so(shop: Shop, cups_lab: CupsLab) -> None:
    cups_lab.add_queue("uk-partial")
    shop.drop_shipment(a_shipment())
    shop.drop_shipment(a_shipment(order_id="509218", of=2, final=False))
    waiting = Shop(shop.spool, (*shop.backend, ("SLIPWAY_PRINTING_RETRY_S", "0.1")))
    assert 75 == waiting.slipway("run", "--once").returncode
    states = {note["order_id"]: (note["state"], note["code"]) for note in shop.status()}
    assert {"509217": ("deferred", "queue-missing"), "509218": ("completed", "")} == states
    cups_lab.add_queue("uk-notes")
    assert 0 == waiting.slipway("run", "--once").returncode
    assert made_by_us(shop) == at_the_printers(cups_lab)


def test_check_and_printers_name_the_queue_that_is_not_there(shop: Shop, cups_lab: CupsLab) -> None:
    for queue in QUEUES[1:]:
        cups_lab.add_queue(queue)
    check = shop.slipway("check")
    assert 78 == check.returncode
    assert f"queue {QUEUES[0]}" in check.stdout
    reports = [json.loads(line) for line in shop.slipway("printers", "--json").stdout.splitlines()]
    assert {QUEUES[0]: "missing"} == {
        report["queue"]: report["state"] for report in reports if report["state"] != "idle"
    }


def test_a_job_that_somebody_cancels_is_held_for_a_person(shop: Shop, cups_lab: CupsLab) -> None:
    printer = cups_lab.add_queue("uk-notes")
    printer.stop()  # the job waits in CUPS
    patient = Shop(shop.spool, (*shop.backend, ("SLIPWAY_PRINTING_POLL_S", "0.05")))
    shop.spool.mkdir(parents=True)
    with patient.service():
        order = shop.spool / "order.json"
        shop.drop_shipment(a_shipment())
        order.write_bytes((ROOT / "pyproject.toml").read_bytes())
        note = wait_for_state(patient, "accepted")
        cups_lab.connection().cancelJob(note["job_id"])
        note = wait_for_state(patient, "held")
    assert "job-cancelled" == note["code"]


def wait_for_state(shop: Shop, state: str) -> dict[str, Any]:
    """The only note, once it is in this state."""
    (note,) = wait_for(shop, lambda notes: [state] == [note["state"] for note in notes])
    return note


def wait_for(shop: Shop, is_so: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """The notes, once it is so; asks at most so often that the test ends."""
    notes: list[dict[str, Any]] = []
    for _ in range(60):
        answer = shop.slipway("status", "--json")
        notes = [json.loads(line) for line in answer.stdout.splitlines()]
        if is_so(notes):
            return notes
    raise AssertionError(notes)


@pytest.mark.corpora
@pytest.mark.parametrize("form", [[], ["--format", "csv", "--batch", "20"]], ids=["json", "csv"])
def test_sixty_real_orders_lie_in_the_queues_of_their_routes(
    shop: Shop, cups_lab: CupsLab, corpora: Path, tmp_path: Path, form: list[str]
) -> None:
    for queue in QUEUES:
        cups_lab.add_queue(queue)
    expected = make_orders(corpora, tmp_path / "orders", "-n", "60", "--mix", "en=20,fr=20,de=20", *form)
    assert {"en", "fr", "de"} == {row["language"] for row in expected}
    assert {True, False} == {row["final"] for row in expected}
    shutil.copytree(tmp_path / "orders", shop.spool / "incoming", ignore=shutil.ignore_patterns("expected.jsonl"))
    run = shop.slipway("run", "--once")
    assert 0 == run.returncode, run.stdout + run.stderr[-2000:]
    routed = Counter((routed_queue(row), f"{row['order_id']}-{row['shipment']}-r1") for row in expected)
    assert routed == Counter((queue, name) for queue, name, _ in at_the_printers(cups_lab).elements())
    assert made_by_us(shop) == at_the_printers(cups_lab)


def routed_queue(row: dict[str, object]) -> str:
    """The queue that config/routing.toml names for a shipment, read by a person."""
    language, kind = row["language"], "final" if row["final"] else "partial"
    if row["site"] == "uk":
        return {"final": "uk-notes", "partial": "uk-partial"}[kind]
    if row["site"] == "eu":
        return "eu-notes-de" if language == "de" else "eu-partial" if kind == "partial" else f"eu-notes-{language}"
    return "int-notes"


def test_what_a_person_cancels_or_releases_while_the_printer_is_off_prints_as_they_said(
    shop: Shop, cups_lab: CupsLab
) -> None:
    printer = cups_lab.add_queue("uk-notes")
    printer.stop()
    impatient = Shop(shop.spool, (*shop.backend, ("SLIPWAY_PRINTING_SILENT_AFTER_S", "0.5")))
    shop.spool.mkdir(parents=True)
    with impatient.service():
        shop.drop_shipment(a_shipment())
        shop.drop_shipment(a_shipment(order_id="9"))
        wait_for(shop, lambda notes: ["printer-silent", "printer-silent"] == [note["code"] for note in notes])
        assert 0 == shop.slipway("cancel", "509217", "--reason", "too late").returncode
        assert 0 == shop.slipway("release", "9", "--reason", "the printer is back").returncode
        printer.start()
        until(lambda: bool(cups_lab.papers("uk-notes")), "the paper")
    assert ["9-1-r1.g2"] == [name for name, _ in cups_lab.papers("uk-notes")]


def test_repeats_of_an_accepted_order_do_not_stop_its_queue(shop: Shop, cups_lab: CupsLab) -> None:
    printer = cups_lab.add_queue("uk-notes")
    printer.stop()
    shop.spool.mkdir(parents=True)
    with shop.service():
        shop.drop_shipment(a_shipment())
        wait_for_state(shop, "accepted")
        for copy in range(3):
            shop.drop(f"again-{copy}.json", order_file(a_shipment()))
        printer.start()
        for number in range(4):
            shop.drop_shipment(a_shipment(order_id=f"{number}"))
        wait_for(shop, lambda notes: ["completed"] * 5 == [note["state"] for note in notes])
    assert {1} == set(Counter(name for name, _ in cups_lab.papers("uk-notes")).values())
