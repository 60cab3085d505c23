"""A condition that could never be answered, or never be true, is refused when it is read, with what was meant."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from service.config import read_config
from service.config.campaigns import Rule
from service.errors import CampaignsInvalid, ConfigInvalid
from service.marketing import History, Standing
from service.model import LANGUAGES, Shipment
from service.planning.addresses import country_names
from service.planning.campaigns.choosing import occasion_of
from service.planning.campaigns.compiling import compile_campaigns
from service.planning.campaigns.conditions import compile_condition, condition_faults, context_of, first_unmet
from service.planning.campaigns.expressions import parts_of, texts_of
from service.planning.campaigns.facts import SCHEMA, facts_of
from service.planning.campaigns.impossible import doubtful_parts
from service.planning.campaigns.unknowns import MAY_BE_UNKNOWN
from service.planning.house import compile_house
from tests.builders import a_customer, a_line, a_shipment, an_address
from tests.campaigns import CONFIG, HOUSE, TODAY, a_rule, campaigns_config

VALUES = {"order.shop": ("amber-home", "halm"), "customer.country": ("DE", "FR", "GB")}
MEMBERS = "there are order, shipment, customer, history, site, today"


def fact(path: str, shipment: Shipment, now: datetime = TODAY.now) -> Any:
    """A fact of a note that is planned now."""
    occasion = occasion_of(shipment, HOUSE, Standing(now=now, history=History(orders=2)), "en")
    root, _, field = path.partition(".")
    return facts_of(occasion, (path,))[root][field]


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "source"),
    [
        ("there is no order.vlaue; did you mean order.value?", "order.vlaue > 5"),
        ("there is no order.tier; did you mean customer.tier?", "order.tier == 'gold'"),
        ("there is no cutomer; did you mean customer?", "cutomer.points > 1"),
        (f"there is no price; {MEMBERS}", "price > 5"),
        ("there is no field categroy; did you mean category?", "order.lines.exists(l, l.categroy == 'x')"),
        ("there is no field skuu; did you mean sku?", "order.lines[0].skuu == 'x'"),
        (f"there is no l; {MEMBERS}", "order.lines.exists(l, l.quantity > 1) && l.quantity > 1"),
        ("there is no function startswith; did you mean startsWith?", "customer.tier.startswith('g')"),
        ("there is no function siez; did you mean size?", "siez(order.skus) > 1"),
        ("order alone says nothing: name one of its facts, as order.id", "order['value'] > 1"),
        ("there is no function matches; there are", "customer.tier.matches('g.*')"),
    ],
)
def test_a_name_that_is_not_there_is_refused_with_what_may_be_meant(expected: str, source: str) -> None:
    assert [True] == [fault.startswith(expected) for fault in condition_faults(source, VALUES)]


@pytest.mark.parametrize(
    ("expected", "source"),
    [
        ("customer.status is never 'retruning'; did you mean returning?", "customer.status == 'retruning'"),
        ("customer.status is never 'vip'; there are ambassador, new, returning", "'vip' == customer.status"),
        ("order.shop is never 'holm'; did you mean halm?", "order.shop in ['holm']"),
        ('customer.country is never "UK"; there are DE, FR, GB', 'customer.country == "UK"'),
        ("customer.points is never '5': it is integer", "customer.points == '5'"),
        ("customer.tier is never 5: it is text", "customer.tier == 5"),
        ("order.gift is never 'yes': it is true or false", "order.gift == 'yes'"),
        ("shipment.final is never 1: it is true or false", "shipment.final == 1"),
        ("order.skus is never 'x': it is list of texts", "order.skus == 'x'"),
    ],
)
def test_a_comparison_that_is_never_true_is_refused(expected: str, source: str) -> None:
    assert (expected,) == condition_faults(source, VALUES)


BIRTHDAY = "customer.days_to_birthday"


@pytest.mark.parametrize(
    ("taken_for_small", "source"),
    [
        (f"{BIRTHDAY} <= 7", f"{BIRTHDAY} <= 7"),
        (f"7 > {BIRTHDAY}", f"order.gift && (7 > {BIRTHDAY})"),
        (f"!({BIRTHDAY} > 7)", f"!({BIRTHDAY} > 7)"),
        (f"{BIRTHDAY} <= 7", f"order.gift || {BIRTHDAY} >= 0 && order.express || {BIRTHDAY} <= 7"),
        (f"{BIRTHDAY} <= 7", f"({BIRTHDAY} >= 0 || order.gift) && {BIRTHDAY} <= 7"),
        (f"{BIRTHDAY} <= 7", f"{BIRTHDAY} >= -1 && {BIRTHDAY} <= 7"),
        ("customer.years_member < 1", f"{BIRTHDAY} >= 0 && customer.years_member < 1"),
        ("customer.days_to_anniversary <= 7", "customer.days_to_anniversary <= 7"),
        ("history.days_since_last < 90", "history.orders == 0 || history.days_since_last < 90"),
    ],
)
def test_a_small_number_is_not_taken_for_one_that_is_unknown(taken_for_small: str, source: str) -> None:
    path = next(name for name in MAY_BE_UNKNOWN if name in taken_for_small)
    remedy = f"write {path} >= 0 && {taken_for_small}"
    assert (f"{taken_for_small} holds also where {path} is unknown, which is -1: {remedy}",) == condition_faults(
        source, VALUES
    )


@pytest.mark.parametrize(
    "source",
    [
        f"{BIRTHDAY} >= 0 && {BIRTHDAY} <= 7",
        f"{BIRTHDAY} <= 7 && order.gift && 0 < {BIRTHDAY}",
        f"({BIRTHDAY} >= 0 && order.gift) && ({BIRTHDAY} <= 7 || {BIRTHDAY} < 20)",
        f"({BIRTHDAY} > 3 || {BIRTHDAY} == 0) && {BIRTHDAY} <= 7",
        f"!({BIRTHDAY} >= 0 && {BIRTHDAY} <= 7)",
        f"{BIRTHDAY} > -1 && {BIRTHDAY} <= 7",
        f"{BIRTHDAY} != -1 && {BIRTHDAY} <= 7",
        f"{BIRTHDAY} < 0 || {BIRTHDAY} > 7",
        "history.days_since_last == -1",
        "shipment.days_late < 2",
    ],
)
def test_what_is_unknown_may_be_asked_for_and_left_out(source: str) -> None:
    assert () == condition_faults(source, VALUES)


def test_the_facts_that_may_be_unknown_say_so() -> None:
    says = {f"{root}.{name}" for root, fields in SCHEMA.items() for name, fact in fields.items() if "-1: " in fact.says}
    assert says == MAY_BE_UNKNOWN


@pytest.mark.parametrize(
    ("expected", "source"),
    [
        ("today.month is never 13: it is 1 to 12", "today.month == 13"),
        ("today.weekday is never 0: it is 1 to 7", "today.weekday in [0] && order.gift"),
        ("today.week is never 54: it is 1 to 53", "54 == today.week"),
        ("today.day is never 32: it is 1 to 31", "today.day == 32"),
        ("today.month > 12 never holds: it is 1 to 12", "today.month > 12"),
        ("today.month < 1 never holds: it is 1 to 12", "1 > today.month"),
        ('today.date is never "2026-1-1": it is as in "2026-11-22"', 'today.date == "2026-1-1"'),
        ('today.date is never "2026-11": it is as in "2026-11-22"', 'order.gift && (today.date in ["2026-11"])'),
    ],
)
def test_a_day_that_no_calendar_has_is_refused(expected: str, source: str) -> None:
    assert (expected,) == condition_faults(source, VALUES)


@pytest.mark.parametrize(
    ("expected", "source"),
    [
        ("order.currency is never 'eur': it is as in \"GBP\"", "order.currency == 'eur'"),
        ("order.currency is never r'eur': it is as in \"GBP\"", "order.currency == r'eur'"),
        ("shipment.units is never -0x0C: it is 0 and more", "shipment.units in [-0x0C]"),
        ("shipment.days_late < 0 never holds: it is 0 and more", "shipment.days_late < 0"),
        ("shipment.days_late is never -1: it is 0 and more", "shipment.days_late == -1"),
        ("shipment.days_late <= -1 never holds: it is 0 and more", "-1 >= shipment.days_late"),
        ("shipment.number < 1 never holds: it is 1 and more", "shipment.number < 1"),
        ("customer.days_to_birthday < -1 never holds: it is -1 and more", "customer.days_to_birthday < -1"),
        (
            "customer.points > 100 and customer.points < 50 never hold together",
            "customer.points > 100 && 50 > customer.points",
        ),
        (
            "customer.points > 5 and customer.points < 6 never hold together",
            "customer.points > 5 && order.gift && customer.points < 6",
        ),
        (
            "order.value >= 50 and order.value == 49.99 never hold together",
            "order.gift && (order.value >= 50 && order.value == 49.99)",
        ),
        (
            "customer.status == 'new' and customer.status == \"returning\" never hold together",
            "customer.status == 'new' && customer.status == \"returning\"",
        ),
    ],
)
def test_what_never_holds_for_any_order_is_refused(expected: str, source: str) -> None:
    assert (expected,) == condition_faults(source, VALUES)


def test_of_an_or_no_part_of_which_ever_holds_each_is_told() -> None:
    assert (
        "today.month is never 13: it is 1 to 12",
        "customer.points < 0 never holds: it is 0 and more",
        "order.currency is never 'eur': it is as in \"GBP\"",
        "order.currency is never 'EURO': it is as in \"GBP\"",
    ) == condition_faults(
        "order.gift && (today.month == 13 || customer.points < 0 || order.currency in ['eur', 'EURO'])", VALUES
    )


@pytest.mark.parametrize(
    ("expected", "source"),
    [
        ('order.currency is never "eur": it is as in "GBP"', 'order.currency in ["EUR", "eur"]'),
        ("order.shop is never 'holm'; did you mean halm?", "order.shop in ['amber-home', 'holm']"),
        ("customer.status is never 'vip'; there are ambassador, new, returning", "'vip' != customer.status"),
        ("customer.points < 0 never holds: it is 0 and more", "customer.points < 0 || order.gift"),
        ("today.weekday > 7 never holds: it is 1 to 7", "!(today.weekday > 7)"),
        ("today.weekday is never 8: it is 1 to 7", "today.weekday != 8"),
        ("today.month is never 13: it is 1 to 12", "order.gift ? order.express : today.month == 13"),
        (
            "order.value >= 50 and order.value == 49.99 never hold together",
            "order.gift || order.value >= 50 && order.value == 49.99",
        ),
        (
            'today.date > "2026-1-1" compares letter by letter, and today.date is as in "2026-11-22"',
            'today.date > "2026-1-1"',
        ),
        (
            "today.date < '2026-13-01' compares letter by letter, and today.date is as in \"2026-11-22\"",
            "today.date < '2026-13-01'",
        ),
    ],
)
def test_what_may_hold_all_the_same_is_no_fault_and_doubtful(expected: str, source: str) -> None:
    assert () == condition_faults(source, VALUES)
    assert [expected] == list(doubtful_parts(source, VALUES))


@pytest.mark.parametrize(
    "source",
    [
        'today.date >= "2026-12"',
        'today.date < "2027" && today.date >= "2026-12-01"',
        'order.currency == r"GBP"',
        'order.currency == """GBP"""',
        "order.currency in ['''GBP''', R'EUR']",
        r'order.currency == "\x47\u0042\120"',
        r"""customer.tier == r"\" && order.currency == "GBP" && customer.tier != 'a"b' """,
        r"""order.currency == "GBP" && order.currency == r'GBP'""",
        "customer.points > 5.5 && customer.points < 7",
        "order.value > 5 && order.value < 5.0000001",
        "today.month in [13 - 1]",
    ],
)
def test_what_holds_is_neither_refused_nor_doubtful(source: str) -> None:
    assert () == condition_faults(source, VALUES)
    assert () == tuple(doubtful_parts(source, VALUES))


@pytest.mark.parametrize(
    ("expected", "source"),
    [
        (["a b"], "'a b' in order.skus"),
        (["\\n"], r"r'\n' in order.skus"),
        (["\n", "x"], r"""'''\n''' in order.skus || "x" in order.skus"""),
    ],
)
def test_texts_are_read_as_cel_reads_them(expected: list[str], source: str) -> None:
    assert expected == list(texts_of(source))


@pytest.mark.parametrize(
    "source",
    [
        "0 == today.month % 2",
        "today.month % 2 == 0",
        "today.month - 12 < 0",
        "13 - today.month > 12",
        "today.month == 14 - 2",
        "-1 + today.month < 0 || order.gift",
        "shipment.days_late >= 0",
        "shipment.days_late > -1",
        "customer.points > 100 || customer.points < 50",
        "customer.points >= 50 && customer.points <= 50",
        "order.value > 5 && order.value < 6",
        "customer.points > 100 && !(customer.points < 50)",
        "customer.points > 100 && (order.gift || customer.points < 50)",
        "customer.status == 'new' && customer.tier == 'gold'",
        "order.currency == 'EUR' || order.currency == 'GBP'",
    ],
)
def test_what_may_hold_is_not_refused(source: str) -> None:
    assert () == condition_faults(source, VALUES)


@pytest.mark.parametrize(
    ("expected", "source"),
    [
        ("customer.points is neither true nor false", "customer.points"),
        ("order.value + 1 > 2: Unsupported operation: float + int", "order.value + 1 > 2"),
        ("!shipment.units: No such overload", "order.gift && (order.express || !shipment.units)"),
        ("'x' in customer.tier: ", "order.gift && 'x' in customer.tier"),
        ("order.lines.exists(order, order.id == 'x'): ", "order.lines.exists(order, order.id == 'x')"),
        ("1:14: Syntax error", "order.value >"),
        ("1:15: Syntax error", "order.value > ~"),
        ("filter within another walk", "order.lines.exists(l, order.lines.filter(m, m.sku == 'x').size() > 1)"),
    ],
)
def test_a_condition_that_gives_no_answer_is_refused_also_where_another_part_hides_it(
    expected: str, source: str
) -> None:
    assert expected in "\n".join(condition_faults(source, VALUES))


@pytest.mark.parametrize(
    "source",
    [
        "true",
        "order.value >= 50 && order.value < 100.5",
        "customer.status == 'new' || customer.status in ['returning', \"ambassador\"]",
        "'candles' in order.categories && !('candles' in history.categories)",
        "order.skus.exists(sku, sku.startsWith('AH') && !(sku in history.bought))",
        "order.lines.filter(line, line.quantity > 1).size() > 2  // three kinds of goods",
        "order.lines.map(line, line.quantity).exists(quantity, quantity > 5)",
        "order.lines[2].unit_price > 10.0",
        "customer.days_to_birthday >= 0 ? customer.days_to_birthday <= 7 : customer.years_member == 3",
        "today.date >= '2026-12-01' && today.date <= '2026-12-24' && today.weekday != 7",
        "size(order.vouchers_redeemed) == 0 && double(customer.points) > order.value",
        "history.days_since_last > 90 && has(customer.tier)",
        "customer.tier == 'order.nothing'",
        r"customer.tier == 'it\'s \"gold\"'",
    ],
)
def test_what_rules_need_can_be_said(source: str) -> None:
    assert () == condition_faults(source, VALUES)


@pytest.mark.parametrize("path", [f"{root}.{field}" for root, fields in SCHEMA.items() for field in fields])
def test_each_fact_of_a_note_is_of_the_kind_that_it_is_said_to_be(path: str) -> None:
    root, _, field = path.partition(".")
    kind = SCHEMA[root][field].kind
    assert isinstance(fact(path, a_shipment()), type(kind.samples[1]))
    assert kind.name == "list of lines" or () == condition_faults(f"{path} == {path}", {})


def test_a_fault_names_file_line_and_key_and_all_of_them_are_told_at_once() -> None:
    config = campaigns_config(
        late=f"shops = ['holm']\ncountries = ['UK']\n\n{a_rule(when='order.vlaue > 5')}",
        arms=f"[[arm]]\nname = 'a'\n\n{a_rule(arm='b')}",
    )
    with pytest.raises(ConfigInvalid) as caught:
        compile_campaigns(config, country_names("en").keys())

    folder = config.folder / "campaigns"
    assert [
        f"{folder}/late.toml:2: shops: there is no holm; did you mean halm?",
        f"{folder}/late.toml:3: countries: there is no UK",
        f"{folder}/late.toml:7: rule[1].when: there is no order.vlaue; did you mean order.value?",
        f"{folder}/arms.toml:7: rule[1].arm: there is no b",
    ] == caught.value.what.splitlines()


@pytest.mark.parametrize(
    ("expected", "name", "text"),
    [
        ("Été.toml:1: the file: its name names the campaign", "Été", a_rule()),
        ("hold-out.toml:1: the file: its name names the campaign", "hold-out", a_rule()),
        (
            "a.toml:5: arm[2].name: warm is there twice",
            "a",
            "[[arm]]\nname = 'warm'\n[[arm]]\nname = 'warm'\n" + a_rule(),
        ),
        ("a.toml:3: arm[1].name: hold-out is no arm", "a", "[[arm]]\nname = 'hold-out'\n" + a_rule()),
    ],
)
def test_a_name_that_could_be_taken_for_another_is_refused(expected: str, name: str, text: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        compile_campaigns(campaigns_config(**{name: text}), country_names("en").keys())
    assert expected in caught.value.what


@pytest.mark.parametrize(
    ("expected", "rule"),
    [
        ("a voucher needs a pool, and nothing else has one", a_rule("voucher")),
        ("a voucher needs a pool, and nothing else has one", a_rule("loyalty", pool="welcome")),
        ("only a promo has a picture", a_rule("loyalty", picture="x")),
        ("for_everyone is for promo, registration, feedback: a referral is", a_rule("referral", for_everyone=True)),
        ("the link of a feedback knows no {code}", a_rule("feedback", link="https://amber-home.example/{code}")),
        ("the link of a voucher knows no {sku}", a_rule("voucher", pool="w", link="https://amber-home.example/{sku}")),
        ("a loyalty has no code that could lead", a_rule("loyalty", link="https://amber-home.example/x")),
    ],
)
def test_a_rule_that_does_not_fit_its_slot_is_refused(expected: str, rule: str, tmp_path: Path) -> None:
    assert f"welcome.toml:2: rule[1]: {expected}" in _refused('title = "x"\n' + rule, tmp_path)


def test_a_window_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    window = "window = { from = 2026-12-01, until = 2026-11-01 }\n"
    assert "welcome.toml:2: window: it ends before it begins" in _refused(f'title = "x"\n{window}{a_rule()}', tmp_path)


def _refused(text: str, folder: Path) -> str:
    (folder / "campaigns").mkdir()
    (folder / "campaigns" / "welcome.toml").write_text(text)
    for other in CONFIG.folder.iterdir():
        if other.name != "campaigns":
            (folder / other.name).symlink_to(other)
    for language in LANGUAGES:
        (folder / "campaigns" / f"{language}.ftl").touch()
    with pytest.raises(CampaignsInvalid) as caught:
        compile_house(read_config(folder, {}))
    return caught.value.what


@pytest.mark.parametrize(
    ("expected", "link"),
    [
        ((), "https://amber-home.example/v/{code}"),
        ((), "https://www.amber-home.example/v/{code}"),
        (("leads away from the shop",), "https://amber-home.example.evil.example/{code}"),
        (("leads away from the shop",), "https://notamber-home.example/{code}"),
    ],
)
def test_a_link_leads_to_a_host_of_the_shops(expected: tuple[str, ...], link: str) -> None:
    config = campaigns_config(welcome="shops = ['amber-home']\n" + a_rule("voucher", pool="w", link=link))
    if not expected:
        compile_campaigns(config, country_names("en").keys())
        return
    with pytest.raises(ConfigInvalid, match=expected[0]):
        compile_campaigns(config, country_names("en").keys())


def test_a_link_whose_host_telephones_read_otherwise_is_refused() -> None:
    with pytest.raises(ValidationError, match="link"):
        Rule(slot="voucher", pool="w", link="https://evil.example\\.amber-home.example/{code}")


@pytest.mark.parametrize("path", ["customer.status == 'new'", "order.gift || history.orders > 0"])
def test_what_is_for_everyone_asks_nothing_about_the_customer(path: str) -> None:
    config = campaigns_config(week=a_rule("feedback", when=path, for_everyone=True))
    with pytest.raises(ConfigInvalid, match=r"for_everyone, but .* is about the customer"):
        compile_campaigns(config, country_names("en").keys())


# What facts say ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "birthday", "today"),
    [
        (0, "11-22", (2026, 11, 22)),
        (9, "12-01", (2026, 11, 22)),
        (364, "11-21", (2026, 11, 22)),
        (0, "02-29", (2026, 2, 28)),
        (1, "02-29", (2028, 2, 28)),
        (-1, "", (2026, 11, 22)),
    ],
)
def test_days_to_the_birthday_count_to_the_next_one(expected: int, birthday: str, today: tuple[int, int, int]) -> None:
    shipment = a_shipment(customer=a_customer(birthday=birthday))
    assert expected == fact("customer.days_to_birthday", shipment, datetime(*today, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("years", "days", "since"),
    [
        (2, 0, date(2024, 11, 22)),
        (1, 1, date(2024, 11, 23)),
        (2, 364, date(2024, 11, 21)),
        (0, 365, date(2026, 11, 22)),
        (-1, -1, None),
    ],
)
def test_an_anniversary_is_never_the_first_day(years: int, days: int, since: date | None) -> None:
    shipment = a_shipment(customer=a_customer(member_since=since))
    assert (years, days) == (fact("customer.years_member", shipment), fact("customer.days_to_anniversary", shipment))


@pytest.mark.parametrize(("expected", "dispatched"), [(0, 24), (0, 23), (1, 25), (3, 27)])
def test_a_parcel_is_late_by_days_of_the_sites_calendar(expected: int, dispatched: int) -> None:
    shipment = a_shipment(
        promised_at=datetime(2026, 11, 24, 9, tzinfo=UTC), dispatched_at=datetime(2026, 11, dispatched, 18, tzinfo=UTC)
    )
    assert expected == fact("shipment.days_late", shipment)


def test_today_is_the_sites_day() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # the 23rd in Lille
    assert "2026-11-22" == fact("today.date", a_shipment(), late)
    assert "2026-11-23" == fact("today.date", a_shipment(site="eu"), late)


def test_goods_are_those_of_this_parcel() -> None:
    lines = (a_line(quantity=2, quantity_ordered=5), a_line(sku="X", category="", quantity=1))
    shipment = a_shipment(lines=lines, delivery_address=an_address(country="FR"))
    assert (14.85, ["tableware"], ["22139", "X"], 3, "FR") == tuple(
        fact(path, shipment)
        for path in ("order.value", "order.categories", "order.skus", "shipment.units", "customer.country")
    )


# Answers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["order.lines[5].quantity > 0", "6 / (shipment.units - 6) > 0"])
def test_what_can_not_be_answered_for_this_note_does_not_hold(source: str) -> None:
    condition = compile_condition(source)
    assert () == condition_faults(source, {})
    assert not condition.holds(context_of(facts_of(occasion_of(a_shipment(), HOUSE, TODAY, "en"), condition.reads)))


ATOMS = (*(f"{root}.{field}" for root, fields in SCHEMA.items() for field in fields), "1", "2.5", "'x'", "true", "[1]")
SIGNS = ("==", "!=", "<", ">=", "&&", "||", "+", "*", "/", "%", "in", "?")


def conditions() -> st.SearchStrategy[str]:
    """What has the form of a condition, and much that has not."""
    formed = st.recursive(
        st.sampled_from(ATOMS),
        lambda inner: st.one_of(
            st.builds("({} {} {})".format, inner, st.sampled_from(SIGNS), inner),
            st.builds("!{}".format, inner),
            st.builds("size({})".format, inner),
            st.builds("order.lines.exists(line, line.sku == {})".format, inner),
        ),
        max_leaves=8,
    )
    return formed | st.text(max_size=30)


@settings(max_examples=400, deadline=None)
@given(conditions())
def test_whatever_is_written_is_refused_or_answered(source: str) -> None:
    if not condition_faults(source, VALUES):
        condition = compile_condition(source)
        facts = facts_of(occasion_of(a_shipment(), HOUSE, TODAY, "en"), condition.reads)
        assert condition.holds(context_of(facts)) in (True, False)


@pytest.mark.parametrize(
    ("expected", "source"),
    [
        ("shipment.units > 100", "order.value > 5 && shipment.units > 100 && order.gift"),
        ("(order.gift || order.express)", "(order.gift || order.express) && shipment.units > 100"),
        ("order.gift && order.express || order.express", "order.gift && order.express || order.express"),
        ("order.lines[5].quantity > 0", "order.value > 5 && order.lines[5].quantity > 0"),
        ("", "order.value > 5 && order.skus.exists(sku, sku == '22139' && true)"),
    ],
)
def test_the_first_part_that_does_not_hold_is_named(expected: str, source: str) -> None:
    condition = compile_condition(source)
    facts = facts_of(occasion_of(a_shipment(), HOUSE, TODAY, "en"), condition.reads)
    assert expected == first_unmet(condition, context_of(facts))


def test_parts_are_cut_at_the_outer_and_alone() -> None:
    assert ("a == '&&'", "(b && c)", "d.exists(e, f && g)") == parts_of("a == '&&' && (b && c) && d.exists(e, f && g)")
    assert ("a && b ? c : d",) == parts_of("a && b ? c : d")
