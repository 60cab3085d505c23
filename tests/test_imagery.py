"""The picture library: looked up by id, never by path; what is missing is said once, in one line for each note."""

import io
import json
from pathlib import Path

import pytest
import structlog
from PIL import Image

from service.config import read_config
from service.imagery.library import Library
from service.intake.feeds import compile_feeds
from service.intake.reading import read_drop
from service.log import configure_log
from service.model import Goods, GoodsRow, Plan
from service.planning.house import compile_house
from service.planning.note import plan_note
from tests.conftest import ROOT


def a_plan(*pictures: str) -> Plan:
    rows = tuple(GoodsRow("1", "Bowl", picture, "", "", "", picture) for picture in pictures)
    return Plan("509217-1-r1", 1, "en", "amber-home", "", "", (("goods", Goods(("", "", "", ""), rows)),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    Image.new("RGB", (20, 20), "white").save(tmp_path / "deep" / "AH-1.jpg")
    return tmp_path


def test_a_picture_is_found_at_any_depth_whatever_the_case(folder: Path) -> None:
    assert folder / "deep" / "AH-1.jpg" == Library(folder).look_up("ah-1")


@pytest.mark.parametrize("picture", ["../AH-1", "deep/AH-1", "", "\0", "A" * 5000, "%2e%2e"])
def test_an_id_never_becomes_a_path(folder: Path, picture: str) -> None:
    assert Library(folder / "deep").look_up(picture) is None


def test_a_plan_gets_the_pictures_that_are_there(folder: Path) -> None:
    assert {"AH-1": folder / "deep" / "AH-1.jpg"} == Library(folder).pictures_of(a_plan("AH-1", "AH-2", "AH-1", ""))


def test_missing_pictures_are_one_line_for_a_note_and_each_is_counted_once(folder: Path) -> None:
    stream, library = io.StringIO(), Library(folder)
    configure_log(stream)
    library.log_missing(a_plan("AH-2", "AH-1", "AH-3"))
    library.log_missing(a_plan("AH-3", "AH-4"))
    library.log_missing(a_plan("AH-2"))
    structlog.reset_defaults()
    said = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [("AH-2", 2), ("AH-4", 1)] == [(line["picture"], line["pictures"]) for line in said]


def test_a_library_that_is_not_there_is_empty_and_says_nothing(tmp_path: Path) -> None:
    stream = io.StringIO()
    configure_log(stream)
    library = Library(tmp_path / "nowhere")
    library.log_missing(a_plan("AH-1"))
    assert {} == library.pictures_of(a_plan("AH-1"))
    structlog.reset_defaults()
    assert "" == stream.getvalue()


def test_a_sick_picture_is_named(folder: Path) -> None:
    whole = (folder / "deep" / "AH-1.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(whole[:-40])
    (folder / "gif.jpg").write_bytes(b"GIF89a")
    Image.new("RGB", (64, 64)).save(folder / "progressive.jpg", progressive=True)
    faults = sorted(fault.removeprefix(f"{folder}/") for fault in Library(folder).faults())
    assert ["cut.jpg: is cut short", "gif.jpg: is no JPEG"] == faults[:2]
    assert faults[2].startswith("progressive.jpg: is progressive")


def test_every_picture_of_the_samples_is_print_ready() -> None:
    assert [] == list(Library(ROOT / "image_cache").faults())


def test_every_sample_order_has_its_pictures() -> None:
    """Of the goods that are sold, of those recommended, and of each shop's story."""
    config = read_config(ROOT / "config", {})
    house, feeds, library = compile_house(config), compile_feeds(config), Library(ROOT / "image_cache")
    plans = [
        plan_note(read.shipment, house)
        for path in sorted((ROOT / "docs" / "samples").iterdir())
        for read in read_drop(path.name, path.read_bytes(), feeds).shipments
    ]
    asked = {picture for plan in plans for picture in plan.pictures}
    assert 30 < len(asked)
    assert set() == {picture for picture in asked if not library.look_up(picture)}
