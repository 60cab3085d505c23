"""Each campaign that ships does what it is for, in the words of its language, and lets be what it must not do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from service.config import read_config
from service.content.reading import read_pack
from service.marketing import Given, History, Standing
from service.model import (
    LANGUAGES,
    MARKETING,
    SHOWN,
    Code,
    Hero,
    Line,
    Loyalty,
    Offer,
    Plan,
    Shipment,
    Tiles,
    Voucher,
    Words,
)
from service.planning.campaigns.arms import arm_of
from service.planning.house import House, compile_house
from service.planning.note import plan_note
from service.planning.specimen_orders import plain_shipment

ROOT = Path(__file__).parent.parent
CONFIG = read_config(ROOT / "config", {})
PACK = read_pack(ROOT / "config" / "content" / "2026-W48", "2026-W48")
HOUSE = compile_house(CONFIG)
HOUSE_IN_THE_WEEK = compile_house(CONFIG, (PACK,))
GUIDE = (ROOT / "docs" / "campaigns.md").read_text()
SUNDAY = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LATER = date(2027, 12, 31)
CODES = {
    "apology": Offer("S-RU6E-MT4Q", percent=10, expires=LATER),
    "welcome": Offer("W-NDLE-WVCV", percent=15, expires=LATER),
    "birthday": Offer("B-G7JG-N4FR", percent=15, expires=LATER),
    "anniversary": Offer("Y-9WJT-PVQP", percent=10, expires=LATER),
    "reward-gbp": Offer("RG-QQ9T-JVKG", amount=Decimal(5), currency="GBP", minimum=Decimal(10), expires=LATER),
    "reward-eur": Offer("RE-U39G-XCRL", amount=Decimal(5), currency="EUR", minimum=Decimal(10), expires=LATER),
    "before-christmas-gbp": Offer(
        "XG-CYQT-XLQY", amount=Decimal(25), currency="GBP", minimum=Decimal(100), expires=date(2026, 12, 13)
    ),
    "before-christmas-eur": Offer(
        "XE-AT3U-WLUP", amount=Decimal(25), currency="EUR", minimum=Decimal(100), expires=date(2026, 12, 13)
    ),
    "thanks-percent": Offer("T-EKJ7-WX6P", percent=10, expires=LATER),
    "thanks-delivery": Offer("D-RQ47-A74D", free_shipping=True, expires=LATER),
}
NEW: Mapping[str, Any] = {"status": "new", "previous_orders": 0, "loyalty": Loyalty(), "member_since": None}
POOR: Mapping[str, Any] = {"loyalty": Loyalty("", 40, 0)}


@dataclass(frozen=True, slots=True)
class Case:
    """What triggers a campaign, and where it speaks."""

    slot: str
    customer: Mapping[str, Any] = field(default_factory=dict)
    shipment: Mapping[str, Any] = field(default_factory=dict)
    now: datetime = SUNDAY
    shop: str = "amber-home"
    arm: str = ""
    house: House = HOUSE


LATE = {"dispatched_at": datetime(2026, 11, 21, tzinfo=UTC), "promised_at": datetime(2026, 11, 18, tzinfo=UTC)}
CASES = {
    "apology": Case("voucher", shipment=LATE),
    "welcome": Case("voucher", NEW),
    "birthday": Case("voucher", {**POOR, "birthday": "11-29"}),
    "anniversary": Case("voucher", {**POOR, "member_since": date(2024, 11, 25)}),
    "reward": Case("voucher"),
    "before-christmas": Case("voucher", {**POOR, "status": "ambassador"}),
    "thanks": Case("voucher", POOR, arm="delivery"),
    "ambassadors": Case("referral", {"status": "ambassador"}),
    "points": Case("loyalty", {"loyalty": Loyalty("Gold", 1310, 148)}),
    "gift-of-the-month": Case("promo", now=datetime(2027, 3, 1, tzinfo=UTC)),  # no holiday
    "warranty": Case("registration", shop="halm"),
    "feedback": Case("feedback"),
    "recommendations": Case("recommendations"),
}
FIRST_ADVENT = Case("promo")
GERMANY = plain_shipment("amber-home", "de", HOUSE).order.delivery_address
WEEK = Case("promo", now=datetime(2026, 12, 18, tzinfo=UTC), house=HOUSE_IN_THE_WEEK)  # no holiday any more
LAST_POSTING = Case("promo", now=datetime(2026, 12, 5, tzinfo=UTC))


def note_of(case: Case, language: str, standing: Standing | None = None, **changes: Any) -> Plan:
    """The plan of a plain note with what triggers the case, for a customer who is held out of nothing."""
    plain = plain_shipment(case.shop, language, case.house)
    customer = replace(plain.order.customer, **{**case.customer, **changes.pop("customer", {})})
    order = replace(plain.order, **{"offer": Offer(), "customer": customer, **changes.pop("order", {})})
    shipment = replace(plain, **{"order": order, **case.shipment, **changes})
    known = standing or Standing()
    asked = replace(known, now=case.now, codes=known.codes or CODES, customer=known.customer or customer_in(case.arm))
    return plan_note(shipment, case.house, asked)


def small_order(language: str) -> tuple[Line, ...]:
    """What costs too little for the gift of the month."""
    return (plain_shipment("amber-home", language, HOUSE).lines[0],)


def customer_in(arm: str) -> str:
    """A customer whom no campaign keeps anything from, in this arm of an experiment."""
    for number in range(1000):
        arms = {campaign.id: arm_of(campaign, f"customer-{number}") for campaign in HOUSE.campaigns.campaigns}
        if "hold-out" not in arms.values() and (not arm or arms["thanks"] == arm):
            return f"customer-{number}"
    raise AssertionError


def said(plan: Plan, slot: str) -> tuple[str, ...]:
    """What a block says, its heading first, without what is the same on every voucher."""
    match dict(plan.blocks)[slot]:
        case Voucher() as voucher:
            return (voucher.heading, voucher.paragraphs[0], *voucher.terms)
        case Code() as code:
            return (code.heading, code.caption)
        case Tiles() as tiles:
            return (tiles.heading,)
        case Hero() | Words() as words:
            return (words.heading, *words.paragraphs)
    raise AssertionError


def shown(plan: Plan) -> set[tuple[str, str]]:
    return {(each.campaign, each.slot) for each in plan.exposures if each.outcome == SHOWN}


# What each says, as a person approved it in tests/said ----------------------------------------------------------------


def _approved() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """What was approved: campaign, language, and what its block says, line by line."""
    for language in LANGUAGES:
        for entry in (ROOT / "tests" / "said" / f"{language}.txt").read_text(encoding="utf-8").split("\n\n"):
            campaign, *lines = entry.strip().split("\n")
            yield campaign, language, tuple(line.removeprefix("    ") for line in lines)


APPROVED = tuple(_approved())


@pytest.mark.parametrize(("campaign", "language", "expected"), APPROVED)
def test_a_campaign_says_what_it_is_for(campaign: str, language: str, expected: tuple[str, ...]) -> None:
    case = CASES[campaign]
    plan = note_of(case, language)

    assert (campaign, case.slot) in shown(plan)
    assert expected == said(plan, case.slot)


def test_every_campaign_that_ships_has_its_text_here() -> None:
    elsewhere = {"first-advent", "last-posting", "week"}

    assert {campaign for campaign, _, _ in APPROVED} | elsewhere == {each.id for each in HOUSE.campaigns.campaigns}


def test_every_picture_that_campaigns_show_is_among_the_samples_or_in_the_pack() -> None:
    shown_pictures = {rule.picture for campaign in CONFIG.campaigns.values() for rule in campaign.rule if rule.picture}
    samples = {path.stem for path in (ROOT / "image_cache" / "samples").iterdir()}

    assert shown_pictures <= samples | PACK.art.keys()


def test_a_holiday_is_of_its_country_and_in_the_language_of_the_note() -> None:
    abroad = {"order": {"delivery_address": GERMANY}}

    assert "Zum ersten Advent" == said(note_of(FIRST_ADVENT, "de"), "promo")[0]
    assert "For the first Sunday in Advent" == said(note_of(FIRST_ADVENT, "en", **abroad), "promo")[0]
    assert "Pour le premier dimanche de l’Avent" == said(note_of(FIRST_ADVENT, "fr", **abroad), "promo")[0]
    assert ("first-advent", "promo") not in shown(note_of(FIRST_ADVENT, "fr"))
    assert "In time for Christmas" == said(note_of(LAST_POSTING, "en"), "promo")[0]
    assert ("last-posting", "promo") not in shown(note_of(LAST_POSTING, "de"))


def test_the_weeks_story_is_the_packs_and_without_one_the_shops_own() -> None:
    for language, heading in (("en", "The hour between"), ("fr", "Entre chien et loup"), ("de", "Die blaue Stunde")):
        small = {"lines": small_order(language)}

        assert heading == said(note_of(WEEK, language, **small), "promo")[0]
        assert ("week", "promo") not in shown(note_of(replace(WEEK, house=HOUSE), language, **small))


def test_a_late_parcel_is_a_day_or_some_days_late() -> None:
    for language, expected in (("en", "a day later"), ("fr", "un jour plus tard"), ("de", "einen Tag später")):
        two_days = {"dispatched_at": datetime(2026, 11, 20, tzinfo=UTC), "promised_at": LATE["promised_at"]}
        one_day = {"dispatched_at": datetime(2026, 11, 19, tzinfo=UTC), "promised_at": LATE["promised_at"]}

        assert ("apology", "voucher") in shown(note_of(CASES["apology"], language, **two_days))
        assert ("apology", "voucher") not in shown(note_of(CASES["apology"], language, **one_day))
        assert expected in HOUSE.campaign_words.voice(language, "halm", datetime(2026, 1, 1)).text(  # noqa: DTZ001
            "apology-text", {"days_late": 1}
        )


def test_each_of_the_first_years_has_its_words() -> None:
    for since, expected in (2025, "a year"), (2023, "three years"), (2011, "15\u00a0years"):
        customer = {"member_since": date(since, 11, 25)}

        assert (
            f"10% off, for {expected} with us"
            == said(note_of(CASES["anniversary"], "en", customer=customer), "voucher")[0]
        )


# What they must not do -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comes", "birthday"),
    [(False, "11-21"), (False, "11-22"), (False, "11-26"), (True, "11-27"), (True, "12-06"), (False, "12-07")],
)
def test_a_birthday_code_comes_before_the_day_and_not_long_before(comes: bool, birthday: str) -> None:
    plan = note_of(CASES["birthday"], "en", customer={"birthday": birthday})
    assert comes == (("birthday", "voucher") in shown(plan))


@pytest.mark.parametrize(("name", "days"), [("birthday", 300), ("anniversary", 300), ("reward", 90), ("apology", 30)])
def test_what_comes_again_gives_again(name: str, days: int) -> None:
    case = CASES[name]
    for passed, expected in ((days - 1, False), (days, True)):
        given_at = case.now - timedelta(days=passed)
        pools = {rule.pool for rule in CONFIG.campaigns[name].rule}
        before = [Given(name, pool, CODES[pool], "ANOTHER", "ANOTHER-1-r1", at=given_at) for pool in pools]
        plan = note_of(case, "en", Standing(given=tuple(before)))
        assert expected == ((name, "voucher") in shown(plan))


def test_the_second_order_of_a_new_customer_brings_no_second_welcome() -> None:
    earlier = Given("welcome", "welcome", CODES["welcome"], "ANOTHER", "ANOTHER-1-r1")
    known = Standing(given=(earlier,), history=History(orders=1, notes=1, days_since_last=2, vouchers_given=1))

    assert ("welcome", "voucher") not in shown(note_of(CASES["welcome"], "en", known))


def test_the_welcome_waits_for_the_last_parcel_and_is_the_same_on_both_if_it_was_given() -> None:
    assert "voucher" not in dict(note_of(CASES["welcome"], "en", number=1, of=2, final=False).blocks)
    assert ("welcome", "voucher") in shown(note_of(CASES["welcome"], "en", number=2, of=2, final=True))


def test_a_late_order_carries_one_code_on_all_its_parcels() -> None:
    partial = note_of(CASES["apology"], "en", number=1, of=2, final=False)
    given = Given("apology", "apology", CODES["apology"], "SPECIMEN", partial.note_id)
    other = {**CODES, "apology": replace(CODES["apology"], code="S-XREF-E6TF")}
    final = note_of(CASES["apology"], "en", Standing(given=(given,), codes=other), number=2, of=2)

    assert [CODES["apology"].code] * 2 == [code_on(partial), code_on(final)]


def code_on(plan: Plan) -> str:
    voucher = dict(plan.blocks)["voucher"]
    assert isinstance(voucher, Voucher)
    return voucher.code


@pytest.mark.parametrize("language", ["en", "fr", "de"])
@pytest.mark.parametrize("marketing", ["objected", "unknown"])
def test_who_did_not_agree_gets_nothing_that_is_about_them(marketing: str, language: str) -> None:
    for case in CASES.values():
        plan = note_of(case, language, customer={"marketing": marketing})

        assert {"promo", "registration", "feedback"} >= {slot for slot, _ in plan.blocks} & MARKETING
        assert {("neutral", marketing)} == {(e.outcome, e.reason) for e in plan.exposures if not e.campaign}


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_a_gift_carries_nothing_with_a_price(language: str) -> None:
    for case in CASES.values():
        plan = note_of(case, language, order={"gift": True})

        assert not {"voucher", "referral", "loyalty", "recommendations"} & dict(plan.blocks).keys()
        assert not any(sign in repr(block) for _, block in plan.blocks for sign in ("%", "€", "£"))


def test_the_shops_own_voucher_wins() -> None:
    own = Offer("HARBOUR-4N7Q", percent=20)

    assert "HARBOUR-4N7Q" == code_on(note_of(CASES["welcome"], "en", order={"offer": own}))


def test_who_has_a_code_to_use_is_not_given_another_for_thanks() -> None:
    known = Standing(history=History(orders=3, notes=3, days_since_last=9, vouchers_given=1, vouchers_open=1))

    assert ("thanks", "voucher") not in shown(note_of(CASES["thanks"], "en", known))


def test_an_offer_in_pounds_is_not_made_to_who_pays_in_euros() -> None:
    plan = note_of(CASES["reward"], "de", Standing(codes={"reward-gbp": CODES["reward-gbp"]}))

    assert ("reward", "voucher") not in shown(plan)


def test_a_note_without_a_moment_has_no_campaign() -> None:
    """Specimens and goldens show what always stands there: no campaign that ships runs in the year 2000."""
    shipment: Shipment = plain_shipment("halm", "en", HOUSE)

    assert () == plan_note(shipment, HOUSE).exposures
