"""The specimens use everything that a note can show, and say truly what decided it."""

from dataclasses import replace
from pathlib import Path

import pytest

from service.config import read_config
from service.intake.order_file import Draft, dump_shipment, pointer, read_shipment
from service.model import LANGUAGES, Goods
from service.planning.house import compile_house
from service.planning.specimens import Specimen, proof_set, specimens

ROOT = Path(__file__).parent.parent
HOUSE = compile_house(read_config(ROOT / "config", {}))
SLOTS = {
    *("brand", "greeting", "address", "facts", "note-code", "parcel", "goods", "totals", "gift", "promo", "voucher"),
    *("recommendations", "loyalty", "referral", "registration", "feedback", "returns", "help", "imprint"),
}
SHOPS = tuple(HOUSE.shops)


def the_specimen(case: str, language: str = "en") -> Specimen:
    found = proof_set("amber-home", HOUSE)
    return next(each for each in found if (each.case, each.shipment.order.language) == (case, language))


@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_in_each_language_every_slot_is_filled_by_some_specimen_of_either_set(shop: str, language: str) -> None:
    for found in (proof_set(shop, HOUSE), specimens(shop, HOUSE)):
        plans = [plan for each in found if (plan := each.plan).language == language]
        assert {*SLOTS, "reprint"} == {slot for plan in plans for slot, _ in plan.blocks}


@pytest.mark.parametrize("shop", SHOPS)
def test_a_specimen_is_what_an_order_file_may_say(shop: str) -> None:
    for specimen in proof_set(shop, HOUSE):
        assert specimen.shipment == read_shipment(Draft(dump_shipment(specimen.shipment), pointer))


def test_cases_are_told_apart_and_those_of_check_are_among_the_proof_set() -> None:
    cases = [(each.case, each.shipment.order.language) for each in proof_set("amber-home", HOUSE)]
    assert len(cases) == len(set(cases))
    assert {(each.case, each.shipment.order.language) for each in specimens("amber-home", HOUSE)} <= set(cases)


@pytest.mark.parametrize(
    ("expected", "case"),
    [
        (
            (
                "status new → greeting-new",
                "marketing allowed → recommendations",
                "partial 1 of 2 → what follows; no voucher yet",
                "a line of a durable category → registration",
            ),
            "new, partial 1 of 2",
        ),
        (
            (
                "status ambassador → greeting-ambassador",
                "marketing allowed → voucher, recommendations, loyalty, referral",
                "final 2 of 2 → the order is complete",
            ),
            "ambassador, final 2 of 2",
        ),
        (
            ("gift → greeting-gift; no prices, nothing personal", "one parcel → nothing follows"),
            "returning, in one parcel, gift",
        ),
        (
            ("marketing unknown → greeting-neutral, nothing personal", "one parcel → nothing follows"),
            "shortest",
        ),
        (
            (
                "status returning → greeting-returning-unnamed",
                "marketing allowed → voucher, recommendations, loyalty",
                "one parcel → nothing follows",
                "a line of a durable category → registration",
            ),
            "Japanese name",
        ),
    ],
)
def test_a_specimen_says_what_decided_what_stands_on_its_note(expected: tuple[str, ...], case: str) -> None:
    assert expected == the_specimen(case).decided


def test_the_longest_is_as_long_as_an_order_file_may_be() -> None:
    shipment = the_specimen("longest", "de").shipment
    order = shipment.order
    goal, customer = order.delivery_address, order.customer
    assert [100] * 8 == [len(text) for text in (goal.name, *goal.lines, goal.city, goal.region)]
    assert (100, 40, 40) == (len(customer.name), len(customer.loyalty.tier), len(customer.referral_code))
    assert (32, 40, 40, 6) == (
        *(len(order.order_id), len(order.offer.code)),
        *(len(shipment.lines), len(order.recommendations)),
    )
    assert {300} == {len(each.description) for each in (*shipment.lines, *order.recommendations)}
    assert 500 == len(the_specimen("longest gift", "de").shipment.order.gift_message)


@pytest.mark.parametrize("shop", SHOPS)
def test_there_are_specimens_of_what_stands_in_and_of_finding_nothing(shop: str) -> None:
    """New articles ask for what the shop has in their stead; without pictures, there is nothing but them to ask for."""
    stand_ins = {"category_pictures": {"tableware": "any-cup", "objects": "any-cup"}, "neutral_picture": "any-parcel"}
    house = replace(HOUSE, shops={**HOUSE.shops, shop: HOUSE.shops[shop].model_copy(update=stand_ins)})
    for found in (proof_set(shop, house), specimens(shop, house)):
        cases = {each.case: dict(each.plan.blocks)["goods"] for each in found}
        new, bare = cases["new articles"], cases["without pictures"]
        assert isinstance(new, Goods)
        assert isinstance(bare, Goods)
        assert ("any-cup", "any-parcel") == new.rows[0].pictures[1:]
        assert {("any-parcel",)} == {row.pictures[1:] for row in new.rows[1:2]}
        assert [(row.sku,) for row in bare.rows] == [row.pictures for row in bare.rows]
        assert all(row.sku.endswith("-NEW") for row in (*new.rows, *bare.rows))


def test_the_goods_of_the_plain_specimens_have_pictures() -> None:
    there = {path.stem for path in (ROOT / "image_cache" / "samples").rglob("*")}
    order = the_specimen("returning, in one parcel").shipment
    assert {each.sku for each in (*order.lines, *order.order.recommendations)} <= there
