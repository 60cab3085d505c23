"""Any text in any field: a note that shows it, or a refusal or hold with a code; never a traceback, never lost."""

import json
import subprocess
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from service.config import read_config
from service.errors import Held, Rejected
from service.intake.feeds import compile_feeds
from service.intake.order_file import dump_shipment
from service.intake.reading import read_drop
from service.planning.house import compile_house
from service.planning.note import plan_note
from service.rendering.layouts.loading import load_layout
from service.rendering.renderer import Renderer
from tests.builders import a_shipment
from tests.conftest import ROOT
from tests.shop import Shop

SHOWN = (
    ("delivery_address", "name"),
    ("delivery_address", "city"),
    ("delivery_address", "lines", 0),
    ("gift_message",),
)
NAMED = (("shop",), ("site",), ("language",))  # keys of the configuration: an error may say which one is missing
ELSEWHERE = (
    ("order_id",),
    ("shop",),
    ("site",),
    ("language",),
    ("currency",),
    ("priority",),
    ("ordered_at",),
    ("customer", "id"),
    ("customer", "name"),
    ("customer", "status"),
    ("customer", "birthday"),
    ("customer", "referral_code"),
    ("customer", "loyalty", "tier"),
    ("delivery_address", "postcode"),
    ("delivery_address", "country"),
    ("lines", 0, "sku"),
    ("lines", 0, "description"),
    ("lines", 0, "category"),
    ("lines", 0, "picture"),
    ("lines", 0, "unit_price"),
    ("voucher", "code"),
    ("recommendations", 0, "description"),
    ("recommendations", 0, "picture"),
)


@pytest.fixture(scope="module")
def naughty(request: pytest.FixtureRequest) -> list[str]:
    from tests.conftest import CORPORA

    found = next((CORPORA / "text" / "blns").rglob("blns.json"))
    strings: list[str] = json.loads(found.read_text(encoding="utf-8"))
    return strings


@pytest.mark.corpora
@pytest.mark.timeout(400)
def test_a_naughty_string_is_shown_or_refused_with_a_code(naughty: list[str]) -> None:
    config = read_config(ROOT / "config", {})
    house, feeds = compile_house(config), compile_feeds(config)
    renderer = Renderer({"amber-home": load_layout(ROOT / "layouts" / "amber-home")})
    ends: Counter[str] = Counter()
    for field, text in ((field, text) for field in (*SHOWN, *ELSEWHERE) for text in naughty):
        try:
            (read,) = read_drop("order.json", an_order_with(field, text), feeds).shipments
            note = renderer.render(plan_note(read.shipment, house), {})
        except (Rejected, Held) as error:
            assert error.code and error.hint
            assert field in NAMED or len(text) < 4 or text not in error.what, "an error text quotes the order"
            ends[error.code] += 1
            continue
        ends["shown"] += 1
        if field in SHOWN:
            assert is_shown(text, text_of(note.pdf)), (field, text)
    assert ends["shown"] > len(naughty)
    assert set(ends) <= {
        "shown",
        "invalid-order",
        "glyph-missing",
        "does-not-fit",
        "unknown-shop",
        "unknown-site",
        "language-unsupported",
    }


@pytest.mark.corpora
@pytest.mark.timeout(200)
def test_naughty_files_each_end_in_one_place(naughty: list[str], tmp_path: Path) -> None:
    shop = Shop(tmp_path / "spool")
    for number, text in enumerate(naughty):
        content = an_order_with(("lines", 0, "description"), text, order_id=f"N{number}")
        shop.drop(f"{number}.json", content)
    run = shop.slipway("run", "--once")
    assert "Traceback" not in run.stderr
    receipts = [shop.receipt(f"{number}.json") for number in range(len(naughty))]
    assert {"completed", "held", "rejected"} >= {receipt["state"] for receipt in receipts}
    for receipt in receipts:
        why = [part["code"] for part in (*receipt["notes"], *receipt["problems"])]
        assert receipt["state"] == "completed" or all(why)
    files = shop.files()
    assert ([], []) == (files["incoming"], files["working"])
    assert len(naughty) == len(files["done"]) + len(files["problem"]) // 2


def an_order_with(field: tuple[Any, ...], text: str, order_id: str = "509217") -> bytes:
    """A gift order whose field holds `text`; it brings offers, which are not for gifts."""
    order = dump_shipment(a_shipment(gift=True, gift_message="With love", order_id=order_id))
    order |= {"voucher": {"code": "A", "percent": 5}, "recommendations": [{"sku": "B", "description": "C"}]}
    place: Any = order
    for key in field[:-1]:
        place = place[key]
    place[field[-1]] = text
    return json.dumps(order).encode()


def text_of(pdf: bytes) -> str:
    """The text as a reader copies it, by poppler."""
    told = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, timeout=20, check=True)
    return told.stdout.decode()


def is_shown(text: str, sheet: str) -> bool:
    """True if the sheet shows the text; of right-to-left text a reader gives the letters, not their order."""
    wanted, given = visible(text), visible(sheet)
    if any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in wanted):
        return Counter(wanted) <= Counter(given)
    return wanted in given


def visible(text: str) -> str:
    """What of a text can be seen, whatever the line breaks: no spaces, no format characters. Towns are in capitals."""
    normal = unicodedata.normalize("NFC", text).casefold()
    return "".join(
        letter for letter in normal if unicodedata.category(letter) not in ("Cf", "Zs", "Cc", "Mn", "Zl", "Zp")
    )
