"""What is dropped, and what must come of it: orders whose numbers never repeat and whose customers are markers.

Every customer's name and street is made of a word that stands nowhere else: found on the paper it says that the right
content is there, found anywhere outside the spool's orders and notes it is a leak.
"""

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from service.intake.order_file import dump_shipment
from service.model import Shipment
from tests.builders import a_customer, a_line, a_shipment, an_address
from tests.order_documents import as_csv, as_lines, flat_rows
from tests.shop import CITIES, order_file

MARKER = "Quillvex"  # begins every name that the rig makes
STREET, CITY, CUSTOMER, GREETING = "Zéphyrhöj", "Mjölstead", "kq7vex-", "Brüßwaldorn"
PERSONAL = (MARKER, STREET, CITY, CUSTOMER, GREETING)  # words that stand in orders and notes, and nowhere else
USER = "slipway"  # in whose name warm lives print: root may print anywhere


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file for the hot folder: the notes that it must bring, and how many times anything of it is refused."""

    name: str
    content: bytes
    shipments: tuple[Shipment, ...]
    is_refused: bool = False

    @property
    def note_ids(self) -> tuple[str, ...]:
        return tuple(shipment.note_id for shipment in self.shipments)


class Orders:
    """Makes orders, the same ones for the same seed."""

    def __init__(self, chance: random.Random, first: int = 700_000) -> None:
        self._chance = chance
        self._numbers = itertools.count(first)

    def shipment(self, language: str = "", marketing: str = "allowed") -> Shipment:
        """A small shipment of an order of its own."""
        number = next(self._numbers)
        site, country, currency = CITIES[language or self._chance.choice(list(CITIES))]
        count = self._chance.randint(1, 4)
        greeting = f"{GREETING} {number}" if self._chance.random() < 0.3 else ""
        return a_shipment(
            order_id=f"{number}",
            site=site,
            language=language or {"GBP": "en"}.get(currency, "fr" if country == "FR" else "de"),
            currency=currency,
            gift=bool(greeting),
            gift_message=greeting,
            customer=a_customer(id=f"{CUSTOMER}{number}", name=f"{MARKER} {number}", marketing=marketing),
            delivery_address=an_address(
                name=f"{MARKER} {number}", lines=(f"{STREET} {number}",), city=CITY, country=country
            ),
            lines=tuple(a_line(sku=f"{line}", quantity=line + 1, quantity_ordered=line + 1) for line in range(count)),
        )

    def one(self, language: str = "") -> Dropped:
        """An order file of one shipment."""
        shipment = self.shipment(language)
        return Dropped(f"order-{shipment.note_id}.json", order_file(shipment), (shipment,))

    def objecting(self) -> Dropped:
        """An order of a customer who objects to marketing."""
        shipment = self.shipment("en", "objected")
        return Dropped(f"order-{shipment.note_id}.json", order_file(shipment), (shipment,))

    def some(self, count: int) -> Iterator[Dropped]:
        return (self.one() for _ in range(count))

    def parcels(self) -> Dropped:
        """Both parcels of an order, in JSON Lines."""
        first = replace(self.shipment("en"), of=2, final=False)
        second = replace(first, number=2, final=True)
        content = as_lines(*(dump_shipment(shipment) for shipment in (first, second)))
        return Dropped(f"parcels-{first.note_id}.jsonl", content, (first, second))

    def flat(self) -> Dropped:
        """Two shipments in a CSV file."""
        shipments = (self.shipment("en"), self.shipment("en"))
        rows = [row for shipment in shipments for row in flat_rows(json.loads(order_file(shipment)))]
        return Dropped(f"flat-{shipments[0].note_id}.csv", as_csv(rows), shipments)

    def broken(self) -> Dropped:
        """A file that is JSON and no order."""
        return Dropped(f"broken-{next(self._numbers)}.json", b'{"schema": "slipway/order/1"}', (), is_refused=True)

    def half(self) -> Dropped:
        """Two shipments in JSON Lines, one of which is refused."""
        good, bad = self.shipment("en"), self.shipment("en")
        spoilt = dump_shipment(bad) | {"currency": "?"}
        content = as_lines(dump_shipment(good), spoilt)
        return Dropped(f"half-{good.note_id}.jsonl", content, (good,), is_refused=True)

    def assortment(self) -> list[Dropped]:
        """One of each kind."""
        return [self.one("en"), self.parcels(), self.flat(), self.broken(), self.half()]
