"""Codes on their way to notes: reserved, given, put back; and what is asked of a pool that has none."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from service import standings
from service.customers import CustomerKey
from service.ledger.accounts import NoteKey
from service.ledger.ledger import Ledger
from service.ledger.vouchers import free_codes
from service.model import Shipment
from service.planning.note import plan_note
from service.standings import Standings
from tests.builders import NOON, a_customer, a_shipment, recommend_nothing
from tests.campaigns import a_house_with, a_rule
from tests.ledger_builders import fill_pool

HOUSE = a_house_with(welcome=a_rule("voucher", pool="welcome", when='customer.status == "new"'))
FIRST, SECOND = NoteKey("A1-1-r1", 1), NoteKey("A2-1-r1", 1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.db")
    yield opened
    opened.close()


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counter(ledger: Ledger, clock: Clock) -> Standings:
    made = Standings(ledger, CustomerKey(b"k" * 32), clock, recommend_nothing)
    made.follow(HOUSE.campaigns)
    return made


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The currencies for which a pool was searched, one for each search."""
    searched: list[str] = []

    def search(ledger: Ledger, pool: str, currency: str, *place: object) -> list[tuple[int, str]]:
        searched.append(currency)
        return free_codes(ledger, pool, currency, *place)  # type: ignore[arg-type]

    monkeypatch.setattr(standings, "free_codes", search)
    return searched


def an_order_in(currency: str, key: NoteKey = FIRST) -> Shipment:
    new = a_customer(id=key.note_id, status="new", previous_orders=0)
    return a_shipment(order_id=key.note_id.partition("-")[0], currency=currency, customer=new)


def codes(counter: Standings, key: NoteKey, currency: str = "GBP") -> list[str]:
    return [offer.code for offer in counter.standing_of(key, an_order_in(currency, key)).codes.values()]


def test_a_code_that_is_released_is_there_for_every_currency(ledger: Ledger, counter: Standings) -> None:
    fill_pool(ledger, "welcome", "W1")
    assert ["W1"] == codes(counter, FIRST, "GBP")
    assert [] == codes(counter, SECOND, "EUR"), "a note has it"
    counter.release(FIRST)
    assert ["W1"] == codes(counter, SECOND, "EUR")
    counter.release(SECOND)
    assert ["W1"] == codes(counter, FIRST, "GBP")


def test_a_code_whose_voucher_found_no_place_is_the_next_notes(ledger: Ledger, counter: Standings) -> None:
    fill_pool(ledger, "welcome", "W1")
    shipment = an_order_in("GBP")
    plan = plan_note(shipment, HOUSE, counter.standing_of(FIRST, shipment))
    assert ["W1"] == [giving.code for giving in plan.givings]
    counter.keep(FIRST, plan)
    assert () == counter.marketing(plan, shipment, ("voucher",)).givings
    counter.given(FIRST)
    assert ["W1"] == codes(counter, SECOND)


def test_codes_go_out_in_their_order_also_those_that_came_back(ledger: Ledger, counter: Standings) -> None:
    fill_pool(ledger, "welcome", "W1", "W2", "W3")
    assert (["W1"], ["W2"]) == (codes(counter, FIRST), codes(counter, SECOND, "EUR"))
    counter.release(FIRST)
    counter.given(SECOND)
    assert ["W1"] == codes(counter, FIRST)
    assert ["W3"] == codes(counter, SECOND)


def test_a_pool_that_is_empty_is_searched_again_after_an_import_or_the_next_day(
    ledger: Ledger, counter: Standings, clock: Clock, looked_up: list[str]
) -> None:
    fill_pool(ledger, "welcome", "P1", amount=Decimal(5), currency="GBP")
    for _ in range(3):
        assert [] == codes(counter, FIRST, "EUR")
    assert ["EUR"] == looked_up
    clock.now += timedelta(days=1)
    assert [] == codes(counter, FIRST, "EUR")
    assert ["EUR", "EUR"] == looked_up
    fill_pool(ledger, "welcome", "E1", amount=Decimal(5), currency="EUR")
    assert ["E1"] == codes(counter, FIRST, "EUR")


def test_a_code_that_ends_too_soon_is_passed_over_and_so_it_is_the_day_after(
    ledger: Ledger, counter: Standings, clock: Clock
) -> None:
    last = NOON.date() + timedelta(days=13)
    fill_pool(ledger, "welcome", "W1", expires=last)
    fill_pool(ledger, "welcome", "W2", expires=last + timedelta(days=1))
    fill_pool(ledger, "welcome", "W3")
    assert ["W2"] == codes(counter, FIRST)
    counter.release(FIRST)
    clock.now += timedelta(days=1)
    assert ["W3"] == codes(counter, FIRST), "it was on the shelf"


def test_what_a_campaign_says_about_the_life_of_codes_counts_from_its_reload_on(
    ledger: Ledger, counter: Standings
) -> None:
    fill_pool(ledger, "welcome", "W1", expires=NOON.date() + timedelta(days=3))
    assert [] == codes(counter, FIRST)
    counter.follow(a_house_with(welcome=f"good_for_days = 3\n{a_rule('voucher', pool='welcome')}").campaigns)
    assert ["W1"] == codes(counter, FIRST)


def test_a_pool_is_low_when_few_codes_are_left_that_can_be_given(ledger: Ledger, counter: Standings) -> None:
    said: list[tuple[str, int]] = []
    counter.follow(HOUSE.campaigns, lambda pool, left: said.append((pool, left)))
    fill_pool(ledger, "welcome", *(f"S{number}" for number in range(150)), expires=NOON.date())
    fill_pool(ledger, "welcome", "W1", "W2")
    assert ["W1"] == codes(counter, FIRST)
    assert [("welcome", 2)] == said


def test_the_strictest_campaign_says_how_long_the_codes_of_a_pool_must_last(ledger: Ledger, counter: Standings) -> None:
    gives = a_rule("voucher", pool="welcome")
    counter.follow(a_house_with(a=f"good_for_days = 2\n{gives}", b=f"good_for_days = 5\n{gives}").campaigns)
    fill_pool(ledger, "welcome", "W1", expires=NOON.date() + timedelta(days=4))
    fill_pool(ledger, "welcome", "W2", expires=NOON.date() + timedelta(days=5))
    assert ["W2"] == codes(counter, FIRST)
