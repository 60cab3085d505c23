"""`campaigns list / pause / resume / stats`: marketing's levers, which hold from the next note on."""

import argparse
import difflib
from datetime import date
from typing import Any

from service.cli.asking import new_decision_id, person
from service.cli.requesting import carried_out
from service.cli.terminal import say, say_json, show_table
from service.clock import utc_now
from service.config import Campaign, Config
from service.errors import DecisionRefused
from service.intake.spool import open_spool
from service.ledger.campaigns import CodeCount, Outcome, code_counts, notes_shown, outcomes, paused_campaigns
from service.ledger.ledger import Ledger
from service.requests import Decide

TRY_AGAIN = 75


def show(arguments: argparse.Namespace, config: Config) -> int:
    """Every campaign in the order in which it is asked, and how it stands today."""
    ledger = _ledger(config)
    paused, shown = (paused_campaigns(ledger), notes_shown(ledger)) if ledger else ({}, {})
    rows = [
        {
            "campaign": name,
            "state": "paused" if name in paused else _state(campaign, shown.get(name, 0), utc_now().date()),
            "notes": shown.get(name, 0),
            "budget": campaign.budget,
            "hold_out": campaign.hold_out,
            "from": str(campaign.window.first or ""),
            "until": str(campaign.window.until or ""),
            "title": campaign.title,
            "reason": paused[name].reason if name in paused else "",
        }
        for name, campaign in sorted(config.campaigns.items(), key=lambda each: (each[1].order, each[0]))
    ]
    if arguments.json:
        for row in rows:
            say_json(row)
    elif rows:
        heads = ("campaign", "state", "notes>", "budget>", "hold-out>", "from", "until", "title", "why")
        show_table(heads, [_plain(row) for row in rows])
    else:
        say(f"no campaigns in {config.folder / 'campaigns'}")
    return 0


def _state(campaign: Campaign, notes: int, today: date) -> str:
    if campaign.window.until and campaign.window.until < today:
        return "over"
    if campaign.window.first and campaign.window.first > today:
        return "waits"
    return "spent" if campaign.budget and notes >= campaign.budget else "runs"


def _plain(row: dict[str, Any]) -> tuple[object, ...]:
    hold_out = f"{row['hold_out']:.0%}" if row["hold_out"] else ""
    return tuple((row | {"budget": row["budget"] or "", "hold_out": hold_out}).values())


def decide(arguments: argparse.Namespace, config: Config) -> int:
    """Pause a campaign, or let it go on."""
    campaign, what = arguments.campaign, arguments.question
    if campaign not in config.campaigns:
        near = difflib.get_close_matches(campaign, config.campaigns, n=1)
        hint = f"Did you mean {near[0]}?" if near else "`slipway campaigns list` names them."
        raise DecisionRefused(f"there is no campaign {campaign}", hint=hint)
    request = Decide(new_decision_id(), what, campaign, person(), arguments.reason)
    if carried_out(request, config) is None:
        return TRY_AGAIN
    if arguments.json:
        say_json({"campaign": campaign, "decision": what})
    else:
        say(f"{campaign} is paused, from the next note on" if what == "pause" else f"{campaign} goes on")
    return 0


def stats(arguments: argparse.Namespace, config: Config) -> int:
    """How many notes each arm of each campaign had, what became of the codes, and which notes stayed neutral."""
    ledger = _ledger(config)
    counted, codes = (outcomes(ledger), code_counts(ledger)) if ledger else ((), ())
    if arguments.json:
        for each in counted:
            say_json({name: getattr(each, name) for name in Outcome.__dataclass_fields__})
        for code in codes:
            say_json({name: getattr(code, name) for name in CodeCount.__dataclass_fields__})
    elif counted or codes:
        rows = [(each.campaign or "(none)", each.arm, each.outcome, each.reason, each.notes) for each in counted]
        show_table(("campaign", "arm", "outcome", "why", "notes>"), rows)
        show_table(
            ("campaign", "codes given>", "redeemed>"), [(each.campaign, each.given, each.redeemed) for each in codes]
        )
    else:
        say("no note has met a campaign yet")
    return 0


def _ledger(config: Config) -> Ledger | None:
    spool = open_spool(config.settings.spool)
    return Ledger(spool.ledger, read_only=True) if spool.ledger.exists() else None
