"""The receipt of a drop: what the shop reads of its notes, and of what was refused."""

from typing import Any

from service.ledger.accounts import OPEN, Account, Drop


def receipt_of(
    drop: Drop, name: str, accounts: tuple[Account, ...], problems: tuple[dict[str, Any], ...]
) -> dict[str, Any]:
    """The receipt of a claimed file: what the shop reads, whole."""
    return {
        "file": name,
        "drop": drop.drop_id,
        "sha256": drop.sha256,
        "size_bytes": drop.size_bytes,
        "state": _state_of(accounts, problems),
        "arrived_at": drop.arrived_at.isoformat(timespec="milliseconds"),
        "claimed_at": drop.claimed_at.isoformat(timespec="microseconds"),
        "notes": [account.as_json() for account in accounts],
        "problems": list(problems),
    }


def _state_of(accounts: tuple[Account, ...], problems: tuple[dict[str, Any], ...]) -> str:
    """The state of the part that is furthest from its end; when all are at an end, of the one that needs somebody.

    A note that was cancelled and goes on as a further sheet is not at an end with that.
    """
    newest = {account.note_id: account.generation for account in sorted(accounts, key=lambda each: each.generation)}
    states = {
        account.state
        for account in accounts
        if account.state != "cancelled" or account.generation == newest[account.note_id]
    }
    if problems:
        states.add("rejected")
    return next((state for state in (*OPEN, "held", "rejected", "cancelled") if state in states), "completed")
