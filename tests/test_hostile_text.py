"""Any text in any field: a note that shows it, or a refusal or hold with a code; never a traceback, never lost."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from service.config import read_config
from service.errors import Held, Rejected
from service.intake.feeds import compile_feeds
from service.intake.reading import read_drop
from service.planning.house import compile_house
from service.planning.note import plan_note
from service.rendering.layouts.loading import load_layout
from service.rendering.renderer import Renderer
from tests.conftest import ROOT
from tests.prove.inputs import HOLDS, NAMED, SHOWN, is_shown, naughty_strings, string_fields, text_in, text_of
from tests.prove.orders import Orders
from tests.shop import Shop


@pytest.fixture(scope="module")
def naughty() -> list[str]:
    return naughty_strings()


@pytest.mark.corpora
def test_a_naughty_string_is_shown_or_refused_with_a_code(naughty: list[str]) -> None:
    """Each string in one field, each field with many strings: the campaign `naughty` of `make prove` has them all."""
    config = read_config(ROOT / "config", {})
    house, feeds = compile_house(config), compile_feeds(config)
    renderer = Renderer({"amber-home": load_layout(ROOT / "layouts" / "amber-home")})
    orders = Orders(random.Random(1))
    fields = string_fields(orders)
    ends: Counter[str] = Counter()
    for number, text in enumerate(naughty):
        place = fields[number % len(fields)]
        one = text_in(place, text, orders)
        try:
            (read,) = read_drop("order.json", json.dumps(one.document).encode(), feeds).shipments
            note = renderer.render(plan_note(read.shipment, house), {})
        except (Rejected, Held) as error:
            assert error.code and error.hint
            assert place in NAMED or len(text) < 4 or text not in error.what, "an error text quotes the order"
            ends[error.code] += 1
            continue
        ends["shown"] += 1
        if place in SHOWN:
            assert is_shown(text, text_of(note.pdf)), (place, text)
    assert ends["shown"] > len(naughty) / 4
    assert set(ends) <= {"shown", "invalid-order", "unknown-format", *HOLDS}


@pytest.mark.corpora
def test_naughty_files_each_end_in_one_place(naughty: list[str], tmp_path: Path) -> None:
    shop = Shop(tmp_path / "spool")
    some = naughty[::20]
    for number, text in enumerate(some):
        one = text_in(("lines", 0, "description"), text, Orders(random.Random(1), first=number))
        shop.drop(f"{number}.json", json.dumps(one.document).encode())
    run = shop.slipway("run", "--once")
    assert "Traceback" not in run.stderr
    receipts = [shop.receipt(f"{number}.json") for number in range(len(some))]
    assert {"completed", "held", "rejected"} >= {receipt["state"] for receipt in receipts}
    for receipt in receipts:
        why = [part["code"] for part in (*receipt["notes"], *receipt["problems"])]
        assert receipt["state"] == "completed" or all(why)
    files = shop.files()
    assert ([], []) == (files["incoming"], files["working"])
    assert len(some) == len(files["done"]) + len(files["problem"]) // 2
