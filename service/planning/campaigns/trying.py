"""How often rules would have fired on notes that were: what nobody ever gets is most often a mistake."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.errors import LanguageUnsupported
from service.marketing import History
from service.model import Shipment
from service.planning.campaigns.addressing import unaddressed
from service.planning.campaigns.choosing import not_addressed
from service.planning.campaigns.compiling import CompiledCampaign, CompiledRule
from service.planning.campaigns.conditions import context_of
from service.planning.campaigns.facts import Occasion, facts_of
from service.planning.house import House
from service.planning.language import note_language

OF_THE_MOMENT = ("history.", "today.")  # facts that are others by now


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule, and on how many of the notes its condition held."""

    campaign: str
    rule: int
    times: int


def try_rules(shipments: Iterable[Shipment], house: House) -> tuple[Tried, ...]:
    """Every rule that asks for nothing that has changed since, tried on these shipments on the days they left.

    Windows, budgets, pools and other rules don't count: what is asked is whether a rule could ever fire.
    """
    judged = [
        (campaign, rule)
        for campaign in house.campaigns.campaigns
        for rule in campaign.rules
        if not any(path.startswith(OF_THE_MOMENT) for path in rule.condition.reads)
    ]
    times = dict.fromkeys(((campaign.id, rule.number) for campaign, rule in judged), 0)
    for shipment in shipments:
        if occasion := _occasion(shipment, house):
            context = context_of(facts_of(occasion, house.campaigns.reads))
            for campaign, rule in judged:
                if _may_fire(campaign, rule, occasion) and rule.condition.holds(context):
                    times[campaign.id, rule.number] += 1
    return tuple(Tried(campaign, rule, count) for (campaign, rule), count in times.items())


def _occasion(shipment: Shipment, house: House) -> Occasion | None:
    """None for an order of a shop, site or language that is no more."""
    site = house.sites.get(shipment.order.site)
    if site is None or shipment.order.shop not in house.shops:
        return None
    try:
        language = note_language(shipment, house)
    except LanguageUnsupported:
        return None
    today = shipment.dispatched_at.astimezone(site.zone).date()
    return Occasion(shipment, language, today, site.zone, site.country, History())


def _may_fire(campaign: CompiledCampaign, rule: CompiledRule, occasion: Occasion) -> bool:
    is_meant = rule.rule.for_everyone or not unaddressed(occasion.shipment)
    return is_meant and not not_addressed(campaign, occasion)
