"""kill -9 of the service, again and again, while orders arrive: nothing lost or doubled, counted at the printers."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cups_lab import CupsLab
from tests.shop import QUEUES, Shop, shipments

ORDERS = 300
KILLS = 20


@pytest.mark.timeout(420)
def test_twenty_kills_lose_and_double_nothing_with_folder_printers(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "spool")
    arrive_under_fire(shop, seed=1)
    assert_all_done(shop)
    assert expected_sheets(shop) == shop.sheets()


@pytest.mark.cups
@pytest.mark.timeout(420)
def test_twenty_kills_lose_and_double_nothing_with_a_real_cupsd(tmp_path: Path, cups_lab: CupsLab) -> None:
    for queue in QUEUES:
        cups_lab.add_queue(queue)
    backend = (("SLIPWAY_PRINTING_BACKEND", "cups"), ("SLIPWAY_PRINTING_CUPS_SOCKET", cups_lab.socket))
    shop = Shop(tmp_path / "spool", backend)
    arrive_under_fire(shop, seed=2)
    assert_all_done(shop)
    at_the_printers = Counter((queue, name) for queue in QUEUES for name, _ in cups_lab.papers(queue))
    assert expected_sheets(shop) == at_the_printers


def arrive_under_fire(shop: Shop, seed: int) -> None:
    """Drop ORDERS orders over the time that KILLS services are started and killed in, then work off what is left."""
    chance = random.Random(seed)
    (shop.spool / "incoming").mkdir(parents=True)
    waiting = list(shipments(ORDERS))
    share = len(waiting) // KILLS
    for _ in range(KILLS):
        with shop.service() as process, dropping(shop, waiting[:share]):
            wait_until_at_work(shop, process)
            threading.Event().wait(chance.uniform(0.0, 0.6))
            os.killpg(process.pid, signal.SIGKILL)
        del waiting[:share]
    for shipment in waiting:
        shop.drop_shipment(shipment)
    last = shop.slipway("run", "--once", timeout_s=240)
    assert 0 == last.returncode, last.stdout + last.stderr[-3000:]


@contextmanager
def dropping(shop: Shop, batch: list) -> Iterator[None]:  # type: ignore[type-arg]
    """Drop a batch from another thread, so that files arrive while the service dies."""

    def drop() -> None:
        for shipment in batch:
            shop.drop_shipment(shipment)
            threading.Event().wait(0.02)

    thread = threading.Thread(target=drop)
    thread.start()
    yield
    thread.join(30)


def wait_until_at_work(shop: Shop, process: "subprocess.Popen[bytes]") -> None:
    """Return when this service has claimed something or said that it is ready, so that the kill hits it at work."""
    log = shop.spool / "service.log"
    before = log.read_bytes().count(b"service.ready")
    for _ in range(2000):
        assert process.poll() is None, log.read_text()[-2000:]
        if log.read_bytes().count(b"service.ready") > before or any((shop.spool / "working").glob("*~*")):
            return
        threading.Event().wait(0.005)
    raise AssertionError("the service did not get to work")


def assert_all_done(shop: Shop) -> None:
    notes = shop.status()
    assert {"completed": ORDERS} == Counter(note["state"] for note in notes)
    assert {1} == {note["generation"] for note in notes}
    files = shop.files()
    assert ([], [], []) == (files["incoming"], files["working"], files["problem"])


def expected_sheets(shop: Shop) -> Counter[tuple[str, str]]:
    return Counter((note["queue"], note["note_id"]) for note in shop.status())


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
