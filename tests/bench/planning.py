"""What campaigns cost a note: planning it with none, with those of config/, and with 200 rules.

The rules are as marketing writes them: a few conditions joined, none of which holds before the last; so each is asked,
and one in twenty walks over the lines. CPU of the process, the least of rounds in which the three take turns: what else
the machine does only adds to it.
"""

import time
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from service.config import Campaign, Config, read_config
from service.marketing import NOBODY
from service.model import Offer
from service.planning.campaigns.compiling import NO_CAMPAIGNS
from service.planning.house import House, compile_house
from service.planning.note import plan_note
from tests.bench.reach import NOTHING, Reach
from tests.bench.render import Figures
from tests.builders import a_line, a_shipment
from tests.conftest import ROOT

MANY = 200
NOTES, ROUNDS = 50, 21
CONDITIONS = (
    'customer.status == "{status}" && order.value > {value} && "{category}" in order.categories',
    "customer.points >= {value} && history.vouchers_open == 0 && shipment.days_late > {number}",
    'order.value > {floor} && order.lines.exists(line, line.category == "{category}" && line.quantity > {number})',
    'today.date >= "2026-11-01" && today.month == 12 && today.day == 31 && !(order.gift || order.express)',
    "customer.days_to_birthday >= 0 && customer.days_to_birthday <= 7 && customer.years_member > {number}",
)
STANDING = replace(
    NOBODY, now=datetime(2026, 11, 22, 12, tzinfo=UTC), codes={"p": Offer("C-1", percent=10, expires=date(2027, 1, 1))}
)


def measure_planning() -> Figures:
    """CPU µs a note of eight lines, and what of it is the campaigns'."""
    config = read_config(ROOT / "config", {})
    standing = compile_house(config)
    houses = {
        "none": replace(standing, campaigns=NO_CAMPAIGNS),
        f"config/: {_rules(standing)} rules": standing,
        f"{MANY} rules": compile_house(_with_many(config)),
    }
    taken_us = _taken_us(houses)
    without_us = taken_us["none"]
    return [
        {
            "campaigns": name,
            "plan µs": round(taken),
            "of it campaigns µs": round(taken - without_us),
            **(Reach("≤", 500, "µs").beside(taken - without_us) if name == f"{MANY} rules" else NOTHING),
        }
        for name, taken in taken_us.items()
    ]


def _rules(house: House) -> int:
    return sum(len(campaign.rules) for campaign in house.campaigns.campaigns)


def _with_many(config: Config) -> Config:
    """The configuration with ten campaigns of twenty rules, of which the very last fills its slot."""
    sources = {f"c{number}": _campaign(number) for number in range(10)}
    campaigns = {name: Campaign.model_validate(tomllib.loads(text)) for name, text in sources.items()}
    return config.model_copy(update={"campaigns": campaigns, "campaign_sources": sources})


def _campaign(number: int) -> str:
    facts = {"status": "new", "value": 100_000 + number, "category": f"nothing-{number}", "number": 500 + number}
    conditions = [
        text.format(floor=10 if place < len(CONDITIONS) else 100_000, **facts)
        for place, text in enumerate(CONDITIONS * 4)
    ]
    if number == 9:
        conditions[-1] = "true"
    rules = (f"[[rule]]\nslot = 'voucher'\npool = 'p'\nwhen = '''{condition}'''\n" for condition in conditions)
    return f'title = "{number}"\norder = {number}\n' + "".join(rules)


def _taken_us(houses: Mapping[str, House]) -> dict[str, float]:
    shipment = a_shipment(lines=tuple(a_line(sku=f"SKU-{number}") for number in range(8)))
    rounds: dict[str, list[float]] = {name: [] for name in houses}
    for _ in range(ROUNDS):
        for name, house in houses.items():
            began = time.process_time()
            for _ in range(NOTES):
                plan_note(shipment, house, STANDING)
            rounds[name].append((time.process_time() - began) / NOTES * 1e6)
    return {name: min(taken) for name, taken in rounds.items()}
