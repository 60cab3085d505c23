"""The first rule that holds fills its slot; nobody gets what is not meant for them, and no code comes twice."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.marketing import Given, Standing
from service.model import (
    HELD_OUT,
    NEUTRAL,
    SHOWN,
    Exposure,
    Giving,
    Loyalty,
    Offer,
    Recommendation,
    Shipment,
    Tiles,
    Voucher,
)
from service.planning.campaigns.arms import arm_of
from service.planning.campaigns.choosing import UNMET
from service.planning.campaigns.compiling import NO_CAMPAIGNS
from service.planning.campaigns.words import SILENT
from service.planning.house import House
from service.planning.note import plan_note
from tests.builders import a_customer, a_shipment
from tests.campaigns import HOUSE, TODAY, a_house_with, a_rule, chosen, reasons, slots
from tests.strategies import shipments

CODE = Offer("WELCOME-7K2M", percent=15, expires=date(2026, 12, 31))
GIVES = a_rule("voucher", pool="welcome")
STOCKED = replace(TODAY, codes={"welcome": CODE})
FOR_EVERYONE = a_rule("feedback", for_everyone=True)
PARTIAL = {"number": 1, "of": 2, "final": False}


# Which rule ----------------------------------------------------------------------------------------------------------


def test_the_first_rule_that_holds_fills_its_slot_campaign_by_campaign_in_their_order() -> None:
    house = a_house_with(
        a=f"order = 20\n{a_rule()}{a_rule('feedback')}",
        b=f"order = 10\n{a_rule(when='order.gift')}{a_rule('feedback')}{a_rule('feedback')}",
        c=f"order = 20\n{a_rule()}",
    )
    choices = chosen(house, a_shipment())
    assert {"loyalty": ("a", 1), "feedback": ("b", 2)} == slots(choices)
    assert [UNMET, "", "rule 2 of b fills feedback", "", "rule 2 of b fills feedback", "rule 1 of a fills loyalty"] == (
        reasons(choices)
    )
    assert (Exposure("b", "b", "feedback", 2, SHOWN), Exposure("a", "a", "loyalty", 1, SHOWN)) == choices.exposures


def test_without_campaigns_nothing_is_chosen_and_every_slot_stands_as_it_did() -> None:
    shipment = a_shipment()
    without = a_house_with()
    assert {} == chosen(without, shipment).filled
    assert plan_note(shipment, without).blocks == plan_note(shipment, a_house_with(a=a_rule(when="order.gift"))).blocks


@pytest.mark.parametrize(
    ("expected", "bounds"),
    [
        ("", "window = { from = 2026-11-22, until = 2026-11-22 }"),
        ("the campaign begins on 2026-11-23", "window = { from = 2026-11-23 }"),
        ("the campaign ended on 2026-11-21", "window = { until = 2026-11-21 }"),
        ("", "shops = ['amber-home']\nsites = ['uk']\nlanguages = ['en']\ncountries = ['GB']"),
        ("the campaign is not for shop amber-home", "shops = ['halm']"),
        ("the campaign is not for site uk", "sites = ['eu']"),
        ("the campaign is not for language en", "languages = ['fr', 'de']"),
        ("the campaign is not for country GB", "countries = ['FR']"),
    ],
)
def test_a_campaign_keeps_within_its_bounds(expected: str, bounds: str) -> None:
    assert [expected] == reasons(chosen(a_house_with(a=f"{bounds}\n{a_rule()}"), a_shipment()))


def test_a_window_opens_and_closes_by_the_calendar_of_the_site() -> None:
    late = replace(TODAY, now=datetime(2026, 11, 22, 23, 30, tzinfo=UTC))  # the 23rd in Lille
    house = a_house_with(a=f"window = {{ until = 2026-11-22 }}\n{a_rule()}")
    assert [""] == reasons(chosen(house, a_shipment(), late))
    assert ["the campaign ended on 2026-11-22"] == reasons(chosen(house, a_shipment(site="eu"), late))


def test_a_closed_campaign_leaves_the_slot_to_the_next() -> None:
    house = a_house_with(a=a_rule(), b=a_rule())
    choices = chosen(house, a_shipment(), replace(TODAY, closed={"a": "paused"}))
    assert {"loyalty": ("b", 1)} == slots(choices)
    assert "the campaign takes no more notes: paused" == reasons(choices)[0]


def test_a_condition_that_fails_on_this_note_passes_the_rule() -> None:
    house = a_house_with(a=a_rule(when="order.lines[7].quantity > 1") + a_rule())
    assert {"loyalty": ("a", 2)} == slots(chosen(house, a_shipment()))


def test_a_rule_whose_words_have_no_value_leaves_the_slot_to_the_next() -> None:
    house = a_house_with(a=a_rule("referral") + a_rule("registration"), b=a_rule())
    choices = chosen(house, a_shipment())
    assert ["there is no invitation to pass on", "nothing in this parcel is registered", ""] == reasons(choices)
    assert {"loyalty": ("b", 1)} == slots(choices)


# For whom ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        ("gift", {"gift": True}),
        ("objected", {"customer": a_customer(marketing="objected")}),
        ("unknown", {"customer": a_customer(marketing="unknown")}),
    ],
)
def test_who_is_not_to_be_addressed_gets_only_what_is_for_everyone(expected: str, changes: dict[str, Any]) -> None:
    house = a_house_with(a=a_rule() + GIVES, b=FOR_EVERYONE)
    choices = chosen(house, a_shipment(**changes), STOCKED)
    assert {"feedback": ("b", 1)} == slots(choices)
    assert (Exposure("b", "b", "feedback", 1, SHOWN), Exposure("", "", "", 0, NEUTRAL, expected)) == choices.exposures
    assert () == choices.givings


def test_a_note_is_neutral_only_where_a_campaign_would_have_addressed_somebody() -> None:
    house = a_house_with(a=f"window = {{ until = 2026-01-01 }}\n{a_rule()}", b=FOR_EVERYONE)
    assert (Exposure("b", "b", "feedback", 1, SHOWN),) == chosen(house, a_shipment(gift=True)).exposures


# Experiments ---------------------------------------------------------------------------------------------------------

TWO_ARMS = "hold_out = 0.2\n[[arm]]\nname = 'warm'\n[[arm]]\nname = 'bright'\nweight = 3\n"


def arms_of(house: House, customers: range) -> list[str]:
    return [
        chosen(house, a_shipment(), replace(TODAY, customer=f"customer-{number}")).exposures[0].arm
        for number in customers
    ]


def test_hold_out_and_arms_have_the_shares_that_they_were_given() -> None:
    shares = Counter(arms_of(a_house_with(a=TWO_ARMS + a_rule()), range(4000)))
    assert {"hold-out": 0.2, "warm": 0.2, "bright": 0.6} == pytest.approx(
        {arm: count / 4000 for arm, count in shares.items()}, abs=0.03
    )


def test_a_customer_keeps_an_arm_whatever_the_order_and_two_campaigns_share_independently() -> None:
    house, other = (a_house_with(**{name: TWO_ARMS + a_rule()}) for name in ("a", "b"))
    standing = replace(TODAY, customer="one")
    same = {chosen(house, a_shipment(order_id=str(number)), standing).exposures[0].arm for number in range(20)}
    assert 1 == len(same)
    assert arms_of(house, range(200)) == arms_of(house, range(200))
    assert arms_of(house, range(200)) != arms_of(other, range(200))


def test_where_nobody_is_known_each_order_counts_as_a_customer() -> None:
    house = a_house_with(a=TWO_ARMS + a_rule())
    assert {"hold-out", "warm", "bright"} == {
        chosen(house, a_shipment(order_id=str(number))).exposures[0].arm for number in range(40)
    }


def test_a_rule_for_an_arm_is_for_its_customers_alone() -> None:
    rules = a_rule("loyalty", arm="warm") + a_rule("loyalty", arm="bright")
    house = a_house_with(a=TWO_ARMS + rules)
    for number in range(40):
        choices = chosen(house, a_shipment(order_id=str(number)))
        arm, rule = choices.exposures[0].arm, choices.exposures[0].rule
        assert ("hold-out", 1) == (arm, rule) or arm == {1: "warm", 2: "bright"}[rule]


def test_who_is_held_out_is_noted_and_the_slot_stays_as_if_the_campaign_were_not_there() -> None:
    held_out = f"order = 1\nhold_out = 0.9\n{GIVES}{a_rule('loyalty', when='order.gift')}{GIVES}"
    house = a_house_with(a=held_out, b=GIVES)
    standing = replace(STOCKED, customer="customer-1")
    choices = chosen(house, a_shipment(), standing)
    assert {"voucher": ("b", 1)} == slots(choices)
    assert (Exposure("a", "hold-out", "voucher", 1, HELD_OUT), Exposure("b", "b", "voucher", 1, SHOWN)) == (
        choices.exposures
    )
    assert (Giving("b", "welcome", "WELCOME-7K2M"),) == choices.givings
    assert "an earlier rule was held out of voucher" == reasons(choices)[2]


def test_no_code_is_kept_for_who_is_held_out() -> None:
    house = a_house_with(a=f"hold_out = 0.9\n{GIVES}")
    assert () == chosen(house, a_shipment(), replace(STOCKED, customer="customer-1")).givings


# Vouchers ------------------------------------------------------------------------------------------------------------


def given_on(order_id: str, note_id: str = "", offer: Offer = CODE) -> Given:
    return Given("a", "welcome", offer, order_id, note_id)


def stocked_with(**terms: Any) -> Standing:
    """A standing whose pool has a code on these terms."""
    return replace(TODAY, codes={"welcome": replace(CODE, **terms)})


@pytest.mark.parametrize(
    ("expected", "changes", "standing"),
    [
        ("the order brings a voucher of its own", {"offer": Offer("SHOP", percent=5)}, STOCKED),
        ("pool welcome has no code", {}, TODAY),
        ("the customer has a code of a, from order 1", {}, replace(STOCKED, given=(given_on("1"),))),
        ("the code expired on 2026-11-21", {}, stocked_with(expires=date(2026, 11, 21))),
        ("the code counts in EUR, the order in GBP", {}, stocked_with(amount=Decimal(5), percent=0, currency="EUR")),
        ("the code counts in EUR, the order in GBP", {}, stocked_with(minimum=Decimal(50), currency="EUR")),
        ("the customer just paid the full price for tableware", {}, stocked_with(categories=("garden", "tableware"))),
        ("a voucher comes with the last parcel, where the rule does not name shipment.partial", PARTIAL, STOCKED),
    ],
)
def test_a_voucher_that_is_not_for_this_order_is_passed_over(
    expected: str, changes: dict[str, Any], standing: Standing
) -> None:
    choices = chosen(a_house_with(a=GIVES), a_shipment(**changes), standing)
    assert [expected] == reasons(choices)
    assert ({}, (), ()) == (choices.filled, choices.exposures, choices.givings)


@pytest.mark.parametrize(
    ("changes", "offer"),
    [
        ({}, CODE),
        ({}, replace(CODE, expires=date(2026, 11, 22))),
        ({}, replace(CODE, currency="EUR")),
        ({}, replace(CODE, categories=("garden",))),
        ({"vouchers_redeemed": ("OLD",)}, replace(CODE, categories=("tableware",))),
        ({}, replace(CODE, excluded_categories=("tableware",))),
    ],
)
def test_a_code_is_taken_from_its_pool(changes: dict[str, Any], offer: Offer) -> None:
    choices = chosen(a_house_with(a=GIVES), a_shipment(**changes), replace(TODAY, codes={"welcome": offer}))
    assert offer == choices.filled["voucher"].offer
    assert (Giving("a", "welcome", "WELCOME-7K2M"),) == choices.givings


@pytest.mark.parametrize(
    ("expected", "days_ago"),
    [("the customer has a code of a, from order 2; another one comes after 30 days", 29), ("", 30)],
)
def test_a_campaign_gives_again_after_the_days_that_it_says(expected: str, days_ago: int) -> None:
    had = (replace(given_on("2"), at=TODAY.now - timedelta(days=days_ago)), given_on("1"))
    choices = chosen(a_house_with(a=f"again_after_days = 30\n{GIVES}"), a_shipment(), replace(STOCKED, given=had))
    assert [expected] == reasons(choices)


def test_a_code_that_was_given_for_another_campaign_is_no_hindrance() -> None:
    standing = replace(STOCKED, given=(replace(given_on("1"), campaign="b"),))
    assert 1 == len(chosen(a_house_with(a=GIVES), a_shipment(), standing).givings)


def test_the_orders_other_parcel_shows_the_code_again_and_takes_no_other() -> None:
    standing = replace(TODAY, given=(given_on("509217", "509217-1-r1"),), codes={"welcome": Offer("OTHER", percent=5)})
    choices = chosen(a_house_with(a=GIVES), a_shipment(number=2, of=2), standing)
    assert CODE == choices.filled["voucher"].offer
    assert () == choices.givings


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("the order has a code of pool delivery", replace(given_on("509217"), pool="delivery")),
        ("the order's code expired on 2026-11-21", given_on("509217", offer=replace(CODE, expires=date(2026, 11, 21)))),
        ("the order's code was redeemed", replace(given_on("509217"), is_redeemed=True)),
    ],
)
def test_no_parcel_says_of_the_orders_code_what_it_does_not_give(expected: str, given: Given) -> None:
    choices = chosen(a_house_with(a=GIVES), a_shipment(number=2, of=2), replace(STOCKED, given=(given,)))
    assert ([expected], ()) == (reasons(choices), choices.givings)


EVERY_PARCEL = "(shipment.partial || shipment.final)"
LATE = {"dispatched_at": datetime(2026, 11, 26, 8, tzinfo=UTC)}
ORDER_HAS_CODE = replace(STOCKED, given=(given_on("509217", "509217-1-r1"),), codes={"welcome": Offer("OTHER")})


@pytest.mark.parametrize(
    ("when", "bounds"),
    [
        ('customer.status == "new"', ""),
        ('shipment.partial || shipment.final && customer.status == "new"', ""),
        (f"shipment.days_late >= 2 && {EVERY_PARCEL}", ""),
        ("true", "window = { until = 2026-11-21 }\n"),
    ],
)
def test_the_orders_other_parcel_shows_its_code_also_where_the_rule_does_not_fire_for_it(
    when: str, bounds: str
) -> None:
    house = a_house_with(a=bounds + a_rule("voucher", pool="welcome", when=when), b=GIVES)
    second = a_shipment(number=2, of=2, customer=a_customer(status="returning", loyalty=Loyalty()))
    choices = chosen(house, second, ORDER_HAS_CODE)
    assert CODE == choices.filled["voucher"].offer
    assert ("a", "voucher", SHOWN) == tuple(
        getattr(choices.exposures[0], name) for name in ("campaign", "slot", "outcome")
    )
    assert () == choices.givings, "nor does another campaign add a second one"


def test_a_code_whose_rule_does_not_fire_for_a_parcel_stands_there_without_its_words() -> None:
    rule = a_rule("voucher", pool="welcome", message="apology", when=f"shipment.days_late >= 2 && {EVERY_PARCEL}")
    house, on_time = a_house_with(a=rule), a_shipment(number=2, of=2)
    for expected, shipment in (("15% off, with our apologies", replace(on_time, **LATE)), ("15% off your", on_time)):
        voucher = chosen(house, shipment, ORDER_HAS_CODE).filled["voucher"].block
        assert isinstance(voucher, Voucher)
        assert expected in voucher.heading


@pytest.mark.parametrize(
    ("why_not", "when", "changes", "standing"),
    [
        ("the rule is for the first parcel", "shipment.partial && order.value > 0.0", {"number": 2, "of": 2}, {}),
        ("the code comes with the last parcel", "true", PARTIAL | {"number": 2, "of": 3}, {}),
        ("the campaign is paused", "true", {"number": 2, "of": 2}, {"closed": {"a": "paused"}}),
        ("the shop gives its own", "true", {"number": 2, "of": 2, "offer": Offer("SHOP", percent=5)}, {}),
        ("it is a gift", "true", {"number": 2, "of": 2, "gift": True}, {}),
    ],
)
def test_the_orders_other_parcel_shows_no_code_where_it_has_no_place(
    why_not: str, when: str, changes: dict[str, Any], standing: dict[str, Any]
) -> None:
    house = a_house_with(a=a_rule("voucher", pool="welcome", when=when))
    choices = chosen(house, a_shipment(**changes), replace(ORDER_HAS_CODE, **standing))
    assert "voucher" not in choices.filled, why_not


def test_a_reprint_of_a_parcel_that_showed_no_code_shows_none() -> None:
    choices = chosen(a_house_with(a=GIVES), a_shipment(number=2, of=2), ORDER_HAS_CODE, generation=2)
    assert ({}, ["the order has a code of pool welcome"]) == (choices.filled, reasons(choices))


@pytest.mark.parametrize("fact", ["shipment.partial", "!shipment.final", "shipment.number == 1"])
def test_a_rule_that_names_the_parcel_gives_its_voucher_with_a_partial_one(fact: str) -> None:
    house = a_house_with(a=a_rule("voucher", pool="welcome", when=fact))
    assert 1 == len(chosen(house, a_shipment(**PARTIAL), STOCKED).givings)


REPRINT = replace(TODAY, given=(given_on("509217", "509217-1-r1"),))


@pytest.mark.parametrize(
    "campaigns",
    [
        {"a": GIVES},
        {"a": f"window = {{ until = 2026-01-01 }}\n{GIVES}"},
        {"a": a_rule("voucher", pool="welcome", when="order.gift")},
        {"a": a_rule("voucher", pool="another")},
        {"a": a_rule("voucher", pool="welcome", message="reward")},
        {"a": 'arm = [{ name = "x" }]\n' + a_rule("voucher", pool="welcome", arm="x", message="reward")},
        {},
    ],
)
def test_a_reprint_carries_the_code_of_its_note_whatever_the_campaign_says_by_now(campaigns: dict[str, str]) -> None:
    shipment = a_shipment(customer=a_customer(loyalty=Loyalty()))
    plan = plan_note(shipment, a_house_with(b=a_rule(), **campaigns), replace(REPRINT, closed={"a": "paused"}), 2)
    voucher = dict(plan.blocks)["voucher"]
    assert isinstance(voucher, Voucher)
    assert "WELCOME-7K2M" == voucher.code
    assert "a" == plan.exposures[0].campaign
    assert () == plan.givings


def test_a_note_that_is_planned_again_after_its_intent_took_a_code_carries_that_code() -> None:
    plan = plan_note(a_shipment(), a_house_with(a=GIVES), replace(REPRINT, closed={"a": "paused"}))
    voucher = dict(plan.blocks)["voucher"]
    assert isinstance(voucher, Voucher)
    assert "WELCOME-7K2M" == voucher.code


@pytest.mark.parametrize("generation", [1, 2])
def test_a_note_carries_its_code_also_where_there_are_no_campaigns_any_more(generation: int) -> None:
    house = replace(HOUSE, campaigns=NO_CAMPAIGNS, campaign_words=SILENT)
    limited = replace(CODE, categories=("garden",))
    standing = replace(TODAY, given=(given_on("509217", "509217-1-r1", limited),))

    plan = plan_note(a_shipment(), house, standing, generation)
    voucher = dict(plan.blocks)["voucher"]
    assert isinstance(voucher, Voucher)
    assert "WELCOME-7K2M" == voucher.code
    assert "garden" in voucher.terms[0], "a limit is said, if only by the shop's own word"
    assert (Exposure("a", "", "voucher", 0, SHOWN),) == plan.exposures


def test_a_code_that_is_carried_counts_for_its_customers_arm_in_the_words_of_that_arm() -> None:
    rules = (a_rule("voucher", pool="welcome", arm=arm, message=words) for arm, words in (("x", "welcome"), ("y", "")))
    house = a_house_with(a="\n".join(('arm = [{ name = "x" }, { name = "y" }]', *rules)))

    for number, arm in enumerate(("x", "y"), 1):
        customer = next(each for each in map(str, range(99)) if arm_of(house.campaigns.campaigns[0], each) == arm)
        choices = chosen(house, a_shipment(), replace(REPRINT, customer=customer))
        assert (Exposure("a", arm, "voucher", number, SHOWN),) == choices.exposures


def test_of_several_codes_that_a_note_took_it_carries_the_first_alone() -> None:
    other = Given("b", "spring", Offer("SPRING-1", percent=5), "509217", "509217-1-r1")
    standing = replace(REPRINT, given=(other, *REPRINT.given), codes={"welcome": CODE, "spring": CODE})
    house = a_house_with(a=GIVES, b=a_rule("voucher", pool="spring"))

    choices = chosen(house, a_shipment(), standing)
    assert "SPRING-1" == choices.filled["voucher"].offer.code
    assert [("b", "voucher")] == [(each.campaign, each.slot) for each in choices.exposures]
    assert () == choices.givings


def test_a_reprint_takes_no_new_code() -> None:
    assert ["a reprint takes no new code"] == reasons(chosen(a_house_with(a=GIVES), a_shipment(), STOCKED, 2))


# The plan ------------------------------------------------------------------------------------------------------------


def test_a_plan_says_what_campaigns_put_on_it_and_what_they_took() -> None:
    plan = plan_note(a_shipment(), a_house_with(a=GIVES), STOCKED)
    assert (Exposure("a", "a", "voucher", 1, SHOWN),) == plan.exposures
    assert (Giving("a", "welcome", "WELCOME-7K2M"),) == plan.givings
    voucher = dict(plan.blocks)["voucher"]
    assert isinstance(voucher, Voucher)
    assert ("WELCOME-7K2M", "15% off your next order") == (voucher.code, voucher.heading)


def test_recommendations_of_ours_stand_where_the_order_brings_none() -> None:
    ours, theirs = (Recommendation(sku, sku) for sku in ("Ours", "Theirs"))
    house, standing = a_house_with(), replace(TODAY, recommended=(ours,))
    for expected, recommendations in (("Ours", ()), ("Theirs", (theirs,))):
        tiles = dict(plan_note(a_shipment(recommendations=recommendations), house, standing).blocks)["recommendations"]
        assert isinstance(tiles, Tiles)
        assert [expected] == [tile.name for tile in tiles.tiles]


@pytest.mark.parametrize(
    ("expected", "own", "ours", "had"),
    [
        (["A", "B"], "ABA", "C", ""),
        (["B"], "AB", "C", "A"),
        (["C"], "AB", "ABC", "AB"),
        (None, "AB", "ABCC", "ABC"),
    ],
)
def test_nothing_is_recommended_that_the_customer_has_or_gets(
    expected: list[str] | None, own: str, ours: str, had: str
) -> None:
    standing = replace(TODAY, recommended=tuple(Recommendation(sku, sku) for sku in ours), bought=frozenset(had))
    shipment = a_shipment(recommendations=tuple(Recommendation(sku, sku) for sku in own))
    shown = dict(plan_note(shipment, a_house_with(), standing).blocks).get("recommendations")
    assert expected == (shown and [tile.name for tile in shown.tiles])  # type: ignore[union-attr]


def standings() -> st.SearchStrategy[Standing]:
    pools = sorted({rule.rule.pool for each in HOUSE.campaigns.campaigns for rule in each.rules if rule.rule.pool})
    codes = {pool: replace(CODE, code=f"CODE-{pool}") for pool in pools}
    return st.builds(
        Standing,
        now=st.sampled_from([datetime(2026, month, 24, 12, tzinfo=UTC) for month in (2, 11, 12)]),
        customer=st.sampled_from(("", *(f"customer-{number}" for number in range(20)))),
        codes=st.sampled_from(({}, codes)),
    )


@settings(max_examples=80, deadline=None)
@given(shipments(), standings(), st.sampled_from((1, 2)))
def test_whatever_comes_campaigns_choose_and_choose_the_same_again(
    shipment: Shipment, standing: Standing, generation: int
) -> None:
    plan = plan_note(shipment, HOUSE, standing, generation)
    choices = chosen(HOUSE, shipment, standing, generation)
    assert plan == plan_note(shipment, HOUSE, standing, generation)
    assert len(choices.passed) == sum(len(campaign.rules) for campaign in HOUSE.campaigns.campaigns)
    assert len(plan.givings) <= 1
    if shipment.order.gift or shipment.order.customer.marketing != "allowed":
        assert {"promo", "feedback", "registration"} >= set(choices.filled)
        assert () == plan.givings
