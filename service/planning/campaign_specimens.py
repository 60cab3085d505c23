"""Notes that show what each rule of each campaign puts on paper, whatever its condition asks for.

Each rule stands alone in the house and on the note, holds for everybody, and gives a made-up code. Rules whose words
are only in content packs that don't hold at the moment have no specimen.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

from service.marketing import Standing
from service.model import LANGUAGES, MARKETING, Offer, Plan, Shipment
from service.planning.campaigns.compiling import CompiledCampaign, CompiledRule, alone
from service.planning.house import House
from service.planning.note import plan_note
from service.planning.specimen_orders import plain_shipment
from service.planning.specimens import Specimen

LINES = 2  # so that every layout has room for what campaigns say
CODE = Offer("SPECIMEN-7K2M", percent=15, amount=Decimal(25), minimum=Decimal(100), expires=date(2099, 12, 31))
NOON = time(12, tzinfo=UTC)


def campaign_specimens(shop: str, house: House, now: datetime) -> Iterator[Specimen]:
    """A note for each rule of this shop's campaigns in each of their languages, on their first day, or now."""
    for campaign in house.campaigns.campaigns:
        if shop in (campaign.campaign.shops or (shop,)):
            for rule in campaign.rules:
                for language in campaign.campaign.languages or LANGUAGES:
                    yield from _specimen(campaign, rule, _shipment(rule, shop, language, house), house, now)


def _shipment(rule: CompiledRule, shop: str, language: str, house: House) -> Shipment:
    """Of somebody who has all that the rule's slot may speak of."""
    plain = plain_shipment(shop, language, house)
    status = "ambassador" if rule.rule.slot == "referral" else plain.order.customer.status
    customer = replace(plain.order.customer, status=status)
    return replace(plain, order=replace(plain.order, customer=customer, offer=Offer()), lines=plain.lines[:LINES])


def _specimen(
    campaign: CompiledCampaign, rule: CompiledRule, shipment: Shipment, house: House, now: datetime
) -> Iterator[Specimen]:
    first = campaign.campaign.window.first
    on = max(now, datetime.combine(first, NOON)) if first else now
    standing = Standing(now=on, codes={rule.rule.pool: CODE})
    plan = plan_note(shipment, replace(house, campaigns=alone(campaign, rule)), standing)
    if plan.exposures:
        case = f"campaign {campaign.id}, rule {rule.number}"
        yield Specimen(case, (f"{rule.rule.slot}, when {rule.rule.when}",), shipment, _with_alone(rule.rule.slot, plan))


def _with_alone(slot: str, plan: Plan) -> Plan:
    """The plan with nothing else of marketing, but for the feedback that is on every note."""
    kept = (slot, "feedback")
    return replace(plan, blocks=tuple(each for each in plan.blocks if each[0] in kept or each[0] not in MARKETING))
