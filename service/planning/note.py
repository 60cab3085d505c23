"""The plan of one note: every word of it, decided before anything is drawn.

Pure: the same shipment and house give the same plan. What an order says goes through as a value and is never read
as a message or a format; only descriptions and the greeted name are mended (service/planning/naming.py).
"""

from datetime import datetime

from service.config import Shop
from service.errors import UnknownShop, UnknownSite
from service.marketing import NOBODY, Standing
from service.model import SLOTS, Block, Code, Facts, Plan, Postal, Recommendation, Shipment, Words, job_name
from service.planning.addresses import address_lines
from service.planning.campaigns.choosing import Choices, choose
from service.planning.goods import goods_table, goods_total, parcel_words
from service.planning.house import House, Site, Wording
from service.planning.language import note_language
from service.planning.naming import given_name
from service.planning.offers import standing_offers
from service.planning.pieces import Setting, to_recommend


def plan_note(shipment: Shipment, house: House, standing: Standing = NOBODY, generation: int = 1) -> Plan:
    """The plan of a shipment's note; raises UnknownShop, UnknownSite, LanguageUnsupported, MessageFailed."""
    language = note_language(shipment, house)
    shop, site, wording = _shop(shipment, house), _site(shipment, house), house.wordings[language]
    message = wording.messages.text
    choices = choose(shipment, house, standing, language, generation)
    return Plan(
        note_id=shipment.note_id,
        generation=generation,
        language=language,
        shop=shipment.order.shop,
        layout=shop.layout,
        title=message("title", note=shipment.note_id),
        page_label=message("page-label", page="{page}", pages="{pages}"),
        blocks=(
            *_opening(shipment, shop, site, wording),
            ("note-code", _note_code(shipment, generation)),
            *_parcel(shipment, shop, wording),
            *_offers(Setting(shipment, shop, site, wording), to_recommend(shipment, standing), choices),
            *_closing(shipment, shop, site, wording),
            *_reprint(generation, wording),
        ),
        exposures=choices.exposures,
        givings=choices.givings,
    )


def _shop(shipment: Shipment, house: House) -> Shop:
    if shop := house.shops.get(shipment.order.shop):
        return shop
    raise UnknownShop(f"slipway.toml has no shop {shipment.order.shop}", where="/shop")


def _site(shipment: Shipment, house: House) -> Site:
    if site := house.sites.get(shipment.order.site):
        return site
    raise UnknownSite(f"slipway.toml has no site {shipment.order.site}", where="/site")


# Who, where, what ----------------------------------------------------------------------------------------------------


def _opening(shipment: Shipment, shop: Shop, site: Site, wording: Wording) -> tuple[tuple[str, Block], ...]:
    goal = shipment.order.delivery_address
    lines = address_lines(goal, site.country, site.countries, site.address_forms)
    return (
        ("brand", Words(shop.brand, (shop.website,))),
        ("greeting", _greeting(shipment, shop, wording)),
        ("address", Postal(wording.messages.text("address-label"), lines)),
        ("facts", _facts(shipment, site, wording)),
    )


def _greeting(shipment: Shipment, shop: Shop, wording: Wording) -> Words:
    """By status and name only to customers who agreed; a gift speaks to its receiver, of whom we know nothing."""
    message, order = wording.messages.text, shipment.order
    if order.gift:
        return Words(message("greeting-gift"), (message("greeting-gift-text", brand=shop.brand),))
    if order.customer.marketing != "allowed":
        return Words(message("greeting-neutral"), (message("greeting-neutral-text", brand=shop.brand),))
    greeting, name = f"greeting-{order.customer.status}", given_name(order.customer.name)
    heading = message(greeting, name=name) if name else message(f"{greeting}-unnamed")
    return Words(heading, (message(f"{greeting}-text", brand=shop.brand),))


def _facts(shipment: Shipment, site: Site, wording: Wording) -> Facts:
    message, formats = wording.messages.text, wording.formats

    def local(time: datetime) -> str:
        return formats.date(time.astimezone(site.zone).date())

    number, of = formats.integer(shipment.number), formats.integer(shipment.of)
    return Facts(
        (
            (message("fact-note"), shipment.note_id),
            (message("fact-order"), shipment.order.order_id),
            (message("fact-ordered"), local(shipment.order.ordered_at)),
            (message("fact-dispatched"), local(shipment.dispatched_at)),
            (message("fact-parcel"), message("fact-parcel-value", number=number, of=of)),
        )
    )


def _note_code(shipment: Shipment, generation: int) -> Code:
    """What the packing bench scans: it tells a further sheet from the first."""
    name = job_name(shipment.note_id, generation)
    return Code("code128", name, address=name)


# The parcel ----------------------------------------------------------------------------------------------------------


def _parcel(shipment: Shipment, shop: Shop, wording: Wording) -> tuple[tuple[str, Block], ...]:
    order = shipment.order
    parcel: tuple[tuple[str, Block], ...] = (
        ("parcel", parcel_words(shipment, wording)),
        ("goods", goods_table(shipment, shop, wording)),
    )
    if not order.gift:
        return (*parcel, ("totals", goods_total(shipment, wording)))
    if order.gift_message.strip():
        return (*parcel, ("gift", Words(wording.messages.text("gift-message"), (order.gift_message,))))
    return parcel


# What campaigns decide, and what stands where they don't --------------------------------------------------------------


def _offers(
    setting: Setting, recommended: tuple[Recommendation, ...], choices: Choices
) -> tuple[tuple[str, Block], ...]:
    filled = {slot: filled.block for slot, filled in choices.filled.items()}
    blocks = dict(standing_offers(setting, recommended)) | filled
    return tuple((slot, blocks[slot]) for slot in SLOTS if slot in blocks)


# The quiet useful things ---------------------------------------------------------------------------------------------


def _closing(shipment: Shipment, shop: Shop, site: Site, wording: Wording) -> tuple[tuple[str, Block], ...]:
    contact = (shop.website, shop.email, shop.phone) if shop.phone else (shop.website, shop.email)
    return (
        ("returns", _returns(shipment, shop, site, wording)),
        ("help", Words(wording.messages.text("help"), contact)),
        ("imprint", Words(paragraphs=(shop.imprint,))),
    )


def _returns(shipment: Shipment, shop: Shop, site: Site, wording: Wording) -> Words:
    message, days = wording.messages.text, shop.returns_days
    text = message("returns-text", days=days, days_text=wording.formats.integer(days))
    abroad = shipment.order.delivery_address.country != site.country
    country = (wording.countries.get(site.country, site.country),) if abroad else ()
    url = dict[str, str](shop.returns_url.items())[wording.messages.language]
    return Words(message("returns"), (f"{text}\n{url}", "\n".join((shop.brand, *site.returns_to, *country))))


def _reprint(generation: int, wording: Wording) -> tuple[tuple[str, Block], ...]:
    if generation == 1:
        return ()
    mark = wording.messages.text("reprint", generation=wording.formats.integer(generation))
    return (("reprint", Words(mark)),)
