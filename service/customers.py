"""Customers as the ledger knows them: a keyed hash of shop and number, so that the ledger by itself names nobody.

The key lies in the spool, is made at the first start and is for the service alone. Whoever restores a ledger restores
its key with it: with another one every customer is a stranger, and would get each campaign's code once more.
"""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from service.errors import SpoolUnusable
from service.files import write_whole
from service.model import Order

KEY_BYTES, HASH_BYTES = 32, 16


@dataclass(frozen=True, slots=True)
class CustomerKey:
    """The key of the hashes."""

    key: bytes

    def customer(self, order: Order) -> str:
        """Who ordered; empty for a guest and for one who objects to marketing: nothing is remembered of them."""
        return "" if order.customer.marketing == "objected" else self._named(order)

    def objector(self, order: Order) -> str:
        """Who ordered and objects to marketing: known for nothing but to be forgotten; empty for everybody else."""
        return self._named(order) if order.customer.marketing == "objected" else ""

    def _named(self, order: Order) -> str:
        return self.of(order.shop, order.customer.id) if order.customer.id.strip() else ""

    def of(self, shop: str, customer_id: str) -> str:
        """The customer whom this shop knows by this number."""
        named = f"{shop}\0{customer_id.strip()}".encode()
        return hashlib.blake2b(named, digest_size=HASH_BYTES, key=self.key).hexdigest()


def open_customer_key(path: Path, *, is_in_use: bool) -> CustomerKey:
    """The key at `path`, made where there is none; only for the one who holds the spool's lock.

    `is_in_use` says that the ledger knows customers: then none is made, and SpoolUnusable says what to do.
    """
    require_customer_key(path, is_in_use=is_in_use)
    if not path.exists():
        write_whole(path, secrets.token_bytes(KEY_BYTES), mode=0o600)
    return read_customer_key(path)


def require_customer_key(path: Path, *, is_in_use: bool) -> None:
    """Raises SpoolUnusable where the ledger knows customers and the key by which it does is not there."""
    if is_in_use and not path.exists():
        hint = "Restore customer.key from the backup that the ledger is from: both belong together."
        raise SpoolUnusable(f"the ledger knows customers, and {path}, by which it does, is not there", hint=hint)


def read_customer_key(path: Path) -> CustomerKey:
    """The key at `path`; raises SpoolUnusable."""
    try:
        key = path.read_bytes()
    except OSError as error:
        hint = "The service makes it at its first start; one that is lost is restored from a backup."
        raise SpoolUnusable(f"{path} can't be read: {error.strerror}", hint=hint) from error
    if len(key) != KEY_BYTES:
        raise SpoolUnusable(f"{path} is not the {KEY_BYTES} bytes that it should be", hint="Restore it from a backup.")
    return CustomerKey(key)
