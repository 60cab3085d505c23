"""Where a note prints: the route that names most of its site, language and kind."""

from collections.abc import Iterator
from dataclasses import replace

from service.config import WILDCARD
from service.errors import LanguageUnsupported, NoRoute
from service.model import LANGUAGES, Route, Shipment
from service.planning.house import House, RouteKey
from service.planning.language import language_of, note_language

KINDS = ("partial", "final")
EXPRESS_JOB_PRIORITY = 80  # CUPS's own is 50: an express note overtakes what its queue has not begun


def choose_route(shipment: Shipment, house: House) -> Route:
    """The most specific route of a shipment; raises NoRoute, LanguageUnsupported."""
    site, language = shipment.order.site, note_language(shipment, house)
    if route := _best(site, language, shipment.kind, house):
        return _hurried(route) if shipment.order.priority == "express" else route
    raise NoRoute(f"no route for site {site}, language {language}, {shipment.kind}", where="routing.toml")


def route_ahead(site: str, order_language: str, kind: str, house: House) -> Route | None:
    """The route of notes that are not under way yet; None if they will be held instead."""
    try:
        return _best(site, language_of(order_language, house), kind, house)
    except LanguageUnsupported:
        return None


def uncovered(house: House) -> tuple[str, ...]:
    """Every site, language and kind that no route covers, as `uk fr partial`."""
    return tuple(
        f"{site} {language} {kind}"
        for site in house.sites
        for language in LANGUAGES
        for kind in KINDS
        if not any(key in house.routes for key in _keys(site, language, kind))
    )


def _best(site: str, language: str, kind: str, house: House) -> Route | None:
    return next((house.routes[key] for key in _keys(site, language, kind) if key in house.routes), None)


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
