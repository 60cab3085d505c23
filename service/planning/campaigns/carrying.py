"""The voucher that a note shows because it, or another parcel of its order, has shown it already.

A note that has its code carries it to its end, on every generation, whatever the campaign says by now. The order's
other parcels show the same one, also where its rule does not fire for them any more: in parcels in which the rule has
its place, as long as the code counts and the campaign takes notes. What the rule says stands there if its condition
holds; otherwise the code comes in the words of always, as the rule's may be true of the other parcel alone.
"""

from collections.abc import Iterator

from service.config import Rule
from service.marketing import Given
from service.planning.campaigns.arms import arm_of, customer_of
from service.planning.campaigns.compiling import CompiledCampaign, CompiledRule
from service.planning.campaigns.filling import fill_again
from service.planning.campaigns.giving import spent
from service.planning.campaigns.subject import Filled, Subject


def carried(campaigns: tuple[CompiledCampaign, ...], subject: Subject) -> Filled | None:
    """The voucher of the note's own code, or of its order's; None without one."""
    shipment, given = subject.occasion.shipment, subject.standing.given
    if own := next((each for each in given if each.note_id == shipment.note_id), None):
        return _own(own, campaigns, subject)
    if subject.generation > 1 or shipment.order.offer.code:
        return None
    return next(_of_order(campaigns, subject), None)


def _own(given: Given, campaigns: tuple[CompiledCampaign, ...], subject: Subject) -> Filled:
    """In the words of the rule that gives from that pool, first of one that holds; where they fail, as always."""
    campaign = next((each for each in campaigns if each.id == given.campaign), None)
    if campaign is None:
        return _filled(given, "", None, subject)
    arm = arm_of(campaign, customer_of(subject.standing, subject.occasion.shipment))
    rules = [rule for rule in _rules_of(campaign, given) if rule.rule.arm in ("", arm)]
    firing = (rule for rule in rules if rule.condition.holds(subject.context))
    return _filled(given, arm, next(firing, rules[0] if rules else None), subject)


def _of_order(campaigns: tuple[CompiledCampaign, ...], subject: Subject) -> Iterator[Filled]:
    """What the order's other parcels brought and this one shows too, campaign by campaign in their order."""
    order_id = subject.occasion.shipment.order.order_id
    for campaign in campaigns:
        brought = (each for each in subject.standing.given if (each.campaign, each.order_id) == (campaign.id, order_id))
        given = next(brought, None)
        if given is None or campaign.id in subject.standing.closed or spent(given, subject.occasion):
            continue
        placed = [rule for rule in _rules_of(campaign, given) if rule.place.holds(subject.context)]
        if placed:
            arm = arm_of(campaign, customer_of(subject.standing, subject.occasion.shipment))
            told = (rule for rule in placed if rule.rule.arm in ("", arm) and rule.condition.holds(subject.context))
            yield _filled(given, arm, next(told, None), subject)


def _rules_of(campaign: CompiledCampaign, given: Given) -> list[CompiledRule]:
    return [rule for rule in campaign.rules if rule.rule.pool == given.pool]


def _filled(given: Given, arm: str, fired: CompiledRule | None, subject: Subject) -> Filled:
    number, rule = (fired.number, fired.rule) if fired else (0, Rule(slot="voucher", pool=given.pool))
    return Filled(given.campaign, arm, number, rule, given.offer, fill_again(rule, given.offer, subject.sheet))
