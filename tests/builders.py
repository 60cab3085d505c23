"""Records for tests: whole and plausible, so that a test shows only what matters to it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from service.model import Address, Customer, Line, Loyalty, Order, Recommendation, Shipment

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def a_line(**changes: Any) -> Line:
    line = Line(
        sku="22139",
        description="Retrospot tea set ceramic 11 pc",
        category="tableware",
        quantity=2,
        quantity_ordered=2,
        unit_price=Decimal("4.95"),
    )
    return replace(line, **changes)


def a_customer(**changes: Any) -> Customer:
    customer = Customer(
        id="17920",
        name="Ada Whitfield",
        status="returning",
        previous_orders=3,
        marketing="allowed",
        member_since=date(2024, 5, 2),
        birthday="06-17",
        loyalty=Loyalty(tier="silver", points=120, earned=42),
        referral_code="FRIEND-317938",
    )
    return replace(customer, **changes)


def an_address(**changes: Any) -> Address:
    address = Address(
        name="Ada Whitfield", lines=("Flat 27, Ward Court",), postcode="BS1 4DJ", city="Bristol", country="GB"
    )
    return replace(address, **changes)


def an_order(**changes: Any) -> Order:
    order = Order(
        order_id="509217",
        revision=1,
        shop="amber-home",
        site="uk",
        language="en",
        currency="GBP",
        priority="standard",
        gift=False,
        gift_message="",
        ordered_at=datetime(2026, 11, 19, 9, 30, tzinfo=UTC),
        customer=a_customer(),
        delivery_address=an_address(),
    )
    return replace(order, **changes)


def a_shipment(**changes: Any) -> Shipment:
    """A shipment; `order_id`, `language` and the order's other fields may be given along with the shipment's own."""
    own = {name: changes.pop(name) for name in list(changes) if name in Shipment.__dataclass_fields__}
    shipment = Shipment(
        order=own.pop("order", None) or an_order(**changes),
        number=1,
        of=1,
        final=True,
        promised_at=datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
        dispatched_at=datetime(2026, 11, 21, 11, 30, tzinfo=UTC),
        lines=(a_line(), a_line(sku="84347", description="Rotating silver angels", quantity=4, quantity_ordered=6)),
    )
    return replace(shipment, **own)


def recommend_nothing(_shipment: Shipment, _had: frozenset[str]) -> tuple[Recommendation, ...]:
    """As where there is no model."""
    return ()
