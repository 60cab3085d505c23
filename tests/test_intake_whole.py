"""The hot folder with the reader of order files: what the two make of drops together."""

import json
import threading
from pathlib import Path

import pytest

from service.config import Intake
from service.intake.feeds import Feeds
from service.intake.hot_folder import HotFolder
from service.intake.order_file import dump_shipment
from service.intake.reading import Reading, grows_by_lines, read_drop
from service.intake.spool import Spool, open_spool
from service.intake.watch import Watch
from tests.builders import a_shipment
from tests.intake_doubles import Clock

FEEDS = Feeds()
ORDER = json.dumps(dump_shipment(a_shipment()), indent=1).encode()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return open_spool(tmp_path)


def a_hot_folder(spool: Spool, clock: Clock) -> HotFolder[Reading]:
    return HotFolder(
        spool,
        Intake(min_free_mb=0),
        lambda name, content: read_drop(name, content, FEEDS),
        lambda name: grows_by_lines(name, FEEDS),
        lambda: clock.wall,
        lambda: clock.monotonic_s,
    )


def test_order_is_taken_when_its_last_byte_is_there_and_at_no_byte_before(spool: Spool) -> None:
    folder = a_hot_folder(spool, Clock())
    for end in range(0, len(ORDER), 97):
        (spool.incoming / "order.json").write_bytes(ORDER[:end])
        assert [] == list(folder.claims())
    (spool.incoming / "order.json").write_bytes(ORDER)
    (claim,) = folder.claims()
    assert claim.reading is not None
    assert [a_shipment()] == [read.shipment for read in claim.reading.shipments]


def test_renamed_batch_is_taken_at_once_and_one_written_in_place_after_it_has_rested(spool: Spool) -> None:
    clock = Clock()
    folder = a_hot_folder(spool, clock)
    line = json.dumps(dump_shipment(a_shipment())).encode() + b"\n"
    (spool.incoming / "a.jsonl").write_bytes(line)
    (spool.incoming / ".b.tmp").write_bytes(line)
    (spool.incoming / ".b.tmp").rename(spool.incoming / "b.jsonl")
    folder.expect_whole("b.jsonl")
    clock.wall = clock.wall.replace(year=2020)  # before the files were written, by whatever clock
    assert ["b.jsonl"] == [claim.name for claim in folder.claims()]
    clock.rest(2)
    assert ["a.jsonl"] == [claim.name for claim in folder.claims()]


def test_batch_that_the_watch_saw_arrive_by_rename_is_taken_without_settling(spool: Spool) -> None:
    folder = a_hot_folder(spool, Clock(wall=Clock().wall.replace(year=2020)))
    woken = threading.Event()
    watch = Watch(spool.incoming, woken.set, folder.expect_whole)
    watch.start()
    try:
        (spool.root / "batch").write_bytes(json.dumps(dump_shipment(a_shipment())).encode())
        (spool.root / "batch").rename(spool.incoming / "batch.jsonl")
        assert woken.wait(10)
    finally:
        watch.stop()
    assert ["batch.jsonl"] == [claim.name for claim in folder.claims()]


def test_name_that_no_format_takes_is_refused_and_stops_nothing(spool: Spool) -> None:
    clock = Clock(wall=Clock().wall.replace(year=2020))
    folder = a_hot_folder(spool, clock)
    (spool.incoming / "a.xml").write_bytes(b"<order/>")
    (spool.incoming / "b.json").write_bytes(ORDER)
    assert ["b.json"] == [claim.name for claim in folder.claims()]
    clock.rest(2)
    (claim,) = folder.claims()
    assert claim.rejection is not None and "unknown-format" == claim.rejection.code
