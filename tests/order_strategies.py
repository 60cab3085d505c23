"""Any shipment that an order file can say, and any single fault that it can have, for property tests."""

import copy
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from service.intake.text_forms import COUNTRIES, CURRENCIES
from service.model import Address, Customer, Line, Loyalty, Offer, Order, Recommendation, Shipment


def texts(longest: int, shortest: int = 0) -> st.SearchStrategy[str]:
    """Text of any script, composed, without control characters."""
    characters = st.characters(exclude_categories=("Cc", "Cs"))
    composed = st.text(characters, min_size=shortest, max_size=longest).map(
        lambda text: unicodedata.normalize("NFC", text)
    )
    return composed.filter(lambda text: len(text) <= longest and (not shortest or bool(text.strip())))


names = texts(100, 1)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
prices = st.decimals(Decimal(0), Decimal("9999999"), places=4)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    quantity = draw(st.integers(1, 1_000_000))
    ordered = draw(st.integers(quantity, 1_000_000))
    sku, description, category = draw(texts(64, 1)), draw(texts(300)), draw(texts(64))
    return Line(sku, description, category, quantity, ordered, draw(prices), picture=draw(texts(64)))


addresses = st.builds(
    Address,
    name=names,
    lines=st.lists(names, min_size=1, max_size=5).map(tuple),
    postcode=texts(20),
    city=names,
    country=st.sampled_from(sorted(COUNTRIES)),
    region=texts(100),
)
customers = st.builds(
    Customer,
    id=texts(64),
    name=names,
    status=st.sampled_from(["new", "returning", "ambassador"]),
    previous_orders=st.integers(0, 1_000_000),
    marketing=st.sampled_from(["allowed", "objected", "unknown"]),
    member_since=st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    birthday=st.just("") | st.dates(date(2000, 1, 1), date(2000, 12, 31)).map(lambda day: day.strftime("%m-%d")),
    loyalty=st.builds(Loyalty, texts(40), st.integers(0, 1_000_000_000), st.integers(0, 1_000_000_000)),
    referral_code=texts(40),
)
recommendations = st.builds(Recommendation, texts(64, 1), texts(300), texts(64), st.none() | prices, texts(64))
codes = st.from_regex(r"\A[!-~]([ -~]{0,38}[!-~])?\Z")
days = st.dates(date(1900, 1, 1), date(2100, 1, 1))
terms = {"code": codes, "minimum": prices, "expires": st.none() | days}
offers = st.one_of(
    st.just(Offer()),
    st.builds(Offer, percent=st.integers(1, 100), **terms),
    st.builds(Offer, amount=prices.filter(bool), **terms),
    st.builds(Offer, free_shipping=st.just(True), **terms),
)
orders = st.builds(
    Order,
    order_id=st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z"),
    revision=st.integers(1, 999),
    shop=st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,39}\Z"),
    site=st.sampled_from(["uk", "eu", "int"]),
    language=st.sampled_from(["en", "fr", "de", "de-AT", "zh-Hant-TW"]),
    currency=st.sampled_from(sorted(CURRENCIES)),
    priority=st.sampled_from(["express", "standard"]),
    gift=st.booleans(),
    gift_message=st.lists(texts(120), max_size=4).map("\n".join),
    ordered_at=moments,
    customer=customers,
    delivery_address=addresses,
    recommendations=st.lists(recommendations, max_size=6).map(tuple),
    offer=offers,
    vouchers_redeemed=st.lists(codes, max_size=20).map(tuple),
)


@st.composite
def shipments(draw: st.DrawFn) -> Shipment:
    of = draw(st.integers(1, 999))
    return Shipment(
        order=draw(orders),
        number=draw(st.integers(1, of)),
        of=of,
        final=True if of == 1 else draw(st.booleans()),
        promised_at=draw(moments),
        dispatched_at=draw(moments),
        lines=tuple(draw(st.lists(lines(), min_size=1, max_size=4))),
    )


# Faults --------------------------------------------------------------------------------------------------------------

Place = tuple[str | int, ...]
GONE, WRONG = "a field left out", "a value of no such form"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in an order file, and where; `value` stands there instead."""

    what: str
    place: Place
    value: Any = None

    @property
    def pointer(self) -> str:
        return "".join(f"/{key}" for key in self.place)

    def put_into(self, document: dict[str, Any]) -> dict[str, Any]:
        """The document with this fault."""
        spoilt = copy.deepcopy(document)
        holder: Any = spoilt
        for key in self.place[:-1]:
            holder = holder[key]
        if self.what == GONE:
            del holder[self.place[-1]]
        else:
            holder[self.place[-1]] = self.value
        return spoilt


NEEDED: tuple[Place, ...] = (
    *((name,) for name in ("order_id", "shop", "site", "language", "currency", "ordered_at", "promised_at", "lines")),
    *(("customer", name) for name in ("id", "name", "status", "previous_orders", "marketing")),
    *(("delivery_address", name) for name in ("name", "lines", "postcode", "city", "country")),
    *(("lines", 0, name) for name in ("sku", "description", "quantity", "quantity_ordered", "unit_price")),
    *(("shipment", name) for name in ("number", "of", "final")),
)
TEXTS: tuple[tuple[Place, int], ...] = (
    *((("customer", "name"), 100), (("customer", "id"), 64), (("customer", "loyalty", "tier"), 40)),
    *(
        (("delivery_address", "name"), 100),
        (("delivery_address", "lines", 0), 100),
        (("delivery_address", "city"), 100),
    ),
    *((("delivery_address", "postcode"), 20), (("lines", 0, "sku"), 64), (("lines", 0, "description"), 300)),
    *((("lines", 0, "category"), 64), (("gift_message",), 500)),
)
FORMS: tuple[Place, ...] = (
    *((name,) for name in ("order_id", "shop", "site", "currency", "ordered_at", "promised_at", "dispatched_at")),
    *(("priority",), ("customer", "status"), ("customer", "marketing"), ("customer", "member_since")),
    *(("customer", "birthday"), ("delivery_address", "country"), ("lines", 0, "unit_price")),
)
COUNTS: tuple[tuple[Place, int, int], ...] = (
    *((("lines", 0, "quantity"), 1, 1_000_000), (("shipment", "number"), 1, 999), (("shipment", "of"), 1, 999)),
    *((("customer", "previous_orders"), 0, 1_000_000), (("customer", "loyalty", "points"), 0, 1_000_000_000)),
)
whole_numbers = st.integers(-(10**18), 10**18)  # one with more digits is no JSON of ours, refused by line and column
strangers = st.one_of(st.none(), whole_numbers, st.booleans(), st.lists(whole_numbers, max_size=2), st.just({}))
controls = st.characters(categories=("Cc",)).filter(lambda letter: letter != "\n")


def faults() -> st.SearchStrategy[Fault]:
    """Any one fault in an order file that is otherwise good."""
    left_out = st.builds(Fault, st.just(GONE), st.sampled_from(NEEDED))
    of_type = st.builds(Fault, st.just(WRONG), st.sampled_from([place for place, _ in TEXTS]), strangers)
    formless = st.builds(Fault, st.just(WRONG), st.sampled_from(FORMS), st.text("?#~^", min_size=1, max_size=60))
    too_long = st.sampled_from(TEXTS).flatmap(
        lambda text: st.builds(
            Fault, st.just("too long"), st.just(text[0]), st.integers(1, 500).map(lambda n: "x" * (text[1] + n))
        )
    )
    unseen = st.sampled_from(TEXTS).flatmap(
        lambda text: st.builds(
            Fault, st.just("a control character"), st.just(text[0]), controls.map(lambda c: f"a{c}b")
        )
    )
    out_of_bounds = st.sampled_from(COUNTS).flatmap(
        lambda count: st.builds(
            Fault,
            st.just("out of bounds"),
            st.just(count[0]),
            st.integers(-(10**18), count[1] - 1)
            | st.integers(count[2] + 1, 10**18)
            | st.integers(0, 999).map(lambda number: number + 0.5),
        )
    )
    names = st.from_regex(r"\A[a-z]{3,12}_x\Z")
    unknown = st.builds(
        lambda above, name: Fault("a field that is none", (*above, name), 1),
        st.sampled_from([(), ("customer",), ("lines", 0), ("shipment",), ("delivery_address",)]),
        names,
    )
    return st.one_of(left_out, of_type, formless, too_long, unseen, out_of_bounds, unknown)
