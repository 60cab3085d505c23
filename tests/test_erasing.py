"""What is erased: a customer who wants to be forgotten, and what is older than it may get."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.cli.main import main
from service.config import Retention
from service.customers import CustomerKey, open_customer_key
from service.erasing import Erased, forget, prune
from service.errors import DecisionRefused, SpoolUnusable
from service.intake.archive import archive
from service.intake.receipts import write_receipt
from service.intake.spool import Spool, open_spool
from service.ledger.accounts import Decision, Drop, Entry, NoteKey
from service.ledger.campaigns import knows_customers, remember
from service.ledger.erasing import CHUNK, Tombstone
from service.ledger.ledger import Ledger
from service.ledger.schema import tables
from service.marketing import History
from service.model import Job, Shipment
from tests.builders import NOON, a_customer, a_line, a_shipment, an_order
from tests.ledger_builders import ADA, BEN, NOTE, fill_pool, record_order, welcome
from tests.shop import Shop

RETENTION = Retention(documents_days=30, orders_days=90, ledger_days=365)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return open_spool(tmp_path)


@pytest.fixture
def ledger(spool: Spool) -> Iterator[Ledger]:
    opened = Ledger(spool.ledger)
    yield opened
    opened.close()


class Till:
    """Lets orders through, from file to sheet, as the service does."""

    def __init__(self, spool: Spool, ledger: Ledger) -> None:
        self._spool = spool
        self._ledger = ledger

    def print(
        self, name: str, *brought: tuple[str, str], at: datetime = NOON, ends: bool = True, says: str = ""
    ) -> list[NoteKey]:
        """A file of (order id, customer) that is put away; its notes are drawn, and end if nothing else is said."""
        content = f"the names and addresses of {says or name}".encode()
        drop = Drop(f"{name:0<15}", sha256(content).hexdigest(), len(content), at, at)
        entries = [
            Entry(number, the_order(order_id), order_id, who) for number, (order_id, who) in enumerate(brought, 1)
        ]
        accounts = self._ledger.record_drop(drop, entries, at)
        claimed = self._spool.working / f"{drop.drop_id}~{name}.json"
        claimed.write_bytes(content)
        put_away = archive(claimed, self._spool, at.date())
        write_receipt(self._spool, f"{name}.json", {"drop": drop.drop_id, "file": f"{name}.json"})
        for account in accounts:
            self._draw(account.key, at)
            if ends and account.state != "completed":
                self._end(account.key, at)
        for path in (put_away, self._spool.receipts / f"{name}.json.receipt.json"):
            set_time(path, at)
        return [account.key for account in accounts]

    def _draw(self, key: NoteKey, at: datetime) -> None:
        for folder in (self._spool.notes, self._spool.printers / "uk-notes"):
            folder.mkdir(exist_ok=True)
            (folder / f"{key.job_name}.pdf").write_bytes(b"%PDF-")
            set_time(folder / f"{key.job_name}.pdf", at)

    def _end(self, key: NoteKey, at: datetime) -> None:
        assert self._ledger.intend(key, NOTE, "uk-notes", {"submitting": at})
        assert self._ledger.note_job(key, Job("uk-notes", 1, key.job_name, at))
        assert self._ledger.accept(key, at)
        assert self._ledger.complete(key, at, "folder")


@pytest.fixture
def till(spool: Spool, ledger: Ledger) -> Till:
    return Till(spool, ledger)


def the_order(order_id: str) -> Shipment:
    return a_shipment(order_id=order_id, lines=(a_line(sku=f"S{order_id}"),))


def set_time(path: Path, at: datetime) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))


def files(spool: Spool) -> list[str]:
    """All that names may stand in."""
    folders = (spool.done, spool.problem, spool.receipts, spool.notes, spool.printers)
    return sorted(str(path.relative_to(spool.root)) for each in folders for path in each.rglob("*") if path.is_file())


def rows_with(ledger: Ledger, text: str) -> list[str]:
    """The tables of the ledger in which a text stands."""
    found = []
    for table in tables.sorted_tables:
        columns = [column for column in table.columns if isinstance(column.type, sa.String)]
        if columns and ledger.ask(sa.select(sa.literal(1)).where(sa.or_(*(column == text for column in columns)))):
            found.append(table.name)
    return sorted(found)


# Forget ---------------------------------------------------------------------------------------------------------------


def test_a_customer_who_is_forgotten_is_nowhere_but_on_the_tombstone(spool: Spool, ledger: Ledger, till: Till) -> None:
    fill_pool(ledger, "welcome-15", "W1")
    (key,) = till.print("first", ("1", ADA))
    (waits,) = till.print("second", ("2", ADA), ends=False)
    ledger.intend(waits, NOTE, "uk-notes", {"submitting": NOON}, welcome("W1"))
    ledger.accept(waits, NOON)
    ledger.complete(waits, NOON, "folder")
    till.print("other", ("3", BEN))
    assert ["notes", "voucher_codes"] == rows_with(ledger, ADA)
    assert Erased(notes=2, files=8, shared=0) == forget(spool, ledger, Tombstone((ADA,), "mara", NOON))
    assert ["tombstones"] == rows_with(ledger, ADA)
    assert History() == remember(ledger, ADA, "9", NOON).history
    kept = ["done/2026-11-21/other.json", "notes/3-1-r1.pdf", "printers/uk-notes/3-1-r1.pdf"]
    assert [*kept, "receipts/other.json.receipt.json"] == files(spool)
    assert 1 == remember(ledger, BEN, "9", NOON).history.orders
    account = ledger.account(key)
    assert account is not None
    assert "completed" == account.state, "the account of the sheet stays"


def test_a_file_that_came_twice_goes_twice(spool: Spool, ledger: Ledger, till: Till) -> None:
    till.print("first", ("1", ADA))
    till.print("again", ("1", ADA), says="first")
    forget(spool, ledger, Tombstone((ADA,), "mara", NOON))
    assert [] == files(spool)


def test_a_code_of_one_who_is_forgotten_is_given_to_nobody_else(spool: Spool, ledger: Ledger, till: Till) -> None:
    fill_pool(ledger, "welcome-15", "W1")
    (key,) = till.print("first", ("1", ADA), ends=False)
    ledger.intend(key, NOTE, "uk-notes", {"submitting": NOON}, welcome("W1"))
    ledger.accept(key, NOON)
    ledger.complete(key, NOON, "folder")
    forget(spool, ledger, Tombstone((ADA,), "mara", NOON))
    assert ["W1"] == [given.offer.code for given in remember(ledger, "", "1", NOON).given], "a reprint shows it"
    assert () == remember(ledger, ADA, "2", NOON).given


def test_a_file_that_others_stand_in_too_stays_and_is_counted(spool: Spool, ledger: Ledger, till: Till) -> None:
    till.print("batch", ("1", ADA), ("2", BEN))
    assert Erased(notes=1, files=2, shared=1) == forget(spool, ledger, Tombstone((ADA,), "mara", NOON))
    assert "done/2026-11-21/batch.json" in files(spool)
    assert "notes/1-1-r1.pdf" not in files(spool)


@pytest.mark.parametrize("customers", [(ADA,), ("c" * 32, ADA)])
def test_nobody_is_forgotten_while_a_note_is_under_way(
    spool: Spool, ledger: Ledger, till: Till, customers: tuple[str, ...]
) -> None:
    till.print("first", ("1", ADA))
    till.print("second", ("2", ADA), ends=False)
    before = files(spool)
    with pytest.raises(DecisionRefused, match="1 notes of this customer are not at their end: 2-1-r1"):
        forget(spool, ledger, Tombstone(customers, "mara", NOON))
    assert before == files(spool)
    assert ["notes"] == rows_with(ledger, ADA)


def test_old_orders_of_one_who_is_forgotten_stay_nobodys_and_new_ones_begin_anew(
    spool: Spool, ledger: Ledger, till: Till
) -> None:
    ordered = an_order().ordered_at
    till.print("first", ("0", ADA))
    forget(spool, ledger, Tombstone((ADA,), "mara", ordered))
    till.print("restored", ("1", ADA))
    assert ["tombstones"] == rows_with(ledger, ADA)
    forget(spool, ledger, Tombstone((ADA,), "mara", ordered - timedelta(seconds=1)))
    till.print("new", ("2", ADA))
    assert ["notes", "tombstones"] == rows_with(ledger, ADA)


def test_a_customer_of_whom_nothing_is_known_is_not_forgotten(spool: Spool, ledger: Ledger, till: Till) -> None:
    till.print("first", ("1", ADA))
    with pytest.raises(DecisionRefused, match="nobody of this number is known"):
        forget(spool, ledger, Tombstone((BEN,), "mara", NOON))
    assert [] == rows_with(ledger, BEN)


def test_forgetting_again_does_no_harm(spool: Spool, ledger: Ledger, till: Till) -> None:
    till.print("first", ("1", ADA))
    forget(spool, ledger, Tombstone((ADA,), "mara", NOON))
    assert Erased() == forget(spool, ledger, Tombstone((ADA,), "mara", NOON))


# Prune ----------------------------------------------------------------------------------------------------------------


def ago(days: int) -> datetime:
    return NOON - timedelta(days=days)


def test_everything_goes_in_its_time(spool: Spool, ledger: Ledger, till: Till) -> None:
    for number, days in enumerate((400, 100, 40, 5), 1):
        till.print(f"f{number}", (str(number), ADA), at=ago(days))
    assert Erased(notes=1, files=10) == prune(spool, ledger, RETENTION, NOON)
    assert [
        "done/2026-10-12/f3.json",
        "done/2026-11-16/f4.json",
        "notes/4-1-r1.pdf",
        "printers/uk-notes/4-1-r1.pdf",
        "receipts/f3.json.receipt.json",
        "receipts/f4.json.receipt.json",
    ] == files(spool)
    assert {"completed": 3} == ledger.count_by_state()
    assert 3 == remember(ledger, ADA, "9", NOON).history.orders
    assert Erased() == prune(spool, ledger, RETENTION, NOON)
    assert ["2026-10-12", "2026-11-16"] == sorted(path.name for path in spool.done.iterdir()), "empty days go too"


def test_a_note_that_is_pruned_leaves_nothing_in_the_ledger_but_its_code(
    spool: Spool, ledger: Ledger, till: Till
) -> None:
    fill_pool(ledger, "welcome-15", "W1")
    (key,) = till.print("old", ("1", ADA), at=ago(400), ends=False)
    ledger.intend(key, NOTE, "uk-notes", {"submitting": ago(400)}, welcome("W1"))
    ledger.accept(key, ago(400))
    ledger.complete(key, ago(400), "folder")
    prune(spool, ledger, RETENTION, NOON)
    kept = {table.name for table in tables.sorted_tables if ledger.ask(sa.select(sa.literal(1)).select_from(table))}
    assert {"meta", "articles", "voucher_codes", "campaign_notes"} == kept
    assert [] == [text for text in (ADA, "1", "1-1-r1") if rows_with(ledger, text)]


@pytest.mark.parametrize("state", ["received", "held", "accepted"])
def test_what_is_not_at_its_end_stays_however_old(spool: Spool, ledger: Ledger, till: Till, state: str) -> None:
    (key,) = till.print("old", ("1", ADA), at=ago(4000), ends=False)
    if state == "held":
        ledger.hold(key, NOON, DecisionRefused("somebody has to look"))
    if state == "accepted":
        ledger.intend(key, NOTE, "uk-notes", {"submitting": ago(4000)})
        ledger.accept(key, ago(4000))
    before = files(spool)
    assert Erased() == prune(spool, ledger, RETENTION, NOON)
    assert before == files(spool)


def test_a_sheet_under_way_keeps_all_of_its_note(spool: Spool, ledger: Ledger, till: Till) -> None:
    (key,) = till.print("old", ("1", ADA), at=ago(400))
    again = ledger.decide(key, Decision("r1", "reprint", "mara", "jam"), NOON)
    assert 0 == prune(spool, ledger, RETENTION, NOON).notes
    assert {"completed": 1, "received": 1} == ledger.count_by_state()
    assert "done/2025-10-17/old.json" in files(spool), f"{again.job_name} is drawn from it"


def test_more_notes_than_a_chunk_are_pruned(spool: Spool, ledger: Ledger, till: Till) -> None:
    many = CHUNK + 3
    till.print("old", *((str(number), ADA) for number in range(many)), at=ago(400), ends=False)
    ledger.change(lambda connection: connection.exec_driver_sql("update notes set state = 'completed'"))
    assert many == prune(spool, ledger, RETENTION, NOON).notes
    assert {} == ledger.count_by_state()


# Hashes ---------------------------------------------------------------------------------------------------------------


def test_the_key_is_made_once_and_for_the_service_alone(tmp_path: Path) -> None:
    path = tmp_path / "customer.key"
    key = open_customer_key(path, is_in_use=False)
    assert 0o600 == path.stat().st_mode & 0o777
    assert key == open_customer_key(path, is_in_use=True)
    path.write_bytes(b"short")
    with pytest.raises(SpoolUnusable, match="is not the 32 bytes"):
        open_customer_key(path, is_in_use=False)


def test_a_service_whose_ledger_lost_the_key_of_its_customers_does_not_start(
    spool: Spool, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLIPWAY_SPOOL", str(spool.root))
    monkeypatch.setattr("service.cli.check._layout_findings", lambda *_: ())
    record_order(ledger, "1", ADA)
    remedy = "Restore customer.key from the backup that the ledger is from"
    once = Shop(spool.root).slipway("run", "--once")
    assert (78, True) == (once.returncode, remedy in once.stderr)
    assert (78, True) == (main(["check"]), remedy in capsys.readouterr().out)
    assert not spool.customer_key.exists()


@pytest.mark.parametrize(
    ("known", "statement"),
    [
        (True, "update notes set customer = 'a'"),
        (True, "update notes set objector = 'a'"),
        (True, "update voucher_codes set customer = 'a'"),
        (True, "insert into tombstones values ('a', '2026-11-22T12:00:00.000000Z', 'mara')"),
        (False, "update notes set state = 'completed'"),
    ],
)
def test_whom_the_ledger_knows_it_knows_by_the_key(ledger: Ledger, known: bool, statement: str) -> None:
    record_order(ledger, "1", "")
    fill_pool(ledger, "p", "A")
    ledger.change(lambda connection: connection.exec_driver_sql(statement))
    assert known == knows_customers(ledger)


def test_a_customer_is_one_in_each_shop_and_under_each_key() -> None:
    key = CustomerKey(b"k" * 32)
    assert key.of("halm", "17920") == key.of("halm", " 17920 ")
    others = {key.of("amber-home", "17920"), key.of("halm", "17921"), CustomerKey(b"l" * 32).of("halm", "17920")}
    assert key.of("halm", "17920") not in others


@pytest.mark.parametrize(
    "customer", [a_customer(id=""), a_customer(id="  "), a_customer(marketing="objected")], ids=["guest", "blank", "no"]
)
def test_guests_and_those_who_object_are_nobody(customer: object) -> None:
    assert "" == CustomerKey(b"k" * 32).customer(an_order(customer=customer))
