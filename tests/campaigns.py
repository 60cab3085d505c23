"""Campaigns for tests, written as their files are."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from service.config import Campaign, Config, read_config
from service.marketing import NOBODY, Standing
from service.model import Shipment
from service.planning.addresses import country_names
from service.planning.campaigns.choosing import Choices, choose
from service.planning.campaigns.compiling import compile_campaigns
from service.planning.house import House, compile_house
from service.planning.language import note_language

CONFIG = read_config(Path(__file__).parent.parent / "config", {})
HOUSE = compile_house(CONFIG)
TODAY = replace(NOBODY, now=datetime(2026, 11, 22, 12, 0, tzinfo=UTC))


def campaigns_config(**campaigns: str) -> Config:
    """The configuration with these campaigns alone: each file's text, without its title."""
    sources = {name.replace("_", "-"): f'title = "For a test"\n{text}' for name, text in campaigns.items()}
    parsed = {name: Campaign.model_validate(tomllib.loads(text)) for name, text in sources.items()}
    return CONFIG.model_copy(update={"campaigns": parsed, "campaign_sources": sources})


def a_house_with(**campaigns: str) -> House:
    """The house with these campaigns alone."""
    return replace(HOUSE, campaigns=compile_campaigns(campaigns_config(**campaigns), country_names("en").keys()))


def a_rule(slot: str = "loyalty", **keys: str | bool) -> str:
    """A rule as TOML."""
    lines = (f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}" for key, value in keys.items())
    return "\n".join(("[[rule]]", f'slot = "{slot}"', *lines, ""))


def chosen(house: House, shipment: Shipment, standing: Standing = TODAY, generation: int = 1) -> Choices:
    """What the campaigns of the house decide for a shipment's note."""
    return choose(shipment, house, standing, note_language(shipment, house), generation)


def slots(choices: Choices) -> dict[str, tuple[str, int]]:
    """Which rule fills which slot, as its campaign and number."""
    return {slot: (filled.campaign, filled.number) for slot, filled in choices.filled.items()}


def reasons(choices: Choices) -> list[str]:
    """Why rules were passed over; empty for those that were not."""
    return list(choices.passed)
