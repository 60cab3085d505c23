"""Whether a note may speak about its customer: not to one who did not agree, and no gift does: another reads it."""

from service.model import Shipment


def unaddressed(shipment: Shipment) -> str:
    """Why a note may say nothing that is about its customer: gift, objected, unknown; empty if it may."""
    if shipment.order.gift:
        return "gift"
    marketing = shipment.order.customer.marketing
    return "" if marketing == "allowed" else marketing
