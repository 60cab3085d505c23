"""`forget`, `prune`: what is erased, of a customer or by its age."""

import argparse

from service.cli.asking import person
from service.cli.requesting import carried_out
from service.cli.terminal import say, say_json
from service.config import Config
from service.customers import read_customer_key
from service.errors import DecisionRefused
from service.intake.spool import open_spool
from service.requests import Forget, Prune

TRY_AGAIN = 75


def forget(arguments: argparse.Namespace, config: Config) -> int:
    """Erase a customer of one shop, or of all; only a hash of the number is handed on."""
    shops = (arguments.shop,) if arguments.shop else tuple(config.settings.shops)
    if arguments.shop and arguments.shop not in config.settings.shops:
        raise DecisionRefused(f"slipway.toml has no shop {arguments.shop}", hint="`--shop` names one of its shops.")
    if not arguments.customer.strip():
        raise DecisionRefused("a guest has no number to forget", hint="Guests are not remembered from order to order.")
    key = read_customer_key(open_spool(config.settings.spool).customer_key)
    counts = carried_out(Forget(tuple(key.of(shop, arguments.customer) for shop in shops), person()), config)
    if counts is None:
        return TRY_AGAIN
    if arguments.json:
        say_json(dict(counts))
        return 0
    say(f"forgotten; notes that are nobody's now {counts['notes']}, files that are gone {counts['files']}")
    if counts["shared"]:
        days = config.settings.retention.orders_days
        say(f"files that stay, for others stand in them too: {counts['shared']}; `prune` takes them after {days} days")
    return 0


def prune(arguments: argparse.Namespace, config: Config) -> int:
    """Erase what is older than [retention] in slipway.toml allows."""
    counts = carried_out(Prune(**config.settings.retention.model_dump()), config)
    if counts is None:
        return TRY_AGAIN
    if arguments.json:
        say_json({name: counts[name] for name in ("notes", "files")})
    else:
        say(f"pruned; files {counts['files']}, notes of the ledger {counts['notes']}")
    return 0
