"""What was sold, as the ledger knows it: orders and their articles, without names, prices and customers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from service.ledger.ledger import Ledger
from service.ledger.schema import articles, notes, purchases

_SOLD = (
    sa.select(notes.c.shop, notes.c.order_id, notes.c.arrived_at, articles.c.sku, articles.c.category)
    .select_from(notes.join(purchases, purchases.c.note_id == notes.c.note_id).join(articles))
    .where(notes.c.generation == 1)
    .order_by(notes.c.arrived_at, notes.c.note_id, articles.c.article_id)
)
_OF_ORDER = (
    sa.select(articles.c.sku)
    .select_from(notes.join(purchases, purchases.c.note_id == notes.c.note_id).join(articles))
    .where(notes.c.order_id == sa.bindparam("of_order"), notes.c.state != "cancelled")
    .distinct()
)


@dataclass(frozen=True, slots=True)
class Sold:
    """An article of an order."""

    shop: str
    order_id: str
    arrived_at: datetime
    sku: str
    category: str


def sold(ledger: Ledger) -> Iterator[Sold]:
    """Every article of every order that the ledger has, oldest first."""
    return (Sold(**row) for row in ledger.ask(_SOLD))


def skus_of(ledger: Ledger, order_id: str) -> frozenset[str]:
    """The articles in those parcels of an order that are known by now."""
    return frozenset(row["sku"] for row in ledger.ask(_OF_ORDER, {"of_order": order_id}))
