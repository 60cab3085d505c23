"""Where a note prints: the route that names most of its site, language and kind."""

from collections.abc import Iterator
from dataclasses import replace

from service.config import WILDCARD
from service.errors import NoRoute
from service.model import LANGUAGES, Route, Shipment
from service.planning.house import House, RouteKey
from service.planning.language import note_language

KINDS = ("partial", "final")
EXPRESS_JOB_PRIORITY = 80  # CUPS's own is 50: an express note overtakes what its queue has not begun


def choose_route(shipment: Shipment, house: House) -> Route:
    """The most specific route of a shipment; raises NoRoute, LanguageUnsupported."""
    site, language = shipment.order.site, note_language(shipment, house)
    for key in _keys(site, language, shipment.kind):
        if route := house.routes.get(key):
            return _hurried(route) if shipment.order.priority == "express" else route
    raise NoRoute(f"no route for site {site}, language {language}, {shipment.kind}", where="routing.toml")


def uncovered(house: House) -> tuple[str, ...]:
    """Every site, language and kind that no route covers, as `uk fr partial`."""
    return tuple(
        f"{site} {language} {kind}"
        for site in house.sites
        for language in LANGUAGES
        for kind in KINDS
        if not any(key in house.routes for key in _keys(site, language, kind))
    )


def _hurried(route: Route) -> Route:
    return replace(route, job_priority=max(route.job_priority, EXPRESS_JOB_PRIORITY))


def _keys(site: str, language: str, kind: str) -> Iterator[RouteKey]:
    """The keys that fit, most specific first; among equals site counts before language before kind."""
    yield site, language, kind
    yield site, language, WILDCARD
    yield site, WILDCARD, kind
    yield WILDCARD, language, kind
    yield site, WILDCARD, WILDCARD
    yield WILDCARD, language, WILDCARD
    yield WILDCARD, WILDCARD, kind
    yield WILDCARD, WILDCARD, WILDCARD
