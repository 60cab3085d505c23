"""What conditions of campaigns may ask about: each fact with its kind, what it says, and where it comes from.

SCHEMA is the one place: the check when conditions are loaded, `schema campaign` and the values themselves are made of
it. Dates are of the site's calendar. Nothing in it is a name, an address or anything else that tells who somebody is.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from service.marketing import History
from service.model import Line, Shipment

UNKNOWN_DAYS = -1
LINES = "order.lines"


@dataclass(frozen=True, slots=True)
class Occasion:
    """A note at the moment at which it is planned: what conditions are asked about. `today` is the site's day."""

    shipment: Shipment
    language: str  # of the note
    today: date
    zone: ZoneInfo
    site_country: str
    history: History

    def local(self, time: datetime) -> date:
        """The day of a time at the site."""
        return time.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Kind:
    """What a fact's values are; `samples` are two of them, to try conditions on.

    `literal` is how conditions write them: text, number or truth; empty for lists.
    """

    name: str
    samples: tuple[Any, Any]
    literal: str = ""


TEXT = Kind("text", ("", "x"), "text")
INTEGER = Kind("integer", (0, 2), "number")
NUMBER = Kind("number", (0.0, 49.5), "number")
TRUTH = Kind("true or false", (False, True), "truth")
TEXTS = Kind("list of texts", ([], ["x"]))
_LINE_SAMPLE = {"sku": "x", "category": "x", "quantity": 2, "unit_price": 4.5, "amount": 9.0}
LIST_OF_LINES = Kind("list of lines", ([], [_LINE_SAMPLE]))


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a condition may read, `says` in words, `value` of an occasion."""

    kind: Kind
    says: str
    value: Callable[[Occasion], Any]
    one_of: tuple[str, ...] = ()  # its only values; empty: any
    most: int | None = None  # its largest value
    least: int = 0  # its smallest
    may_be_unknown: bool = False  # and is UNKNOWN_DAYS then
    form: str = ""  # that its texts have: a pattern
    example: str = ""  # of a text of that form

    @property
    def between(self) -> tuple[int, int | None]:
        """Its smallest and its largest value, where it is a number."""
        return UNKNOWN_DAYS if self.may_be_unknown else self.least, self.most


Facts = dict[str, dict[str, Any]]


def facts_of(occasion: Occasion, paths: Iterable[str]) -> Facts:
    """The values of the facts named, as `order.value`, by their two names; no others are worked out."""
    facts: Facts = {}
    for path in paths:
        root, _, field = path.partition(".")
        facts.setdefault(root, {})[field] = SCHEMA[root][field].value(occasion)
    return facts


def sample_facts(number: int) -> Facts:
    """All facts with made-up values of their kinds: 0 for what is not there, 1 for what is."""
    return {
        root: {field: fact.one_of[0] if fact.one_of else fact.kind.samples[number] for field, fact in fields.items()}
        for root, fields in SCHEMA.items()
    }


# The goods -----------------------------------------------------------------------------------------------------------


def _amount(line: Line) -> Decimal:
    return line.quantity * line.unit_price


def _value(occasion: Occasion) -> float:
    return float(sum(map(_amount, occasion.shipment.lines), Decimal(0)))


def _categories(occasion: Occasion) -> list[str]:
    return list(dict.fromkeys(line.category for line in occasion.shipment.lines if line.category))


def _lines(occasion: Occasion) -> list[dict[str, Any]]:
    return [
        {
            "sku": line.sku,
            "category": line.category,
            "quantity": line.quantity,
            "unit_price": float(line.unit_price),
            "amount": float(_amount(line)),
        }
        for line in occasion.shipment.lines
    ]


# Days ----------------------------------------------------------------------------------------------------------------


def _days_since_ordered(occasion: Occasion) -> int:
    return max(0, (occasion.today - occasion.local(occasion.shipment.order.ordered_at)).days)


def _days_late(occasion: Occasion) -> int:
    shipment = occasion.shipment
    return max(0, (occasion.local(shipment.dispatched_at) - occasion.local(shipment.promised_at)).days)


def _days_to_birthday(occasion: Occasion) -> int:
    birthday = occasion.shipment.order.customer.birthday
    if not birthday:
        return UNKNOWN_DAYS
    month, day = map(int, birthday.split("-"))
    return _days_to(month, day, occasion.today)


def _days_to_anniversary(occasion: Occasion) -> int:
    """The day on which the account was opened is none."""
    since, today = occasion.shipment.order.customer.member_since, occasion.today
    if since is None:
        return UNKNOWN_DAYS
    if since >= today:
        return (_yearly(since.month, since.day, since.year + 1) - today).days
    return _days_to(since.month, since.day, today)


def _days_to(month: int, day: int, today: date) -> int:
    this_year = _yearly(month, day, today.year)
    return ((this_year if this_year >= today else _yearly(month, day, today.year + 1)) - today).days


def _yearly(month: int, day: int, year: int) -> date:
    """The day in that year; 29 February is the 28th where there is none."""
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, day - 1)


def _years_member(occasion: Occasion) -> int:
    since, today = occasion.shipment.order.customer.member_since, occasion.today
    if since is None:
        return UNKNOWN_DAYS
    return max(0, today.year - since.year - (_yearly(since.month, since.day, today.year) > today))


# All of them ---------------------------------------------------------------------------------------------------------

SCHEMA: Mapping[str, Mapping[str, Fact]] = {
    "order": {
        "id": Fact(TEXT, "The order's number.", lambda its: its.shipment.order.order_id),
        "shop": Fact(TEXT, "A shop of slipway.toml.", lambda its: its.shipment.order.shop),
        "site": Fact(TEXT, "A site of slipway.toml.", lambda its: its.shipment.order.site),
        "language": Fact(TEXT, "That of the note.", lambda its: its.language, one_of=("en", "fr", "de")),
        "currency": Fact(
            TEXT, "ISO 4217, as in GBP.", lambda its: its.shipment.order.currency, form="[A-Z]{3}", example="GBP"
        ),
        "value": Fact(NUMBER, "Of the goods in this parcel, in the order's currency.", _value),
        "gift": Fact(TRUTH, "Whether it goes to somebody else.", lambda its: its.shipment.order.gift),
        "express": Fact(TRUTH, "Whether it is an express order.", lambda its: its.shipment.order.priority == "express"),
        "categories": Fact(TEXTS, "Of the goods in this parcel, each once.", _categories),
        "skus": Fact(TEXTS, "Of the goods in this parcel.", lambda its: [line.sku for line in its.shipment.lines]),
        "vouchers_redeemed": Fact(
            TEXTS, "Codes that paid for a part of this order.", lambda its: list(its.shipment.order.vouchers_redeemed)
        ),
        "days_since_ordered": Fact(INTEGER, "Days from the order to today.", _days_since_ordered),
        "lines": Fact(LIST_OF_LINES, "The goods in this parcel, for exists, all, exists_one and filter.", _lines),
    },
    "shipment": {
        "number": Fact(INTEGER, "This parcel, counted from 1.", lambda its: its.shipment.number, least=1),
        "of": Fact(INTEGER, "Parcels of the order.", lambda its: its.shipment.of, least=1),
        "final": Fact(TRUTH, "Whether it completes the order.", lambda its: its.shipment.final),
        "partial": Fact(TRUTH, "Whether more parcels follow.", lambda its: not its.shipment.final),
        "single": Fact(TRUTH, "Whether it is the only parcel.", lambda its: its.shipment.of == 1),
        "days_late": Fact(INTEGER, "Days that it left after the promised day; 0: in time.", _days_late),
        "units": Fact(INTEGER, "Pieces in this parcel.", lambda its: sum(line.quantity for line in its.shipment.lines)),
    },
    "customer": {
        "status": Fact(
            TEXT,
            "As the shop sees the customer.",
            lambda its: its.shipment.order.customer.status,
            one_of=("new", "returning", "ambassador"),
        ),
        "previous_orders": Fact(
            INTEGER, "Orders before this one, says the shop.", lambda its: its.shipment.order.customer.previous_orders
        ),
        "country": Fact(
            TEXT, "Of the delivery address, as in GB.", lambda its: its.shipment.order.delivery_address.country
        ),
        "is_guest": Fact(TRUTH, "Whether there is no account.", lambda its: not its.shipment.order.customer.id),
        "days_to_birthday": Fact(INTEGER, "0: today; -1: unknown.", _days_to_birthday, may_be_unknown=True),
        "years_member": Fact(
            INTEGER, "Whole years since the account was opened; -1: unknown.", _years_member, may_be_unknown=True
        ),
        "days_to_anniversary": Fact(
            INTEGER,
            "Of the day on which the account was opened. 0: today; -1: unknown.",
            _days_to_anniversary,
            may_be_unknown=True,
        ),
        "tier": Fact(
            TEXT, "In the loyalty programme; empty outside it.", lambda its: its.shipment.order.customer.loyalty.tier
        ),
        "points": Fact(INTEGER, "In the loyalty programme.", lambda its: its.shipment.order.customer.loyalty.points),
        "earned": Fact(
            INTEGER, "Points that this order earned.", lambda its: its.shipment.order.customer.loyalty.earned
        ),
        "has_referral": Fact(
            TRUTH,
            "Whether there is a code to give to friends.",
            lambda its: bool(its.shipment.order.customer.referral_code.strip()),
        ),
    },
    "history": {
        "orders": Fact(INTEGER, "Orders with notes from us that came before this one.", lambda its: its.history.orders),
        "notes": Fact(INTEGER, "Notes of earlier orders.", lambda its: its.history.notes),
        "days_since_last": Fact(
            INTEGER,
            "Since the last note of an earlier order; -1: there is none.",
            lambda its: its.history.days_since_last,
            may_be_unknown=True,
        ),
        "vouchers_given": Fact(INTEGER, "Codes of ours with these orders.", lambda its: its.history.vouchers_given),
        "vouchers_open": Fact(
            INTEGER, "Of these, not redeemed and not expired.", lambda its: its.history.vouchers_open
        ),
        "campaigns": Fact(TEXTS, "Whose offers earlier notes showed.", lambda its: sorted(its.history.campaigns)),
        "bought": Fact(TEXTS, "SKUs of earlier orders.", lambda its: sorted(its.history.bought)),
        "categories": Fact(TEXTS, "Categories of earlier orders.", lambda its: sorted(its.history.categories)),
    },
    "site": {
        "name": Fact(TEXT, "A site of slipway.toml.", lambda its: its.shipment.order.site),
        "country": Fact(TEXT, "Where it stands, as in GB.", lambda its: its.site_country),
    },
    "today": {
        "date": Fact(
            TEXT,
            'As in "2026-11-22"; earlier days compare as less.',
            lambda its: its.today.isoformat(),
            form=r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])",
            example="2026-11-22",
        ),
        "year": Fact(INTEGER, "As in 2026.", lambda its: its.today.year, least=2000),
        "month": Fact(INTEGER, "1 to 12.", lambda its: its.today.month, most=12, least=1),
        "day": Fact(INTEGER, "1 to 31.", lambda its: its.today.day, most=31, least=1),
        "weekday": Fact(INTEGER, "1: Monday, 7: Sunday.", lambda its: its.today.isoweekday(), most=7, least=1),
        "week": Fact(INTEGER, "ISO 8601, 1 to 53.", lambda its: its.today.isocalendar().week, most=53, least=1),
    },
}

# What each of order.lines has.
LINE_FIELDS: Mapping[str, Kind] = {
    "sku": TEXT,
    "category": TEXT,
    "quantity": INTEGER,
    "unit_price": NUMBER,
    "amount": NUMBER,
}
