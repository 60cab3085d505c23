"""Made-up shipments that between them use everything a note can show.

`proof_set` is for people's eyes, `specimens` for `check`, which draws them before a real order comes. Each says what
decided what stands on its note; that is read off the plan, so it is always true.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from service.model import LANGUAGES, Loyalty, Offer, Plan, Shipment
from service.planning.house import House
from service.planning.naming import given_name
from service.planning.note import plan_note
from service.planning.specimen_orders import (
    LONG_PRODUCT_NAME,
    WORST_NAMES,
    long_gift_message,
    longest_shipment,
    plain_shipment,
    specimen_lines,
)

Case = tuple[str, Shipment]
STATUSES = ("new", "returning", "ambassador")
PARCELS = ("in one parcel", "partial 1 of 2", "final 2 of 2")
CHECKED = frozenset(
    (
        *("new, in one parcel", "returning, partial 1 of 2", "ambassador, final 2 of 2"),
        *("returning, in one parcel, gift", "new, partial 1 of 2, gift", "guest"),
    )
)
PERSONAL = ("voucher", "recommendations", "loyalty", "referral")
GIFT_MESSAGE = {
    "en": "For the new house.\nMay the first thing you light in it be this.",
    "fr": "Pour la nouvelle maison.\nQue sa première lumière soit celle-ci.",
    "de": "Für das neue Haus.\nMöge dies das erste Licht darin sein.",
}


@dataclass(frozen=True, slots=True)
class Specimen:
    """A made-up shipment and its plan. `case` says what it is, `decided` what decided what stands on its note."""

    case: str
    decided: tuple[str, ...]
    shipment: Shipment
    plan: Plan


def proof_set(shop: str, house: House) -> Iterator[Specimen]:
    """Every kind of customer, parcel and gift in each language, and what is hard to set."""
    for language in LANGUAGES:
        plain = plain_shipment(shop, language, house)
        for case, shipment in (*_customers(plain), *_extremes(plain, house), *_names(plain)):
            yield _specimen(case, shipment, house)
        yield from _variants(plain, house)


def specimens(shop: str, house: House) -> Iterator[Specimen]:
    """One of each kind in each language, and what is hard to set."""
    for language in LANGUAGES:
        plain = plain_shipment(shop, language, house)
        kinds = tuple(kind for kind in _customers(plain) if kind[0] in CHECKED)
        for case, shipment in (*kinds, *_extremes(plain, house)):
            yield _specimen(case, shipment, house)
        yield from _variants(plain, house)
    for case, shipment in _names(plain_shipment(shop, LANGUAGES[0], house)):
        yield _specimen(case, shipment, house)


# The cases -----------------------------------------------------------------------------------------------------------


def _customers(plain: Shipment) -> Iterator[Case]:
    for status, parcel in product(STATUSES, PARCELS):
        shipment = _as_parcel(_of_customer(plain, status), parcel)
        yield f"{status}, {parcel}", shipment
        yield f"{status}, {parcel}, gift", _as_gift(shipment, GIFT_MESSAGE[plain.order.language])
    objected = replace(plain.order.customer, marketing="objected")
    yield "objected to marketing", replace(plain, order=replace(plain.order, customer=objected))
    yield "guest", _of_guest(plain)


def _of_customer(plain: Shipment, status: str) -> Shipment:
    customer = replace(plain.order.customer, status=status)
    if status == "new":
        customer = replace(customer, previous_orders=0, loyalty=Loyalty())
    return replace(plain, order=replace(plain.order, customer=customer))


def _as_parcel(plain: Shipment, parcel: str) -> Shipment:
    """The whole order, or one of two parcels, between which its first line is divided."""
    first, *rest = plain.lines
    if parcel == "partial 1 of 2":
        return replace(plain, number=1, of=2, final=False, lines=(replace(first, quantity=4), *rest[:1]))
    if parcel == "final 2 of 2":
        return replace(plain, number=2, of=2, lines=(replace(first, quantity=2), *rest[1:]))
    return plain


def _as_gift(shipment: Shipment, message: str) -> Shipment:
    return replace(shipment, order=replace(shipment.order, gift=True, gift_message=message))


def _of_guest(plain: Shipment) -> Shipment:
    customer = replace(
        plain.order.customer,
        id="",
        status="new",
        previous_orders=0,
        marketing="unknown",
        member_since=None,
        loyalty=Loyalty(),
        referral_code="",
    )
    return replace(plain, order=replace(plain.order, customer=customer))


def _extremes(plain: Shipment, house: House) -> Iterator[Case]:
    durable = house.shops[plain.order.shop].registration_categories
    yield "shortest", _shortest(plain)
    yield "longest", longest_shipment(plain)
    yield "longest gift", _as_gift(longest_shipment(plain), long_gift_message(plain))
    yield "14 lines", replace(plain, lines=specimen_lines(plain.order.shop, plain.order.language, durable, 14))
    yield "60 lines", replace(plain, lines=specimen_lines(plain.order.shop, plain.order.language, durable, 60))
    yield "new articles", _of_new_articles(plain)


def _of_new_articles(plain: Shipment) -> Shipment:
    """The plain shipment, with articles that the library has no pictures of."""
    return replace(plain, lines=tuple(replace(line, sku=f"{line.sku}-NEW") for line in plain.lines))


def _shortest(plain: Shipment) -> Shipment:
    guest = _of_guest(plain)
    order = replace(guest.order, recommendations=(), offer=Offer())
    line = replace(plain.lines[0], description="", category="", quantity=1, quantity_ordered=1)
    return replace(guest, order=order, lines=(line,))


def _names(plain: Shipment) -> Iterator[Case]:
    lines = (replace(plain.lines[0], description=LONG_PRODUCT_NAME), *plain.lines[1:])
    for script, name in WORST_NAMES:
        customer, goal = plain.order.customer, plain.order.delivery_address
        order = replace(plain.order, customer=replace(customer, name=name), delivery_address=replace(goal, name=name))
        yield f"{script} name", replace(plain, order=order, lines=lines)


def _variants(plain: Shipment, house: House) -> Iterator[Specimen]:
    """What is not the shipment's doing: a further generation, and a library that has nothing to stand in either."""
    yield _specimen("reprint", plain, house, generation=2)
    shop = house.shops[plain.order.shop].model_copy(update={"category_pictures": {}, "neutral_picture": ""})
    bare = replace(house, shops={**house.shops, plain.order.shop: shop})
    yield _specimen("without pictures", _of_new_articles(plain), bare)


# What decided --------------------------------------------------------------------------------------------------------


def _specimen(case: str, shipment: Shipment, house: House, generation: int = 1) -> Specimen:
    plan = plan_note(shipment, house, generation=generation)
    return Specimen(case, tuple(_decided(shipment, plan)), shipment, plan)


def _decided(shipment: Shipment, plan: Plan) -> Iterator[str]:
    slots = dict(plan.blocks).keys()
    yield from _greeted(shipment, [slot for slot in PERSONAL if slot in slots])
    yield _packed(shipment, may_offer=bool(slots & PERSONAL))
    if "registration" in slots:
        yield "a line of a durable category → registration"
    if plan.generation > 1:
        yield f"generation {plan.generation} → reprint"


def _greeted(shipment: Shipment, personal: list[str]) -> Iterator[str]:
    order, customer = shipment.order, shipment.order.customer
    if order.gift:
        yield "gift → greeting-gift; no prices, nothing personal"
    elif customer.marketing != "allowed":
        yield f"marketing {customer.marketing} → greeting-neutral, nothing personal"
    else:
        unnamed = "" if given_name(customer.name) else "-unnamed"
        yield f"status {customer.status} → greeting-{customer.status}{unnamed}"
        yield f"marketing allowed → {', '.join(personal) or 'nothing that the order brings'}"


def _packed(shipment: Shipment, *, may_offer: bool) -> str:
    if not shipment.final:
        yet = "; no voucher yet" if may_offer else ""
        return f"partial {shipment.number} of {shipment.of} → what follows{yet}"
    if shipment.of == 1:
        return "one parcel → nothing follows"
    return f"final {shipment.number} of {shipment.of} → the order is complete"
