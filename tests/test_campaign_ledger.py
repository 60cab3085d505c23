"""What the ledger keeps of campaigns: exposures, codes and budgets with the intent; history and decisions beside it."""

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.dialects import sqlite

from service.errors import PlanOutdated, PrinterRefused
from service.ledger import campaigns, entering, erasing, exposures, vouchers
from service.ledger.accounts import Decision, NoteKey
from service.ledger.campaigns import (
    MOST_NOTES,
    CampaignDecision,
    CodeCount,
    Outcome,
    closed_campaigns,
    code_counts,
    decide_about_campaign,
    notes_shown,
    outcomes,
    paused_campaigns,
    remember,
)
from service.ledger.exposures import Marketing
from service.ledger.ledger import Ledger
from service.ledger.vouchers import PoolCount, pool_counts
from service.marketing import Given, History
from service.model import HELD_OUT, LEFT_OUT, NEUTRAL, SHOWN, Exposure, Giving, Job, Offer
from tests.builders import NOON, a_line
from tests.ledger_builders import ADA, BEN, WELCOME, fill_pool, intend, record_order, welcome

TODAY = NOON.date()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.db")
    yield opened
    opened.close()


def later(days: int) -> datetime:
    return NOON + timedelta(days=days)


def decide(ledger: Ledger, what: str, decision_id: str = "d1", campaign: str = "welcome") -> CampaignDecision:
    decision = CampaignDecision(decision_id, what, campaign, "mara", "too many complaints", NOON)
    decide_about_campaign(ledger, decision)
    return decision


# The intent -----------------------------------------------------------------------------------------------------------


def test_an_intent_takes_its_code_and_keeps_its_exposures(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W1", "W2")
    assert intend(ledger, record_order(ledger, "1"), welcome("W1"))
    assert (Outcome("welcome", "welcome", SHOWN, "", 1),) == outcomes(ledger)
    assert (CodeCount("welcome", 1, 0),) == code_counts(ledger)
    assert (PoolCount("welcome-15", 2, 1, 1, 0, 0, 0, None),) == pool_counts(ledger, TODAY, {})
    given = Given("welcome", "welcome-15", Offer("W1", percent=15), "1", "1-1-r1", at=NOON)
    assert (given,) == remember(ledger, ADA, "1", NOON).given


def test_a_code_that_another_has_writes_no_intent(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W1")
    intend(ledger, record_order(ledger, "1"), welcome("W1"))
    key = record_order(ledger, "2", BEN)
    with pytest.raises(PlanOutdated, match="pool welcome-15 is not free"):
        intend(ledger, key, welcome("W1", BEN))
    account = ledger.account(key)
    assert account is not None
    assert ("received", None) == (account.state, account.submitting_at)
    assert (Outcome("welcome", "welcome", SHOWN, "", 1),) == outcomes(ledger)


@pytest.mark.parametrize(
    "marketing", [welcome("UNKNOWN"), replace(welcome("W1"), givings=(Giving("w", "spring", "W1"),))]
)
def test_a_code_that_its_pool_does_not_have_is_not_given(ledger: Ledger, marketing: Marketing) -> None:
    fill_pool(ledger, "welcome-15", "W1")
    with pytest.raises(PlanOutdated):
        intend(ledger, record_order(ledger, "1"), marketing)


def test_a_campaign_gives_a_customer_one_code(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W1", "W2")
    intend(ledger, record_order(ledger, "1"), welcome("W1"))
    key = record_order(ledger, "2")
    with pytest.raises(PlanOutdated, match="has given this customer a code meanwhile"):
        intend(ledger, key, welcome("W2"))
    with pytest.raises(PlanOutdated):
        intend(ledger, key, welcome("W1"))


@pytest.mark.parametrize(("days_later", "is_given"), [(29, False), (30, True)])
def test_a_campaign_that_says_so_gives_a_customer_a_code_again(ledger: Ledger, days_later: int, is_given: bool) -> None:
    fill_pool(ledger, "welcome-15", "W1", "W2")
    intend(ledger, record_order(ledger, "1"), welcome("W1"))
    key, again = record_order(ledger, "2"), welcome("W2", again_after={"welcome": 30})
    at = NOON + timedelta(days=days_later)
    if is_given:
        assert intend(ledger, key, again, at)
    else:
        with pytest.raises(PlanOutdated, match="has given this customer a code meanwhile"):
            intend(ledger, key, again, at)
    given = remember(ledger, ADA, "9", at).given
    assert [("W1", NOON), ("W2", at)][: 1 + is_given] == [(each.offer.code, each.at) for each in given]


def test_a_code_that_the_tables_do_not_let_go_makes_the_plan_outdated_and_not_the_ledger_unusable(
    ledger: Ledger, tmp_path: Path
) -> None:
    fill_pool(ledger, "welcome-15", "W1", "W2")
    intend(ledger, record_order(ledger, "1"), welcome("W1"))
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as database, database:
        database.execute("create unique index one_of_each on voucher_codes (customer, campaign) where customer != ''")
    key = record_order(ledger, "2")
    with pytest.raises(PlanOutdated, match="does not let the code of pool welcome-15 be given"):
        intend(ledger, key, welcome("W2", again_after={"welcome": 30}), later(30))
    assert (PoolCount("welcome-15", 2, 1, 1, 0, 0, 0, None),) == pool_counts(ledger, TODAY, {})
    assert intend(ledger, key, at=later(30)), "the note goes without it"


def cancelled(ledger: Ledger, key: NoteKey) -> None:
    ledger.hold(key, NOON, PrinterRefused("it has no such paper"))
    ledger.decide(key, Decision(f"c{key.job_name}", "cancel", "mara", "wrong address"), NOON)


def test_a_code_that_never_came_out_is_given_to_the_same_customer_again_and_to_nobody_else(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W1", "W2")
    key = record_order(ledger, "1")
    intend(ledger, key, welcome("W1"))
    assert () == remember(ledger, ADA, "2", NOON).returned
    cancelled(ledger, key)
    remembered = remember(ledger, ADA, "2", NOON)
    assert ((), ["W1"]) == (remembered.given, [each.offer.code for each in remembered.returned])
    with pytest.raises(PlanOutdated):
        intend(ledger, record_order(ledger, "3", BEN), welcome("W1", BEN))
    assert intend(ledger, record_order(ledger, "2"), welcome("W1"))
    assert () == remember(ledger, ADA, "4", NOON).returned
    with pytest.raises(PlanOutdated):
        intend(ledger, record_order(ledger, "4"), welcome("W1"))
    assert ["2"] == [each.order_id for each in remember(ledger, ADA, "4", NOON).given]


def test_a_code_that_never_came_out_keeps_no_other_from_its_customer(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W1", "W2")
    key = record_order(ledger, "1")
    intend(ledger, key, welcome("W1"))
    cancelled(ledger, key)
    assert intend(ledger, record_order(ledger, "2"), welcome("W2"))
    assert ["W2"] == [each.offer.code for each in remember(ledger, ADA, "3", NOON).given]


@pytest.mark.parametrize(
    "what", ["accepted", "its job was noted", "another sheet is under way", "another parcel shows it"]
)
def test_a_code_that_may_have_come_out_is_given_once(ledger: Ledger, what: str) -> None:
    fill_pool(ledger, "welcome-15", "W1")
    key = record_order(ledger, "1", number=1, of=2)
    intend(ledger, key, welcome("W1"))
    if what == "another parcel shows it":
        intend(ledger, record_order(ledger, "1", number=2, of=2), welcome("W1"))
    if what in ("accepted", "its job was noted"):
        ledger.note_job(key, Job("uk-notes", 7, key.job_name, NOON))
    if what == "accepted":
        ledger.accept(key, NOON)
        ledger.print_again(key, NOON, PrinterRefused("it gave up"))
    else:
        cancelled(ledger, key)
    if what == "another sheet is under way":
        ledger.decide(key, Decision("r1", "reprint", "mara", "after all"), NOON)
    remembered = remember(ledger, ADA, "2", NOON)
    assert ("1", ()) == (remembered.given[0].order_id, remembered.returned)
    with pytest.raises(PlanOutdated):
        intend(ledger, record_order(ledger, "2"), welcome("W1"))


def test_a_guest_has_one_code_for_all_parcels_of_an_order(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W1", "W2", "W3")
    first, second = (record_order(ledger, "1", "", number=number, of=2, final=number == 2) for number in (1, 2))
    assert intend(ledger, first, welcome("W1", ""))
    with pytest.raises(PlanOutdated):
        intend(ledger, second, welcome("W2", ""))
    assert intend(ledger, second, welcome("W1", ""))
    assert intend(ledger, record_order(ledger, "2", ""), welcome("W2", "")), "another guest is somebody else"


def test_another_try_of_a_note_has_its_code_and_counts_once(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W1")
    key = record_order(ledger, "1")
    assert intend(ledger, key, welcome("W1"))
    assert intend(ledger, key, welcome("W1"))
    assert {"welcome": 1} == notes_shown(ledger)
    assert (Outcome("welcome", "welcome", SHOWN, "", 1),) == outcomes(ledger)


def test_what_a_further_try_shows_no_more_is_taken_back(ledger: Ledger) -> None:
    key = record_order(ledger, "1")
    intend(ledger, key, Marketing((WELCOME,)))
    intend(ledger, key, Marketing((replace(WELCOME, outcome=LEFT_OUT, reason="no-room"),)))
    assert {"welcome": 0} == notes_shown(ledger)
    assert (Outcome("welcome", "welcome", LEFT_OUT, "no-room", 1),) == outcomes(ledger)
    intend(ledger, key)
    assert () == outcomes(ledger)


def test_held_out_and_neutral_notes_are_kept_and_count_for_no_budget(ledger: Ledger) -> None:
    held_out = Exposure("welcome", "hold-out", "voucher", 1, HELD_OUT)
    intend(ledger, record_order(ledger, "1"), Marketing((held_out,)))
    intend(ledger, record_order(ledger, "2"), Marketing((Exposure("", "", "", 0, NEUTRAL, "objected"),)))
    assert {} == notes_shown(ledger)
    assert [("", "objected"), ("welcome", "")] == [(each.campaign, each.reason) for each in outcomes(ledger)]


def test_a_paused_campaign_shows_nothing_from_the_next_intent_on(ledger: Ledger) -> None:
    intend(ledger, record_order(ledger, "1"), Marketing((WELCOME,)))
    paused = decide(ledger, "pause")
    assert {"welcome": paused} == paused_campaigns(ledger)
    assert {"welcome": "paused"} == closed_campaigns(ledger, {})
    key = record_order(ledger, "2")
    with pytest.raises(PlanOutdated, match="campaign welcome was paused"):
        intend(ledger, key, Marketing((WELCOME,)))
    decide(ledger, "resume", "d2")
    assert {} == closed_campaigns(ledger, {})
    assert intend(ledger, key, Marketing((WELCOME,)))


def test_a_decision_counts_once_however_often_it_comes(ledger: Ledger) -> None:
    decide(ledger, "pause")
    decide(ledger, "resume", "d2")
    decide(ledger, "pause")
    assert {} == paused_campaigns(ledger)


def test_a_note_that_showed_a_campaign_shows_it_again_whatever_was_decided(ledger: Ledger) -> None:
    key = record_order(ledger, "1")
    intend(ledger, key, Marketing((WELCOME,), budgets={"welcome": 1}))
    decide(ledger, "pause")
    assert intend(ledger, key, Marketing((WELCOME,), budgets={"welcome": 1}))


def test_a_reprint_repeats_a_code_that_no_campaign_gives_any_more(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W1")
    key = record_order(ledger, "1")
    intend(ledger, key, welcome("W1"))
    ledger.accept(key, NOON)
    decide(ledger, "pause")
    again = ledger.decide(key, Decision("r1", "reprint", "mara", "jam"), NOON)
    assert intend(ledger, again, welcome("W1"))
    assert {"welcome": 1} == notes_shown(ledger)
    assert (CodeCount("welcome", 1, 0),) == code_counts(ledger)


def test_a_budget_is_never_exceeded_also_by_notes_that_come_at_once(ledger: Ledger) -> None:
    keys = [record_order(ledger, str(number), f"{number:032}") for number in range(40)]
    came: Counter[str] = Counter()

    def submit(mine: list[NoteKey]) -> None:
        for key in mine:
            try:
                intend(ledger, key, Marketing((WELCOME,), budgets={"welcome": 25}))
                came["shown"] += 1
            except PlanOutdated:
                came["outdated"] += 1

    threads = [threading.Thread(target=submit, args=(keys[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {"shown": 25, "outdated": 15} == came
    assert {"welcome": 25} == notes_shown(ledger)
    assert {"welcome": "budget"} == closed_campaigns(ledger, {"welcome": 25})
    assert {} == closed_campaigns(ledger, {"welcome": 26})


# History --------------------------------------------------------------------------------------------------------------


def test_a_customer_without_earlier_orders_has_no_history(ledger: Ledger) -> None:
    record_order(ledger, "1")
    assert History() == remember(ledger, ADA, "1", NOON).history


def test_history_is_what_came_before_this_order(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W1")
    cup = a_line(sku="CUP", category="tableware")
    first = record_order(ledger, "1", number=1, of=2, final=False, lines=(cup, a_line(sku="MAT", category="")))
    intend(ledger, first, welcome("W1"))
    record_order(ledger, "1", at=later(2), number=2, of=2, lines=(a_line(sku="LAMP", category="lamps"),))
    record_order(ledger, "2", at=later(5), lines=(a_line(sku="VASE", category="decoration"),))
    expected = History(
        orders=1,
        notes=2,
        days_since_last=3,
        vouchers_given=1,
        vouchers_open=1,
        campaigns=frozenset(("welcome",)),
        bought=frozenset(("CUP", "MAT", "LAMP")),
        categories=frozenset(("tableware", "lamps")),
    )
    assert expected == remember(ledger, ADA, "2", later(5)).history
    assert History() == remember(ledger, BEN, "2", later(5)).history, "another customer is another"


def test_what_comes_after_an_order_is_not_before_it(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W1")
    record_order(ledger, "1", number=1, of=2, final=False)
    later_one = record_order(ledger, "2", at=later(1))
    intend(ledger, later_one, welcome("W1"))
    record_order(ledger, "1", at=later(2), number=2, of=2)
    assert History() == remember(ledger, ADA, "1", later(2)).history
    assert (1, 1) == (
        remember(ledger, ADA, "2", later(2)).history.orders,
        remember(ledger, ADA, "2", later(2)).history.notes,
    )
    assert ["W1"] == [given.offer.code for given in remember(ledger, ADA, "1", later(2)).given], "it is theirs anyway"


def test_orders_that_come_at_the_same_moment_come_by_their_ids(ledger: Ledger) -> None:
    record_order(ledger, "2")
    record_order(ledger, "1")
    assert [0, 1] == [remember(ledger, ADA, order_id, NOON).history.orders for order_id in ("1", "2")]


def test_history_is_that_of_the_newest_notes(ledger: Ledger) -> None:
    for number in range(MOST_NOTES + 5):
        record_order(ledger, str(number), at=later(number), lines=(a_line(sku=f"S{number}"),))
    history = remember(ledger, ADA, "NEXT", later(1000)).history
    assert (MOST_NOTES, 1000 - MOST_NOTES - 4) == (history.orders, history.days_since_last)
    assert "S4" not in history.bought
    assert "S5" in history.bought


def test_a_redeemed_or_expired_code_is_open_no_more(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W1", percent=15, expires=date(2026, 11, 30))
    intend(ledger, record_order(ledger, "1"), welcome("W1"))
    assert 1 == remember(ledger, ADA, "2", datetime.combine(date(2026, 11, 30), NOON.timetz())).history.vouchers_open
    assert 0 == remember(ledger, ADA, "2", later(10)).history.vouchers_open
    record_order(ledger, "2", at=later(1), vouchers_redeemed=("W1",))
    assert (1, 0) == (
        remember(ledger, ADA, "3", later(2)).history.vouchers_given,
        remember(ledger, ADA, "3", later(2)).history.vouchers_open,
    )


def test_guests_share_no_history(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W1")
    intend(ledger, record_order(ledger, "1", ""), welcome("W1", ""))
    record_order(ledger, "2", "")
    remembered = remember(ledger, "", "2", NOON)
    assert (History(), ()) == (remembered.history, remembered.given)
    assert ["W1"] == [given.offer.code for given in remember(ledger, "", "1", NOON).given]


def test_a_cancelled_order_is_no_order(ledger: Ledger) -> None:
    key = record_order(ledger, "1")
    ledger.decide(key, Decision("c1", "cancel", "mara", "wrong address"), NOON)
    assert History() == remember(ledger, ADA, "2", NOON).history


def test_an_article_is_known_by_its_newest_category(ledger: Ledger) -> None:
    for number, category in enumerate(("", "lamps", "lighting", ""), 1):
        record_order(ledger, str(number), lines=(a_line(sku="LAMP", category=category),))
    assert frozenset(("lighting",)) == remember(ledger, ADA, "9", NOON).history.categories


def test_terms_come_out_of_the_ledger_as_they_went_in(ledger: Ledger) -> None:
    terms = {
        "amount": Decimal("12.50"),
        "minimum": Decimal("50"),
        "expires": date(2026, 12, 31),
        "currency": "EUR",
        "categories": ("lamps", "textiles"),
        "excluded_categories": ("christmas",),
    }
    fill_pool(ledger, "welcome-15", "W1", **terms)
    intend(ledger, record_order(ledger, "1"), welcome("W1"))
    (given,) = remember(ledger, ADA, "1", NOON).given
    assert Offer("W1", **terms) == given.offer


@pytest.mark.parametrize(
    "statement",
    [
        *(campaigns._GIVEN, campaigns._EARLIER, campaigns._BOUGHT, campaigns._CAMPAIGNS, campaigns._SHOWN_BY),
        *(campaigns._ARRIVED, campaigns._CUSTOMER),
        *(
            exposures._HAS_ANOTHER,
            exposures._IS_OF_ORDER,
            exposures._STANDS_IN_NO_WAY,
            exposures._GIVE,
            exposures._SHOWN,
            exposures._FORGET,
        ),
        *(vouchers.FREE_CODES, entering._REDEEM, erasing._THEIRS),
    ],
)
def test_no_step_of_a_note_reads_a_table_from_end_to_end(ledger: Ledger, statement: Any) -> None:
    """A million notes, a hundred thousand codes: each of these is asked for every note."""
    compiled = str(statement.compile(dialect=sqlite.dialect()))
    values = ["1"] * compiled.count("?")
    plan = ledger.change(
        lambda connection: connection.exec_driver_sql(f"explain query plan {compiled}", tuple(values)).all()
    )
    assert [] == [step[3] for step in plan if step[3].startswith("SCAN") and step[3] != "SCAN earlier"]
