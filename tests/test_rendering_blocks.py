"""Hero, tiles, voucher, stand-ins for pictures, boxes and art: as they are seen on the sheet."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from service.errors import LayoutBroken
from service.model import Facts, Goods, Hero, Postal, RenderedNote, Tile, Tiles, Words
from tests.plans import WORDS, a_plan, a_reference_plan, a_row, a_voucher
from tests.sheets import a_jpeg, codes_on, found, pages_of, pictures_for, pixels_of, run, text_of
from tests.two_sided import NAME, a_renderer, table

MM = 72 / 25.4
GREEN, BLUE, SAND, WHITE = (0, 255, 0), (0, 0, 255), (238, 238, 204), (255, 255, 255)
HERO_MM = (16, 24, 178, 60)


def seen(note: RenderedNote, x_mm: float, y_mm: float, page: int = 2) -> tuple[int, int, int]:
    """The colour at a place of the back, or of another page."""
    colour = pixels_of(note, page).getpixel((round(x_mm * MM), round(y_mm * MM)))
    assert isinstance(colour, tuple)
    return colour


def is_near(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 24 for a, b in zip(one, other, strict=True))


def halves(path: Path, size: tuple[int, int], *, upright: bool) -> Path:
    """A JPEG of red, green and blue stripes, of which the middle one is as large as both others."""
    picture = Image.new("RGB", size, "lime")
    width, height = size
    first = (0, 0, width // 4, height) if upright else (0, 0, width, height // 4)
    last = (width * 3 // 4, 0, width, height) if upright else (0, height * 3 // 4, width, height)
    picture.paste((255, 0, 0), first)
    picture.paste(BLUE, last)
    picture.save(path, "JPEG", quality=95)
    return path


# Hero


@pytest.mark.parametrize(("size", "upright"), [((1200, 200), True), ((712, 480), False)])
def test_a_hero_fills_its_room_and_is_cropped_on_both_sides_alike(
    tmp_path: Path, size: tuple[int, int], upright: bool
) -> None:
    """Of a picture twice as wide or as tall as its room, the middle half is shown, and no more."""
    picture = halves(tmp_path / "hero.jpg", size, upright=upright)

    plan = a_reference_plan()
    note = a_renderer(tmp_path).render(plan, found(plan, {"H0": picture}))

    left, top, width, height = HERO_MM
    corners = [(left + dx, top + dy) for dx in (1, width - 1) for dy in (1, height - 1)]
    assert all(is_near(GREEN, seen(note, *corner)) for corner in corners)
    outside = [(left - 1, top + 9), (left + width + 1, top + 9), (left + 9, top - 1), (left + 9, top + height + 1)]
    assert {WHITE} == {seen(note, *place) for place in outside}


def test_a_hero_without_its_picture_is_its_words_alone(tmp_path: Path) -> None:
    note = a_renderer(tmp_path).render(a_reference_plan(), {})

    assert WORDS["en"]["promo"][0] in pages_of(note)[1]
    assert {WHITE} == {seen(note, 150, top) for top in (40, 60, 80)}
    assert top_of(note, "winter") < 24 + 1


def test_a_hero_without_its_picture_takes_the_art_that_stands_in(tmp_path: Path) -> None:
    renderer = a_renderer(tmp_path, table("hero", "promo", 'missing_picture = "stand-in.svg"'))

    note = renderer.render(a_reference_plan(), {})

    left, top, width, height = HERO_MM
    assert {GREEN} == {seen(note, left + dx, top + dy) for dx in (1, width - 1) for dy in (1, height - 1)}


def test_words_of_a_hero_may_have_a_box_of_their_own(tmp_path: Path) -> None:
    change = (
        "box_mm = [16, 24, 178, 84]\npicture_mm = 60",
        "box_mm = [16, 24, 90, 60]\nwords_mm = [120, 24, 74, 60]\npicture_mm = 60",
    )
    renderer = a_renderer(tmp_path, change)
    plan = a_reference_plan()

    both, words = renderer.render(plan, pictures_for(plan, tmp_path)), renderer.render(plan, {})

    assert abs(top_of(both, "winter") - 24) < 2
    assert abs(top_of(words, "winter") - 24) < 2
    assert WHITE != seen(both, 60, 50)
    assert WHITE == seen(words, 60, 50)


def test_a_hero_flows_with_its_words(tmp_path: Path) -> None:
    flows = ('pages = "back"\nbox_mm = [16, 24, 178, 84]\n', "column_mm = [16, 178]\nabove_mm = 8\n")
    renderer = a_renderer(tmp_path, flows, ('"totals", "loyalty"', '"totals", "promo", "loyalty"'))
    plan = a_reference_plan(lines=8)

    pages = pages_of(renderer.render(plan, pictures_for(plan, tmp_path)))

    assert WORDS["en"]["promo"][0] in pages[2]
    assert "nine months of work" in pages[2]


def test_words_of_a_hero_may_stand_beside_its_picture(tmp_path: Path) -> None:
    change = (
        "box_mm = [16, 24, 178, 84]\npicture_mm = 60",
        "box_mm = [16, 24, 90, 60]\nwords_column_mm = [120, 74]\npicture_mm = 60",
    )
    plan = a_reference_plan()

    note = a_renderer(tmp_path, change).render(plan, pictures_for(plan, tmp_path))

    assert abs(top_of(note, "winter") - 24) < 2
    assert WHITE != seen(note, 60, 50)
    assert WHITE == seen(note, 110, 50)


def test_a_hero_with_nothing_to_show_is_left_out_and_named(tmp_path: Path) -> None:
    note = a_renderer(tmp_path).render(a_reference_plan(promo=Hero(("H0",))), {})

    assert "promo" in note.left_out


# Tiles


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_as_many_tiles_are_shown_as_there_are_columns(tmp_path: Path, count: int) -> None:
    tiles = tuple(Tile((f"T{number}",), f"Article {number}", price=f"£{number}.00") for number in range(count))
    plan = a_reference_plan(recommendations=Tiles("Chosen", tiles))

    note = a_renderer(tmp_path).render(plan, pictures_for(plan, tmp_path))

    shown = [number for number in range(5) if f"Article {number}" in pages_of(note)[1]]
    assert list(range(min(3, count))) == shown
    assert [True] * min(3, count) + [False] * (3 - min(3, count)) == [
        WHITE != seen(note, 16 + 56 / 2 + column * 61, 140) for column in range(3)
    ]


def test_pictures_of_tiles_stand_on_one_line_and_names_begin_on_one(tmp_path: Path) -> None:
    names = ("Bowl", "A name that is so long that it takes two lines of its tile, if not three", "Cup")
    tiles = tuple(Tile((f"T{number}",), name) for number, name in enumerate(names))
    shapes = ((300, 100), (100, 300), (200, 200))
    pictures = {f"T{n}": a_jpeg(tmp_path / f"{n}.jpg", "navy", size) for n, size in enumerate(shapes)}

    plan = a_reference_plan(recommendations=Tiles("", tiles))
    note = a_renderer(tmp_path).render(plan, found(plan, pictures))

    page = pixels_of(note, 2)
    ground = round((112 + 36) * MM)
    middles = [round((16 + 28 + 61 * column) * MM) for column in range(3)]
    assert all(is_near((0, 0, 128), page.getpixel((x, ground - 2))) for x in middles)  # type: ignore[arg-type]
    assert {WHITE} == {page.getpixel((x, ground + 2)) for x in middles}
    assert top_of(note, "Bowl") == top_of(note, "name") == top_of(note, "Cup")


def test_a_tile_without_its_picture_goes_and_another_comes(tmp_path: Path) -> None:
    tiles = tuple(Tile((f"T{number}",), f"Article {number}") for number in range(5))
    plan = a_reference_plan(recommendations=Tiles("Chosen", tiles))
    pictures = pictures_for(plan, tmp_path)
    del pictures["recommendations", ("T1",)]

    text = pages_of(a_renderer(tmp_path).render(plan, pictures))[1]

    assert [0, 2, 3] == [number for number in range(5) if f"Article {number}" in text]


def test_tiles_without_any_picture_go_and_are_named(tmp_path: Path) -> None:
    note = a_renderer(tmp_path).render(a_reference_plan(), {})

    assert ("recommendations",) == note.left_out
    assert WORDS["en"]["recommendations"] not in pages_of(note)[1]


def test_tiles_without_pictures_take_the_art_that_stands_in(tmp_path: Path) -> None:
    renderer = a_renderer(tmp_path, table("tiles", "recommendations", 'missing_picture = "stand-in.svg"'))

    note = renderer.render(a_reference_plan(), {})

    assert () == note.left_out
    assert {GREEN} == {seen(note, 16 + 28 + 61 * column, 140) for column in range(3)}


CODED = table("tiles", "recommendations", "symbol_mm = 16.6\nmodules_mm = [0.33867]")


@pytest.mark.parametrize("tool", ["pdftoppm", "gs"])
def test_the_codes_of_tiles_are_read_and_stand_beside_the_pictures(tool: str, tmp_path: Path) -> None:
    urls = [f"https://a.example/a/AH-{number}?n=509217-1-r1" for number in range(3)]
    tiles = tuple(Tile((f"T{n}",), f"Article {n}", scan=url, address=url[8:]) for n, url in enumerate(urls))
    plan = a_reference_plan(recommendations=Tiles("", tiles))
    pictures = {f"T{n}": a_jpeg(tmp_path / f"{n}.jpg", "navy", (100, 100 + n)) for n in range(3)}

    note = a_renderer(tmp_path, CODED).render(plan, found(plan, pictures))

    assert {f"QR-Code:{url}" for url in urls} <= codes_on(note, tmp_path / tool, tool, 300)
    assert all(url[8:] in pages_of(note)[1] for url in urls)
    page = pixels_of(note, 2)
    first_dark = [
        next(
            x for x in range(round((16 + 61 * n + 37) * MM), page.width) if page.getpixel((x, round(146 * MM))) != WHITE
        )
        for n in range(3)
    ]
    assert 1 >= max(x - first_dark[0] - 61 * n * MM for n, x in enumerate(first_dark)), "in one rhythm"


def test_a_tile_whose_code_has_no_room_or_no_place_stands_without_it_and_its_address(tmp_path: Path) -> None:
    long = "https://a.example/a/" + "A" * 120
    plan = a_reference_plan(recommendations=Tiles("", (Tile(("T0",), "Article 0", scan=long, address=long[8:]),)))
    pictures = pictures_for(plan, tmp_path)

    for edits in ((CODED,), ()):
        note = a_renderer(tmp_path, *edits).render(plan, pictures)
        assert ((), ()) == (note.left_out, note.faults)
        assert "Article 0" in pages_of(note)[1]
        assert long[8:] not in pages_of(note)[1].replace("\n", "")


def test_tiles_that_flow_do_not_break_over_pages(tmp_path: Path) -> None:
    flows = ('pages = "back"\nbox_mm = [16, 112, 178, 66]\n', "column_mm = [16, 178]\nabove_mm = 8\n")
    renderer = a_renderer(tmp_path, flows, ('"totals", "loyalty"', '"totals", "recommendations", "loyalty"'))
    for lines in range(3, 9):
        plan = a_reference_plan(lines=lines)
        pages = pages_of(renderer.render(plan, pictures_for(plan, tmp_path)))
        assert 1 == sum(WORDS["en"]["recommendations"] in page and "Party bunting\n£4.65" in page for page in pages)


# Voucher


@pytest.mark.parametrize("tool", ["pdftoppm", "gs"])
@pytest.mark.parametrize("dpi", [150, 300])
def test_a_voucher_is_read_off_the_raster(tmp_path: Path, tool: str, dpi: int) -> None:
    """Its ground is a field of colour; the white zone of the code keeps it readable."""
    note = a_renderer(tmp_path).render(a_reference_plan("fr"), {})

    assert "QR-Code:https://amber-home.example/v/WINTER-7K2M" in codes_on(note, tmp_path, tool, dpi)


def test_a_voucher_says_what_it_gives_and_how(tmp_path: Path) -> None:
    text = " ".join(pages_of(a_renderer(tmp_path).render(a_reference_plan("de"), {}))[1].split())

    heading, given, label = WORDS["de"]["voucher"]
    for words in (heading, given, label, "WINTER-7K2M", WORDS["de"]["terms"], "amber-home.example/v/WINTER-7K2M"):
        assert words in text


def test_a_voucher_without_a_scan_gives_its_words_the_whole_width(tmp_path: Path) -> None:
    terms = ("Valid until 31 January 2027 " + "on all that we make and on all that we sell for others, " * 2,)
    plans = [a_reference_plan(voucher=a_voucher(scan=scan, terms=terms)) for scan in ("", "https://a.example/1")]
    renderer = a_renderer(tmp_path)

    alone, beside = (renderer.render(plan, {}) for plan in plans)

    assert terms[0].strip() in pages_of(alone)[1]
    assert terms[0].strip() not in pages_of(beside)[1]
    assert not any("/v/" in code for code in codes_on(alone, tmp_path, "gs", 150))


def test_the_box_of_a_voucher_is_its_frame_or_as_tall_as_its_content(tmp_path: Path) -> None:
    flows = ('pages = "back"\nbox_mm = [16, 203.5, 178, 46]\n', "column_mm = [16, 178]\nabove_mm = 8\n")
    order = ('"totals", "loyalty"', '"totals", "voucher", "loyalty"')
    anchored = a_renderer(tmp_path).render(a_reference_plan(), {})
    flowing = a_renderer(tmp_path, flows, order).render(a_reference_plan(lines=2), {})

    assert [WHITE, SAND, SAND, WHITE] == [seen(anchored, 117, y) for y in (203, 205, 249, 250)]
    column = [pixels_of(flowing, 1).getpixel((round(18 * MM), y)) for y in range(842)]
    assert 30 * MM < column.count(SAND) < 44 * MM


def test_an_anchored_voucher_may_be_as_tall_as_its_content(tmp_path: Path) -> None:
    shorter = table("voucher", "voucher", "as_its_content = true\ncode_mm = [100, 50]")

    note = a_renderer(tmp_path, shorter).render(a_reference_plan(), {})

    assert [WHITE, SAND, WHITE] == [seen(note, 98, y) for y in (203, 205, 249)]


def test_the_code_of_a_voucher_may_stand_beside_what_it_gives(tmp_path: Path) -> None:
    plan = a_reference_plan(voucher=a_voucher(label="Yours:"))

    below = a_renderer(tmp_path).render(plan, {})
    beside = a_renderer(tmp_path, table("voucher", "voucher", "code_mm = [100, 50]")).render(plan, {})

    assert top_of(below, "Yours:") > 203.5 + 15
    assert abs(top_of(beside, "Yours:") - 203.5 - 6) < 2
    assert codes_on(below, tmp_path, "gs", 150) == codes_on(beside, tmp_path, "gs", 150)


def test_a_voucher_that_is_too_tall_for_its_box_is_left_out_and_said(tmp_path: Path) -> None:
    note = a_renderer(tmp_path).render(a_reference_plan(voucher=a_voucher(terms=("One more.",) * 9)), {})

    assert ["voucher"] == [fault[-8:-1] for fault in note.faults]
    assert "mm below its frame" in note.faults[0]
    assert "One more." not in text_of(note)


def test_a_code_too_large_for_its_voucher_costs_the_voucher(tmp_path: Path) -> None:
    huge = a_voucher(scan="https://a.example/" + "x" * 200)
    note = a_renderer(tmp_path).render(a_reference_plan(voucher=huge), {})

    assert ("the code has more modules than its box has room for (voucher)",) == note.faults
    assert huge.heading not in text_of(note)


def test_outlines_of_dashes_meet_in_the_corners(tmp_path: Path) -> None:
    page = pixels_of(a_renderer(tmp_path).render(a_reference_plan(), {}), 2, dpi=288)

    scale = MM * 4
    corners = [(x, y) for x in (16, 194) for y in (203.5, 249.5)]
    for x, y in corners:
        around = [
            page.getpixel((round(x * scale) + dx, round(y * scale) + dy)) for dx in range(-2, 3) for dy in range(-2, 3)
        ]
        assert BLUE in around


# Goods, boxes, art


def test_rows_whose_picture_is_missing_show_the_art_that_stands_in(tmp_path: Path) -> None:
    renderer = a_renderer(tmp_path, table("goods", "goods", 'missing_picture = "stand-in.svg"'))
    plan = a_reference_plan(lines=3)
    pictures = {"P000001": a_jpeg(tmp_path / "one.jpg", "navy")}

    page = pixels_of(renderer.render(plan, found(plan, pictures)), 1)
    column = [page.getpixel((round(38 * MM), y)) for y in range(842)]

    assert 2 * 12 * MM - 6 < column.count(GREEN) < 2 * 12 * MM + 6
    assert 12 * MM - 6 < sum(is_near((0, 0, 128), pixel) for pixel in column) < 12 * MM + 6  # type: ignore[arg-type]


def test_each_slot_shows_its_own_file_of_what_may_be_the_same_choice(tmp_path: Path) -> None:
    plan = a_reference_plan(lines=1, recommendations=Tiles("", (Tile(("P000000",), "Bowl"),)))
    choice = ("P000000",)
    files = {
        ("goods", choice): a_jpeg(tmp_path / "small.jpg", "navy"),
        ("recommendations", choice): a_jpeg(tmp_path / "large.jpg", "lime", (600, 400)),
    }

    note = a_renderer(tmp_path).render(plan, files)

    column = [pixels_of(note, 1).getpixel((round(38 * MM), y)) for y in range(842)]
    assert any(is_near((0, 0, 128), pixel) for pixel in column)  # type: ignore[arg-type]
    assert is_near(GREEN, seen(note, 16 + 56 / 2, 140))


def test_what_stands_in_for_several_articles_is_embedded_once(tmp_path: Path) -> None:
    rows = tuple(a_row(sku=sku, pictures=(sku, "any-cup")) for sku in ("A1", "A2", "A3"))
    plan = a_reference_plan(goods=Goods(("Qty", "Item", "Price", "Amount"), rows))
    cup = a_jpeg(tmp_path / "cup.jpg", "navy")

    note = a_renderer(tmp_path).render(plan, found(plan, {"any-cup": cup}))

    assert 1 == note.pdf.count(cup.read_bytes())
    column = [pixels_of(note, 1).getpixel((round(38 * MM), y)) for y in range(842)]
    assert 3 * 12 * MM - 9 < sum(is_near((0, 0, 128), pixel) for pixel in column) < 3 * 12 * MM + 9  # type: ignore[arg-type]


def test_a_box_is_filled_and_its_outline_lies_inside(tmp_path: Path) -> None:
    box = '[[box]]\npages = "first"\nbox_mm = [100, 220, 40, 20]\nfill = "sand"\nline = "blue"\nweight_pt = 6\n\n'
    change = ("[[words]]", f"{box}[[words]]")

    note = a_renderer(tmp_path, change).render(a_reference_plan(lines=1), {})

    assert [WHITE, BLUE, SAND, BLUE, WHITE] == [seen(note, x, 230, 1) for x in (99.3, 101, 120, 139, 140.7)]


@pytest.mark.parametrize(("fit", "inside", "outside"), [("contain", (27, 19), (27, 25)), ("cover", (27, 25), (29, 25))])
def test_art_is_whole_in_its_box_or_fills_it(
    tmp_path: Path, fit: str, inside: tuple[int, int], outside: tuple[int, int]
) -> None:
    """The mark is twice as wide as high, its box square."""
    change = ('colour = "blue"\n', f'colour = "blue"\nfit = "{fit}"\n')

    note = a_renderer(tmp_path, change).render(a_reference_plan(), {})

    assert (BLUE, WHITE) == (seen(note, *inside, 1), seen(note, *outside, 1))


def test_only_art_and_pictures_that_a_page_shows_are_embedded(tmp_path: Path) -> None:
    stand_in = table("tiles", "recommendations", 'missing_picture = "stand-in.svg"')
    renderer = a_renderer(tmp_path, stand_in)
    plan = a_reference_plan()

    with_it, without = renderer.render(plan, {}), renderer.render(plan, pictures_for(plan, tmp_path))

    assert 2 == with_it.pdf.count(b"/Subtype /Form")
    assert 1 == without.pdf.count(b"/Subtype /Form")


def test_text_that_looks_like_an_operator_is_text(tmp_path: Path) -> None:
    plan = a_plan(help=Words("/P0123456789abcdef Do", ("Q",)), layout=NAME)

    assert "/P0123456789abcdef Do" in pages_of(a_renderer(tmp_path).render(plan, {}))[1]


def test_a_frame_stays_below_the_next_that_is_there(tmp_path: Path) -> None:
    """The parcel's words stay below the facts, and these below the address; without facts, below the address."""
    renderer = a_renderer(
        tmp_path,
        ('"gift", "parcel", "goods"', '"gift", "goods"'),
        ('clear_of = ["address", "facts"]', 'clear_of = ["parcel"]'),
        (
            'slot = "parcel"\ncolumn_mm = [16, 110]\nabove_mm = 8',
            'slot = "parcel"\nbox_mm = [136, 50, 58, 130]\nbelow = "facts"',
        ),
    )
    parcel, address = Words("Box", ("Whole",)), Postal("To", (*("line",) * 6, "Last"))

    below_facts, below_address = (
        renderer.render(a_reference_plan(parcel=parcel, address=address, facts=facts, lines=1), {})
        for facts in (Facts((("Order", "509217"),) * 8), None)
    )

    assert 30 < top_of(below_facts, "Box", 1) - top_of(below_facts, "Last", 1)
    assert 5 < top_of(below_address, "Box", 1) - top_of(below_address, "Last", 1) < 10


def test_a_block_in_a_frame_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LayoutBroken, match="a WordsFrame where the plan has Hero") as caught:
        a_renderer(tmp_path).render(a_reference_plan(returns=Hero(("H0",))), {})

    assert "returns" == caught.value.where


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_the_reference_note_is_the_same_each_time(tmp_path: Path, language: str) -> None:
    plan = a_reference_plan(language)
    renderer, pictures = a_renderer(tmp_path), pictures_for(plan, tmp_path)

    note = renderer.render(plan, pictures)

    assert note == renderer.render(replace(plan), dict(reversed(pictures.items())))
    assert (2, ()) == (note.pages, note.left_out)


def top_of(note: RenderedNote, word: str, page: int = 2) -> float:
    """Where the line of a word begins, in mm: the top of its capitals, nearly."""
    only = ("-f", str(page), "-l", str(page))
    lines = run("pdftotext", *only, "-tsv", "-", "-", stdin=note.pdf).decode().splitlines()[1:]
    words = (line.split("\t") for line in lines)
    (found,) = {(float(top), float(height)) for *_, top, _, height, _, text in words if text == word}
    return round((found[0] + found[1] * 0.2) / MM, 1)
