"""`campaigns list / pause / resume / stats`: marketing's levers, which hold from the next note on."""

import argparse
import difflib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date

from service.cli.asking import new_decision_id, person
from service.cli.requesting import carried_out
from service.cli.terminal import say, say_json, show_table
from service.clock import utc_now
from service.config import ALL_WORDS, Campaign, Config
from service.errors import DecisionRefused
from service.intake.spool import open_spool
from service.ledger.campaigns import CodeCount, Outcome, code_counts, notes_shown, outcomes, paused_campaigns
from service.ledger.ledger import Ledger
from service.planning.house import faulty_campaigns
from service.requests import Decide

TRY_AGAIN = 75
FAULTY = "faulty"


@dataclass(frozen=True, slots=True)
class Row:
    """A campaign as `campaigns list` tells of it; `reason` says why it is paused, or what is wrong with it."""

    campaign: str
    state: str
    notes: int
    budget: int = 0
    hold_out: float = 0.0
    first: str = ""
    until: str = ""
    title: str = ""
    reason: str = ""


def show(arguments: argparse.Namespace, config: Config) -> int:
    """Every campaign in the order in which it is asked, and how it stands today; last those that can't be read."""
    rows = list(_rows(config))
    if arguments.json:
        for row in rows:
            say_json({"from" if name == "first" else name: value for name, value in asdict(row).items()})
    elif rows:
        heads = ("campaign", "state", "notes>", "budget>", "hold-out>", "from", "until", "title", "why")
        show_table(heads, [_plain(row) for row in rows])
    else:
        say(f"no campaigns in {config.folder / 'campaigns'}")
    return 0


def _rows(config: Config) -> Iterator[Row]:
    ledger, faults = _ledger(config), faulty_campaigns(config)
    paused, shown = (paused_campaigns(ledger), notes_shown(ledger)) if ledger else ({}, {})
    for name, campaign in sorted(config.campaigns.items(), key=lambda each: (each[1].order, each[0])):
        notes, fault = shown.get(name, 0), faults.get(name, faults.get(ALL_WORDS, ""))
        state = "paused" if name in paused else _state(campaign, notes, utc_now().date())
        yield Row(
            name,
            FAULTY if fault else state,
            notes,
            campaign.budget,
            campaign.hold_out,
            str(campaign.window.first or ""),
            str(campaign.window.until or ""),
            campaign.title,
            fault or (paused[name].reason if name in paused else ""),
        )
    for name in sorted(config.campaign_faults.keys() - {ALL_WORDS}):
        yield Row(name, FAULTY, shown.get(name, 0), reason=faults[name])


def _state(campaign: Campaign, notes: int, today: date) -> str:
    if campaign.window.until and campaign.window.until < today:
        return "over"
    if campaign.window.first and campaign.window.first > today:
        return "waits"
    return "spent" if campaign.budget and notes >= campaign.budget else "runs"


def _plain(row: Row) -> tuple[object, ...]:
    """As a line of a table, of several faults the first."""
    hold_out = f"{row.hold_out:.0%}" if row.hold_out else ""
    reason = row.reason.partition("\n")[0]
    return tuple((asdict(row) | {"budget": row.budget or "", "hold_out": hold_out, "reason": reason}).values())


def decide(arguments: argparse.Namespace, config: Config) -> int:
    """Pause a campaign, or let it go on."""
    campaign, what = arguments.campaign, arguments.question
    known = {*config.campaigns, *config.campaign_faults} - {ALL_WORDS}
    if campaign not in known:
        near = difflib.get_close_matches(campaign, known, n=1)
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
