"""The order file in its flat form: the columns of the canonical CSV, written down as a feed."""

from typing import Any

from service.intake.feed_compiler import compile_feed
from service.intake.feed_file import FeedFile


def _extra(column: str) -> dict[str, Any]:
    """A column that a file may do without."""
    return {"from": column, "optional": True}


ORDER_CSV = compile_feed(
    "order file",
    FeedFile(
        files=("*.csv",),
        format="csv",
        lines_total="lines_total",
        line="line",
        fields={
            **{name: name for name in ("order_id", "shop", "site", "language", "currency")},
            **{name: name for name in ("ordered_at", "promised_at", "dispatched_at")},
            **{name: _extra(name) for name in ("revision", "priority", "gift", "gift_message")},
            "vouchers_redeemed": [_extra("voucher_redeemed"), _extra("voucher_redeemed_2")],
            "shipment": {"number": "shipment_number", "of": "shipment_of", "final": "shipment_final"},
            "customer": {
                "id": "customer_id",
                "name": "customer_name",
                "status": "customer_status",
                "previous_orders": "customer_previous_orders",
                "marketing": "customer_marketing",
                "member_since": _extra("customer_member_since"),
                "birthday": _extra("customer_birthday"),
                "referral_code": _extra("customer_referral_code"),
                "loyalty": {
                    "tier": _extra("loyalty_tier"),
                    "points": _extra("loyalty_points"),
                    "earned": _extra("loyalty_earned"),
                },
            },
            "delivery_address": {
                "name": {"first_of": ["delivery_name", "customer_name"]},
                "lines": ["street", _extra("street_2"), _extra("street_3")],
                "postcode": "postcode",
                "city": "city",
                "region": _extra("region"),
                "country": "country",
            },
            "lines": {
                "sku": "sku",
                "description": "description",
                "category": _extra("category"),
                "picture": _extra("picture"),
                "quantity": "quantity",
                "quantity_ordered": "quantity_ordered",
                "unit_price": "unit_price",
            },
        },
    ),
    exact=True,
)
