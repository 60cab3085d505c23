"""Rules that can never matter: an earlier one fills their slot wherever they would.

Only what is sure is told. A rule gives way to the next one where its pool is empty, its words lack a value, or its
campaign is used up; a later rule is then there for that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from service.config import Rule
from service.planning.campaigns.compiling import Campaigns, CompiledCampaign, CompiledRule
from service.planning.campaigns.expressions import parts_of
from service.planning.campaigns.words import CampaignWords, said_by

Placed = tuple[CompiledCampaign, CompiledRule]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A rule that never matters, and the earlier one that is always before it."""

    campaign: str
    rule: int
    slot: str
    by_campaign: str
    by_rule: int


def conflicts(campaigns: Campaigns, words: CampaignWords, today: date) -> Iterator[Conflict]:
    """The rules that can never matter from today on, each once."""
    placed = [(campaign, rule) for campaign in campaigns.campaigns for rule in campaign.rules]
    never: dict[tuple[str, int], Conflict] = {}
    for earlier, later in combinations(placed, 2):
        if _is_always_before(earlier, later, words, today):
            (by, by_rule), (campaign, rule) = earlier, later
            found = Conflict(campaign.id, rule.number, rule.rule.slot, by.id, by_rule.number)
            never.setdefault((campaign.id, rule.number), found)
    yield from never.values()


def _is_always_before(earlier: Placed, later: Placed, words: CampaignWords, today: date) -> bool:
    (one, first), (other, second) = earlier, later
    if first.rule.slot != second.rule.slot or first.rule.for_everyone < second.rule.for_everyone:
        return False
    if one is other:
        is_asked = first.rule.arm in ("", second.rule.arm)
    else:
        is_asked = not first.rule.arm and not one.campaign.hold_out and not one.campaign.budget
        is_asked = is_asked and _covers(one, other, today)
    return is_asked and _parts(first) <= _parts(second) and _fills_as_surely(earlier, later, words)


def _covers(one: CompiledCampaign, other: CompiledCampaign, today: date) -> bool:
    """Whether a campaign is asked for every note that the other is asked for from today on."""
    wide, narrow = one.campaign, other.campaign
    bounds = (
        (wide.shops, narrow.shops),
        (wide.sites, narrow.sites),
        (wide.languages, narrow.languages),
        (wide.countries, narrow.countries),
    )
    if any(many and not (few and set(few) <= set(many)) for many, few in bounds):
        return False
    begins = max(narrow.window.first or today, today)
    starts_in_time = wide.window.first is None or wide.window.first <= begins
    return starts_in_time and (narrow.window.until or date.max) <= (wide.window.until or date.max)


def _parts(rule: CompiledRule) -> set[str]:
    """Its conditions, written alike."""
    return {"".join(part.split()) for part in parts_of(rule.rule.when)} - {"true"}


def _fills_as_surely(earlier: Placed, later: Placed, words: CampaignWords) -> bool:
    """Whether the earlier rule fills the slot whenever the later one could."""
    (one, first), (other, second) = earlier, later
    if first.rule.pool and (one is not other or first.rule.pool != second.rule.pool):
        return False
    is_as_short = first.rule.link in ("", second.rule.link)
    return is_as_short and (first.rule.message == second.rule.message or _is_always_said(first.rule, words))


def _is_always_said(rule: Rule, words: CampaignWords) -> bool:
    """Whether its words need neither a value of the note nor a content pack."""
    return all(name in messages.standing for messages in words.standing.values() for name in said_by(rule))
