"""The notes as they were approved: text exact, pixels at 100 dpi, for each shop's layout in each language, without
campaigns and with some of them.

A golden is looked at by a person before it is committed. `python -m tests.goldens` makes them anew.
"""

import io
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from service.config import read_config
from service.model import LANGUAGES, Plan
from service.planning.house import House, compile_house
from service.planning.specimens import proof_set
from service.rendering.layouts.loading import load_layout
from service.rendering.renderer import Renderer
from tests.sample_library import sample_pictures
from tests.sheets import LAYOUTS, run
from tests.test_campaigns_shipped import CASES, FIRST_ADVENT, GERMANY, WEEK, note_of, small_order

FOLDER = Path(__file__).parent / "goldens"
ROOT = FOLDER.parent.parent
SHOPS = ("amber-home", "halm")  # each has a layout of its own name
CASE = "ambassador, final 2 of 2"  # with everything that a customer may get
CAMPAIGNS = {
    "halm-welcome": replace(CASES["welcome"], shop="halm"),
    "amber-home-birthday": CASES["birthday"],
    "amber-home-week": WEEK,
    "amber-home-advent": FIRST_ADVENT,
}
GOLDENS = tuple(product((*SHOPS, *CAMPAIGNS), LANGUAGES))
DPI = 100
SEEN = 48  # of 255: how far two pixels may be apart, where another build of poppler smooths an edge otherwise
FEW = 0.0001  # this part of a page's pixels may


@pytest.mark.parametrize(("name", "language"), GOLDENS)
def test_the_words_of_a_note_are_those_that_were_approved(name: str, language: str) -> None:
    approved = (FOLDER / f"{name}-{language}.txt").read_text(encoding="utf-8")

    assert approved == words_of_golden(golden_note(name, language))


@pytest.mark.parametrize(("name", "language"), GOLDENS)
def test_a_note_looks_as_it_was_approved(name: str, language: str, tmp_path: Path) -> None:
    approved = sorted(FOLDER.glob(f"{name}-{language}-*.png"))
    rasters = rasters_of(golden_note(name, language))

    assert len(approved) == len(rasters)
    for path, raster in zip(approved, rasters, strict=True):
        raster.save(tmp_path / path.name)
        with Image.open(path) as golden:
            assert golden.size == raster.size
            assert _differing(golden.convert("RGB"), raster) < FEW, f"look at {tmp_path / path.name}"


def test_a_golden_differs_where_a_price_is_gone() -> None:
    """The comparison sees a change as small as a digit of a price."""
    with Image.open(FOLDER / "amber-home-en-1.png") as golden:
        page = golden.convert("RGB")
    changed = page.copy()
    changed.paste((255, 255, 255), (722, 570, 756, 590))

    assert _differing(page, changed) > FEW


@cache
def golden_note(name: str, language: str) -> bytes:
    """The note of a specimen, by the configuration, the layouts and the pictures that ship."""
    plan = _campaign_note(name, language) if name in CAMPAIGNS else _plain_note(name, language)
    renderer = Renderer({plan.layout: load_layout(LAYOUTS / plan.layout)})
    return renderer.render(plan, sample_pictures(plan, renderer)).pdf


def _campaign_note(name: str, language: str) -> Plan:
    small = {"lines": small_order(language)} if CAMPAIGNS[name].slot == "promo" else {}
    in_germany = {"order": {"delivery_address": GERMANY}} if name == "amber-home-advent" else {}
    return note_of(CAMPAIGNS[name], language, **small, **in_germany)


def _plain_note(shop: str, language: str) -> Plan:
    house = _house()
    specimens = (one for one in proof_set(shop, house) if one.case == CASE)
    return next(one.plan for one in specimens if one.plan.language == language)


@cache
def _house() -> House:
    return compile_house(read_config(ROOT / "config", {}))


def words_of_golden(pdf: bytes) -> str:
    """The text of each page, line by line as it stands."""
    return run("pdftotext", "-layout", "-", "-", stdin=pdf).decode()


def rasters_of(pdf: bytes) -> list[Image.Image]:
    """Each page in pixels."""
    shown = run("pdftoppm", "-r", str(DPI), "-", stdin=pdf)
    pages = []
    while shown:  # one PPM after the other
        size = _ppm_bytes(shown)
        pages.append(Image.open(io.BytesIO(shown[:size])).convert("RGB"))
        shown = shown[size:]
    return pages


def _ppm_bytes(stream: bytes) -> int:
    _, width, height, _ = stream.split(maxsplit=4)[:4]
    return stream.index(b"\n255\n") + 5 + 3 * int(width) * int(height)


def _differing(one: Image.Image, other: Image.Image) -> float:
    """The part of the pixels that differ visibly."""
    apart = ImageChops.difference(one, other).convert("L").point(lambda value: 255 * (value > SEEN))
    return apart.histogram()[255] / (one.width * one.height)
