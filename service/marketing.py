"""What is known of a customer when a note is planned, and what campaigns decided for it. Nothing personal.

A customer is a keyed hash (service/customers.py); a guest is known by the order alone. Nothing here reads a clock, a
disk or a network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from service.model import Offer, Recommendation


@dataclass(frozen=True, slots=True)
class History:
    """What this customer had from us before this order, by the newest notes. `days_since_last` is -1 without any."""

    orders: int = 0
    notes: int = 0
    days_since_last: int = -1
    vouchers_given: int = 0
    vouchers_open: int = 0  # given, not redeemed, not expired
    campaigns: frozenset[str] = frozenset()  # that notes of earlier orders showed
    bought: frozenset[str] = frozenset()  # SKUs
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Given:
    """A code that this customer has from a campaign, and a note that carried it. Of this order: each note."""

    campaign: str
    pool: str
    offer: Offer
    order_id: str
    note_id: str
    is_redeemed: bool = False
    at: datetime = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger says at the moment a note is planned.

    `codes` are the codes that this note would get, one of each pool: a pool that is empty is not among them. `closed`
    says why a campaign takes no more notes: paused, or its budget is used up. Of several codes that are `given` on one
    note, it carries the first. `bought` are the SKUs of earlier orders and of this order's other parcels.
    """

    now: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    customer: str = ""  # a keyed hash
    history: History = History()
    given: tuple[Given, ...] = ()
    closed: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Offer] = field(default_factory=dict)
    recommended: tuple[Recommendation, ...] = ()
    bought: frozenset[str] = frozenset()


NOBODY = Standing()
"""What is known where nothing was asked: no customer, no codes."""


# What files of vouchers say ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code as a pool's file brings it, and the row that it stands in."""

    row: int
    offer: Offer


@dataclass(frozen=True, slots=True)
class Redemption:
    """That a code paid for an order, and the row that says so; the order may be unknown."""

    row: int
    code: str
    order_id: str = ""
