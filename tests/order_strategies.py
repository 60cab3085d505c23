"""Any shipment that an order file can say, for property tests."""

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

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
