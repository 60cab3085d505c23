"""Pools of voucher codes: filled by import, emptied one code at a time by the intents of notes (exposures.py).

free        imported, wholly; reserved in memory while a note that would carry it is on its way
given       a note's intent took it, for one customer of one campaign; free for nobody else ever again. If all sheets
            that carry it were cancelled and none came out, it is given to the same customer with the next order
redeemed    it paid for an order; also one that was never given can be: somebody had it from elsewhere
ending      its last day is nearer than its campaigns allow: it is given to nobody any more
expired     its last day is over
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from service.errors import VouchersRefused
from service.ledger.entering import redeem
from service.ledger.ledger import Ledger
from service.ledger.schema import FREE, IS_IMPORTED, voucher_codes, voucher_imports
from service.marketing import CodeLine, Redemption
from service.model import Offer

_ASKED_AT_ONCE = 500
CHUNK = 1000  # codes in one change of the ledger: some 10 ms in which no note is written
TERMS = (
    *("code", "percent", "amount", "free_shipping", "minimum", "expires", "currency", "categories"),
    "excluded_categories",
)
_IS_OPEN = sa.or_(voucher_codes.c.expires == "", voucher_codes.c.expires >= sa.bindparam("day"))
_IS_MONEY = sa.or_(voucher_codes.c.amount != "0", voucher_codes.c.minimum != "0")
_FITS = sa.or_(voucher_codes.c.currency.in_(("", sa.bindparam("of_currency"))), ~_IS_MONEY)
FREE_CODES = (
    sa.select(voucher_codes.c.number, voucher_codes.c.code)
    .where(voucher_codes.c.pool == sa.bindparam("of_pool"), FREE, IS_IMPORTED, _IS_OPEN, _FITS)
    .where(voucher_codes.c.number > sa.bindparam("after"))
    .order_by(voucher_codes.c.number)
    .limit(sa.bindparam("count"))
)
_NEWEST = sa.select(sa.func.coalesce(sa.func.max(voucher_codes.c.number), 0).label("number")).where(IS_IMPORTED)
OFFERS = sa.select(*(voucher_codes.c[name] for name in TERMS)).where(
    voucher_codes.c.code.in_(sa.bindparam("codes", expanding=True)), FREE, _IS_OPEN
)
_BEGUN = sa.select(voucher_imports.c.from_number)
_KNOWN = sa.select(voucher_codes.c.pool, *(voucher_codes.c[name] for name in TERMS)).where(
    sa.func.lower(voucher_codes.c.code).in_(sa.bindparam("codes", expanding=True))
)
_STATS = (
    sa.select(
        voucher_codes.c.pool,
        voucher_codes.c.expires,
        sa.func.count().label("codes"),
        *(
            sa.func.count(sa.case((condition, 1))).label(name)
            for name, condition in (
                ("free", FREE),
                ("given", voucher_codes.c.given_at.is_not(None)),
                ("redeemed", voucher_codes.c.redeemed_at.is_not(None)),
            )
        ),
    )
    .where(IS_IMPORTED)
    .group_by(voucher_codes.c.pool, voucher_codes.c.expires)
    .order_by(voucher_codes.c.pool, voucher_codes.c.expires)
)
_AT_ONCE = timedelta()


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought: codes that are new, and codes that the pool had already."""

    new: int
    known: int


@dataclass(frozen=True, slots=True)
class PoolCount:
    """A pool in numbers. Free, ending and expired are of those never given; `next_expiry` is the first of the free.

    Ending codes have not expired, and are given to nobody: their last day is too near.
    """

    pool: str
    codes: int = 0
    free: int = 0
    given: int = 0
    redeemed: int = 0
    ending: int = 0
    expired: int = 0
    next_expiry: date | None = None


def import_codes(ledger: Ledger, pool: str, lines: Sequence[CodeLine]) -> Imported:
    """Put codes into a pool, all or none; a code that it has already with these terms stays as it is.

    All are checked, then written in chunks that nobody sees until the last is there, so that notes go on between them.
    What an import left that broke off is taken away by the next one. Raises VouchersRefused, naming the row, for a code
    that another pool has, or this one with other terms. Only for one at a time.
    """
    while ledger.ask(_BEGUN):
        ledger.change(_clear_some)
    new = _new_rows(ledger, pool, lines)
    for start in range(0, len(new), CHUNK):
        ledger.change(_bring(new, start))
    return Imported(len(new), len(lines) - len(new))


def _clear_some(connection: sa.Connection) -> None:
    """Take away codes of the import that broke off; once there are none, there was no such import."""
    left = sa.select(voucher_codes.c.number).where(~IS_IMPORTED).limit(CHUNK)
    if not connection.execute(voucher_codes.delete().where(voucher_codes.c.number.in_(left))).rowcount:
        connection.execute(voucher_imports.delete())


def _new_rows(ledger: Ledger, pool: str, lines: Sequence[CodeLine]) -> list[dict[str, Any]]:
    known = {row["code"].lower(): row for row in _known(ledger, [line.offer.code.lower() for line in lines])}
    for line in lines:
        if line.offer.code.lower() in known:
            _check_same(line, known[line.offer.code.lower()], pool)
    return [{"pool": pool, **row_of(line.offer)} for line in lines if line.offer.code.lower() not in known]


def _known(ledger: Ledger, codes: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for start in range(0, len(codes), _ASKED_AT_ONCE):
        yield from ledger.ask(_KNOWN, {"codes": codes[start : start + _ASKED_AT_ONCE]})


def _bring(rows: Sequence[dict[str, Any]], start: int) -> Callable[[sa.Connection], None]:
    """Writes the chunk that begins at `start`; the first one begins the import, with the last one all are there."""

    def bring(connection: sa.Connection) -> None:
        if start == 0:
            newest = sa.func.coalesce(sa.func.max(voucher_codes.c.number), 0)
            connection.execute(voucher_imports.insert().from_select(["from_number"], sa.select(newest + 1)))
        connection.execute(voucher_codes.insert(), rows[start : start + CHUNK])
        if start + CHUNK >= len(rows):
            connection.execute(voucher_imports.delete())

    return bring


def _check_same(line: CodeLine, known: Mapping[str, Any], pool: str) -> None:
    if known["pool"] != pool:
        raise VouchersRefused(f"pool {known['pool']} has this code", where=f"row {line.row}, column code")
    differing = [name for name, value in row_of(line.offer).items() if known[name] != value]
    if differing:
        what = "the pool has this code with other terms"
        raise VouchersRefused(what, where=f"row {line.row}, column {differing[0]}")


def redeem_codes(ledger: Ledger, redemptions: Sequence[Redemption], at: datetime) -> int:
    """Keep that codes were redeemed; how many of them are ours and were not known to be redeemed."""

    def keep(connection: sa.Connection) -> int:
        return sum(redeem(connection, (each.code,), each.order_id, at) for each in redemptions)

    return ledger.change(keep)


def free_codes(ledger: Ledger, pool: str, currency: str, day: date, after: int, count: int) -> list[tuple[int, str]]:
    """(number, code) of the next codes for an order in this currency that are good on this day, behind `after`."""
    facts = {"of_pool": pool, "of_currency": currency, "day": day.isoformat(), "after": after, "count": count}
    return [(row["number"], row["code"]) for row in ledger.ask(FREE_CODES, facts)]


def newest_code(ledger: Ledger) -> int:
    """The number of the newest code of all pools: an import has a greater one."""
    return int(ledger.ask(_NEWEST)[0]["number"])


def offers_of(ledger: Ledger, codes: Collection[str], day: date) -> Mapping[str, Offer]:
    """What these codes give, of those that are still free."""
    rows = ledger.ask(OFFERS, {"codes": tuple(codes), "day": day.isoformat()})
    return {row["code"]: offer_of(dict(row)) for row in rows}


def pool_counts(ledger: Ledger, day: date, lives: Mapping[str, timedelta]) -> tuple[PoolCount, ...]:
    """Every pool in numbers; `lives` say by pool how long its codes must still be good to be given."""
    by_pool = groupby(ledger.ask(_STATS), key=itemgetter("pool"))
    return tuple(_counted(pool, tuple(rows), day, day + lives.get(pool, _AT_ONCE)) for pool, rows in by_pool)


def _counted(pool: str, rows: Sequence[Mapping[str, Any]], day: date, until: date) -> PoolCount:
    """A pool whose codes are counted by their last day."""
    last_days = [_day(row["expires"]) or date.max for row in rows]
    free = [(last, row["free"]) for last, row in zip(last_days, rows, strict=True) if row["free"]]
    givable = [last for last, _ in free if last >= until]
    return PoolCount(
        pool=pool,
        codes=sum(row["codes"] for row in rows),
        free=sum(count for last, count in free if last >= until),
        given=sum(row["given"] for row in rows),
        redeemed=sum(row["redeemed"] for row in rows),
        ending=sum(count for last, count in free if day <= last < until),
        expired=sum(count for last, count in free if last < day),
        next_expiry=min((last for last in givable if last != date.max), default=None),
    )


def row_of(offer: Offer) -> dict[str, Any]:
    """An offer in the columns of the ledger."""
    return {
        "code": offer.code,
        "percent": offer.percent,
        "amount": _plain(offer.amount),
        "free_shipping": offer.free_shipping,
        "minimum": _plain(offer.minimum),
        "expires": offer.expires.isoformat() if offer.expires else "",
        "currency": offer.currency,
        "categories": ";".join(offer.categories),
        "excluded_categories": ";".join(offer.excluded_categories),
    }


def offer_of(row: Mapping[str, Any]) -> Offer:
    """An offer from the columns of the ledger."""
    return Offer(
        code=row["code"],
        percent=row["percent"],
        amount=Decimal(row["amount"]),
        free_shipping=row["free_shipping"],
        minimum=Decimal(row["minimum"]),
        expires=_day(row["expires"]),
        currency=row["currency"],
        categories=_words(row["categories"]),
        excluded_categories=_words(row["excluded_categories"]),
    )


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()
