"""The main job, told with the folder printers and the real service as a process."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.builders import a_line, a_shipment
from tests.conftest import ROOT
from tests.floor import Floor
from tests.shop import Shop, make_orders, order_file, shipments

EMPTY: list[str] = []


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "spool")


def test_orders_become_sheets_in_the_queues_of_their_routes(shop: Shop) -> None:
    for shipment in shipments(12):
        shop.drop_shipment(shipment)
    run = shop.slipway("run", "--once")
    assert 0 == run.returncode, run.stderr
    notes = shop.status()
    assert {"completed"} == {note["state"] for note in notes}
    assert {(note["queue"], note["note_id"]): 1 for note in notes} == shop.sheets()
    routed = Counter((note["site"], note["language"], note["kind"], note["queue"]) for note in notes)
    assert {
        ("uk", "en", "final", "uk-notes"),
        ("uk", "en", "partial", "uk-partial"),
        ("eu", "fr", "final", "eu-notes-fr"),
        ("eu", "fr", "partial", "eu-partial"),
        ("eu", "de", "final", "eu-notes-de"),
        ("eu", "de", "partial", "eu-notes-de"),
    } == set(routed)


def test_every_file_ends_in_one_place_with_a_receipt(shop: Shop) -> None:
    good = a_shipment()
    shop.drop_shipment(good)
    shop.drop("broken.json", b'{"schema": "slipway/order/1", "order_id": }')
    assert 1 == shop.slipway("run", "--once").returncode, "something was refused"
    files = shop.files()
    assert (EMPTY, EMPTY) == (files["incoming"], files["working"])
    assert [f"order-{good.note_id}.json"] == files["done"]
    assert ["broken.json", "broken.json.problem.json"] == files["problem"]
    assert "completed" == shop.receipt(f"order-{good.note_id}.json")["state"]
    refused = shop.receipt("broken.json")
    assert ("rejected", "invalid-json") == (refused["state"], refused["problems"][0]["code"])
    assert "line 1" in refused["problems"][0]["where"]


def test_the_receipt_holds_what_status_says(shop: Shop) -> None:
    shop.drop_shipment(a_shipment())
    shop.slipway("run", "--once")
    (note,) = shop.receipt("order-509217-1-r1.json")["notes"]
    assert [note] == shop.status()
    assert ["received", "planned", "rendered", "submitting", "accepted", "completed"] == list(note["times"])
    assert ("509217-1-r1", "509217", 1, 1, "final", "folder", 1) == tuple(
        note[key] for key in ("note_id", "order_id", "shipment", "of", "kind", "confirmed_by", "generation")
    )


def test_the_same_file_again_is_the_same_receipt_and_no_paper(shop: Shop) -> None:
    shop.drop_shipment(a_shipment())
    shop.slipway("run", "--once")
    before = shop.status(), shop.sheets()
    shop.drop_shipment(a_shipment())
    shop.drop("under-another-name.json", order_file(a_shipment()))
    assert 0 == shop.slipway("run", "--once").returncode
    assert before == (shop.status(), shop.sheets())
    assert before[0] == shop.receipt("order-509217-1-r1.json")["notes"]
    assert before[0] == shop.receipt("under-another-name.json")["notes"]


def test_other_content_under_the_same_note_is_held_and_not_printed(shop: Shop) -> None:
    shop.drop_shipment(a_shipment())
    shop.slipway("run", "--once")
    sheets = shop.sheets()
    shop.drop("again.json", order_file(a_shipment(lines=(a_line(quantity=1, quantity_ordered=1),))))
    assert 1 == shop.slipway("run", "--once").returncode
    (note,) = shop.receipt("again.json")["notes"]
    assert ("held", "order-changed", 2) == (note["state"], note["code"], note["generation"])
    assert sheets == shop.sheets()


def test_a_raised_revision_is_a_note_of_its_own(shop: Shop) -> None:
    shop.drop_shipment(a_shipment())
    shop.drop_shipment(a_shipment(revision=2))
    assert 0 == shop.slipway("run", "--once").returncode
    assert {"509217-1-r1", "509217-1-r2"} == {name for _, name in shop.sheets()}


def test_a_batch_prints_what_is_whole_and_refuses_the_rest(shop: Shop) -> None:
    lines = [order_file(shipment) for shipment in shipments(3)]
    lines[1] = lines[1].replace(b'"language": "fr"', b'"language": "french!"')
    shop.drop("batch.jsonl", b"\n".join(lines) + b"\n")
    assert 1 == shop.slipway("run", "--once").returncode
    receipt = shop.receipt("batch.jsonl")
    assert ["completed", "completed"] == [note["state"] for note in receipt["notes"]]
    assert [(2, "invalid-order")] == [(problem["position"], problem["code"]) for problem in receipt["problems"]]
    assert ["batch.jsonl", "batch.jsonl.problem.json"] == shop.files()["problem"]


def test_an_order_for_an_unknown_site_is_held_and_its_neighbour_prints(shop: Shop) -> None:
    shop.drop_shipment(a_shipment(site="mars"))
    shop.drop_shipment(a_shipment(order_id="509218"))
    assert 1 == shop.slipway("run", "--once").returncode
    states = {note["order_id"]: (note["state"], note["code"]) for note in shop.status()}
    assert {"509217": ("held", "unknown-site"), "509218": ("completed", "")} == states


def test_an_aborted_upload_is_refused_as_incomplete(shop: Shop) -> None:
    whole = order_file(a_shipment())
    (shop.spool / "incoming").mkdir(parents=True)
    (shop.spool / "incoming" / "cut.json").write_bytes(whole[: len(whole) // 2])
    assert 1 == shop.slipway("run", "--once").returncode
    assert "incomplete" == shop.receipt("cut.json")["problems"][0]["code"]


def test_unfinished_names_are_left_alone(shop: Shop) -> None:
    incoming = shop.spool / "incoming"
    incoming.mkdir(parents=True)
    names = [".hidden.json", "order.json.part", "order.json.tmp", "order.json.filepart", "order.json~"]
    for name in names:
        (incoming / name).write_bytes(order_file(a_shipment()))
    assert 0 == shop.slipway("run", "--once").returncode
    assert sorted(names) == shop.files()["incoming"] or sorted(names) == sorted(
        path.name for path in incoming.iterdir()
    )
    assert not shop.sheets()


def test_a_second_service_on_the_spool_does_not_start(shop: Shop) -> None:
    shop.drop_shipment(a_shipment())
    with shop.service() as first:
        answer = shop.slipway("submit", "--wait", str(_file(shop, a_shipment(order_id="7"))))
        assert 0 == answer.returncode, answer.stdout + answer.stderr
        second = shop.slipway("run", "--once")
        assert 75 == second.returncode
        assert "spool-in-use" in second.stderr
        assert str(first.pid) in second.stderr


def test_submit_with_wait_ends_when_the_note_is_accepted(shop: Shop) -> None:
    shop.spool.mkdir()
    with shop.service():
        answer = shop.slipway("submit", "--wait", "--json", str(_file(shop, a_shipment())))
    assert 0 == answer.returncode, answer.stderr
    receipt = json.loads(answer.stdout)
    assert receipt["state"] in ("accepted", "completed")
    assert Counter({("uk-notes", "509217-1-r1"): 1}) == shop.sheets()


def test_submit_with_wait_says_when_an_order_is_refused(shop: Shop) -> None:
    shop.spool.mkdir()
    broken = shop.spool / "broken.json"
    broken.write_text("[]")
    with shop.service():
        answer = shop.slipway("submit", "--wait", str(broken))
    assert 1 == answer.returncode
    assert "rejected" in answer.stdout


def test_submit_without_a_service_gives_up_and_says_why(shop: Shop) -> None:
    shop.spool.mkdir()
    answer = shop.slipway("submit", "--wait", "--timeout", "0.1", str(_file(shop, a_shipment())))
    assert 75 == answer.returncode
    assert "slipway run" in answer.stdout
    assert ["509217-1-r1.json"] == shop.files()["incoming"]


def test_the_service_stops_cleanly_when_asked(shop: Shop) -> None:
    shop.spool.mkdir()
    with shop.service() as process:
        shop.slipway("submit", "--wait", str(_file(shop, a_shipment())))
        process.terminate()
        assert 0 == process.wait(30)
    assert b"service.stopped" in (shop.spool / "service.log").read_bytes()


def test_names_and_addresses_stand_in_the_spool_and_nowhere_else(shop: Shop) -> None:
    marker = "Zephyrine-Marker"
    shipment = a_shipment()
    address = replace(shipment.order.delivery_address, name=f"{marker} One", lines=(f"{marker} Street 2",))
    customer = replace(shipment.order.customer, name=f"{marker} One")
    named = replace(shipment, order=replace(shipment.order, delivery_address=address, customer=customer))
    shop.drop(f"{marker}.json", order_file(named))
    shop.drop("broken.json", order_file(named).replace(b'"GBP"', b'"POUNDS"'))
    run = shop.slipway("run", "--once")
    assert marker not in run.stdout + run.stderr
    for path in shop.spool.glob("ledger.db*"):
        assert marker.encode() not in path.read_bytes(), path
    job_names = [name for _, name in shop.sheets()]
    assert not any(marker in name for name in job_names)


def test_preview_draws_without_recording_anything(shop: Shop, tmp_path: Path) -> None:
    order = _file(shop, a_shipment())
    answer = shop.slipway("preview", str(order), "-o", str(tmp_path / "note.pdf"))
    assert 0 == answer.returncode, answer.stderr
    assert (tmp_path / "note.pdf").read_bytes().startswith(b"%PDF-")
    assert not (shop.spool / "ledger.db").exists()


@pytest.mark.parametrize("pictures", [True, False])
def test_check_finds_the_shipped_configuration_in_order(pictures: bool, shop: Shop, tmp_path: Path) -> None:
    library = tmp_path / "pictures"
    shop = replace(shop, backend=(*shop.backend, ("SLIPWAY_IMAGE_CACHE", str(library))))
    if pictures:
        synced = shop.slipway("images", "sync", "image_cache/samples")
        assert 0 == synced.returncode, synced.stderr
    answer = shop.slipway("check")
    assert 0 == answer.returncode, answer.stdout + answer.stderr


def test_check_names_what_is_wrong(shop: Shop, tmp_path: Path, root: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(root / "config", config)
    routing = config / "routing.toml"
    routing.write_text(routing.read_text().replace('queue = "eu-notes-de"', 'queue = "eu-notes-dd"', 1))
    answer = shop.slipway("--config", str(config), "check")
    assert 78 == answer.returncode
    assert "eu-notes-dd" in answer.stdout + answer.stderr


@pytest.mark.parametrize("schema", ["order", "layout", "config"])
def test_schemas_are_json(shop: Shop, schema: str) -> None:
    assert json.loads(shop.slipway("schema", schema).stdout)


def test_a_wrong_command_line_is_exit_64(shop: Shop) -> None:
    assert 64 == shop.slipway("prnit").returncode


def test_version_says_its_number(shop: Shop) -> None:
    assert "slipway 0.4.0\n" == shop.slipway("version").stdout


@pytest.mark.corpora
@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["-n", "40", "--mix", "en=60,fr=20,de=20"], 40),
        (["-n", "60", "--format", "csv", "--batch", "20"], 60),
        (["-n", "8", "--biggest", "--guests"], 8),
        (["-n", "40", "--dirty"], 40),
    ],
    ids=["json", "csv", "biggest", "dirty"],
)
def test_real_orders_are_all_completed_once(
    shop: Shop, corpora: Path, tmp_path: Path, options: list[str], count: int
) -> None:
    expected = make_orders(corpora, tmp_path / "orders", *options)
    assert count <= len(expected)
    shutil.copytree(tmp_path / "orders", shop.spool / "incoming", ignore=shutil.ignore_patterns("expected.jsonl"))
    run = shop.slipway("run", "--once")
    assert 0 == run.returncode, run.stdout + run.stderr[-2000:]
    assert {(row["order_id"], row["shipment"]): 1 for row in expected} == Counter(
        (note["order_id"], note["shipment"]) for note in shop.status() if note["state"] == "completed"
    )
    assert len(expected) == sum(shop.sheets().values())


def _file(shop: Shop, shipment) -> Path:  # type: ignore[no-untyped-def]
    path = shop.spool.parent / f"{shipment.note_id}.json"
    path.write_bytes(order_file(shipment))
    return path


def test_an_order_that_is_dropped_again_and_again_prints_once_and_is_never_held(shop: Shop) -> None:
    for shipment in shipments(30):
        for copy in range(3):
            shop.drop(f"{shipment.note_id}-{copy}.json", order_file(shipment))
    run = shop.slipway("run", "--once")
    assert 0 == run.returncode, run.stdout + run.stderr[-2000:]
    assert {1} == set(shop.sheets().values())
    assert 30 == len(shop.sheets())
    assert {"completed"} == {
        shop.receipt(f"{s.note_id}-{copy}.json")["state"] for s in shipments(30) for copy in range(3)
    }


def test_submit_with_wait_fails_when_any_part_of_a_file_is_refused(shop: Shop) -> None:
    shop.spool.mkdir()
    good, bad = (order_file(shipment) for shipment in shipments(2))
    batch = shop.spool / "batch.jsonl"
    batch.write_bytes(good + b"\n" + bad.replace(b'"EUR"', b'"EURO"') + b"\n")
    with shop.service():
        answer = shop.slipway("submit", "--wait", str(batch))
    assert 1 == answer.returncode
    assert "accepted" in answer.stdout or "completed" in answer.stdout
    assert "rejected" in answer.stdout


def test_files_of_one_name_submitted_at_once_are_all_there(shop: Shop) -> None:
    from service.cli.drops import _drop
    from service.intake.spool import open_spool

    spool = open_spool(shop.spool)
    files = []
    for number in range(12):
        folder = shop.spool.parent / str(number)
        folder.mkdir()
        (folder / "order.json").write_bytes(order_file(a_shipment(order_id=str(number))))
        files.append(folder / "order.json")
    threads = [threading.Thread(target=_drop, args=(file, spool)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert 12 == len(shop.files()["incoming"])


def test_a_run_that_takes_up_a_refused_file_of_an_earlier_life_says_so(shop: Shop) -> None:
    shop.drop("broken.json", b"[]")
    os.utime(shop.spool / "incoming" / "broken.json", (0, 0))  # it has rested long enough
    floor = Floor(shop.spool)
    assert [False] == [claim.rejection is None for claim in floor.rooms.hot_folder.claims()]  # copied, then killed
    floor.ledger.close()
    assert 1 == shop.slipway("run", "--once").returncode


def test_a_reader_who_has_seen_enough_is_no_fault(shop: Shop) -> None:
    command = f"{sys.executable} -m service.cli schema order | head -c 10"
    answer = subprocess.run(
        command, shell=True, cwd=ROOT, env=shop.environ, capture_output=True, timeout=60, check=False
    )
    assert b"" == answer.stderr
