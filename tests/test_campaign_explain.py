"""`explain` says of every rule whether it fired, and else the first thing that kept it from it; nothing is spent."""

import json
import re
from pathlib import Path

import pytest

from service.cli.standing import standings_at
from service.intake.spool import Spool
from service.ledger.ledger import Ledger
from service.ledger.vouchers import import_codes, pool_counts
from service.marketing import CodeLine
from service.model import Loyalty, Offer
from service.planning.campaigns.conditions import condition_faults
from service.planning.campaigns.explaining import Explained, explain
from service.planning.campaigns.facts import SCHEMA
from tests.builders import a_customer, a_shipment
from tests.campaigns import CONFIG, TODAY, a_house_with, a_rule
from tests.conftest import ROOT
from tests.shop import Shop, order_file


def test_every_rule_is_told_in_the_order_in_which_it_was_asked_with_what_kept_it() -> None:
    house = a_house_with(
        late=f"order = 1\nwindow = {{ from = 2027-01-01 }}\n{a_rule()}",
        large=f"order = 2\n{a_rule(when='order.value > 5 && shipment.units >= 100 && order.gift')}{a_rule()}",
        pool=f"order = 3\n[[arm]]\nname = 'warm'\n\n{a_rule('voucher', pool='welcome')}{a_rule()}",
    )
    explanation = explain(a_shipment(), house, TODAY)
    assert ("en", TODAY.now) == (explanation.language, explanation.now)
    assert (
        Explained("late", 1, "loyalty", "late", "passed", "the campaign begins on 2027-01-01"),
        Explained(
            "large",
            1,
            "loyalty",
            "large",
            "passed",
            "its condition does not hold",
            unmet="shipment.units >= 100",
            because=("shipment.units is 6",),
        ),
        Explained("large", 2, "loyalty", "large", "shown", ""),
        Explained("pool", 1, "voucher", "warm", "passed", "pool welcome has no code"),
        Explained("pool", 2, "loyalty", "warm", "passed", "rule 2 of large fills loyalty"),
    ) == explanation.rules


@pytest.mark.parametrize(
    ("expected", "when"),
    [
        (("order.value is 29.7",), "order.value > 100"),
        (('customer.status is "returning"',), "customer.status == 'new'"),
        (("order.gift is false", "shipment.final is true"), "order.gift || !shipment.final"),
        (('order.categories is ["tableware"]',), "'garden' in order.categories"),
        ((), "order.lines.exists(line, line.quantity > 100)"),
    ],
)
def test_a_part_that_does_not_hold_is_told_with_the_facts_in_it(expected: tuple[str, ...], when: str) -> None:
    (rule,) = explain(a_shipment(), a_house_with(a=a_rule(when=when)), TODAY).rules
    assert (when, expected) == (rule.unmet, rule.because)


# The command ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "spool")


def write(path: Path, *orders: bytes) -> str:
    path.write_bytes(b"\n".join(order.replace(b"\n", b" ") for order in orders))
    return str(path)


def test_explain_shows_a_line_for_each_rule_and_what_it_comes_to(shop: Shop, tmp_path: Path) -> None:
    order = a_shipment(customer=a_customer(status="ambassador"), offer=Offer("SHOP-1", percent=5))
    answer = shop.slipway("explain", write(tmp_path / "x.json", order_file(order)), "--on", "2026-11-22")

    assert 0 == answer.returncode, answer.stdout + answer.stderr
    lines = [" ".join(line.split()) for line in answer.stdout.splitlines()]
    assert "509217-1-r1: amber-home, uk, in en, on 2026-11-22" == lines[0]
    assert "apology 1 voucher apology passed shipment.days_late >= 2: shipment.days_late is 0" in lines
    assert "last-posting 1 promo last-posting passed the campaign begins on 2026-12-01" in lines
    assert "ambassadors 1 referral ambassadors shown" in lines
    assert "referral: rule 1 of ambassadors" in lines
    assert not shop.spool.exists()


def test_explain_says_what_finds_no_room_on_the_sheet(shop: Shop) -> None:
    order = ROOT / "docs" / "samples" / "10503-ambassador-express.json"
    answer = shop.slipway("explain", str(order), "--on", "2026-11-22")

    assert 0 == answer.returncode, answer.stdout + answer.stderr
    lines = [" ".join(line.split()) for line in answer.stdout.splitlines()]
    assert "gift-of-the-month 1 promo gift-of-the-month left-out there is no room, or no picture" in lines
    assert "promo: rule 1 of gift-of-the-month, left out: there is no room, or no picture" in lines


def test_explain_says_of_a_batch_which_notes_are_neutral_and_what_it_refuses(shop: Shop, tmp_path: Path) -> None:
    neutral = a_shipment(order_id="2", customer=a_customer(marketing="objected"))
    batch = write(tmp_path / "x.jsonl", order_file(a_shipment(order_id="1")), order_file(neutral), b"{}")

    answer = shop.slipway("explain", batch)
    one = shop.slipway("explain", batch, "--shipment", "2", "--json")

    assert 1 == answer.returncode
    assert "shipment 3: unknown-format: " in answer.stdout
    assert "nothing that is about the customer: objected" in answer.stdout
    refused, *told = [json.loads(line) for line in one.stdout.splitlines()]
    assert ("shipment 3", "unknown-format") == (refused["refused"], refused["code"])
    assert {"2-1-r1"} == {rule["note_id"] for rule in told}
    assert {"campaign", "rule", "slot", "arm", "outcome", "reason", "unmet", "because"} < told[0].keys()


def test_explain_refuses_a_shop_that_is_not_there(shop: Shop, tmp_path: Path) -> None:
    order = write(tmp_path / "x.json", order_file(a_shipment(shop="moon")))
    answer = shop.slipway("explain", order)
    assert (1, "509217-1-r1: unknown-shop: slipway.toml has no shop moon (/shop)\n") == (
        answer.returncode,
        answer.stdout,
    )


def test_the_schema_of_campaigns_names_every_fact_that_conditions_may_read(shop: Shop) -> None:
    schema = json.loads(shop.slipway("schema", "campaign").stdout)
    assert {"title", "window", "hold_out", "rule"} < schema["properties"].keys()
    assert {
        "kind": "text",
        "says": "As the shop sees the customer.",
        "one_of": ["new", "returning", "ambassador"],
    } == schema["$facts"]["customer.status"]


def test_the_guide_has_every_fact_of_the_schema_in_its_words() -> None:
    guide = (ROOT / "docs" / "conditions.md").read_text()
    told = re.findall(r"^\| `([a-z_.]+)` \| ([^|]+) \| ([^|]+) \|$", guide, re.MULTILINE)
    assert [
        (
            f"{root}.{field}",
            fact.kind.name,
            f"{fact.says} One of {', '.join(fact.one_of)}." if fact.one_of else fact.says,
        )
        for root, fields in SCHEMA.items()
        for field, fact in fields.items()
    ] == told


def test_every_condition_of_the_guide_can_be_used() -> None:
    guide = (ROOT / "docs" / "conditions.md").read_text()
    written = re.findall(r"^\| `(.+?)` \| (?:both|one of|something|a line|every|how|days|a day)", guide, re.MULTILINE)
    assert 8 == len(written)
    assert [()] * 8 == [condition_faults(each, {}) for each in written]


# With a ledger -------------------------------------------------------------------------------------------------------


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    """A shop whose ledger has codes to welcome with."""
    shop.spool.mkdir()
    ledger = Ledger(shop.spool / "ledger.db")
    codes = (Offer(f"HELLO-{number}", percent=15) for number in range(3))
    import_codes(ledger, "welcome", [CodeLine(row, offer) for row, offer in enumerate(codes, 2)])
    ledger.close()
    Spool(shop.spool).customer_key.write_bytes(bytes(32))  # by another one the customer may be held out
    return shop


def test_explain_says_what_a_note_would_show_and_nothing_of_the_pools(stocked: Shop, tmp_path: Path) -> None:
    new = a_customer(status="new", previous_orders=0, loyalty=Loyalty())
    order = write(tmp_path / "x.json", order_file(a_shipment(customer=new)))
    answer = stocked.slipway("explain", order, "--on", "2026-11-22", "--json")

    assert (0, "") == (answer.returncode, answer.stderr), "3 codes are few, but that is not the question"
    told = [json.loads(line) for line in answer.stdout.splitlines()]
    outcomes = {rule["outcome"] for rule in told}
    assert {"shown", "passed"} <= outcomes


def test_explain_names_the_code_that_a_note_would_get_and_takes_none(stocked: Shop, tmp_path: Path) -> None:
    new = a_customer(status="new", previous_orders=0, loyalty=Loyalty())
    settings = CONFIG.settings.model_copy(update={"spool": stocked.spool})
    house = a_house_with(welcome=a_rule("voucher", pool="welcome", when='customer.status == "new"'))

    standing_of = standings_at(TODAY.now, CONFIG.model_copy(update={"settings": settings}), house)
    answers = [explain(shipment, house, standing_of(shipment)) for shipment in [a_shipment(customer=new)] * 2]

    assert ["HELLO-0", "HELLO-0"] == [each.choices.filled["voucher"].offer.code for each in answers]
    ledger = Ledger(stocked.spool / "ledger.db", read_only=True)
    assert [3] == [count.free for count in pool_counts(ledger, TODAY.now.date(), {})]
