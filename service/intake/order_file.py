"""Order files read: what a shop says, checked at the door and turned into a Shipment, and back.

A fault names the field, the form it should have and its place in the sender's file; it never holds the value, which
may be personal. What a file may say stands in order_contract.py.
"""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from service.errors import InvalidOrder
from service.intake.json_text import Json
from service.intake.order_contract import OrderFile
from service.intake.text_forms import PATTERN_FORMS
from service.model import Address, Customer, Line, Loyalty, Offer, Order, Recommendation, Shipment

SCHEMA = "slipway/order/1"
MAX_FAULTS = 10

Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field, and its place in the canonical order file."""

    key: Key
    what: str


Place = Callable[[Key], str]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a file says of one shipment, unchecked; `place` tells where in the file a field stands.

    `faults` were found on the way here; a mapped export has some when its values can't be turned into ours.
    """

    content: Json
    place: Place
    faults: tuple[Fault, ...] = ()


def read_shipment(draft: Draft) -> Shipment:
    """The shipment that `draft` describes; raises InvalidOrder that lists all faults, each with its place."""
    try:
        order_file = OrderFile.model_validate(draft.content)
    except ValidationError as error:
        raise _invalid(draft, error.errors(include_input=False, include_url=False)) from None
    if draft.faults:
        raise _invalid(draft, [])
    return _shipment(order_file)


def _invalid(draft: Draft, details: list[ErrorDetails]) -> InvalidOrder:
    """All faults in one error; what was found on the way is not told again by what follows from it."""
    told = {fault.key for fault in draft.faults}
    new = [detail for detail in details if detail["loc"] not in told]
    more = len(told) + len(new) - MAX_FAULTS
    shown = (*draft.faults, *map(_fault, new[:MAX_FAULTS]))[:MAX_FAULTS]
    what = "; ".join(fault.what for fault in shown) + (f"; and {more} more" if more > 0 else "")
    where = dict.fromkeys(draft.place(fault.key) for fault in shown)
    return InvalidOrder(what, where="; ".join(where))


def _fault(detail: ErrorDetails) -> Fault:
    key = detail["loc"]
    name = ".".join(shown_name(part) for part in key if isinstance(part, str)) or "the order"
    mark = ":" if detail["type"] == "contradiction" else ""
    return Fault(key, f"{name}{mark} {reason_of(detail)}")


_REASONS = {
    "missing": "is missing",
    "string_type": "must be a string",
    "string_unicode": "holds half a character (a lone surrogate)",
    "string_too_long": "must not be longer than {max_length} characters",
    "int_type": "must be a whole number, without quotes",
    "bool_type": "must be true or false, without quotes",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "model_type": "must be an object",
    "list_type": "must be a list",
    "too_short": "must have at least {min_length} entry",
    "too_long": "must not have more than {max_length} entries",
}


def reason_of(detail: ErrorDetails) -> str:
    """What a value must be, in our words."""
    context = detail.get("ctx", {})
    if detail["type"] == "string_pattern_mismatch":
        return PATTERN_FORMS[context["pattern"]]
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(shown_name(str(detail["loc"][-1])), FIELD_NAMES, n=1)
        return "is not a field of the order file" + (f"; did you mean {near[0]}?" if near else "")
    if detail["type"] in _REASONS:
        return _REASONS[detail["type"]].format(**context)
    return detail["msg"]


def pointer(key: Key) -> str:
    """`key` as a JSON pointer (RFC 6901), list entries counted from 0."""
    return "".join(f"/{shown_name(str(part))}" for part in key) or "the whole order"


def shown_name(name: str) -> str:
    """The name of a field as an error may show it; what is no plain name may be anything, even a person's."""
    return name if re.fullmatch("[A-Za-z0-9_-]{1,40}", name) else "(unreadable name)"


def _shipment(file: OrderFile) -> Shipment:
    who, goal, parcel = file.customer, file.delivery_address, file.shipment
    order = Order(
        order_id=file.order_id,
        revision=file.revision,
        shop=file.shop,
        site=file.site,
        language=file.language,
        currency=file.currency,
        priority=file.priority,
        gift=file.gift,
        gift_message=file.gift_message,
        ordered_at=file.ordered_at,
        customer=Customer(**{**dict(who), "loyalty": Loyalty(**dict(who.loyalty))}),
        delivery_address=Address(**{**dict(goal), "lines": tuple(goal.lines)}),
        recommendations=tuple(Recommendation(**dict(each)) for each in file.recommendations),
        offer=Offer(**dict(file.voucher)) if file.voucher else Offer(),
        vouchers_redeemed=tuple(file.vouchers_redeemed),
    )
    return Shipment(
        order=order,
        number=parcel.number,
        of=parcel.of,
        final=parcel.final,
        promised_at=file.promised_at,
        dispatched_at=file.dispatched_at,
        lines=tuple(Line(**dict(line)) for line in file.lines),
    )


def dump_shipment(shipment: Shipment) -> dict[str, Any]:
    """The order file that says `shipment`, in canonical form: the same shipment, the same values."""
    order, customer, address = shipment.order, shipment.order.customer, shipment.order.delivery_address
    member_since = customer.member_since.isoformat() if customer.member_since else None
    return {
        "schema": SCHEMA,
        **{name: getattr(order, name) for name in _PLAIN_ORDER_FIELDS},
        "ordered_at": order.ordered_at.astimezone(UTC).isoformat(),
        "promised_at": shipment.promised_at.astimezone(UTC).isoformat(),
        "dispatched_at": shipment.dispatched_at.astimezone(UTC).isoformat(),
        "shipment": {"number": shipment.number, "of": shipment.of, "final": shipment.final},
        "customer": {**_fields(customer), "loyalty": _fields(customer.loyalty), "member_since": member_since},
        "delivery_address": {**_fields(address), "lines": list(address.lines)},
        "lines": [_dumped_line(line) for line in shipment.lines],
        **_dumped_offers(order),
    }


def _fields(record: Customer | Loyalty | Address) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def _dumped_line(line: Line) -> dict[str, Any]:
    names = ("sku", "description", "category", "quantity", "quantity_ordered")
    plain = {name: getattr(line, name) for name in names}
    return {**plain, "unit_price": _dumped_amount(line.unit_price), **_dumped_picture(line)}


def _dumped_picture(article: Line | Recommendation) -> dict[str, str]:
    """Left out where there is none, as offers are."""
    return {"picture": article.picture} if article.picture else {}


def _dumped_amount(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _dumped_offers(order: Order) -> dict[str, Any]:
    """What an order may bring besides. Left out where there is none: an order that has none keeps its hash."""
    offers: dict[str, Any] = {}
    if order.recommendations:
        offers["recommendations"] = [_dumped_recommendation(each) for each in order.recommendations]
    if order.offer.code:
        offers["voucher"] = _dumped_voucher(order.offer)
    if order.vouchers_redeemed:
        offers["vouchers_redeemed"] = list(order.vouchers_redeemed)
    return offers


def _dumped_recommendation(article: Recommendation) -> dict[str, Any]:
    names = ("sku", "description", "category")
    plain = {name: getattr(article, name) for name in names}
    price = None if article.price is None else _dumped_amount(article.price)
    return {**plain, "price": price, **_dumped_picture(article)}


def _dumped_voucher(offer: Offer) -> dict[str, Any]:
    return {
        "code": offer.code,
        **_dumped_benefit(offer),
        "minimum": _dumped_amount(offer.minimum),
        "expires": offer.expires.isoformat() if offer.expires else None,
    }


def _dumped_benefit(offer: Offer) -> dict[str, Any]:
    if offer.free_shipping:
        return {"free_shipping": True}
    return {"percent": offer.percent} if offer.percent else {"amount": _dumped_amount(offer.amount)}


_PLAIN_ORDER_FIELDS = (
    *("order_id", "revision", "shop", "site", "language", "currency"),
    *("priority", "gift", "gift_message"),
)


def _names(model: type[BaseModel]) -> set[str]:
    tables = [model.model_json_schema(by_alias=True), *model.model_json_schema().get("$defs", {}).values()]
    return {name for table in tables for name in table.get("properties", {})}


FIELD_NAMES = sorted(_names(OrderFile))
