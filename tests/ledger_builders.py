"""Ledgers with customers and codes in them, for tests."""

from datetime import datetime, timedelta
from typing import Any

from service.ledger.accounts import Drop, Entry, NoteKey
from service.ledger.exposures import NO_MARKETING, Marketing
from service.ledger.ledger import Ledger
from service.ledger.vouchers import import_codes
from service.marketing import CodeLine
from service.model import SHOWN, Exposure, Giving, Offer, RenderedNote
from tests.builders import NOON, a_shipment

NOTE = RenderedNote(b"%PDF-", "5" * 64, 2)
ADA, BEN = "a" * 32, "b" * 32
WELCOME = Exposure("welcome", "welcome", "voucher", 1, SHOWN)


def record_order(ledger: Ledger, order_id: str, customer: str = ADA, at: datetime = NOON, **changes: Any) -> NoteKey:
    """A received note of this order, by default of Ada's."""
    shipment = a_shipment(order_id=order_id, **changes)
    drop = Drop(f"drop-{shipment.note_id}", "a" * 64, 1234, at - timedelta(seconds=1), at)
    (account,) = ledger.record_drop(drop, [Entry(1, shipment, f"content of {shipment.note_id}", customer)], at)
    return account.key


def fill_pool(ledger: Ledger, pool: str, *codes: str, **terms: Any) -> None:
    """These codes in the pool, 15 % each if nothing else is said."""
    offers = [Offer(code, **(terms or {"percent": 15})) for code in codes]
    import_codes(ledger, pool, [CodeLine(row, offer) for row, offer in enumerate(offers, 2)])


def intend(ledger: Ledger, key: NoteKey, marketing: Marketing = NO_MARKETING, at: datetime = NOON) -> bool:
    return ledger.intend(key, NOTE, "uk-notes", {"submitting": at}, marketing)


def welcome(code: str, customer: str = ADA, **more: Any) -> Marketing:
    """What a note brings that shows the welcome campaign with this code."""
    return Marketing((WELCOME,), (Giving("welcome", "welcome-15", code),), customer, **more)
