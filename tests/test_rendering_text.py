"""Text: made readable, broken to a width, and never lost or cut, whatever it holds."""

import json
import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import DoesNotFit, GlyphMissing, SlipwayError
from service.model import Code, Facts, Goods, Plan, Postal, Totals, Words
from service.rendering.layouts.loading import Layout, load_layout
from service.rendering.type.characters import readable
from service.rendering.type.faces import LATIN
from service.rendering.type.hyphenation import HYPHEN
from service.rendering.type.scripts import Scripts
from service.rendering.type.typesetting import Typesetter
from tests.plans import a_plan, a_row
from tests.sheets import LAYOUTS, render, run

with_dejavu = pytest.mark.skipif(
    not Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf").exists(), reason="needs Debian's fonts-dejavu-core"
)


@cache
def the_layout() -> Layout:
    return load_layout(LAYOUTS / "amber-home")


def lines(text: str, width: float, style: str = "body") -> list[str]:
    return Typesetter(the_layout().scripts, "en").lines(the_layout().styles[style], text, width)


def width_of(text: str, style: str = "body") -> float:
    return Typesetter(the_layout().scripts, "en").width(the_layout().styles[style], text)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("e\u0301", "é"),
        ("a\r\nb\rc\u2028d\u0085e", "a\nb\nc\nd\ne"),
        ("a\tb", "a b"),
        ("a\u200b\u202eb\u2066\ufeff\u00adc\ufe0f", "abc"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
    ],
)
def test_what_cannot_be_seen_is_dropped_and_the_rest_composed(typed: str, shown: str) -> None:
    assert shown == readable(typed)


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x9f", "\ue000", "\ud800", "\uffff", "\U000e0fff"])
def test_characters_without_a_meaning_hold_the_note(character: str) -> None:
    with pytest.raises(GlyphMissing, match=f"U\\+{ord(character):04X}"):
        lines(f"before {character} after", 100)


def test_a_letter_under_a_heap_of_marks_does_not_fit() -> None:
    assert "ด้" == readable("ด้")
    with pytest.raises(DoesNotFit, match="more than 6 marks"):
        readable("ด" + "้" * 40)


def test_latin_europe_stands_on_every_code_page() -> None:
    """Every letter of these alphabets, in each face that the layout uses."""
    alphabets = "ÅÄÖåäöÆØæøßÇĞİŞçğış ĄĆĘŁŃÓŚŹŻąćęłńóśźż ČĎĚŇŘŠŤŮŽčďěňřšťůž ŐŰőű ĂÂÎȘȚăâîșț ĐđŒœŸ"
    assert {style.face.name: [] for style in the_layout().styles.values()} == {
        style.face.name: [one for one in alphabets if style.face.set(one) is None]
        for style in the_layout().styles.values()
    }
    assert 249 >= len(LATIN)


def test_figures_stand_in_columns_in_every_face() -> None:
    """All of one width and never kerned, also in faces whose own figures are not: prices stand one under the other."""
    layouts = [load_layout(path.parent) for path in sorted(LAYOUTS.glob("*/layout.toml"))]
    for face in {style.face for layout in layouts for style in layout.styles.values()}:
        widths = {found.width_em for price in ("1.111,11", "9.876,54", "7.417,40") if (found := face.set(price))}
        assert 1 == len(widths), face.path.name


def test_tabular_figures_and_kerned_words() -> None:
    assert width_of("1111111") == width_of("0987654")
    assert width_of("A") + width_of("V") > width_of("AV")


def test_a_narrow_space_is_narrower_and_does_not_break() -> None:
    assert width_of("1\u202f148") < width_of("1 148")
    assert ["1\u202f148,60\u00a0€"] == lines("1\u202f148,60\u00a0€", width_of("1\u202f148,60\u00a0€"))


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("one two three", "one two", ["one two", "three"]),
        ("Frau Müller-Lüdenscheidt", "Frau Müller-Lü", ["Frau Müller-", "Lüdenscheidt"]),
        ("Frau Müller-Lüdenscheidt", "Müller-Lüdenscheidt", ["Frau", "Müller-Lüdenscheidt"]),
        ("at amber-home.example/returns", "amber-home.example/r", ["at", "amber-home.example/", "returns"]),
        ("abcdef", "abc", ["abc", "def"]),
        ("line\nbreak", "line break", ["line", "break"]),
        ("", "x", [""]),
    ],
)
def test_lines_break_where_a_typographer_breaks_them(text: str, width: str, expected: list[str]) -> None:
    assert expected == lines(text, width_of(width) + 0.01)


def test_large_type_breaks_into_even_lines() -> None:
    broken = lines("For your new kitchen, and for the long breakfasts in it. With love from the lake", 300, "gift")

    widths = [width_of(line, "gift") for line in broken]
    assert 0.7 * max(widths) < min(widths)


def test_a_word_wider_than_its_column_is_broken_in_large_type_too() -> None:
    text = "<a href=java&#1&#2&#3&#4&#5&#6&#7&#8&#11&#12script:javascript:alert(1)>XXX</a>"
    broken = lines(text, 300, "gift")
    assert all(width_of(line, "gift") <= 300 for line in broken)
    assert text.replace(" ", "") == "".join(broken).replace(" ", "")


def test_a_character_wider_than_its_column_does_not_fit() -> None:
    with pytest.raises(DoesNotFit):
        lines("mm", 3)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120), st.floats(30, 400))
def test_no_character_is_lost_and_no_line_too_wide(text: str, width: float) -> None:
    try:
        broken = lines(text, width)
    except SlipwayError:
        return

    assert all(width_of(line) <= width + 1e-6 for line in broken)
    assert "".join(readable(text).split()) == "".join("".join(broken).replace(HYPHEN, "").split())


def test_two_thousand_letters_without_a_space_flow() -> None:
    word = "Donaudampfschifffahrt" * 95
    assert word == "".join(lines(word, 150))


@with_dejavu
@pytest.mark.parametrize("text", ["می\u200cخواهم", "א\u200dב (12)", "\u200cא a\u200d", "á\u200d\u0643 5%"])
def test_joiners_stay_where_they_shape(text: str) -> None:
    assert [text] == lines(text, 300)


@with_dejavu
def test_right_to_left_runs_turn_and_figures_in_them_do_not() -> None:
    shaped = the_layout().scripts.shaped("אב 12", the_layout().styles["body"].face.path)

    assert "12 בא" == "".join(glyph.text for glyph in shaped.glyphs)


NAMES = {
    "Νικόλαος Παπαδόπουλος": "dejavu",
    "Щербаков Ёжик": "dejavu",
    "محمد عبد الرحمن": "noto",
    "שלום עולם": "dejavu",
    "क्षत्रिय हिन्दी": "noto",
    "กรุงเทพ น้ำใจ": "noto",
    "张伟": "droid",
    "山田太郎 タカヒロ": "droid",
    "김철수": "nanum",
    "\U0001f44d\U0001f3fd 1\ufe0f\u20e3": "ancient-scripts",
    "\U0001f381 \u2764\ufe0f \U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467": "ancient-scripts",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_script_are_drawn_and_found(name: str, tmp_path: Path) -> None:
    """With Debian's fonts; no glyph is missing or blank, and a reader of the document finds the name."""
    if not Path("/usr/share/fonts/truetype", NAMES[name]).exists():
        pytest.skip(f"needs Debian's fonts in {NAMES[name]}")
    document = tmp_path / "note.pdf"
    document.write_bytes(render(a_plan(address=Postal("To", (name,)))).pdf)

    shaped = the_layout().scripts.shaped(readable(name), the_layout().styles["body"].face.path)
    assert all(glyph.outline.path or not glyph.text.strip("\u200d ") for glyph in shaped.glyphs)
    assert readable(name) in run("pdftotext", document, "-").decode()


def test_without_fonts_on_the_machine_a_foreign_letter_holds_the_note() -> None:
    scripts = Scripts([style.face.path for style in the_layout().styles.values()], folders=())

    with pytest.raises(GlyphMissing, match="no font has U\\+05D0 HEBREW LETTER ALEF"):
        Typesetter(scripts, "en").lines(the_layout().styles["body"], "א", math.inf)


def test_the_plainest_font_that_has_a_letter_is_taken(tmp_path: Path) -> None:
    """Of Debian's Noto fonts, Sans before Kufi and Rashi, and never a bold or slanted one."""
    for name in ("NotoKufiArabic-Regular.ttf", "NotoSansArabic-Bold.ttf", "NotoSansArabic-Regular.ttf"):
        (tmp_path / name).touch()

    assert ["NotoSansArabic-Regular.ttf", "NotoKufiArabic-Regular.ttf"] == [
        path.name for path in Scripts([], folders=[tmp_path]).paths
    ]


FIELDS = ("brand", "greeting", "address", "facts", "parcel", "goods", "totals", "gift", "feedback", "returns", "title")


def plan_with(field: str, text: str) -> Plan:
    """A note that has `text` in one of its fields."""
    blocks: dict[str, Any] = {
        "brand": Words(text, (text,)),
        "greeting": Words(text, (text,)),
        "address": Postal(text, (text, text)),
        "facts": Facts(((text, text),)),
        "parcel": Words(text, (text, text)),
        "goods": Goods((text, "Item", "Price", ""), (a_row(name=text, detail=text, sku=text, unit_price=text),)),
        "totals": Totals(((text, text), ("Total", text))),
        "gift": Words("From", (text,)),
        "feedback": Code("qr", "https://amber-home.example", text, text, text),
        "returns": Words(text, (text,)),
    }
    return replace(a_plan(), title=text) if field == "title" else a_plan(**{field: blocks[field]})


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FIELDS), st.text(max_size=60))
def test_any_text_in_any_field_ends_on_paper_or_in_a_named_error(field: str, text: str) -> None:
    try:
        note = render(plan_with(field, text))
    except SlipwayError as error:
        assert error.where == field
        assert len(text) < 3 or text not in str(error)
    else:
        assert note.pdf.startswith(b"%PDF")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40))
def test_any_text_in_a_code_scans_or_is_refused(text: str) -> None:
    for symbology in ("qr", "code128"):
        try:
            render(a_plan(note_code=Code(symbology, text)))
        except (GlyphMissing, DoesNotFit) as error:
            assert "note-code" == error.where


@pytest.mark.corpora
@pytest.mark.parametrize("field", FIELDS)
def test_every_naughty_string_ends_on_paper_or_in_a_named_error(field: str, corpora: Path) -> None:
    shown = 0
    for text in json.loads((corpora / "text" / "blns" / "blns.json").read_text(encoding="utf-8")):
        try:
            render(plan_with(field, text))
        except SlipwayError as error:
            assert error.where == field
        else:
            shown += 1
    assert shown > 150
