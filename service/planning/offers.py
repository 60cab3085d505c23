"""What the brand adds to a parcel where no campaign says otherwise: story, voucher, recommendations, loyalty and codes.

The story is for everybody. What speaks to this customer alone is only for those who agreed to marketing, and never on
a gift: its receiver is somebody else. The voucher comes with the parcel that completes the order. A code that would
be too long to scan is left out: what marketing adds never holds a note.
"""

from collections.abc import Iterator

from service.config import Shop
from service.model import Block, Code, Hero, Recommendation, Shipment, Tiles, Voucher, Words
from service.planning.house import Wording
from service.planning.pieces import Setting, durable_sku, is_open, link, referral, tile, voucher, worth
from service.planning.targets import scanned, target
from service.planning.typography import native


def standing_offers(setting: Setting, recommended: tuple[Recommendation, ...]) -> Iterator[tuple[str, Block]]:
    """What stands between the parcel and the useful things where no campaign fills its slot, in reading order.

    `recommended` are the articles of its tiles.
    """
    shipment = setting.shipment
    if story := _story(setting.shop, setting.wording):
        yield "promo", story
    if not shipment.order.gift:
        if shipment.order.customer.marketing == "allowed":
            yield from _personal(setting, recommended)
        if registration := _registration(setting):
            yield "registration", registration
    yield "feedback", _feedback(setting)


def _story(shop: Shop, wording: Wording) -> Hero | None:
    if not shop.story:
        return None
    language = wording.messages.language
    heading, text = dict[str, str](shop.story.heading.items()), dict[str, str](shop.story.text.items())
    return Hero((shop.story.picture,), native(heading[language], language), (native(text[language], language),))


def _personal(setting: Setting, recommended: tuple[Recommendation, ...]) -> Iterator[tuple[str, Block]]:
    shipment, message = setting.shipment, setting.wording.messages.text
    dispatched = shipment.dispatched_at.astimezone(setting.site.zone).date()
    if shipment.final and is_open(shipment.order.offer, dispatched):
        yield "voucher", _voucher(setting)
    if recommended:
        shown = tuple(tile(each, setting.shop.recommendation_url, setting) for each in recommended)
        yield "recommendations", Tiles(message("recommendations"), shown)
    loyalty = shipment.order.customer.loyalty
    if loyalty.tier.strip() or loyalty.points:
        yield "loyalty", _loyalty(shipment, setting.wording)
    words = message("referral"), message("referral-caption")
    if invitation := referral(setting.shop.referral_url, words, setting):
        yield "referral", invitation


def _voucher(setting: Setting) -> Voucher:
    shop, offer = setting.shop, setting.shipment.order.offer
    url = link(shop.voucher_url, setting, code=offer.code)
    how = setting.wording.messages.text("voucher-text-scan" if url else "voucher-text", website=shop.website)
    return voucher(offer, worth(offer, setting), (how,), url, setting)


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


def _registration(setting: Setting) -> Code | None:
    message, sku = setting.wording.messages.text, durable_sku(setting)
    url = link(setting.shop.registration_url, setting, sku=sku) if sku else ""
    return scanned(url, message("registration"), message("registration-caption", sku=sku)) if url else None


def _feedback(setting: Setting) -> Code:
    message, shipment = setting.wording.messages.text, setting.shipment
    url = target(setting.shop.feedback_url, note_id=shipment.note_id, language=setting.language)
    return scanned(url, message("feedback"), message("feedback-caption"))
