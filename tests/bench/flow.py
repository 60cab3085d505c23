"""From drop to accepted, by the whole service as a process: latency at a steady rate, and how much goes through."""

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

from service.model import Shipment
from tests.cups_lab import running_lab
from tests.shop import QUEUES, Shop, shipments


@dataclass(frozen=True, slots=True)
class Latency:
    """Drop (rename) to accepted, in milliseconds."""

    rate_per_s: float
    notes: int
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Throughput:
    """A heap of files that lies there at the start, worked off; CPU of the service and its render workers."""

    printers: str
    files: int
    files_per_s: float


def measure_latency(rate_per_s: float, notes: int) -> Latency:
    """Drop notes at a steady rate into a running service that prints to a real cupsd."""
    with _shop_with_cups() as shop, shop.service():
        _warm_up(shop)
        dropped = dict(_drop_steadily(shop, shipments(notes), rate_per_s))
        accounts = _wait_for(shop, notes + WARM)
    spans = [
        _accepted_s(account) - dropped[account["note_id"]] for account in accounts if account["note_id"] in dropped
    ]
    cuts = quantiles([span * 1000 for span in spans], n=100)
    return Latency(rate_per_s, len(spans), round(cuts[49], 1), round(cuts[98], 1))


def measure_throughput(files: int, *, with_cups: bool) -> Throughput:
    """Drop all files first, then start the service; from the first note received to the last one accepted."""
    with _shop_with_cups() if with_cups else _shop_with_folders() as shop:
        for shipment in shipments(files):
            shop.drop_shipment(shipment)
        run = shop.slipway("run", "--once", timeout_s=600)
        assert run.returncode == 0, run.stderr[-2000:]
        accounts = shop.status()
    began = min(datetime.fromisoformat(account["times"]["received"]).timestamp() for account in accounts)
    took_s = max(map(_accepted_s, accounts)) - began
    return Throughput("cupsd" if with_cups else "folders", files, round(files / took_s, 1))


WARM = 6


def _warm_up(shop: Shop) -> None:
    """A few notes before the clock runs: pages loaded, connections open."""
    for shipment in shipments(1000)[-WARM:]:
        shop.drop_shipment(shipment)
    _wait_for(shop, WARM)


def _drop_steadily(shop: Shop, orders: Sequence[Shipment], rate_per_s: float) -> Iterator[tuple[str, float]]:
    began = time.monotonic()
    for number, shipment in enumerate(orders):
        time.sleep(max(0.0, began + number / rate_per_s - time.monotonic()))
        at = time.time()
        shop.drop_shipment(shipment)
        yield shipment.note_id, at


def _wait_for(shop: Shop, notes: int) -> list[dict[str, Any]]:
    for _ in range(120):
        accounts = [account for account in _status(shop) if account["state"] in ("accepted", "completed")]
        if len(accounts) >= notes:
            return accounts
        threading.Event().wait(0.5)
    raise TimeoutError(f"{notes} notes were not accepted within a minute")


def _status(shop: Shop) -> list[dict[str, Any]]:
    return shop.status() if (shop.spool / "ledger.db").exists() else []


def _accepted_s(account: dict[str, Any]) -> float:
    return datetime.fromisoformat(account["times"]["accepted"]).timestamp()


@contextmanager
def _shop_with_cups() -> Iterator[Shop]:
    with running_lab() as lab, _shop_with_folders() as shop:
        for queue in QUEUES:
            lab.add_queue(queue)
        backend = (("SLIPWAY_PRINTING_BACKEND", "cups"), ("SLIPWAY_PRINTING_CUPS_SOCKET", lab.socket))
        yield Shop(shop.spool, backend)


@contextmanager
def _shop_with_folders() -> Iterator[Shop]:
    folder = Path(tempfile.mkdtemp(prefix="slipway-bench-"))
    (folder / "spool").mkdir()
    try:
        yield Shop(folder / "spool")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
