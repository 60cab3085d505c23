"""What the offers of a note are made of, whoever chose them, shop or campaign: vouchers, tiles, codes to scan.

A code that would be too long to scan is left out: what marketing adds never holds a note.
"""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import date

from service.config import Shop
from service.marketing import Standing
from service.model import Code, Offer, Recommendation, Shipment, Tile, Voucher
from service.planning.house import Site, Wording
from service.planning.naming import mended_description
from service.planning.pictures import pictures_of
from service.planning.targets import scanned, target, typed

LONGEST_TARGET = 152  # characters that a QR code of 49 modules holds: with more, they get too narrow for a telephone


@dataclass(frozen=True, slots=True)
class Setting:
    """The note that offers are made for: its goods, whose it is, where it is packed, how it speaks."""

    shipment: Shipment
    shop: Shop
    site: Site
    wording: Wording

    @property
    def language(self) -> str:
        """The language that the note is in."""
        return self.wording.messages.language


def link(template: str, setting: Setting, **value: str) -> str:
    """A link for this note, filled in and escaped; empty where there is none, or it would be too long to scan."""
    shipment = setting.shipment
    fixed = {"note_id": shipment.note_id, "order_id": shipment.order.order_id, "language": setting.language}
    url = target(template, **fixed, **value)
    return url if len(url) <= LONGEST_TARGET else ""


# Vouchers ------------------------------------------------------------------------------------------------------------


def is_open(offer: Offer, day: date) -> bool:
    """True for a voucher with a code that counts on that day."""
    return bool(offer.code) and (offer.expires is None or offer.expires >= day)


def voucher(offer: Offer, heading: str, paragraphs: Iterable[str], url: str, setting: Setting) -> Voucher:
    """The voucher with these words; its QR code leads to `url`, without one it has none.

    Who types it needs no query: that says which note was scanned.
    """
    return Voucher(
        heading=heading,
        paragraphs=tuple(paragraphs),
        label=setting.wording.messages.text("voucher-code"),
        code=offer.code,
        terms=tuple(_terms(offer, setting)),
        scan=url,
        address=typed(url).partition("?")[0],
    )


def worth(offer: Offer, setting: Setting) -> str:
    """What a voucher gives, in a few words."""
    message, formats = setting.wording.messages.text, setting.wording.formats
    if offer.free_shipping:
        return message("voucher-shipping")
    if offer.percent:
        return message("voucher-percent", percent_text=formats.integer(offer.percent))
    return message("voucher-amount", amount=formats.short_money(offer.amount, currency_of(offer, setting)))


def currency_of(offer: Offer, setting: Setting) -> str:
    """The currency of a voucher's amounts."""
    return offer.currency or setting.shipment.order.currency


def _terms(offer: Offer, setting: Setting) -> Iterator[str]:
    message, formats = setting.wording.messages.text, setting.wording.formats
    if offer.minimum:
        yield message("voucher-minimum", amount=formats.short_money(offer.minimum, currency_of(offer, setting)))
    if offer.expires:
        yield message("voucher-expires", date=formats.date(offer.expires))


# Recommendations -----------------------------------------------------------------------------------------------------


def to_recommend(shipment: Shipment, standing: Standing) -> tuple[Recommendation, ...]:
    """The order's own recommendations, else ours: each article once, and nothing that the customer has or gets."""
    in_parcel = {line.sku for line in shipment.lines}
    ways = (shipment.order.recommendations, standing.recommended)
    return next(filter(None, (_new(recommended, in_parcel, standing.bought) for recommended in ways)), ())


def _new(recommended: Iterable[Recommendation], *bought: Set[str]) -> tuple[Recommendation, ...]:
    found: dict[str, Recommendation] = {}
    for each in recommended:
        if not any(each.sku in skus for skus in bought):
            found.setdefault(each.sku, each)
    return tuple(found.values())


def tile(article: Recommendation, template: str, setting: Setting) -> Tile:
    """A recommended article, with a price where it is known; its QR code leads where `template` says."""
    wording, currency = setting.wording, setting.shipment.order.currency
    url = link(template, setting, sku=article.sku)
    return Tile(
        pictures=pictures_of(article, setting.shop),
        name=mended_description(article.description) or wording.messages.text("article", sku=article.sku),
        price="" if article.price is None else wording.formats.money(article.price, currency),
        scan=url,
        address=typed(url).partition("?")[0],
    )


# Codes that lead somewhere -------------------------------------------------------------------------------------------


def referral(template: str, words: tuple[str, str], setting: Setting) -> Code | None:
    """The ambassador's own invitation to pass on, with heading and caption; None where there is none."""
    customer = setting.shipment.order.customer
    if customer.status != "ambassador" or not customer.referral_code.strip():
        return None
    url = link(template, setting, code=customer.referral_code)
    return scanned(url, *words) if url else None


def durable_sku(setting: Setting) -> str:
    """The first article in the parcel that is registered; empty without one."""
    categories = setting.shop.registration_categories
    return next((line.sku for line in setting.shipment.lines if line.category in categories), "")
