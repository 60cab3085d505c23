"""docs/order-format.md and docs/samples/: what they say is what the service does."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.config import read_config
from service.errors import Rejected
from service.intake.feeds import Feeds, compile_feeds
from service.intake.order_contract import OrderFile
from service.intake.reading import read_drop
from tests.order_documents import COLUMNS, an_order_document, as_csv, as_json, as_lines, flat_rows

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "order-format.md").read_text(encoding="utf-8")
SAMPLES = ROOT / "docs" / "samples"


@pytest.fixture(scope="module")
def feeds() -> Feeds:
    return compile_feeds(read_config(ROOT / "config", {}))


def fields(table: dict[str, Any], tables: dict[str, Any], above: str = "") -> Iterator[tuple[str, str, str, str]]:
    """(name, form, default, meaning) of each field of the JSON Schema, as the page prints them."""
    for name, field in table["properties"].items():
        holders = (field, field.get("items", {}), *field.get("anyOf", ()))
        if inner := next((holder["$ref"] for holder in holders if "$ref" in holder), ""):
            mark = "[]" if "items" in field else ""
            yield from fields(tables[inner.rpartition("/")[2]], tables, f"{above}{name}{mark}.")
        else:
            default = "required" if name in table.get("required", ()) else f"`{json.dumps(field['default'])}`"
            yield f"{above}{name}", form_of(field), default, field["description"]


def form_of(field: dict[str, Any]) -> str:
    choices = field.get("enum", ())
    if "const" in field or 0 < len(choices) < 6:
        return ", ".join(f"`{choice}`" for choice in choices or [field["const"]])
    if choices:
        return "code"
    if field["type" if "type" in field else "anyOf"] == "array":
        return f"list of {field['minItems']} to {field['maxItems']} texts"
    if "anyOf" in field:
        return " or ".join("null" if choice["type"] == "null" else form_of(choice) for choice in field["anyOf"])
    if "minimum" in field:
        return f"{field['minimum']} to {field['maximum']}"
    if "maxLength" in field:
        return f"text, {field['maxLength']}"
    forms = {"date-time": "time", "date": "day"}
    return forms.get(field.get("format", ""), "boolean" if field["type"] == "boolean" else "text")


def field_table() -> str:
    schema = OrderFile.model_json_schema()
    rows = [
        f"| `{name}` | {form} | {default} | {meaning} |"
        for name, form, default, meaning in fields(schema, schema["$defs"])
    ]
    return "\n".join(["| field | form | default | meaning |", "|---|---|---|---|", *rows])


def test_the_table_of_fields_is_that_of_the_schema() -> None:
    assert field_table() in PAGE


def test_every_column_of_the_flat_form_is_named() -> None:
    assert [] == [name for name in COLUMNS if f"`{name}`" not in PAGE]


GOOD = an_order_document()
ROWS = [*flat_rows(an_order_document(order_id="A1")), *flat_rows(an_order_document(order_id="A2"))]
EXAMPLES = [
    ("a.json", as_json(GOOD)[:400]),
    ("a.jsonl", as_lines(an_order_document(order_id="A1"), an_order_document(order_id="A2"))[:-60]),
    ("a.xml", b"<order/>"),
    ("a.json", b"[]"),
    ("a.json", b'{"order": 1}'),
    ("a.csv", as_csv(ROWS).replace(b"Ward Court", b"W\xe4rd Court", 1)),
    ("a.json", as_json(GOOD).decode().encode("utf-16")),
    ("a.json", as_json(GOOD).replace(b'"uk",', b'"uk"', 1)),
    ("a.json", b'{"order_id": "A1",\n "order_id": "A2"}'),
    ("a.json", b'{"points": NaN}'),
    ("a.csv", as_csv(ROWS, tuple(name for name in COLUMNS if name != "city"))),
    ("a.csv", as_csv(ROWS).replace(b"gift_message", b"gift_mesage")),
    ("a.csv", as_csv(ROWS).replace(b"\r\nA1,", b"\r\nA1,,", 1)),
    ("a.csv", as_csv([{**row, "city": f"City {row['line']}"} for row in ROWS[:2]])),
    ("a.csv", as_csv([*ROWS, ROWS[0]])),
    ("a.json", as_json(an_order_document(customer__name=..., delivery_address__country="UK", lines__0__quantity=0))),
    ("a.json", as_json(an_order_document(lines__1__unit_price=4.95))),
    ("a.jsonl", as_lines(GOOD, an_order_document(prioritty="x"))),
    ("a.csv", as_csv([{**ROWS[0], "quantity": "two"}, ROWS[1]])),
    ("a.jsonl", as_lines(GOOD, an_order_document(gift=True))),
    ("a.csv", as_csv(ROWS[:3])),
    ("lager-a.csv", (ROOT / "tests/feeds/lager-november.csv").read_bytes().replace(b"Eilt", b"Sofort")),
    ("shopify-a.json", (ROOT / "tests/feeds/shopify-partial.json").read_bytes().replace(b'"success"', b'"failure"')),
]


def refusals_of(name: str, content: bytes, feeds: Feeds) -> list[tuple[str, str, str]]:
    try:
        return [(each.code, each.what, each.where) for each in read_drop(name, content, feeds).refusals]
    except Rejected as error:
        return [(error.code, error.what, error.where)]


@pytest.mark.parametrize(("name", "content"), EXAMPLES, ids=lambda value: str(value)[:20])
def test_each_refusal_stands_in_the_page_as_it_is_said(name: str, content: bytes, feeds: Feeds) -> None:
    for code, what, where in refusals_of(name, content, feeds):
        section = PAGE.partition(f"### {code}\n")[2].partition("\n### ")[0]
        assert f"{where or 'the file'}: {what}\n" in section


def test_every_code_of_a_refusal_has_a_heading() -> None:
    of_no_file = {"admin-refused", "content-refused", "decision-refused", "picture-source-unusable", "vouchers-refused"}
    codes = {kind.code for kind in Rejected.__subclasses__()} - of_no_file
    assert codes == set(re.findall("^### ([a-z-]+)$", PAGE, re.MULTILINE))


EXPECTED_SAMPLES = {
    "10482-1of2.json": ["AH10482-1-r1 en partial"],
    "10482-2of2.json": ["AH10482-2-r1 en final"],
    "10490-gift.json": ["AH10490-1-r1 en final"],
    "10497-guest.json": ["AH10497-1-r1 de final"],
    "10503-ambassador-express.json": ["AH10503-1-r1 fr final"],
    "10511-forty-lines.json": ["AH10511-1-r1 de-AT final"],
    "10519-1of2.json": ["AH10519-1-r1 fr-CH partial"],
    "10519-2of2.json": ["AH10519-2-r1 fr-CH final"],
    "10526-oslo.json": ["AH10526-1-r1 en final"],
    "10560-new-articles.json": ["AH10560-1-r1 fr final"],
    "10571-late.json": ["AH10571-1-r1 en final"],
    "10578-points.json": ["AH10578-1-r1 de final"],
    "10585-thanks.json": ["AH10585-1-r1 en final"],
    "batch-2026-11-19.csv": [
        "AH10531-1-r1 en final",
        "AH10532-1-r1 en partial",
        "AH10533-1-r1 en final",
        "AH10534-1-r1 en final",
    ],
    "evening-2026-11-19.jsonl": ["AH10540-1-r1 fr final", "AH10541-1-r1 de final", "AH10542-1-r1 en final"],
    "halm-30117.json": ["HL30117-1-r1 en final"],
    "halm-30124-1of2.json": ["HL30124-1-r1 fr partial"],
    "halm-30131-gift.json": ["HL30131-1-r1 de final"],
    "halm-30138-ambassador.json": ["HL30138-1-r1 de final"],
    "halm-30152-welcome.json": ["HL30152-1-r1 fr final"],
    "lager-2026-11-20.csv": ["AH10550-1-r1 de partial", "AH10551-1-r1 de final"],
    "shopify-20431.json": ["20431-1-r1 en-US partial", "20431-2-r1 en-US final"],
}


def test_every_sample_is_read_whole(feeds: Feeds) -> None:
    found = {}
    for path in sorted(SAMPLES.iterdir()):
        reading = read_drop(path.name, path.read_bytes(), feeds)
        assert ((), False) == (reading.refusals, reading.may_grow)
        shipments = [each.shipment for each in reading.shipments]
        found[path.name] = [f"{each.note_id} {each.order.language} {each.kind}" for each in shipments]
    assert EXPECTED_SAMPLES == found


def test_the_example_of_the_page_is_the_first_sample() -> None:
    assert f"```json\n{(SAMPLES / '10482-1of2.json').read_text(encoding='utf-8')}```\n" in PAGE


def test_every_sample_is_introduced() -> None:
    assert [] == [name for name in EXPECTED_SAMPLES if f"`{name}`" not in PAGE]
