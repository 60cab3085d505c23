"""What marketing would notice too late is found by `check`: rules that never matter or never fire, small pools."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from service.cli.check_campaigns import campaign_findings
from service.cli.findings import Finding
from service.config import ALL_WORDS, Config, read_config, without_campaigns
from service.errors import CampaignsInvalid
from service.intake.feeds import compile_feeds
from service.ledger.ledger import Ledger
from service.ledger.vouchers import import_codes
from service.marketing import CodeLine
from service.model import Loyalty, Offer
from service.planning.campaign_specimens import campaign_specimens
from service.planning.campaigns.conflicts import conflicts
from service.planning.campaigns.trying import Tried, try_rules
from service.planning.campaigns.words import CampaignWords
from service.planning.house import House, compile_house, faulty_campaigns
from service.planning.spoken import compile_words, read_words
from tests.builders import a_customer, a_shipment
from tests.campaigns import CONFIG, HOUSE, a_house_with, a_rule, campaigns_config
from tests.conftest import ROOT
from tests.shop import Shop, order_file

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = NOW.date()
POOL = a_rule("voucher", pool="welcome")
WEEK = a_rule("promo", message="week-story")
GIFT = "order.gift"

LONG = "By way of thanks, and in time for the winter. " * 24


def never(**campaigns: str) -> list[str]:
    """The rules that never matter, and by which."""
    found = conflicts(a_house_with(**campaigns).campaigns, HOUSE.campaign_words, TODAY)
    return [f"{each.campaign} {each.rule} by {each.by_campaign} {each.by_rule}" for each in found]


# Rules that never matter ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rules",
    [
        a_rule() + a_rule(when=GIFT),
        a_rule(when=GIFT) + a_rule(when="  order . gift "),
        a_rule(when=GIFT) + a_rule(when="shipment.units > 3 && order.gift"),
        "[[arm]]\nname = 'x'\n\n" + a_rule() + a_rule(arm="x"),
        POOL + POOL,
        "hold_out = 0.5\nbudget = 5\n" + a_rule() + a_rule(),
        a_rule("feedback", for_everyone=True) + a_rule("feedback"),
    ],
)
def test_a_rule_behind_one_that_always_holds_where_it_does_never_matters(rules: str) -> None:
    assert ["a 2 by a 1"] == never(a=rules)


@pytest.mark.parametrize(
    "rules",
    [
        a_rule() + a_rule("feedback"),
        a_rule(when=GIFT) + a_rule(),
        a_rule(when="order.gift && shipment.units > 3") + a_rule(when=GIFT),
        "[[arm]]\nname = 'x'\n[[arm]]\nname = 'y'\n" + a_rule(arm="x") + a_rule(arm="y"),
        POOL + a_rule("voucher", pool="another"),
        a_rule("feedback") + a_rule("feedback", for_everyone=True),
        WEEK + a_rule("promo", message="last-posting"),
        a_rule(message="points") + a_rule(),
    ],
)
def test_a_rule_that_is_there_for_when_the_other_one_passes_matters(rules: str) -> None:
    assert [] == never(a=rules)


@pytest.mark.parametrize(
    ("expected", "one", "other"),
    [
        (True, "", ""),
        (True, "window = { from = 2026-11-01 }\n", ""),
        (True, "shops = ['halm', 'amber-home']\n", "shops = ['halm']\n"),
        (True, "window = { until = 2026-12-31 }\n", "window = { until = 2026-12-24 }\n"),
        (False, "shops = ['halm']\n", ""),
        (False, "countries = ['DE']\n", "countries = ['DE', 'FR']\n"),
        (False, "window = { from = 2026-12-01 }\n", ""),
        (False, "window = { until = 2026-12-31 }\n", ""),
        (False, "budget = 100\n", ""),
        (False, "hold_out = 0.1\n", ""),
    ],
)
def test_a_campaign_hides_another_only_where_it_is_asked_for_every_note_of_it(
    expected: bool, one: str, other: str
) -> None:
    assert (["b 1 by a 1"] if expected else []) == never(a=one + a_rule(), b=other + a_rule())


def test_the_campaigns_that_come_with_the_service_all_matter() -> None:
    assert [] == list(conflicts(HOUSE.campaigns, HOUSE.campaign_words, TODAY))


# What has a fault -----------------------------------------------------------------------------------------------------


@pytest.fixture
def config_folder(tmp_path: Path) -> Path:
    """The configuration that ships, to be changed."""
    return shutil.copytree(ROOT / "config", tmp_path / "config")


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("broken.toml:4: rule[1].when: there is no order.vlaue", a_rule(when="order.vlaue > 1")),
        ("broken.toml: rule[1].message: a promo needs one", a_rule("promo")),
        ("broken.toml:2: hold_out: Input should be less than or equal to 0.9", "hold_out = 2\n" + a_rule()),
        ("broken.toml: Expected", "[[rule"),
    ],
)
def test_a_campaign_with_a_fault_is_named_and_costs_no_other(expected: str, text: str, config_folder: Path) -> None:
    (config_folder / "campaigns" / "broken.toml").write_text(f'title = "x"\n{text}')
    config = read_config(config_folder, {})
    with pytest.raises(CampaignsInvalid) as caught:
        compile_house(config)
    assert expected in caught.value.what
    faults = faulty_campaigns(config)
    assert [("broken", True)] == [(name, expected in fault) for name, fault in faults.items()]
    good = compile_house(without_campaigns(config, faults)).campaigns
    assert [each.id for each in HOUSE.campaigns.campaigns] == [each.id for each in good.campaigns]


def test_all_faults_of_a_campaign_and_of_several_are_told_at_once(config_folder: Path) -> None:
    for name in ("one", "two"):
        bad = a_rule("promo", when="order.vlaue > 1")
        (config_folder / "campaigns" / f"{name}.toml").write_text(f'title = "x"\n{bad}')
    faults = faulty_campaigns(read_config(config_folder, {}))
    assert ["one", "two"] == list(faults)
    assert [2, 2] == [len(fault.splitlines()) for fault in faults.values()]


@pytest.mark.parametrize("words", ["welcome = { $percnt }\n", b"\xff\xfe"])
def test_a_fault_in_the_words_that_campaigns_share_leaves_all_of_them_out(
    words: str | bytes, config_folder: Path
) -> None:
    content = words if isinstance(words, bytes) else words.encode()
    (config_folder / "campaigns" / "fr.ftl").write_bytes(content)
    config = read_config(config_folder, {})
    faults = faulty_campaigns(config)
    assert ALL_WORDS in faults
    assert () == compile_house(without_campaigns(config, faults)).campaigns.campaigns


def test_a_faulty_campaign_stops_no_note_and_no_other_campaign(config_folder: Path, tmp_path: Path) -> None:
    (config_folder / "campaigns" / "broken.toml").write_text("rule = 5")
    shop = Shop(tmp_path / "spool")
    shop.drop_shipment(a_shipment(customer=a_customer(loyalty=Loyalty("silver", 120))))

    once = shop.slipway("--config", str(config_folder), "run", "--once")
    check = shop.slipway("--config", str(config_folder), "check", "--json")
    listed = shop.slipway("--config", str(config_folder), "campaigns", "list", "--json")

    assert 0 == once.returncode, once.stderr
    (refused,) = [json.loads(line) for line in once.stderr.splitlines() if "campaigns.refused" in line]
    assert ("broken", "campaigns-invalid") == (refused["campaign"], refused["code"])
    (sheet,) = (shop.spool / "printers").rglob("509217-1-r1.pdf")
    assert "to your next reward" in PdfReader(sheet).pages[0].extract_text(), "another campaign says so"
    findings = {line["subject"]: line for line in map(json.loads, check.stdout.splitlines())}
    assert "broken.toml:1: title: Field required" in findings["campaign broken"]["fault"]
    assert "layout amber-home" in findings, "the rest is looked at too"
    assert 78 == check.returncode
    states = {row["campaign"]: row for row in map(json.loads, listed.stdout.splitlines())}
    assert ("faulty", "runs") == (states["broken"]["state"], states["points"]["state"])
    assert "title: Field required" in states["broken"]["reason"]


def test_check_warns_of_what_the_layout_has_no_room_for_where_it_shows_it_only_where_there_is_room(
    tmp_path: Path,
) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    campaigns = tmp_path / "config" / "campaigns"
    for campaign in campaigns.glob("*.toml"):
        campaign.unlink()
    rule = a_rule("promo", message="gift-of-the-month")
    (campaigns / "long.toml").write_text(f'title = "x"\nshops = ["amber-home"]\nlanguages = ["en"]\n{rule}')
    words = campaigns / "en.ftl"
    words.write_text(words.read_text().replace("gift-of-the-month-text = ", f"gift-of-the-month-text = {LONG}"))

    check = Shop(tmp_path / "spool").slipway("--config", str(tmp_path / "config"), "check", "--json")
    found = {line["subject"]: line for line in map(json.loads, check.stdout.splitlines())}
    assert 0 == check.returncode, check.stdout
    assert found["layout amber-home"]["warning"].startswith("it finds no room, even on a short note (promo): ")


# What campaigns put on paper ------------------------------------------------------------------------------------------


def test_each_rule_is_drawn_in_each_language_whatever_it_asks_for() -> None:
    asks = "window = { from = 2027-01-01 }\ncountries = ['JP']\nhold_out = 0.9\nlanguages = ['en', 'de']\n"
    house = a_house_with(
        a=f"{asks}{a_rule('loyalty', when='order.gift')}{POOL}",
        b=f"shops = ['halm']\n{a_rule('referral')}",
        c=WEEK,
    )
    drawn = list(campaign_specimens("amber-home", house, NOW))
    assert [
        ("campaign a, rule 1", "en", "loyalty"),
        ("campaign a, rule 1", "de", "loyalty"),
        ("campaign a, rule 2", "en", "voucher"),
        ("campaign a, rule 2", "de", "voucher"),
    ] == [(each.case, each.plan.language, each.plan.exposures[0].slot) for each in drawn]
    assert ("loyalty, when order.gift",) == drawn[0].decided
    assert ["campaign b, rule 1"] * 3 == [each.case for each in campaign_specimens("halm", house, NOW)][4:]


def test_every_rule_that_comes_with_the_service_has_its_specimens_but_what_is_for_packs() -> None:
    of_packs = {"week"}
    shown = {each.plan.exposures[0] for shop in HOUSE.shops for each in campaign_specimens(shop, HOUSE, NOW)}
    wanted = {(each.id, rule.number) for each in HOUSE.campaigns.campaigns for rule in each.rules}
    assert {(each.campaign, each.rule) for each in shown} == {key for key in wanted if key[0] not in of_packs}


# Rules that fire for nobody ------------------------------------------------------------------------------------------


def test_rules_are_tried_on_orders_whatever_their_window_pool_and_slot() -> None:
    house = a_house_with(
        a=f"window = {{ until = 2020-01-01 }}\n{POOL}{a_rule(when='customer.points > 5000')}{a_rule()}",
        b=f"shops = ['halm']\n{a_rule()}",
        c=a_rule("feedback", for_everyone=True, when="today.weekday == 7") + a_rule(when="history.orders > 1"),
        d=a_rule("feedback", for_everyone=True),
    )
    shipments = (a_shipment(), a_shipment(customer=a_customer(marketing="unknown")), a_shipment(site="moon"))
    assert (
        Tried("a", 1, 1),
        Tried("a", 2, 0),
        Tried("a", 3, 1),
        Tried("b", 1, 0),
        Tried("d", 1, 2),
    ) == try_rules(shipments, house)


# What check says -----------------------------------------------------------------------------------------------------


def findings(house: House, spool: Path, orders: int = 10, configured: Config = CONFIG) -> dict[str, Finding]:
    settings = configured.settings.model_copy(update={"spool": spool})
    config = configured.model_copy(update={"settings": settings})
    return {each.subject: each for each in campaign_findings(config, house, compile_feeds(config), orders)}


@pytest.mark.parametrize(
    ("expected", "when"),
    [
        ("there is no campaign welcme; did you mean welcome?", "!history.campaigns.exists(c, c == 'welcme')"),
        ("there is no campaign summer", "order.gift && 'summer' in history.campaigns"),
        ("", "'welcome' in history.campaigns && order.currency == 'GBP'"),
        ("", "history.campaigns.exists(c, c.startsWith('birthday-'))"),
    ],
)
def test_an_earlier_campaign_that_is_not_there_is_a_warning(expected: str, when: str, tmp_path: Path) -> None:
    house = a_house_with(welcome=a_rule("feedback"), a=a_rule(when=when))
    warning = findings(house, tmp_path)["earlier campaigns"].warning
    assert (f"rule 1 of a: {expected}" if expected else "") == warning


@pytest.mark.parametrize(
    ("expected", "when"),
    [("rule 1 of a: today.weekday is never 8: it is 1 to 7", "today.weekday != 8"), ("", "today.weekday != 7")],
)
def test_a_part_of_a_condition_that_never_holds_is_a_warning(expected: str, when: str, tmp_path: Path) -> None:
    house = a_house_with(a=a_rule(when=when))
    assert expected == findings(house, tmp_path, configured=campaigns_config(a=a_rule(when=when)))["conditions"].warning


def test_words_that_are_the_same_in_two_languages_are_a_warning(tmp_path: Path) -> None:
    said = {
        "en": "hi = Hello\nhi-text = Well then, { $name }: until soon?",
        "fr": "hi = Hello\nhi-text = Well then, { $name } : until soon ?",
        "de": "hi = Hello\nhi-text = Nun denn, { $name }: bis bald?",
    }
    messages = {language: compile_words(read_words(language, text, tmp_path)) for language, text in said.items()}
    house = replace(HOUSE, campaign_words=CampaignWords(messages))

    assert "message hi-text says the same in en and fr" == findings(house, tmp_path)["campaign words"].warning
    assert "" == findings(HOUSE, tmp_path)["campaign words"].warning


def put_away(spool: Path, count: int) -> None:
    """So many orders in done/, beside a file that can't be read any more."""
    day = spool / "done" / "2026-11-20"
    day.mkdir(parents=True)
    for number in range(count):
        (day / f"{number}.json").write_bytes(order_file(a_shipment(order_id=str(1000 + number))))
    (day / "zz.json").write_bytes(b"{}")


def test_a_conflict_is_a_fault_and_names_both_rules(tmp_path: Path) -> None:
    found = findings(a_house_with(a=a_rule(), b=a_rule()), tmp_path)["campaigns"]
    assert ("fault", "rule 1 of b never matters: rule 1 of a always fills loyalty before it") == (
        found.verdict,
        found.found,
    )


def test_a_rule_that_no_order_of_the_last_would_fire_is_a_warning(tmp_path: Path) -> None:
    put_away(tmp_path, 3)
    house = a_house_with(a=a_rule(when="customer.points > 5000") + a_rule("feedback"))
    assert (
        Finding(
            "rules",
            "2 would fire for some of the last 2 shipments",
            warning="none of the last 2 shipments would fire rule 1 of a",
            hint="`slipway explain FILE` says of an order which part of the condition does not hold.",
        )
        == findings(house, tmp_path, orders=2)["rules"]
    )
    assert "rules" not in findings(house, tmp_path, orders=0)


def stock(spool: Path, count: int, expires: date | None = None) -> None:
    ledger = Ledger(spool / "ledger.db")
    offers = (Offer(f"CODE-{number:04}", percent=10, expires=expires) for number in range(count))
    import_codes(ledger, "welcome", [CodeLine(row, offer) for row, offer in enumerate(offers, 2)])
    ledger.close()


@pytest.mark.parametrize(
    ("expected", "codes", "campaign"),
    [
        ("welcome, for a: no codes", 0, POOL),
        ("welcome, for a: 99 codes, and it may take 100", 99, POOL),
        ("", 100, POOL),
        ("welcome, for a: 99 codes, and it may take 500", 99, f"budget = 500\n{POOL}"),
        ("", 99, f"budget = 99\n{POOL}"),
        ("", 0, f"window = {{ until = 2020-01-01 }}\n{POOL}"),
    ],
)
def test_a_pool_that_is_too_small_is_a_warning(expected: str, codes: int, campaign: str, tmp_path: Path) -> None:
    if codes:
        stock(tmp_path, codes)
    assert expected == findings(a_house_with(a=campaign), tmp_path)["voucher pools"].warning


def test_what_a_pool_needs_is_told_from_how_often_its_rule_would_have_fired(tmp_path: Path) -> None:
    put_away(tmp_path, 10)  # in one day
    stock(tmp_path, 200)
    found = findings(a_house_with(a=POOL), tmp_path)["voucher pools"]
    assert "welcome, for a: 200 codes, and it may take 280" == found.warning


def test_codes_that_expire_before_their_campaign_ends_are_a_warning(tmp_path: Path) -> None:
    stock(tmp_path, 200, expires=date(2999, 1, 1))
    house = a_house_with(a=f"window = {{ until = 2999-12-31 }}\nbudget = 100\n{POOL}")
    found = findings(house, tmp_path)["voucher pools"].warning
    assert "welcome, for a: codes expire on 2999-01-01, before it ends on 2999-12-31" == found
