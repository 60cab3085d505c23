"""The campaigns of the configuration, compiled: in the order in which they are asked, with their conditions.

Whatever would make a rule never fire, or fail on a note, is a ConfigInvalid here, with file and line, all faults at
once.
"""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from service.config import Campaign, Config, Rule, Shop, key_name, line_of_key
from service.errors import ConfigInvalid
from service.planning.campaigns.conditions import Condition, compile_condition, condition_faults
from service.planning.campaigns.expressions import Values, facts_read, parts_of
from service.planning.campaigns.impossible import doubtful_parts

ABOUT_CUSTOMER = ("customer.", "history.")
ABOUT_PARCEL = frozenset(("shipment.partial", "shipment.final", "shipment.number"))
HOLD_OUT = "hold-out"  # what stands for an arm where a customer has none
Key = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule of a campaign, `number` in its file from 1.

    `place` is in which parcels of an order it gives a voucher: the last one, where its condition names no parcel.
    """

    number: int
    rule: Rule
    condition: Condition
    place: Condition


@dataclass(frozen=True, slots=True)
class CompiledCampaign:
    """A campaign by the name of its file. `arms` are (arm, where its share of 0 to 1 ends), in their order."""

    id: str
    campaign: Campaign
    arms: tuple[tuple[str, float], ...]
    rules: tuple[CompiledRule, ...]
    is_for_everyone: bool  # every rule of it is


@dataclass(frozen=True, slots=True)
class Campaigns:
    """All campaigns in the order in which they are asked, and the facts that any of them reads."""

    campaigns: tuple[CompiledCampaign, ...] = ()
    reads: tuple[str, ...] = ()


NO_CAMPAIGNS = Campaigns()


def compile_campaigns(config: Config, countries: Collection[str]) -> Campaigns:
    """The campaigns of a configuration, where `countries` are all that there are; raises ConfigInvalid."""
    if faults := rule_faults(config, countries):
        raise ConfigInvalid("\n".join(faults.values()))
    in_order = sorted(config.campaigns.items(), key=lambda named: (named[1].order, named[0]))
    compiled = tuple(_compiled(name, campaign) for name, campaign in in_order)
    rules = [rule for each in compiled for rule in each.rules]
    reads = {path for rule in rules for path in rule.condition.reads | rule.place.reads}
    return Campaigns(compiled, tuple(sorted(reads)))


def rule_faults(config: Config, countries: Collection[str]) -> dict[str, str]:
    """What is wrong with campaigns, by their names, each fault on a line with file, line and key."""
    values = _values(config, countries)
    found: dict[str, list[str]] = {}
    for name, campaign in config.campaigns.items():
        for key, fault in (*_name_faults(name, campaign), *_faults(campaign, config.settings.shops, values)):
            line = line_of_key(config.campaign_sources[name], key)
            place = f"{config.folder / 'campaigns' / name}.toml:{line}: {key_name(key)}"
            found.setdefault(name, []).append(f"{place}: {fault}")
    return {name: "\n".join(faults) for name, faults in found.items()}


def doubts(config: Config, countries: Collection[str]) -> Iterator[str]:
    """What conditions without faults compare with what no order has, rule by rule; it may be meant."""
    values = _values(config, countries)
    for name, campaign in config.campaigns.items():
        for number, rule in enumerate(campaign.rule, 1):
            yield from (
                f"rule {number} of {name}: {doubt}" for doubt in dict.fromkeys(doubtful_parts(rule.when, values))
            )


def alone(campaign: CompiledCampaign, rule: CompiledRule) -> Campaigns:
    """As if there were only this rule, and it held for everybody."""
    bare = Campaign(title=campaign.campaign.title, rule=(rule.rule,))
    always = compile_condition("true")
    anyhow = replace(rule, condition=always, place=always, rule=rule.rule.model_copy(update={"arm": ""}))
    return Campaigns((replace(campaign, campaign=bare, arms=((campaign.id, 1.0),), rules=(anyhow,)),))


def _values(config: Config, countries: Collection[str]) -> Values:
    """What only this house knows of the facts."""
    shops, sites = tuple(config.settings.shops), tuple(config.settings.sites)
    return {
        "order.shop": shops,
        "order.site": sites,
        "site.name": sites,
        "site.country": countries,
        "customer.country": countries,
    }


# Faults --------------------------------------------------------------------------------------------------------------


def _name_faults(name: str, campaign: Campaign) -> Iterator[tuple[Key, str]]:
    """What can't be a name: of the campaign, which is its file's, and of its arms."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", name) or name == HOLD_OUT:
        yield (), "its name names the campaign: small letters, digits and hyphens, a letter first"
    arms = [arm.name for arm in campaign.arm]
    for place, arm in enumerate(arms):
        if arm == HOLD_OUT or arm in arms[:place]:
            yield ("arm", place, "name"), f"{arm} is {'no arm' if arm == HOLD_OUT else 'there twice'}"


def _faults(campaign: Campaign, shops: Mapping[str, Shop], values: Values) -> Iterator[tuple[Key, str]]:
    for key, names, path in (
        ("shops", campaign.shops, "order.shop"),
        ("sites", campaign.sites, "order.site"),
        ("countries", campaign.countries, "customer.country"),
    ):
        yield from (((key,), _strange(name, values[path])) for name in names if name not in values[path])
    hosts = _hosts([shop for name, shop in shops.items() if not campaign.shops or name in campaign.shops])
    arms = [arm.name for arm in campaign.arm]
    for number, rule in enumerate(campaign.rule):
        if rule.arm and rule.arm not in arms:
            yield ("rule", number, "arm"), _strange(rule.arm, arms)
        yield from ((("rule", number, "when"), fault) for fault in _condition_faults(rule, values))
        if rule.link and not _leads_to(urlsplit(rule.link).netloc, hosts):
            yield ("rule", number, "link"), f"leads away from the shop; it has {', '.join(sorted(hosts))}"


def _strange(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"there is no {name}" + (f"; did you mean {near[0]}?" if near else "")


def _condition_faults(rule: Rule, values: Values) -> Iterator[str]:
    faults = condition_faults(rule.when, values)
    yield from faults
    if rule.for_everyone and not faults:
        read = sorted(path for path in compile_condition(rule.when).reads if path.startswith(ABOUT_CUSTOMER))
        yield from (f"for_everyone, but {path} is about the customer" for path in read)


def _hosts(shops: Collection[Shop]) -> set[str]:
    """Where the shops' own links lead, and their websites."""
    links = (
        link
        for shop in shops
        for link in (
            *(shop.feedback_url, shop.voucher_url, shop.referral_url),
            *(shop.registration_url, shop.recommendation_url),
        )
    )
    websites = (shop.website.partition("/")[0].removeprefix("www.") for shop in shops)
    return {urlsplit(link).netloc for link in links if link} | set(websites)


def _leads_to(host: str, hosts: Collection[str]) -> bool:
    return any(host == known or host.endswith(f".{known}") for known in hosts)


# Compiled ------------------------------------------------------------------------------------------------------------


def _compiled(name: str, campaign: Campaign) -> CompiledCampaign:
    return CompiledCampaign(
        id=name,
        campaign=campaign,
        arms=tuple(_shares(name, campaign)),
        rules=tuple(_compiled_rule(number, rule) for number, rule in enumerate(campaign.rule, 1)),
        is_for_everyone=all(rule.for_everyone for rule in campaign.rule),
    )


def _compiled_rule(number: int, rule: Rule) -> CompiledRule:
    condition = compile_condition(rule.when)
    return CompiledRule(number, rule, condition, compile_condition(_place(condition)))


def _place(condition: Condition) -> str:
    """What of a condition asks for nothing but the parcel's place in its order."""
    if ABOUT_PARCEL.isdisjoint(condition.reads):
        return "shipment.final"
    asking = [part for part in parts_of(condition.source) if frozenset() < facts_read(part) <= ABOUT_PARCEL]
    return " && ".join(f"({part})" for part in asking) or "true"


def _shares(name: str, campaign: Campaign) -> Iterator[tuple[str, float]]:
    """Each arm with the end of its share, above the hold-out's; one that is called as the campaign, where none is."""
    weights = [(arm.name, arm.weight) for arm in campaign.arm] or [(name, 1)]
    total, sum_so_far = sum(weight for _, weight in weights), 0
    for arm, weight in weights:
        sum_so_far += weight
        yield arm, campaign.hold_out + (1 - campaign.hold_out) * sum_so_far / total
