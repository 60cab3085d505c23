"""What the brand adds to a parcel: its story, a voucher, recommendations, loyalty, referral, registration.

The story is for everybody. What speaks to this customer alone is only for those who agreed to marketing, and never on
a gift: its receiver is somebody else. The voucher comes with the parcel that completes the order. A code that would
be too long to scan is left out: what marketing adds never holds a note.
"""

from collections.abc import Iterator

from service.config import Shop
from service.model import Block, Code, Hero, Shipment, Tiles, Voucher, Words
from service.planning.house import Site, Wording
from service.planning.pieces import Occasion, durable_sku, is_open, link, referral, tiles, voucher, worth
from service.planning.targets import scanned
from service.planning.typography import native


def offer_blocks(shipment: Shipment, shop: Shop, site: Site, wording: Wording) -> Iterator[tuple[str, Block]]:
    """What stands between the parcel and the useful things, in reading order."""
    occasion = Occasion(shipment, shop, site, wording)
    if story := _story(shop, wording):
        yield "promo", story
    if shipment.order.gift:
        return
    if shipment.order.customer.marketing == "allowed":
        yield from _personal(occasion)
    if registration := _registration(occasion):
        yield "registration", registration


def _story(shop: Shop, wording: Wording) -> Hero | None:
    if not shop.story:
        return None
    language = wording.messages.language
    heading, text = dict[str, str](shop.story.heading.items()), dict[str, str](shop.story.text.items())
    return Hero((shop.story.picture,), native(heading[language], language), (native(text[language], language),))


def _personal(occasion: Occasion) -> Iterator[tuple[str, Block]]:
    shipment, message = occasion.shipment, occasion.wording.messages.text
    dispatched = shipment.dispatched_at.astimezone(occasion.site.zone).date()
    if shipment.final and is_open(shipment.order.offer, dispatched):
        yield "voucher", _voucher(occasion)
    if shown := tiles(shipment.order.recommendations, occasion):
        yield "recommendations", Tiles(message("recommendations"), shown)
    loyalty = shipment.order.customer.loyalty
    if loyalty.tier.strip() or loyalty.points:
        yield "loyalty", _loyalty(shipment, occasion.wording)
    words = message("referral"), message("referral-caption")
    if invitation := referral(occasion.shop.referral_url, words, occasion):
        yield "referral", invitation


def _voucher(occasion: Occasion) -> Voucher:
    shop, offer = occasion.shop, occasion.shipment.order.offer
    url = link(shop.voucher_url, occasion, code=offer.code)
    how = occasion.wording.messages.text("voucher-text-scan" if url else "voucher-text", website=shop.website)
    return voucher(offer, worth(offer, occasion), (how,), url, occasion)


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


def _registration(occasion: Occasion) -> Code | None:
    message, sku = occasion.wording.messages.text, durable_sku(occasion)
    url = link(occasion.shop.registration_url, occasion, sku=sku) if sku else ""
    return scanned(url, message("registration"), message("registration-caption", sku=sku)) if url else None
