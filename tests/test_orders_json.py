"""Order files in JSON: what is read, and what is refused with which words at which place."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from service.errors import FileIncomplete
from service.intake.reading import grows_by_lines
from service.model import Loyalty, Offer, Order, Recommendation
from tests.builders import a_customer, a_shipment
from tests.order_documents import NO_FEEDS, an_order_document, as_json, read, rejection, the_shipment, told


def test_an_order_file_is_the_shipment_that_it_says() -> None:
    assert a_shipment() == the_shipment(read("a.json", as_json(an_order_document())))


def test_what_an_order_may_leave_out_has_its_default() -> None:
    optional = ("revision", "priority", "gift", "gift_message", "delivery_address__region", "lines__0__category")
    of_customer = ("customer__member_since", "customer__birthday", "customer__loyalty", "customer__referral_code")
    document = an_order_document(**dict.fromkeys((*optional, *of_customer), ...))
    customer = a_customer(member_since=None, birthday="", loyalty=Loyalty(), referral_code="")
    expected = a_shipment(customer=customer)
    first, *others = expected.lines
    assert replace(expected, lines=(replace(first, category=""), *others)) == the_shipment(
        read("a.json", as_json(document))
    )


VASE = {"sku": "AH-1602", "description": "Vase", "category": "decoration", "price": "31.00"}
VOUCHER = {"code": "WINTER-7K2M", "percent": 15, "minimum": "50", "expires": "2026-12-31"}


def the_order(**changes: Any) -> Order:
    return the_shipment(read("a.json", as_json({**an_order_document(), **changes}))).order


def test_an_order_says_which_codes_paid_for_it() -> None:
    assert ("SPRING-1", "B") == the_order(vouchers_redeemed=["SPRING-1", "B"]).vouchers_redeemed
    assert () == the_order().vouchers_redeemed
    assert "vouchers_redeemed" not in an_order_document(), "an order without any keeps its hash"


def test_an_order_may_bring_recommendations_and_a_voucher() -> None:
    order = the_order(recommendations=[VASE, {"sku": "X", "description": ""}], voucher=VOUCHER)
    vase = Recommendation("AH-1602", "Vase", "decoration", Decimal("31.00"))
    assert (vase, Recommendation("X", "")) == order.recommendations
    assert Offer("WINTER-7K2M", 15, minimum=Decimal(50), expires=date(2026, 12, 31)) == order.offer


def test_an_article_may_have_a_picture_of_another_name() -> None:
    document = an_order_document(lines__0__picture="Cafe\u0301", recommendations=[{**VASE, "picture": "DEC-31"}])
    shipment = the_shipment(read("a.json", as_json(document)))
    assert ["Café", ""] == [line.picture for line in shipment.lines]
    assert ["DEC-31"] == [article.picture for article in shipment.order.recommendations]


def test_an_order_without_pictures_keeps_its_hash() -> None:
    """What was taken before pictures had names of their own is not taken for another order afterwards."""
    document = an_order_document(recommendations=[VASE])
    empty = an_order_document(lines__0__picture="", recommendations=[{**VASE, "picture": ""}])
    (first,), (second,) = (read("a.json", as_json(each)).shipments for each in (document, empty))
    assert not any("picture" in part for part in (*document["lines"], *document["recommendations"]))
    assert first.sha256 == second.sha256
    (other,) = read("a.json", as_json(an_order_document(lines__0__picture="A"))).shipments
    assert first.sha256 != other.sha256


@pytest.mark.parametrize(
    ("expected", "voucher"),
    [
        (Offer("A B", amount=Decimal("7.5")), {"code": "A B", "amount": "7.50", "percent": ..., "minimum": ""}),
        (Offer("x" * 40, free_shipping=True), {"code": "x" * 40, "free_shipping": True}),
        (Offer("X", percent=100), {"code": "X", "percent": 100, "amount": "0", "free_shipping": False}),
    ],
)
def test_a_voucher_gives_one_thing(expected: Offer, voucher: dict[str, Any]) -> None:
    given = {name: value for name, value in voucher.items() if value is not ...}
    assert expected == the_order(voucher=given).offer


def test_an_order_without_offers_says_nothing_of_them() -> None:
    assert not {"recommendations", "voucher"} & an_order_document().keys()
    assert ((), Offer()) == ((order := the_order(recommendations=[], voucher=None)).recommendations, order.offer)


def test_a_byte_order_mark_is_no_fault() -> None:
    assert a_shipment() == the_shipment(read("a.json", b"\xef\xbb\xbf" + as_json(an_order_document())))


def test_the_name_may_be_in_capitals() -> None:
    assert a_shipment() == the_shipment(read("A.JSON", as_json(an_order_document())))


def test_times_come_out_in_utc() -> None:
    document = an_order_document(ordered_at="2026-11-19T10:30+01:00", dispatched_at="2026-11-21T11:30:00Z")
    shipment = the_shipment(read("a.json", as_json(document)))
    assert datetime(2026, 11, 19, 9, 30, tzinfo=UTC) == shipment.order.ordered_at
    assert UTC == shipment.dispatched_at.tzinfo


def test_text_is_composed() -> None:
    shipment = the_shipment(read("a.json", as_json(an_order_document(customer__name="Zoe\u0308 Mu\u0308ller"))))
    assert "Zoë Müller" == shipment.order.customer.name


def test_line_ends_stay_in_a_gift_message() -> None:
    shipment = the_shipment(read("a.json", as_json(an_order_document(gift_message="Dear Ada,\nall the best"))))
    assert "Dear Ada,\nall the best" == shipment.order.gift_message


def test_the_same_content_has_the_same_hash_however_it_is_written() -> None:
    document = an_order_document(ordered_at="2026-11-19T09:30:00Z", lines__0__unit_price="4.95")
    other = an_order_document(ordered_at="2026-11-19T10:30:00+01:00", lines__0__unit_price="4.9500")
    turned = dict(reversed(other.items()))
    first, second = (read("a.json", as_json(each)).shipments[0] for each in (document, turned))
    assert first.sha256 == second.sha256
    changed = read("a.json", as_json(an_order_document(lines__0__quantity=1))).shipments[0]
    assert first.sha256 != changed.sha256


@pytest.mark.parametrize("price", ["0", "0.01", "1234567.1234", "12.50"])
def test_amounts_keep_every_digit(price: str) -> None:
    shipment = the_shipment(read("a.json", as_json(an_order_document(lines__0__unit_price=price))))
    assert Decimal(price) == shipment.lines[0].unit_price


def test_a_json_may_be_taken_as_soon_as_it_parses() -> None:
    assert not grows_by_lines("a.json", NO_FEEDS)


AMOUNT = "must be an amount as in 12.50, at most 7 digits before the point and 4 after it"
ONE = "voucher: must have exactly one of percent, amount and free_shipping"
CODE = "voucher.code must be 1 to 40 letters, digits or signs of ASCII, with no space at its ends"
FIELD_FAULTS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"recommendations": [{**VASE, "price": 31}]},
        'recommendations.price must stand in quotes, as in "12.50"',
        "/recommendations/0/price",
    ),
    ({"lines__0__picture": "P" * 65}, "lines.picture must not be longer than 64 characters", "/lines/0/picture"),
    ({"lines__0__picture": None}, "lines.picture must be a string", "/lines/0/picture"),
    (
        {"lines__0__picture": "../a\0.jpg"},
        "lines.picture holds the control character U+0000 at character 5",
        "/lines/0/picture",
    ),
    (
        {"recommendations": [{**VASE, "picture": "P" * 65}]},
        "recommendations.picture must not be longer than 64 characters",
        "/recommendations/0/picture",
    ),
    ({"recommendations": [VASE] * 7}, "recommendations must not have more than 6 entries", "/recommendations"),
    ({"recommendations": [{"sku": "A"}]}, "recommendations.description is missing", "/recommendations/0/description"),
    ({"voucher": {"code": "A"}}, ONE, "/voucher"),
    ({"voucher": {"code": "A", "amount": "0"}}, ONE, "/voucher"),
    ({"voucher": {"code": "A", "percent": 5, "free_shipping": True}}, ONE, "/voucher"),
    ({"voucher": {"code": "A", "percent": 0}}, "voucher.percent must be at least 1", "/voucher/percent"),
    ({"voucher": {"code": "A", "percent": 101}}, "voucher.percent must be at most 100", "/voucher/percent"),
    ({"voucher": {"percent": 5}}, "voucher.code is missing", "/voucher/code"),
    ({"voucher": {"code": "", "percent": 5}}, CODE, "/voucher/code"),
    ({"voucher": {"code": " A", "percent": 5}}, CODE, "/voucher/code"),
    ({"voucher": {"code": "Ä", "percent": 5}}, CODE, "/voucher/code"),
    ({"voucher": {"code": "A" * 41, "percent": 5}}, CODE, "/voucher/code"),
    (
        {"voucher": {**VOUCHER, "minimum": 50}},
        'voucher.minimum must stand in quotes, as in "12.50"',
        "/voucher/minimum",
    ),
    (
        {"voucher": {**VOUCHER, "expires": "31.12.2026"}},
        "voucher.expires must be a day, as in 2024-05-02, or null",
        "/voucher/expires",
    ),
    (
        {"voucher": {**VOUCHER, "percents": 5}},
        "voucher.percents is not a field of the order file; did you mean percent?",
        "/voucher/percents",
    ),
    ({"customer__name": ...}, "customer.name is missing", "/customer/name"),
    ({"customer__name": ""}, "customer.name must not be empty", "/customer/name"),
    ({"customer__name": " "}, "customer.name must not be empty", "/customer/name"),
    ({"customer__name": 7}, "customer.name must be a string", "/customer/name"),
    ({"customer__name": "x" * 101}, "customer.name must not be longer than 100 characters", "/customer/name"),
    ({"customer__name": "Ada\tW"}, "customer.name holds the control character U+0009 at character 4", "/customer/name"),
    ({"customer__name": "A\0"}, "customer.name holds the control character U+0000 at character 2", "/customer/name"),
    ({"gift_message": "a\r\n"}, "gift_message holds the control character U+000D at character 2", "/gift_message"),
    ({"gift_message": "x" * 501}, "gift_message must not be longer than 500 characters", "/gift_message"),
    ({"customer__status": "old"}, "customer.status must be 'new', 'returning' or 'ambassador'", "/customer/status"),
    (
        {"customer__birthday": "02-30"},
        "customer.birthday must be a day of the year, as in 06-17, or empty",
        "/customer/birthday",
    ),
    (
        {"customer__member_since": "2024-02-30"},
        "customer.member_since is a day that does not exist",
        "/customer/member_since",
    ),
    ({"customer__age": 1}, "customer.age is not a field of the order file", "/customer/age"),
    ({"prioritty": "x"}, "prioritty is not a field of the order file; did you mean priority?", "/prioritty"),
    (
        {"order_id": "-1"},
        "order_id must be 1 to 32 letters, digits, points, hyphens or underscores, the first a letter or digit",
        "/order_id",
    ),
    (
        {"order_id": "../x"},
        "order_id must be 1 to 32 letters, digits, points, hyphens or underscores, the first a letter or digit",
        "/order_id",
    ),
    (
        {"shop": "Amber Home"},
        "shop must be 1 to 40 small letters, digits or hyphens, the first a letter or digit",
        "/shop",
    ),
    ({"language": "e"}, "language must be a language tag of BCP 47, as in en, fr-CH, de", "/language"),
    ({"currency": "EURO"}, "currency must be a currency code of ISO 4217, as in GBP, EUR, CHF", "/currency"),
    (
        {"delivery_address__country": "UK"},
        "delivery_address.country must be a country code of ISO 3166-1, as in GB, FR, DE",
        "/delivery_address/country",
    ),
    ({"delivery_address__lines": []}, "delivery_address.lines must have at least 1 entry", "/delivery_address/lines"),
    (
        {"delivery_address__lines": ["a"] * 6},
        "delivery_address.lines must not have more than 5 entries",
        "/delivery_address/lines",
    ),
    (
        {"delivery_address__lines": ["a", "x" * 101]},
        "delivery_address.lines must not be longer than 100 characters",
        "/delivery_address/lines/1",
    ),
    ({"gift": "true"}, "gift must be true or false, without quotes", "/gift"),
    ({"revision": 0}, "revision must be at least 1", "/revision"),
    ({"revision": "1"}, "revision must be a whole number, without quotes", "/revision"),
    ({"revision": True}, "revision must be a whole number, without quotes", "/revision"),
    ({"lines": []}, "lines must have at least 1 entry", "/lines"),
    ({"lines__1__quantity": 0}, "lines.quantity must be at least 1", "/lines/1/quantity"),
    ({"lines__1__quantity": 7}, "lines: quantity must not be greater than quantity_ordered", "/lines/1"),
    (
        {"lines__1__quantity_ordered": 1_000_001},
        "lines.quantity_ordered must be at most 1000000",
        "/lines/1/quantity_ordered",
    ),
    ({"lines__0__unit_price": 4.95}, 'lines.unit_price must stand in quotes, as in "12.50"', "/lines/0/unit_price"),
    ({"lines__0__unit_price": 5}, 'lines.unit_price must stand in quotes, as in "12.50"', "/lines/0/unit_price"),
    ({"lines__0__unit_price": "1e3"}, f"lines.unit_price {AMOUNT}", "/lines/0/unit_price"),
    ({"lines__0__unit_price": "-1"}, f"lines.unit_price {AMOUNT}", "/lines/0/unit_price"),
    ({"lines__0__unit_price": "4,95"}, f"lines.unit_price {AMOUNT}", "/lines/0/unit_price"),
    ({"lines__0__unit_price": "٣"}, f"lines.unit_price {AMOUNT}", "/lines/0/unit_price"),
    ({"lines__0__sku": "x" * 65}, "lines.sku must not be longer than 64 characters", "/lines/0/sku"),
    ({"lines__0": "x"}, "lines must be an object", "/lines/0"),
    (
        {"ordered_at": "2026-11-19T09:30:00"},
        "ordered_at must be a time with its offset, as in 2026-11-21T09:30:00+01:00",
        "/ordered_at",
    ),
    (
        {"ordered_at": 1790000000},
        "ordered_at must be a time with its offset, as in 2026-11-21T09:30:00+01:00",
        "/ordered_at",
    ),
    ({"ordered_at": "2026-02-30T09:30:00Z"}, "ordered_at is a date or time that does not exist", "/ordered_at"),
    ({"ordered_at": "9999-12-31T23:59:59-14:00"}, "ordered_at is a date or time that does not exist", "/ordered_at"),
    ({"shipment__number": 2}, "shipment: number must not be greater than of", "/shipment"),
    ({"shipment__final": False}, "shipment: a shipment that is 1 of 1 must be final", "/shipment"),
]


@pytest.mark.parametrize(("change", "what", "where"), FIELD_FAULTS, ids=lambda value: str(value)[:40])
def test_a_wrong_field_is_named_with_its_form_and_place(change: dict[str, Any], what: str, where: str) -> None:
    error = rejection("a.json", as_json(an_order_document(**change)))
    assert ("invalid-order", what, where) == told(error)
    assert "slipway schema order" in error.hint


def test_a_lone_surrogate_is_refused() -> None:
    content = as_json(an_order_document()).replace(b"Ada Whitfield", b"Ada \\ud83d", 1)
    expected = ("invalid-order", "customer.name holds half a character (a lone surrogate)", "/customer/name")
    assert expected == told(rejection("a.json", content))


def test_faults_of_one_shipment_are_listed_together() -> None:
    error = rejection("a.json", as_json(an_order_document(shop=..., gift=1, lines__0__quantity=0)))
    what = "shop is missing; gift must be true or false, without quotes; lines.quantity must be at least 1"
    assert ("invalid-order", what, "/shop; /gift; /lines/0/quantity") == told(error)


def test_no_more_than_ten_faults_are_listed() -> None:
    document = an_order_document()
    document["lines"] = [{**document["lines"][0], "quantity": 0} for _ in range(25)]
    error = rejection("a.json", as_json(document))
    assert error.what.endswith("; and 15 more")
    assert 10 == error.where.count("/quantity")


def test_a_hundred_thousand_faults_are_told_in_no_time() -> None:
    document = {**an_order_document(), **{f"field{number}": 1 for number in range(100_000)}, "y" * 1_000_000: 1}
    assert rejection("a.json", as_json(document)).what.endswith("; and 99991 more")


def test_no_fault_quotes_a_value() -> None:
    secret = "Secret Person"
    for change, _what, _where in FIELD_FAULTS:
        document = an_order_document(**{"customer__id": secret, "delivery_address__name": secret, **change})
        error = rejection("a.json", as_json(document))
        assert secret not in f"{error.what}{error.where}{error.hint}"


@pytest.mark.parametrize("name", ["Ada Whitfield", "Ada\nWhitfield, Bristol", "x" * 80, ""])
def test_an_odd_name_of_a_field_is_not_repeated(name: str) -> None:
    error = rejection("a.json", as_json({**an_order_document(), name: 1}))
    expected = ("(unreadable name) is not a field of the order file", "/(unreadable name)")
    assert expected == (error.what, error.where)


GOOD = as_json(an_order_document())
DEEP = b'{"a":' * 33 + b"1" + b"}" * 33
BROKEN: list[tuple[bytes, str, str, str]] = [
    (b"", "incomplete", "the file is empty", ""),
    (b" \n", "incomplete", "the file is empty", ""),
    (b"\0" * 4096, "incomplete", "the file holds nothing but zero bytes", ""),
    (GOOD[:100] + b"\0" * 100, "incomplete", "the file ends in zero bytes", "byte 100"),
    (b'{"a": "M\xfcller"}', "wrong-encoding", "not UTF-8", "byte 8, line 1"),
    (b'{\n"a": "M\xc3', "incomplete", "the text ends in the middle of a character", "byte 9, line 2"),
    (GOOD.decode().encode("utf-16"), "wrong-encoding", "the file is UTF-16 or UTF-32, not UTF-8", "byte 0"),
    (GOOD.decode().encode("utf-16-le"), "wrong-encoding", "the file is UTF-16 or UTF-32, not UTF-8", "byte 0"),
    (GOOD.decode().encode("utf-16-be"), "wrong-encoding", "the file is UTF-16 or UTF-32, not UTF-8", "byte 0"),
    (GOOD.decode().encode("utf-32"), "wrong-encoding", "the file is UTF-16 or UTF-32, not UTF-8", "byte 0"),
    (b'{"a": 1,\n "b": 2,\n "a": 3}', "invalid-json", "a name stands twice in the same object", "line 3, column 2"),
    (b'{"a": {"b": 1, "\\u0062": 2}}', "invalid-json", "a name stands twice in the same object", "line 1, column 16"),
    (b'{"a": NaN}', "invalid-json", "NaN and Infinity are not JSON", "line 1, column 7"),
    (b'{"a": [-Infinity]}', "invalid-json", "NaN and Infinity are not JSON", "line 1, column 8"),
    (b'{"a": 1e400}', "invalid-json", "a number of more than 30 digits", "line 1, column 7"),
    (b'{"a": 1E+310-1}', "invalid-json", "a number of more than 30 digits", "line 1, column 7"),
    (b'{"a": 1.5, "b": ' + b"9" * 5000 + b"}", "invalid-json", "a number of more than 30 digits", "line 1, column 17"),
    (b'{"a": 1e' + b"9" * 5000 + b"}", "invalid-json", "a number of more than 30 digits", "line 1, column 7"),
    (DEEP, "invalid-json", "nested more than 32 deep", "line 1, column 161"),
    (b"[" * 100_000, "invalid-json", "nested more than 32 deep", "line 1, column 33"),
    (b'{"a":' * 100_000, "invalid-json", "nested more than 32 deep", "line 1, column 161"),
    (GOOD + b"x", "invalid-json", "there is more after the end of the JSON", "line 63, column 2"),
    (GOOD + GOOD, "invalid-json", "there is more after the end of the JSON", "line 63, column 2"),
    (b'{"a": 1 "b": 2}', "invalid-json", "a comma or a closing bracket is missing here", "line 1, column 9"),
    (b'{"a": }', "invalid-json", "a value is missing here", "line 1, column 7"),
    (b'{"a" 1}', "invalid-json", "a colon is missing here", "line 1, column 6"),
    (b"{'a': 1}", "invalid-json", "a name in double quotes is missing here", "line 1, column 2"),
    (b'{"a": "b\nc"}', "invalid-json", "a string holds a control character or a line end", "line 1, column 9"),
    (b'{"a": "\\x"}', "invalid-json", "a string holds an escape that JSON does not know", "line 1, column 8"),
    (b'{"a": "b', "incomplete", "the JSON stops before its end", "line 1, column 7"),
    (b"[]", "unknown-format", "the JSON is a list, not an order file", ""),
    (b"17", "unknown-format", 'the JSON does not say "schema": "slipway/order/1"', "/schema"),
    (
        b'{"schema": "slipway/order/2"}',
        "unknown-format",
        'the JSON does not say "schema": "slipway/order/1"',
        "/schema",
    ),
]


@pytest.mark.parametrize(("content", "code", "what", "where"), BROKEN, ids=lambda value: str(value)[:30])
def test_a_broken_file_is_refused_with_the_place(content: bytes, code: str, what: str, where: str) -> None:
    assert (code, what, where) == told(rejection("a.json", content))


def test_every_beginning_of_an_order_file_is_incomplete() -> None:
    """No cut is taken for a whole file, and none for a broken one: more of it may still come."""
    content = as_json(an_order_document(gift_message="Prost\u00df \U0001f381 \\u0041")).replace(
        b"Prost", b"Pro\\u00dft"
    )
    for end in range(len(content)):
        with pytest.raises(FileIncomplete):
            read("a.json", content[:end])


def test_a_name_that_says_no_format_is_refused() -> None:
    expected = ("unknown-format", "the name ends in none of .json, .jsonl, .csv, and no feed takes it", "")
    assert expected == told(rejection("order.xml", b"<order/>"))
    assert expected == told(rejection("order", b"{}"))
