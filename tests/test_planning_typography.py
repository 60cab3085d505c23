"""Our own words get the spaces, apostrophes and dashes of their language, whoever typed them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.planning.typography import NARROW, NO_BREAK, native

OURS = st.text(st.sampled_from(f"abé 1.:;!?«»'’-–…()[]@/\"\n{NARROW}{NO_BREAK}"), max_size=30)


@pytest.mark.parametrize(
    ("typed", "set_in_french"),
    [
        ("Bienvenue !", f"Bienvenue{NARROW}!"),
        ("Quel plaisir!", f"Quel plaisir{NARROW}!"),
        ("Vraiment ?!", f"Vraiment{NARROW}?!"),
        ("Avec soin ; vite", f"Avec soin{NARROW}; vite"),
        ("Colis 1 sur 2 : le reste suivra", f"Colis 1 sur 2{NO_BREAK}: le reste suivra"),
        (" : le reste", f"{NO_BREAK}: le reste"),
        (" !", f"{NARROW}!"),
        ("Expédié le :", f"Expédié le{NO_BREAK}:"),
        ("« Bonjour » et «merci»", f"«{NO_BREAK}Bonjour{NO_BREAK}» et «{NO_BREAK}merci{NO_BREAK}»"),
        ("(!)", "(!)"),
        ("C'est l'hiver...", "C’est l’hiver…"),
        ("de 10:30 à 11:00", "de 10:30 à 11:00"),
        ("sur https://amber-home.example/f?l=fr;x !", f"sur https://amber-home.example/f?l=fr;x{NARROW}!"),
        ("retours@amber-home.example: écrivez", "retours@amber-home.example: écrivez"),
        ("Chêne - massif", "Chêne – massif"),
        ("petit-déjeuner", "petit-déjeuner"),
    ],
)
def test_french_spaces_its_punctuation(typed: str, set_in_french: str) -> None:
    assert set_in_french == native(typed, "fr")


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Ready? Yes! One: two; three.", "Ready? Yes! One: two; three."),
        ("„So“ sagt man, “so” too", "„So“ sagt man, “so” too"),
        ('a "straight" quote', 'a "straight" quote'),
        ("We're here - for you...", "We’re here – for you…"),
        ("'s home", "’s home"),
        ("5' long - - 'so", "5' long – – 'so"),
    ],
)
def test_english_and_german_get_apostrophes_and_dashes(typed: str, expected: str, language: str) -> None:
    assert expected == native(typed, language)


@given(OURS, st.sampled_from(["en", "fr", "de"]))
def test_what_is_right_stays(text: str, language: str) -> None:
    assert native(text, language) == native(native(text, language), language)


@given(OURS | st.text(max_size=60), st.sampled_from(["en", "fr", "de"]))
def test_no_letter_and_no_figure_is_touched(text: str, language: str) -> None:
    assert [c for c in text if c.isalnum()] == [c for c in native(text, language) if c.isalnum()]


@given(st.text(max_size=60))
def test_any_text_settles_at_once(text: str) -> None:
    assert native(text, "fr") == native(native(text, "fr"), "fr")


def test_a_text_without_an_end_is_set_in_no_time() -> None:
    """Each word is looked through once for an address: with every letter as a beginning this takes minutes."""
    endless = "e" * 100_000
    assert endless == native(endless, "fr")
