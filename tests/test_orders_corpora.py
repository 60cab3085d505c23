"""Real orders, real strings and real CSV: read whole, or refused with a reason."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.errors import Rejected
from tests.order_documents import an_order_document, as_csv, as_json, flat_rows, read, rejection, the_shipment

pytestmark = pytest.mark.corpora


def made_orders(corpora: Path, folder: Path, *options: str) -> list[dict[str, Any]]:
    """Order files made from real invoices, and what they should say."""
    command = [sys.executable, str(corpora / "orders" / "make_orders.py"), "--out", str(folder), *options]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    return [json.loads(line) for line in (folder / "expected.jsonl").read_text(encoding="utf-8").splitlines()]


def said_of(folder: Path, names: list[str]) -> list[tuple[Any, ...]]:
    found = []
    for name in names:
        reading = read(name, (folder / name).read_bytes())
        assert () == reading.refusals
        assert not reading.may_grow
        for shipment in (each.shipment for each in reading.shipments):
            units = sum(line.quantity for line in shipment.lines)
            order = shipment.order
            found.append((order.order_id, shipment.number, shipment.of, shipment.final, order.site, order.language))
            found[-1] += (order.customer.status, order.customer.marketing, order.gift, len(shipment.lines), units)
    return found


EXPECTED = ("order_id", "shipment", "of", "final", "site", "language", "status", "marketing", "gift", "lines", "units")


@pytest.mark.parametrize(
    "options",
    [
        ("-n", "60", "--mix", "en=20,fr=20,de=20"),
        ("-n", "100", "--format", "csv", "--batch", "50"),
        ("-n", "60", "--dirty"),
        ("-n", "60", "--dirty", "--format", "csv", "--batch", "20"),
        ("-n", "8", "--biggest", "--guests", "--charges"),
        ("-n", "8", "--biggest", "--guests", "--charges", "--format", "csv", "--batch", "4"),
    ],
    ids=" ".join,
)
def test_every_real_order_is_read_whole(options: tuple[str, ...], corpora: Path, tmp_path: Path) -> None:
    expected = made_orders(corpora, tmp_path, *options)
    names = list(dict.fromkeys(each["file"] for each in expected))
    assert [tuple(each[name] for name in EXPECTED) for each in expected] == said_of(tmp_path, names)


def test_real_orders_have_one_hash_in_json_and_csv(corpora: Path, tmp_path: Path) -> None:
    """In the columns of make_orders alone a flat file says less; with all of ours it says the same."""
    for each in made_orders(corpora, tmp_path, "-n", "20", "--dirty"):
        content = (tmp_path / each["file"]).read_bytes()
        document = {"revision": 1, **json.loads(content)}
        document["delivery_address"] = {"region": "", **document["delivery_address"]}
        assert read("a.json", content) == read("a.csv", as_csv(flat_rows(document)))


def naughty_strings(corpora: Path) -> list[str]:
    strings: list[str] = json.loads((corpora / "text" / "blns" / "blns.json").read_bytes())
    return strings


STRING_FIELDS = (
    *("order_id", "shop", "site", "language", "currency", "priority", "gift_message", "ordered_at"),
    *("customer__id", "customer__name", "customer__status", "customer__birthday", "customer__referral_code"),
    *("customer__loyalty__tier", "delivery_address__name", "delivery_address__lines__0", "delivery_address__city"),
    *("delivery_address__postcode", "delivery_address__region", "delivery_address__country"),
    *("lines__0__sku", "lines__0__description", "lines__0__category", "lines__0__picture"),
    "lines__0__unit_price",
)


@pytest.mark.parametrize("field", STRING_FIELDS)
def test_naughty_strings_come_through_unchanged_or_are_refused(field: str, corpora: Path) -> None:
    for text in naughty_strings(corpora):
        document = an_order_document(**{field: text})
        for name, content in (("a.json", as_json(document)), ("a.csv", as_csv(flat_rows(document)))):
            try:
                reading = read(name, content)
            except Rejected as error:
                assert text not in error.what or len(text) < 4
            else:
                assert reading.refusals or the_shipment(reading)


def test_most_naughty_strings_are_good_names(corpora: Path) -> None:
    strings = [text for text in naughty_strings(corpora) if text.strip() and len(text) <= 100]
    taken = 0
    for text in strings:
        try:
            shipment = the_shipment(read("a.json", as_json(an_order_document(customer__name=text))))
        except Rejected as error:
            assert "control character" in error.what
        else:
            taken += shipment.order.customer.name == text
    assert taken > 0.95 * len(strings)


def test_no_foreign_csv_is_taken_for_orders(corpora: Path) -> None:
    paths = sorted((corpora / "text" / "csv-spectrum" / "csvs").glob("*.csv"))
    assert 12 == len(paths)
    for path in paths:
        assert rejection(path.name, path.read_bytes()).code in ("invalid-csv", "incomplete")


def test_every_way_of_writing_csv_reads_as_the_standard_library_does(corpora: Path) -> None:
    """Quotes, commas, line ends and scripts in a cell: what a shop's CSV writer does comes back as it was."""
    for path in sorted((corpora / "text" / "csv-spectrum" / "csvs").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row if len(cell) <= 300]
        for cell in cells:
            document = an_order_document(gift_message=cell.replace("\r\n", "\n"))
            message = the_shipment(read("a.csv", as_csv(flat_rows(document)))).order.gift_message
            assert document["gift_message"] == message
