"""`schema`: what the files of the service may hold."""

import argparse

from pydantic import BaseModel

from service.cli.terminal import say_json
from service.config import Config, Printers, Routing, Settings
from service.intake.order_contract import OrderFile
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
    else:
        models: dict[str, type[BaseModel]] = {"order": OrderFile, "layout": LayoutFile}
        say_json(models[arguments.of].model_json_schema())
    return 0
