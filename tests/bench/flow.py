"""From drop to accepted and to paper, by the whole service as a process: latency at a steady rate, and how much goes
through, beside a bare loop of pycups that only sends a ready PDF to the same queues.
"""

import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

from service.model import Shipment
from tests.cups_lab import CupsLab, running_lab, sheets
from tests.shop import QUEUES, Shop, shipments

SLIPWAY, BARE = "Slipway", "a bare pycups loop"


@dataclass(frozen=True, slots=True)
class Latency:
    """Drop (rename) to accepted, in milliseconds."""

    rate_per_s: float
    notes: int
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Throughput:
    """A heap that lies there at the start, sent off; both rates count from its first note to its last.

    Folders have no paper: 0.
    """

    printers: str
    sent_by: str
    notes: int
    accepted_per_s: float
    paper_per_s: float


def measure_latency(rate_per_s: float, notes: int) -> Latency:
    """Drop notes at a steady rate into a running service that prints to a real cupsd."""
    with _shop_with_cups() as (shop, _), shop.service():
        _warm_up(shop)
        dropped = dict(_drop_steadily(shop, shipments(notes), rate_per_s))
        accounts = _wait_for(shop, notes + WARM)
    spans = [
        _accepted_s(account) - dropped[account["note_id"]] for account in accounts if account["note_id"] in dropped
    ]
    cuts = quantiles([span * 1000 for span in spans], n=100)
    return Latency(rate_per_s, len(spans), round(cuts[49], 1), round(cuts[98], 1))


def measure_throughput(files: int) -> Iterator[Throughput]:
    """The service with folders, the service with a real cupsd, then the bare loop with that cupsd."""
    with _shop_with_folders() as shop:
        accounts = _work_off(shop, files)
        yield Throughput("folders", SLIPWAY, files, _per_s(files, _took_s(accounts)), 0)
        document = _middling_note(shop)
    with _shop_with_cups() as (shop, lab):
        in_each = Counter(account["queue"] for account in accounts)
        before = _send_bare(lab, document, {queue: number // 2 for queue, number in in_each.items()})
        came = _count_sheets(lab)
        accounts = _work_off(shop, files)
        paper_s = _last_sheet_s(lab) - _began_s(accounts)
        assert _count_sheets(lab) == came + files
        after = _send_bare(lab, document, {queue: number - number // 2 for queue, number in in_each.items()})
    yield Throughput("cupsd", SLIPWAY, files, _per_s(files, _took_s(accounts)), _per_s(files, paper_s))
    sent_s, printed_s = map(sum, zip(before, after, strict=True))  # half before us, half after: CUPS slows as it fills
    yield Throughput("cupsd", BARE, files, _per_s(files, sent_s), _per_s(files, printed_s))


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


def _work_off(shop: Shop, files: int) -> list[dict[str, Any]]:
    """Drop all files, then start the service; what became of them."""
    for shipment in shipments(files):
        shop.drop_shipment(shipment)
    run = shop.slipway("run", "--once", timeout_s=600)
    assert run.returncode == 0, run.stderr[-2000:]
    return shop.status()


def _took_s(accounts: Sequence[dict[str, Any]]) -> float:
    """From the first note received to the last one accepted."""
    return max(map(_accepted_s, accounts)) - _began_s(accounts)


def _began_s(accounts: Sequence[dict[str, Any]]) -> float:
    return min(datetime.fromisoformat(account["times"]["received"]).timestamp() for account in accounts)


def _accepted_s(account: dict[str, Any]) -> float:
    return datetime.fromisoformat(account["times"]["accepted"]).timestamp()


def _per_s(notes: int, took_s: float) -> float:
    return round(notes / took_s, 1)


def _middling_note(shop: Shop) -> bytes:
    """The note of middling size of those that the service drew."""
    notes = sorted((shop.spool / "notes").glob("*.pdf"), key=lambda path: path.stat().st_size)
    return notes[len(notes) // 2].read_bytes()


# The bare loop -------------------------------------------------------------------------------------------------------


def _send_bare(lab: CupsLab, document: bytes, in_each: Mapping[str, int]) -> tuple[float, float]:
    """Send the document so often to each queue, each by a thread: seconds until sent, and until on paper."""
    wanted, began = _count_sheets(lab) + sum(in_each.values()), time.time()
    with ThreadPoolExecutor(len(in_each)) as threads:
        for done in [threads.submit(_send_to, lab, queue, document, number) for queue, number in in_each.items()]:
            done.result()
    sent_s = time.time() - began
    while _count_sheets(lab) < wanted:
        if time.time() - began > 600:
            raise TimeoutError("the bare loop's notes did not reach the printers")
        time.sleep(0.1)
    return sent_s, _last_sheet_s(lab) - began


def _send_to(lab: CupsLab, queue: str, document: bytes, number: int) -> None:
    connection = lab.connection()
    for count in range(number):
        name = f"bare-{time.time_ns()}-{count}"
        job_id = connection.createJob(queue, name, {})
        connection.startDocument(queue, job_id, name, "application/vnd.cups-raw", 1)
        connection.writeRequestData(document, len(document))
        connection.finishDocument(queue)


def _count_sheets(lab: CupsLab) -> int:
    return sum(len(sheets(printer.folder)) for printer in lab.printers.values())


def _last_sheet_s(lab: CupsLab) -> float:
    return max(sheet.stat().st_mtime for printer in lab.printers.values() for sheet in sheets(printer.folder))


# Shops ---------------------------------------------------------------------------------------------------------------


@contextmanager
def _shop_with_cups() -> Iterator[tuple[Shop, CupsLab]]:
    with running_lab() as lab, _shop_with_folders() as shop:
        for queue in QUEUES:
            lab.add_queue(queue)
        backend = (("SLIPWAY_PRINTING_BACKEND", "cups"), ("SLIPWAY_PRINTING_CUPS_SOCKET", lab.socket))
        yield Shop(shop.spool, backend), lab


@contextmanager
def _shop_with_folders() -> Iterator[Shop]:
    folder = Path(tempfile.mkdtemp(prefix="slipway-bench-"))
    (folder / "spool").mkdir()
    try:
        yield Shop(folder / "spool")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
