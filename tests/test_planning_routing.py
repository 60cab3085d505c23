"""The route that names most of site, language and kind wins; among equals site, then language, then kind."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.config import read_config
from service.errors import LanguageUnsupported, NoRoute
from service.model import Route
from service.planning.house import House, RouteKey, compile_house
from service.planning.language import note_language
from service.planning.routing import choose_route, route_ahead, uncovered
from tests.builders import a_shipment

HOUSE = compile_house(read_config(Path(__file__).parent.parent / "config", {}))
FINAL = {"number": 1, "of": 1, "final": True}
PARTIAL = {"number": 1, "of": 2, "final": False}


def route_key(text: str) -> RouteKey:
    site, language, kind = text.split()
    return site, language, kind


def a_house(*keys: str) -> House:
    """A house whose queues are called by what their route names: `uk fr *`."""
    return replace(HOUSE, routes={route_key(key): Route(queue=key) for key in keys})


@pytest.mark.parametrize(
    ("expected", "keys"),
    [
        ("uk fr final", ("* * *", "uk fr final", "uk fr *", "uk * final", "* fr final")),
        ("uk fr *", ("uk fr *", "uk * final", "* fr final", "uk * *")),
        ("uk * final", ("uk * final", "* fr final", "uk * *", "* fr *")),
        ("* fr final", ("* fr final", "uk * *", "* fr *", "* * final")),
        ("uk * *", ("uk * *", "* fr *", "* * final", "* * *")),
        ("* fr *", ("* fr *", "* * final", "* * *")),
        ("* * final", ("* * final", "* * *", "eu fr final", "uk de *")),
        ("* * *", ("* * *", "eu * *", "* de *", "* * partial")),
    ],
)
def test_the_most_specific_route_wins_in_any_order_of_the_file(expected: str, keys: tuple[str, ...]) -> None:
    shipment = a_shipment(site="uk", language="fr", **FINAL)
    assert expected == choose_route(shipment, a_house(*keys)).queue
    assert expected == choose_route(shipment, a_house(*reversed(keys))).queue


@given(
    st.lists(
        st.tuples(*(st.sampled_from(v) for v in (("uk", "eu", "*"), ("en", "fr", "*"), ("partial", "final", "*")))),
        unique=True,
    ),
    st.sampled_from(("uk", "eu")),
    st.sampled_from(("en", "fr")),
    st.booleans(),
)
def test_the_chosen_route_is_the_best_of_all_that_fit(
    keys: list[tuple[str, str, str]], site: str, language: str, final: bool
) -> None:
    shipment = a_shipment(site=site, language=language, **(FINAL if final else PARTIAL))
    wanted = (site, language, shipment.kind)

    def rank(key: Iterable[str]) -> tuple[int, list[bool]]:
        named = [part != "*" for part in key]
        return sum(named), named

    fitting = [key for key in keys if all(part in ("*", want) for part, want in zip(key, wanted, strict=True))]
    house = a_house(*(" ".join(key) for key in keys))
    if fitting:
        assert " ".join(max(fitting, key=rank)) == choose_route(shipment, house).queue
    else:
        with pytest.raises(NoRoute):
            choose_route(shipment, house)


def test_a_route_carries_its_backup_and_its_printing_options() -> None:
    route = choose_route(a_shipment(site="uk", language="fr", **PARTIAL), HOUSE)
    assert Route(queue="uk-partial", backup="uk-notes", sides="two-sided-long-edge") == route


def test_where_a_note_will_wait_is_known_by_site_language_and_kind() -> None:
    route = route_ahead("eu", "fr-BE", "final", HOUSE)
    assert route is not None
    assert "eu-notes-fr" == route.queue
    assert route_ahead("eu", "tlh", "final", HOUSE) is None
    assert route_ahead("eu", "fr", "final", a_house("uk * *")) is None


def test_no_route_names_site_language_and_kind_and_nothing_personal() -> None:
    with pytest.raises(NoRoute) as caught:
        choose_route(a_shipment(site="uk", language="de", **PARTIAL), a_house("eu * *", "uk * final"))
    assert "no route for site uk, language de, partial" == caught.value.what


def test_uncovered_lists_every_site_language_and_kind_without_a_route() -> None:
    assert () == uncovered(HOUSE)
    house = a_house("uk * *", "eu en *", "* fr final")
    expected = tuple(
        f"{site} {language} {kind}"
        for site, language, kind in product(("eu", "int"), ("en", "fr", "de"), ("partial", "final"))
        if (site, language) != ("eu", "en") and (language, kind) != ("fr", "final")
    )
    assert expected == uncovered(house)


@pytest.mark.parametrize(
    ("expected", "tag"),
    [("en", "en"), ("en", "en-GB"), ("fr", "fr-CH"), ("de", "DE-at"), ("de", "de-Latn-AT-1996"), ("en", "nl-BE")],
)
def test_a_note_speaks_the_order_s_language_or_the_fallback_declared_for_it(expected: str, tag: str) -> None:
    assert expected == note_language(a_shipment(language=tag), replace(HOUSE, fallback={"nl": "en"}))


@pytest.mark.parametrize("tag", ["nl", "it-CH", "deu", "x-de", ""])
def test_a_language_without_fallback_is_held(tag: str) -> None:
    with pytest.raises(LanguageUnsupported):
        note_language(a_shipment(language=tag), HOUSE)
    with pytest.raises(LanguageUnsupported):
        choose_route(a_shipment(language=tag), HOUSE)
