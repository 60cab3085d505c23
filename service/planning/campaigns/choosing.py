"""Which campaign fills which slot of a note.

Campaigns are asked in their order, each one's rules in theirs; the first rule that holds fills its slot. Total and
deterministic: the same shipment, house and standing give the same choices, and no condition can fail a note. For a
customer whom a campaign holds out, what it would have filled is noted, and the slot stays as if the campaign were not
there. Slots that nothing fills stand as they do without campaigns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.marketing import Standing
from service.model import HELD_OUT, NEUTRAL, SHOWN, Exposure, Giving, Shipment
from service.planning.campaigns.addressing import unaddressed
from service.planning.campaigns.arms import arm_of, customer_of
from service.planning.campaigns.carrying import carried
from service.planning.campaigns.compiling import HOLD_OUT, CompiledCampaign, CompiledRule
from service.planning.campaigns.conditions import context_of
from service.planning.campaigns.facts import Occasion, facts_of
from service.planning.campaigns.filling import Sheet, fill
from service.planning.campaigns.giving import Grant, grant
from service.planning.campaigns.subject import Filled, Subject
from service.planning.campaigns.words import Unsaid
from service.planning.house import House
from service.planning.pieces import Setting, to_recommend

UNMET = "its condition does not hold"
NOT_FOR_EVERYONE = {
    "gift": "it is about the customer, and a gift is for somebody else",
    "objected": "it is about the customer, who objected to marketing",
    "unknown": "it is about the customer, who has not agreed to marketing",
}
NOTHING = Grant()


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

    subject: Subject
    unaddressed: str  # why we may say nothing that is about the customer; empty if we may
    filled: dict[str, Filled] = field(default_factory=dict)
    exposures: list[Exposure] = field(default_factory=list)
    givings: list[Giving] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)


def choose(shipment: Shipment, house: House, standing: Standing, language: str, generation: int = 1) -> Choices:
    """What campaigns decide for a note in `language`; the shipment's shop and site are of the house."""
    if not house.campaigns.campaigns and not standing.given:
        return Choices()
    sheet = sheet_of(shipment, house, standing, language)
    context = context_of(facts_of(sheet.occasion, house.campaigns.reads))
    draft = _Draft(Subject(sheet, standing, generation, context), unaddressed(shipment))
    if not draft.unaddressed and (voucher := carried(house.campaigns.campaigns, draft.subject)):
        draft.filled["voucher"] = voucher
        draft.exposures.append(Exposure(voucher.campaign, voucher.arm, "voucher", voucher.number, SHOWN))
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
        recommended=to_recommend(shipment, standing),
    )


def occasion_of(shipment: Shipment, house: House, standing: Standing, language: str) -> Occasion:
    """What conditions are asked about when the note of a shipment is planned."""
    site = house.sites[shipment.order.site]
    today = standing.now.astimezone(site.zone).date()
    return Occasion(shipment, language, today, site.zone, site.country, standing.history)


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
    arm = arm_of(campaign, customer_of(draft.subject.standing, draft.subject.occasion.shipment))
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
        return f"{draft.filled[slot].by} fills {slot}"
    if slot in held_out:
        return f"an earlier rule was held out of {slot}"
    return "" if rule.condition.holds(draft.subject.context) else UNMET


def _fill(campaign: CompiledCampaign, rule: CompiledRule, arm: str, draft: _Draft) -> str:
    """Fill the rule's slot, or note that it was held out of it; else why it can't be filled."""
    granted = grant(campaign, rule, draft.subject) if rule.rule.pool else NOTHING
    if granted.refused:
        return granted.refused
    try:
        block = fill(rule.rule, granted.offer, draft.subject.sheet)
    except Unsaid as unsaid:
        return str(unsaid)
    slot, outcome = rule.rule.slot, HELD_OUT if arm == HOLD_OUT else SHOWN
    draft.exposures.append(Exposure(campaign.id, arm, slot, rule.number, outcome))
    if outcome == SHOWN:
        draft.filled[slot] = Filled(campaign.id, arm, rule.number, rule.rule, granted.offer, block)
        if granted.offer.code:
            draft.givings.append(Giving(campaign.id, rule.rule.pool, granted.offer.code))
    return ""
