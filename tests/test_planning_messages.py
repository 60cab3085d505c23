"""The messages are whole in each language, set as its typography wants, and a fault names its file and line."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.config import read_config
from service.errors import ConfigInvalid, MessageFailed
from service.planning.messages import MESSAGES, NUMBERS, compile_messages
from service.planning.spoken import SAMPLE_NUMBERS, Messages

ROOT = Path(__file__).parent.parent
CONFIG = read_config(ROOT / "config", {})
COMPILED = compile_messages(CONFIG.messages, CONFIG.folder)
LATIN_1 = "".join(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x100))))
CODE_PAGE = {*LATIN_1, *"œŒ–—‘’‚“”„…‹›€\u202f"}


def spoken(messages: Messages) -> Iterator[tuple[str, str]]:
    """Every message in every form that numbers give it; a number is printed as 9, any other value as #."""
    for name, variables in MESSAGES.items():
        printed = {variable: "9" if variable.endswith("_text") else "#" for variable in variables}
        for number in SAMPLE_NUMBERS:
            yield name, messages.text(name, **printed | {v: number for v in variables if v in NUMBERS})


SPOKEN = [(language, name, text) for language in COMPILED for name, text in spoken(COMPILED[language])]


@pytest.mark.parametrize(("language", "name", "text"), sorted(set(SPOKEN)))
def test_every_message_is_set_as_its_language_wants(language: str, name: str, text: str) -> None:
    assert not re.search(r"""["'!]|\.\.\.| - |  |^\s|\s$""", text), "straight quotes, exclamation marks, stray spaces"
    assert set(text) <= CODE_PAGE
    assert not re.search(r"9 (?!·)", text), f"a number may be parted from its word in {name}"
    if language == "fr":
        assert not re.search(r"(?<!\u00a0):|(?<!\u202f)[;!?]|«(?!\u00a0)|(?<!\u00a0)»|[“”„]", text)
    else:
        assert not re.search(r"\s[:;!?]|\u202f|[«»]", text)
    if language == "de":
        assert not re.search(r"\b(du|dir|dein\w*|euch|euer|eure\w*)\b|[”]", text, re.IGNORECASE)


@pytest.mark.parametrize(
    ("expected", "language", "name", "number"),
    [
        ("One piece in all; nothing further will follow.", "en", "parcel-single-text", 1),
        ("6\u00a0pieces in all; nothing further will follow.", "en", "parcel-single-text", 6),
        ("Une pièce en tout\u202f; aucun autre colis ne suivra.", "fr", "parcel-single-text", 1),
        ("6\u00a0pièces en tout\u202f; aucun autre colis ne suivra.", "fr", "parcel-single-text", 6),
        ("Insgesamt ein Stück; es folgt kein weiteres Paket.", "de", "parcel-single-text", 1),
        ("Insgesamt 6\u00a0Stück; es folgt kein weiteres Paket.", "de", "parcel-single-text", 6),
        ("The rest will follow separately; there is nothing you need to do.", "en", "parcel-partial-text", 0),
        ("One more parcel will follow; there is nothing you need to do.", "en", "parcel-partial-text", 1),
        ("2\u00a0more parcels will follow; there is nothing you need to do.", "en", "parcel-partial-text", 2),
        ("Un autre colis suivra\u202f; vous n’avez rien à faire.", "fr", "parcel-partial-text", 1),
        ("2\u00a0autres colis suivront\u202f; vous n’avez rien à faire.", "fr", "parcel-partial-text", 2),
        ("Ein weiteres Paket folgt; Sie brauchen nichts zu tun.", "de", "parcel-partial-text", 1),
        ("2\u00a0weitere Pakete folgen; Sie brauchen nichts zu tun.", "de", "parcel-partial-text", 2),
        ("Voici la dernière pièce. Merci de votre patience.", "fr", "parcel-final-text", 1),
        ("Voici les 3\u00a0dernières pièces. Merci de votre patience.", "fr", "parcel-final-text", 3),
        ("Von den hier aufgeführten Artikeln folgt noch ein Stück.", "de", "parcel-partial-rest", 1),
        ("Von den hier aufgeführten Artikeln folgen noch 3\u00a0Stück.", "de", "parcel-partial-rest", 3),
    ],
)
def test_plurals_are_right(expected: str, language: str, name: str, number: int) -> None:
    values = {v: number if v in NUMBERS else str(number) for v in MESSAGES[name]}
    assert expected == COMPILED[language].text(name, **values)


@pytest.mark.parametrize("value", ["{note_id}", "{ $name }", "-term", '"', "\\u00A0", "{0}", "%s", "\u2068x\u2069"])
def test_a_value_comes_out_as_it_went_in(value: str) -> None:
    assert f"Welcome, {value}" == COMPILED["en"].text("greeting-new", name=value)


def test_a_message_that_fails_on_a_note_holds_it_and_says_nothing_of_its_values() -> None:
    with pytest.raises(MessageFailed) as caught:
        COMPILED["en"].text("greeting-new", name="Silke" * 1000)
    assert ("message greeting-new failed", "en.ftl") == (caught.value.what, caught.value.where)


def test_a_message_is_set_natively_however_it_was_typed() -> None:
    typed = CONFIG.messages["fr"].replace("\u202f", " ").replace("\u00a0:", " :").replace("’", "'")
    assert typed != CONFIG.messages["fr"]
    compiled = compile_messages({**CONFIG.messages, "fr": typed}, CONFIG.folder)["fr"]
    expected = [text for text in spoken(COMPILED["fr"]) if "%" not in text[1]]
    assert expected == [text for text in spoken(compiled) if "%" not in text[1]]


def line_of(language: str, start: str) -> int:
    return next(n for n, line in enumerate(CONFIG.messages[language].splitlines(), 1) if line.startswith(start))


@pytest.mark.parametrize(
    ("expected", "language", "old", "new"),
    [
        ("{path}:{line}: Expected", "fr", "help = À votre écoute", "help = { À }"),
        ("{path}: message help is missing", "de", "help = Wir sind für Sie da", ""),
        ("{path}:{line}: message help: it says nothing", "de", "help = Wir sind für Sie da", "help =\n    .x = y"),
        ("{path}:{line}: message help: Unknown external: who", "en", "help = Here for you", "help = Here for { $who }"),
        ("{path}:{line}: message help2 is used by no note", "en", "help = Here", "help2 = Here\nhelp = Here"),
        ("{path}:{line}: message help is there twice", "en", "help = Here for you", "help = Here\nhelp = There"),
        (
            "{path}:{line}: message greeting-new leaves out $name, which another language says",
            *("de", "greeting-new = Herzlich willkommen, { $name }", "greeting-new = Herzlich willkommen"),
        ),
    ],
)
def test_a_faulty_message_is_refused_with_its_place(expected: str, language: str, old: str, new: str) -> None:
    source = CONFIG.messages[language].replace(old, new)
    assert source != CONFIG.messages[language]
    with pytest.raises(ConfigInvalid) as caught:
        compile_messages({**CONFIG.messages, language: source}, CONFIG.folder)
    first = old.partition(" = ")[0] + " = "
    line = line_of(language, first) + ("twice" in expected)
    place = {"path": CONFIG.folder / "messages" / f"{language}.ftl", "line": line}
    assert any(fault.startswith(expected.format(**place)) for fault in caught.value.what.splitlines()), (
        caught.value.what
    )


def test_all_faults_of_all_languages_come_at_once() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        compile_messages(dict.fromkeys(CONFIG.messages, ""), CONFIG.folder)
    assert 3 * len(MESSAGES) == len(caught.value.what.splitlines())
