"""Which campaign fills which slot of a note.

Campaigns are asked in their order, each one's rules in theirs; the first rule that holds fills its slot. Total and
deterministic: the same shipment, house and standing give the same choices, and no condition can fail a note. For a
customer whom a campaign holds out, what it would have filled is noted, and the slot stays as if the campaign were not
there. Slots that nothing fills stand as they do without campaigns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import cel

from service.config import Rule
from service.marketing import Given, Standing
from service.model import HELD_OUT, NEUTRAL, SHOWN, Block, Exposure, Giving, Offer, Shipment
from service.planning.campaigns.addressing import unaddressed
from service.planning.campaigns.arms import arm_of, customer_of
from service.planning.campaigns.compiling import HOLD_OUT, CompiledCampaign, CompiledRule
from service.planning.campaigns.conditions import context_of
from service.planning.campaigns.facts import Occasion, facts_of
from service.planning.campaigns.filling import Sheet, fill, fill_again
from service.planning.campaigns.giving import Grant, grant
from service.planning.campaigns.words import Unsaid
from service.planning.house import House
from service.planning.pieces import Setting

UNMET = "its condition does not hold"
NOT_FOR_EVERYONE = {
    "gift": "it is about the customer, and a gift is for somebody else",
    "objected": "it is about the customer, who objected to marketing",
    "unknown": "it is about the customer, who has not agreed to marketing",
}
NOTHING = Grant()


@dataclass(frozen=True, slots=True)
class Filled:
    """What a rule puts into its slot. `offer` is the voucher that it gives, without a code in all other slots."""

    campaign: str
    arm: str
    number: int  # of the rule in its campaign's file, from 1; 0 where the file has it no more
    rule: Rule
    offer: Offer
    block: Block


@dataclass(frozen=True, slots=True)
class Choices:
    """What campaigns decided for one note: by slot what fills it, and what the ledger keeps.

    `passed` says of every rule, campaign by campaign, why it was passed over; empty: it was not.
    """

    filled: Mapping[str, Filled] = field(default_factory=dict)
    exposures: tuple[Exposure, ...] = ()
    givings: tuple[Giving, ...] = ()
    passed: tuple[str, ...] = ()


@dataclass(slots=True)
class _Draft:
    """The choices for one note, as far as they are made."""

    sheet: Sheet
    standing: Standing
    generation: int
    unaddressed: str  # why we may say nothing that is about the customer; empty if we may
    context: cel.Context
    filled: dict[str, Filled] = field(default_factory=dict)
    exposures: list[Exposure] = field(default_factory=list)
    givings: list[Giving] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)

    @property
    def occasion(self) -> Occasion:
        """What conditions are asked about."""
        return self.sheet.occasion


def choose(shipment: Shipment, house: House, standing: Standing, language: str, generation: int = 1) -> Choices:
    """What campaigns decide for a note in `language`; the shipment's shop and site are of the house."""
    if not house.campaigns.campaigns and not standing.given:
        return Choices()
    sheet = sheet_of(shipment, house, standing, language)
    context = context_of(facts_of(sheet.occasion, house.campaigns.reads))
    draft = _Draft(sheet, standing, generation, unaddressed(shipment), context)
    _carry_again(house.campaigns.campaigns, draft)
    is_neutral = False
    for campaign in house.campaigns.campaigns:
        reason = _out_of_bounds(campaign, sheet.occasion, standing)
        if reason:
            draft.passed += [reason] * len(campaign.rules)
        else:
            _ask(campaign, draft)
            is_neutral |= bool(draft.unaddressed) and not campaign.is_for_everyone
    if is_neutral:
        draft.exposures.append(Exposure("", "", "", 0, NEUTRAL, draft.unaddressed))
    return Choices(draft.filled, tuple(draft.exposures), tuple(draft.givings), tuple(draft.passed))


def sheet_of(shipment: Shipment, house: House, standing: Standing, language: str) -> Sheet:
    """The note whose slots are to be filled, at the moment of `standing`."""
    shop, site = house.shops[shipment.order.shop], house.sites[shipment.order.site]
    local = standing.now.astimezone(site.zone)
    return Sheet(
        setting=Setting(shipment, shop, site, house.wordings[language]),
        occasion=occasion_of(shipment, house, standing, language),
        voice=house.campaign_words.voice(language, shipment.order.shop, local.replace(tzinfo=None)),
        recommended=standing.recommended,
    )


def occasion_of(shipment: Shipment, house: House, standing: Standing, language: str) -> Occasion:
    """What conditions are asked about when the note of a shipment is planned."""
    site = house.sites[shipment.order.site]
    today = standing.now.astimezone(site.zone).date()
    return Occasion(shipment, language, today, site.zone, site.country, standing.history)


def _carry_again(campaigns: tuple[CompiledCampaign, ...], draft: _Draft) -> None:
    """A note that has its code carries it, whatever the campaign says by now: a reprint, or one planned again."""
    if draft.unaddressed:
        return
    note_id = draft.occasion.shipment.note_id
    if given := next((each for each in draft.standing.given if each.note_id == note_id), None):
        filled = _given_again(given, campaigns, draft)
        draft.filled["voucher"] = filled
        draft.exposures.append(Exposure(filled.campaign, filled.arm, "voucher", filled.number, SHOWN))


def _given_again(given: Given, campaigns: tuple[CompiledCampaign, ...], draft: _Draft) -> Filled:
    """In the words of the rule that gives from that pool, first of one that holds; where they fail, as always."""
    campaign = next((each for each in campaigns if each.id == given.campaign), None)
    arm = arm_of(campaign, customer_of(draft.standing, draft.occasion.shipment)) if campaign else ""
    rules = [
        rule
        for rule in (campaign.rules if campaign else ())
        if rule.rule.pool == given.pool and rule.rule.arm in ("", arm)
    ]
    fired = next((rule for rule in rules if rule.condition.holds(draft.context)), rules[0] if rules else None)
    number, rule = (fired.number, fired.rule) if fired else (0, Rule(slot="voucher", pool=given.pool))
    return Filled(given.campaign, arm, number, rule, given.offer, fill_again(rule, given.offer, draft.sheet))


# Campaign by campaign ------------------------------------------------------------------------------------------------


def _out_of_bounds(campaign: CompiledCampaign, occasion: Occasion, standing: Standing) -> str:
    """Why a campaign has nothing to do with a note; empty if it has."""
    window = campaign.campaign.window
    if window.first and occasion.today < window.first:
        return f"the campaign begins on {window.first}"
    if window.until and occasion.today > window.until:
        return f"the campaign ended on {window.until}"
    if reason := not_addressed(campaign, occasion):
        return reason
    closed = standing.closed.get(campaign.id)
    return f"the campaign takes no more notes: {closed}" if closed else ""


def not_addressed(campaign: CompiledCampaign, occasion: Occasion) -> str:
    """Which of its bounds but the window keeps a campaign from a note; empty if none does."""
    bounds, order = campaign.campaign, occasion.shipment.order
    for what, value, allowed in (
        ("shop", order.shop, bounds.shops),
        ("site", order.site, bounds.sites),
        ("language", occasion.language, bounds.languages),
        ("country", order.delivery_address.country, bounds.countries),
    ):
        if allowed and value not in allowed:
            return f"the campaign is not for {what} {value}"
    return ""


def _ask(campaign: CompiledCampaign, draft: _Draft) -> None:
    """Let each rule of a campaign fill its slot, or say why it does not."""
    arm = arm_of(campaign, customer_of(draft.standing, draft.occasion.shipment))
    held_out: set[str] = set()  # slots
    for rule in campaign.rules:
        reason = _passed(rule, arm, held_out, draft) or _fill(campaign, rule, arm, draft)
        draft.passed.append(reason)
        if arm == HOLD_OUT and not reason:
            held_out.add(rule.rule.slot)


def _passed(rule: CompiledRule, arm: str, held_out: set[str], draft: _Draft) -> str:
    """Why a rule is passed over before anything is looked for to fill its slot; empty if it is not."""
    slot = rule.rule.slot
    if draft.unaddressed and not rule.rule.for_everyone:
        return NOT_FOR_EVERYONE[draft.unaddressed]
    if rule.rule.arm and arm not in (rule.rule.arm, HOLD_OUT):
        return f"it is for arm {rule.rule.arm}, and the customer has {arm}"
    if slot in draft.filled:
        taken = draft.filled[slot]
        return f"rule {taken.number} of {taken.campaign} fills {slot}"
    if slot in held_out:
        return f"an earlier rule was held out of {slot}"
    return "" if rule.condition.holds(draft.context) else UNMET


def _fill(campaign: CompiledCampaign, rule: CompiledRule, arm: str, draft: _Draft) -> str:
    """Fill the rule's slot, or note that it was held out of it; else why it can't be filled."""
    granted = _granted(campaign.id, rule, draft)
    if granted.refused:
        return granted.refused
    try:
        block = fill(rule.rule, granted.offer, draft.sheet)
    except Unsaid as unsaid:
        return str(unsaid)
    slot, outcome = rule.rule.slot, HELD_OUT if arm == HOLD_OUT else SHOWN
    draft.exposures.append(Exposure(campaign.id, arm, slot, rule.number, outcome))
    if outcome == SHOWN:
        draft.filled[slot] = Filled(campaign.id, arm, rule.number, rule.rule, granted.offer, block)
        if granted.is_new:
            draft.givings.append(Giving(campaign.id, rule.rule.pool, granted.offer.code))
    return ""


def _granted(campaign: str, rule: CompiledRule, draft: _Draft) -> Grant:
    """The voucher of a rule that gives one; nothing for the others."""
    return grant(campaign, rule, draft.occasion, draft.standing, draft.generation) if rule.rule.pool else NOTHING
