"""Descriptions are mended as documented and no further; people are greeted by a given name or not at all."""

import pytest
from hypothesis import given

from service.planning.naming import given_name, mended_description
from tests.strategies import texts


@pytest.mark.parametrize(
    ("expected", "description"),
    [
        ("Stoneware bowl", "  Stoneware   bowl "),
        ("White hanging heart T-light holder", "WHITE HANGING HEART T-LIGHT HOLDER"),
        ("Set of 6 LED candles, 12CM, A4 box", "SET OF 6 LED CANDLES, 12CM, A4 BOX"),
        ("Bake a cake", "BAKE A CAKE "),
        ("Letter A", "LETTER A"),
        ("12 pencils small tube", "12 PENCILS SMALL TUBE"),
        ("S/4 blue/green cacti", "S/4 BLUE/GREEN CACTI"),
        ('"Assorted" children\'s dinner set', '"ASSORTED" CHILDREN\'S DINNER SET'),
        ("Geschirrtuch für den Größten", "Geschirrtuch für den Größten"),
        ("Retro UK mug", "RETRO UK MUG"),
        ("LED", "LED"),
        ("CD XL", "CD XL"),
        ("İstanbul lamp".replace("İstanbul", "İSTANBUL"), "İSTANBUL LAMP"),
        ("{note_id} %s <b>", "{note_id} %s <b>"),
        ("山田太郎", "山田太郎"),
        ("1\u00a0kg", "1\u00a0kg"),
        ("", " \t "),
        ("", "\u200b\u00a0"),
        ("\uf8ff", " \uf8ff"),
        ("?", "?"),
    ],
)
def test_a_description_loses_stray_spaces_and_shouting(expected: str, description: str) -> None:
    assert expected == mended_description(description)


@given(texts())
def test_mending_changes_nothing_but_spaces_and_case_and_is_done_once(description: str) -> None:
    mended = mended_description(description)
    assert mended == mended_description(mended)
    if mended:
        assert description.casefold().split() == mended.casefold().split()


@pytest.mark.parametrize(
    ("expected", "name"),
    [
        ("Silke", "Silke Müller-Lüdenscheidt"),
        ("Silke", "SILKE MÜLLER"),
        ("Jean-Pierre", "jean-pierre lefebvre"),
        ("D’Arcy", "D’Arcy Jones"),
        ("Zoë", "Zoë Baker"),
        ("Zoe\u0308", "Zoe\u0308 Baker"),
        ("Νικόλαος", "Νικόλαος Παπαδόπουλος"),
        ("Jo", "Jo Bell"),
        ("McKenzie", "McKenzie Lee"),
        ("Ada", "Ada"),
    ],
)
def test_a_plain_given_name_is_greeted(expected: str, name: str) -> None:
    assert expected == given_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "  ", "J. Smith", "J Smith", "JP Morgan", "Dr. Silke Müller", "Herr Müller", "Mme Lefebvre", "Mrs Bell"),
        *("Müller, Silke", "Müller GmbH", "Anna & Peter Bell", "Anna und Peter Bell", "The Old Bakery", "Guest"),
        *("山田 太郎", "山田太郎", "김 철수", "4ever", "{note_id}", "<b>", "-Ann", "Ann-", "a" * 31, "Familie Müller"),
    ],
)
def test_where_a_given_name_is_not_plain_nobody_is_greeted_wrongly(name: str) -> None:
    assert "" == given_name(name)


@given(texts())
def test_a_greeted_name_is_the_first_word_of_the_name(name: str) -> None:
    greeted = given_name(name)
    assert not greeted or greeted.casefold() == name.split()[0].casefold()
