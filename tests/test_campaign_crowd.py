"""Real orders in the order of their dates, with the campaigns that ship: counted on paper.

What stands on the sheets is read from the PDFs, and compared with what make_orders.py says of the customers. More of
them, as ORDERS=2000 in the environment, take two minutes.
"""

import io
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from service.config import read_config
from service.customers import CustomerKey
from service.intake.feeds import Feeds
from service.intake.reading import read_drop
from service.ledger.accounts import Drop, Entry
from service.ledger.ledger import Ledger
from service.ledger.schema import exposures, notes
from service.model import Shipment
from service.planning.house import House, compile_house
from service.planning.note import plan_note
from service.standings import Standings
from tests.builders import recommend_nothing
from tests.conftest import CORPORA, ROOT
from tests.floor import InlineRenderer
from tests.ledger_builders import fill_pool
from tests.shop import make_orders

pytestmark = [pytest.mark.corpora, pytest.mark.timeout(900)]
ORDERS = int(os.environ.get("ORDERS", "200"))
POOLS = {"welcome": "WELCX", "apology": "APOLX", "thanks-percent": "THAPX", "thanks-delivery": "THADX"}
CODE = re.compile(r"\b(?:WELCX|APOLX|THAPX|THADX)-\d{5}\b")
HOLD_OUT = 0.1  # of welcome.toml


@dataclass(frozen=True, slots=True)
class Sheet:
    """What came out for a shipment, and the codes that stand on it."""

    shipment: Shipment
    text: str
    codes: frozenset[str]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ships, without windows: the orders are of all seasons."""
    folder = tmp_path_factory.mktemp("config")
    shutil.copytree(ROOT / "config", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("content"))
    for path in (folder / "campaigns").glob("*.toml"):
        path.write_text(re.sub(r"(?m)^window = .*$", "", path.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def house(config: Path) -> House:
    return compile_house(read_config(config, {}))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    opened = Ledger(tmp_path_factory.mktemp("ledger") / "ledger.db")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def sheets(house: House, ledger: Ledger, tmp_path_factory: pytest.TempPathFactory) -> list[Sheet]:
    folder = tmp_path_factory.mktemp("orders")
    make_orders(CORPORA, folder, "-n", str(ORDERS), "--in-order")
    files = [path.read_bytes() for path in folder.rglob("*.json")]
    read = [read_drop("a.json", content, Feeds()).shipments[0].shipment for content in files]
    for pool, prefix in POOLS.items():
        fill_pool(ledger, pool, *(f"{prefix}-{number:05}" for number in range(ORDERS)))
    printed = _Printed(house, ledger)
    return [printed.sheet(shipment) for shipment in sorted(read, key=lambda each: (each.dispatched_at, each.note_id))]


class _Printed:
    """Lets a shipment through all that decides what stands on its note."""

    def __init__(self, house: House, ledger: Ledger) -> None:
        self._house = house
        self._ledger = ledger
        self._renderer = InlineRenderer()
        self._at: Any = None
        self._standings = Standings(ledger, CustomerKey(b"k" * 32), lambda: self._at, recommend_nothing)
        self._standings.follow(house.campaigns)

    def sheet(self, shipment: Shipment) -> Sheet:
        at = self._at = shipment.dispatched_at
        entry = Entry(1, shipment, shipment.note_id, self._standings.customer(shipment))
        drop = Drop(f"drop-{shipment.note_id}", "a" * 64, 1, at, at)
        (account,) = self._ledger.record_drop(drop, [entry], at)
        plan = plan_note(shipment, self._house, self._standings.standing_of(account.key, shipment))
        self._standings.keep(account.key, plan)
        note = self._renderer.render(plan, {})
        marketing = self._standings.marketing(plan, shipment, note.unseen)
        assert self._ledger.intend(account.key, note, "uk-notes", {"submitting": at}, marketing)
        self._standings.given(account.key)
        self._ledger.accept(account.key, at)
        text = " ".join(_text_of(note.pdf).split())
        return Sheet(shipment, text, frozenset(CODE.findall(text)))


def _text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_no_code_stands_on_the_notes_of_two_orders(sheets: list[Sheet]) -> None:
    orders = defaultdict(set)
    for sheet in sheets:
        for code in sheet.codes:
            orders[code].add(sheet.shipment.order.order_id)
    assert {} == {code: found for code, found in orders.items() if len(found) > 1}
    assert len(orders) > ORDERS / 20, "there are codes at all"


def test_nobody_is_welcomed_twice(sheets: list[Sheet]) -> None:
    welcomes = defaultdict(set)
    for sheet in sheets:
        order = sheet.shipment.order
        welcomes[order.shop, order.customer.id].update(code for code in sheet.codes if code.startswith("WELCX"))
    assert {} == {customer: codes for customer, codes in welcomes.items() if len(codes) > 1}


def test_without_consent_or_on_a_gift_nothing_is_personal(sheets: list[Sheet], house: House) -> None:
    quiet = [
        sheet for sheet in sheets if sheet.shipment.order.gift or sheet.shipment.order.customer.marketing != "allowed"
    ]
    assert len(quiet) > ORDERS / 20
    labels = [
        wording.messages.text(name) for wording in house.wordings.values() for name in ("voucher-code", "referral")
    ]
    for sheet in quiet:
        assert frozenset() == sheet.codes
        assert [] == [label for label in labels if label in sheet.text]


def test_one_in_ten_new_customers_is_held_out(sheets: list[Sheet]) -> None:
    """Of those whom it would reach: the last parcel of a first order, on time, to one who agreed."""
    reached = [sheet for sheet in sheets if _is_reached(sheet)]
    without = sum(not sheet.codes for sheet in reached)
    spread = (len(reached) * HOLD_OUT * (1 - HOLD_OUT)) ** 0.5
    assert len(reached) > ORDERS / 40
    assert abs(without - HOLD_OUT * len(reached)) <= 3.3 * spread, (without, len(reached))


def _is_reached(sheet: Sheet) -> bool:
    order, customer = sheet.shipment.order, sheet.shipment.order.customer
    is_first = customer.status == "new" and customer.previous_orders == 0
    is_addressed = bool(customer.id) and customer.marketing == "allowed" and not order.gift and not order.offer.code
    is_late = sheet.shipment.dispatched_at.date() > sheet.shipment.promised_at.date()
    return is_first and is_addressed and sheet.shipment.final and not is_late


def test_nobody_has_two_arms_of_a_campaign(sheets: list[Sheet], ledger: Ledger) -> None:
    rows = ledger.ask(
        sa.select(notes.c.customer, exposures.c.campaign, sa.func.count(exposures.c.arm.distinct()).label("arms"))
        .select_from(notes.join(exposures, exposures.c.note_id == notes.c.note_id))
        .where(notes.c.customer != "", exposures.c.campaign != "")
        .group_by(notes.c.customer, exposures.c.campaign)
    )
    assert len(rows) > ORDERS / 10
    assert {1} == {row["arms"] for row in rows}
