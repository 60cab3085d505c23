"""What a shipment brings beside its note when it enters the ledger: what was bought, and the codes that paid for it."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from service.ledger.accounts import Entry
from service.ledger.prepared import Row, change, change_each, rows
from service.ledger.schema import articles, purchases, tombstones, voucher_codes
from service.model import Line

MOST = 128  # so many SKUs are asked for at once
_FORGOTTEN = sa.select(tombstones.c.at).where(tombstones.c.customer == sa.bindparam("of_customer"))
_NEW_PURCHASE = purchases.insert()
_NEW_ARTICLE = articles.insert().returning(articles.c.article_id)
_IS_ARTICLE = articles.c.article_id == sa.bindparam("of_article")
_RENAME = articles.update().where(_IS_ARTICLE).values(category=sa.bindparam("to"))
_REDEEM = (
    voucher_codes.update()
    .where(sa.func.lower(voucher_codes.c.code) == sa.bindparam("of_code"), voucher_codes.c.redeemed_at.is_(None))
    .values(redeemed_at=sa.bindparam("at"), redeemed_by=sa.bindparam("order"))
)


def is_forgotten(connection: sa.Connection, entry: Entry) -> bool:
    """True if who ordered it wanted to be forgotten after this order."""
    if not (who := entry.customer or entry.objector):
        return False
    forgotten = rows(connection, _FORGOTTEN, {"of_customer": who})
    return any(entry.shipment.order.ordered_at <= row["at"] for row in forgotten)


def keep_purchase(connection: sa.Connection, entry: Entry) -> None:
    """What is in this parcel, each article once."""
    shipment = entry.shipment
    lines = {line.sku: line for line in shipment.lines}
    ids = _article_ids(connection, shipment.order.shop, tuple(lines.values()))
    bought = [{"note_id": shipment.note_id, "article_id": ids[sku]} for sku in lines]
    change_each(connection, _NEW_PURCHASE, bought)


def _article_ids(connection: sa.Connection, shop: str, lines: Sequence[Line]) -> dict[str, int]:
    """The number of each SKU's article; one that is new gets its own, one that changed its category has the new one."""
    known = [
        article for at in range(0, len(lines), MOST) for article in _known(connection, shop, lines[at : at + MOST])
    ]
    ids = {article["sku"]: article["article_id"] for article in known}
    categories = {article["sku"]: article["category"] for article in known}
    for line in lines:
        if line.sku not in ids:
            row = {"shop": shop, "sku": line.sku, "category": line.category}
            ids[line.sku] = connection.execute(_NEW_ARTICLE, row).scalar_one()
        elif line.category and line.category != categories[line.sku]:
            connection.execute(_RENAME, {"of_article": ids[line.sku], "to": line.category})
    return ids


def _known(connection: sa.Connection, shop: str, lines: Sequence[Line]) -> list[Row]:
    """The articles of these lines that are known."""
    places = 1 << (len(lines) - 1).bit_length()  # few statements for all lengths: the last SKU fills up
    skus = [line.sku for line in lines] + [lines[-1].sku] * (places - len(lines))
    facts = {f"sku_{place}": sku for place, sku in enumerate(skus)}
    return rows(connection, _articles_among(places), {"of_shop": shop, **facts})


@cache
def _articles_among(skus: int) -> sa.Select[tuple[str, int, str]]:
    """As `in`, but of a text that prepared.py can keep."""
    is_among = sa.or_(*(articles.c.sku == sa.bindparam(f"sku_{place}") for place in range(skus)))
    wanted = sa.select(articles.c.sku, articles.c.article_id, articles.c.category)
    return wanted.where(articles.c.shop == sa.bindparam("of_shop"), is_among)


def redeem(connection: sa.Connection, codes: Sequence[str], order_id: str, at: datetime) -> int:
    """These codes paid for an order; how many of them are ours and were not redeemed before."""
    facts = {"order": order_id, "at": at}
    return sum(change(connection, _REDEEM, {"of_code": code, **facts}) for code in {code.lower() for code in codes})
