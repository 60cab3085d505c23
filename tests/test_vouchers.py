"""Pools of voucher codes: the files that fill them, what is free, what was given and what came back."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.dialects import sqlite

from service.errors import FileIncomplete, InvalidCsv, Rejected, SpoolFull, VouchersRefused
from service.intake.voucher_files import read_codes, read_redemptions
from service.ledger import vouchers
from service.ledger.ledger import Ledger
from service.ledger.vouchers import (
    CHUNK,
    Imported,
    PoolCount,
    free_codes,
    import_codes,
    newest_code,
    offers_of,
    pool_counts,
    redeem_codes,
)
from service.marketing import CodeLine, Redemption
from service.model import Offer
from tests.builders import NOON
from tests.ledger_builders import BEN, fill_pool, intend, record_order, welcome

TODAY = NOON.date()
ALL = (
    b"code,percent,amount,free_shipping,currency,minimum,expires,categories,excluded_categories\n"
    b"A-1,15,,,,,2026-12-31,lamps;textiles,\n"
    b"A-2,,12.50,,EUR,50,,,christmas\n"
    b'A-3,,,yes,,,,"",\n'
)
LINES = (
    CodeLine(2, Offer("A-1", percent=15, expires=date(2026, 12, 31), categories=("lamps", "textiles"))),
    CodeLine(
        3,
        Offer(
            "A-2",
            amount=Decimal("12.50"),
            currency="EUR",
            minimum=Decimal(50),
            excluded_categories=("christmas",),
        ),
    ),
    CodeLine(4, Offer("A-3", free_shipping=True)),
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.db")
    yield opened
    opened.close()


def free(ledger: Ledger, pool: str = "p", currency: str = "GBP", day: date = TODAY) -> list[str]:
    return [code for _, code in free_codes(ledger, pool, currency, day, 0, 100)]


# Files ----------------------------------------------------------------------------------------------------------------


def test_a_file_gives_codes_with_their_terms() -> None:
    assert LINES == read_codes(ALL)


def test_a_file_of_redemptions_gives_codes_and_orders() -> None:
    assert (Redemption(2, "A-1", "509217"), Redemption(3, "A-2")) == read_redemptions(
        b"code,order_id\nA-1,509217\nA-2,\n"
    )


@pytest.mark.parametrize(
    ("what", "where", "content"),
    [
        ("must have exactly one of percent, amount and free_shipping", "row 2", b"code,percent,amount\nA,15,5\n"),
        ("must have exactly one of percent, amount and free_shipping", "row 3", b"code,percent\nA,15\nB,\n"),
        ("percent must be at most 100", "row 2, column percent", b"code,percent\nA,101\n"),
        ("percent must be a whole number", "row 2, column percent", b"code,percent\nA,15%\n"),
        ("free_shipping must be true or false", "row 2, column free_shipping", b"code,free_shipping\nA,maybe\n"),
        (
            "expires must be a day, as in 2024-05-02",
            "row 2, column expires",
            b"code,percent,expires\nA,15,31.12.2026\n",
        ),
        (
            "currency must be a currency code of ISO 4217, as in GBP, EUR, CHF",
            "row 2, column currency",
            b"code,amount,currency\nA,5,Euro\n",
        ),
        ("this code stands in row 2 too", "row 3, column code", b"code,percent\nA,15\nA,15\n"),
        ("this code stands in row 2 too", "row 3, column code", b"code,percent\nA,15\na,15\n"),
        ("must name the currency of its amount or minimum", "row 2", b"code,amount\nA,5\n"),
        ("must name the currency of its amount or minimum", "row 2", b"code,percent,minimum\nA,5,50\n"),
        ("code is missing", "row 2, column code", b"code,percent\n,15\n"),
        ("the row has 3 values, the header 2", "row 2", b"code,percent\nA,15,\n"),
        ("the column code is missing", "row 1", b"percent\n15\n"),
        ("the file has a header and no rows", "row 1", b"code,percent\n"),
    ],
)
def test_a_fault_names_row_and_column(what: str, where: str, content: bytes) -> None:
    with pytest.raises(VouchersRefused) as refused:
        read_codes(content)
    assert (what, where) == (refused.value.what, refused.value.where)


def test_all_faults_are_told_at_once_and_no_code_is() -> None:
    rows = b"".join(b"SECRET-%d,%d\n" % (number, 100 + number) for number in range(1, 13))
    with pytest.raises(VouchersRefused, match="percent must be at most 100; and 2 more") as refused:
        read_codes(b"code,percent\n" + rows)
    assert 10 == refused.value.where.count("row ")
    assert "SECRET" not in str(refused.value)


def test_a_file_without_header_tells_no_code() -> None:
    with pytest.raises(VouchersRefused, match=r"column 1 is none of code, percent") as refused:
        read_codes(b"SECRET-1,15\nSECRET-2,15\n")
    assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize(("error", "content"), [(FileIncomplete, b""), (InvalidCsv, b'code,percent\nA,"15" x\n')])
def test_what_is_no_csv_is_refused(error: type[Rejected], content: bytes) -> None:
    with pytest.raises(error):
        read_codes(content)


# Import ---------------------------------------------------------------------------------------------------------------


def test_an_import_can_be_repeated(ledger: Ledger) -> None:
    assert Imported(3, 0) == import_codes(ledger, "p", LINES)
    assert Imported(0, 3) == import_codes(ledger, "p", LINES)
    assert Imported(1, 3) == import_codes(ledger, "p", (*LINES, CodeLine(5, Offer("A-4", percent=5))))


@pytest.mark.parametrize(
    ("pool", "line", "what", "where"),
    [
        ("q", CodeLine(7, Offer("A-3", free_shipping=True)), "pool p has this code", "row 7, column code"),
        ("q", CodeLine(7, Offer("a-3", free_shipping=True)), "pool p has this code", "row 7, column code"),
        ("p", CodeLine(7, Offer("A-3", percent=5)), "the pool has this code with other terms", "row 7, column percent"),
    ],
)
def test_an_import_is_all_or_nothing(ledger: Ledger, pool: str, line: CodeLine, what: str, where: str) -> None:
    import_codes(ledger, "p", LINES)
    with pytest.raises(VouchersRefused) as refused:
        import_codes(ledger, pool, (CodeLine(2, Offer("NEW", percent=5)), line))
    assert (what, where) == (refused.value.what, refused.value.where)
    assert {} == offers_of(ledger, ["NEW"], TODAY)


def test_many_codes_are_imported_at_once(ledger: Ledger) -> None:
    lines = [CodeLine(number, Offer(f"C{number}", percent=5)) for number in range(2, 1302)]
    assert Imported(1300, 0) == import_codes(ledger, "p", lines)
    assert Imported(0, 1300) == import_codes(ledger, "p", lines)


def a_file_of(count: int) -> list[CodeLine]:
    return [CodeLine(number, Offer(f"C{number}", percent=5)) for number in range(2, count + 2)]


def test_an_import_is_written_in_chunks_and_nobody_sees_any_before_the_last(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int, int]] = []
    fill_pool(ledger, "q", "Q")
    change = ledger.change

    def change_and_look(chunk: Any) -> Any:
        answer = change(chunk)
        seen.append(
            (len(free(ledger)), sum(count.codes for count in pool_counts(ledger, TODAY, {})), newest_code(ledger))
        )
        return answer

    monkeypatch.setattr(ledger, "change", change_and_look)
    import_codes(ledger, "p", a_file_of(2 * CHUNK + 1))
    assert [(0, 1, 1)] * 2 == seen[:-1]
    assert (100, 2 * CHUNK + 2, 2 * CHUNK + 2) == seen[-1]


def test_an_import_that_broke_off_left_nothing_and_is_repeated(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    change, chunks = ledger.change, iter(range(2))

    def change_until_full(chunk: Any) -> Any:
        if next(chunks, None) is None:
            raise SpoolFull("no space left for the ledger")
        return change(chunk)

    with monkeypatch.context() as patched, pytest.raises(SpoolFull):
        patched.setattr(ledger, "change", change_until_full)
        import_codes(ledger, "p", a_file_of(2 * CHUNK + 1))
    assert ([], ()) == (free(ledger), pool_counts(ledger, TODAY, {}))
    assert Imported(1, 0) == import_codes(ledger, "q", a_file_of(1)), "no code of it is anywhere"
    assert Imported(2 * CHUNK, 0) == import_codes(ledger, "p", a_file_of(2 * CHUNK + 1)[1:])
    assert 2 * CHUNK + 1 == sum(count.free for count in pool_counts(ledger, TODAY, {}))


# Free, given, redeemed, expired ---------------------------------------------------------------------------------------


def test_codes_are_given_in_the_order_in_which_they_came(ledger: Ledger) -> None:
    fill_pool(ledger, "p", "B", "A", "C")
    assert ["B", "A", "C"] == free(ledger)
    first, _ = free_codes(ledger, "p", "GBP", TODAY, 0, 2)
    assert ["A", "C"] == [code for _, code in free_codes(ledger, "p", "GBP", TODAY, first[0], 100)]
    assert [] == free(ledger, "q")


def test_free_codes_are_found_past_any_number_of_given_ones(ledger: Ledger) -> None:
    asked = vouchers.FREE_CODES.compile(dialect=sqlite.dialect())
    values = tuple("1" for _ in asked.positiontup or ())
    plan = ledger.change(lambda connection: connection.exec_driver_sql(f"explain query plan {asked}", values).all())
    assert "SEARCH voucher_codes USING INDEX ix_voucher_codes_free (pool=? AND number>? AND number<?)" == plan[0][3]


def test_a_code_that_expired_is_given_to_nobody(ledger: Ledger) -> None:
    fill_pool(ledger, "p", "A", percent=5, expires=TODAY)
    assert ["A"] == free(ledger)
    assert ["A"] == list(offers_of(ledger, ["A"], TODAY))
    tomorrow = TODAY.replace(day=TODAY.day + 1)
    assert [] == free(ledger, day=tomorrow)
    assert {} == offers_of(ledger, ["A"], tomorrow)


def test_a_code_in_another_money_is_not_for_this_order(ledger: Ledger) -> None:
    fill_pool(ledger, "p", "EUROS", amount=Decimal(5), currency="EUR")
    fill_pool(ledger, "p", "POUNDS", amount=Decimal(5), currency="GBP")
    fill_pool(ledger, "p", "FROM-50", percent=5, minimum=Decimal(50), currency="EUR")
    fill_pool(ledger, "p", "ANY", amount=Decimal(5))
    fill_pool(ledger, "p", "SHARE", percent=5, currency="EUR")
    assert ["POUNDS", "ANY", "SHARE"] == free(ledger)
    assert ["EUROS", "FROM-50", "ANY", "SHARE"] == free(ledger, currency="EUR")


def test_what_is_given_is_free_no_more(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W1", "W2")
    intend(ledger, record_order(ledger, "1"), welcome("W1"))
    assert ["W2"] == free(ledger, "welcome-15")
    assert {"W2": Offer("W2", percent=15)} == offers_of(ledger, ["W1", "W2"], TODAY)


def test_a_code_comes_back_with_the_order_that_it_paid_for(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W1", "W2")
    intend(ledger, record_order(ledger, "1"), welcome("W1"))
    record_order(ledger, "2", vouchers_redeemed=("W1", "OF-THE-SHOP", "W1"))
    assert (PoolCount("welcome-15", 2, 1, 1, 1, 0, 0, None),) == pool_counts(ledger, TODAY, {})
    record_order(ledger, "3", BEN, vouchers_redeemed=("W1",))
    assert (PoolCount("welcome-15", 2, 1, 1, 1, 0, 0, None),) == pool_counts(ledger, TODAY, {}), (
        "a code is redeemed once"
    )


def test_a_code_that_somebody_had_from_elsewhere_is_not_given_any_more(ledger: Ledger) -> None:
    fill_pool(ledger, "welcome-15", "W1", "W2")
    record_order(ledger, "2", vouchers_redeemed=("W1",))
    assert ["W2"] == free(ledger, "welcome-15")


def test_a_code_comes_back_however_it_was_typed(ledger: Ledger) -> None:
    fill_pool(ledger, "p", "ABC-1", "abc-2")
    record_order(ledger, "2", vouchers_redeemed=("abc-1", "ABC-1", "Abc-2"))
    assert (PoolCount("p", 2, 0, 0, 2, 0, 0, None),) == pool_counts(ledger, TODAY, {})


def test_redemptions_come_back_in_files_once(ledger: Ledger) -> None:
    fill_pool(ledger, "p", "A", "B")
    redemptions = (Redemption(2, "A", "77"), Redemption(3, "OF-THE-SHOP"))
    assert 1 == redeem_codes(ledger, redemptions, NOON)
    assert 0 == redeem_codes(ledger, redemptions, NOON)


def test_pools_are_counted(ledger: Ledger) -> None:
    fill_pool(ledger, "old", "O1", "O2", percent=5, expires=date(2026, 11, 20))
    fill_pool(ledger, "p", "A", percent=5, expires=date(2027, 1, 31))
    fill_pool(ledger, "p", "B", percent=5, expires=date(2026, 12, 31))
    assert (
        PoolCount("old", 2, 0, 0, 0, 0, 2, None),
        PoolCount("p", 2, 2, 0, 0, 0, 0, date(2026, 12, 31)),
    ) == pool_counts(ledger, TODAY, {})


def test_codes_that_end_too_soon_are_counted_by_themselves(ledger: Ledger) -> None:
    for code, last in (("A", 1), ("B", 13), ("C", 14), ("D", 15)):
        fill_pool(ledger, "p", code, expires=TODAY + timedelta(days=last))
    fill_pool(ledger, "p", "E")
    lives = {"p": timedelta(days=14), "other": timedelta(days=99)}
    assert (PoolCount("p", codes=5, free=3, ending=2, next_expiry=TODAY + timedelta(days=14)),) == (
        pool_counts(ledger, TODAY, lives)
    )
