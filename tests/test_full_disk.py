"""A disk that fills up under the running service: it waits, and goes on by itself. One story has a real small disk."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from service.config import read_config
from service.daemon import Outcome, running
from service.errors import SpoolFull
from service.ledger.accounts import Account
from service.ledger.ledger import Ledger
from tests.builders import a_shipment
from tests.conftest import ROOT
from tests.cups_lab import CupsLab
from tests.ipp_printer import IppPrinter
from tests.programs import until
from tests.shop import Shop

QUEUE = "uk-notes"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount, and not everywhere; test_tracking.py and test_pipeline.py have doubles")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_file_that_the_ledger_has_no_room_for_is_recorded_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_drop, misses = Ledger.record_drop, [SpoolFull("no space left for the ledger")] * 2

    def record(ledger: Ledger, *arguments: Any) -> tuple[Account, ...]:
        if misses:
            raise misses.pop()
        return record_drop(ledger, *arguments)

    monkeypatch.setattr(Ledger, "record_drop", record)
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # this process has handlers of its own
    Shop(tmp_path).drop_shipment(a_shipment())
    with capture_logs() as lines, running(read_config(ROOT / "config", {"SLIPWAY_SPOOL": str(tmp_path)})) as service:
        assert Outcome(completed=1, held=0, rejected=0, waiting=0) == service.run_once()
    told = [line["event"] for line in lines if line["event"].startswith("spool.")]
    assert ["spool.full", "spool.room"] == told


def fill(disk: Path) -> Path:
    """Write until nothing more goes in."""
    ballast = disk / "ballast"
    for size in (1 << 16, 512):
        with suppress(OSError), open(ballast, "ab", buffering=0) as file:
            while True:
                file.write(b"x" * size)
    return ballast


@pytest.mark.cups
def test_a_disk_that_fills_up_ends_nothing_and_all_goes_on_when_there_is_room(disk: Path, cups_lab: CupsLab) -> None:
    printer = cups_lab.add_queue(QUEUE)
    assert isinstance(printer, IppPrinter)
    printer.prints_in_s = 3600
    settings = {"PRINTING_BACKEND": "cups", "PRINTING_CUPS_SOCKET": cups_lab.socket, "PRINTING_RETRY_S": "0.5"}
    settings |= {"INTAKE_MIN_FREE_MB": "0", "PRINTING_WINDOW": "1"}
    shop = Shop(disk / "spool", tuple((f"SLIPWAY_{name}", value) for name, value in settings.items()))
    shop.spool.mkdir()
    log = disk.parent / "service.log"
    (shop.spool / "service.log").symlink_to(log)

    def said(event: str, queue: str = "") -> bool:
        return any(line["event"] == event and line.get("queue", "") == queue for line in shop.events())

    def states() -> list[str]:
        ledger = Ledger(shop.spool / "ledger.db", read_only=True)
        try:
            return [note.state for note in ledger.all_notes()]
        finally:
            ledger.close()

    with shop.service() as service:
        until(lambda: log.exists() and said("service.ready"), "the service", service)
        shop.drop_shipment(a_shipment(order_id="1"))
        shop.drop_shipment(a_shipment(order_id="2"))
        until(lambda: ["accepted", "received"] == sorted(states()), "one at the printer, one that waits", service)
        until(lambda: printer.is_printing, "the document at the printer", service)
        ballast = fill(disk)
        printer.put_in_paper()
        until(lambda: said("spool.full", QUEUE), "what came out can't be booked", service)
        assert None is service.poll()
        ballast.unlink()
        until(lambda: ["completed", "completed"] == states(), "both to be booked", service)
        assert said("spool.room", QUEUE)
    assert ["1-1-r1", "2-1-r1"] == sorted(name for name, _ in cups_lab.papers(QUEUE))
