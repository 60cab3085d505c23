"""Codes as a reader sees them: each code of a shop's notes, off the raster of two engines at two resolutions."""

from itertools import product
from pathlib import Path

import pytest

from service.config import read_config
from service.model import Code, Plan, Tiles, Voucher
from service.planning.house import compile_house
from service.planning.specimens import specimens
from service.rendering.layouts.loading import Layout, load_layout
from service.rendering.renderer import Renderer
from tests.conftest import ROOT
from tests.sample_library import sample_pictures
from tests.sheets import codes_on
from tests.test_goldens import SHOPS

CASES = ("ambassador, final 2 of 2", "returning, in one parcel, gift", "longest")
TOO_LONG = (("longest", "en"), ("longest", "fr"))  # as German, and a dozen pages each
FINE = 18  # a note id of more letters has bars narrower than two dots of 150 dpi
KINDS = {"qr": "QR-Code", "code128": "CODE-128"}


@pytest.mark.parametrize(("shop", "case"), tuple(product(SHOPS, CASES)))
def test_every_code_of_a_note_is_read_off_the_paper(shop: str, case: str, tmp_path: Path) -> None:
    house, layout = compile_house(read_config(ROOT / "config", {})), load_layout(ROOT / "layouts" / shop)
    renderer = Renderer({shop: layout})
    for specimen in specimens(shop, house):
        if specimen.case != case or (case, specimen.shipment.order.language) in TOO_LONG:
            continue
        plan = specimen.plan
        note = renderer.render(plan, sample_pictures(plan, renderer))
        expected = codes_of(plan, without={*note.left_out, *layout.file.leaves_out}) | codes_of_tiles(plan, layout)
        for tool, dpi in product(("pdftoppm", "gs"), (150, 300)):
            too_fine = {f"CODE-128:{plan.note_id}"} if dpi == 150 and len(plan.note_id) > FINE else set()
            assert expected - too_fine == codes_on(note, tmp_path / f"{plan.language}-{tool}-{dpi}", tool, dpi)


def codes_of(plan: Plan, without: set[str]) -> set[str]:
    """What zbar says of the codes of a plan."""
    codes = set()
    for slot, block in plan.blocks:
        match block:
            case Code() if slot not in without:
                codes.add(f"{KINDS[block.symbology]}:{block.data}")
            case Voucher() if slot not in without:
                codes.add(f"{KINDS['qr']}:{block.scan}")
    return codes


def codes_of_tiles(plan: Plan, layout: Layout) -> set[str]:
    """The same of the tiles that are shown: all of the samples have their pictures."""
    tiles = dict(plan.blocks).get("recommendations")
    (frame,) = layout.file.tiles
    shown = tiles.tiles[: frame.columns] if isinstance(tiles, Tiles) and frame.symbol_mm else ()
    return {f"{KINDS['qr']}:{tile.scan}" for tile in shown}


def test_a_layout_that_ships_has_codes_at_its_tiles() -> None:
    assert ["halm"] == [shop for shop in SHOPS if load_layout(ROOT / "layouts" / shop).file.tiles[0].symbol_mm]
