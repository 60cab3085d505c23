"""Marketing never holds a note: what can't be drawn of it is left out and said; what the customer needs holds it."""

from dataclasses import replace
from pathlib import Path

import pytest

from service.errors import GlyphMissing, LayoutBroken
from service.model import MARKETING, Code, Hero, Postal, Tile, Tiles, Words
from tests.plans import a_reference_plan, a_voucher
from tests.sheets import a_jpeg, found, text_of
from tests.two_sided import a_renderer

NOBODY_HAS = "\ue000"
FAULTY = {
    "promo": Hero((), NOBODY_HAS),
    "voucher": a_voucher(heading=NOBODY_HAS),
    "recommendations": Tiles("With it", (Tile(("P1",), NOBODY_HAS),)),
    "loyalty": Words(NOBODY_HAS),
    "feedback": Code("qr", "https://a.example", NOBODY_HAS),
}


@pytest.mark.parametrize("slot", sorted(FAULTY))
def test_a_character_that_nobody_has_costs_marketing_its_slot_and_no_more(tmp_path: Path, slot: str) -> None:
    plan = a_reference_plan(**{slot: FAULTY[slot]})
    note = a_renderer(tmp_path).render(plan, found(plan, {"P1": a_jpeg(tmp_path / "1.jpg")}))

    assert (f"no font has U+E000 a character without a name ({slot})",) == note.faults
    assert "509217-1-r1" in text_of(note)


def test_the_same_in_an_address_holds_the_note(tmp_path: Path) -> None:
    with pytest.raises(GlyphMissing) as caught:
        a_renderer(tmp_path).render(a_reference_plan(address=Postal("To", (NOBODY_HAS,))), {})

    assert "address" == caught.value.where


def test_a_slot_of_the_customer_without_a_frame_holds_the_note(tmp_path: Path) -> None:
    plan = a_reference_plan()
    with pytest.raises(LayoutBroken) as caught:
        a_renderer(tmp_path).render(replace(plan, blocks=(*plan.blocks, ("gauge", Words("?")))), {})

    assert "gauge" == caught.value.where


def test_marketing_that_is_taller_than_a_page_is_left_out(tmp_path: Path) -> None:
    flows = ('pages = "back"\nbox_mm = [16, 203.5, 178, 46]\n', "column_mm = [16, 178]\nabove_mm = 8\n")
    order = ('"totals", "loyalty"', '"totals", "voucher", "loyalty"')
    endless = a_voucher(terms=("One more.",) * 90)

    note = a_renderer(tmp_path, flows, order).render(a_reference_plan(voucher=endless), {})

    assert ("it is taller than a page (voucher)",) == note.faults
    assert endless.heading not in text_of(note)


def test_marketing_is_what_marketing_fills() -> None:
    """The customer's own slots are none of it: what is in the parcel, for whom, and what it cost."""
    assert not MARKETING & {"greeting", "address", "facts", "note-code", "parcel", "goods", "totals", "gift", "imprint"}


def test_marketing_that_leaves_no_room_for_what_the_customer_needs_goes(tmp_path: Path) -> None:
    """`help` stays below the story; where the story is too long for both, help stands and the story is said."""
    below = (
        'slot = "help"\npages = "back"\nbox_mm = [78, 250, 38, 33]',
        'slot = "help"\npages = "back"\nbelow = "promo"\nbox_mm = [16, 24, 178, 84]',
    )
    short, long = (Hero("", "Story", ("word " * count,)) for count in (20, 360))
    renderer = a_renderer(tmp_path, below)

    fits, crowded = (renderer.render(a_reference_plan(promo=promo), {}) for promo in (short, long))

    assert () == fits.faults
    assert "Story" in text_of(fits)
    assert 1 == len(crowded.faults)
    assert crowded.faults[0].startswith("it leaves no room for help: its content ends ")
    assert "Story" not in text_of(crowded)
    assert "care@amber-home.example" in text_of(crowded)


def test_marketing_does_not_push_marketing_out(tmp_path: Path) -> None:
    """A block of marketing that does not fit below another is left out alone."""
    below = ('[[words]]\nslot = "loyalty"\ncolumn_mm = [16, 110]\nabove_mm = 8\nwhere_room = true\n', "")
    table = '[[words]]\nslot = "loyalty"\npages = "back"\nbelow = "promo"\nbox_mm = [16, 24, 178, 84]\n'
    frame = (below[0], table)
    order = ('"totals", "loyalty"', '"totals"')
    plan = a_reference_plan(promo=Hero("", "Story", ("word " * 20,)), loyalty=Words("Points", ("point " * 500,)))

    note = a_renderer(tmp_path, frame, order).render(plan, {})

    assert 1 == len(note.faults)
    assert note.faults[0].endswith(" mm below its frame (loyalty)")
    assert "Story" in text_of(note)


def test_what_found_room_after_all_is_not_said_to_be_left_out(tmp_path: Path) -> None:
    """The voucher is too tall for any page; without it there is room for the points."""
    flows = ('pages = "back"\nbox_mm = [16, 203.5, 178, 46]\n', "column_mm = [16, 178]\nabove_mm = 8\n")
    order = ('"totals", "loyalty"', '"totals", "voucher", "loyalty"')
    plan = a_reference_plan(lines=1, voucher=a_voucher(terms=("One more.",) * 90), loyalty=Words("Points", ("310",)))

    note = a_renderer(tmp_path, flows, order).render(plan, found(plan, {"H0": a_jpeg(tmp_path / "h.jpg")}))

    assert "loyalty" not in note.left_out
    assert "Points" in text_of(note)
