"""JSON Lines: many shipments in a file, each refused or kept by itself."""

import json

from service.intake.reading import grows_by_lines
from tests.order_documents import NO_FEEDS, an_order_document, as_csv, as_lines, flat_rows, read, rejection, told

FIRST = an_order_document(order_id="A1")
SECOND = an_order_document(order_id="A2")
THIRD = an_order_document(order_id="A3")


def test_each_line_is_a_shipment() -> None:
    reading = read("a.jsonl", as_lines(FIRST, SECOND, THIRD))
    assert [(1, "A1-1-r1"), (2, "A2-1-r1"), (3, "A3-1-r1")] == [
        (each.position, each.shipment.note_id) for each in reading.shipments
    ]
    assert not reading.may_grow
    assert grows_by_lines("a.jsonl", NO_FEEDS)


def test_blank_lines_and_a_missing_last_line_end_are_no_fault() -> None:
    reading = read("a.jsonl", b"\xef\xbb\xbf" + as_lines(FIRST) + b"\r\n\n" + as_lines(SECOND).strip())
    assert ["A1-1-r1", "A2-1-r1"] == [each.shipment.note_id for each in reading.shipments]
    assert not reading.may_grow


def test_a_bad_line_is_refused_and_the_others_are_kept() -> None:
    lines = [as_lines(FIRST), b'{"a": 1,}\n', as_lines(an_order_document(customer__name=...)), b'{"a": 1\n']
    lines += [b'{"schema": "M\xfcller"}\n', b"[]\n", as_lines(SECOND)]
    reading = read("a.jsonl", b"".join(lines))
    assert [1, 7] == [each.position for each in reading.shipments]
    start = len(b"".join(lines[:4]))
    assert [
        (2, "invalid-json", "a name in double quotes is missing here", "line 2, column 9"),
        (3, "invalid-order", "customer.name is missing", "line 3, /customer/name"),
        (4, "invalid-json", "the JSON stops before its end", "line 4, column 8"),
        (5, "wrong-encoding", "not UTF-8", f"byte {start + 13}, line 5"),
        (6, "unknown-format", "the JSON is a list, not an order file", "line 6"),
    ] == [(each.position, *told(each)) for each in reading.refusals]
    assert not reading.may_grow


def test_a_cut_last_line_may_still_grow() -> None:
    reading = read("a.jsonl", as_lines(FIRST, SECOND)[:-40])
    assert [1] == [each.position for each in reading.shipments]
    assert [(2, "incomplete")] == [(each.position, each.code) for each in reading.refusals]
    assert reading.may_grow


def test_all_refused_is_still_a_reading() -> None:
    reading = read("a.jsonl", b"{}\n{}\n")
    assert ((), 2) == (reading.shipments, len(reading.refusals))


def test_a_long_file_of_something_else_is_refused_after_a_thousand_lines() -> None:
    """A log of a million lines that was dropped as .jsonl: orders wait behind it."""
    good = an_order_document()
    refused = rejection("a.jsonl", b"{}\n" * 100_000)
    assert ("unknown-format", "line 1000") == (refused.code, refused.where)
    assert refused.what.startswith("none of the first 1,000 shipments looks like an order")
    reading = read("a.jsonl", as_lines(good) + b"{}\n" * 1500)
    assert (1, 1500) == (len(reading.shipments), len(reading.refusals))


def test_a_table_none_of_whose_thousand_rows_fits_its_header_is_refused_whole() -> None:
    header = as_csv(flat_rows(FIRST)).partition(b"\r\n")[0]
    refused = rejection("a.csv", header + b"\r\n" + b"something else\r\n" * 1500)
    assert ("invalid-csv", "row 1001") == (refused.code, refused.where)


def test_orders_behind_a_thousand_bad_ones_are_kept() -> None:
    """A batch in which the first thousand go to a site that is not configured yet."""
    bad = as_lines({**FIRST, "currency": "?"})
    reading = read("a.jsonl", bad * 1000 + as_lines(SECOND))
    assert ([1001], 1000) == ([each.position for each in reading.shipments], len(reading.refusals))


def test_the_same_shipment_twice_counts_once() -> None:
    turned = json.dumps(dict(reversed(FIRST.items()))).encode() + b"\n"
    reading = read("a.jsonl", as_lines(FIRST, SECOND) + turned)
    assert ([1, 2], ()) == ([each.position for each in reading.shipments], reading.refusals)


def test_two_shipments_that_contradict_each_other_are_both_refused() -> None:
    other = an_order_document(order_id="A1", gift=True)
    reading = read("a.jsonl", as_lines(FIRST, SECOND, other))
    what = "the file holds two different shipments with the same order_id, shipment number and revision"
    assert [2] == [each.position for each in reading.shipments]
    assert [
        ("invalid-order", what, "shipment 1 of the file"),
        ("invalid-order", what, "shipment 3 of the file"),
    ] == [told(each) for each in reading.refusals]


def test_an_order_of_a_higher_revision_is_another_note() -> None:
    reading = read("a.jsonl", as_lines(FIRST, an_order_document(order_id="A1", revision=2)))
    assert ["A1-1-r1", "A1-1-r2"] == [each.shipment.note_id for each in reading.shipments]


def test_a_file_of_nothing_is_incomplete() -> None:
    assert ("incomplete", "the file is empty", "") == told(rejection("a.jsonl", b"\n\n"))
    assert ("incomplete", "the file has no lines", "") == told(rejection("a.jsonl", b"\xef\xbb\xbf\n"))
