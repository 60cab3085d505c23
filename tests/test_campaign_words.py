"""The words of campaigns are whole in each language, and fill a slot without a hole or not at all."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from service.config import Config, read_config
from service.config.campaigns import Rule
from service.errors import ConfigInvalid
from service.marketing import NOBODY
from service.model import LANGUAGES, Code, Hero, Loyalty, Offer, Recommendation, Shipment, Tiles, Voucher, Words
from service.planning.campaigns.choosing import occasion_of
from service.planning.campaigns.filling import Sheet, fill
from service.planning.campaigns.words import (
    NUMBERS,
    TEXTS,
    CampaignWords,
    Pack,
    Unsaid,
    Voice,
    compile_campaign_words,
    compile_language_files,
)
from service.planning.house import compile_house
from service.planning.pieces import Setting
from service.planning.spoken import SAMPLE_NUMBERS
from tests.builders import a_customer, a_line, a_shipment
from tests.campaigns import a_rule, campaigns_config

ROOT = Path(__file__).parent.parent
CONFIG = read_config(ROOT / "config", {})
HOUSE = compile_house(CONFIG)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LOCAL = datetime(2026, 11, 22, 12, 0)  # noqa: DTZ001  # of a site's clock
LATIN_1 = "".join(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x100))))
CODE_PAGE = {*LATIN_1, *"œŒ–—‘’‚“”„…‹›€\u202f", "\n"}
FIFTEEN = Offer("W-7K2M", percent=15, minimum=Decimal(50), expires=date(2026, 12, 31))


def spoken(words: CampaignWords) -> list[tuple[str, str, str]]:
    """Every message in every form that numbers give it; a number is printed as 9, any other value as #."""
    found = []
    for language, messages in words.standing.items():
        voice = Voice((messages,))
        for name in messages.patterns:
            for number in SAMPLE_NUMBERS:
                values: dict[str, str | int] = dict.fromkeys(TEXTS, "#") | dict.fromkeys(NUMBERS, number)
                text = voice.text(name, values | {f"{each}_text": "9" for each in NUMBERS})
                found.append((language, name, text))
    return sorted(set(found))


def compiled(**files: str) -> tuple[Mapping[str, object], list[str]]:
    """What becomes of campaign words, the same in the languages that are not named."""
    first = next(iter(files.values()))
    return compile_language_files({language: files.get(language, first) for language in LANGUAGES}, Path("campaigns"))


def a_voice(**messages: str) -> Voice:
    """Of English messages; `-` in a name is written `_`."""
    source = "\n".join(f"{name.replace('_', '-')} = {text}" for name, text in messages.items())
    compiled_messages, faults = compile_language_files({"en": source}, Path("campaigns"))
    assert faults == []
    return Voice((compiled_messages["en"],))


def a_sheet(voice: Voice, shipment: Shipment, **changes: Any) -> Sheet:
    order = shipment.order
    setting = Setting(shipment, HOUSE.shops[order.shop], HOUSE.sites[order.site], HOUSE.wordings["en"])
    return replace(Sheet(setting, occasion_of(shipment, HOUSE, replace(NOBODY, now=NOON), "en"), voice), **changes)


# What ships ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "name", "text"), spoken(HOUSE.campaign_words))
def test_every_campaign_message_is_set_as_its_language_wants(language: str, name: str, text: str) -> None:
    assert not re.search(r"""["'!]|\.\.\.| - |  |^\s|\s$""", text), "straight quotes, exclamation marks, stray spaces"
    assert set(text) <= CODE_PAGE
    assert not re.search(r"[9#] %|9 (?!·)[a-zA-Z]|(?<=\d)\. (?=November|Dezember)", text), (
        "a number parted from its word"
    )
    assert not re.search(r"dear customer|valued|cher client|chère cliente|sehr geehrte|liebe kundin", text, re.I)
    if language == "fr":
        assert not re.search(r"(?<!\u00a0):|(?<!\u202f)[;!?]|«(?!\u00a0)|(?<!\u00a0)»|[“”„]|(?<!\u202f)%", text)
        assert not re.search(r"\b(tu|toi|ton|ta|tes)\b", text, re.IGNORECASE)
    else:
        assert not re.search(r"\s[:;!?]|\u202f|[«»]", text)
    if language == "de":
        assert not re.search(r"\b(du|dir|dein\w*|euch|euer|eure\w*)\b|[”]|(?<!\u00a0)%", text, re.IGNORECASE)


def test_every_rule_that_ships_says_something_in_every_language() -> None:
    said = {rule.message for campaign in CONFIG.campaigns.values() for rule in campaign.rule if rule.message}

    for language in LANGUAGES:
        assert {name for name in said if not name.startswith("week-")} <= HOUSE.campaign_words.standing[
            language
        ].patterns.keys()


def test_every_message_that_ships_is_said_by_a_rule() -> None:
    said = {rule.message for campaign in CONFIG.campaigns.values() for rule in campaign.rule}
    roots = {re.sub("-(text|caption|unnamed)$", "", name) for name in HOUSE.campaign_words.standing["en"].patterns}

    assert {root for root in roots if not root.startswith("category-")} <= said


# Faults --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "files"),
    [
        ("campaigns/en.ftl:1: message hello: there is no $nmae; did you mean name?", {"en": "hello = { $nmae }"}),
        ("campaigns/fr.ftl: message hello is missing", {"en": "hello = Hello", "fr": "salut = Salut"}),
        ("campaigns/de.ftl:2: message hello leaves out $tier", {"en": "\nhello = { $tier }", "de": "\nhello = Na"}),
        ("campaigns/en.ftl: message hello-unnamed is missing", {"en": "hello = Hello, { $name }"}),
        ("campaigns/en.ftl:1: message hello-text: only a heading may say $name", {"en": "hello-text = { $name }"}),
        ("campaigns/en.ftl:1: message hello: ", {"en": "hello = { gone }"}),
        ("campaigns/en.ftl:2: message hello is there twice", {"en": "hello = a\nhello = b"}),
        ("campaigns/en.ftl:1: Expected", {"en": "hello: a"}),
    ],
)
def test_a_fault_in_campaign_words_says_where_it_is(expected: str, files: dict[str, str]) -> None:
    assert any(fault.startswith(expected) for fault in compiled(**files)[1]), compiled(**files)[1]


def test_a_rule_with_words_that_nobody_wrote_is_named_with_a_suggestion() -> None:
    welcome = CONFIG.campaigns["welcome"]
    misspelt = welcome.model_copy(update={"rule": (welcome.rule[0].model_copy(update={"message": "wellcome"}),)})
    config = CONFIG.model_copy(update={"campaigns": {"welcome": misspelt}})

    with pytest.raises(ConfigInvalid, match=r"welcome.toml: rule\[1\].message: .* wellcome; did you mean welcome\?"):
        compile_campaign_words(config)


def test_a_promo_without_words_is_a_fault() -> None:
    week = CONFIG.campaigns["week"]
    wordless = week.model_copy(update={"rule": (week.rule[0].model_copy(update={"message": ""}),)})

    with pytest.raises(ConfigInvalid, match="a promo needs one"):
        compile_campaign_words(CONFIG.model_copy(update={"campaigns": {"week": wordless}}))


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ("en message hi says $name, ", "hi = Hi, { $name }\nhi-unnamed = Hi\nhi-text = Text"),
        ("en message hi-unnamed says $tier, ", "hi = Hi\nhi-unnamed = { $tier }\nhi-text = Text"),
        ("de message hi-text says $points_text, ", "hi = Hi\nhi-text = { $points_text }"),
        ("fr message hi-text says $code, ", "hi = Hi\nhi-text = With { $code }"),
        ("en message hi-text says $orders, ", "hi = Hi\nhi-text = { other }\nother = { $orders ->\n *[other] Again\n}"),
    ],
)
def test_the_words_of_a_rule_for_everyone_say_nothing_about_the_customer(expected: str, words: str) -> None:
    everyone, customers = (a_rule("promo", message="hi", for_everyone=each) for each in (True, False))
    compile_campaign_words(saying(words, customers))

    with pytest.raises(ConfigInvalid) as caught:
        compile_campaign_words(saying(words, everyone))
    assert f"week.toml: rule[1].message: for_everyone, but {expected}which is about the customer" in str(caught.value)


def saying(words: str, rule: str) -> Config:
    """The configuration with one campaign, and the same words in each language."""
    return campaigns_config(week=rule).model_copy(update={"campaign_words": dict.fromkeys(LANGUAGES, words)})


# Packs ---------------------------------------------------------------------------------------------------------------


def a_pack(**changes: Any) -> Pack:
    messages, faults = compiled(en="week-story = A week\nwelcome = Of the week")
    assert faults == []
    pack = Pack("2026-W48", datetime(2026, 11, 23), None, (), messages, {"week-story": "2026-W48/week-story"})  # type: ignore[arg-type]  # noqa: DTZ001
    return replace(pack, **changes)


def test_a_pack_waits_for_its_hour_by_the_clock_of_the_site() -> None:
    words = replace(HOUSE.campaign_words, packs=(a_pack(),))
    before, after = datetime(2026, 11, 22, 23, 59), datetime(2026, 11, 23)  # noqa: DTZ001

    assert not words.voice("en", "halm", before).has("week-story")
    assert "A week" == words.voice("en", "halm", after).text("week-story", {})
    assert "2026-W48/week-story" == words.voice("en", "halm", after).picture("week-story")
    assert "AH-1203" == words.voice("en", "halm", after).picture("AH-1203")


def test_a_pack_says_otherwise_what_campaigns_say_and_ends_when_it_ends() -> None:
    words = replace(HOUSE.campaign_words, packs=(a_pack(valid_until=datetime(2026, 11, 30)),))  # noqa: DTZ001
    within, after = datetime(2026, 11, 29, 23, 59), datetime(2026, 11, 30)  # noqa: DTZ001
    values = {"percent_text": "15"}

    assert "Of the week" == words.voice("fr", "halm", within).text("welcome", values)
    assert "15\u202f% de remise pour vous souhaiter la bienvenue" == words.voice("fr", "halm", after).text(
        "welcome", values
    )


def test_of_two_packs_the_later_speaks_alone_and_only_for_its_shops() -> None:
    words, _ = compiled(en="week-story = Later")
    later = a_pack(name="2026-W49", valid_from=datetime(2026, 11, 30), messages=words, shops=("halm",))  # noqa: DTZ001
    both = CampaignWords(packs=(later, a_pack()))
    day = datetime(2026, 12, 1)  # noqa: DTZ001

    assert "Later" == both.voice("en", "halm", day).text("week-story", {})
    assert "A week" == both.voice("en", "amber-home", day).text("week-story", {})
    assert not both.voice("en", "halm", day).has("welcome")


# Filling -------------------------------------------------------------------------------------------------------------


def test_a_voucher_says_what_its_code_gives_and_how_it_is_used() -> None:
    voice = a_voice(hi="{ $percent_text }% for { $name }", hi_unnamed="x", hi_text="From { $minimum }, to { $date }.")
    block = fill(Rule(slot="voucher", message="hi", pool="p"), FIFTEEN, a_sheet(voice, a_shipment()))

    assert block == Voucher(
        heading="15% for Ada",
        paragraphs=(
            "From £50, to 31\u00a0December 2026.",
            "Scan the QR code, or enter your code when you next order at amber-home.example.",
        ),
        label="Your code",
        code="W-7K2M",
        terms=("On orders from\u00a0£50", "Valid until 31\u00a0December 2026"),
        scan="https://amber-home.example/v/W-7K2M?n=509217-1-r1&l=en",
        address="amber-home.example/v/W-7K2M",
    )


def test_a_voucher_without_words_says_what_it_gives() -> None:
    block = fill(Rule(slot="voucher", pool="p"), FIFTEEN, a_sheet(Voice(), a_shipment()))

    assert isinstance(block, Voucher)
    assert ("15% off your next order", 1) == (block.heading, len(block.paragraphs))


def test_a_voucher_names_the_categories_that_it_counts_for_or_is_not_given() -> None:
    voice = a_voice(category_lamps="lamps", category_garden="garden")
    rule, sheet = Rule(slot="voucher", pool="p"), a_sheet(voice, a_shipment())
    block = fill(rule, replace(FIFTEEN, categories=("lamps",), excluded_categories=("garden", "lamps")), sheet)

    assert isinstance(block, Voucher)
    assert ("Only for: lamps", "Except: garden, lamps", "On orders from\u00a0£50") == block.terms[:3]
    with pytest.raises(Unsaid, match="there is no category-vases"):
        fill(rule, replace(FIFTEEN, categories=("vases",)), sheet)


def test_a_link_of_a_rule_carries_the_order_the_note_and_the_code() -> None:
    link = "https://amber-home.example/x/{code}?o={order_id}&n={note_id}&l={language}"
    block = fill(Rule(slot="voucher", pool="p", link=link), FIFTEEN, a_sheet(Voice(), a_shipment()))

    assert isinstance(block, Voucher)
    assert "https://amber-home.example/x/W-7K2M?o=509217&n=509217-1-r1&l=en" == block.scan


def test_who_has_no_name_to_be_called_by_is_greeted_without() -> None:
    voice = a_voice(hi="For you, { $name }", hi_unnamed="For you", hi_text="Look.")
    sheet = a_sheet(voice, a_shipment(customer=a_customer(name="Whitfield & Sons Ltd")))

    assert Hero((), "For you", ("Look.",)) == fill(Rule(slot="promo", message="hi"), Offer(), sheet)


def test_each_line_is_a_paragraph_and_a_picture_is_the_packs() -> None:
    voice = replace(a_voice(hi="Hello", hi_text="\n    One\n    Two"), art={"hi": "2026-W48/hi"})
    block = fill(Rule(slot="promo", message="hi", picture="hi"), Offer(), a_sheet(voice, a_shipment()))

    assert Hero(("2026-W48/hi",), "Hello", ("One", "Two")) == block


def test_points_are_counted_to_the_next_hundred() -> None:
    voice = a_voice(hi="{ $tier }", hi_text="{ $points_text }, { $missing_text } more, until { $year_end }")
    for expected, points in ("1,310, 90 more", 1310), ("1,300, 100 more", 1300), ("1,399, 1 more", 1399):
        customer = a_customer(loyalty=Loyalty("gold", points, 0))
        block = fill(Rule(slot="loyalty", message="hi"), Offer(), a_sheet(voice, a_shipment(customer=customer)))

        assert Words("gold", (f"{expected}, until 31\u00a0December 2026",)) == block


@pytest.mark.parametrize(
    ("expected", "rule", "says", "customer"),
    [
        ("tier", "loyalty", "{ $tier }", {"loyalty": Loyalty("", 0, 0)}),
        ("years_member", "promo", "{ $years_member_text }", {"member_since": None}),
        ("percent_text", "voucher", "{ $percent_text }%", {}),
        ("there is nothing to recommend", "recommendations", "In company", {}),
        ("there is no invitation to pass on", "referral", "Pass it on", {"status": "returning"}),
        ("nothing in this parcel is registered", "registration", "Keep", {}),
    ],
)
def test_what_a_customer_does_not_have_is_not_said(
    expected: str, rule: Any, says: str, customer: dict[str, object]
) -> None:
    voice = a_voice(hi=says, hi_text="Text.", hi_caption="Caption.")
    sheet = a_sheet(voice, a_shipment(customer=a_customer(**customer)))
    pool = "p" if rule == "voucher" else ""

    with pytest.raises(Unsaid, match=expected):
        fill(Rule(slot=rule, message="hi", pool=pool), Offer("A-1", amount=Decimal(5)), sheet)


PERSONAL_VALUES = (
    "{ $tier }",
    "{ $points_text }",
    "{ $missing_text }",
    "{ $earned_text }",
    "{ $orders_text }",
    "{ $years_member_text }",
    "{ $anniversary_text }",
    "{ $code }",
)


@pytest.mark.parametrize("says", PERSONAL_VALUES)
@pytest.mark.parametrize("marketing", ["allowed", "objected", "unknown", "gift"])
def test_what_is_about_the_customer_is_said_to_nobody_else_and_to_none_who_did_not_agree(
    says: str, marketing: str
) -> None:
    customer = a_customer(
        marketing="allowed" if marketing == "gift" else marketing,
        referral_code="FRIEND-1",
        loyalty=Loyalty("silver", 120, 5),
        member_since=date(2020, 5, 1),
    )
    sheet = a_sheet(a_voice(hi="Hi", hi_text=says), a_shipment(customer=customer, gift=marketing == "gift"))
    rule = Rule(slot="promo", message="hi", for_everyone=True)
    if marketing == "allowed":
        assert fill(rule, Offer(), sheet)
        return

    with pytest.raises(Unsaid, match=re.search(r"\w+", says)[0]):  # type: ignore[index]
        fill(rule, Offer(), sheet)


@pytest.mark.parametrize("gift", [True, False])
def test_no_heading_for_everyone_calls_by_name_who_did_not_agree(gift: bool) -> None:
    voice = a_voice(hi="Hi, { $name }", hi_unnamed="Hi", hi_text="Text.")
    sheet = a_sheet(voice, a_shipment(customer=a_customer(marketing="allowed" if gift else "unknown"), gift=gift))

    block = fill(Rule(slot="promo", message="hi", for_everyone=True), Offer(), sheet)
    assert isinstance(block, Hero)
    assert "Hi" == block.heading


def test_a_message_for_packs_is_not_said_without_one() -> None:
    with pytest.raises(Unsaid, match="no pack of now says week-story"):
        fill(Rule(slot="promo", message="week-story"), Offer(), a_sheet(Voice(), a_shipment()))


def test_the_tiles_of_a_rule_lead_where_it_says_and_else_where_the_shop_says() -> None:
    vase = Recommendation("AH-1602", "Vase")
    sheet = a_sheet(Voice(), a_shipment(), recommended=(vase,))
    for expected, keys in (
        ("https://amber-home.example/a/AH-1602?n=509217-1-r1", {}),
        (
            "https://amber-home.example/x/AH-1602/509217/en",
            {"link": "https://amber-home.example/x/{sku}/{order_id}/{language}"},
        ),
    ):
        block = fill(Rule(slot="recommendations", **keys), Offer(), sheet)
        assert isinstance(block, Tiles)
        assert [expected] == [tile.scan for tile in block.tiles]


def test_a_durable_article_is_registered_and_an_ambassador_passes_on_their_own_code() -> None:
    voice = a_voice(hi="Keep", hi_caption="Scan it.")
    lamp = a_shipment(lines=(a_line(sku="AH-1201", category="lamps"),), customer=a_customer(status="ambassador"))

    for slot, expected in (
        ("registration", "https://amber-home.example/r/AH-1201?n=509217-1-r1"),
        ("referral", "https://amber-home.example/i/FRIEND-317938?l=en"),
    ):
        block = fill(Rule(slot=slot, message="hi"), Offer(), a_sheet(voice, lamp))  # type: ignore[arg-type]
        assert Code("qr", expected, "Keep", "Scan it.", expected.removeprefix("https://")) == block
