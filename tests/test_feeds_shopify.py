"""Shopify's orders through config/feeds/shopify.toml: one shipment for each fulfillment."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from service.config import read_config
from service.intake.feeds import Feeds, compile_feeds
from service.intake.reading import grows_by_lines
from service.model import Address, Customer, Line, Order, Shipment
from tests.order_documents import read, rejection, told

SAMPLES = Path(__file__).parent / "feeds"


@pytest.fixture(scope="module")
def feeds() -> Feeds:
    return compile_feeds(read_config(Path(__file__).parent.parent / "config", {}))


def the_order() -> dict[str, Any]:
    order: dict[str, Any] = json.loads((SAMPLES / "shopify-partial.json").read_bytes())["order"]
    return order


def a_drop(*orders: dict[str, Any]) -> bytes:
    return json.dumps({"order": orders[0]} if len(orders) == 1 else {"orders": orders}).encode()


BOARD = Line("BRD-WAL-40", "Walnut bread board - 40 cm", "", 1, 1, Decimal("64.00"))
MUGS = Line("MUG-STN-OAT", "Stoneware mug - oat", "", 4, 6, Decimal("18.50"))
TOWELS = Line("90218", "Linen tea towel", "", 2, 2, Decimal("14.75"))
FIRST = Shipment(
    order=Order(
        order_id="20417",
        revision=1,
        shop="amber-home",
        site="int",
        language="en-US",
        currency="USD",
        priority="express",
        gift=True,
        gift_message="For the new kitchen.\nLove, Wren",
        ordered_at=datetime(2026, 11, 18, 13, 12, 40, tzinfo=UTC),
        customer=Customer("880214", "Juniper Hale", "returning", 3, "allowed"),
        delivery_address=Address(
            "Juniper Hale", ("418 Alder Street", "Apt 6"), "04101", "Portland", "US", region="Maine"
        ),
    ),
    number=1,
    of=3,
    final=False,
    promised_at=datetime(2026, 11, 19, 20, 40, 2, tzinfo=UTC),
    dispatched_at=datetime(2026, 11, 19, 20, 40, 2, tzinfo=UTC),
    lines=(BOARD, MUGS),
)
LATER = datetime(2026, 11, 20, 14, 5, 11, tzinfo=UTC)
SECOND = replace(FIRST, number=2, promised_at=LATER, dispatched_at=LATER, lines=(TOWELS,))


def test_each_fulfillment_that_left_is_a_shipment_and_a_partial_order_has_more_to_come(feeds: Feeds) -> None:
    reading = read("shopify-20417.json", a_drop(the_order()), feeds)
    assert ([FIRST, SECOND], ()) == ([each.shipment for each in reading.shipments], reading.refusals)
    assert not grows_by_lines("shopify-20417.json", feeds)


def test_the_last_fulfillment_of_a_fulfilled_order_is_final(feeds: Feeds) -> None:
    reading = read("shopify-1.json", a_drop({**the_order(), "fulfillment_status": "fulfilled"}), feeds)
    assert [(1, 2, False), (2, 2, True)] == [
        (each.shipment.number, each.shipment.of, each.shipment.final) for each in reading.shipments
    ]


def test_an_order_may_stand_bare_as_webhooks_send_it(feeds: Feeds) -> None:
    assert read("shopify-1.json", json.dumps(the_order()).encode(), feeds) == read(
        "Shopify-1.JSON", a_drop(the_order()), feeds
    )


def test_many_orders_in_a_file_are_refused_one_by_one(feeds: Feeds) -> None:
    bad = {**the_order(), "order_number": 20418}
    bad["shipping_address"] = {**bad["shipping_address"], "country_code": "XX", "city": None}
    bad["fulfillments"] = bad["fulfillments"][:1]
    reading = read("shopify-all.json", a_drop(the_order(), bad), feeds)
    country = "delivery_address.country must be a country code of ISO 3166-1, as in GB, FR, DE"
    assert [1, 2] == [each.position for each in reading.shipments]
    expected = (
        "invalid-order",
        f"delivery_address.city is missing; {country}",
        "/orders/1/shipping_address/city; /orders/1/shipping_address/country_code",
    )
    assert [expected] == [told(each) for each in reading.refusals]


def test_a_fault_names_the_place_in_shopifys_file(feeds: Feeds) -> None:
    order = the_order()
    order["fulfillments"] = order["fulfillments"][:1]
    order["fulfillments"][0]["line_items"][1]["price"] = "cheap"
    order["line_items"][1]["quantity"] = 3
    error = rejection("shopify-1.json", a_drop(order), feeds)
    assert "/order/fulfillments/0/line_items/1/price" in error.where
    assert "lines.unit_price must be an amount, as in 1234.50" in error.what


def test_an_order_without_fulfillment_has_nothing_to_print(feeds: Feeds) -> None:
    error = rejection("shopify-1.json", a_drop({**the_order(), "fulfillments": []}), feeds)
    what = "the order has no shipment to make a note for"
    assert ("invalid-order", what, "/order/fulfillments") == told(error)


def test_a_guest_has_no_number(feeds: Feeds) -> None:
    order = the_order()
    del order["customer"]
    customer = read("shopify-1.json", a_drop(order), feeds).shipments[0].shipment.order.customer
    assert ("", "new", 0) == (customer.id, customer.status, customer.previous_orders)


def test_fields_that_nobody_asked_for_are_listed_by_name(feeds: Feeds) -> None:
    dropped = read("shopify-1.json", a_drop(the_order()), feeds).dropped
    assert {"email", "total_price", "fulfillments.tracking_number", "customer.last_name"} <= set(dropped)
    assert "currency" not in dropped


@pytest.mark.corpora
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("order", Line("IPOD2008GREEN", "IPod Nano - 8gb - green", "", 1, 1, Decimal("199.00"))),
        ("orders", Line("IPOD2008GREEN", "IPod Nano - 8gb - green", "", 1, 1, Decimal("199.00"))),
        ("order_with_properties", None),
    ],
)
def test_shopifys_own_fixtures_read_whole(name: str, line: Line | None, feeds: Feeds, corpora: Path) -> None:
    content = (corpora / f"feeds/shopify_api-ruby/test/fixtures/{name}.json").read_bytes()
    error = rejection("shopify-1.json", content, feeds)
    assert "the order has no shipment to make a note for" == error.what  # its only fulfillment failed
    shipment = read("shopify-1.json", content.replace(b'"failure"', b'"success"'), feeds).shipments[0].shipment
    assert ("1001", "USD", "partial") == (shipment.order.order_id, shipment.order.currency, shipment.kind)
    assert line in (None, shipment.lines[0])


@pytest.mark.corpora
def test_every_other_file_of_a_shop_is_read_or_rejected(feeds: Feeds, corpora: Path) -> None:
    for path in sorted((corpora / "feeds").rglob("*.json")):
        if path.stem not in ("order", "orders", "order_with_properties"):
            assert rejection("shopify-1.json", path.read_bytes(), feeds).code
