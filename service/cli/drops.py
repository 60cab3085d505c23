"""`submit`: order files on their way in."""

import argparse
import fcntl
import glob
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from service.cli.terminal import say, say_json, show_table
from service.clock import utc_now
from service.config import Config
from service.errors import FileUnreadable, UnknownFormat
from service.files import write_whole
from service.intake.names import is_ignored, marked, spool_name
from service.intake.receipts import receipt_path
from service.intake.spool import Spool, is_locked, open_spool

TRY_AGAIN = 75
LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class _Submitted:
    """A file that was dropped: its name in the hot folder and in the spool, its hash, and when."""

    name: str
    receipt_name: str
    sha256: str
    at: datetime


def submit(arguments: argparse.Namespace, config: Config) -> int:
    """Drop files; with --wait, 0 only when every note of them is accepted."""
    spool = open_spool(config.settings.spool)
    submitted = [_drop(path, spool) for path in arguments.file]
    if not arguments.wait:
        for drop in submitted:
            say_json({"file": drop.name, "sha256": drop.sha256}) if arguments.json else say(f"dropped {drop.name}")
        return 0
    deadline = time.monotonic() + arguments.timeout
    receipts = [_receipt_when_accepted(drop, spool, deadline) for drop in submitted]
    for drop, receipt in zip(submitted, receipts, strict=True):
        _show_receipt(drop, receipt, as_json=arguments.json)
    if None in receipts:
        if not is_locked(spool):
            say("no service works on this spool: start one with `slipway run`")
        return TRY_AGAIN
    return 0 if all(receipt and _is_accepted(receipt) for receipt in receipts) else 1


def _drop(path: Path, spool: Spool) -> _Submitted:
    """Copy a file into the hot folder under a name that is free there, at once and whole."""
    if is_ignored(path.name):
        raise UnknownFormat(f"{path.name} is the name of an unfinished upload", hint="Give the file another name.")
    content = read_order_file(path)
    with _naming(spool):
        name = next(name for name in _names(path.name) if not (spool.incoming / name).exists())
        at = utc_now()
        write_whole(spool.incoming / name, content, mode=0o660)
    return _Submitted(name, spool_name(name), hashlib.sha256(content).hexdigest(), at)


def _names(name: str) -> Iterator[str]:
    """The name, then `order~2.json` and so on."""
    yield name
    yield from (marked(name, str(number)) for number in count(2))


@contextmanager
def _naming(spool: Spool) -> Iterator[None]:
    """One at a time chooses a name and takes it."""
    with (spool.root / ".submit.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read_order_file(path: Path) -> bytes:
    """A file that a person named."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{path}: {error.strerror}", hint="Name a file that you may read.") from error


def _receipt_when_accepted(drop: _Submitted, spool: Spool, deadline: float) -> dict[str, Any] | None:
    """The receipt of a drop once nothing of it waits before paper; None if that takes too long."""
    while time.monotonic() < deadline:
        receipt = _receipt_of(drop, spool)
        if receipt and receipt["state"] not in ("received", "submitting", "deferred"):
            return receipt
        time.sleep(LOOK_EVERY_S)
    return None


def _receipt_of(drop: _Submitted, spool: Spool) -> dict[str, Any] | None:
    """The receipt of this very drop, also where a later one of its name has taken over the plain name."""
    newest = receipt_path(spool, drop.receipt_name)
    for path in (newest, *spool.receipts.glob(f"{glob.escape(drop.receipt_name)}.*.receipt.json")):
        try:
            receipt: dict[str, Any] = json.loads(path.read_bytes())
        except FileNotFoundError:
            continue
        if receipt["sha256"] == drop.sha256 and datetime.fromisoformat(receipt["claimed_at"]) >= drop.at:
            return receipt
    return None


def _is_accepted(receipt: dict[str, Any]) -> bool:
    """True if every note of a file is at a printer or on paper, and nothing of it was refused."""
    states = {note["state"] for note in receipt["notes"]}
    return not receipt["problems"] and states <= {"accepted", "completed"}


def _show_receipt(drop: _Submitted, receipt: dict[str, Any] | None, *, as_json: bool) -> None:
    if receipt is None:
        say_json({"file": drop.name, "state": ""}) if as_json else say(f"{drop.name}: not accepted yet")
    elif as_json:
        say_json(receipt)
    else:
        show_table(
            ("file", "note", "state", "queue", "pages>", "why"),
            [
                (drop.name, note["note_id"], note["state"], note["queue"], note["pages"] or "", note["reason"])
                for note in receipt["notes"]
            ]
            + [
                (drop.name, "", "rejected", "", "", f"{problem['what']} {problem['where']}".rstrip())
                for problem in receipt["problems"]
            ],
        )
