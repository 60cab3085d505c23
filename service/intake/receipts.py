"""Receipts, which the shop reads: NAME.receipt.json for every drop, rewritten whole as its notes advance.

The newest drop of a name owns NAME.receipt.json. Who owns it stands in the receipt itself, and drop ids sort by time:
a newer drop moves the older one's receipt to NAME.DROP_ID.receipt.json, and the older one goes on being written there.
"""

import json
import re
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from service.files import write_aside
from service.intake.spool import Spool

_writing = threading.Lock()
_OWNER = re.compile(rb'\{\s*"drop": "([0-9a-z]+)"')


def write_receipt(spool: Spool, name: str, receipt: dict[str, Any], *, durable: bool = False) -> None:
    """Write the receipt of the drop `receipt["drop"]`.

    If `durable`, it is sure to be there after a power cut once the caller has fsynced the folder.
    """
    drop_id = receipt["drop"]
    path = receipt_path(spool, name)
    content = dumped({"drop": drop_id, **receipt})
    with _writing:
        owner = owner_of(path)
        if owner > drop_id:
            path = _older_path(spool, name, drop_id)
        elif "" < owner < drop_id:
            path.rename(_older_path(spool, name, owner))
        write_aside(path, content, durable=durable)


def receipt_path(spool: Spool, name: str) -> Path:
    """Where the receipt of the newest drop of this name stands."""
    return spool.receipts / f"{name}.receipt.json"


def read_receipt(spool: Spool, name: str, drop_id: str) -> dict[str, Any] | None:
    """The receipt of this drop, wherever it stands by now; None if there is none."""
    path = find_receipt(spool, name, drop_id)
    return json.loads(path.read_bytes()) if path else None


def find_receipt(spool: Spool, name: str, drop_id: str) -> Path | None:
    """Where the receipt of this drop stands by now; None if there is none."""
    paths = (receipt_path(spool, name), _older_path(spool, name, drop_id))
    return next((path for path in paths if owner_of(path) == drop_id), None)


def _older_path(spool: Spool, name: str, drop_id: str) -> Path:
    return spool.receipts / f"{name}.{drop_id}.receipt.json"


def owner_of(path: Path) -> str:
    """The drop that a receipt or report on disk belongs to; empty if there is none."""
    try:
        with path.open("rb") as file:
            match = _OWNER.match(file.read(64))
    except FileNotFoundError:
        return ""
    return match[1].decode() if match else ""


def dumped(value: dict[str, Any], *, indent: int | None = None) -> bytes:
    """JSON with `drop` first; receipts in one line, for the indenting encoder takes ten times as long."""
    return json.dumps(value, ensure_ascii=False, default=_plain, indent=indent).encode() + b"\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a receipt")
