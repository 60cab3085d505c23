"""Layouts: what ships is sound, and every fault of a file is told with line and key."""

import shutil
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from service.errors import ConfigInvalid
from service.model import SLOTS, Code, PictureSize
from service.rendering.layouts.loading import LayoutFile, load_layout, read_layout_file
from service.rendering.renderer import Renderer
from tests.plans import a_reference_plan
from tests.sheets import LAYOUTS, text_of
from tests.two_sided import NAME, a_renderer, table, write_layout

SHIPPED = sorted(path.parent for path in LAYOUTS.glob("*/layout.toml"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A layout of which each test spoils something."""
    return write_layout(tmp_path)


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda path: path.name)
def test_what_ships_is_sound(shipped: Path) -> None:
    load_layout(shipped)


def faults(folder: Path, change: tuple[str, str]) -> list[str]:
    """What is said of the layout with one change, from the file name on."""
    path = folder / "layout.toml"
    text = path.read_text()
    assert change[0] in text
    path.write_text(text.replace(*change, 1))
    with pytest.raises(ConfigInvalid) as caught:
        load_layout(folder)
    return [line.rpartition("/")[2] for line in caught.value.what.splitlines()]


@pytest.mark.parametrize(
    ("change", "line", "told"),
    [
        (("size_pt = 26", "size_pt = 280"), "size_pt = 280", "styles.display.size_pt: Input should be less than"),
        (("leading_pt = 30", "leading = 30"), "leading = 30", "styles.display.leading: there is no such key; did you"),
        (('font = "sans"', 'font = "comic"'), 'font = "comic"', "styles.display.font: fonts has no comic"),
        (('heading = "display"', 'heading = "huge"'), 'heading = "huge"', "words[4].heading: styles has no huge"),
        (('rule = "sand"', 'rule = "sandy"'), 'rule = "sandy"', "goods[1].rule: colours has no sandy"),
        (('fill = "sand"', 'fill = "silt"'), 'fill = "silt"', "voucher[1].fill: colours has no silt"),
        (('colour = "blue"', 'colour = "navy"'), 'colour = "navy"', "art[1].colour: colours has no navy"),
        (('blue = "#0000ff"', 'blue = "0000ff"'), 'blue = "0000ff"', "colours.blue: String should match pattern"),
        (("SourceSansPro-Regular.ttf", "Gone.ttf"), "[fonts.sans]", "fonts.sans: Gone.ttf can't be read as a font"),
        (("font_source_sans_pro", "font_nobody_has"), "[fonts.sans]", "fonts.sans: the font package font_nobody_has"),
        (("mark.svg", "gone.svg"), 'file = "gone.svg"', "art[1].file: gone.svg can't be read"),
        (("mark.svg", "mark.ai"), 'file = "mark.ai"', "art[1].file: String should match pattern"),
        (
            table("tiles", "recommendations", 'missing_picture = "gone.svg"'),
            "missing_picture",
            "tiles[1].missing_picture: gone.svg can't be read",
        ),
        (('slot = "help"', 'slot = "returns"'), 'slot = "returns"', "words[8].slot: returns has 2 frames"),
        (('leaves_out = ["referral"', 'leaves_out = ["help"'), 'slot = "help"', "words[9].slot: help is in leaves_out"),
        (('"parcel", "goods"', '"goods"'), "order = ", "flow.order: parcel has a frame with column_mm and is not"),
        (('"parcel", "goods"', '"parcel", "promo", "goods"'), "order = ", "flow.order: promo has no frame with column"),
        (('"parcel", "goods"', '"goods", "parcel", "goods"'), "order = ", "flow.order: goods is named 2 times"),
        (("bottom_last_mm = 272", "bottom_last_mm = 282"), "bottom_last_mm", "flow.bottom_last_mm: lies below bottom"),
        (('below = "address"', 'below = "goods"'), 'below = "goods"', "facts[1].below: goods has no frame with box_mm"),
        (('["address", "facts"]', '["gift"]'), "clear_of", "goods[1].clear_of: gift has no frame with box_mm"),
        (("[166, 251, 26, 26]", "[176, 251, 26, 26]"), "[176, 251", "code[2].box_mm: reaches into the margin of 14 mm"),
        (("[110, 14, 84, 11]", "[110, 93, 84, 11]"), "[110, 93", "code[1].box_mm: a code keeps 5 mm from the fold"),
        (("two_sided = true", ""), 'pages = "back"', "words[8].pages: the sheet has no back; set two_sided"),
        (
            ('pages = "every"\nbox_mm = [110, 14, 84, 11]', "column_mm = [110, 84]"),
            "column_mm = [110, 84]",
            "code[1].column_mm: a code doesn't flow; give it box_mm",
        ),
        (
            ("column_mm = [16, 178]\nabove_mm = 6\nclear_of", "box_mm = [16, 100, 178, 90]\n# clear_of"),
            "box_mm = [16, 100, 178, 90]",
            "goods[1].box_mm: goods always flows; give it column_mm",
        ),
        (
            ("column_mm = [136, 58]\nabove_mm = 5", "box_mm = [136, 220, 58, 20]"),
            "box_mm = [136, 220, 58, 20]",
            "totals[1].box_mm: totals always flows; give it column_mm",
        ),
        (table("code", "feedback", 'below = "help"'), 'below = "help"', "code[2].below: it takes its whole box"),
        (table("voucher", "voucher", 'below = "help"'), 'below = "help"', "voucher[1].below: it takes its whole box"),
        (table("postal", "address", 'below = "help"'), 'below = "help"', "postal[1].below: help stands on the other"),
        (
            table("postal", "address", 'below = "facts"'),
            'below = "facts"',
            "postal[1].below: the frames go round in a circle",
        ),
        (
            ('clear_of = ["address", "facts"]', 'clear_of = ["help"]'),
            "clear_of",
            "goods[1].clear_of: help stands on the other side of the sheet",
        ),
        (
            ('pages = "back"\nbox_mm = [16, 24, 178, 84]', "column_mm = [16, 178]\nwords_mm = [16, 80, 178, 40]"),
            "words_mm = [16, 80, 178, 40]",
            "hero[1].words_mm: goes with box_mm only",
        ),
        (
            table("hero", "promo", "words_mm = [16, 90, 90, 18]\nwords_column_mm = [120, 74]"),
            "words_column_mm = [120, 74]",
            "hero[1].words_column_mm: the words have a box already",
        ),
        (table("words", "loyalty", "box_mm = [20, 200, 50, 50]"), "[[words]]", "words[7]: a frame needs box_mm or"),
        (
            ("box_mm = [16, 203.5, 178, 46]", "box_mm = [16, 194, 178, 44]"),
            "box_mm = [16, 194, 178, 44]",
            "voucher[1].box_mm: a code keeps 5 mm from the fold at 198 mm",
        ),
        (
            ("box_mm = [16, 203.5, 178, 46]", "box_mm = [16, 203.5, 178, 50]"),
            "box_mm = [16, 203.5, 178, 50]",
            "voucher[1].box_mm: lies over the box of returns",
        ),
        (
            ("words_mm = [118, 250, 44, 33]", "words_mm = [118, 250, 60, 33]"),
            "words_mm = [118, 250, 60, 33]",
            "code[2].words_mm: lies over the other box of its frame",
        ),
        (
            ("box_mm = [16, 278, 130, 4]", "box_mm = [16, 278, 140, 4]"),
            "box_mm = [16, 278, 140, 4]",
            "words[3].box_mm: lies over the box of page_number",
        ),
        (("name_mm = [48, 80]", "name_mm = [48, 180]"), "name_mm", "goods[1].name_mm: reaches into the margin of 14"),
        (("column_mm = [136, 58]", "column_mm = [136, 68]"), "column_mm = [136, 68]", "totals[1].column_mm: reaches"),
        (("bottom_mm = 272", "bottom_mm = 292"), "bottom_mm = 292", "flow.bottom_mm: reaches into the margin of 14"),
        (("[[box]]", '[[rule]]\nfrom_mm = [16, 30]\nto_mm = [90, 31]\ncolour = "sand"\n\n[[box]]'), "to_mm",
         "rule[1].to_mm: the rule is neither level nor upright"),
        (("[[box]]", '[[rule]]\nfrom_mm = [6, 30]\nto_mm = [90, 30]\ncolour = "sand"\n\n[[box]]'), "from_mm",
         "rule[1].from_mm: reaches into the margin of 14 mm"),
        (('slot = "help"', 'slot = "halp"'), 'slot = "halp"', "words[9].slot: there is no slot halp; did you"),
        (('below = "address"', 'below = "adress"'), 'below = "adress"', "facts[1].below: there is no slot adress; did"),
        (('"parcel", "goods"', '"parcels", "goods"'), "order = ", "flow.order[3]: there is no slot parcels; did you"),
        (('"referral", "reg', '"referal", "reg'), "leaves_out", "leaves_out[1]: there is no slot referal; did you"),
        (('leaves_out = ["referral"', 'leaves_out = ["returns"'), "leaves_out", "leaves_out: returns may not be left"),
        (table("goods", "goods", "where_room = true"), "where_room = true",
         "goods[1].where_room: goods is on every note that has it"),
        (("two_sided = true", 'two_sided = "yes"'), "two_sided", "sheet.two_sided: Input should be a valid boolean"),
        (("value_mm = 25", 'value_mm = "25"'), "value_mm", "facts[1].value_mm: Input should be a valid number"),
        (("[48, 80]", '["48", 80]'), "name_mm", "goods[1].name_mm[1]: Input should be a valid number"),
        (("columns = 3", "columns = 3.0"), "columns = 3.0", "tiles[1].columns: Input should be a valid integer"),
        (table("tiles", "recommendations", 'missing_picture = "no.jpeg"'), "missing_picture",
         "tiles[1].missing_picture: String should match pattern"),
    ],
)  # fmt: skip
def test_a_fault_names_file_line_and_key(folder: Path, change: tuple[str, str], line: str, told: str) -> None:
    found = faults(folder, change)

    lines = [n for n, text in enumerate((folder / "layout.toml").read_text().splitlines(), 1) if line in text]
    assert any(fault.startswith(f"layout.toml:{number}: {told}") for fault in found for number in lines), found


REPRINT = """[[words]]
slot = "reprint"
pages = "every"
box_mm = [32, 28, 50, 4]
heading = "small"
text = "small"
"""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ((REPRINT, ""), "the file: no frame shows reprint; give it one"),
        (('leaves_out = ["referral", ', "leaves_out = ["), "the file: no frame shows referral; give it one, or name"),
    ],
)  # fmt: skip
def test_every_slot_has_a_frame_or_is_left_out(folder: Path, change: tuple[str, str], told: str) -> None:
    found = faults(folder, change)

    assert any(fault.startswith(f"layout.toml:1: {told}") for fault in found), found


ANCHORED_GIFT = (
    'column_mm = [16, 110]\nabove_mm = 8\nheading = "small"',
    'box_mm = [16, 60, 50, 20]\nheading = "small"',
)
WITHOUT_GIFT = ('"gift", ', "")


def returns_on(pages: str) -> tuple[str, str]:
    """The change that moves returns to a foot of the front."""
    table = 'slot = "returns"\npages = "{}"\nbox_mm = [16, 250, 60, {}]'
    return table.format("back", 33), table.format(pages, 27)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ((('clear_of = ["address", "facts"]', 'clear_of = ["address"]'),), {"goods": "facts", "totals": "facts"}),
        ((('clear_of = ["address", "facts"]', 'clear_of = ["facts"]'),), {}),
        ((('clear_of = ["address", "facts"]', "not_above_mm = 119"),), {"goods": "facts", "totals": "facts"}),
        ((('clear_of = ["address", "facts"]', "not_above_mm = 120"),), {}),
        ((("top_following_mm = 36", "top_following_mm = 31"),), {"totals": "note-code", "goods": "reprint"}),
        ((("bottom_last_mm = 272", "bottom_last_mm = 262"), ("bottom_mm = 272", "bottom_mm = 282")),
         {"goods": "imprint", "greeting": "imprint"}),
        ((ANCHORED_GIFT, WITHOUT_GIFT), {"greeting": "gift", "parcel": "gift", "goods": "gift", "loyalty": "gift"}),
        ((ANCHORED_GIFT, WITHOUT_GIFT, table("words", "greeting", 'clear_of = ["gift"]')), {}),
        ((ANCHORED_GIFT, WITHOUT_GIFT, table("words", "greeting", "not_above_mm = 80")), {}),
        ((returns_on("last"),), {"goods": "returns", "loyalty": "returns"}),
        ((returns_on("last"), ("bottom_last_mm = 272", "bottom_last_mm = 250")), {}),
        ((returns_on("following"), ("bottom_last_mm = 272", "bottom_last_mm = 250")), {"goods": "returns"}),
    ],
)  # fmt: skip
def test_what_flows_never_runs_over_what_is_anchored(
    tmp_path: Path, changes: tuple[tuple[str, str], ...], told: dict[str, str]
) -> None:
    """What a frame keeps clear of protects what follows it too, if it is on every note."""
    folder = write_layout(tmp_path, *changes)
    if not told:
        load_layout(folder)
        return
    with pytest.raises(ConfigInvalid) as caught:
        load_layout(folder)
    file = LayoutFile.model_validate(tomllib.loads((folder / "layout.toml").read_text()))
    kinds = {f"{kind}[{place}]": frame.slot for kind in ("words", "goods", "totals")
             for place, frame in enumerate(getattr(file, kind), 1)}  # fmt: skip
    found = [line.split(": ", 2)[1:] for line in caught.value.what.splitlines() if "may run over" in line]
    over = {
        (kinds[key.split(".")[0]], slot)
        for key, what in found
        for slot in what.removeprefix("may run over ").split(";")[0].split(", ")
    }
    assert set(told.items()) <= over


def test_the_foot_of_the_last_page_is_kept_free(tmp_path: Path) -> None:
    """With the flow of Halm's last page as low as that of the others, totals would print over its returns."""
    shutil.copytree(LAYOUTS / "halm", tmp_path / "halm")

    found = faults(tmp_path / "halm", ("bottom_last_mm = 221", "bottom_last_mm = 272"))

    assert any("totals[1].column_mm: may run over returns, feedback; end the flow" in fault for fault in found), found


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ((("between_mm = 5", "between_mm = 89"),), "tiles[1].between_mm: leaves 3 tiles no room"),
        ((table("tiles", "recommendations", "symbol_mm = 56"),), "tiles[1].between_mm: leaves 3 tiles no room"),
        ((table("tiles", "recommendations", "symbol_mm = 37"),), "tiles[1].symbol_mm: is more than the pictures are"),
        ((table("tiles", "recommendations", "symbol_mm = 13.8"),), "tiles[1].symbol_mm: a QR code with its white"),
        (
            (table("tiles", "recommendations", "symbol_mm = 14\nmodules_mm = [0.32]"),),
            "tiles[1].modules_mm: a module has at least 0.33 mm",
        ),
        ((("picture_mm = [32, 12]", "picture_mm = [30, 12]"),), "goods[1].picture_mm: begins before quantity_mm ends"),
        ((("unit_price_mm = [136", "unit_price_mm = [127"),), "goods[1].unit_price_mm: begins before name_mm ends"),
        ((("box_mm = [110, 14, 84, 11]", "box_mm = [110, 14, 84, 9.9]"),), "code[1].box_mm: bars are at least 10 mm"),
        ((("modules_mm = [0.33867, 0.254]", "modules_mm = [0.33867, 0.127]"),), "code[1].modules_mm: a module has at"),
        ((("[166, 251, 26, 26]", "[166, 251, 17, 26]"),), "code[2].box_mm: a QR code has at least 18 mm"),
        ((("modules_mm = [0.67733, 0.508]\n\n", "modules_mm = [0.67733, 0.508]\nsymbol_mm = 17\n\n"),),
         "voucher[1].symbol_mm: a QR code has at least 18 mm"),
        ((("0.67733, 0.508]\n\n", "0.67733, 0.254]\n\n"),), "voucher[1].modules_mm: a module has at least 0.33 mm"),
        ((table("voucher", "voucher", "code_mm = [106, 60]"),), "voucher[1].code_mm: reaches into the QR code"),
        ((table("voucher", "voucher", "code_mm = [20, 60]"),), "voucher[1].code_mm: begins left of the voucher"),
        ((("words_mm = [118, 250, 44, 33]", "words_mm = [118, 250, 46, 33]"),),
         "code[2].words_mm: lies in the white that the code of feedback needs around it"),
        ((("words_mm = [110, 28, 84, 4]", "words_mm = [90, 14, 18, 4]"),),
         "code[1].words_mm: lies in the white that the code of note-code needs around it"),
        ((('below = "address"\nlabel', "gap_mm = 5\nlabel"),), "facts[1].gap_mm: changes nothing"),
        ((('line = "blue"\n', ""),), "voucher[1].dash_mm: changes nothing without line"),
        ((('pages = "back"\nbox_mm = [16, 14, 178, 6]', 'pages = "back"\nbox_mm = [16, 14, 178, 6]\nweight_pt = 1'),),
         "box[1].weight_pt: changes nothing without line"),
        ((('pages = "back"\nbox_mm = [16, 203.5, 178, 46]', "as_its_content = true\ncolumn_mm = [16, 178]"),),
         "voucher[1].as_its_content: changes nothing where the voucher flows"),
        ((table("hero", "promo", "words_gap_mm = 3\nwords_column_mm = [120, 74]"),), "hero[1].words_gap_mm: changes"),
        ((("mark.svg", "mark.png"),), "art[1].colour: changes nothing in mark.png; it is for SVG"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_and_what_changes_nothing_are_faults(
    tmp_path: Path, changes: tuple[tuple[str, str], ...], told: str
) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load_layout(write_layout(tmp_path, *changes))

    assert told in caught.value.what


def test_a_back_without_a_frame_is_a_fault(folder: Path) -> None:
    path = folder / "layout.toml"
    path.write_text(path.read_text().replace('pages = "back"', 'pages = "first"'))

    found = faults(folder, ("margin_mm = 14", "margin_mm = 13"))

    assert any("sheet.two_sided: no frame stands on the back" in fault for fault in found)


@pytest.mark.parametrize(
    ("changes", "is_pale"),
    [
        ((("leading_pt = 30", 'leading_pt = 30\ncolour = "sand"'),), True),
        ((("leading_pt = 10", 'leading_pt = 10\ncolour = "blue"'),), False),
        ((("leading_pt = 30", 'leading_pt = 30\ncolour = "sand"'),
          ("box_mm = [16, 14, 178, 6]", "box_mm = [16, 36, 178, 240]"), ('[[box]]\npages = "back"', "[[box]]")), False),
    ],
)  # fmt: skip
def test_pale_text_is_a_fault_unless_it_stands_on_a_field(
    tmp_path: Path, changes: tuple[tuple[str, str], ...], is_pale: bool
) -> None:
    folder = write_layout(tmp_path, *changes)
    if not is_pale:
        load_layout(folder)
        return
    with pytest.raises(ConfigInvalid, match=r"styles.display.colour: has a contrast of 1.2 on white, and needs 4.5"):
        load_layout(folder)


@pytest.mark.parametrize(
    ("size", "fit", "needed"),
    [((142, 142), "contain", None), ((141, 141), "contain", "142 x 142"), ((284, 71), "contain", None),
     ((284, 71), "cover", "567 x 142"), ((100, 50), "contain", "142 x 71")],
)  # fmt: skip
def test_art_of_pixels_has_300_dpi_in_its_box(
    tmp_path: Path, size: tuple[int, int], fit: str, needed: str | None
) -> None:
    """The box is 12 mm square, which is 142 pixels at 300 dpi."""
    change = ('file = "mark.svg"', f'file = "mark.png"\nfit = "{fit}"')
    folder = write_layout(tmp_path, change, ('colour = "blue"\n', ""))
    Image.new("RGB", size, "navy").save(folder / "art" / "mark.png")

    if needed is None:
        load_layout(folder)
        return
    with pytest.raises(ConfigInvalid, match=f"{size[0]} x {size[1]} pixels, and needs {needed} here for 300 dpi"):
        load_layout(folder)


# Pictures of the library


def test_each_frame_with_pictures_says_their_size_in_pixels(folder: Path) -> None:
    """Rows of 12 mm, three tiles in 178 mm with 5 between them and 36 high, a hero of 178 by 60 mm, at 300 dpi."""
    assert {
        "goods": PictureSize(142, 142),
        "recommendations": PictureSize(661, 425),
        "promo": PictureSize(2102, 709, is_cropped=True),
    } == load_layout(folder).picture_sizes


def test_a_layout_may_want_the_white_round_articles_trimmed(tmp_path: Path) -> None:
    folder = write_layout(
        tmp_path, table("goods", "goods", "trimmed = true"), table("tiles", "recommendations", "trimmed = true")
    )
    sizes = load_layout(folder).picture_sizes
    assert ["142x142-trimmed", "661x425-trimmed", "2102x709-cropped"] == [
        sizes[slot].name for slot in ("goods", "recommendations", "promo")
    ]


def test_a_flowing_hero_is_as_wide_as_its_column_and_no_picture_is_smaller_than_a_pixel(tmp_path: Path) -> None:
    folder = write_layout(
        tmp_path,
        ('pages = "back"\nbox_mm = [16, 24, 178, 84]\n', "column_mm = [16, 60]\n"),
        ("picture_mm = 60", "picture_mm = 0.01"),
        ('"totals", "loyalty"', '"totals", "promo", "loyalty"'),
    )
    assert PictureSize(709, 1, is_cropped=True) == load_layout(folder).picture_sizes["promo"]


def test_a_layout_without_tiles_has_no_size_for_them(tmp_path: Path) -> None:
    text = write_layout(tmp_path).joinpath("layout.toml").read_text()
    tiles = text[text.index("[[tiles]]") : text.index("[[voucher]]")]
    folder = write_layout(tmp_path, (tiles, ""), ('leaves_out = ["', 'leaves_out = ["recommendations", "'))
    assert {"goods", "promo"} == load_layout(folder).picture_sizes.keys()


@pytest.mark.parametrize(
    ("expected", "layout"),
    [
        ({"goods": "165x165", "promo": "1355x472-cropped", "recommendations": "654x307"}, "amber-home"),
        ({"goods": "213x213", "promo": "1417x945-cropped", "recommendations": "489x449-trimmed"}, "halm"),
    ],
)
def test_the_sizes_of_what_ships(expected: dict[str, str], layout: str) -> None:
    assert expected == {slot: size.name for slot, size in load_layout(LAYOUTS / layout).picture_sizes.items()}


def test_a_file_can_be_read_without_its_fonts_and_art_and_is_checked_otherwise(folder: Path) -> None:
    path = folder / "layout.toml"
    path.write_text(path.read_text().replace("SourceSansPro-Regular.ttf", "Gone.ttf").replace("mark.svg", "gone.svg"))
    assert 12 == read_layout_file(folder).goods[0].picture_mm[1]
    path.write_text(path.read_text().replace('rule = "sand"', 'rule = "sandy"', 1))
    with pytest.raises(ConfigInvalid, match=r"layout\.toml:143: goods\[1\]\.rule: colours has no sandy$"):
        read_layout_file(folder)


def test_pictures_that_stand_in_have_300_dpi_too(tmp_path: Path) -> None:
    """A hero is cropped to 178 by 60 mm, a tile of three takes 56 by 36 mm of them, a row a square of 12 mm."""
    kinds = (("hero", "promo"), ("tiles", "recommendations"), ("goods", "goods"))
    folder = write_layout(tmp_path, *(table(kind, slot, 'missing_picture = "low.png"') for kind, slot in kinds))
    Image.new("RGB", (100, 100), "navy").save(folder / "art" / "low.png")

    with pytest.raises(ConfigInvalid) as caught:
        load_layout(folder)

    assert [("goods[1]", "142 x 142"), ("hero[1]", "2103 x 2103"), ("tiles[1]", "426 x 426")] == [
        (line.split(": ")[1].removesuffix(".missing_picture"), line.split(" needs ")[1].split(" here")[0])
        for line in caught.value.what.splitlines()
    ]


def test_frames_of_different_pages_may_share_their_place(tmp_path: Path) -> None:
    load_layout(write_layout(tmp_path, ("box_mm = [16, 24, 178, 84]", "box_mm = [16, 14, 178, 84]")))


def test_all_faults_are_told_at_once(folder: Path) -> None:
    path = folder / "layout.toml"
    path.write_text(
        path.read_text().replace('font = "sans"', 'font = "comic"').replace("name_mm = [48", "name_mm = [8")
    )

    told = {line.split(": ")[1].rpartition(".")[2] for line in faults(folder, ('colour = "blue"', 'colour = "ember"'))}

    assert {"font", "colour", "name_mm"} == told


def test_a_missing_layout_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"layout\.toml"):
        load_layout(tmp_path / "none")


def test_a_font_of_the_layout_itself_is_taken(folder: Path) -> None:
    import font_source_sans_pro

    (folder / "fonts").mkdir()
    source = Path(font_source_sans_pro.__file__).parent / "files" / "SourceSansPro-Bold.ttf"
    shutil.copy(source, folder / "fonts" / "Own.ttf")
    path = folder / "layout.toml"
    path.write_text(
        path.read_text().replace(
            'package = "font_source_sans_pro"\nfile = "SourceSansPro-Regular.ttf"', 'file = "Own.ttf"'
        )
    )

    note = Renderer({NAME: load_layout(folder)}).render(a_reference_plan(), {})

    assert b"SourceSansPro-Bold" in note.pdf


def test_a_slot_left_out_on_purpose_is_no_fault(tmp_path: Path) -> None:
    plan = a_reference_plan(referral=Code("qr", "https://amber-home.example/r/1", "Tell a friend"))

    note = a_renderer(tmp_path).render(plan, {})

    assert "Tell a friend" not in text_of(note)
    assert "referral" not in note.left_out


def test_the_schema_says_what_each_key_may_hold() -> None:
    schema = LayoutFile.model_json_schema()

    assert "layout.toml, whole." == schema["description"]
    assert {"sheet", "flow", "colours", "fonts", "styles", "page_number"} == set(schema["required"])
    assert "https://json-schema.org/draft/2020-12/schema" == schema["$schema"]
    assert list(SLOTS) == schema["$defs"]["WordsFrame"]["properties"]["slot"]["enum"]
    assert [] == [
        f"{table}.{name}"
        for table, content in {"layout": schema, **schema["$defs"]}.items()
        for name, key in content["properties"].items()
        if not {"description", "$ref"} & key.keys()
    ]
    assert all(schema["properties"][name]["additionalProperties"] is False for name in ("colours", "fonts", "styles"))
