"""What the brand adds reaches only those it is meant for, and never costs a note."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given

from service.config import read_config
from service.model import Block, Code, Hero, Loyalty, Offer, Recommendation, Shipment, Tiles, Voucher, Words
from service.planning.house import House, compile_house
from service.planning.note import plan_note
from tests.builders import a_customer, a_line, a_shipment
from tests.strategies import shipments

HOUSE = compile_house(read_config(Path(__file__).parent.parent / "config", {}))
OFFER = Offer("WINTER-7K2M", percent=15)
VASE = Recommendation("AH-1602", "Vase", "decoration", Decimal("31"))
LAMP = (a_line(sku="AH-1201", category="lamps"),)
AMBASSADOR = a_customer(status="ambassador")
ORDER = [
    *("brand", "greeting", "address", "facts", "note-code", "parcel", "goods", "totals", "gift", "promo", "voucher"),
    *("recommendations", "loyalty", "referral", "registration", "feedback", "returns", "help", "imprint", "reprint"),
]
PERSONAL = {"voucher", "recommendations", "loyalty", "referral"}
PARTIAL = {"number": 1, "of": 2, "final": False}


def blocks_of(house: House = HOUSE, **changes: object) -> Mapping[str, Block]:
    """The blocks of a note that has everything; `changes` take something away."""
    everything = {"customer": AMBASSADOR, "offer": OFFER, "recommendations": (VASE,), "lines": LAMP}
    return dict(plan_note(a_shipment(**everything | changes), house).blocks)


def a_house(**changes: object) -> House:
    """The house with another Amber Home."""
    return replace(HOUSE, shops={"amber-home": HOUSE.shops["amber-home"].model_copy(update=changes)})


def voucher_of(language: str = "en", currency: str = "GBP", **changes: object) -> Voucher:
    offer = replace(Offer("WINTER-7K2M"), **changes)  # type: ignore[arg-type]
    voucher = blocks_of(language=language, currency=currency, offer=offer)["voucher"]
    assert isinstance(voucher, Voucher)
    return voucher


# Who gets what -------------------------------------------------------------------------------------------------------


def test_an_ambassador_who_agreed_gets_everything() -> None:
    assert PERSONAL | {"promo", "registration"} <= blocks_of().keys()


@pytest.mark.parametrize("marketing", ["objected", "unknown"])
def test_who_did_not_agree_gets_nothing_personal_but_the_story_and_what_is_useful(marketing: str) -> None:
    blocks = blocks_of(customer=a_customer(status="ambassador", marketing=marketing))
    assert not PERSONAL & blocks.keys()
    assert {"promo", "registration"} <= blocks.keys()


def test_a_gift_brings_the_story_and_no_offer() -> None:
    blocks = blocks_of(gift=True)
    assert not (PERSONAL | {"registration"}) & blocks.keys()
    assert "promo" in blocks


def test_the_voucher_comes_with_the_last_parcel() -> None:
    assert "voucher" not in blocks_of(**PARTIAL)
    assert "voucher" in blocks_of(number=2, of=2)


@pytest.mark.parametrize(
    ("expected", "expires"), [(False, date(2026, 11, 21)), (True, date(2026, 11, 22)), (True, None)]
)
def test_a_voucher_that_expired_where_the_parcel_left_is_not_given(expected: bool, expires: date | None) -> None:
    late_in_lille = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # the 22nd there
    blocks = blocks_of(site="eu", dispatched_at=late_in_lille, offer=replace(OFFER, expires=expires))
    assert expected is ("voucher" in blocks)


@pytest.mark.parametrize("status", ["new", "returning"])
def test_only_ambassadors_have_a_code_to_pass_on(status: str) -> None:
    assert "referral" not in blocks_of(customer=a_customer(status=status))


@pytest.mark.parametrize(
    ("slot", "changes"),
    [
        ("promo", {"story": None}),
        ("referral", {"referral_url": ""}),
        ("registration", {"registration_url": ""}),
        ("registration", {"registration_categories": ("furniture",)}),
    ],
)
def test_what_the_shop_does_not_have_is_absent(slot: str, changes: dict[str, object]) -> None:
    assert slot not in blocks_of(a_house(**changes))


@pytest.mark.parametrize(
    ("slot", "changes"),
    [
        ("voucher", {"offer": Offer()}),
        ("recommendations", {"recommendations": ()}),
        ("recommendations", {"recommendations": (replace(VASE, sku="AH-1201"),)}),
        ("loyalty", {"customer": a_customer(loyalty=Loyalty(earned=42))}),
        ("referral", {"customer": a_customer(status="ambassador", referral_code=" ")}),
        ("registration", {"lines": (a_line(),)}),
    ],
)
def test_what_the_order_does_not_bring_is_absent(slot: str, changes: dict[str, object]) -> None:
    assert slot not in blocks_of(**changes)


@given(shipments())
def test_whatever_is_ordered_the_slots_stand_in_reading_order_and_gifts_offer_nothing(shipment: Shipment) -> None:
    slots = [slot for slot, _ in plan_note(shipment, HOUSE, generation=2).blocks]
    assert sorted(slots, key=ORDER.index) == slots
    if shipment.order.gift or shipment.order.customer.marketing != "allowed":
        assert not PERSONAL & set(slots)
    if not shipment.final:
        assert "voucher" not in slots


# What it says --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "language", "currency", "benefit"),
    [
        ("15% off your next order", "en", "GBP", {"percent": 15}),
        ("15\u202f% de remise sur votre prochaine commande", "fr", "EUR", {"percent": 15}),
        ("15\u00a0% auf Ihre nächste Bestellung", "de", "EUR", {"percent": 15}),
        ("£10 off your next order", "en", "GBP", {"amount": Decimal("10.00")}),
        ("£7.50 off your next order", "en", "GBP", {"amount": Decimal("7.5")}),
        ("1\u202f000\u00a0€ de remise sur votre prochaine commande", "fr", "EUR", {"amount": Decimal(1000)}),
        ("1.000\u00a0€ Nachlass auf Ihre nächste Bestellung", "de", "EUR", {"amount": Decimal(1000)}),
        ("JP¥500 off your next order", "en", "JPY", {"amount": Decimal(500)}),
        ("Free delivery on your next order", "en", "GBP", {"free_shipping": True}),
        ("La livraison de votre prochaine commande vous est offerte", "fr", "EUR", {"free_shipping": True}),
        ("Kostenfreier Versand für Ihre nächste Bestellung", "de", "EUR", {"free_shipping": True}),
    ],
)
def test_a_voucher_says_what_it_gives(expected: str, language: str, currency: str, benefit: dict[str, object]) -> None:
    assert expected == voucher_of(language, currency, **benefit).heading


@pytest.mark.parametrize(
    ("expected", "language", "currency"),
    [
        (("On orders from\u00a0£50", "Valid until 31\u00a0December 2026"), "en", "GBP"),
        (("À partir de\u00a050\u00a0€ d’achat", "Valable jusqu’au 31\u00a0décembre 2026"), "fr", "EUR"),
        (("Ab einem Bestellwert von\u00a050\u00a0€", "Gültig bis zum 31.\u00a0Dezember 2026"), "de", "EUR"),
    ],
)
def test_a_voucher_says_its_terms_and_only_those_it_has(
    expected: tuple[str, str], language: str, currency: str
) -> None:
    terms = {"minimum": Decimal(50), "expires": date(2026, 12, 31)}
    assert expected == voucher_of(language, currency, percent=15, **terms).terms
    assert () == voucher_of(language, currency, percent=15).terms


def test_a_voucher_without_a_link_has_no_qr_code_and_does_not_speak_of_one() -> None:
    voucher = blocks_of(a_house(voucher_url=""))["voucher"]
    assert isinstance(voucher, Voucher)
    assert ("", "") == (voucher.scan, voucher.address)
    assert "QR" not in voucher.paragraphs[0]


def test_an_article_is_recommended_once_and_never_out_of_the_parcel() -> None:
    recommendations = (VASE, replace(VASE, sku="AH-1201"), replace(VASE, description="Again"), replace(VASE, sku="B"))
    tiles = blocks_of(recommendations=recommendations)["recommendations"]
    assert isinstance(tiles, Tiles)
    assert ["AH-1602", "B"] == [tile.pictures[0] for tile in tiles.tiles]
    assert "Vase" == tiles.tiles[0].name


def test_a_tile_has_the_code_of_its_article_and_of_the_note() -> None:
    strange = replace(VASE, sku="A/1 ?n=x")
    shown = blocks_of(recommendations=(VASE, strange))["recommendations"]
    assert isinstance(shown, Tiles)
    assert [
        ("https://amber-home.example/a/AH-1602?n=509217-1-r1", "amber-home.example/a/AH-1602"),
        ("https://amber-home.example/a/A%2F1%20%3Fn%3Dx?n=509217-1-r1", "amber-home.example/a/A%2F1%20%3Fn%3Dx"),
    ] == [(tile.scan, tile.address) for tile in shown.tiles]
    without = blocks_of(a_house(recommendation_url=""), recommendations=(VASE,))["recommendations"]
    assert isinstance(without, Tiles)
    assert [("", "")] == [(tile.scan, tile.address) for tile in without.tiles]


@pytest.mark.parametrize(
    ("expected", "loyalty"),
    [
        (("Gold",), Loyalty("Gold")),
        (("Gold · 1\u00a0point",), Loyalty("Gold", 1)),
        (("1,310\u00a0points", "This order earned you 1\u00a0point."), Loyalty("", 1310, 1)),
        (("2\u00a0points", "This order earned you 148\u00a0points."), Loyalty("  ", 2, 148)),
    ],
)
def test_loyalty_is_said_in_real_plurals(expected: tuple[str, ...], loyalty: Loyalty) -> None:
    assert Words("Your loyalty", expected) == blocks_of(customer=a_customer(loyalty=loyalty))["loyalty"]


# Codes ---------------------------------------------------------------------------------------------------------------


def test_what_an_order_says_can_not_change_where_a_code_leads() -> None:
    evil = "@evil.example/{language}?#"
    escaped = "%40evil.example%2F%7Blanguage%7D%3F%23"
    blocks = blocks_of(
        customer=a_customer(status="ambassador", referral_code=evil),
        offer=replace(OFFER, code=evil),
        lines=(a_line(sku=evil, category="lamps"),),
    )
    voucher, referral, registration = blocks["voucher"], blocks["referral"], blocks["registration"]
    assert isinstance(voucher, Voucher)
    assert isinstance(referral, Code)
    assert isinstance(registration, Code)
    assert f"https://amber-home.example/v/{escaped}?n=509217-1-r1&l=en" == voucher.scan
    assert f"https://amber-home.example/i/{escaped}?l=en" == referral.data
    assert f"https://amber-home.example/r/{escaped}?n=509217-1-r1" == registration.data


def test_a_code_too_long_to_scan_is_left_out_and_the_voucher_says_its_code_in_letters() -> None:
    blocks = blocks_of(
        a_house(voucher_url="https://amber-home.example/vouchers/{code}?l={language}"),
        customer=a_customer(status="ambassador", referral_code="ü" * 40),
        offer=replace(OFFER, code="%" * 40),
        lines=(a_line(sku="ü" * 64, category="lamps"),),
    )
    voucher = blocks["voucher"]
    assert isinstance(voucher, Voucher)
    assert ("%" * 40, "") == (voucher.code, voucher.scan)
    assert not {"referral", "registration"} & blocks.keys()


def test_the_story_is_told_in_the_language_of_the_note() -> None:
    story = HOUSE.shops["halm"].story
    assert story
    hero = blocks_of(shop="halm", language="de")["promo"]
    assert Hero(("story-halm",), "Wenige Dinge. Gute.", (story.text["de"],)) == hero
