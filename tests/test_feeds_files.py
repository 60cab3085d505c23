"""Feed files: what an analyst may write, and how each mistake is named."""

import json
from pathlib import Path

import pytest

from service.config import Config, read_config
from service.errors import ConfigInvalid
from service.intake.feeds import Feeds, compile_feeds
from service.intake.fields import FIELDS
from tests.order_documents import read, rejection, the_shipment, told

ROOT = Path(__file__).parent.parent

JSON_FEED = """
files = ["till-*.json"]
format = "json"
orders = ["sales[]"]
lines = "goods[]"
[fields]
order_id = "no"
shop = { value = "amber-home" }
site = { value = "uk" }
language = { value = "en" }
currency = { value = "GBP" }
ordered_at = "at"
promised_at = "at"
dispatched_at = "at"
shipment.number = { value = 1 }
shipment.of = { value = 1 }
shipment.final = { value = true }
customer.id = { value = "" }
customer.name = "who.name"
customer.status = { value = "new" }
customer.previous_orders = { value = 0 }
customer.marketing = { value = "unknown" }
delivery_address.name = "who.name"
delivery_address.lines = ["who.street", "who.floor"]
delivery_address.postcode = "who.postcode"
delivery_address.city = "who.city"
delivery_address.country = { value = "GB" }
lines.sku = "goods[].sku"
lines.description = "goods[].text"
lines.quantity = "goods[].n"
lines.quantity_ordered = "goods[].n"
lines.unit_price = "goods[].price"
"""

SALE = """{"sales": [{"no": 7, "at": "2026-11-20T10:00:00Z",
 "who": {"name": " Ada ", "street": "1 Dock St", "floor": null, "postcode": "BS1", "city": "Bristol"},
 "goods": [{"sku": "A", "text": "", "n": 2, "price": 4.50}]}]}"""


def config_with(folder: Path, **feeds: str) -> Config:
    """The configuration of the checkout with these feeds and no others."""
    for path in (ROOT / "config").rglob("*"):
        target = folder / path.relative_to(ROOT / "config")
        if path.is_dir():
            target.mkdir(exist_ok=True)
        elif path.parent.name != "feeds":
            target.write_bytes(path.read_bytes())
    for name, text in feeds.items():
        (folder / "feeds" / f"{name}.toml").write_text(text, encoding="utf-8")
    return read_config(folder, {})


def feeds_of(folder: Path, **feeds: str) -> Feeds:
    return compile_feeds(config_with(folder, **feeds))


def test_a_feed_takes_the_names_it_lists_and_no_others(tmp_path: Path) -> None:
    feeds = feeds_of(tmp_path, till=JSON_FEED)
    shipment = the_shipment(read("till-1.json", SALE.encode(), feeds))
    assert ("7-1-r1", "Ada", ("1 Dock St",), "4.5") == (
        shipment.note_id,
        shipment.order.customer.name,
        shipment.order.delivery_address.lines,
        str(shipment.lines[0].unit_price),
    )
    assert "unknown-format" == rejection("other.json", SALE.encode(), feeds).code


def test_a_file_in_which_the_feed_finds_no_order_is_of_an_unknown_format(tmp_path: Path) -> None:
    feeds = feeds_of(tmp_path, till=JSON_FEED)
    expected = ("unknown-format", "no order stands where the feed till looks for it", "")
    assert expected == told(rejection("till-1.json", b'{"sale": []}', feeds))


def test_json_lines_go_through_a_feed_line_by_line(tmp_path: Path) -> None:
    text = JSON_FEED.replace('"till-*.json"', '"till-*.log"').replace('"json"', '"jsonl"')
    feeds = feeds_of(tmp_path, till=text)
    line = SALE.replace("\n", " ")
    reading = read("till-1.log", f"{line}\n{line.replace(': 2,', ': 0,').replace(': 7', ': 8')}\n".encode(), feeds)
    expected = (
        "invalid-order",
        "lines.quantity must be at least 1; lines.quantity_ordered must be at least 1",
        "line 2, /sales/0/goods/0/n",
    )
    assert [expected] == [told(refusal) for refusal in reading.refusals]
    assert 1 == len(reading.shipments)


def test_a_feed_may_say_where_the_picture_of_an_article_stands(tmp_path: Path) -> None:
    feeds = feeds_of(tmp_path, till=JSON_FEED + 'lines.picture = "goods[].photo"\n')
    pictures = []
    for photo in ('"DSC 0042"', "42", '" "', "null"):
        sale = SALE.replace('"text": ""', f'"text": "", "photo": {photo}').encode()
        pictures += [line.picture for line in the_shipment(read("till-1.json", sale, feeds)).lines]
    assert ["DSC 0042", "42", "", ""] == pictures


def test_a_feed_may_take_the_newest_parcel_only_and_its_number_is_its_place(tmp_path: Path) -> None:
    own_numbers = [f"shipment.{name} = {{ value = {value} }}\n" for name, value in (("number", 1), ("of", 1))]
    text = JSON_FEED.replace('lines = "goods[]"', 'shipments = "parcels[-1]"\nlines = "parcels[-1].goods[]"')
    text = text.replace('"goods[].', '"parcels[-1].goods[].').replace("shipment.final = { value = true }\n", "")
    for line in own_numbers:
        text = text.replace(line, "")
    feeds = feeds_of(tmp_path, till=text)
    sale = json.loads(SALE)
    goods = sale["sales"][0].pop("goods")
    sale["sales"][0]["parcels"] = [{"goods": []}, {"goods": goods}]
    shipment = the_shipment(read("till-1.json", json.dumps(sale).encode(), feeds))
    assert (2, 2, True, "A") == (shipment.number, shipment.of, shipment.final, shipment.lines[0].sku)


def test_two_feeds_for_one_name_are_a_refusal_not_a_guess(tmp_path: Path) -> None:
    feeds = feeds_of(tmp_path, one=JSON_FEED, two=JSON_FEED.replace("till-*", "*"))
    assert "the feeds one and two both take this name" == rejection("till-1.json", b"{}", feeds).what


def test_without_lines_total_a_flat_file_may_always_grow_and_a_broken_row_costs_it_all(tmp_path: Path) -> None:
    columns = ["no", "at", "who.name", "who.street", "who.floor", "who.postcode", "who.city"]
    columns += ["goods[].sku", "goods[].text", "goods[].n", "goods[].price"]
    text = JSON_FEED.replace('"till-*.json"', '"till-*.csv"').replace('"json"', '"csv"')
    feeds = feeds_of(tmp_path, till=text.replace('orders = ["sales[]"]\nlines = "goods[]"\n', ""))
    header = ",".join(columns)
    row = "7,2026-11-20T10:00:00Z,Ada,1 Dock St,,BS1,Bristol,A,Cup,2,4.50"
    reading = read("till-1.csv", f"{header}\n{row}\n".encode(), feeds)
    assert ("7-1-r1", True) == (the_shipment(reading).note_id, reading.may_grow)
    error = rejection("till-1.csv", f"{header}\n{row}\n{row},x\n".encode(), feeds)
    assert ("invalid-csv", "the row has 12 values, the header 11", "row 3") == told(error)


FAULTS = [
    ('orders = ["sales[]"]', 'orders = ["shops[].sales[]"]', "till.toml:4: orders: `[]` stands for the entry at hand"),
    ('lines = "goods[]"', 'lines = "boxes[].goods[]"', "till.toml:5: lines: `[]` stands for the entry at hand"),
    ('order_id = "no"', 'order_id = "no..x"', "till.toml:7: fields.order_id: not a path from character 3 on"),
    (
        'order_id = "no"',
        'order_id = "lines[].no"',
        "till.toml:7: fields.order_id: `[]` stands for the entry at hand, which here is nothing",
    ),
    ('order_id = "no"', 'order_id = "a[b=lines[].no].c"', "till.toml:7: fields.order_id: `[]` stands for"),
    (
        'order_id = "no"',
        'order_id = ["no", "at"]',
        "till.toml:7: fields.order_id: takes one source; to put several together write { join",
    ),
    (
        'order_id = "no"',
        'order = "no"',
        "till.toml:7: fields.order: a feed can give no such field; did you mean order_id?",
    ),
    ('order_id = "no"', 'order = "no"', "till.toml:6: fields: nothing gives order_id, which every order must have"),
    ('order_id = "no"', "order_id = 7", "till.toml:7: fields.order_id"),
    ('order_id = "no"', 'order_id = { form = "no" }', "till.toml:7: fields.order_id.form: there is no such key"),
    (
        'order_id = "no"',
        'order_id = { from = "no", value = 1 }',
        "till.toml:7: fields.order_id: give exactly one of from, join, first_of, value",
    ),
    (
        'order_id = "no"',
        'order_id = { from = "no", otherwise = 1 }',
        "till.toml:7: fields.order_id: otherwise needs a table",
    ),
    (
        '{ value = "amber-home" }',
        '{ value = "amber" }',
        "till.toml:8: fields.shop: amber is not in slipway.toml, which has amber-home",
    ),
    (
        '{ value = "uk" }',
        '{ from = "s", table = { x = "us" } }',
        "till.toml:9: fields.site: us is not in slipway.toml, which has uk, eu, int",
    ),
    ('format = "json"', 'format = "xml"', "till.toml:3: format: Input should be 'json', 'jsonl' or 'csv'"),
    (
        'format = "json"',
        'format = "json"\nencoding = "cp-1252x"',
        "till.toml:4: encoding: not an encoding of text files",
    ),
    ('format = "json"', 'format = "json"\nencoding = "base64"', "till.toml:4: encoding: not an encoding of text files"),
    (
        'format = "json"',
        'format = "json"\ntimezone = "Berlin"',
        "till.toml:4: timezone: not a time zone of the IANA database",
    ),
    ('format = "json"', 'format = "json"\nline = "pos"', "lines_total and line are for CSV"),
    ("{ value = 1 }", '{ value = "1" }', "till.toml:15: fields.shipment.number: what it gives must be a whole number"),
    ("{ value = true }", "{ value = 1 }", "till.toml:17: fields.shipment.final: what it gives must be true or false"),
    ('{ value = "en" }', "{ value = 7 }", "till.toml:10: fields.language: what it gives must be a text"),
    ('format = "json"', 'format = "csv"', "shipments, lines, skip and complete are for JSON"),
    ('lines = "goods[]"', "", "lines must say where the lines of goods stand, as in items[]"),
    (
        'lines = "goods[]"',
        'lines = "goods[]"\nskipp = 1',
        "till.toml:6: skipp: there is no such key; did you mean skip?",
    ),
    (
        'lines = "goods[]"',
        'lines = "goods[]"\nskip = { from = "a[", values = ["x"] }',
        "till.toml:6: skip.from: not a path from character 2 on",
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), FAULTS)
def test_a_mistake_in_a_feed_file_is_named_with_its_line_and_key(old: str, new: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as raised:
        feeds_of(tmp_path, till=JSON_FEED.replace(old, new, 1))
    assert said in str(raised.value)


def test_every_field_of_the_order_file_can_be_mapped() -> None:
    """The table that feeds are checked against is read off the models, list entries and all."""
    assert {"order_id", "shipment.final", "customer.loyalty.points", "delivery_address.lines", "lines.unit_price"} < {
        ".".join(key) for key in FIELDS
    }


def test_the_feeds_that_come_with_the_service_compile() -> None:
    names = [feed.name for feed in compile_feeds(read_config(ROOT / "config", {})).feeds]
    assert ["lager-csv", "shopify"] == names
