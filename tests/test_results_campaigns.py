"""What campaigns did: measured against the hold-out, with intervals that hold the truth as often as they say."""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from service.cli.main import main
from service.errors import PrinterSilent
from service.ledger.accounts import Decision
from service.ledger.campaigns import CodeCount, code_counts
from service.ledger.exposures import Marketing
from service.ledger.ledger import Ledger
from service.ledger.measuring import Exposed, Ordered, exposed, neutral_notes, ordered
from service.model import HELD_OUT, LEFT_OUT, NEUTRAL, SHOWN, Exposure
from service.results.campaigns import ArmResult, Period, campaign_results
from service.results.statistics import Estimate, difference, rate
from tests.builders import NOON
from tests.ledger_builders import ADA, BEN, fill_pool, intend, record_order, welcome

LATER = Period(30, NOON + timedelta(days=100))


def at(days: float) -> datetime:
    return NOON + timedelta(days=days)


def shown(customer: str, days: float = 0, arm: str = "gift", outcome: str = SHOWN, order: str = "") -> Exposed:
    order_id = order or f"{customer}-first"
    return Exposed("autumn", arm, outcome, f"{order_id}-1-r1", at(days), customer, order_id)


def held_out(customer: str, days: float = 0) -> Exposed:
    return shown(customer, days, "hold-out", HELD_OUT)


def measured(exposures: list[Exposed], orders: list[Ordered], period: Period = LATER) -> dict[str, ArmResult]:
    (campaign,) = campaign_results(exposures, orders, (), period)
    return {arm.arm: arm for arm in campaign.arms}


# Intervals -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "tries", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)],
)
def test_a_rate_has_wilsons_interval(hits: int, tries: int, low: float, high: float) -> None:
    found = rate(hits, tries)
    assert (hits / tries, low, high) == (
        found.value,
        pytest.approx(found.low, abs=5e-5),
        pytest.approx(found.high, abs=5e-5),
    )


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 20), 0.6791, 1.0)],
)
def test_a_difference_has_newcombes_interval(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    found = difference(rate(*one), rate(*other))
    assert (low, high) == (pytest.approx(found.low, abs=5e-5), pytest.approx(found.high, abs=5e-5))


def test_of_nobody_nothing_is_known() -> None:
    assert Estimate(0.0, 0.0, 1.0) == rate(0, 0)


# Customers whose uplift is known -------------------------------------------------------------------------------------


def simulated(chance: random.Random, uplift: float, customers: int = 300) -> tuple[list[Exposed], list[Ordered]]:
    """Customers of whom a fifth comes back within 30 days, and so many more of those who were shown something."""
    exposures, orders = [], []
    for number in range(customers):
        customer, is_held_out = f"c{number}", chance.random() < 0.3
        exposures.append(held_out(customer) if is_held_out else shown(customer))
        orders.append(Ordered(customer, f"{customer}-first", at(-1)))
        comes_back = chance.random() < (0.2 if is_held_out else 0.2 + uplift)
        orders.append(Ordered(customer, f"{customer}-next", at(chance.uniform(1, 29) if comes_back else 45)))
    return exposures, orders


@pytest.mark.parametrize("uplift", [0.0, 0.1])
def test_the_interval_holds_the_true_uplift_19_times_of_20(uplift: float) -> None:
    chance, experiments, held = random.Random(6), 400, 0
    for _ in range(experiments):
        found = measured(*simulated(chance, uplift))["gift"].uplift
        assert found
        held += found.low <= uplift <= found.high
    assert 0.925 <= held / experiments <= 0.975


def test_a_large_uplift_is_seen() -> None:
    found = measured(*simulated(random.Random(1), 0.25, customers=2000))["gift"].uplift
    assert found
    assert 0.15 < found.low < found.value < found.high < 0.35


# Who counts ----------------------------------------------------------------------------------------------------------


def test_a_customer_counts_once_from_the_first_note_and_stays_in_its_arm() -> None:
    exposures = [shown("ada"), shown("ada", 20, order="ada-second"), held_out("ada", 40), held_out("ben")]
    arms = measured(exposures, [Ordered("ada", "ada-second", at(20))])
    assert (2, 1, 1, 1) == (arms["gift"].notes, arms["gift"].customers, arms["gift"].observed, arms["gift"].returned)
    assert (2, 1, 0) == (arms["hold-out"].notes, arms["hold-out"].customers, arms["hold-out"].returned)


def test_only_customers_whose_days_are_over_are_compared() -> None:
    arms = measured([shown("ada"), shown("ben", 80)], [Ordered("ben", "next", at(81))])
    assert (2, 1, 0) == (arms["gift"].customers, arms["gift"].observed, arms["gift"].returned)


@pytest.mark.parametrize(
    ("returned", "order"),
    [
        (1, Ordered("ada", "next", at(30))),
        (0, Ordered("ada", "next", at(30.01))),
        (0, Ordered("ada", "under-way", at(-0.01))),
        (0, Ordered("ada", "ada-first", at(3))),
        (0, Ordered("ben", "next", at(3))),
    ],
)
def test_a_return_is_another_order_of_the_same_customer_in_time(returned: int, order: Ordered) -> None:
    assert returned == measured([shown("ada")], [order])["gift"].returned


def test_a_sheet_without_room_counts_with_its_arm() -> None:
    arm = measured([shown("ada", outcome=LEFT_OUT), shown("ben")], [])["gift"]
    assert (2, 1, 2) == (arm.notes, arm.left_out, arm.customers)


def test_guests_are_counted_in_notes_only() -> None:
    arm = measured([shown("", order="g1"), shown("", order="g2")], [])["gift"]
    assert (2, 0, None) == (arm.notes, arm.customers, arm.uplift)


def test_without_a_hold_out_nothing_is_compared() -> None:
    assert {"gift": None, "story": None} == {
        name: arm.uplift for name, arm in measured([shown("ada"), shown("ben", arm="story")], []).items()
    }


def test_every_arm_is_compared_with_the_hold_out_which_comes_last() -> None:
    arms = measured([held_out("cy"), shown("ben", arm="zest"), shown("ada")], [Ordered("ada", "next", at(3))])
    assert ["gift", "zest", "hold-out"] == list(arms)
    assert [1.0, 0.0, None] == [arm.uplift.value if arm.uplift else None for arm in arms.values()]


# From the ledger -----------------------------------------------------------------------------------------------------


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Ada is welcomed with a code and comes back; Ben is held out and does not; a gift is neutral; Cy is cancelled."""
    opened = Ledger(tmp_path / "ledger.db")
    fill_pool(opened, "welcome-15", "W1", "W2")
    intend(opened, record_order(opened, "1"), welcome("W1"))
    record_order(opened, "2", at=at(9))
    kept = Marketing((Exposure("welcome", "hold-out", "voucher", 1, HELD_OUT),), (), BEN)
    intend(opened, record_order(opened, "3", BEN), kept)
    intend(opened, record_order(opened, "4", ""), Marketing((Exposure("", "", "", 0, NEUTRAL, "gift"),)))
    cancelled = record_order(opened, "5", "c" * 32)
    intend(opened, cancelled, Marketing((Exposure("welcome", "hold-out", "voucher", 1, HELD_OUT),), (), "c" * 32))
    opened.hold(cancelled, NOON, PrinterSilent("it is silent"), expected=("submitting",))
    opened.decide(cancelled, Decision("d1", "cancel", "ada", "wrong parcel"), NOON)
    yield opened
    opened.close()


def test_the_ledger_tells_who_was_shown_what_and_who_came_back(ledger: Ledger) -> None:
    (campaign,) = campaign_results(exposed(ledger), ordered(ledger), code_counts(ledger), LATER)
    told = [(arm.arm, arm.notes, arm.observed, arm.returned) for arm in campaign.arms]
    assert [("welcome", 1, 1, 1), ("hold-out", 1, 1, 0)] == told
    assert ("welcome", 1, 0) == (campaign.campaign, campaign.codes_given, campaign.codes_redeemed)
    assert {"gift": 1} == neutral_notes(ledger)


def test_a_note_counts_once_with_the_first_of_its_sheets_that_was_not_cancelled(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W3")
    given_up = record_order(ledger, "6", "d" * 32)
    intend(ledger, given_up, welcome("W3", "d" * 32))
    ledger.accept(given_up, NOON)
    again = ledger.print_again(given_up, NOON, PrinterSilent("it is silent"))
    assert again is not None
    intend(ledger, again, welcome("W3", "d" * 32), at=at(1))
    ledger.accept(again, at(1))
    ledger.complete(again, at(1), "printer")
    reprint = ledger.decide(again, Decision("d2", "reprint", "ada", "wet"), at(2))
    intend(ledger, reprint, welcome("W3", "d" * 32), at=at(2))
    assert [("d" * 32, at(1))] == [(each.customer, each.at) for each in exposed(ledger) if each.order_id == "6"]


def test_codes_are_those_of_their_campaign() -> None:
    results = campaign_results([shown("ada")], [], [CodeCount("autumn", 3, 2), CodeCount("other", 9, 9)], LATER)
    assert [("autumn", 3, 2)] == [(one.campaign, one.codes_given, one.codes_redeemed) for one in results]


def test_results_of_no_campaign_are_none() -> None:
    assert () == campaign_results([], [Ordered(ADA, "1", NOON)], [], LATER)


def test_the_command_tells_people_and_machines(
    ledger: Ledger, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLIPWAY_SPOOL", str(tmp_path))
    monkeypatch.chdir(root)
    monkeypatch.setattr("service.cli.results.utc_now", lambda: at(100))
    assert 0 == main(["results", "--days", "30", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert (30, {"gift": 1}, ["welcome"]) == (
        said["days"],
        said["neutral"],
        [one["campaign"] for one in said["campaigns"]],
    )
    assert 0 == main(["results", "--days", "30"])
    told = capsys.readouterr().out
    assert "customers who came back within 30 days" in told
    assert "0 of 1 redeemed" in told
    assert "notes that campaigns left neutral: gift 1" in told
