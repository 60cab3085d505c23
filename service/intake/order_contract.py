"""Order file, version 1, as models: every field that a shop may give, its form and its default.

They are the contract: `slipway schema order` prints their JSON Schema, docs/order-format.md explains it. Unknown fields
are refused.
"""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from service.intake.text_forms import (
    AddressLine,
    Amount,
    Birthday,
    Country,
    Currency,
    Day,
    LanguageTag,
    LeastAmount,
    Moment,
    Name,
    OrderId,
    Price,
    Text,
    VoucherCode,
    Words,
    text_of_lines,
)

MAX_LINES = 2000


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
    picture: Text = Field(default="", max_length=64, description="Its picture's id, where that is not the sku.")
    quantity: int = Field(ge=1, le=1_000_000, description="Pieces in this parcel.")
    quantity_ordered: int = Field(ge=1, le=1_000_000, description="Pieces in the whole order.")
    unit_price: Amount = Field(description="Price of one piece, in the order's currency.")

    @model_validator(mode="after")
    def _not_more_than_ordered(self) -> "LinePart":
        if self.quantity > self.quantity_ordered:
            raise PydanticCustomError("contradiction", "quantity must not be greater than quantity_ordered")
        return self


class RecommendationPart(Part):
    """Something that the shop recommends to this customer."""

    sku: Words = Field(max_length=64, description="The shop's number for the article; finds its picture.")
    description: Text = Field(max_length=300, description="As the note shows it; may be blank.")
    category: Text = Field(default="", max_length=64, description="The kind of goods.")
    picture: Text = Field(default="", max_length=64, description="Its picture's id, where that is not the sku.")
    price: Price = Field(default=None, description="In the order's currency; null: the note names none.")


class VoucherPart(Part):
    """A voucher that the shop gives with this order."""

    code: VoucherCode = Field(description="As the customer types it.")
    percent: int = Field(default=0, ge=1, le=100, description="What it takes off the next order, in percent.")
    amount: Amount = Field(default=Decimal(0), description="What it takes off, in the order's currency.")
    free_shipping: bool = Field(default=False, description="true: the next order is delivered free.")
    minimum: LeastAmount = Field(default=Decimal(0), description="Value of the next order from which it counts.")
    expires: Day = Field(default=None, description="The last day on which it counts.")

    @model_validator(mode="after")
    def _one_benefit(self) -> "VoucherPart":
        if sum((self.percent > 0, self.amount > 0, self.free_shipping)) != 1:
            raise PydanticCustomError("contradiction", "must have exactly one of percent, amount and free_shipping")
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
    recommendations: list[RecommendationPart] = Field(default=[], max_length=6, description="What else may please.")
    voucher: VoucherPart | None = Field(default=None, description="null: the order brings none.")
    vouchers_redeemed: list[VoucherCode] = Field(
        default=[],
        min_length=0,
        max_length=20,
        description="Codes that paid for a part of this order, ours and others.",
    )

    @field_validator("gift_message")
    @classmethod
    def _plain(cls, text: str) -> str:
        return text_of_lines(text)
