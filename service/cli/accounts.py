"""`status`, `receipts`: what came of notes and files, from the ledger and the receipts."""

import argparse
import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from service.cli.terminal import ago, say, say_json, show_table
from service.clock import milliseconds, utc_now
from service.config import Config
from service.errors import SpoolUnusable, kinds
from service.intake.receipts import receipt_path
from service.intake.spool import Spool, require_ledger
from service.ledger.accounts import Account
from service.ledger.ledger import Ledger
from service.model import job_name

SHOWN = 40


def status(arguments: argparse.Namespace, config: Config) -> int:
    """The ledger's account of all notes, of an order's, or of one note with its story."""
    ledger = ledger_to_read(config)
    if arguments.open:
        _show_unpacked(ledger, as_json=arguments.json)
        return 0
    found = list(ledger.find(arguments.name)) if arguments.name else None
    if arguments.json:
        for account in ledger.all_notes() if found is None else found:
            say_json(account.as_json())
    elif found is None:
        _show_overview(ledger)
    else:
        for account in found:
            _show_story(ledger, account)
    if found == []:
        say(f"no note or order {arguments.name}") if not arguments.json else None
        return 1
    return 0


def ledger_to_read(config: Config) -> Ledger:
    """The ledger, for questions; raises LedgerGone, or SpoolUnusable where there never was one."""
    spool = Spool(config.settings.spool)
    require_ledger(spool)
    if not spool.ledger.exists():
        raise SpoolUnusable(f"there is no ledger in {spool.root} yet", hint="Start the service once: `slipway run`.")
    return Ledger(spool.ledger, read_only=True)


def _show_overview(ledger: Ledger) -> None:
    counts = ledger.count_by_state()
    say("  ".join(f"{state} {number}" for state, number in sorted(counts.items())) or "no notes yet")
    rows = [_row(account) for account in ledger.newest(SHOWN)]
    if rows:
        show_table(("arrived", "note", "language", "kind", "queue", "pages>", "ms>", "state", "why"), rows)


def _show_unpacked(ledger: Ledger, *, as_json: bool) -> None:
    """What was completed and never packed, oldest first: a table of the oldest, or all of it for machines."""
    now = utc_now()
    if as_json:
        for account in ledger.unpacked():
            passed = now - (account.completed_at or now)
            say_json(account.as_json() | {"completed_s_ago": round(passed.total_seconds())})
        return
    say(f"completed and never packed: {ledger.count_unpacked()}")
    rows = [
        (f"{account.completed_at:%m-%d %H:%M:%S}", ago(account.completed_at, now), account.key.job_name, account.queue)
        for account in islice(ledger.unpacked(), SHOWN)
    ]
    if rows:
        show_table(("completed", "ago>", "note", "queue"), rows)


def _row(account: Account) -> tuple[object, ...]:
    end = account.accepted_at
    waited_ms = f"{milliseconds(end - account.arrived_at):.0f}" if end else ""
    return (
        *(f"{account.arrived_at:%m-%d %H:%M:%S}", account.key.job_name, account.language, account.kind),
        *(account.queue, account.pages or "", waited_ms, account.state, account.reason or account.code),
    )


def _show_story(ledger: Ledger, account: Account) -> None:
    parcel = f"parcel {account.shipment} of {account.of}, {account.kind}"
    say(f"{account.key.job_name}: order {account.order_id}, {parcel}, {account.site}, {account.language}")
    say(f"  {account.state}" + (f": {account.code}: {account.reason}" if account.code else ""))
    for advice in _advice(account):
        say(f"  do: {advice}")
    if account.job_id:
        say(f"  job {account.job_id} of {account.queue}, {account.pages} page(s)")
    previous = account.arrived_at
    rows: list[tuple[object, ...]] = [("arrived", _clock(account.arrived_at), "", "", "")]
    for state, at, why, who in _steps(ledger, account):
        rows.append((state, _clock(at), f"+{milliseconds(at - previous):.1f}", why, who))
        previous = at
    show_table(("  state", "UTC", "ms>", "why", "who"), [(f"  {row[0]}", *row[1:]) for row in rows])


def _advice(account: Account) -> Iterator[str]:
    """What a person does about a note that waits for one."""
    if account.state == "held":
        yield from (kind.advice for kind in kinds() if kind.code == account.code)


def _steps(ledger: Ledger, account: Account) -> list[tuple[str, datetime, str, str]]:
    """What happened to a note, in order: the ledger's events and the moments between them."""
    events = (*ledger.history(account.key), *ledger.scans_of(account.key))
    steps = [(event.state, event.at, event.reason or event.code, event.who) for event in events]
    moments = [(state, at, "", "") for state, at in account.times.items() if state in ("planned", "rendered")]
    return sorted([*steps, *moments], key=lambda step: step[1])


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}"


def receipts(arguments: argparse.Namespace, config: Config) -> int:
    """The receipts that the shop reads: all of them, or that of one file."""
    spool = Spool(config.settings.spool)
    paths = [receipt_path(spool, arguments.name)] if arguments.name else sorted(spool.receipts.glob("*.receipt.json"))
    found = [json.loads(path.read_bytes()) for path in paths if path.exists()]
    if arguments.json:
        for receipt in found:
            say_json(receipt)
    elif found:
        rows = [row for receipt in found for row in _receipt_rows(receipt)]
        show_table(("file", "note", "language", "kind", "queue", "pages>", "ms>", "state", "why"), rows)
    else:
        say(f"no receipt of {arguments.name}" if arguments.name else "no receipts yet")
    return 0 if found or not arguments.name else 1


def _receipt_rows(receipt: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    """A row for each note of a file, then one for each thing that was refused; the file's name stands once."""
    name = receipt["file"]
    for note in receipt["notes"]:
        accepted_at = note["times"].get("accepted")
        waited = (
            datetime.fromisoformat(accepted_at) - datetime.fromisoformat(receipt["arrived_at"]) if accepted_at else None
        )
        waited_ms = f"{milliseconds(waited):.0f}" if waited else ""
        facts = (note["language"], note["kind"], note["queue"], note["pages"] or "", waited_ms, note["state"])
        yield (name, job_name(note["note_id"], note["generation"]), *facts, note["code"])
        name = ""
    for problem in receipt["problems"]:
        yield (name, "", "", "", "", "", "", "rejected", f"{problem['code']} {problem['where']}".rstrip())
        name = ""
