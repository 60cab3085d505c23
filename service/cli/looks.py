"""`schema`: what the files of the service may hold."""

import argparse
from typing import Any

from pydantic import BaseModel

from service.cli.terminal import say_json
from service.config import Campaign, Config, Printers, Routing, Settings
from service.intake.order_contract import OrderFile
from service.planning.campaigns.facts import SCHEMA
from service.rendering.layouts.loading import LayoutFile


def schema(arguments: argparse.Namespace, config: Config) -> int:
    """A JSON Schema, for editors and for the shop's developers."""
    del config
    if arguments.of == "config":
        files: dict[str, type[BaseModel]] = {
            "slipway.toml": Settings,
            "routing.toml": Routing,
            "printers.toml": Printers,
        }
        say_json({name: model.model_json_schema() for name, model in files.items()})
    elif arguments.of == "campaign":
        say_json(Campaign.model_json_schema() | {"$facts": _facts()})
    else:
        models: dict[str, type[BaseModel]] = {"order": OrderFile, "layout": LayoutFile}
        say_json(models[arguments.of].model_json_schema())
    return 0


def _facts() -> dict[str, dict[str, Any]]:
    """What conditions of rules may read: by its name, what kind of value it is and what it says."""
    return {
        f"{root}.{field}": {"kind": fact.kind.name, "says": fact.says}
        | ({"one_of": fact.one_of} if fact.one_of else {})
        for root, fields in SCHEMA.items()
        for field, fact in fields.items()
    }
