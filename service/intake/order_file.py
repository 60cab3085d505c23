"""Order file, version 1: what a shop may say, checked at the door and turned into a Shipment.

The models are the contract: `slipway schema order` prints their JSON Schema, docs/order-format.md explains it. Unknown
fields are refused. A fault names the field, the form it should have and its place in the sender's file; it never
holds the value, which may be personal.
"""

import difflib
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from service.errors import InvalidOrder
from service.intake.json_text import Json
from service.intake.text_forms import (
    PATTERN_FORMS,
    AddressLine,
    Amount,
    Birthday,
    Country,
    Currency,
    Day,
    LanguageTag,
    Moment,
    Name,
    OrderId,
    Text,
    Words,
    text_of_lines,
)
from service.model import Address, Customer, Line, Loyalty, Order, Shipment

SCHEMA = "slipway/order/1"
MAX_LINES = 2000
MAX_FAULTS = 10

Key = tuple[str | int, ...]


class Part(BaseModel):
    """An object of an order file: no field it doesn't know, no value of another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ShipmentPart(Part):
    """Which parcel of the order this is."""

    number: int = Field(ge=1, le=999, description="This parcel, counted from 1.")
    of: int = Field(ge=1, le=999, description="Parcels of the order, as far as the shop knows.")
    final: bool = Field(description="true when this parcel completes the order; false when more follow.")

    @model_validator(mode="after")
    def _consistent(self) -> "ShipmentPart":
        if self.number > self.of:
            raise PydanticCustomError("contradiction", "number must not be greater than of")
        if self.of == 1 and not self.final:
            raise PydanticCustomError("contradiction", "a shipment that is 1 of 1 must be final")
        return self


class LoyaltyPart(Part):
    """The customer's standing in the shop's loyalty programme."""

    tier: Text = Field(default="", max_length=40, description="Empty outside the programme.")
    points: int = Field(default=0, ge=0, le=1_000_000_000, description="Points the customer has.")
    earned: int = Field(default=0, ge=0, le=1_000_000_000, description="Points this order earned.")


class CustomerPart(Part):
    """Who ordered."""

    id: Text = Field(max_length=64, description="The shop's number for the customer; empty for a guest.")
    name: Words = Field(max_length=100, description="As the note greets.")
    status: Literal["new", "returning", "ambassador"] = Field(description="As the shop sees the customer.")
    previous_orders: int = Field(ge=0, le=1_000_000, description="Orders before this one.")
    marketing: Literal["allowed", "objected", "unknown"] = Field(description="Only `allowed` gets personal content.")
    member_since: Day = Field(default=None, description="Day on which the customer's account was opened.")
    birthday: Birthday = Field(default="", description="MM-DD, or empty.")
    loyalty: LoyaltyPart = LoyaltyPart()
    referral_code: Text = Field(default="", max_length=40, description="What the customer gives to friends.")


class AddressPart(Part):
    """Where the parcel goes."""

    name: Words = Field(max_length=100, description="Who receives it.")
    lines: list[AddressLine] = Field(
        min_length=1, max_length=5, description="Street and what stands near it, up to 100 characters each."
    )
    postcode: Text = Field(max_length=20, description="Empty where there is none.")
    city: Words = Field(max_length=100, description="Town or city.")
    region: Text = Field(default="", max_length=100, description="State, province or county, where the post wants it.")
    country: Country = Field(description="ISO 3166-1 alpha-2.")


class LinePart(Part):
    """One kind of goods in this parcel."""

    sku: Words = Field(max_length=64, description="The shop's number for the article; finds its picture.")
    description: Text = Field(max_length=300, description="As the note shows it; may be blank.")
    category: Text = Field(default="", max_length=64, description="The kind of goods, for campaign rules.")
    quantity: int = Field(ge=1, le=1_000_000, description="Pieces in this parcel.")
    quantity_ordered: int = Field(ge=1, le=1_000_000, description="Pieces in the whole order.")
    unit_price: Amount = Field(description="Price of one piece, in the order's currency.")

    @model_validator(mode="after")
    def _not_more_than_ordered(self) -> "LinePart":
        if self.quantity > self.quantity_ordered:
            raise PydanticCustomError("contradiction", "quantity must not be greater than quantity_ordered")
        return self


class OrderFile(Part):
    """Order file, version 1: one shipment of an order."""

    schema_: Literal["slipway/order/1"] = Field(alias="schema", description="Names this format and its version.")
    order_id: OrderId = Field(description="Names the note, with the shipment's number and the revision.")
    revision: int = Field(default=1, ge=1, le=999, description="Raised by a shop that means to change an order.")
    shop: Name = Field(description="A shop of config/slipway.toml.")
    site: Name = Field(description="A site of config/slipway.toml.")
    language: LanguageTag = Field(description="BCP 47, as in en, fr-CH.")
    currency: Currency = Field(description="ISO 4217.")
    priority: Literal["express", "standard"] = Field(default="standard", description="express overtakes in the queue.")
    gift: bool = Field(default=False, description="true: the note shows no prices.")
    gift_message: str = Field(default="", max_length=500, description="The giver's words; line ends are kept.")
    ordered_at: Moment = Field(description="When the customer ordered. ISO 8601 with offset.")
    promised_at: Moment = Field(description="When the shop promised that it leaves.")
    dispatched_at: Moment = Field(description="When it left, or is about to.")
    shipment: ShipmentPart
    customer: CustomerPart
    delivery_address: AddressPart
    lines: list[LinePart] = Field(min_length=1, max_length=MAX_LINES, description="The goods in this parcel.")

    @field_validator("gift_message")
    @classmethod
    def _plain(cls, text: str) -> str:
        return text_of_lines(text)


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
    return Fault(key, f"{name}{mark} {_reason(detail)}")


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


def _reason(detail: ErrorDetails) -> str:
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
        "customer": {**asdict(customer), "member_since": member_since},
        "delivery_address": {**asdict(address), "lines": list(address.lines)},
        "lines": [_dumped_line(line) for line in shipment.lines],
    }


def _dumped_line(line: Line) -> dict[str, Any]:
    price = f"{line.unit_price.normalize():f}"
    names = ("sku", "description", "category", "quantity", "quantity_ordered")
    return {**{name: getattr(line, name) for name in names}, "unit_price": price}


_PLAIN_ORDER_FIELDS = (
    *("order_id", "revision", "shop", "site", "language", "currency"),
    *("priority", "gift", "gift_message"),
)


def _names(model: type[BaseModel]) -> set[str]:
    tables = [model.model_json_schema(by_alias=True), *model.model_json_schema().get("$defs", {}).values()]
    return {name for table in tables for name in table.get("properties", {})}


FIELD_NAMES = sorted(_names(OrderFile))
