"""The plan of a note says what its order says, in the order's language, and nothing it does not know."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given

from service.config import read_config
from service.errors import LanguageUnsupported, UnknownShop, UnknownSite
from service.model import Block, Code, Goods, Postal, Shipment, Totals, Words
from service.planning.house import House, compile_house
from service.planning.naming import mended_description
from service.planning.note import plan_note
from tests.builders import a_customer, a_line, a_shipment, an_address
from tests.strategies import HOSTILE, shipments

HOUSE = compile_house(read_config(Path(__file__).parent.parent / "config", {}))
CONTACT = ("amber-home.example", "care@amber-home.example", "+44 20 7946 0123")
PARTIAL = {"number": 1, "of": 2, "final": False}
COMPLETING = {"number": 2, "of": 2, "final": True}
SHORT = (a_line(quantity=4, quantity_ordered=6),)


def blocks_of(shipment: Shipment, house: House = HOUSE) -> Mapping[str, Block]:
    return dict(plan_note(shipment, house).blocks)


# Who is greeted, and how ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "language", "status", "name"),
    [
        ("Welcome, Silke", "en", "new", "Silke Müller"),
        ("Welcome", "en", "new", "Dr. Müller"),
        ("How good to see you again", "en", "returning", "J. Smith"),
        ("Always a pleasure, Silke", "en", "ambassador", "Silke Müller"),
        ("Bienvenue, Silke", "fr", "new", "Silke Müller"),
        ("Quel plaisir de vous retrouver, Silke", "fr", "returning", "Silke Müller"),
        ("C’est toujours un plaisir", "fr", "ambassador", "Mme Müller"),
        ("Herzlich willkommen, Silke", "de", "new", "Silke Müller"),
        ("Schön, dass Sie wieder da sind, Silke", "de", "returning", "Silke Müller"),
        ("Immer wieder eine Freude", "de", "ambassador", "Frau Müller"),
    ],
)
def test_who_agreed_is_greeted_by_status_and_given_name(expected: str, language: str, status: str, name: str) -> None:
    shipment = a_shipment(language=language, customer=a_customer(name=name, status=status))
    greeting = blocks_of(shipment)["greeting"]
    assert isinstance(greeting, Words)
    assert expected == greeting.heading


@pytest.mark.parametrize("marketing", ["objected", "unknown"])
@pytest.mark.parametrize("status", ["new", "returning", "ambassador"])
@pytest.mark.parametrize(
    ("expected", "language"),
    [("Thank you for your order", "en"), ("Merci de votre commande", "fr"), ("Vielen Dank für Ihre Bestellung", "de")],
)
def test_who_did_not_agree_is_thanked_without_name_or_status(
    expected: str, language: str, status: str, marketing: str
) -> None:
    customer = a_customer(status=status, marketing=marketing)
    greeting = blocks_of(a_shipment(language=language, customer=customer))["greeting"]
    assert isinstance(greeting, Words)
    assert expected == greeting.heading


@pytest.mark.parametrize(
    ("expected", "language"), [("A gift for you", "en"), ("Un cadeau pour vous", "fr"), ("Ein Geschenk für Sie", "de")]
)
def test_a_gift_speaks_to_its_receiver_and_says_nothing_of_the_giver(expected: str, language: str) -> None:
    plan = plan_note(a_shipment(language=language, gift=True, customer=a_customer(status="ambassador")), HOUSE)
    greeting = dict(plan.blocks)["greeting"]
    assert isinstance(greeting, Words)
    assert expected == greeting.heading
    assert not {"totals", "gift"} & dict(plan.blocks).keys()


# What is in the parcel, and what follows -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "parcel"),
    [
        ("Your order, in one parcel", {}),
        ("Parcel\u00a01 of\u00a02: the rest will follow", PARTIAL),
        ("Part of your order: the rest will follow", {"number": 2, "of": 2, "final": False}),
        ("Parcel\u00a02 of\u00a02 completes your order", COMPLETING),
        ("Your gift, in one parcel", {"gift": True}),
        ("Parcel\u00a01 of\u00a02: there is more to come", {"gift": True, **PARTIAL}),
        ("Parcel\u00a02 of\u00a02 completes your gift", {"gift": True, **COMPLETING}),
    ],
)
def test_the_parcel_says_whether_more_follows(expected: str, parcel: dict[str, object]) -> None:
    words = blocks_of(a_shipment(**parcel))["parcel"]
    assert isinstance(words, Words)
    assert expected == words.heading


@pytest.mark.parametrize(
    ("expected", "language", "parcel"),
    [
        ("ordered 6 · in this parcel 4 · 2 to follow", "en", PARTIAL),
        ("ordered 6 · in this parcel 4 · in other parcels 2", "en", {"number": 2, "of": 3, "final": False}),
        ("ordered 6 · in this parcel 4 · 2 sent earlier", "en", COMPLETING),
        ("ordered 6 · in this parcel 4", "en", {}),
        ("commandé : 6 · dans ce colis : 4 · à suivre : 2", "fr", PARTIAL),
        ("commandé : 6 · dans ce colis : 4 · dans d’autres colis : 2", "fr", {"number": 2, "of": 3, "final": False}),
        ("bestellt 6 · in diesem Paket 4 · 2 folgen", "de", PARTIAL),
        ("bestellt 6 · in diesem Paket 4 · 2 bereits verschickt", "de", COMPLETING),
    ],
)
def test_a_line_that_is_not_whole_says_where_the_rest_is_as_far_as_we_know(
    expected: str, language: str, parcel: dict[str, object]
) -> None:
    goods = blocks_of(a_shipment(language=language, lines=SHORT, **parcel))["goods"]
    assert isinstance(goods, Goods)
    assert expected == goods.rows[0].detail.replace("\u00a0", " ")


def test_a_middle_parcel_promises_no_units_it_can_not_know_of() -> None:
    parcel = blocks_of(a_shipment(number=2, of=3, final=False, lines=SHORT))["parcel"]
    assert isinstance(parcel, Words)
    assert ("One more parcel will follow; there is nothing you need to do.",) == parcel.paragraphs


def test_amounts_add_up_to_the_total_as_printed() -> None:
    lines = (a_line(unit_price=Decimal("0.1025"), quantity=1, quantity_ordered=1),) * 3
    blocks = blocks_of(a_shipment(lines=lines))
    goods, totals = blocks["goods"], blocks["totals"]
    assert isinstance(goods, Goods)
    assert ("£0.1025", "£0.10") == (goods.rows[0].unit_price, goods.rows[0].amount)
    assert Totals((("Goods in this parcel", "£0.30"),)) == totals


# The useful things ---------------------------------------------------------------------------------------------------


def test_the_feedback_address_is_escaped() -> None:
    feedback = blocks_of(a_shipment(order_id="A/1 {language}&"))["feedback"]
    assert isinstance(feedback, Code)
    assert "https://amber-home.example/f/A%2F1%20%7Blanguage%7D%26-1-r1?l=en" == feedback.data


def test_a_shop_without_a_phone_leaves_the_line_out() -> None:
    shop = HOUSE.shops["amber-home"].model_copy(update={"phone": ""})
    assert (
        Words("Here for you", CONTACT[:2])
        == blocks_of(a_shipment(), replace(HOUSE, shops={"amber-home": shop}))["help"]
    )


@pytest.mark.parametrize(
    ("error", "changes"),
    [
        (UnknownShop, {"shop": "sand-home"}),
        (UnknownSite, {"site": "moon"}),
        (LanguageUnsupported, {"language": "nl"}),
    ],
)
def test_what_the_configuration_does_not_know_is_held(error: type[Exception], changes: dict[str, str]) -> None:
    with pytest.raises(error):
        plan_note(a_shipment(**changes), HOUSE)


# Any order -----------------------------------------------------------------------------------------------------------


@given(shipments())
def test_every_shipment_has_a_plan_and_always_the_same(shipment: Shipment) -> None:
    plan = plan_note(shipment, HOUSE)
    assert plan == plan_note(shipment, HOUSE)
    assert sorted(slot for slot, _ in plan.blocks) == sorted({slot for slot, _ in plan.blocks})


@given(shipments())
def test_the_texts_of_an_order_come_through_as_they_were(shipment: Shipment) -> None:
    blocks = blocks_of(shipment)
    order, goods, address = shipment.order, blocks["goods"], blocks["address"]
    assert isinstance(goods, Goods)
    assert isinstance(address, Postal)
    assert (order.delivery_address.name, *order.delivery_address.lines) == address.lines[
        : 1 + len(order.delivery_address.lines)
    ]
    assert [(line.sku, mended_description(line.description)) for line in shipment.lines] == [
        (row.sku, row.name if mended_description(line.description) else "")
        for line, row in zip(shipment.lines, goods.rows, strict=True)
    ]
    if order.gift and order.gift_message.strip():
        assert isinstance(blocks["gift"], Words)
        assert (order.gift_message,) == blocks["gift"].paragraphs


@given(shipments())
def test_a_gift_shows_no_price_anywhere(shipment: Shipment) -> None:
    blocks = blocks_of(replace(shipment, order=replace(shipment.order, gift=True)))
    goods = blocks["goods"]
    assert isinstance(goods, Goods)
    assert ("", "") == goods.heads[2:]
    assert {("", "")} == {(row.unit_price, row.amount) for row in goods.rows}
    assert "totals" not in blocks


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_a_text_that_looks_like_a_format_is_only_text(text: str, language: str) -> None:
    shipment = a_shipment(
        language=language,
        gift=True,
        gift_message=text,
        customer=a_customer(name=text),
        delivery_address=an_address(name=text, lines=(text,)),
        lines=(a_line(description=text.lower()),),
    )
    blocks = blocks_of(shipment)
    assert isinstance(blocks["address"], Postal)
    assert (text, text) == blocks["address"].lines[:2]
    assert isinstance(blocks["gift"], Words)
    assert (text,) == blocks["gift"].paragraphs
