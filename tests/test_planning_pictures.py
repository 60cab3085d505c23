"""Which pictures may show an article, the best first; whether the library has them is not asked here."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.config import Shop, read_config
from service.model import Choice, Goods, Hero, Plan, Recommendation, Shipment, Tiles
from service.planning.house import compile_house
from service.planning.note import plan_note
from service.planning.pictures import pictures_of
from tests.builders import a_customer, a_line, a_shipment
from tests.strategies import shipments, texts

HOUSE = compile_house(read_config(Path(__file__).parent.parent / "config", {}))


def a_shop(neutral: str = "", **category_pictures: str) -> Shop:
    changes = {"category_pictures": category_pictures, "neutral_picture": neutral}
    return HOUSE.shops["amber-home"].model_copy(update=changes)


SHOP = a_shop("any-parcel", lamps="any-lamp")


@pytest.mark.parametrize(
    ("expected", "line"),
    [
        (("DSC 42", "22139", "any-lamp", "any-parcel"), {"picture": "DSC 42", "category": "lamps"}),
        (("22139", "any-lamp", "any-parcel"), {"category": "lamps"}),
        (("22139", "any-parcel"), {"category": "Lamps"}),
        (("22139", "any-parcel"), {"category": ""}),
        (("22139", "any-parcel"), {"picture": "22139"}),
        (("any-lamp", "22139", "any-parcel"), {"picture": "any-lamp", "category": "lamps"}),
        (("22139", "any-parcel"), {"picture": " "}),
        (("DSC 42", "22139", "any-parcel"), {"picture": " DSC 42\u00a0"}),
        (("../../etc/passwd", "22139", "any-parcel"), {"picture": "../../etc/passwd"}),
    ],
)
def test_the_named_picture_goes_before_the_articles_own_and_that_before_what_stands_in(
    expected: Choice, line: dict[str, str]
) -> None:
    assert expected == pictures_of(a_line(**{"category": "", **line}), SHOP)


def test_what_is_recommended_is_shown_by_the_same_rule() -> None:
    lamp = Recommendation("AH-1201", "Lamp", "lamps", picture="DSC 7")
    assert ("DSC 7", "AH-1201", "any-lamp", "any-parcel") == pictures_of(lamp, SHOP)


def test_a_shop_without_stand_ins_shows_an_article_by_its_own_picture_alone() -> None:
    assert ("22139",) == pictures_of(a_line(), a_shop())


articles = st.builds(Recommendation, texts(64), texts(), st.sampled_from(("lamps", "")), st.none(), texts(64))


@given(articles, texts())
def test_no_choice_names_nothing_or_the_same_twice(article: Recommendation, neutral: str) -> None:
    ids = pictures_of(article, a_shop(neutral, lamps="any-lamp"))
    assert len(set(ids)) == len(ids)
    assert all(one.strip() == one != "" for one in ids)


def the_plan(**changes: object) -> Plan:
    return plan_note(a_shipment(**changes), HOUSE)


def test_rows_tiles_and_story_ask_for_their_pictures_and_the_plan_says_whose() -> None:
    vase = Recommendation("AH-1602", "Vase", picture="DSC 7")
    plan = the_plan(lines=(a_line(picture="DSC 42"),), recommendations=(vase,), customer=a_customer())
    blocks = dict(plan.blocks)
    goods, tiles, hero = blocks["goods"], blocks["recommendations"], blocks["promo"]
    assert isinstance(goods, Goods)
    assert isinstance(tiles, Tiles)
    assert isinstance(hero, Hero)
    assert ("DSC 42", "22139") == goods.rows[0].pictures[:2]
    assert ("DSC 7", "AH-1602") == tiles.tiles[0].pictures[:2]
    assert ("story-amber-home",) == hero.pictures
    assert "amber-home" == plan.shop
    assert ["goods", "promo", "recommendations"] == [slot for slot, _ in plan.pictures]


@given(shipments())
def test_whatever_is_ordered_every_choice_of_a_plan_names_something(shipment: Shipment) -> None:
    plan = plan_note(shipment, HOUSE)
    assert all(choice and all(choice) for _, choice in plan.pictures)
    assert len(set(plan.pictures)) == len(plan.pictures)
