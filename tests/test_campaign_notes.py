"""Campaigns on notes, from drop to sheet: who gets which code, what is kept of it, and what changes on the way."""

import io
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from pypdf import PdfReader

from service.clock import utc_now
from service.erasing import forget
from service.errors import PlanOutdated, PrinterRefused
from service.intake.archive import archive
from service.ledger.accounts import Decision, NoteKey
from service.ledger.campaigns import (
    CampaignDecision,
    Outcome,
    decide_about_campaign,
    notes_shown,
    outcomes,
    remember,
)
from service.ledger.erasing import Tombstone
from service.ledger.schema import exposures, notes, purchases, voucher_codes
from service.ledger.vouchers import PoolCount, pool_counts, redeem_codes
from service.log import configure_log, heard_by
from service.marketing import Redemption
from service.model import HELD_OUT, LEFT_OUT, NEUTRAL, SHOWN, Customer, Plan, RenderedNote, Shipment
from service.pipeline import PLANS
from tests.builders import a_customer, a_line, a_shipment
from tests.conftest import ROOT
from tests.floor import Died, Floor
from tests.ledger_builders import fill_pool
from tests.shop import Shop

Life = Callable[[], Floor]
FIRST = NoteKey("A1-1-r1", 1)
CODES = tuple(f"WELC-{number}" for number in range(1, 6))
WHOSE = sa.select(notes.c.customer, notes.c.objector)
GIVEN = voucher_codes.c.given_at.is_not(None)
WELCOME = """
title = "Welcome"
{more}
[[rule]]
slot = "voucher"
when = 'customer.status == "new"'
pool = "welcome-15"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The shipped configuration with one campaign of our own."""
    folder = tmp_path / "config"
    shutil.copytree(ROOT / "config", folder, ignore=shutil.ignore_patterns("content"))
    for campaign in (folder / "campaigns").glob("*.toml"):
        campaign.unlink()
    (folder / "campaigns" / "welcome.toml").write_text(WELCOME.format(more=""))
    return folder


@pytest.fixture
def life(tmp_path: Path, config: Path) -> Iterator[Life]:
    """Begins a life of the service on the same spool; the one before has ended."""
    lives: list[Floor] = []

    def begin() -> Floor:
        if lives:
            lives[-1].ledger.close()
        wide = {"SLIPWAY_PRINTING_WINDOW": "50"}  # no job comes to its end here
        lives.append(Floor(tmp_path / "spool", overrides=wide, config_folder=config))
        return lives[-1]

    yield begin
    lives[-1].ledger.close()


def a_new_customer(number: int = 1, **changes: Any) -> Any:
    return a_customer(id=f"C{number}", status="new", previous_orders=0, **changes)


def an_order_of(number: int, **changes: Any) -> Shipment:
    customer = changes.pop("customer", a_new_customer(number))
    return a_shipment(order_id=f"A{number}", customer=customer, dispatched_at=utc_now(), **changes)


def print_notes(floor: Floor, *shipments: Shipment) -> None:
    receive(floor, *shipments)
    floor.line.work_off()
    assert [] == floor.stopped_by


def receive(floor: Floor, *shipments: Shipment) -> None:
    for shipment in shipments:
        Shop(floor.root).drop_shipment(shipment)
    for claim in floor.rooms.hot_folder.claims():
        floor.pipeline.receive(claim)


def states(floor: Floor) -> dict[str, str]:
    return {note.key.job_name: note.state for note in floor.ledger.all_notes()}


def codes_given(floor: Floor) -> dict[str, str]:
    """The code of each note that was the first to carry one."""
    given = sa.select(voucher_codes.c.note_id, voucher_codes.c.code).where(GIVEN)
    return {row["note_id"]: row["code"] for row in floor.ledger.ask(given)}


def codes_on_paper(spool: Path) -> dict[str, list[str]]:
    """The codes of the pool that stand on each sheet that came out."""
    sheets = sorted((spool / "printers").glob("*/*.pdf"))
    return {path.stem: sorted(set(re.findall(r"WELC-\d+", text_of_file(path)))) for path in sheets}


def text_of_file(path: Path) -> str:
    return "".join(page.extract_text() for page in PdfReader(path).pages)


def pause(floor: Floor) -> None:
    decide_about_campaign(floor.ledger, CampaignDecision("d1", "pause", "welcome", "mara", "too many", utc_now()))


@contextmanager
def listening() -> Iterator[list[Mapping[str, Any]]]:
    """The events that are said inside the block."""
    configure_log(io.StringIO())
    said: list[Mapping[str, Any]] = []
    try:
        with heard_by(said.append):
            yield said
    finally:
        structlog.reset_defaults()


class Blind:
    """A renderer that finds no place for a voucher."""

    def __init__(self, renderer: Any) -> None:
        self._renderer = renderer

    def render(self, plan: Plan, pictures: Any) -> RenderedNote:
        blocks = tuple((slot, block) for slot, block in plan.blocks if slot != "voucher")
        return replace(self._renderer.render(replace(plan, blocks=blocks), pictures), unseen=("voucher",))


def _outdated(floor: Floor) -> Any:
    """The ledger finds each plan outdated, as long as it gives something."""

    def fail() -> None:
        floor.script["before intend"] = fail
        if any(reserved for reserved in floor.standings._reserved.values()):
            raise PlanOutdated("a campaign was paused")

    return fail


# Codes ----------------------------------------------------------------------------------------------------------------


def test_each_new_customer_gets_a_code_of_their_own_and_the_ledger_knows_whose(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    print_notes(floor, *(an_order_of(number) for number in (1, 2, 3)))
    assert {"A1-1-r1": "WELC-1", "A2-1-r1": "WELC-2", "A3-1-r1": "WELC-3"} == codes_given(floor)
    assert {note: [code] for note, code in codes_given(floor).items()} == codes_on_paper(floor.root)
    assert (Outcome("welcome", "welcome", SHOWN, "", 3),) == outcomes(floor.ledger)


def test_the_parcels_of_an_order_and_its_reprints_carry_one_code(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    order = an_order_of(1)
    both = (replace(order, of=2, final=True), replace(order, number=2, of=2, final=True))
    receive(floor, *both)
    prepare_alone(floor)  # both are planned before any of them takes its code
    floor.line.work_off()
    again = floor.ledger.decide(NoteKey("A1-2-r1", 1), Decision("r1", "reprint", "mara", "jam"), utc_now())
    pause(floor)
    account = floor.ledger.account(again)
    assert account is not None
    floor.pipeline.owe(account)
    floor.line.work_off()
    assert 1 == len(codes_given(floor))
    (code,) = codes_given(floor).values()
    assert {"A1-1-r1": [code], "A1-2-r1": [code], "A1-2-r1.g2": [code]} == codes_on_paper(floor.root)


def test_a_parcel_for_which_the_rule_fires_no_more_shows_the_orders_code_and_so_does_its_reprint(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    order = an_order_of(1)
    returning = replace(order.order.customer, status="returning", previous_orders=1)
    second = replace(order, number=2, of=2, order=replace(order.order, customer=returning))
    print_notes(floor, replace(order, of=2))
    print_notes(floor, second)
    again = floor.ledger.decide(NoteKey("A1-2-r1", 1), Decision("r1", "reprint", "mara", "jam"), utc_now())
    account = floor.ledger.account(again)
    assert account is not None
    floor.pipeline.owe(account)
    floor.line.work_off()
    assert {"A1-1-r1": ["WELC-1"], "A1-2-r1": ["WELC-1"], "A1-2-r1.g2": ["WELC-1"]} == codes_on_paper(floor.root)


def test_an_empty_pool_lets_the_rule_pass_and_is_said(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", "WELC-1")
    with listening() as said:
        print_notes(floor, *(an_order_of(number) for number in (1, 2, 3)))
    assert {"A1-1-r1": ["WELC-1"], "A2-1-r1": [], "A3-1-r1": []} == codes_on_paper(floor.root)
    low = [(event["pool"], event["codes"]) for event in said if event["event"] == "vouchers.low"]
    assert [("welcome-15", 1), ("welcome-15", 0)] == low


def test_a_code_that_a_note_did_not_use_is_the_next_ones(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    returning = an_order_of(1, customer=a_customer(id="C1"))
    print_notes(floor, returning, an_order_of(2))
    assert {"A2-1-r1": "WELC-1"} == codes_given(floor)


def test_notes_that_are_on_their_way_together_plan_with_codes_of_their_own(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)  # for any currency
    with listening() as said:
        receive(floor, an_order_of(1), an_order_of(2, currency="EUR"), an_order_of(3))
        prepare_alone(floor)
        floor.line.work_off()
    assert [["WELC-1"], ["WELC-2"], ["WELC-3"]] == list(codes_on_paper(floor.root).values())
    assert [] == [event for event in said if event["event"] == "note.planned-again"]


def test_a_note_that_is_held_after_its_intent_keeps_its_code(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", "WELC-1")
    floor.script["before create_held"] = PrinterRefused("it has no such paper")
    print_notes(floor, an_order_of(1))
    print_notes(floor, an_order_of(2))
    assert {"A1-1-r1": "held", "A2-1-r1": "accepted"} == states(floor)
    assert {"A1-1-r1": "WELC-1"} == codes_given(floor), "its intent took it: nobody else gets it"


def test_a_code_of_a_note_that_was_cancelled_comes_with_the_customers_next_order(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    floor.script["before create_held"] = PrinterRefused("it has no such paper")
    print_notes(floor, an_order_of(1))
    floor.ledger.decide(NoteKey("A1-1-r1", 1), Decision("c1", "cancel", "mara", "lost"), utc_now())
    print_notes(floor, an_order_of(2), an_order_of(3, customer=a_new_customer(1)))
    print_notes(floor, an_order_of(4, customer=a_new_customer(1)))
    assert {"A2-1-r1": ["WELC-2"], "A3-1-r1": ["WELC-1"], "A4-1-r1": []} == codes_on_paper(floor.root)
    again = floor.ledger.decide(NoteKey("A3-1-r1", 1), Decision("r1", "reprint", "mara", "jam"), utc_now())
    account = floor.ledger.account(again)
    assert account is not None
    floor.pipeline.owe(account)
    floor.line.work_off()
    assert ["WELC-1"] == codes_on_paper(floor.root)["A3-1-r1.g2"]


def test_a_note_that_can_not_be_planned_reserves_nothing(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", "WELC-1")
    print_notes(floor, an_order_of(1, site="nowhere"), an_order_of(2))
    assert {"A1-1-r1": "held", "A2-1-r1": "accepted"} == states(floor)
    assert {"A2-1-r1": "WELC-1"} == codes_given(floor)


def test_a_code_that_was_redeemed_while_it_waited_is_replaced(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    receive(floor, an_order_of(1))
    prepare_alone(floor)
    redeem_codes(floor.ledger, [Redemption(2, "WELC-1")], utc_now())
    floor.line.work_off()
    assert {"A1-1-r1": ["WELC-2"]} == codes_on_paper(floor.root)


# What changes on the way ----------------------------------------------------------------------------------------------


def prepare_alone(floor: Floor) -> None:
    """Plan and draw what waits; bring nothing to a printer."""
    for queue in floor.queues:
        floor.line.close(f"print:{queue}")
    floor.line.work_off()
    for queue in floor.queues:
        floor.line.open(f"print:{queue}")


def test_a_pause_holds_from_the_next_note_on(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    receive(floor, an_order_of(1))
    prepare_alone(floor)
    pause(floor)
    with listening() as said:
        floor.line.work_off()
    assert {"A1-1-r1": []} == codes_on_paper(floor.root)
    assert [] == list(codes_given(floor))
    again = [event["reason"] for event in said if event["event"] == "note.planned-again"]
    assert ["campaign welcome was paused"] == again


def test_a_budget_counts_notes_that_wait_at_once(life: Life, config: Path) -> None:
    (config / "campaigns" / "welcome.toml").write_text(WELCOME.format(more="budget = 2"))
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    receive(floor, *(an_order_of(number) for number in range(1, 6)))
    prepare_alone(floor)
    floor.line.work_off()
    assert 2 == len(codes_given(floor))
    assert 2 == sum(bool(codes) for codes in codes_on_paper(floor.root).values())


def test_where_plans_hold_no_more_again_and_again_the_note_goes_without(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    floor.script["before intend"] = _outdated(floor)
    receive(floor, an_order_of(1))
    floor.line.work_off()
    assert {"A1-1-r1": []} == codes_on_paper(floor.root)
    assert (PoolCount("welcome-15", 5, 5, 0, 0, 0, 0, None),) == pool_counts(floor.ledger, utc_now().date(), {})


# A code that an intent took -------------------------------------------------------------------------------------------


def die_after_the_intent(floor: Floor) -> None:
    """The process ends when the note's intent is on disk, before any printer has it."""
    receive(floor, an_order_of(1))
    floor.script["before create_held"] = Died()
    with suppress(Died):
        floor.line.work_off()
    assert {"A1-1-r1": "WELC-1"} == codes_given(floor)
    assert {} == codes_on_paper(floor.root)


def take_up(floor: Floor) -> None:
    floor.take_up()
    floor.line.work_off()
    assert [] == floor.stopped_by


def reprint(floor: Floor) -> None:
    again = floor.ledger.decide(FIRST, Decision("r1", "reprint", "mara", "jam"), utc_now())
    assert again
    floor.pipeline.owe(floor.ledger.account(again))
    floor.line.work_off()


def _over(folder: Path) -> None:
    (folder / "welcome.toml").write_text(WELCOME.format(more="window = { until = 2020-01-01 }"))


def _for_others(folder: Path) -> None:
    (folder / "welcome.toml").write_text(WELCOME.format(more="").replace('"new"', '"ambassador"'))


@pytest.mark.parametrize(
    "changed",
    [_over, _for_others, lambda folder: (folder / "welcome.toml").unlink(), lambda folder: None],
    ids=["window over", "condition changed", "campaign gone", "paused"],
)
def test_a_note_that_is_planned_again_after_its_intent_carries_its_code_and_so_does_its_reprint(
    changed: Callable[[Path], None], life: Life, config: Path
) -> None:
    other = WELCOME.format(more="order = 200").replace("welcome-15", "other")
    (config / "campaigns" / "zeta.toml").write_text(other)
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    fill_pool(floor.ledger, "other", "WELC-9")
    die_after_the_intent(floor)

    pause(floor)
    changed(config / "campaigns")
    floor = life()
    take_up(floor)
    assert {"A1-1-r1": ["WELC-1"]} == codes_on_paper(floor.root)
    reprint(floor)
    assert {"A1-1-r1": ["WELC-1"], "A1-1-r1.g2": ["WELC-1"]} == codes_on_paper(floor.root)
    assert {"A1-1-r1": "WELC-1"} == codes_given(floor), "one note, one code"
    assert {"welcome": 1} == notes_shown(floor.ledger)


def test_a_note_has_used_up_no_budget_for_itself(life: Life, config: Path) -> None:
    budget = WELCOME.format(more="budget = 1")
    promo = '[[rule]]\nslot = "feedback"\n'
    (config / "campaigns" / "welcome.toml").write_text(budget + promo)
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    die_after_the_intent(floor)

    floor = life()
    take_up(floor)
    print_notes(floor, an_order_of(2))
    assert {"A1-1-r1": ["WELC-1"], "A2-1-r1": []} == codes_on_paper(floor.root)
    shown = sa.select(exposures.c.slot).where(exposures.c.outcome == SHOWN).order_by(exposures.c.slot)
    assert ["feedback", "voucher"] == [row["slot"] for row in floor.ledger.ask(shown)]
    assert {"welcome": 1} == notes_shown(floor.ledger)


def test_a_note_that_was_taken_back_is_released_with_its_code(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    print_notes(floor, an_order_of(1))
    (sheet,) = (floor.root / "printers").glob("*/*.pdf")
    sheet.unlink()
    assert floor.ledger.take_back(FIRST, utc_now())
    pause(floor)
    floor.pipeline.owe(floor.ledger.account(FIRST))
    floor.line.work_off()
    assert {"A1-1-r1": ["WELC-1"]} == codes_on_paper(floor.root)


def test_a_note_carries_its_code_also_where_plans_hold_no_more_again_and_again(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    die_after_the_intent(floor)
    floor = life()
    tries: list[str] = []

    def fail() -> None:
        tries.append("outdated")
        if len(tries) < PLANS:
            floor.script["before intend"] = fail
        raise PlanOutdated("a campaign was paused")

    floor.script["before intend"] = fail
    take_up(floor)
    assert PLANS == len(tries)
    assert {"A1-1-r1": ["WELC-1"]} == codes_on_paper(floor.root)


def test_a_code_for_which_a_sheet_in_between_had_no_room_comes_back_whatever_was_decided(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    die_after_the_intent(floor)
    floor = life()
    floor.renderer = Blind(floor.renderer)
    floor.script["before create_held"] = Died()
    with suppress(Died):
        take_up(floor)
    assert {"welcome": 0} == notes_shown(floor.ledger)

    floor = life()
    pause(floor)
    take_up(floor)
    assert {"A1-1-r1": ["WELC-1"]} == codes_on_paper(floor.root)


def test_of_two_codes_that_a_note_took_it_carries_the_one_that_it_shows(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", "WELC-1")
    fill_pool(floor.ledger, "apology", "WELC-2")
    print_notes(floor, an_order_of(1))
    give = {"given_at": utc_now(), "campaign": "apology", "order_id": "A1", "note_id": "A1-1-r1"}
    floor.ledger.change(
        lambda connection: connection.execute(
            voucher_codes.update().where(voucher_codes.c.code == "WELC-2").values(**give)
        )
    )
    reprint(floor)
    assert {"A1-1-r1": ["WELC-1"], "A1-1-r1.g2": ["WELC-1"]} == codes_on_paper(floor.root)


# Who ------------------------------------------------------------------------------------------------------------------


def test_what_is_in_the_orders_other_parcel_or_was_bought_before_is_not_recommended(life: Life) -> None:
    floor = life()
    first, other = an_order_of(1, lines=(a_line(sku="AH-1"),)), an_order_of(2, customer=a_new_customer(1), of=2)
    receive(floor, first, replace(other, number=1, lines=(a_line(sku="AH-2"),)))
    receive(floor, last := replace(other, number=2, lines=(a_line(sku="AH-3"),)))
    assert frozenset(("AH-1", "AH-2", "AH-3")) == floor.standings.standing_of(NoteKey("A2-2-r1", 1), last).bought
    stranger = an_order_of(3)
    assert frozenset() == floor.standings.standing_of(NoteKey("A3-1-r1", 1), stranger).bought


def test_what_a_customer_had_is_known_at_the_next_order(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    print_notes(floor, an_order_of(1))
    print_notes(floor, replace(an_order_of(2), order=replace(an_order_of(2).order, customer=a_new_customer(1))))
    assert {"A1-1-r1": ["WELC-1"], "A2-1-r1": []} == codes_on_paper(floor.root)


@pytest.mark.parametrize(
    ("customer", "is_known"),
    [
        (a_new_customer(1), True),
        (a_new_customer(1, marketing="unknown"), True),
        (a_new_customer(1, marketing="objected"), False),
        (replace(a_new_customer(1), id=""), False),
    ],
)
def test_the_ledger_knows_customers_by_a_hash_and_not_all_of_them(
    life: Life, customer: Customer, is_known: bool
) -> None:
    floor = life()
    number = "NUMBER-OF-THE-SHOP-17920"
    receive(floor, an_order_of(1, customer=replace(customer, id=customer.id and number)))
    (row,) = floor.ledger.ask(sa.select(notes.c.customer))
    assert is_known == bool(re.fullmatch("[0-9a-f]{32}", row["customer"]))
    assert number.encode() not in (
        floor.spool.ledger.read_bytes() + floor.spool.ledger.with_name("ledger.db-wal").read_bytes()
    )


def test_neutral_notes_and_held_out_ones_are_kept_with_their_reason(life: Life, config: Path) -> None:
    (config / "campaigns" / "welcome.toml").write_text(WELCOME.format(more="hold_out = 0.9"))
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *(f"WELC-{number}" for number in range(40)))
    objecting = an_order_of(99, customer=a_new_customer(99, marketing="objected"))
    print_notes(floor, *(an_order_of(number) for number in range(12)), objecting, an_order_of(98, gift=True))
    came = Counter({(each.outcome, each.reason): each.notes for each in outcomes(floor.ledger)})
    assert (1, 1) == (came[NEUTRAL, "objected"], came[NEUTRAL, "gift"])
    assert 12 == came[HELD_OUT, ""] + came[SHOWN, ""]
    assert came[SHOWN, ""] == sum(bool(codes) for codes in codes_on_paper(floor.root).values())


def test_a_voucher_that_finds_no_place_on_the_sheet_is_given_to_nobody(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", "WELC-1")
    floor.renderer = Blind(floor.renderer)
    print_notes(floor, an_order_of(1))
    assert (Outcome("welcome", "welcome", LEFT_OUT, "no-room", 1),) == outcomes(floor.ledger)
    assert {} == codes_given(floor)


def test_what_follows_of_an_order_whose_customer_was_forgotten_is_nobodys(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    order = an_order_of(1)
    print_notes(floor, replace(order, of=2, final=False))
    customer = floor.standings.customer(order)
    floor.ledger.complete(NoteKey("A1-1-r1", 1), utc_now(), "folder")
    forget(floor.spool, floor.ledger, Tombstone((customer,), "mara", utc_now()))
    print_notes(floor, replace(order, number=2, of=2))
    assert {"A1-2-r1": ["WELC-1"]} == codes_on_paper(floor.root)
    assert [""] == [row["customer"] for row in floor.ledger.ask(sa.select(voucher_codes.c.customer).where(GIVEN))]
    assert [] == floor.ledger.ask(sa.select(purchases.c.note_id))


def test_who_objected_is_found_to_be_forgotten_and_for_nothing_else(life: Life) -> None:
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    order = an_order_of(1, customer=a_new_customer(1, marketing="objected", name="Zelda Quux"))
    print_notes(floor, order, an_order_of(2, customer=a_new_customer(1)))
    for number in (1, 2):
        floor.ledger.complete(NoteKey(f"A{number}-1-r1", 1), utc_now(), "folder")
    for claimed in list(floor.spool.working.iterdir()):
        archive(claimed, floor.spool, utc_now().date())
    who = floor.standings.objector(order)
    assert "" == floor.standings.customer(order)
    assert 0 == remember(floor.ledger, who, "A2", utc_now()).history.orders, "campaigns know nothing of it"
    assert 2 == forget(floor.spool, floor.ledger, Tombstone((who,), "mara", utc_now())).notes
    assert [] == [path for path in floor.root.rglob("*") if path.is_file() and b"Zelda" in path.read_bytes()]
    assert {("", "")} == {(row["customer"], row["objector"]) for row in floor.ledger.ask(WHOSE)}
    print_notes(floor, replace(order, number=2, of=2))
    assert {("", "")} == {(row["customer"], row["objector"]) for row in floor.ledger.ask(WHOSE)}, "nor later"


def test_the_first_of_two_orders_of_a_new_customer_that_come_at_once_is_welcomed(life: Life, config: Path) -> None:
    first = WELCOME.format(more="").replace("'customer", "'history.orders == 0 && customer")
    (config / "campaigns" / "welcome.toml").write_text(first)
    floor = life()
    fill_pool(floor.ledger, "welcome-15", *CODES)
    receive(floor, an_order_of(1), an_order_of(2, customer=a_new_customer(1)))
    prepare_alone(floor)
    floor.line.work_off()
    assert {"A1-1-r1": ["WELC-1"], "A2-1-r1": []} == codes_on_paper(floor.root)
