"""Hyphenation: words part by the rules of their language, only in styles that say so, and stay whole for readers."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import SlipwayError
from service.rendering.layouts.loading import Layout, load_layout
from service.rendering.pdf.document import NoteDocument
from service.rendering.type.characters import readable
from service.rendering.type.hyphenation import HYPHEN, syllables
from service.rendering.type.styles import Style
from service.rendering.type.typesetting import Typesetter, operators
from tests.sheets import LAYOUTS, run

MESSAGE = {
    "en": "Thank you for your first order with us. Everything in it was wrapped by hand in Daventry, notwithstanding "
    "international recommendations of any kind.",
    "fr": "Merci pour votre première commande chez nous. Chaque pièce a été choisie et emballée à la main, "
    "conformément aux recommandations de la maison.",
    "de": "Bei Rücksendungen gilt der Mindestbestellwert; Geschenkgutscheine und Weihnachtsbaumkugeln sind davon "
    "ausgenommen. Alles andere kam aus unserem Versandzentrum zu Ihnen.",
}


@cache
def the_layout() -> Layout:
    return load_layout(LAYOUTS / "amber-home")


def body(**changes: object) -> Style:
    return replace(the_layout().styles["body"], **{"hyphenated": True} | changes)


def typesetter(language: str = "de") -> Typesetter:
    return Typesetter(the_layout().scripts, language)


def lines(text: str, width: float, language: str = "de", **changes: object) -> list[str]:
    return [line.replace(HYPHEN, "=") for line in typesetter(language).lines(body(**changes), text, width)]


def width_of(text: str) -> float:
    return typesetter().width(body(), text)


@pytest.mark.parametrize(
    ("language", "word", "expected"),
    [
        ("de", "Weihnachtsbaumkugeln", "Weih=nachts=baum=ku=geln"),
        ("de", "Zuckerdose", "Zucker=dose"),
        ("de", "„Frühstücksbeutel“,", "„Früh=stücks=beu=tel“,"),
        ("fr", "l’hébergement", "l’hé=ber=ge=ment"),
        ("fr", "céramique", "cé=ra=mique"),
        ("en", "recommendation", "re=com=mend=a=tion"),
        ("de", "bernsteinfarben", "bern=stein=farben"),  # the patterns would leave an r alone
        ("sv", "leveransadress", "leveransadress"),
    ],
)
def test_words_part_by_the_rules_of_their_language(language: str, word: str, expected: str) -> None:
    assert expected == "=".join(syllables(word, language))


@pytest.mark.parametrize(
    "word",
    [
        *("VERSANDZENTRUM", "GmbHGesellschaft", "A1234Lieferschein", "Müller-Lüdenscheidt", "Amber_Home", "x" * 5000),
        *("amberhome@example.com", "amber-home.example", "amber-home.example/lieferung", "", "‹›", "Wort"),
    ],
)
def test_what_is_no_word_of_the_language_does_not_part(word: str) -> None:
    assert (word,) == syllables(word, "de")


@given(st.text(max_size=40), st.sampled_from(["de", "en", "fr", "xx"]))
def test_parts_make_the_word(word: str, language: str) -> None:
    assert word == "".join(syllables(word, language))


def test_patterns_do_not_remember_the_words_of_notes() -> None:
    from service.rendering.type import hyphenation

    syllables("Überraschungsgeschenk", "de")

    assert {} == hyphenation._patterns("de").hd.cache


def test_a_word_parts_where_its_line_would_stay_short() -> None:
    """Left whole, Versandzentrum would leave its line half empty."""
    assert ["in unserem Versandzen=", "trum für Sie da"] == lines(
        "in unserem Versandzentrum für Sie da", width_of("in unserem Versandzent")
    )


def test_a_word_stays_whole_where_its_line_is_full_enough() -> None:
    assert ["in unserem Hause sind alle", "Bestellungen gut"] == lines(
        "in unserem Hause sind alle Bestellungen gut", width_of("in unserem Hause sind alle Bes-")
    )


def test_a_word_parts_where_that_saves_a_line() -> None:
    column = width_of("in unserem Hause sind alle Bestel-") + 0.01
    text = "in unserem Hause sind alle Bestellungen hier und dort nur gut"

    assert 3 == len(lines(text, column, hyphenated=False))
    assert ["in unserem Hause sind alle Bestel=", "lungen hier und dort nur gut"] == lines(text, column)


def test_a_word_wider_than_its_column_parts_between_syllables() -> None:
    assert ["Donau=", "dampf=", "schiff=", "fahrt"] == lines("Donaudampfschifffahrt", width_of("Donau-") + 0.01)


def test_only_hyphenated_styles_part_words() -> None:
    for language, text in MESSAGE.items():
        assert any(line.endswith("=") for line in lines(text, 100, language))
        assert not any(line.endswith("=") for line in lines(text, 100, language, hyphenated=False))


@pytest.mark.parametrize("language", MESSAGE)
@pytest.mark.parametrize("width", range(90, 300, 10))
def test_hyphens_are_few_and_lines_hold_the_text(language: str, width: int) -> None:
    """Never three in a row, never in the last word, never more lines than without."""
    broken = lines(MESSAGE[language], width, language)

    assert MESSAGE[language] == " ".join(broken).replace("= ", "")
    assert not any(all(line.endswith("=") for line in broken[place : place + 3]) for place in range(len(broken) - 2))
    assert len(broken) < 2 or not broken[-2].endswith("=") or " " in broken[-1]
    assert len(broken) <= len(lines(MESSAGE[language], width, language, hyphenated=False))


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=120) | st.sampled_from(list(MESSAGE.values())), st.floats(30, 400), st.sampled_from(["de", "fr"])
)
def test_no_character_is_lost_to_a_hyphen(text: str, width: float, language: str) -> None:
    setter = typesetter(language)
    try:
        broken = setter.lines(body(), text, width)
    except SlipwayError:
        return

    assert all(setter.width(body(), line) <= width + 1e-6 for line in broken)
    assert "".join(readable(text).split()) == "".join("".join(broken).replace(HYPHEN, "").split())


def test_a_typed_soft_hyphen_is_not_drawn() -> None:
    assert ["Versandzentrum"] == lines("Ver\u00adsand\u00adzentrum", 300)


def shown_by_a_reader(items: list[tuple[Style, str, float]], folder: Path) -> list[str]:
    """The lines that pdftotext finds on a page of these texts, each in its style and width."""
    setter, down, marks = typesetter(), 20.0, []
    for style, text, width in items:
        for line in setter.lines(style, text, width):
            down += style.leading
            marks.append(setter.mark(style, line, 40, down))
    document = NoteDocument("A page", "de", (595, 842))
    for name, face in setter.faces.items():
        document.embed_font(name, face.embedded)
    for name, glyphs in setter.drawn:
        document.embed_drawn_font(name, glyphs)
    document.add_page("\n".join(operators(marks, 842)), [])
    (folder / "page.pdf").write_bytes(document.finish())
    found = run("pdftotext", folder / "page.pdf", "-").decode()
    return [line for line in found.replace("\f", "").splitlines() if line]


def test_a_hyphen_of_ours_is_a_soft_one_to_readers(tmp_path: Path) -> None:
    """So whoever searches the document finds the word whole."""
    column = width_of("in unserem Versandzent")
    assert ["in unserem Versandzen\u00ad", "trum für Sie da"] == shown_by_a_reader(
        [(body(), "in unserem Versandzentrum für Sie da", column)], tmp_path
    )


def test_a_line_of_drawn_glyphs_ends_with_a_hyphen_too() -> None:
    scripts, path = the_layout().scripts, body().face.path

    assert scripts.shaped("Ω-", path).glyphs == scripts.shaped(f"Ω{HYPHEN}", path).glyphs


def test_letterspaced_capitals_are_read_as_they_were_written(tmp_path: Path) -> None:
    styles = the_layout().styles

    assert ["Amber Home", "Große Straße"] == shown_by_a_reader(
        [(styles["wordmark"], "Amber Home", 300), (styles["label"], "Große Straße", 300)], tmp_path
    )
