"""A shop for story tests: makes order files, runs the real service on them, counts the sheets at the printers."""

import json
import os
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from service.intake.order_file import dump_shipment
from service.model import Shipment
from tests.builders import a_line, a_shipment, an_address
from tests.conftest import ROOT

SLIPWAY = [sys.executable, "-m", "service.cli"]
QUEUES = [queue["name"] for queue in tomllib.loads((ROOT / "config" / "printers.toml").read_text())["queue"]]
CITIES = {"en": ("uk", "GB", "GBP"), "fr": ("eu", "FR", "EUR"), "de": ("eu", "DE", "EUR")}


@dataclass(frozen=True, slots=True)
class Shop:
    """A spool with a service of its own; `backend` are the overrides that name its printers."""

    spool: Path
    backend: tuple[tuple[str, str], ...] = ()

    @property
    def environ(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("SLIPWAY_")}
        return ours | {"SLIPWAY_SPOOL": str(self.spool), **dict(self.backend)}

    def drop(self, name: str, content: bytes) -> None:
        """Drop a file by rename, as a careful sender does."""
        incoming = self.spool / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        beside = incoming / f".{name[:200]}"
        beside.write_bytes(content)
        beside.rename(incoming / name)

    def drop_shipment(self, shipment: Shipment) -> None:
        self.drop(f"order-{shipment.note_id}.json", order_file(shipment))

    def slipway(self, *arguments: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        """One command, to its end."""
        return subprocess.run(
            [*SLIPWAY, *arguments],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    @contextmanager
    def service(self) -> Iterator[subprocess.Popen[bytes]]:
        """The daemon, in a process group of its own; killed at the end if it still runs."""
        with open(self.spool / "service.log", "ab") as log:
            process = subprocess.Popen(
                [*SLIPWAY, "run"], cwd=ROOT, env=self.environ, stderr=log, start_new_session=True
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(10)

    def status(self) -> list[dict[str, Any]]:
        """`status --json`, every note."""
        answer = self.slipway("status", "--json")
        assert answer.returncode == 0, answer.stderr
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def receipt(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.spool / "receipts" / f"{name}.receipt.json").read_text())
        return content

    def events(self) -> list[dict[str, Any]]:
        """What the services logged; a killed one's helpers may have had their own say between the lines."""
        lines = (self.spool / "service.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def sheets(self) -> Counter[tuple[str, str]]:
        """What came out of the folder printers: how often each (queue, job name)."""
        return Counter((path.parent.name, path.stem) for path in (self.spool / "printers").glob("*/*.pdf"))

    def files(self) -> dict[str, list[str]]:
        """The names in each folder of the spool that a drop can be in."""
        folders = ("incoming", "working", "problem")
        found = {folder: sorted(path.name for path in (self.spool / folder).glob("*")) for folder in folders}
        return found | {"done": sorted(path.name for path in (self.spool / "done").glob("*/*"))}


def order_file(shipment: Shipment) -> bytes:
    """The canonical JSON file of a shipment."""
    return json.dumps(dump_shipment(shipment), ensure_ascii=False).encode()


def shipments(count: int) -> Sequence[Shipment]:
    """Small orders in three languages, one in four of them the first of two parcels."""
    made = []
    for number in range(count):
        language = ("en", "fr", "de")[number % 3]
        site, country, currency = CITIES[language]
        shipment = a_shipment(
            order_id=f"{600000 + number}",
            site=site,
            language=language,
            currency=currency,
            delivery_address=an_address(country=country),
            lines=tuple(
                a_line(sku=f"{line}", quantity=line + 1, quantity_ordered=line + 1) for line in range(number % 5 + 1)
            ),
        )
        made.append(replace(shipment, of=2, final=False) if number % 4 == 0 else shipment)
    return made


def make_orders(corpora: Path, out: Path, *options: str) -> list[dict[str, object]]:
    """Order files of real invoices; the oracle's rows."""
    maker = [sys.executable, str(corpora / "orders" / "make_orders.py"), "--out", str(out), *options]
    subprocess.run(maker, check=True, capture_output=True, timeout=120)
    return [json.loads(line) for line in (out / "expected.jsonl").read_text().splitlines()]
