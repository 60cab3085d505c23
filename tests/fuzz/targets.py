"""What reads files of others, each with a few files of its kind to begin with: orders, feeds, codes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from service.config import read_config
from service.intake.feeds import Feeds, compile_feeds
from service.intake.order_file import dump_shipment
from service.intake.reading import read_drop
from service.intake.voucher_files import read_codes, read_redemptions
from service.model import Shipment
from service.planning.house import House, compile_house
from service.planning.note import plan_note
from service.rendering.layouts.loading import load_layout
from service.rendering.renderer import Renderer
from tests.builders import a_customer, a_line, a_shipment, an_address
from tests.conftest import ROOT
from tests.fuzz.judging import TAKEN, End, Finding, told
from tests.order_documents import as_csv, as_json, as_lines, flat_rows, read, the_shipment
from tests.prove.orders import MARKER

FEED_SAMPLES = ROOT / "tests" / "feeds"


@dataclass(frozen=True, slots=True)
class Target:
    """`read` returns how it ended, or raises what a file of this kind may end in; `mended` makes sums true again.

    `is_watched`: the lines it comes to decide what is changed further; not worth it where most of the time is drawing.
    """

    name: str
    read: Callable[[bytes], End]
    seeds: Callable[[], list[bytes]]
    words: tuple[bytes, ...] = ()
    mended: Callable[[bytes], bytes] = bytes
    is_watched: bool = True


@cache
def feeds() -> Feeds:
    return compile_feeds(read_config(ROOT / "config", {}))


@cache
def house() -> House:
    return compile_house(read_config(ROOT / "config", {}))


@cache
def renderer() -> Renderer:
    return Renderer({name: load_layout(ROOT / "layouts" / name) for name in ("amber-home", "halm")})


def read_as(name: str, *, drawn: bool = False) -> Callable[[bytes], End]:
    """Read a drop of this name as the service does: what is taken must say the same again, and can be planned."""

    def read_content(content: bytes) -> End:
        reading = read_drop(name, content, feeds())
        for each in reading.shipments:
            _use(each.shipment, drawn=drawn)
        for refusal in reading.refusals:
            return told(refusal.code, refusal.what, refusal.where, refusal.hint)
        return End(TAKEN)

    return read_content


def _use(shipment: Shipment, *, drawn: bool) -> None:
    if shipment != the_shipment(read("a.json", as_json(dump_shipment(shipment)))):
        raise Finding("what was taken reads otherwise the second time")
    plan = plan_note(shipment, house())
    if drawn:
        renderer().render(plan, {})


# Seeds: whole, small, and full of what must not be told --------------------------------------------------------------


def an_order() -> Shipment:
    whole = a_shipment(
        customer=a_customer(name=MARKER, id=MARKER, referral_code=MARKER),
        delivery_address=an_address(name=MARKER, lines=(f"{MARKER} Row 1",), city=MARKER),
        gift_message=f"{MARKER}\n{MARKER}",
        lines=(a_line(), a_line(sku="84347", quantity=4, quantity_ordered=6)),
    )
    return replace(whole, of=2, final=False)


def json_orders() -> list[bytes]:
    document = dump_shipment(an_order())
    rich = document | {
        "voucher": {"code": "A-1", "percent": 5, "expires": "2026-12-31"},
        "recommendations": [{"sku": "B", "description": MARKER, "price": "4.50"}],
        "vouchers_redeemed": ["X1"],
    }
    return [_small(document), _small(rich)]


def _small(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def json_lines() -> list[bytes]:
    first = dump_shipment(an_order())
    return [as_lines(first, first | {"order_id": "A2"}), as_lines(first)]


def flat_orders() -> list[bytes]:
    rows = flat_rows(dump_shipment(an_order()))
    return [as_csv(rows), as_csv([*rows, *flat_rows(dump_shipment(an_order()) | {"order_id": "A2"})])]


def shopify() -> list[bytes]:
    sample = (FEED_SAMPLES / "shopify-partial.json").read_bytes()
    return [json.dumps(json.loads(sample), ensure_ascii=False).encode()]


def lager() -> list[bytes]:
    return [(FEED_SAMPLES / "lager-november.csv").read_bytes()]


CODES = (
    b"code,percent,amount,currency,minimum,expires,categories\nA-1,10,,,,2026-12-31,lamps;tableware\n"
    b"A-2,,5.00,EUR,20,2026-12-31,\n",
    b"code,free_shipping\nF1,yes\nF2,true\n",
)
REDEMPTIONS = (b"code,order_id\nA-1,509217\nA-2,\n",)


def _codes(content: bytes) -> End:
    read_codes(content)
    return End(TAKEN)


def _redemptions(content: bytes) -> End:
    read_redemptions(content)
    return End(TAKEN)


def words_of(*texts: str) -> tuple[bytes, ...]:
    return tuple(word.encode() for text in texts for word in text.split())


ORDER_WORDS = words_of(
    "slipway/order/1 order_id revision shop site language currency priority gift gift_message ordered_at promised_at",
    "shipment number of final customer delivery_address lines sku description category picture quantity unit_price",
    "voucher percent amount free_shipping minimum expires recommendations vouchers_redeemed loyalty points region",
    "amber-home halm uk eu int en fr de de-AT zh GBP EUR JPY BHD GB FR JP XK express true false null 509217 A2",
)
CSV_WORDS = (
    *words_of("lines_total line 2 shipment_number true false yes", "Positionen Pos Paket Menge Deutschland ja nein"),
    *(b'"a""b"', b'"a\nb"', b",,,", b";;;", b'=cmd|" /C calc"!A0', b"@SUM(1)", b"\xe4\xf6", b"1.234,50", b"x" * 300),
)
FEED_WORDS = words_of(
    "order orders fulfillments line_items id cancelled success fulfilled customer null 1001 #1001 variant_id"
)

ORDER_TARGETS = (
    Target("order", read_as("a.json"), json_orders, ORDER_WORDS),
    Target("note", read_as("a.json", drawn=True), json_orders, ORDER_WORDS, is_watched=False),
    Target("lines", read_as("a.jsonl"), json_lines, ORDER_WORDS),
    Target("flat", read_as("a.csv"), flat_orders, CSV_WORDS),
    Target("shopify", read_as("shopify-a.json"), shopify, FEED_WORDS),
    Target("lager", read_as("lager-a.csv"), lager, CSV_WORDS),
    Target("codes", _codes, lambda: list(CODES), CSV_WORDS),
    Target("redemptions", _redemptions, lambda: list(REDEMPTIONS), CSV_WORDS),
)
