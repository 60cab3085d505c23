"""`slipway images`, as people and timers call it, with real notes in between."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from PIL import Image

from service.cli import images as images_module
from service.cli.main import main
from tests.builders import a_line, a_shipment
from tests.conftest import ROOT
from tests.sheets import run
from tests.shop import Shop, order_file

STORY = "STORY-AMBER-HOME"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Images:
    """`slipway images`, in this process."""

    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Answer:
        self.capture.readouterr()
        returncode = main(["--config", str(ROOT / "config"), "images", *arguments])
        said = self.capture.readouterr()
        return Answer(returncode, said.out, said.err)

    def asked(self, *arguments: str) -> list[dict[str, Any]]:
        """The lines of JSON that a command says."""
        answer = self(*arguments, "--json")
        assert 0 == answer.returncode, answer.stdout + answer.stderr
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def wanted(self) -> list[tuple[str, str, int]]:
        """What is wanted, but for the story that no library here has."""
        rows = [(row["picture"], *row["sizes"], row["notes"]) for row in self.asked("wanted")]
        return [row for row in rows if row[0] != STORY]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    (tmp_path / "spool").mkdir()
    return Shop(tmp_path / "spool", (("SLIPWAY_IMAGE_CACHE", str(tmp_path / "library")),))


@pytest.fixture
def images(shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Images]:
    monkeypatch.chdir(ROOT)
    for name, value in (("SLIPWAY_SPOOL", str(shop.spool)), *shop.backend):
        monkeypatch.setenv(name, value)
    yield Images(capsys)
    structlog.reset_defaults()


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    folder = tmp_path / "originals"
    folder.mkdir()
    Image.new("RGB", (700, 500), "navy").save(folder / "22139.png")
    return folder


def print_note(shop: Shop, order_id: str, *skus: str) -> None:
    shipment = a_shipment(order_id=order_id, lines=tuple(a_line(sku=sku) for sku in skus))
    shop.drop(f"{order_id}.json", order_file(shipment))
    assert 0 == shop.slipway("run", "--once").returncode


def pictures_on(shop: Shop, order_id: str) -> set[tuple[int, int]]:
    """The sizes in pixels of the JPEGs on the order's sheet."""
    (sheet,) = (shop.spool / "printers").glob(f"*/{order_id}-1-r1.pdf")
    rows = [line.split() for line in run("pdfimages", "-list", sheet).decode().splitlines()[2:]]
    return {(int(row[3]), int(row[4])) for row in rows if row[8] == "jpeg"}


def test_what_notes_miss_is_wanted_until_a_sync_brings_it(shop: Shop, images: Images, originals: Path) -> None:
    """And the note after the sync shows it, at exactly 300 dpi of its place."""
    assert [1] == [row["made"] for row in images.asked("sync", str(originals))]
    print_note(shop, "1001", "22139", "NEW-7")
    assert [("NEW-7", "165x165", 1)] == images.wanted()

    Image.new("RGB", (300, 600), "teal").save(originals / "new-7.webp")
    images.asked("sync", str(originals))

    assert [] == images.wanted()
    print_note(shop, "1002", "22139", "NEW-7")
    assert {(165, 118)} == pictures_on(shop, "1001")
    assert {(165, 118), (82, 165)} == pictures_on(shop, "1002")


def test_a_running_service_shows_what_a_sync_has_just_brought(shop: Shop, images: Images, originals: Path) -> None:
    images.asked("sync", str(originals))
    with shop.service():
        for order_id in ("1001", "1002"):
            file = shop.spool / f"{order_id}.json"
            file.write_bytes(order_file(a_shipment(order_id=order_id, lines=(a_line(sku="NEW-7"), a_line()))))
            assert 0 == shop.slipway("submit", "--wait", str(file)).returncode
            Image.new("RGB", (600, 600), "teal").save(originals / "NEW-7.jpg")
            images.asked("sync", str(originals))
    assert [{(165, 118)}, {(165, 118), (165, 165)}] == [pictures_on(shop, order_id) for order_id in ("1001", "1002")]


def test_a_sync_says_what_it_did_and_names_what_it_refused(shop: Shop, images: Images, originals: Path) -> None:
    (originals / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    (originals / "old.gif").write_bytes(b"GIF89a" + bytes(40))

    answer = images("sync", str(originals))

    assert 0 == answer.returncode
    assert "3 originals: 1 new, 0 changed, 0 unchanged, 2 refused; 0 gone" in answer.stdout
    assert "the library: 1 picture," in answer.stdout
    assert ["cut.jpg", "old.gif"] == [row["place"] for row in images.asked("refused")]
    assert "GIF" in answer.stdout


def test_check_finds_a_damaged_picture_and_verify_makes_it_anew(
    shop: Shop, images: Images, originals: Path, tmp_path: Path
) -> None:
    images.asked("sync", str(originals))
    assert "1 picture, all there and whole" in images("check").stdout
    prepared = next(path for path in (tmp_path / "library" / "pictures").glob("*/*.jpg"))
    prepared.chmod(0o644)
    prepared.write_bytes(prepared.read_bytes()[:-40] + bytes(40))

    answer = images("check")

    assert 1 == answer.returncode
    assert "22139" in answer.stdout
    assert "--verify" in answer.stdout
    images.asked("sync", str(originals), "--verify")
    assert 0 == images("check").returncode


def test_a_source_that_is_suddenly_empty_empties_nothing_until_told(
    shop: Shop, images: Images, originals: Path
) -> None:
    images.asked("sync", str(originals))
    (originals / "22139.png").unlink()

    answer = images("sync", str(originals))

    assert 1 == answer.returncode
    assert "picture-source-unusable" in answer.stderr
    assert "--allow-vanished" in answer.stderr
    assert 1 == images.asked("stats")[0]["pictures"]
    images.asked("sync", str(originals), "--allow-vanished")
    assert 0 == images.asked("stats")[0]["pictures"]


def test_a_source_that_has_moved_is_forgotten_by_its_old_place(shop: Shop, images: Images, originals: Path) -> None:
    images.asked("sync", str(originals))
    moved = originals.rename(originals.with_name("moved"))
    assert ["taken"] == [row["code"] for row in images.asked("sync", str(moved))[0]["refused"]]

    assert 1 == images("forget", "/nowhere").returncode
    answer = images("forget", os.path.relpath(originals))

    assert 0 == answer.returncode, answer.stderr
    assert "1 picture of" in answer.stdout
    assert [str(moved)] == [source["place"] for source in images.asked("stats")[0]["sources"]]
    assert 1 == images("forget", str(originals)).returncode
    assert 1 == images.asked("sync", str(moved))[0]["made"]
    expected = {"place": str(moved), "vanished": 1, "pictures": 0, "generation": 5}
    assert [expected] == images.asked("forget", str(moved))
    (made,) = images.asked("sync", str(moved))
    assert (1, 0) == (made["made"], made["prepared"]), "the generation before still knows them"


def test_a_source_that_has_moved_is_followed_and_nothing_is_made_anew(
    shop: Shop, images: Images, originals: Path, tmp_path: Path
) -> None:
    images.asked("sync", str(originals))
    new = originals.rename(tmp_path / "moved")
    assert 1 == images("moved", "/nowhere", str(new)).returncode
    assert [str(new)] == [one["place"] for one in images.asked("moved", str(originals), os.path.relpath(new))]
    assert 1 == images.asked("sync", str(new))[0]["unchanged"]
    assert [str(new)] == [source["place"] for source in images.asked("stats")[0]["sources"]]
    assert 1 == images("moved", str(new), str(new)).returncode


def test_a_shop_may_have_pictures_of_its_own(shop: Shop, images: Images, originals: Path, tmp_path: Path) -> None:
    images.asked("sync", str(originals))
    own = tmp_path / "own"
    own.mkdir()
    Image.new("RGB", (500, 700), "red").save(own / "22139.jpg")
    images.asked("sync", str(own), "--shop", "amber-home")

    print_note(shop, "1001", "22139")

    assert {(118, 165)} == pictures_on(shop, "1001")
    assert 1 == images("sync", str(own), "--shop", "elsewhere").returncode


def test_stats_say_where_pictures_come_from_and_what_is_missing_most(
    shop: Shop, images: Images, originals: Path
) -> None:
    assert "no library" in images("stats").stdout
    assert (1, True) == ((answer := images("check")).returncode, "there is no library" in answer.stdout)
    images.asked("sync", str(originals))
    lines = {"1": ("A-1",), "2": ("A-1", "A-2")}
    for order_id, skus in lines.items():
        shop.drop_shipment(a_shipment(order_id=order_id, lines=tuple(a_line(sku=sku) for sku in skus)))
    assert 0 == shop.slipway("run", "--once").returncode

    answer = images("stats")

    assert str(originals) in answer.stdout
    assert "missing on the newest 1,000 notes: 3 pictures" in answer.stdout  # and the story's
    assert answer.stdout.index("A-1") < answer.stdout.index("A-2")


def test_a_library_that_nobody_fills_wants_nothing(shop: Shop, images: Images) -> None:
    print_note(shop, "1001", "22139")
    assert [] == images.asked("wanted")


def test_a_broken_library_costs_the_pictures_and_not_the_note(
    shop: Shop, images: Images, originals: Path, tmp_path: Path
) -> None:
    images.asked("sync", str(originals))
    index = (tmp_path / "library" / "current").resolve()
    index.chmod(0o644)
    index.write_bytes(b"no index any more" * 400)

    print_note(shop, "1001", "22139")

    assert set() == pictures_on(shop, "1001")
    for question in ("stats", "wanted", "refused"):
        assert "the index can't be read" in images(question).stderr
    assert 1 == images("check").returncode
    assert "generation 1 was damaged" in images("sync", str(originals)).stdout
    print_note(shop, "1002", "22139")
    assert {(165, 118)} == pictures_on(shop, "1002")


def test_what_only_wants_a_sync_or_no_layout_asks_for_any_more_is_not_wanted(
    shop: Shop, images: Images, originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images.asked("sync", str(originals))
    print_note(shop, "1001", "NEW-7", "NEW-8")
    assert ["NEW-7", "NEW-8"] == [picture for picture, *_ in images.wanted()]
    with monkeypatch.context() as changed:
        layouts = shutil.copytree(ROOT / "layouts", tmp_path / "layouts")
        for layout in layouts.glob("*/layout.toml"):
            layout.write_text(layout.read_text().replace("picture_mm = [35, 14]", "picture_mm = [35, 13]"))
        changed.setenv("SLIPWAY_LAYOUTS", str(layouts))
        assert [] == images.wanted(), "no layout asks for them at that size"
        Image.new("RGB", (600, 600), "teal").save(originals / "NEW-7.jpg")
        images.asked("sync", str(originals))
    assert ["NEW-8"] == [picture for picture, *_ in images.wanted()], "the other is there, at another size"


def test_a_sync_that_is_stopped_says_what_is_kept(
    shop: Shop, images: Images, originals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_given: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(images_module, "sync", stopped)
    answer = images("sync", str(originals))
    assert (130, True) == (answer.returncode, "the next sync of this source goes on from here" in answer.stderr)


def test_a_ledger_that_cant_be_read_costs_a_sync_no_more_than_the_sizes_that_notes_wanted(
    shop: Shop, images: Images, originals: Path
) -> None:
    (shop.spool / "ledger.db").write_bytes(b"no ledger" * 1000)
    answer = images("sync", str(originals), "--json")
    assert (0, 1) == (answer.returncode, json.loads(answer.stdout)["made"])
    assert "ledger-unusable" in answer.stderr
