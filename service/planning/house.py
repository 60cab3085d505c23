"""Everything that planning needs of the configuration, compiled once: after this no order makes us read or parse.

A fault in messages, locales, routes or shops is a ConfigInvalid here, all faults of a kind at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from service.config import WILDCARD, Config, Language, RouteRule, Shop
from service.errors import CampaignsInvalid, ConfigInvalid
from service.model import LANGUAGES, Route
from service.planning.addresses import Form, compile_address_forms, country_names, site_country_names
from service.planning.campaigns.compiling import NO_CAMPAIGNS, Campaigns, compile_campaigns, rule_faults
from service.planning.campaigns.words import SILENT, CampaignWords, Pack, compile_campaign_words, word_faults
from service.planning.formats import Formats, compile_formats
from service.planning.messages import compile_messages
from service.planning.spoken import Messages

RouteKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Wording:
    """How the notes of one language speak: messages, numbers, and the countries' names in capitals."""

    messages: Messages
    formats: Formats
    countries: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Site:
    """A distribution center as planning sees it. `countries` are named as its post office wants them.

    `address_forms` are those of all countries.
    """

    zone: ZoneInfo
    country: str
    countries: Mapping[str, str]
    address_forms: Mapping[str, Form]
    returns_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class House:
    """The shops, sites, words and routes. A route's key is site, language and kind, each of which may be `*`."""

    shops: Mapping[str, Shop]
    sites: Mapping[str, Site]
    fallback: Mapping[str, str]
    wordings: Mapping[str, Wording]
    routes: Mapping[RouteKey, Route]
    campaigns: Campaigns = NO_CAMPAIGNS
    campaign_words: CampaignWords = SILENT


def compile_house(config: Config, packs: tuple[Pack, ...] = ()) -> House:
    """The house of a configuration and its content packs; raises ConfigInvalid, CampaignsInvalid with file and line."""
    _check_shops(config.settings.shops)
    campaigns, campaign_words = _campaigns(config, packs)
    messages, forms = compile_messages(config.messages, config.folder), compile_address_forms()
    return House(
        shops=config.settings.shops,
        sites={
            name: Site(
                zone=ZoneInfo(site.timezone),
                country=site.country,
                countries=site_country_names(site.country),
                address_forms=forms,
                returns_to=site.returns_to,
            )
            for name, site in config.settings.sites.items()
        },
        fallback={tag.lower(): language for tag, language in config.settings.languages.fallback.items()},
        wordings={
            language: Wording(messages[language], compile_formats(language, locale), country_names(locale))
            for language, locale in config.settings.languages.locale.items()
        },
        routes=_routes(config),
        campaigns=campaigns,
        campaign_words=campaign_words,
    )


def _campaigns(config: Config, packs: tuple[Pack, ...]) -> tuple[Campaigns, CampaignWords]:
    if config.campaign_faults:
        raise CampaignsInvalid("\n".join(config.campaign_faults.values()))
    try:
        campaigns = compile_campaigns(config, country_names("en").keys())
        return campaigns, compile_campaign_words(config, packs)
    except ConfigInvalid as error:
        raise CampaignsInvalid(error.what, where=error.where, hint=error.hint) from error


def faulty_campaigns(config: Config) -> dict[str, str]:
    """Why campaigns can't be used, by their names: every fault, on a line of its own, that there is in each.

    Under ALL_WORDS stands what is wrong with the words, which they share: then none can be used, as a language may lack
    what any of them says.
    """
    faults = dict(config.campaign_faults)
    for found in (rule_faults(config, country_names("en").keys()), word_faults(config)):
        for name, fault in found.items():
            faults[name] = f"{faults[name]}\n{fault}" if name in faults else fault
    return faults


def _check_shops(shops: Mapping[str, Shop]) -> None:
    faults = [
        f"slipway.toml: shops.{name}.{key} names no {language}"
        for name, shop in shops.items()
        for key, texts in _texts(shop)
        for language in LANGUAGES
        if language not in texts
    ]
    if faults:
        raise ConfigInvalid("\n".join(faults))


def _texts(shop: Shop) -> Iterator[tuple[str, Mapping[Language, str]]]:
    """What a shop says in each language, with its key."""
    yield "returns_url", shop.returns_url
    if shop.story:
        yield "story.heading", shop.story.heading
        yield "story.text", shop.story.text


def _routes(config: Config) -> dict[RouteKey, Route]:
    faults = list(_route_faults(config))
    if faults:
        raise ConfigInvalid("\n".join(f"{config.folder / 'routing.toml'}: {fault}" for fault in faults))
    backups = {queue.name: queue.backup for queue in config.printers.queue}
    return {_key(rule): _route(rule, backups[rule.queue]) for rule in config.routing.route}


def _route_faults(config: Config) -> Iterator[str]:
    queues = {queue.name for queue in config.printers.queue}
    first: dict[RouteKey, int] = {}
    for number, rule in enumerate(config.routing.route, 1):
        earlier = first.setdefault(_key(rule), number)
        if earlier != number:
            yield f"route[{number}] names the same site, language and kind as route[{earlier}]"
        if rule.site not in (WILDCARD, *config.settings.sites):
            yield f"route[{number}].site: slipway.toml has no site {rule.site}"
        for key, queue in (("queue", rule.queue), ("backup", rule.backup)):
            if queue and queue not in queues:
                yield f"route[{number}].{key}: printers.toml has no queue {queue}"


def _key(rule: RouteRule) -> RouteKey:
    return rule.site, rule.language, rule.kind


def _route(rule: RouteRule, backup_of_queue: str) -> Route:
    return Route(
        queue=rule.queue,
        backup=backup_of_queue if rule.backup is None else rule.backup,
        media=rule.media,
        sides=rule.sides,
        print_color_mode=rule.print_color_mode,
        media_source=rule.media_source,
        media_type=rule.media_type,
        output_bin=rule.output_bin,
        finishings=rule.finishings,
        job_priority=rule.job_priority,
        copies=rule.copies,
    )
