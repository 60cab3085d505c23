"""Which language a note speaks."""

from service.errors import LanguageUnsupported
from service.model import Shipment
from service.planning.house import House


def note_language(shipment: Shipment, house: House) -> str:
    """en, fr or de: the order's own language by its primary subtag, else the fallback declared for it."""
    return language_of(shipment.order.language, house)


def language_of(tag: str, house: House) -> str:
    """The same for an order's language, a BCP 47 tag."""
    primary = tag.partition("-")[0].lower()
    if primary in house.wordings:
        return primary
    if primary in house.fallback:
        return house.fallback[primary]
    raise LanguageUnsupported(f"no note speaks {tag}", where="/language")
