"""Layouts: what ships is sound, and every fault of a file is told with line and key."""

import shutil
from pathlib import Path

import pytest

from service.errors import ConfigInvalid
from service.rendering.layouts import LayoutFile, load_layout
from service.rendering.renderer import Renderer
from tests.plans import a_plan
from tests.sheets import LAYOUTS, pages_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the layout that ships."""
    return Path(shutil.copytree(LAYOUTS / "amber-home", tmp_path / "amber-home"))


def faults(folder: Path, old: str, new: str) -> list[str]:
    """What is said of the layout with one change, from the file name on."""
    path = folder / "layout.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigInvalid) as caught:
        load_layout(folder)
    return [line.rpartition("/")[2] for line in caught.value.what.splitlines()]


def line_of(folder: Path, text: str) -> int:
    return (folder / "layout.toml").read_text().splitlines().index(text) + 1


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("size_pt = 28", "size_pt = 280", "size_pt = 280", "styles.display.size_pt: Input should be less than"),
        ("balanced = true", "balance = true", "balance = true", "styles.display.balance: there is no such key; did"),
        ('colour = "sand"', 'colour = "sandy"', 'colour = "sandy"', "rule[1].colour: colours has no sandy"),
        ('font = "sans"', 'font = "comic"', 'font = "comic"', "styles.body.font: fonts has no comic"),
        ('heading = "display"', 'heading = "huge"', 'heading = "huge"', "flowing_words[1].heading: styles has"),
        ('slot = "help"', 'slot = "returns"', 'slot = "returns"', "words[4].slot: returns has 2 frames"),
        ('"parcel", "goods"', '"goods"', None, "flow.order: parcel has a flowing frame and is not named"),
        ('"parcel", "goods"', '"parcel", "promo", "goods"', None, "flow.order: promo has no flowing frame"),
        ("bottom_last_mm = 211", "bottom_last_mm = 281", None, "flow.bottom_last_mm: lies below bottom_mm"),
        ('leaves_out = []', 'leaves_out = ["help"]', 'slot = "help"', "words[5].slot: help is in leaves_out"),
        ('below = "address"', 'below = "attic"', 'below = "attic"', "facts[1].below: attic has no anchored frame"),
        ('clear_of = ["address"', 'clear_of = ["attic"', None, "goods[1].clear_of: attic has no anchored frame"),
        ("[165, 222.5, 27, 27]", "[175, 222.5, 27, 27]", None, "code[2].box_mm: reaches into the margin of 12 mm"),
        ("[165, 222.5, 27, 27]", "[165, 190, 27, 27]", None, "code[2].box_mm: a code keeps 5 mm from the fold"),
        ("SourceSansPro-Regular.ttf", "Gone.ttf", None, "fonts.sans: Gone.ttf can't be read as a font"),
        ('file = "niche.svg"', 'file = "gone.svg"', 'file = "gone.svg"', "art[1].file: gone.svg can't be read as SVG"),
        ('package = "font_source_sans_pro"', 'package = "font_nobody_has"', None, "fonts.sans: the font package"),
        ('amber = "#84450f"', 'amber = "84450f"', None, "colours.amber: String should match pattern"),
    ],
)  # fmt: skip
def test_a_fault_names_file_line_and_key(folder: Path, old: str, new: str, line: str | None, told: str) -> None:
    found = faults(folder, old, new)

    place, _, what = found[0].partition(": ")
    assert what.startswith(told)
    assert place.startswith("layout.toml:")
    if line:
        numbers = [n for n, text in enumerate((folder / "layout.toml").read_text().splitlines(), 1) if line in text]
        assert int(place.removeprefix("layout.toml:")) in numbers


def test_all_faults_are_told_at_once(folder: Path) -> None:
    path = folder / "layout.toml"
    path.write_text(path.read_text().replace('font = "sans"', 'font = "comic"'))

    assert {"font", "colour"} == {
        line.split(": ")[1].rpartition(".")[2] for line in faults(folder, 'colour = "amber"', 'colour = "ember"')
    }


def test_a_missing_layout_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"layout\.toml"):
        load_layout(tmp_path / "none")


@pytest.mark.parametrize(
    ("svg", "what"),
    [
        ("<svg", "can't be read as SVG"),
        ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="3"/></svg>', "holds a circle"),
        ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"></svg>', "has no path"),
        ('<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0 L1 1"/></svg>', "no viewBox"),
        ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 nine"><path d="M0 0"/></svg>', "no viewBox"),
        ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0 Q oops"/></svg>', "no viewBox"),
    ],
)
def test_art_that_is_more_than_paths_is_refused(folder: Path, svg: str, what: str) -> None:
    (folder / "art" / "niche.svg").write_text(svg)

    with pytest.raises(ConfigInvalid, match=what):
        load_layout(folder)


def test_a_font_of_the_layout_itself_is_taken(folder: Path) -> None:
    import font_source_sans_pro

    (folder / "fonts").mkdir()
    source = Path(font_source_sans_pro.__file__).parent / "files" / "SourceSansPro-Bold.ttf"
    shutil.copy(source, folder / "fonts" / "Own.ttf")
    path = folder / "layout.toml"
    path.write_text(
        path.read_text().replace(
            'package = "font_source_sans_pro"\nfile = "SourceSansPro-Semibold.ttf"', 'file = "Own.ttf"'
        )
    )

    note = Renderer({"amber-home": load_layout(folder)}).render(a_plan(), {})

    assert b"SourceSansPro-Bold" in note.pdf


def test_a_slot_left_out_on_purpose_is_no_fault(folder: Path) -> None:
    path = folder / "layout.toml"
    path.write_text(path.read_text().replace("leaves_out = []", 'leaves_out = ["voucher"]'))
    plan = a_plan()

    note = Renderer({"amber-home": load_layout(folder)}).render(plan, {})

    assert 1 == len(pages_of(note))


def test_the_schema_says_what_each_key_may_hold() -> None:
    schema = LayoutFile.model_json_schema()

    assert "layout.toml, whole." == schema["description"]
    assert {"sheet", "flow", "colours", "fonts", "styles", "page_number"} == set(schema["required"])
