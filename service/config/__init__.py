"""The decisions people change: `config/` read into frozen models that forbid unknown keys.

Reads slipway.toml, routing.toml, printers.toml, campaigns/*.toml, feeds/*.toml and messages/*.ftl; a fault names file,
line and key. Single values of slipway.toml can be overridden from the environment: SLIPWAY_SPOOL, SLIPWAY_IMAGE_CACHE,
and for any other SLIPWAY_SECTION_KEY, as in SLIPWAY_INTAKE_SETTLE_S=0.5. Relative paths start where the service does.

Each room gets its own part; who reads a part is the only one that interprets it.
"""

from service.config.campaigns import Campaign, Rule, lives_of_pools
from service.config.parts import WILDCARD, Language, Part
from service.config.printers import Printers, Queue
from service.config.reading import ALL_WORDS, Config, read_again, read_config, without_campaigns
from service.config.routing import RouteRule, Routing
from service.config.settings import Images, Intake, Metrics, Printing, Rendering, Retention, Settings, Shop
from service.config.toml_files import key_name, line_of_key, read_text, read_toml, validated

__all__ = [
    "ALL_WORDS",
    "WILDCARD",
    "Campaign",
    "Config",
    "Images",
    "Intake",
    "Language",
    "Metrics",
    "Part",
    "Printers",
    "Printing",
    "Queue",
    "Rendering",
    "Retention",
    "RouteRule",
    "Routing",
    "Rule",
    "Settings",
    "Shop",
    "key_name",
    "line_of_key",
    "lives_of_pools",
    "read_again",
    "read_config",
    "read_text",
    "read_toml",
    "validated",
    "without_campaigns",
]
