"""Any order, in one process: a sheet with its facts, or held with a code. With any one fault: refused by its place."""

import re

import pytest
from hypothesis import HealthCheck, given, settings

from service.config import read_config
from service.errors import Held, Rejected
from service.intake.order_file import dump_shipment
from service.model import Shipment
from service.planning.house import compile_house
from service.planning.note import plan_note
from service.rendering.layouts.loading import load_layout
from service.rendering.renderer import Renderer
from tests.builders import a_shipment
from tests.conftest import ROOT
from tests.order_documents import as_json, read, the_shipment
from tests.order_strategies import Fault, faults, shipments
from tests.prove.any_orders import house_order, in_letters
from tests.prove.inputs import HOLDS, facts_missing, is_shown, text_of

HOUSE = compile_house(read_config(ROOT / "config", {}))
RENDERER = Renderer({"amber-home": load_layout(ROOT / "layouts" / "amber-home")})
bounded = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@bounded
@given(shipments())
def test_any_order_is_a_sheet_with_its_facts_or_held_with_a_code(shipment: Shipment) -> None:
    for each in (house_order(in_letters(shipment), a_shipment()), house_order(shipment, a_shipment())):
        taken = the_shipment(read("a.json", as_json(dump_shipment(each))))
        try:
            note = RENDERER.render(plan_note(taken, HOUSE), {})
        except Held as error:
            assert error.code in HOLDS
            assert error.hint
            continue
        assert [] == facts_missing(each, text_of(note.pdf))


@settings(bounded, max_examples=300)
@given(faults())
def test_any_one_fault_is_refused_with_its_place_and_what_to_do(fault: Fault) -> None:
    try:
        read("a.json", as_json(fault.put_into(dump_shipment(a_shipment(gift_message="With love")))))
    except Rejected as error:
        assert "invalid-order" == error.code
        assert re.search(rf"(^|; ){re.escape(fault.pointer)}(/|;|$)", error.where), (fault, error.where)
        assert error.hint
    else:
        raise AssertionError(f"taken: {fault}")


def test_what_a_sheet_does_not_say_is_found() -> None:
    sheet = "Delivery note 509217-1-r1\n2 Retrospot tea\nset ceramic 11 pc\n4 Rotating silver angel"
    assert ["the description of line 2"] == facts_missing(a_shipment(), sheet)
    everything = ["the order's number", "the description of line 1", "the pieces of line 1"]
    assert everything == facts_missing(a_shipment(), "")[:3]


@pytest.mark.parametrize(
    ("text", "sheet", "is_there"),
    [
        ("Größe <b>1</b>", "GRÖSSE\n<b>1</b>", True),
        ("<b>bold</b>", "bold", False),
        ("a\u200bb  c", "abc", True),
        ("&lt;", "<", False),
        ("שלום", "םולש", True),
        ("שלום", "שלו", False),
    ],
)
def test_a_text_is_on_a_sheet_only_as_it_was_sent(text: str, sheet: str, is_there: bool) -> None:
    assert is_there == is_shown(text, sheet)
