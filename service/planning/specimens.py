"""Made-up shipments that between them use everything a note can show; `check` draws them before a real order comes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from service.model import LANGUAGES, Address, Customer, Line, Loyalty, Order, Shipment
from service.planning.house import House

_ORDERED = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)
_PEOPLE = {
    "en": Address("Philippa Featherstonehaugh-Cholmondeley", ("Flat 27, Ward Court",), "BS1 4DJ", "Bristol", "GB"),
    "fr": Address("Anne-Gaëlle Lœuillet de Saint-Ouën", ("14 bis, rue de l’Abbé-Grégoire",), "35000", "Rennes", "FR"),
    "de": Address("Käthe Müller-Lüdenscheidt", ("Größenwahnstraße 12",), "80331", "München", "DE"),
}
_GOODS = {
    "en": "Stoneware serving bowl, reactive glaze, hand-thrown",
    "fr": "Saladier en grès émaillé, tourné à la main",
    "de": "Servierschüssel aus Steinzeug, handgedreht",
}


def specimens(shop: str, house: House) -> Iterator[Shipment]:
    """For each language: a final, a partial, a completing, a gift and a long shipment of one shop."""
    site = next(iter(house.sites))
    for language in LANGUAGES:
        single = _shipment(shop, site, language)
        yield single
        yield replace(single, number=1, of=2, final=False)
        yield replace(single, number=2, of=2)
        gift = replace(single.order, gift=True, gift_message="With love – avec amour – alles Liebe!")
        yield replace(single, order=gift)
        yield replace(single, lines=single.lines * 40)


def _shipment(shop: str, site: str, language: str) -> Shipment:
    address = _PEOPLE[language]
    customer = Customer(
        id="specimen",
        name=address.name,
        status="returning",
        previous_orders=3,
        marketing="allowed",
        member_since=date(2024, 5, 2),
        birthday="06-17",
        loyalty=Loyalty("silver", 120, 42),
        referral_code="FRIEND-000000",
    )
    order = Order(
        order_id="SPECIMEN",
        revision=1,
        shop=shop,
        site=site,
        language=language,
        currency="GBP" if language == "en" else "EUR",
        priority="standard",
        gift=False,
        gift_message="",
        ordered_at=_ORDERED,
        customer=customer,
        delivery_address=address,
    )
    lines = (
        Line("SPEC-001", _GOODS[language], "tableware", 4, 6, Decimal("1249.50")),
        Line("SPEC-002", "", "gifts", 1, 1, Decimal("0.85")),
    )
    return Shipment(order, 1, 1, final=True, promised_at=_ORDERED, dispatched_at=_ORDERED, lines=lines)
