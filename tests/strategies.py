"""Hypothesis strategies: any shipment that an order file may hold, and texts that try to be more than text."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import strategies as st

from service.model import Address, Customer, Line, Loyalty, Offer, Order, Recommendation, Shipment

HOSTILE = (
    "{note_id}",
    "{ $name }",
    "{0!r:>999}",
    "%(name)s %n",
    "<b>&amp;</b><br/>",
    "-term = { message }",
    "= .attribute",
    "»So«, sagte er: „Müller-Lüdenscheidt“",
    "Νικόλαος Παπαδόπουλος",
    "山田太郎",
    "محمد",
    "Zoe\u0308",
    "LARGE RED  RETROSPOT LED T-LIGHT A4",
)


def texts(max_size: int = 60) -> st.SearchStrategy[str]:
    """Any text without control characters, which the door refuses."""
    return st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=max_size) | st.sampled_from(HOSTILE)


def names(max_size: int = 60) -> st.SearchStrategy[str]:
    """Any text that has something to read in it."""
    return texts(max_size).filter(str.strip)


def ids() -> st.SearchStrategy[str]:
    return st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}", fullmatch=True)


def moments() -> st.SearchStrategy[datetime]:
    first, last = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1900, 2200))
    return st.datetimes(first, last, timezones=st.just(UTC))


def addresses() -> st.SearchStrategy[Address]:
    return st.builds(
        Address,
        name=names(),
        lines=st.lists(names(), min_size=1, max_size=5).map(tuple),
        postcode=texts(12),
        city=names(),
        country=st.sampled_from(("GB", "IE", "FR", "DE", "AT", "CH", "BE", "NL", "US", "CA", "AU", "JP", "BR", "XK")),
        region=texts(12),
    )


def customers() -> st.SearchStrategy[Customer]:
    return st.builds(
        Customer,
        id=st.just("") | ids(),
        name=names(),
        status=st.sampled_from(("new", "returning", "ambassador")),
        previous_orders=st.integers(0, 1000),
        marketing=st.sampled_from(("allowed", "objected", "unknown")),
        loyalty=st.builds(Loyalty, texts(40), st.integers(0, 10**9), st.integers(0, 10**9)),
        referral_code=texts(40),
    )


def offers() -> st.SearchStrategy[Offer]:
    terms = {
        "code": ids(),
        "minimum": st.decimals(Decimal(0), Decimal(9999), places=2),
        "expires": st.none() | st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    }
    amounts = st.decimals(Decimal("0.01"), Decimal(9999), places=2)
    return st.one_of(
        st.just(Offer()),
        st.builds(Offer, percent=st.integers(1, 100), **terms),
        st.builds(Offer, amount=amounts, **terms),
        st.builds(Offer, free_shipping=st.just(True), **terms),
    )


def recommendations() -> st.SearchStrategy[Recommendation]:
    prices = st.none() | st.decimals(Decimal(0), Decimal(9999), places=2)
    return st.builds(Recommendation, sku=ids(), description=texts(80), price=prices, picture=texts(64))


def orders() -> st.SearchStrategy[Order]:
    return st.builds(
        Order,
        order_id=ids(),
        revision=st.integers(1, 999),
        shop=st.just("amber-home"),
        site=st.sampled_from(("uk", "eu", "int")),
        language=st.sampled_from(("en", "fr", "de", "en-GB", "fr-CH", "de-AT", "DE")),
        currency=st.sampled_from(("GBP", "EUR", "USD", "CHF", "SEK", "JPY", "KWD")),
        priority=st.sampled_from(("standard", "express")),
        gift=st.booleans(),
        gift_message=texts(200),
        ordered_at=moments(),
        customer=customers(),
        delivery_address=addresses(),
        recommendations=st.lists(recommendations(), max_size=6).map(tuple),
        offer=offers(),
    )


@st.composite
def lines(draw: st.DrawFn) -> Line:
    quantity = draw(st.integers(1, 5000))
    return Line(
        sku=draw(ids()),
        description=draw(texts(80)),
        category="",
        quantity=quantity,
        quantity_ordered=quantity + draw(st.integers(0, 5000)),
        unit_price=draw(st.decimals(Decimal(0), Decimal("9999999.9999"), places=4)),
        picture=draw(texts(64)),
    )


@st.composite
def shipments(draw: st.DrawFn) -> Shipment:
    """Any shipment that an order file may hold."""
    of = draw(st.integers(1, 5))
    return Shipment(
        order=draw(orders()),
        number=draw(st.integers(1, of)),
        of=of,
        final=of == 1 or draw(st.booleans()),
        promised_at=draw(moments()),
        dispatched_at=draw(moments()),
        lines=tuple(draw(st.lists(lines(), min_size=1, max_size=4))),
    )
