"""`results`: what came of the notes and of the campaigns, from the ledger."""

import argparse
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict

from service.cli.accounts import ledger_to_read
from service.cli.terminal import say, say_json, show_table
from service.clock import utc_now
from service.config import Config
from service.ledger.campaigns import code_counts
from service.ledger.measuring import exposed, neutral_notes, ordered
from service.results.campaigns import ArmResult, CampaignResult, Period, campaign_results
from service.results.report import Results, results_of
from service.results.statistics import Estimate


def results(arguments: argparse.Namespace, config: Config) -> int:
    """Notes by site, language and kind, the time that each stage took, and what each campaign did."""
    with closing(ledger_to_read(config)) as ledger:
        report = results_of(ledger.all_notes())
        period = Period(arguments.days, utc_now())
        campaigns = campaign_results(exposed(ledger), ordered(ledger), code_counts(ledger), period)
        neutral = neutral_notes(ledger)
    if arguments.json:
        measured = {"days": period.days, "campaigns": [asdict(each) for each in campaigns], "neutral": neutral}
        say_json(asdict(report) | measured)
        return 0
    _show_notes(report)
    if campaigns:
        _show_campaigns(campaigns, period.days)
    if neutral:
        told = ", ".join(f"{reason} {notes:,}" for reason, notes in neutral.items())
        say(f"notes that campaigns left neutral: {told}")
    return 0


def _show_notes(report: Results) -> None:
    show_table(
        ("site", "language", "kind", "notes>", "by state"),
        [
            (
                *(share.site, share.language, share.kind, sum(number for _, number in share.states)),
                ", ".join(f"{state} {number}" for state, number in share.states),
            )
            for share in report.shares
        ],
    )
    show_table(
        ("from", "to", "notes>", "p50 ms>", "p99 ms>"),
        [(time.begin, time.end, time.notes, time.p50_ms, time.p99_ms) for time in report.stages],
        title="",
    )


def _show_campaigns(campaigns: Sequence[CampaignResult], days: int) -> None:
    say("")
    say(f"customers who came back within {days} days, and by how many points more than the hold-out")
    heads = ("campaign", "arm", "notes>", "customers>", "observed>", "came back>", "rate>", "95 %", "uplift>", "95 %")
    show_table(
        (*heads, "codes"),
        [_row(campaign, place, arm) for campaign in campaigns for place, arm in enumerate(campaign.arms)],
    )


def _row(campaign: CampaignResult, place: int, arm: ArmResult) -> tuple[object, ...]:
    given, redeemed = campaign.codes_given, campaign.codes_redeemed
    return (
        *("" if place else campaign.campaign, arm.arm, arm.notes, arm.customers, arm.observed, arm.returned),
        *(_share(arm.rate) if arm.observed else ("", "")),
        *(_points(arm.uplift) if arm.uplift else ("", "")),
        "" if place or not given else f"{redeemed:,} of {given:,} redeemed",
    )


def _share(rate: Estimate) -> tuple[str, str]:
    return f"{rate.value:.1%}", f"{rate.low:.1%} to {rate.high:.1%}"


def _points(uplift: Estimate) -> tuple[str, str]:
    return f"{100 * uplift.value:+.1f}", f"{100 * uplift.low:+.1f} to {100 * uplift.high:+.1f}"
