"""`printers`, `schema`: commands that look and change nothing."""

import argparse
from dataclasses import asdict

from pydantic import BaseModel

from service.cli.terminal import say_json, show_table
from service.clock import utc_now
from service.config import Config, Printers, Routing, Settings
from service.intake.order_contract import OrderFile
from service.intake.spool import Spool
from service.printing import open_printer
from service.rendering.layouts.loading import LayoutFile


def printers(arguments: argparse.Namespace, config: Config) -> int:
    """Every queue of printers.toml as its printer sees it; exit 1 if one is missing or can't be reached."""
    spool = Spool(config.settings.spool)
    printer = open_printer(config.settings.printing, spool.printers, utc_now)
    reports = [printer.queue_report(queue.name) for queue in config.printers.queue]
    if arguments.json:
        for report in reports:
            say_json(asdict(report))
    else:
        show_table(
            ("queue", "state", "takes jobs", "depth>", "reasons", "where it stands"),
            [
                (
                    *(report.queue, report.state, "yes" if report.accepting else "no", report.depth),
                    *(", ".join(report.reasons), queue.description),
                )
                for report, queue in zip(reports, config.printers.queue, strict=True)
            ],
        )
    return int(any(report.state in ("missing", "unreachable") for report in reports))


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
