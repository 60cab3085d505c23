"""Order files for tests, as Python values and as bytes: whole and plausible, a test changes what matters to it."""

import copy
import csv
import io
import json
from typing import Any

from service.errors import Rejected
from service.intake.feeds import Feeds
from service.intake.order_file import dump_shipment
from service.intake.reading import Reading, Refusal, read_drop
from service.model import Shipment
from tests.builders import a_shipment

NO_FEEDS = Feeds()

COLUMNS = (
    *("order_id", "revision", "shop", "site", "language", "currency", "ordered_at", "promised_at", "dispatched_at"),
    *(
        "priority",
        "gift",
        "gift_message",
        "voucher_redeemed",
        "voucher_redeemed_2",
        "shipment_number",
        "shipment_of",
        "shipment_final",
    ),
    *("customer_id", "customer_name", "customer_status", "customer_previous_orders", "customer_marketing"),
    *("customer_member_since", "customer_birthday", "customer_referral_code"),
    *("loyalty_tier", "loyalty_points", "loyalty_earned", "delivery_name", "street", "street_2", "street_3"),
    *("postcode", "city", "region", "country", "lines_total", "line", "sku", "description", "category", "picture"),
    *("quantity", "quantity_ordered", "unit_price"),
)


def an_order_document(**changes: Any) -> dict[str, Any]:
    """An order file; a change is named by its path, as in customer__name or lines__0__sku. `...` removes the field."""
    document = copy.deepcopy(dump_shipment(a_shipment()))
    for path, value in changes.items():
        target: Any = document
        *above, last = [int(part) if part.isdigit() else part for part in path.split("__")]
        for part in above:
            target = target[part]
        if value is ...:
            del target[last]
        else:
            target[last] = value
    return document


def as_json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def as_lines(*documents: object) -> bytes:
    return b"".join(json.dumps(document, ensure_ascii=False).encode() + b"\n" for document in documents)


def flat_rows(document: dict[str, Any]) -> list[dict[str, str]]:
    """The rows of a shipment in the flat form, every column given."""
    parcel, who, goal = document["shipment"], document["customer"], document["delivery_address"]
    streets = [*goal["lines"], "", ""]
    redeemed = [*document.get("vouchers_redeemed", ()), "", ""]
    header = {
        **{name: document[name] for name in COLUMNS if name in document},
        "gift": str(document["gift"]).lower(),
        **{f"shipment_{name}": str(value).lower() for name, value in parcel.items()},
        **{f"customer_{name}": value for name, value in who.items() if name != "loyalty"},
        "customer_member_since": who["member_since"] or "",
        **{f"loyalty_{name}": value for name, value in who["loyalty"].items()},
        **{name: goal[name] for name in ("postcode", "city", "region", "country")},
        "delivery_name": goal["name"],
        "voucher_redeemed": redeemed[0],
        "voucher_redeemed_2": redeemed[1],
        "street": streets[0],
        "street_2": streets[1],
        "street_3": streets[2],
        "lines_total": len(document["lines"]),
    }
    return [
        {name: str({**header, "picture": "", **line, "line": number}[name]) for name in COLUMNS}
        for number, line in enumerate(document["lines"], 1)
    ]


def as_csv(rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS, *, delimiter: str = ",") -> bytes:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, columns, delimiter=delimiter, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def read(name: str, content: bytes, feeds: Feeds = NO_FEEDS) -> Reading:
    return read_drop(name, content, feeds)


def the_shipment(reading: Reading) -> Shipment:
    (only,) = reading.shipments
    assert not reading.refusals
    return only.shipment


def the_refusal(reading: Reading) -> Refusal:
    (only,) = reading.refusals
    return only


def rejection(name: str, content: bytes, feeds: Feeds = NO_FEEDS) -> Rejected:
    """Why the whole file is refused."""
    try:
        reading = read_drop(name, content, feeds)
    except Rejected as error:
        return error
    raise AssertionError(f"read {len(reading.shipments)} shipments")


def told(error: Rejected | Refusal) -> tuple[str, str, str]:
    return error.code, error.what, error.where
