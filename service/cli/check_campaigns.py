"""`check`, the campaigns: rules that never matter, rules that fire for nobody, pools that are too small."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice
from math import ceil
from pathlib import Path

from service.cli.findings import Finding
from service.clock import utc_now
from service.config import Config, lives_of_pools
from service.content.shelf import name_on_shelf
from service.errors import Rejected, SlipwayError
from service.intake.feeds import Feeds
from service.intake.reading import read_drop
from service.intake.spool import Spool
from service.ledger.ledger import Ledger
from service.ledger.vouchers import PoolCount, pool_counts
from service.model import Shipment
from service.planning.addresses import country_names
from service.planning.campaigns.compiling import CompiledCampaign, CompiledRule, doubts
from service.planning.campaigns.conflicts import conflicts
from service.planning.campaigns.earlier import unknown_campaigns
from service.planning.campaigns.trying import Tried, try_rules
from service.planning.campaigns.words import warnings_of
from service.planning.house import House

CONFLICT_HINT = "Take the rule out, put it before the other one, or narrow the other one's condition."
NEVER_HINT = "`slipway explain FILE` says of an order which part of the condition does not hold."
EARLIER_HINT = "One that was taken out of the configuration is meant all the same; mend a name that was misspelt."
DOUBT_HINT = "Below `!`, or as one part of an `||`, it may be meant; mend a value that was misspelt."
WORDS_HINT = "Say it in each language's own words, in config/campaigns/*.ftl or the content pack."
POOL_HINT = "`slipway vouchers import POOL FILE.csv` brings codes; without one, the rule passes."
LEAST_CODES = 100  # where nobody can tell how many it takes
WEEKS_AHEAD = 4


def campaign_findings(config: Config, house: House, feeds: Feeds, orders: int) -> Iterator[Finding]:
    """What campaigns there are and what is wrong with them, tried on the last orders of the spool."""
    campaigns, today = house.campaigns.campaigns, utc_now().date()
    rules = sum(len(campaign.rules) for campaign in campaigns)
    faults = [
        f"rule {each.rule} of {each.campaign} never matters: rule {each.by_rule} of {each.by_campaign} "
        f"always fills {each.slot} before it"
        for each in conflicts(house.campaigns, house.campaign_words, today)
    ]
    yield Finding("campaigns", f"{len(campaigns)} with {rules} rules", "\n".join(faults), CONFLICT_HINT)
    warning = "\n".join(unknown_campaigns(house.campaigns))
    yield Finding("earlier campaigns", "each that a rule asks for is there", warning=warning, hint=EARLIER_HINT)
    warning = "\n".join(doubts(config, country_names("en").keys()))
    yield Finding("conditions", "each part may hold for some order", warning=warning, hint=DOUBT_HINT)
    yield _words_finding(house)
    spool = Spool(config.settings.spool)
    shipments = tuple(_last_shipments(spool, feeds, orders))
    tried = try_rules(shipments, house)
    if shipments:
        yield _trial_finding(shipments, tried)
    pools = _pools(spool, today, lives_of_pools(config.campaigns.values()))
    yield _pool_finding(campaigns, pools, _pace(shipments, tried), today)


def _words_finding(house: House) -> Finding:
    words = house.campaign_words
    warnings = list(warnings_of(words.standing))
    warnings += (f"{name_on_shelf(pack.name)}: {said}" for pack in words.packs for said in warnings_of(pack.messages))
    fact = f"{len(words.standing)} languages, the same messages in each"
    return Finding("campaign words", fact, warning="\n".join(warnings), hint=WORDS_HINT)


def _last_shipments(spool: Spool, feeds: Feeds, count: int) -> Iterator[Shipment]:
    """The newest shipments of done/, at most so many; files that can't be read any more are left out."""
    days = sorted(spool.done.iterdir(), reverse=True) if spool.done.is_dir() else []
    files = (path for day in days for path in sorted(day.iterdir(), reverse=True))
    shipments = (shipment for path in files for shipment in _shipments(path, feeds))
    yield from islice(shipments, count)


def _shipments(path: Path, feeds: Feeds) -> tuple[Shipment, ...]:
    try:
        return tuple(read.shipment for read in read_drop(path.name, path.read_bytes(), feeds).shipments)
    except (OSError, Rejected):
        return ()


def _trial_finding(shipments: Sequence[Shipment], tried: Sequence[Tried]) -> Finding:
    these = f"the last {len(shipments)} shipments"
    never = ", ".join(f"rule {each.rule} of {each.campaign}" for each in tried if not each.times)
    warning = f"none of {these} would fire {never}" if never else ""
    return Finding("rules", f"{len(tried)} would fire for some of {these}", warning=warning, hint=NEVER_HINT)


# Pools ---------------------------------------------------------------------------------------------------------------


def _pools(spool: Spool, today: date, lives: Mapping[str, timedelta]) -> Mapping[str, PoolCount]:
    if not spool.ledger.exists():
        return {}
    try:
        return {count.pool: count for count in pool_counts(Ledger(spool.ledger, read_only=True), today, lives)}
    except SlipwayError:  # which the finding of the spool says
        return {}


def _pace(shipments: Sequence[Shipment], tried: Sequence[Tried]) -> Mapping[tuple[str, int], float]:
    """How often a day each rule would have fired; nobody knows without shipments."""
    if not shipments:
        return {}
    left = [shipment.dispatched_at for shipment in shipments]
    days = (max(left) - min(left)).days + 1
    return {(each.campaign, each.rule): each.times / days for each in tried}


def _pool_finding(
    campaigns: Sequence[CompiledCampaign],
    counts: Mapping[str, PoolCount],
    pace: Mapping[tuple[str, int], float],
    today: date,
) -> Finding:
    """Whether the pools have enough codes for the campaigns that give from them, now or later."""
    running = [each for each in campaigns if (each.campaign.window.until or today) >= today]
    takers = [(campaign, rule) for campaign in running for rule in campaign.rules if rule.rule.pool]
    warnings = []
    for pool in dict.fromkeys(rule.rule.pool for _, rule in takers):
        of_pool = [(campaign, rule) for campaign, rule in takers if rule.rule.pool == pool]
        wanted = sum(_wanted(campaign, rule, pace, today) for campaign, rule in of_pool)
        names = ", ".join(dict.fromkeys(campaign.id for campaign, _ in of_pool))
        until = max((campaign.campaign.window.until or today for campaign, _ in of_pool), default=today)
        warnings += [f"{pool}, for {names}: {warning}" for warning in _pool_warnings(counts.get(pool), wanted, until)]
    return Finding("voucher pools", "enough codes in each", warning="\n".join(warnings), hint=POOL_HINT)


def _wanted(campaign: CompiledCampaign, rule: CompiledRule, pace: Mapping[tuple[str, int], float], today: date) -> int:
    """The codes that a rule may give until its campaign ends, or in the next weeks; at its pace where that is known."""
    window, budget = campaign.campaign.window, campaign.campaign.budget
    if (campaign.id, rule.number) not in pace:
        return budget or LEAST_CODES
    days = (window.until - max(today, window.first or today)).days + 1 if window.until else WEEKS_AHEAD * 7
    at_pace = ceil(pace[campaign.id, rule.number] * days)
    return min(at_pace, budget) if budget else at_pace


def _pool_warnings(count: PoolCount | None, wanted: int, until: date) -> Iterator[str]:
    if not count or not count.free:
        yield f"no codes: {count.ending} end too soon to be given" if count and count.ending else "no codes"
        return
    if count.free < wanted:
        yield f"{count.free} codes, and it may take {wanted}"
    if count.next_expiry and count.next_expiry < until:
        yield f"codes expire on {count.next_expiry}, before it ends on {until}"
