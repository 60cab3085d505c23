"""Order files in the flat form: whole shipments only, and every row at fault named."""

from collections.abc import Callable
from typing import Any

import pytest

from service.intake.reading import grows_by_lines
from tests.order_documents import (
    COLUMNS,
    NO_FEEDS,
    an_order_document,
    as_csv,
    as_json,
    flat_rows,
    read,
    rejection,
    the_refusal,
    the_shipment,
    told,
)

Rows = list[dict[str, str]]

FIRST = an_order_document(order_id="A1")
SECOND = an_order_document(order_id="A2")
OPTIONAL = (
    *("revision", "priority", "gift", "gift_message", "customer_member_since", "customer_birthday"),
    *("customer_referral_code", "loyalty_tier", "loyalty_points", "loyalty_earned", "delivery_name"),
    *("street_2", "street_3", "region", "category", "picture", "voucher_redeemed", "voucher_redeemed_2"),
)


def both() -> Rows:
    return [*flat_rows(FIRST), *flat_rows(SECOND)]


def note_ids(content: bytes) -> list[str]:
    return [each.shipment.note_id for each in read("a.csv", content).shipments]


def test_flat_and_json_say_the_same_with_the_same_hash() -> None:
    document = an_order_document(
        gift_message='Dear "Ada",\nall the best',
        delivery_address__lines=["Flat 2", "Ward Court"],
        gift=True,
        vouchers_redeemed=["SPRING-1", "GIFT CARD 2"],
    )
    flat, whole = read("a.csv", as_csv(flat_rows(document))), read("a.json", as_json(document))
    assert whole == flat


def test_columns_may_stand_in_any_order_and_optional_ones_may_be_left_out() -> None:
    columns = tuple(name for name in reversed(COLUMNS) if name not in OPTIONAL)
    shipment = the_shipment(read("a.csv", as_csv(flat_rows(FIRST), columns)))
    assert (1, "standard", "", shipment.order.customer.name) == (
        shipment.order.revision,
        shipment.order.priority,
        shipment.order.gift_message,
        shipment.order.delivery_address.name,
    )


def test_a_row_may_name_the_picture_of_its_article() -> None:
    first, second = flat_rows(FIRST)
    shipment = the_shipment(read("a.csv", as_csv([{**first, "picture": "TEA/set 11"}, second])))
    assert ["TEA/set 11", ""] == [line.picture for line in shipment.lines]


def test_rows_of_two_shipments_may_be_mixed_and_turned() -> None:
    first, second = flat_rows(FIRST), flat_rows(SECOND)
    reading = read("a.csv", as_csv([first[1], second[1], second[0], first[0]]))
    straight = read("a.csv", as_csv(both()))
    assert straight.shipments == reading.shipments


def test_a_shipment_with_fewer_rows_than_announced_is_refused_whole() -> None:
    reading = read("a.csv", as_csv([*flat_rows(FIRST)[:1], *flat_rows(SECOND)]))
    assert ["A2-1-r1"] == [each.shipment.note_id for each in reading.shipments]
    expected = ("incomplete-shipment", "1 of 2 rows of this shipment are there", "row 2")
    assert expected == told(the_refusal(reading))
    assert not reading.may_grow


def test_a_file_that_ends_inside_a_shipment_may_grow() -> None:
    reading = read("a.csv", as_csv(both()[:-1]))
    assert reading.may_grow
    assert [("incomplete-shipment", 2)] == [(each.code, each.position) for each in reading.refusals]


def test_a_file_that_ends_inside_the_first_row_of_a_shipment_loses_it_with_a_reason() -> None:
    first = as_csv(flat_rows(FIRST))
    reading = read("a.csv", first + b"A2,1,amber-home,uk")
    assert reading.may_grow
    assert [("incomplete", "the file stops inside this row", "row 4")] == [told(each) for each in reading.refusals]


def test_a_whole_file_may_not_grow_but_must_rest() -> None:
    assert not read("a.csv", as_csv(both())).may_grow
    assert grows_by_lines("A.CSV", NO_FEEDS)


def test_a_file_without_its_last_line_end_may_grow() -> None:
    """The last price could be cut: 4.9 of 4.95 is a price too."""
    assert read("a.csv", as_csv(both()).rstrip()).may_grow


def test_no_beginning_of_a_file_gives_a_short_shipment() -> None:
    content = as_csv(both())
    whole = {each.sha256 for each in read("a.csv", content).shipments}
    for end in range(content.index(b"\r\n") + 3, len(content), 7):
        reading = read("a.csv", content[:end])
        assert reading.may_grow or {each.sha256 for each in reading.shipments} <= whole


def change(row: int, **cells: str) -> Callable[[], bytes]:
    def changed() -> bytes:
        rows = both()
        rows[row] = {**rows[row], **cells}
        return as_csv(rows)

    return changed


def change_all(**cells: str) -> Callable[[], bytes]:
    return lambda: as_csv([{**row, **cells} if row["order_id"] == "A1" else row for row in both()])


def text(old: str, new: str) -> Callable[[], bytes]:
    return lambda: as_csv(both()).replace(old.encode(), new.encode(), 1)


def repeated() -> bytes:
    return as_csv([*both(), flat_rows(FIRST)[0]])


CONTROL = "lines.description holds the control character U+0007 at character 2"
REFUSED: list[tuple[Callable[[], bytes], str, str, str]] = [
    (
        change(0, unit_price="4,95"),
        "invalid-order",
        "lines.unit_price must be an amount as in 12.50, at most 7 digits before the point and 4 after it",
        "row 2, column unit_price",
    ),
    (change(0, quantity="2.0"), "invalid-order", "lines.quantity must be a whole number", "row 2, column quantity"),
    (change(1, quantity=""), "invalid-order", "lines.quantity is missing", "row 3, column quantity"),
    (change(1, quantity="7"), "invalid-order", "lines: quantity must not be greater than quantity_ordered", "row 3"),
    (change(1, sku=""), "invalid-order", "lines.sku must not be empty", "row 3, column sku"),
    (
        change(1, description="a\x07b"),
        "invalid-order",
        CONTROL,
        "row 3, column description",
    ),
    (change_all(gift="TRUE"), "invalid-order", "gift must be true or false", "row 2, column gift"),
    (
        change_all(country="UK"),
        "invalid-order",
        "delivery_address.country must be a country code of ISO 3166-1, as in GB, FR, DE",
        "row 2, column country",
    ),
    (
        change_all(street_2="x" * 101),
        "invalid-order",
        "delivery_address.lines must not be longer than 100 characters",
        "row 2, column street_2",
    ),
    (
        change_all(delivery_name="", customer_name=""),
        "invalid-order",
        "customer.name must not be empty; delivery_address.name must not be empty",
        "row 2, column customer_name; row 2, column delivery_name",
    ),
    (change_all(shipment_number="2"), "invalid-order", "shipment: number must not be greater than of", "row 2"),
    (
        change_all(lines_total="x"),
        "invalid-order",
        "lines_total must be a whole number from 1 to 2000",
        "row 2, column lines_total",
    ),
    (
        change_all(lines_total="0"),
        "invalid-order",
        "lines_total must be a whole number from 1 to 2000",
        "row 2, column lines_total",
    ),
    (change_all(lines_total="1"), "invalid-csv", "2 rows of this shipment, where lines_total says 1", "rows 2 to 3"),
    (repeated, "invalid-csv", "3 rows of this shipment, where lines_total says 2", "rows 2 to 6"),
    (
        change(1, line="1"),
        "invalid-order",
        "line must count the rows of the shipment from 1, each number once",
        "row 3, column line",
    ),
    (
        change(1, line="x"),
        "invalid-order",
        "line must count the rows of the shipment from 1, each number once",
        "row 3, column line",
    ),
    (change(1, city="Bath"), "invalid-csv", "two rows of one shipment differ in city", "rows 2 and 3, column city"),
    (
        change(1, lines_total="3"),
        "invalid-csv",
        "two rows of one shipment differ in lines_total",
        "rows 2 and 3, column lines_total",
    ),
]


@pytest.mark.parametrize(
    ("content", "code", "what", "where"), REFUSED, ids=lambda value: "made" if callable(value) else str(value)[:30]
)
def test_a_bad_shipment_is_refused_and_the_next_is_kept(
    content: Callable[[], bytes], code: str, what: str, where: str
) -> None:
    reading = read("a.csv", content())
    assert (code, what, where) == told(the_refusal(reading))
    assert ["A2-1-r1"] == [each.shipment.note_id for each in reading.shipments]


def test_a_ragged_row_costs_its_own_shipment_only() -> None:
    content = as_csv(both()).replace(b"\r\nA1,", b"\r\nA1,,", 1)
    reading = read("a.csv", content)
    assert ["A2-1-r1"] == [each.shipment.note_id for each in reading.shipments]
    columns = len(COLUMNS)
    assert [
        ("incomplete-shipment", "1 of 2 rows of this shipment are there", "row 3"),
        ("invalid-csv", f"the row has {columns + 1} values, the header {columns}", "row 2"),
    ] == [told(each) for each in reading.refusals]


def test_an_unclosed_quote_ends_the_file_there_and_keeps_what_is_whole() -> None:
    before, after = as_csv(both()).rsplit(b"Rotating", 1)
    reading = read("a.csv", before + b'"Rotating' + after)
    assert ["A1-1-r1"] == [each.shipment.note_id for each in reading.shipments]
    expected = ("invalid-csv", "a quote is opened in this row and never closed", "row 5")
    assert expected in [told(each) for each in reading.refusals]
    assert reading.may_grow


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ('"a"b', "text follows a closing quote"),
        ("a\0b", "the row holds a zero byte"),
        ("x" * 140_000, "a value of more than 131072 characters"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_and_what_stands_before_it_kept(cell: str, what: str) -> None:
    lines = as_csv(both()).decode().split("\r\n")
    lines[4] = lines[4].replace("Rotating silver angels", cell)
    reading = read("a.csv", "\r\n".join(lines).encode())
    assert ["A1-1-r1"] == [each.shipment.note_id for each in reading.shipments]
    assert ("invalid-csv", what, "row 5") in [told(each) for each in reading.refusals]


WHOLE: list[tuple[Callable[[], bytes], str, str, str]] = [
    (text("order_id,", "order,"), "invalid-csv", "1 column is missing: order_id", "row 1"),
    (lambda: as_csv(both(), COLUMNS[3:]), "invalid-csv", "2 columns are missing: order_id, shop", "row 1"),
    (text(",line,", ",position,"), "invalid-csv", "1 column is missing: line", "row 1"),
    (
        text("gift_message", "gift_mesage"),
        "invalid-csv",
        "not columns of the order file: gift_mesage; did you mean gift_message?",
        "row 1",
    ),
    (
        text("unit_price\r\n", "unit_price,Ada W\r\n"),
        "invalid-csv",
        "not columns of the order file: column 46",
        "row 1",
    ),
    (text("gift_message", "gift"), "invalid-csv", "columns 11 and 12 have the same name", "row 1"),
    (lambda: as_csv(both(), delimiter=";"), "invalid-csv", "", "row 1"),
    (lambda: as_csv([]), "incomplete", "the file has a header and no rows", "row 1"),
    (lambda: b"\xef\xbb\xbf", "incomplete", "the file has no rows", ""),
    (lambda: as_csv(both()) + b"\0" * 512, "incomplete", "the file ends in zero bytes", "byte "),
    (lambda: as_csv(both()).replace(b"Ada", b"\xc4da", 1), "wrong-encoding", "not UTF-8", "byte "),
    (
        lambda: as_csv(both()).decode().encode("utf-16"),
        "wrong-encoding",
        "the file is UTF-16 or UTF-32, not UTF-8",
        "byte 0",
    ),
    (lambda: b'"order_id', "incomplete", "a quote is opened in this row and never closed", "row 1"),
]


@pytest.mark.parametrize(
    ("content", "code", "what", "where"), WHOLE, ids=lambda value: "made" if callable(value) else str(value)[:30]
)
def test_a_file_of_which_nothing_can_be_used_is_refused(
    content: Callable[[], bytes], code: str, what: str, where: str
) -> None:
    error = rejection("a.csv", content())
    assert code == error.code
    assert what in error.what
    assert error.where.startswith(where)


def test_a_spreadsheet_mark_and_unix_line_ends_are_no_fault() -> None:
    assert ["A1-1-r1", "A2-1-r1"] == note_ids(b"\xef\xbb\xbf" + as_csv(both()).replace(b"\r\n", b"\n"))


def test_line_ends_inside_a_gift_message_become_plain() -> None:
    rows: Any = [{**row, "gift_message": "Dear Ada,\r\nall the best"} for row in flat_rows(FIRST)]
    assert "Dear Ada,\nall the best" == the_shipment(read("a.csv", as_csv(rows))).order.gift_message


def test_no_refusal_quotes_a_cell() -> None:
    for content, _code, _what, _where in [*REFUSED]:
        for refusal in read("a.csv", content()).refusals:
            assert "Ada" not in f"{refusal.what}{refusal.where}{refusal.hint}"
