"""The table of goods, its sum, and what is in this parcel and what follows."""

from decimal import Decimal

from service.config import Shop
from service.model import Goods, GoodsRow, Line, Shipment, Totals, Words
from service.planning.house import Wording
from service.planning.naming import mended_description
from service.planning.pictures import pictures_of


def parcel_words(shipment: Shipment, wording: Wording) -> Words:
    """What is in this parcel and what follows, in plain words; to the receiver of a gift, without "your order"."""
    case = _case(shipment)
    message, formats = wording.messages.text, wording.formats
    units = sum(line.quantity for line in shipment.lines)
    more = max(0, shipment.of - shipment.number)
    heading = message(
        f"parcel-{case}-gift" if shipment.order.gift else f"parcel-{case}",
        more=more,
        number=formats.integer(shipment.number),
        of=formats.integer(shipment.of),
    )
    if case != "partial":
        text = message(f"parcel-{case}-text", units=units, units_text=formats.integer(units))
        return Words(heading, (text,))
    text = message("parcel-partial-text", more=more, more_text=formats.integer(more))
    rest = _rest(shipment)
    if not rest:
        return Words(heading, (text,))
    return Words(heading, (text, message("parcel-partial-rest", rest=rest, rest_text=formats.integer(rest))))


def _case(shipment: Shipment) -> str:
    if not shipment.final:
        return "partial"
    return "single" if shipment.of == 1 else "final"


def _rest(shipment: Shipment) -> int:
    """Units of these lines that surely follow: in a middle parcel nobody can tell what went before and what follows."""
    if shipment.number > 1:
        return 0
    return sum(max(0, line.quantity_ordered - line.quantity) for line in shipment.lines)


def goods_table(shipment: Shipment, shop: Shop, wording: Wording) -> Goods:
    """Every line of the shipment; on a gift without prices."""
    message = wording.messages.text
    prices = ("", "") if shipment.order.gift else (message("goods-unit-price"), message("goods-amount"))
    return Goods(
        heads=(message("goods-quantity"), message("goods-item"), *prices),
        rows=tuple(_row(line, shipment, shop, wording) for line in shipment.lines),
    )


def _row(line: Line, shipment: Shipment, shop: Shop, wording: Wording) -> GoodsRow:
    order, formats = shipment.order, wording.formats
    return GoodsRow(
        quantity=formats.integer(line.quantity),
        name=mended_description(line.description) or wording.messages.text("article", sku=line.sku),
        sku=line.sku,
        detail="" if line.quantity == line.quantity_ordered else _detail(line, shipment, wording),
        unit_price="" if order.gift else formats.money(line.unit_price, order.currency),
        amount="" if order.gift else formats.money(_amount(line, order.currency, wording), order.currency),
        pictures=pictures_of(line, shop),
    )


def _detail(line: Line, shipment: Shipment, wording: Wording) -> str:
    rest = line.quantity_ordered - line.quantity
    return wording.messages.text(
        _detail_message(shipment) if rest > 0 else "detail-only",
        ordered_text=wording.formats.integer(line.quantity_ordered),
        here_text=wording.formats.integer(line.quantity),
        rest=rest,
        rest_text=wording.formats.integer(rest),
    )


def _detail_message(shipment: Shipment) -> str:
    """How this parcel speaks of a line that is not whole in it."""
    case = _case(shipment)
    if case == "partial":
        return "detail-partial" if shipment.number == 1 else "detail-middle"
    return "detail-only" if case == "single" else "detail-final"


def _amount(line: Line, currency: str, wording: Wording) -> Decimal:
    return wording.formats.rounded(line.quantity * line.unit_price, currency)


def goods_total(shipment: Shipment, wording: Wording) -> Totals:
    """The sum of the amounts as they are printed, so that the column adds up."""
    currency = shipment.order.currency
    total = sum((_amount(line, currency, wording) for line in shipment.lines), Decimal(0))
    return Totals(((wording.messages.text("totals-goods"), wording.formats.money(total, currency)),))
