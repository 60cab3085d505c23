"""The fields of the order file as a table: name, kind, and whether an order may do without. Read off the models.

What only JSON can say (recommendations, the voucher) is not among them: neither flat files nor feeds have it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from service.intake.order_contract import OrderFile
from service.intake.values import Kind

_KINDS: dict[Any, Kind] = {
    int: Kind.INTEGER,
    bool: Kind.FLAG,
    Decimal: Kind.AMOUNT,
    datetime: Kind.MOMENT,
    date | None: Kind.DAY,
}
_JSON_ALONE = ("recommendations", "voucher")


@dataclass(frozen=True, slots=True)
class CanonicalField:
    """One field of the order file. `may_be_absent`: it has a default. `is_list`: it holds several of its kind."""

    key: tuple[str, ...]
    kind: Kind
    may_be_absent: bool
    is_list: bool


def _fields(model: type[BaseModel], above: tuple[str, ...], *, absent: bool) -> "list[CanonicalField]":
    found: list[CanonicalField] = []
    for name, field in model.model_fields.items():
        key = (*above, field.alias or name)
        inner = get_args(field.annotation)[0] if get_origin(field.annotation) is list else field.annotation
        may_be_absent = absent or not field.is_required()
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found += _fields(inner, key, absent=may_be_absent)
        else:
            is_list = inner is not field.annotation
            found.append(CanonicalField(key, _kind(key, inner), may_be_absent, is_list))
    return found


def _kind(key: tuple[str, ...], annotation: Any) -> Kind:
    return Kind.BIRTHDAY if key[-1] == "birthday" else _KINDS.get(annotation, Kind.TEXT)


FIELDS = {
    field.key: field
    for field in _fields(OrderFile, (), absent=False)
    if field.key != ("schema",) and field.key[0] not in _JSON_ALONE
}
