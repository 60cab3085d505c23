"""What the brand adds to a parcel: its story, a voucher, recommendations, loyalty, referral, registration.

The story is for everybody. What speaks to this customer alone is only for those who agreed to marketing, and never on
a gift: its receiver is somebody else. The voucher comes with the parcel that completes the order. A code that would
be too long to scan is left out: what marketing adds never holds a note.
"""

from collections.abc import Iterator
from datetime import date

from service.config import Shop
from service.model import Block, Code, Hero, Offer, Recommendation, Shipment, Tile, Tiles, Voucher, Words
from service.planning.house import Site, Wording
from service.planning.naming import mended_description
from service.planning.pictures import pictures_of
from service.planning.targets import scanned, target, typed
from service.planning.typography import native

LONGEST_TARGET = 152  # characters that a QR code of 49 modules holds: with more, they get too narrow for a telephone


def offer_blocks(shipment: Shipment, shop: Shop, site: Site, wording: Wording) -> Iterator[tuple[str, Block]]:
    """What stands between the parcel and the useful things, in reading order."""
    if story := _story(shop, wording):
        yield "promo", story
    if shipment.order.gift:
        return
    if shipment.order.customer.marketing == "allowed":
        yield from _personal(shipment, shop, site, wording)
    if registration := _registration(shipment, shop, wording):
        yield "registration", registration


def _story(shop: Shop, wording: Wording) -> Hero | None:
    if not shop.story:
        return None
    language = wording.messages.language
    heading, text = dict[str, str](shop.story.heading.items()), dict[str, str](shop.story.text.items())
    return Hero((shop.story.picture,), native(heading[language], language), (native(text[language], language),))


def _personal(shipment: Shipment, shop: Shop, site: Site, wording: Wording) -> Iterator[tuple[str, Block]]:
    dispatched = shipment.dispatched_at.astimezone(site.zone).date()
    if shipment.final and _is_open(shipment.order.offer, dispatched):
        yield "voucher", _voucher(shipment, shop, wording)
    if tiles := _tiles(shipment, shop, wording):
        yield "recommendations", Tiles(wording.messages.text("recommendations"), tiles)
    loyalty = shipment.order.customer.loyalty
    if loyalty.tier.strip() or loyalty.points:
        yield "loyalty", _loyalty(shipment, wording)
    if referral := _referral(shipment, shop, wording):
        yield "referral", referral


def _is_open(offer: Offer, day: date) -> bool:
    return bool(offer.code) and (offer.expires is None or offer.expires >= day)


# The voucher ---------------------------------------------------------------------------------------------------------


def _voucher(shipment: Shipment, shop: Shop, wording: Wording) -> Voucher:
    message, offer = wording.messages.text, shipment.order.offer
    url = _shop_target(shop.voucher_url, shipment, wording, code=offer.code)
    how = message("voucher-text-scan" if url else "voucher-text", website=shop.website)
    return Voucher(
        heading=_worth(offer, shipment.order.currency, wording),
        paragraphs=(how,),
        label=message("voucher-code"),
        code=offer.code,
        terms=tuple(_terms(offer, shipment.order.currency, wording)),
        scan=url,
        address=typed(url),
    )


def _worth(offer: Offer, currency: str, wording: Wording) -> str:
    message, formats = wording.messages.text, wording.formats
    if offer.free_shipping:
        return message("voucher-shipping")
    if offer.percent:
        return message("voucher-percent", percent_text=formats.integer(offer.percent))
    return message("voucher-amount", amount=formats.short_money(offer.amount, currency))


def _terms(offer: Offer, currency: str, wording: Wording) -> Iterator[str]:
    message, formats = wording.messages.text, wording.formats
    if offer.minimum:
        yield message("voucher-minimum", amount=formats.short_money(offer.minimum, currency))
    if offer.expires:
        yield message("voucher-expires", date=formats.date(offer.expires))


# Recommendations, loyalty --------------------------------------------------------------------------------------------


def _tiles(shipment: Shipment, shop: Shop, wording: Wording) -> tuple[Tile, ...]:
    """What is recommended and not in this parcel, each article once."""
    shown = {line.sku for line in shipment.lines}
    tiles: list[Tile] = []
    for each in shipment.order.recommendations:
        if each.sku not in shown:
            shown.add(each.sku)
            tiles.append(_tile(each, shipment, shop, wording))
    return tuple(tiles)


def _tile(article: Recommendation, shipment: Shipment, shop: Shop, wording: Wording) -> Tile:
    currency = shipment.order.currency
    return Tile(
        pictures=pictures_of(article, shop),
        name=mended_description(article.description) or wording.messages.text("article", sku=article.sku),
        price="" if article.price is None else wording.formats.money(article.price, currency),
    )


def _loyalty(shipment: Shipment, wording: Wording) -> Words:
    message, formats, loyalty = wording.messages.text, wording.formats, shipment.order.customer.loyalty
    standing = loyalty.tier
    if loyalty.points:
        name = "loyalty-tier-points" if loyalty.tier.strip() else "loyalty-points"
        points_text = formats.integer(loyalty.points)
        standing = message(name, tier=loyalty.tier, points=loyalty.points, points_text=points_text)
    if not loyalty.earned:
        return Words(message("loyalty"), (standing,))
    earned = message("loyalty-earned", earned=loyalty.earned, earned_text=formats.integer(loyalty.earned))
    return Words(message("loyalty"), (standing, earned))


# Codes that lead somewhere -------------------------------------------------------------------------------------------


def _referral(shipment: Shipment, shop: Shop, wording: Wording) -> Code | None:
    customer, message = shipment.order.customer, wording.messages.text
    if customer.status != "ambassador" or not customer.referral_code.strip():
        return None
    url = _shop_target(shop.referral_url, shipment, wording, code=customer.referral_code)
    return scanned(url, message("referral"), message("referral-caption")) if url else None


def _registration(shipment: Shipment, shop: Shop, wording: Wording) -> Code | None:
    message = wording.messages.text
    durable = next((line for line in shipment.lines if line.category in shop.registration_categories), None)
    url = _shop_target(shop.registration_url, shipment, wording, sku=durable.sku) if durable else ""
    if not durable or not url:
        return None
    return scanned(url, message("registration"), message("registration-caption", sku=durable.sku))


def _shop_target(template: str, shipment: Shipment, wording: Wording, **value: str) -> str:
    """A shop's link for this note; empty where it has none, or where it would be too long to scan."""
    url = target(template, note_id=shipment.note_id, language=wording.messages.language, **value)
    return url if len(url) <= LONGEST_TARGET else ""
