"""The sheet as a reader, a scanner and a printer see it."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from service.errors import DoesNotFit, GlyphMissing, LayoutBroken
from service.model import Code, Goods, Plan, Postal, Totals, Words
from tests.plans import WORDS, a_plan, a_reference_plan, a_row
from tests.sheets import a_jpeg, codes_on, found, pages_of, render, run, text_of, words_of
from tests.two_sided import a_renderer


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_every_word_of_the_plan_is_on_the_sheet(language: str) -> None:
    plan = a_plan(language, generation=2)
    words = WORDS[language]

    note = render(plan)
    text = words_of(note)

    for line in (*words["address"][1], *words["greeting"], *words["final"], words["feedback"][1], words["reprint"]):
        expected = " ".join(line.split())
        assert expected in text or expected.upper() in text
    for row in dict(plan.blocks)["goods"].rows:  # type: ignore[union-attr]
        assert " ".join(row.name.split()) in text
        assert " ".join(row.amount.split()) in text
    assert words["page"].format(page=1, pages=note.pages) in text


def test_gift_shows_its_message_and_no_price() -> None:
    text = text_of(render(a_plan("fr", gift=True, lines=3)))

    assert "€" not in text
    assert "Prix".upper() not in text
    assert WORDS["fr"]["gift"][0].upper() in text


@pytest.mark.parametrize("tool", ["pdftoppm", "gs"])
@pytest.mark.parametrize("dpi", [150, 300])
def test_codes_are_read_off_the_raster(tmp_path: Path, tool: str, dpi: int) -> None:
    found = codes_on(render(a_plan("de")), tmp_path, tool, dpi)

    assert {"CODE-128:509217-1-r1", "QR-Code:https://amber-home.example/f/509217-1-r1?l=de"} == found


@pytest.mark.parametrize("note_id", ["7-1-r1", "A-LONG-ORDER-ID-OF-2026-11-21-1-r1", "1234567890123456-12-r3"])
def test_long_note_ids_still_scan(tmp_path: Path, note_id: str) -> None:
    note = render(a_plan(note_code=Code("code128", data=note_id, address=note_id)))

    assert f"CODE-128:{note_id}" in codes_on(note, tmp_path, "gs", 300)


def test_the_same_plan_makes_the_same_bytes(tmp_path: Path) -> None:
    pictures = {"P000001": a_jpeg(tmp_path / "one.jpg")}
    plan = a_plan("de", address=Postal("An", ("Νικόλαος Παπαδόπουλος",)))

    first, second = render(plan, pictures), render(plan, pictures)

    assert first == second
    assert hashlib.sha256(first.pdf).hexdigest() == first.sha256


def test_all_fonts_are_embedded_and_subset(tmp_path: Path) -> None:
    (tmp_path / "note.pdf").write_bytes(render(a_plan("fr", gift=True)).pdf)

    rows = run("pdffonts", tmp_path / "note.pdf").decode().splitlines()[2:]

    assert {"SourceSansPro-Regular", "SourceSansPro-Semibold", "SourceSerifPro-Light", "SourceSerifPro-LightIt"} == {
        row.split()[0].partition("+")[2] for row in rows
    }
    assert {("yes", "yes", "yes")} == {tuple(row.split()[-5:-2]) for row in rows}


@pytest.mark.parametrize("lines", [0, 1, 9, 60])
def test_the_file_is_sound(tmp_path: Path, lines: int) -> None:
    (tmp_path / "note.pdf").write_bytes(render(a_plan(lines=lines), {"P000001": a_jpeg(tmp_path / "p.jpg")}).pdf)

    assert b"No syntax or stream encoding errors" in run("qpdf", "--check", tmp_path / "note.pdf")


def test_metadata_holds_the_title_and_nothing_personal(tmp_path: Path) -> None:
    (tmp_path / "note.pdf").write_bytes(render(a_plan("en")).pdf)

    facts = run("pdfinfo", tmp_path / "note.pdf").decode()

    assert "Delivery note 509217-1-r1" in facts
    assert "Silke" not in facts
    assert "841.89 pts (A4)" in facts


def test_text_and_codes_are_black_alone(tmp_path: Path) -> None:
    """Amber is for labels and the mark; all else is DeviceGray, which office printers print without fringes."""
    (tmp_path / "note.pdf").write_bytes(render(a_plan("en")).pdf)

    content = run("qpdf", "--qdf", "--object-streams=disable", tmp_path / "note.pdf", "-").decode("latin-1")

    assert {"0.518 0.271 0.0588"} == set(re.findall(r"BT ([\d. ]+) rg", content))


def test_a_picture_goes_in_byte_for_byte(tmp_path: Path) -> None:
    picture = a_jpeg(tmp_path / "bowl.jpg")

    note = render(a_plan(lines=2), {"P000001": picture})

    assert picture.read_bytes() in note.pdf


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\xff\xd8\xff but no picture"])
def test_a_sick_picture_costs_the_picture_and_not_the_note(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sick.jpg").write_bytes(content)

    note = render(a_plan(lines=2), {"P000000": tmp_path / "sick.jpg", "P000001": tmp_path / "gone.jpg"})

    assert render(a_plan(lines=2)) == note


def test_a_note_without_pictures_gives_their_room_to_the_names(tmp_path: Path) -> None:
    name = "A name that fits in the width of its column, but not where a picture stands"
    row = a_row(name=name, pictures=("22139", "P1"), unit_price="", amount="")
    plan = a_reference_plan(goods=Goods(("Qty", "Item", "", ""), (row,)))
    renderer = a_renderer(tmp_path, ("name_mm = [48, 80]", "name_mm = [108, 20]"))

    without, beside = renderer.render(plan, {}), renderer.render(plan, found(plan, {"P1": a_jpeg(tmp_path / "p.jpg")}))

    assert name in text_of(without)
    assert name not in text_of(beside)
    assert name in words_of(beside)


def test_an_unknown_character_is_named_and_the_text_around_it_is_not() -> None:
    with pytest.raises(GlyphMissing) as caught:
        render(a_plan(address=Postal("To", ("Secret \U0001fbff Person",))))

    assert ("address", "no font has U+1FBFF a character without a name") == (caught.value.where, caught.value.what)


@pytest.mark.parametrize("name", ["Νικόλαος", "Євген Щербак", "Nguyễn Thị Hồng Ấm", "Řehoř Ŋ", "Zoe\u0308 Ð"])
def test_names_of_europe_are_shown_and_can_be_copied(tmp_path: Path, name: str) -> None:
    (tmp_path / "note.pdf").write_bytes(render(a_plan(address=Postal("To", (name,)))).pdf)

    expected = "Zoë Ð" if name.startswith("Zoe") else name
    assert expected in run("pdftotext", tmp_path / "note.pdf", "-").decode()


def test_spaces_of_french_stay_and_do_not_break() -> None:
    text = text_of(render(a_plan("fr", totals=Totals((("Total", "1\u202f148,60\u00a0€"),)))))

    assert "1 148,60 €" in text


def test_a_text_too_long_for_its_frame_names_the_slot() -> None:
    with pytest.raises(DoesNotFit) as caught:
        render(a_plan(returns=Words("Returns", ("Send it back. " * 100,))))

    assert "returns" == caught.value.where


def test_a_row_taller_than_a_page_names_the_table() -> None:
    with pytest.raises(DoesNotFit) as caught:
        render(a_plan(goods=Goods(("Qty", "Item", "", ""), (a_row(name="word " * 3000),))))

    assert "goods" == caught.value.where


def test_a_plan_that_its_layout_cannot_take_is_refused() -> None:
    plan = a_plan()
    for broken, where in (
        (replace(plan, layout="none"), "layout"),
        (replace(plan, blocks=(*plan.blocks, ("gauge", Words("10 %")))), "gauge"),
        (a_plan(address=Words("Silke")), "address"),
    ):
        with pytest.raises(LayoutBroken) as caught:
            render(broken)
        assert where == caught.value.where


def test_a_long_greeting_pushes_the_table_down_and_nothing_collides(tmp_path: Path) -> None:
    """The boxes of words on the page don't overlap, whatever their length."""
    plan = a_plan(
        "de",
        kind="partial",
        greeting=Words(
            "Schön, dass Sie wieder da sind, Frau Maximiliane-Alexandra Müller-Lüdenscheidt", ("Danke. " * 60,)
        ),
        address=Postal("Lieferanschrift", tuple(f"Zeile {number}" for number in range(14))),
    )

    assert [] == overlaps(plan, tmp_path)


@pytest.mark.parametrize("language", ["en", "fr", "de"])
@pytest.mark.parametrize("gift", [True, False])
@pytest.mark.parametrize("lines", [1, 6, 14, 60])
def test_no_words_stand_on_each_other(tmp_path: Path, language: str, gift: bool, lines: int) -> None:
    assert [] == overlaps(a_plan(language, lines=lines, gift=gift, kind="partial", generation=2), tmp_path)


def overlaps(plan: Plan, folder: Path) -> list[tuple[str, str]]:
    """Pairs of words whose boxes, shrunk to the height of small letters, overlap."""
    (folder / "note.pdf").write_bytes(render(plan).pdf)
    lines = run("pdftotext", "-tsv", folder / "note.pdf", "-").decode().splitlines()
    found = []
    boxes: list[tuple[str, float, float, float, float, str]] = []
    for line in lines[1:]:
        level, page, _, _, _, _, left, top, width, height, _, text = line.split("\t")
        if level != "5":
            continue
        x, y, wide, high = (float(number) for number in (left, top, width, height))
        box = (page, x + 0.5, y + high * 0.4, x + wide - 0.5, y + high * 0.7, text)
        found += [(other[5], text) for other in boxes if _meet(box, other)]
        boxes.append(box)
    return found


def _meet(one: tuple[str, float, float, float, float, str], other: tuple[str, float, float, float, float, str]) -> bool:
    return one[0] == other[0] and one[1] < other[3] and other[1] < one[3] and one[2] < other[4] and other[2] < one[4]


def test_page_numbers_count_all_pages() -> None:
    pages = pages_of(render(a_plan("fr", lines=60)))

    assert all(f"Page {number} sur {len(pages)}" in page for number, page in enumerate(pages, 1))
