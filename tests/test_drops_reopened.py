"""A file that was put away is in work again when one of its notes goes on: a crash can't leave its receipt behind."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from service.clock import utc_now
from service.intake.archive import archive
from service.intake.feeds import Feeds
from service.intake.reading import Reading, read_drop
from service.intake.spool import Spool
from service.ledger.accounts import Decision, NoteKey
from tests.builders import a_shipment
from tests.floor import Floor
from tests.programs import until
from tests.shop import Shop, order_file

KEY = NoteKey("509217-1-r1", 1)
NAME = "order-509217-1-r1.json"


def put_away(floor: Floor, key: NoteKey) -> None:
    """The printer says that it is out; wait until the file is where it ends."""
    floor.ledger.complete(key, utc_now(), "folder")
    floor.drops.advanced(key)
    until(lambda: bool(list(floor.spool.done.glob(f"*/{NAME}"))), "the file in done/")


def test_files_with_one_content_keep_their_own_names_and_receipts(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    content = order_file(a_shipment())
    names = [f"{letter}.json" for letter in "abcdefgh"]
    for name in names:
        shop.drop(name, content)
    floor = Floor(tmp_path)
    floor.drops.start(floor.stopped_by.append)
    for claim in floor.rooms.hot_folder.claims():
        floor.pipeline.receive(claim)
    floor.line.work_off()
    floor.ledger.complete(KEY, utc_now(), "folder")
    floor.drops.advanced(KEY)
    until(lambda: len(list(floor.spool.done.glob("*/*"))) == len(names), "the files in done/")
    again = floor.ledger.decide(KEY, Decision("1", "reprint", "ada", "torn"), utc_now())
    drops = {read_receipt_of(floor, name)["drop"]: name for name in names}
    for drop_id in floor.ledger.drops_of(again):
        floor.drops.reopen(drop_id)
    found = sorted(path.name for path in floor.spool.working.iterdir())
    floor.drops.stop()
    floor.ledger.close()
    assert sorted(f"{drop_id}~{name}" for drop_id, name in drops.items()) == found
    assert drops == {read_receipt_of(floor, name)["drop"]: name for name in names}


def test_a_file_is_not_moved_back_for_news_that_its_receipt_tells_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor, moved_back = Floor(tmp_path), list[Path]()

    def archived_as_word_comes(claim_path: Path, spool: Spool, on: date) -> Path:
        place = archive(claim_path, spool, on)
        floor.drops.advanced(KEY)  # the ledger had it before, so the receipt has it too
        return place

    monkeypatch.setattr("service.drops.archive", archived_as_word_comes)
    monkeypatch.setattr("service.drops.take_out", lambda path, *_: moved_back.append(path) or path)
    Shop(tmp_path).drop(NAME, order_file(a_shipment()))
    for claim in floor.rooms.hot_folder.claims():
        floor.pipeline.receive(claim)
    floor.line.work_off()
    floor.drops.start(floor.stopped_by.append)
    put_away(floor, KEY)
    until(lambda: floor.drops.is_idle, "all of it written")
    floor.drops.stop()
    floor.ledger.close()
    assert [] == moved_back
    assert ["completed"] == [note["state"] for note in read_receipt_of(floor, NAME)["notes"]]


def test_a_batch_in_work_is_not_read_again_for_a_small_drop_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings, batch = list[str](), [a_shipment(order_id=order_id) for order_id in ("1", "2")]

    def read(name: str, content: bytes, feeds: Feeds) -> Reading:
        readings.append(name)
        return read_drop(name, content, feeds)

    monkeypatch.setattr("tests.floor.read_drop", read)
    monkeypatch.setattr("service.kept_shipments.KEPT_SHIPMENTS", 1)
    floor = Floor(tmp_path)
    for name, shipments in (("batch.jsonl", batch), ("small.json", [a_shipment(order_id="3")])):
        Shop(tmp_path).drop(name, b"\n".join((*map(order_file, shipments), b"")))
        floor.rooms.hot_folder.expect_whole(name)
        for claim in floor.rooms.hot_folder.claims():
            floor.pipeline.receive(claim)
    assert batch == [floor.drops.shipment(note) for note in floor.ledger.open_notes() if note.note_id != "3-1-r1"]
    assert ["batch.jsonl", "small.json"] == readings
    floor.ledger.close()


def read_receipt_of(floor: Floor, name: str) -> dict[str, Any]:
    receipt: dict[str, Any] = json.loads((floor.spool.receipts / f"{name}.receipt.json").read_bytes())
    return receipt


def test_a_death_before_the_receipt_of_a_further_sheet_leaves_a_file_that_is_taken_up_again(tmp_path: Path) -> None:
    Shop(tmp_path).drop_shipment(a_shipment())
    first = Floor(tmp_path)
    first.drops.start(first.stopped_by.append)
    for claim in first.rooms.hot_folder.claims():
        first.pipeline.receive(claim)
    first.line.work_off()
    put_away(first, KEY)
    again = first.ledger.decide(KEY, Decision("1", "reprint", "ada", "torn"), utc_now())
    (drop_id,) = first.ledger.drops_of(again)
    first.drops.reopen(drop_id)
    assert [f"{drop_id}~{NAME}"] == [path.name for path in first.spool.working.iterdir()]
    first.drops.stop()
    first.pipeline.owe(first.ledger.account(again))  # type: ignore[arg-type]
    first.line.work_off()
    first.ledger.complete(again, utc_now(), "folder")  # on disk; and then it dies, with no receipt written
    first.ledger.close()

    second = Floor(tmp_path)
    second.drops.start(second.stopped_by.append)
    second.take_up()
    until(lambda: bool(list(second.spool.done.glob(f"*/{NAME}"))), "the file in done/")
    second.drops.stop()
    second.ledger.close()
    receipt = json.loads((second.spool.receipts / f"{NAME}.receipt.json").read_bytes())
    assert ["completed", "completed"] == [note["state"] for note in receipt["notes"]]
    assert [] == first.stopped_by + second.stopped_by
