"""Art: what a designer's file shows is what the note shows, or the file is refused in words."""

import contextlib
import io
import os
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import font_source_sans_pro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, RectangleObject
from reportlab.lib.colors import CMYKColor, Color, blue, red, yellow
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from service.rendering.art.artwork import Art, ArtUnusable
from service.rendering.art.artwork import Art as Artwork
from service.rendering.art.forms import only_page_form, page_form
from service.rendering.art.images import baseline_jpeg, jpeg
from service.rendering.art.pictures import Shelf, read_photograph
from service.rendering.art.reading import read_art
from service.rendering.art.svg import svg_form
from service.rendering.pdf.document import NoteDocument, Picture
from service.rendering.pdf.outlines import number
from tests.plans import a_plan
from tests.sheets import render, run

WHITE, BLACK, RED, GREEN, BLUE = (255, 255, 255), (0, 0, 0), (255, 0, 0), (0, 128, 0), (0, 0, 255)
Pixel = tuple[int, int, int]


def svg(shapes: str, root: str = 'viewBox="0 0 100 100"') -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {root}>{shapes}</svg>'.encode()


def on_a_sheet(*arts: Art) -> bytes:
    """A document with each art on a page of its size."""
    document = NoteDocument("Art", "en", (arts[0].width, arts[0].height))
    for art in arts:
        document.embed_picture(art.picture)
        document.add_page(art.drawn(0, 0, art.width, art.height, cover=False), [art.picture.name])
    return document.finish()


def raster(pdf: bytes, folder: Path, *, page: int = 0, dpi: int = 72) -> Image.Image:
    source, target = folder / "sheet.pdf", folder / "sheet.png"
    source.write_bytes(pdf)
    shown = str(page + 1)
    run("pdftoppm", "-r", str(dpi), "-f", shown, "-l", shown, "-singlefile", "-png", source, target.with_suffix(""))
    with Image.open(target) as image:
        return image.convert("RGB")


def shown(art: Art, folder: Path) -> Callable[[int, int], Pixel]:
    """The colour at a point of the art, from its upper left."""
    image = raster(on_a_sheet(art), folder)
    return lambda x, y: image.getpixel((x, y))  # type: ignore[return-value]


def looks_the_same(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and ImageChops.difference(one, other).convert("L").getextrema()[1] < 24


@pytest.mark.parametrize(
    ("shape", "inside", "outside"),
    [
        ('<rect x="10" y="20" width="30" height="10" fill="red"/>', (38, 28), (38, 32)),
        ('<rect x="10" y="20" width="30" height="30" rx="15" fill="red"/>', (25, 35), (12, 22)),
        ('<circle cx="70" cy="30" r="20" fill="red"/>', (70, 12), (85, 12)),
        ('<ellipse cx="50" cy="50" rx="40" ry="10" fill="red"/>', (15, 50), (50, 65)),
        ('<polygon points="10,10 90,10 10,90" fill="red"/>', (20, 60), (80, 80)),
        ('<polyline points="10 10 90 10 90 90" fill="none" stroke="red" stroke-width="8"/>', (90, 50), (50, 50)),
        ('<line x1="10" y1="80" x2="90" y2="80" stroke="red" stroke-width="6"/>', (50, 82), (50, 86)),
        ('<path d="M10 10h80v80h-80z M30 30h40v40h-40z" fill-rule="evenodd" fill="red"/>', (20, 50), (50, 50)),
        ('<path d="M10 50 A40 40 0 0 1 90 50 Z" fill="red"/>', (50, 20), (50, 60)),
        ('<path d="M10 10h80" stroke="red" stroke-width="8" stroke-dasharray="20 20"/>', (20, 10), (40, 10)),
    ],
)
def test_shapes_stand_where_the_file_puts_them(
    shape: str, inside: tuple[int, int], outside: tuple[int, int], tmp_path: Path
) -> None:
    at = shown(svg_form(svg(shape), ""), tmp_path)

    assert (RED, WHITE) == (at(*inside), at(*outside))


@pytest.mark.parametrize(
    ("transform", "inside"),
    [
        ("translate(50)", (55, 5)),
        ("translate(20, 60)", (25, 65)),
        ("scale(4)", (35, 35)),
        ("translate(50 50) rotate(90)", (45, 55)),
        ("rotate(180 30 30)", (55, 55)),
        ("matrix(1 0 0 1 70 80)", (75, 85)),
        ("translate(30,30),skewX(45)", (43, 38)),
        ("translate(30 30) skewY(45)", (38, 43)),
    ],
)
def test_transforms_move_what_they_stand_at(transform: str, inside: tuple[int, int], tmp_path: Path) -> None:
    square = '<rect width="10" height="10" fill="red"/>'
    on_the_shape = square.replace("<rect", f'<rect transform="{transform}"')

    assert RED == shown(svg_form(svg(f'<g transform="{transform}">{square}</g>'), ""), tmp_path)(*inside)
    assert RED == shown(svg_form(svg(on_the_shape), ""), tmp_path)(*inside)


def test_a_view_box_may_begin_anywhere(tmp_path: Path) -> None:
    art = svg_form(svg('<rect x="-50" y="10" width="50" height="20" fill="red"/>', 'viewBox="-50 10 100 40"'), "")

    assert (100, 40) == (art.width, art.height)
    assert (RED, WHITE) == (shown(art, tmp_path)(45, 15), shown(art, tmp_path)(55, 15))


def test_width_and_height_do_without_a_view_box() -> None:
    art = svg_form(svg('<circle r="5"/>', 'width="30px" height="20"'), "")

    assert (30, 20) == (art.width, art.height)


def test_current_color_is_the_frames_and_no_colour_is_black(tmp_path: Path) -> None:
    shapes = '<rect width="50" height="100" fill="currentColor"/><rect x="50" width="50" height="100"/>'
    at = shown(svg_form(svg(shapes), "#0000ff"), tmp_path)

    assert (BLUE, BLACK) == (at(20, 50), at(70, 50))
    assert BLACK == shown(svg_form(svg(shapes), ""), tmp_path)(20, 50)


def test_styles_win_over_classes_and_classes_over_attributes(tmp_path: Path) -> None:
    shapes = (
        "<defs><style>/* of a program */ .a, .b { fill: red } .b{fill:#00f;}</style></defs>"
        '<g fill="green"><rect width="25" height="100"/><rect class="a" x="25" width="25" height="100" fill="green"/>'
        '<rect class="a b" x="50" width="25" height="100"/>'
        '<rect class="b" x="75" width="25" height="100" style="fill:green"/></g>'
    )
    at = shown(svg_form(svg(shapes), ""), tmp_path)

    assert [GREEN, RED, BLUE, GREEN] == [at(x, 50) for x in (12, 37, 62, 87)]


def test_a_group_is_seen_through_as_a_whole(tmp_path: Path) -> None:
    shapes = '<g opacity=".5"><rect width="60" height="100"/><rect x="40" width="60" height="100"/></g>'
    at = shown(svg_form(svg(shapes), ""), tmp_path)

    assert at(20, 50) == at(50, 50) == at(80, 50)
    assert 126 <= at(50, 50)[0] <= 129


def test_a_shape_with_a_stroke_is_seen_through_as_a_whole(tmp_path: Path) -> None:
    shape = '<rect x="20" y="20" width="60" height="60" stroke="#000" stroke-width="20" opacity="50%"/>'
    at = shown(svg_form(svg(shape), ""), tmp_path)

    assert at(25, 50) == at(50, 50)


def test_what_the_file_hides_stays_hidden(tmp_path: Path) -> None:
    shapes = '<rect width="100" height="100" fill="red"/>' + "".join(
        f'<rect width="100" height="100" {hidden}/>' for hidden in ('display="none"', 'visibility="hidden"')
    )

    assert RED == shown(svg_form(svg(shapes), ""), tmp_path)(50, 50)


def test_greys_are_printed_in_black_alone() -> None:
    art = svg_form(svg('<rect width="9" height="9" fill="#808080" stroke="black"/>'), "")

    assert b"0.502 g\n0 G" in drawn_by(art.picture)


def test_programs_may_leave_their_notes_in_an_svg() -> None:
    shapes = (
        '<title>Logo</title><metadata><r xmlns="urn:x"/></metadata><n:view xmlns:n="urn:n" n:zoom="3"/>'
        '<g n:label="Layer" xmlns:n="urn:n" style="display:inline;font-size:12px;mix-blend-mode:normal">'
        '<path id="p" d="M0 0h9v9z" clip-rule="evenodd" data-name="Path 1" aria-hidden="true"/></g>'
    )

    assert drawn_by(svg_form(svg(shapes, 'viewBox="0 0 9 9" version="1.1" xml:space="preserve"'), "").picture)


@pytest.mark.parametrize(
    ("shapes", "why"),
    [
        ("<text>Amber</text>", "holds text; convert it to outlines"),
        ('<image href="file:///etc/hostname"/>', "holds <image>, which is not drawn; save it as PDF"),
        ('<use href="other.svg#logo"/>', "holds <use>, which is not drawn; save it as PDF"),
        ("<script>alert(1)</script>", "holds <script>, which is not drawn; save it as PDF"),
        ("<foreignObject/>", "holds <foreignObject>, which is not drawn; save it as PDF"),
        ('<rect width="9" height="9"><animate/></rect>', "holds <animate>, which is not drawn; save it as PDF"),
        ('<rect width="9" height="9" filter="url(#a)"/>', "uses filter, which is not drawn; save it as PDF"),
        ('<g clip-path="url(#a)"/>', "uses clip-path, which is not drawn; save it as PDF"),
        ('<g style="mask:url(#a)"/>', "uses mask, which is not drawn; save it as PDF"),
        ('<g style="mix-blend-mode:multiply"/>', "uses mix-blend-mode, which is not drawn; save it as PDF"),
        ('<g onclick="x()"/>', "uses onclick, which is not drawn; save it as PDF"),
        ('<circle r="9" fill="url(#a)"/>', "holds gradients or patterns, which are not drawn; save it as PDF"),
        ('<circle r="9" fill="var(--brand)"/>', "has the colour 'var(--brand)'; write colours as #RRGGBB"),
        ("<style>@import url(x.css);</style>", "has a style sheet that can't be read; export it with attributes"),
        ("<style>g path{fill:red}</style>", "has a style rule for g path; export it with attributes"),
        ('<rect width="1cm" height="9"/>', "has '1cm' where a plain number belongs; export it in pixels"),
        ('<g transform="rotate(1 2)"><path d="M0 0h1"/></g>', "has the transform rotate(1 2), which can't be read"),
        ('<path d="M0 0 X"/>', "has a path that can't be read"),
        ('<path d="M0 0 L1e999 1"/>', "has a path that can't be read"),
        ("<g/>", "shows nothing"),
        ('<line x2="9"/>', "shows nothing"),
    ],
)
def test_what_an_svg_can_not_show_truly_is_refused(shapes: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_bytes(svg(shapes))

    with pytest.raises(ArtUnusable, match=f"^logo.svg {re.escape(why)}"):
        read_art(tmp_path / "logo.svg", "")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/hostname">]><s>&a;</s>', "defines entities"),
        (b"<svg", "can't be read as SVG"),
        (svg("<g/>").decode().encode("utf-16"), "can't be read as SVG"),
        (b"<html/>", "is no SVG"),
        (svg("<g/>", ""), "has no viewBox that says its width and height"),
        (svg("<g>" * 5000 + "</g>" * 5000), "nests its groups too deeply"),
    ],
)
def test_files_that_are_no_svg_are_refused(content: bytes, why: str) -> None:
    with pytest.raises(ArtUnusable, match=f"^{re.escape(why)}"):
        svg_form(content, "")


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["d", "transform", "style", "fill", "stroke-width", "stroke-dasharray", "opacity", "class"]),
    st.text(st.sampled_from("0123456789.,-+eE#%():; MmLlHhVvCcSsQqTtAaZzrgbpxfilnostrkuew"), max_size=30),
)
def test_whatever_stands_in_an_svg_is_drawn_or_refused(attribute: str, value: str) -> None:
    path = {"d": "M0 0h9v9z", "stroke": "red", attribute: value}
    shape = "<path " + " ".join(f'{name}="{text}"' for name, text in path.items()) + "/>"
    try:
        operators = drawn_by(svg_form(svg(shape), "").picture).decode()
    except ArtUnusable:
        return

    assert not re.search(r"inf|nan|\de[-+]?\d", operators)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9))
def test_numbers_are_written_without_exponents(value: float) -> None:
    written = number(value)

    assert re.fullmatch(r"-?\d+(\.\d{1,6})?", written)
    assert float(written) == pytest.approx(value, rel=1e-5, abs=1e-6)


@pytest.fixture(scope="session")
def rich_page(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A page of fonts, pictures, shadings, transparency, CMYK and a form, as reportlab writes it."""
    folder = tmp_path_factory.mktemp("rich")
    Image.new("RGBA", (40, 30), (200, 30, 30, 128)).save(folder / "seal.png")
    Image.linear_gradient("L").convert("RGB").save(folder / "photo.jpg")
    fonts = Path(font_source_sans_pro.__file__).parent / "files"
    pdfmetrics.registerFont(TTFont("ArtSans", fonts / "SourceSansPro-Regular.ttf"))
    file = io.BytesIO()
    page = Canvas(file, pagesize=(300, 200), initialFontName="ArtSans", invariant=1)
    page.setFont("ArtSans", 24)
    page.drawString(20, 150, "Grüße aus Dresden")
    page.drawImage(folder / "seal.png", 20, 20, 80, 60, mask="auto")
    page.drawImage(folder / "photo.jpg", 110, 20, 60, 60)
    page.linearGradient(180, 20, 280, 80, (red, yellow, blue), extend=False)
    page.setFillColor(Color(0, 0.5, 0, alpha=0.4))
    page.circle(150, 100, 60, fill=1)
    page.setFillColor(CMYKColor(1, 0, 0, 0))
    page.rect(200, 100, 50, 30, fill=1)
    page.beginForm("small")
    page.drawString(0, 0, "a form")
    page.endForm()
    page.translate(220, 165)
    page.doForm("small")
    page.linkURL("https://amber-home.example", (0, 0, 50, 50))
    page.showPage()
    page.save()
    return file.getvalue()


def changed(pdf: bytes, change: Callable[[PdfWriter], object]) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    change(writer)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def cropped(writer: PdfWriter) -> None:
    writer.pages[0].cropbox = RectangleObject((20, 10, 250, 180))


def doubled(writer: PdfWriter) -> None:
    writer.pages[0][NameObject("/UserUnit")] = FloatObject(2)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda writer: None, id="as it is"),
        *(
            pytest.param(lambda writer, by=by: writer.pages[0].rotate(by), id=f"turned by {by}")
            for by in (90, 180, 270)
        ),
        pytest.param(cropped, id="cropped"),
        pytest.param(lambda writer: (cropped(writer), writer.pages[0].rotate(90)), id="cropped and turned"),
    ],
)
def test_a_page_of_pdf_looks_as_in_its_own_file(
    rich_page: bytes, change: Callable[[PdfWriter], object], tmp_path: Path
) -> None:
    page = changed(rich_page, change)
    art = only_page_form(page)

    expected = raster(changed(page, lambda w: setattr(w.pages[0], "mediabox", w.pages[0].cropbox)), tmp_path)
    assert expected.size == (art.width, art.height)
    assert looks_the_same(expected, raster(on_a_sheet(art), tmp_path))


def test_a_page_in_a_larger_unit_is_larger(rich_page: bytes) -> None:
    art = only_page_form(changed(rich_page, doubled))

    assert (600, 400) == (art.width, art.height)


def test_a_page_of_ghostscript_looks_as_in_its_own_file(tmp_path: Path) -> None:
    source, page = tmp_path / "page.ps", tmp_path / "page.pdf"
    source.write_text("""%!PS
        << /PageSize [300 200] >> setpagedevice
        /Palatino-Roman findfont 28 scalefont setfont 20 150 moveto (Amber Home) show
        gsave 150 20 translate << /ShadingType 3 /ColorSpace /DeviceRGB /Coords [60 50 5 60 50 50]
          /Function << /FunctionType 2 /Domain [0 1] /C0 [1 1 0] /C1 [0 0.2 0.6] /N 1 >> >> shfill grestore
        0.5 .setfillconstantalpha 1 0 0 setrgbcolor 50 50 80 60 rectfill 1 .setfillconstantalpha
        << /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 10 10] /XStep 10 /YStep 10
          /PaintProc { pop 0 .5 .5 setrgbcolor 2 2 5 5 rectfill } >> matrix makepattern setpattern
        20 20 60 40 rectfill showpage
    """)
    run("gs", "-q", "-dBATCH", "-dNOPAUSE", "-dALLOWPSTRANSPARENCY", "-sDEVICE=pdfwrite", "-o", page, source)
    art = read_art(page, "")

    assert looks_the_same(raster(page.read_bytes(), tmp_path), raster(on_a_sheet(art), tmp_path))


def test_a_note_looks_the_same_on_a_contact_sheet(tmp_path: Path) -> None:
    note = render(a_plan("de", lines=20))
    forms = [page_form(note.pdf, page) for page in range(note.pages)]
    sheet = on_a_sheet(*forms)

    for page in range(note.pages):
        assert looks_the_same(raster(note.pdf, tmp_path, page=page, dpi=50), raster(sheet, tmp_path, page=page, dpi=50))
    assert len(sheet) < len(note.pdf) + 4000, "what the pages share is kept once"


def test_only_what_a_page_shows_is_taken_over(rich_page: bytes) -> None:
    def loaded(writer: PdfWriter) -> None:
        script = {"/S": "/JavaScript", "/JS": "/alert"}
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
            {NameObject(key): NameObject(value) for key, value in script.items()}
        )
        writer.add_attachment("secret.txt", b"secret")
        writer.add_metadata({"/Author": "somebody"})
        writer.pages[0][NameObject("/AA")] = DictionaryObject()

    sheet = on_a_sheet(only_page_form(changed(rich_page, loaded)))
    reader = PdfReader(io.BytesIO(sheet), strict=True)

    assert {"/Type", "/Lang", "/ViewerPreferences", "/Pages", "/Metadata", "/OutputIntents"} == set(reader.root_object)
    for word in (b"secret", b"alert", b"somebody", b"/Annot", b"/URI"):
        assert word not in sheet


def test_the_sheet_with_art_is_sound(rich_page: bytes, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.pdf"
    sheet.write_bytes(on_a_sheet(only_page_form(rich_page), svg_form(svg('<circle r="9" opacity=".5"/>'), "")))

    assert b"No syntax or stream encoding errors" in run("qpdf", "--check", sheet)
    fonts = run("pdffonts", sheet).decode().splitlines()[2:]
    assert fonts and all(re.search(r" yes yes (yes|no ) ", font) for font in fonts)


def a_page(draw: Callable[[Canvas], object] = lambda page: None, pages: int = 1) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(100, 100), invariant=1)
    for _ in range(pages):
        canvas.rect(0, 0, 9, 9)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def without_fonts(writer: PdfWriter) -> None:
    """reportlab names Helvetica on each page, used or not."""
    for page in writer.pages:
        page[NameObject("/Resources")] = DictionaryObject()


def with_hidden_layers(writer: PdfWriter) -> None:
    without_fonts(writer)
    layer = writer._add_object(DictionaryObject({NameObject("/Type"): NameObject("/OCG")}))
    hidden = DictionaryObject({NameObject("/OFF"): ArrayObject([layer])})
    writer.root_object[NameObject("/OCProperties")] = DictionaryObject({NameObject("/D"): hidden})


def empty_paged(writer: PdfWriter) -> None:
    writer.pages[0].mediabox = RectangleObject((0, 0, 0, 0))


@pytest.mark.parametrize(
    ("pdf", "why"),
    [
        (b"", "is no PDF, or a broken one; save it anew"),
        (b"%PDF-1.7\n", "is no PDF, or a broken one; save it anew"),
        (a_page()[:-300], "is no PDF, or a broken one; save it anew"),
        (a_page(pages=2), "has 2 pages, and art has one; save the page alone"),
        (changed(a_page(), lambda writer: writer.remove_page(0)), "has 0 pages"),
        (changed(a_page(), lambda writer: writer.encrypt("", "x", algorithm="RC4-128")), "is encrypted"),
        (changed(a_page(), with_hidden_layers), "has hidden layers; delete them"),
        (a_page(), "uses Helvetica without embedding it; embed its fonts"),
        (changed(changed(a_page(), without_fonts), empty_paged), "has an empty page"),
    ],
)
def test_pages_that_can_not_be_shown_truly_are_refused(pdf: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "art.pdf").write_bytes(pdf)

    with pytest.raises(ArtUnusable, match=f"^art.pdf {re.escape(why)}"):
        read_art(tmp_path / "art.pdf", "")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_a_pdf_has_suffered_it_is_drawn_or_refused(rich_page: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rich_page) - 1))
    broken = bytearray(rich_page)
    broken[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        art = only_page_form(bytes(broken))
    except ArtUnusable:
        return

    assert isinstance(PdfReader(io.BytesIO(on_a_sheet(art))).pages[0], PageObject)


@pytest.mark.parametrize(
    ("image", "colour"),
    [
        (Image.new("RGB", (8, 8), RED), RED),
        (Image.new("RGBA", (8, 8), (255, 0, 0, 128)), (255, 127, 127)),
        (Image.new("RGBA", (8, 8), (255, 0, 0, 255)), RED),
        (Image.new("L", (8, 8), 128), (128, 128, 128)),
        (Image.new("LA", (8, 8), (0, 128)), (127, 127, 127)),
        (Image.new("1", (8, 8), 0), BLACK),
        (Image.new("RGB", (8, 8), GREEN).quantize(2), GREEN),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else "",
)
def test_a_png_looks_as_it_is(image: Image.Image, colour: Pixel, tmp_path: Path) -> None:
    image.save(tmp_path / "seal.png")
    art = read_art(tmp_path / "seal.png", "")

    assert (8, 8, True) == (art.width, art.height, art.pixels)
    assert all(abs(one - other) <= 1 for one, other in zip(colour, shown(art, tmp_path)(4, 4), strict=True))


def test_a_palette_may_be_transparent(tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 8), RED)
    image.paste(BLUE, (4, 0, 8, 8))
    plain = image.quantize(2)
    plain.save(tmp_path / "seal.png", transparency=plain.getpixel((7, 0)))
    at = shown(read_art(tmp_path / "seal.png", ""), tmp_path)

    assert (RED, WHITE) == (at(1, 4), at(6, 4))


def test_a_png_without_transparency_has_no_mask(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (255, 0, 0, 255)).save(tmp_path / "seal.png")

    assert () == read_art(tmp_path / "seal.png", "").picture.parts


def test_a_jpeg_goes_into_the_note_byte_by_byte(tmp_path: Path) -> None:
    Image.linear_gradient("L").convert("RGB").save(tmp_path / "photo.jpg")
    art = read_art(tmp_path / "photo.jpg", "")

    assert (256, 256, True) == (art.width, art.height, art.pixels)
    assert (tmp_path / "photo.jpg").read_bytes() in on_a_sheet(art)
    assert art == read_photograph(tmp_path / "photo.jpg")


@pytest.mark.parametrize(
    ("name", "image", "how", "why"),
    [
        ("a.jpg", Image.new("CMYK", (8, 8)), {}, "is a JPEG in CMYK; save it in RGB (sRGB) or grey"),
        ("a.jpg", Image.new("RGB", (8, 8)), {"progressive": True}, "is a progressive JPEG, which some printers"),
        ("a.png", Image.new("I;16", (8, 8)), {}, "is a PNG of more than 8 bits; save it with 8 bits a channel"),
    ],
)
def test_images_that_printers_can_not_take_are_refused(
    name: str, image: Image.Image, how: dict[str, bool], why: str, tmp_path: Path
) -> None:
    image.save(tmp_path / name, **how)

    with pytest.raises(ArtUnusable, match=f"^{name} {re.escape(why)}"):
        read_art(tmp_path / name, "")


@pytest.mark.parametrize(
    "how", [{}, {"progressive": True}, {"comment": b"\xff\xc0 is no frame"}, {"exif": Image.Exif()}]
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_the_size_of_a_photograph_is_what_its_header_says(mode: str, how: dict[str, Any], tmp_path: Path) -> None:
    Image.new(mode, (31, 17)).save(tmp_path / "photo.jpg", **how)
    art = read_photograph(tmp_path / "photo.jpg")

    assert art and (31, 17) == (art.width, art.height)


@given(st.binary(max_size=40), st.integers(0, 400))
def test_a_broken_photograph_is_drawn_or_absent(garbage: bytes, cut: int) -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG")
    with contextlib.suppress(ArtUnusable):
        assert jpeg(file.getvalue()[:cut] + garbage).pixels


@pytest.mark.parametrize(("tail", "is_whole"), [(b"", True), (bytes(512), True), (b"\xff\xd8", False)])
def test_a_photograph_that_does_not_end_is_absent(tail: bytes, is_whole: bool, tmp_path: Path) -> None:
    """Cut short on its way into the library, it would print as a grey field; zero bytes are what file systems add."""
    path = tmp_path / "photo.jpg"
    Image.effect_noise((64, 64), 50).save(path)
    whole = path.read_bytes()

    path.write_bytes(whole + tail)
    assert is_whole == (read_photograph(path) is not None)
    path.write_bytes(whole[: len(whole) // 2])
    assert read_photograph(path) is None


def test_a_photograph_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    sizes = []
    for width in (8, 16):
        Image.new("RGB", (width, 8)).save(path, quality=90 - width)
        os.utime(path, ns=(width, width))
        art = read_photograph(path)
        sizes.append(art and art.width)

    assert [8, 16] == sizes


def test_the_shelf_keeps_the_pictures_shown_last_and_no_more(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.jpg" for number in range(3)]
    for path in paths:
        Image.new("RGB", (8, 8)).save(path)
    shelf = Shelf(2 * paths[0].stat().st_size)
    first, second = shelf.photograph(paths[0]), shelf.photograph(paths[1])
    again = shelf.photograph(paths[0])
    shelf.photograph(paths[2])

    assert first is again is shelf.photograph(paths[0])
    assert second is not shelf.photograph(paths[1])


def test_a_jpeg_that_lies_on_its_side_is_refused(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (8, 8)).save(tmp_path / "photo.jpg", exif=turned)

    with pytest.raises(ArtUnusable, match=r"^photo.jpg is a JPEG that is turned by its EXIF orientation"):
        read_art(tmp_path / "photo.jpg", "")


@pytest.mark.parametrize(
    ("name", "why"), [("a.jpg", "is no JPEG, or a broken one"), ("a.png", "is no PNG, or a broken one")]
)
def test_files_that_are_no_images_are_refused(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"GIF89a")

    with pytest.raises(ArtUnusable, match=f"^{name} {why}"):
        read_art(tmp_path / name, "")


def test_a_png_that_breaks_off_is_refused(tmp_path: Path) -> None:
    Image.effect_noise((64, 64), 50).save(tmp_path / "whole.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "whole.png").read_bytes()[:2000])

    with pytest.raises(ArtUnusable, match=r"^a.png is a broken PNG"):
        read_art(tmp_path / "a.png", "")


@pytest.mark.parametrize("missing", [40, 1000])
def test_a_jpeg_that_breaks_off_is_refused(missing: int, tmp_path: Path) -> None:
    Image.effect_noise((64, 64), 50).save(tmp_path / "whole.jpg")
    (tmp_path / "a.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:-missing])

    with pytest.raises(ArtUnusable, match=r"^a.jpg is a broken JPEG"):
        read_art(tmp_path / "a.jpg", "")


def test_a_jpeg_of_a_kind_that_pdf_does_not_know_is_refused(tmp_path: Path) -> None:
    """Arithmetic coding, which Pillow decodes and readers of PDF don't."""
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").write_bytes((tmp_path / "a.jpg").read_bytes().replace(b"\xff\xc0", b"\xff\xc9", 1))

    with pytest.raises(ArtUnusable, match=r"^a.jpg is no JPEG, or a broken one"):
        read_art(tmp_path / "a.jpg", "")


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_damaged_jpeg_is_refused_in_words_or_drawn(random: Random) -> None:
    file = io.BytesIO()
    turned = Image.Exif()
    turned[0x0112] = 1
    Image.linear_gradient("L").resize((32, 32)).save(file, "JPEG", exif=turned)
    damaged = bytearray(file.getvalue())
    for _ in range(4):
        damaged[random.randrange(len(damaged))] ^= random.randrange(1, 256)
    with contextlib.suppress(ArtUnusable):
        assert baseline_jpeg(bytes(damaged)).pixels


def test_art_that_every_note_would_carry_is_not_large(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(bytes(5_000_001))

    with pytest.raises(ArtUnusable, match=r"^a.pdf has more than 5 MB"):
        read_art(tmp_path / "a.pdf", "")


def test_art_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtUnusable, match=r"^a.pdf can't be read"):
        read_art(tmp_path / "a.pdf", "")


def test_equal_art_has_equal_bytes(tmp_path: Path) -> None:
    logo = svg('<circle r="9" fill="currentColor"/>')
    (tmp_path / "a.svg").write_bytes(logo)
    (tmp_path / "b.svg").write_bytes(logo)

    assert read_art(tmp_path / "a.svg", "#112233") == read_art(tmp_path / "b.svg", "#112233")
    assert read_art(tmp_path / "a.svg", "#112233").picture.name != read_art(tmp_path / "a.svg", "").picture.name


@pytest.mark.parametrize(
    ("art", "cover", "operators"),
    [
        (Artwork(Picture("P1", ()), 200, 100), False, "q 0.5 0 0 0.5 10.00 70.00 cm /P1 Do Q"),
        (Artwork(Picture("P1", ()), 200, 100, pixels=True), False, "q 100.00 0 0 50.00 10.00 70.00 cm /P1 Do Q"),
        (
            *(Artwork(Picture("P1", ()), 200, 100, pixels=True), True),
            "q 10.00 20.00 100.00 100.00 re W n 200.00 0 0 100.00 -40.00 20.00 cm /P1 Do Q",
        ),
        (Artwork(Picture("P1", ()), 50, 100), False, "q 1 0 0 1 10.00 20.00 cm /P1 Do Q"),
    ],
)
def test_art_stands_whole_in_the_upper_left_or_fills_its_box(art: Art, cover: bool, operators: str) -> None:
    assert operators == art.drawn(10, 20, 100, 100, cover=cover)


def drawn_by(picture: Picture) -> bytes:
    """The operators of a form."""
    body = b"".join(piece for piece in picture.body if isinstance(piece, bytes))
    return zlib.decompress(body.partition(b"stream\n")[2])
