"""Why a note shows what it shows: every rule of every campaign, whether it fired, and what kept it from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.marketing import Standing
from service.model import Shipment
from service.planning.campaigns.arms import arm_of, customer_of
from service.planning.campaigns.choosing import UNMET, Choices, choose, occasion_of
from service.planning.campaigns.conditions import Condition, context_of, first_unmet
from service.planning.campaigns.expressions import facts_read
from service.planning.campaigns.facts import LINES, Occasion, facts_of
from service.planning.house import House
from service.planning.language import note_language

PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Explained:
    """What came of one rule for one note: shown, held-out or passed, and why that.

    `unmet` is the first part of its condition that did not hold, `because` what the facts in it are, as
    `order.value is 12.4`; both are empty where the condition was not what decided.
    """

    campaign: str
    rule: int
    slot: str
    arm: str  # the customer's, of this campaign
    outcome: str
    reason: str
    unmet: str = ""
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The choices for a note, and all rules in the order in which they were asked."""

    language: str
    now: datetime
    choices: Choices
    rules: tuple[Explained, ...]


def explain(shipment: Shipment, house: House, standing: Standing, generation: int = 1) -> Explanation:
    """Every rule's part in a shipment's note; raises LanguageUnsupported."""
    language = note_language(shipment, house)
    choices = choose(shipment, house, standing, language, generation)
    occasion = occasion_of(shipment, house, standing, language)
    context = context_of(facts_of(occasion, house.campaigns.reads))
    outcomes = {(each.campaign, each.rule): each.outcome for each in choices.exposures}
    reasons = iter(choices.passed)
    customer = customer_of(standing, shipment)
    rules = []
    for campaign in house.campaigns.campaigns:
        arm = arm_of(campaign, customer)
        for rule in campaign.rules:
            reason = next(reasons)
            outcome = PASSED if reason else outcomes[campaign.id, rule.number]
            unmet = first_unmet(rule.condition, context) if reason == UNMET else ""
            because = tuple(_told(rule.condition, unmet, occasion))
            told = (campaign.id, rule.number, rule.rule.slot, arm, outcome, reason)
            rules.append(Explained(*told, unmet, because))
    return Explanation(language, standing.now, choices, tuple(rules))


def _told(condition: Condition, unmet: str, occasion: Occasion) -> Iterator[str]:
    """What the facts are that the part names; the goods themselves stand in the order."""
    paths = sorted(condition.reads.intersection(facts_read(unmet)) - {LINES})
    for root, fields in facts_of(occasion, paths).items():
        yield from (f"{root}.{field} is {_written(value)}" for field, value in fields.items())


def _written(value: Any) -> str:
    """As conditions write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
