"""Any order that an order file can say, and any with one fault, from the strategies of tests/order_strategies.py.

Half of the orders are of letters that the fonts that ship have, so that most of them are printed; of the others most
wait for a person: nobody's font has every character of Unicode.
"""

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from service.intake.order_file import dump_shipment
from service.model import Shipment
from tests.builders import an_address
from tests.order_documents import as_json
from tests.order_strategies import faults, shipments
from tests.prove.orders import MARKER, Dropped, Orders
from tests.shop import order_file

LETTERS = "abcdefghijklmnopqrstuvwxyz ABCDEFGH 0123456789 .,-'&/()éàüßøłñçşăθλжыіßŒæ"
SITES = {"uk": "GBP", "eu": "EUR", "int": "EUR"}


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A file with one fault, in words, and the place that the refusal must name."""

    what: str
    pointer: str
    drop: Dropped


def orders_of_any_kind(number: int, count: int, orders: Orders) -> list[tuple[Dropped, Shipment]]:
    """So many files of one order each, the same for the same number."""
    drawn = _drawn(shipments(), number, count)
    made = []
    for place, shipment in enumerate(drawn):
        made.append(house_order(in_letters(shipment) if place % 2 == 0 else shipment, orders.shipment("en")))
    return [(Dropped(f"any-{each.note_id}.json", order_file(each), (each,)), each) for each in made]


def almost_orders(number: int, count: int, orders: Orders) -> list[Spoilt]:
    """So many files with one fault each."""
    made = []
    for fault in _drawn(faults(), number, count):
        shipment = orders.shipment("en")
        document = fault.put_into(dump_shipment(shipment))
        made.append(
            Spoilt(fault.what, fault.pointer, Dropped(f"almost-{shipment.note_id}.json", as_json(document), ()))
        )
    return made


def _drawn(strategy: st.SearchStrategy[Any], number: int, count: int) -> list[Any]:
    drawn: list[Any] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(value: Any) -> None:
        drawn.append(value)

    draw()
    return drawn[:count]


def house_order(shipment: Shipment, ours: Shipment) -> Shipment:
    """The same order, of a shop and a site that are there, with a number and a customer of ours."""
    number = ours.order.order_id
    order = replace(
        shipment.order,
        order_id=number,
        shop="amber-home",
        language=shipment.order.language[:2] if shipment.order.language[:2] in ("en", "fr", "de") else "en",
        currency=SITES[shipment.order.site],
        customer=replace(shipment.order.customer, id=f"c{number}", name=f"{MARKER} {number}"),
        delivery_address=an_address(name=f"{MARKER} {number}", country=shipment.order.delivery_address.country),
    )
    return replace(shipment, order=order)


def in_letters(shipment: Shipment) -> Shipment:
    """The shipment with every character of its words that a font may lack replaced, always by the same one."""
    lines = tuple(
        replace(line, sku=_letters(line.sku), description=_letters(line.description), category=_letters(line.category))
        for line in shipment.lines
    )
    order = shipment.order
    tiles = tuple(replace(tile, description=_letters(tile.description)) for tile in order.recommendations)
    customer = replace(
        order.customer, loyalty=replace(order.customer.loyalty, tier=_letters(order.customer.loyalty.tier))
    )
    words = _letters(order.gift_message)
    return replace(
        shipment, lines=lines, order=replace(order, customer=customer, recommendations=tiles, gift_message=words)
    )


def _letters(text: str) -> str:
    return "".join(letter if letter in LETTERS or letter == "\n" else LETTERS[ord(letter) % 26] for letter in text)
