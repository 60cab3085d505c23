"""The command line of vouchers, campaigns and of what is erased."""

import argparse
from collections.abc import Callable
from pathlib import Path

Making = Callable[[str, str, str], argparse.ArgumentParser]


def add_marketing_commands(command: Making, everywhere: argparse.ArgumentParser) -> None:
    """`vouchers`, `campaigns`, `forget` and `prune`; `command` makes one of a name, a place and a help."""
    _add_vouchers(command("vouchers", "", "The codes that campaigns give."), everywhere)
    _add_campaigns(command("campaigns", "", "Who gets what: how it stands, pause, resume."), everywhere)
    forget = command("forget", "erasing.forget", "Erase a customer; a tombstone keeps their old orders nobody's.")
    forget.add_argument("customer", metavar="CUSTOMER", help="the shop's number for the customer")
    forget.add_argument("--shop", default="", metavar="SHOP", help="only as this shop's customer (default: of any)")
    _json_option(forget)
    _json_option(command("prune", "erasing.prune", "Erase what is older than [retention] in slipway.toml allows."))


def _add_vouchers(vouchers: argparse.ArgumentParser, everywhere: argparse.ArgumentParser) -> None:
    command = _questions(vouchers, everywhere)
    brought = command("import", "vouchers.import_pool", "Put the codes of a file into a pool, all or none.")
    brought.add_argument("pool", metavar="POOL", help="as the campaigns name it")
    brought.add_argument("file", type=Path, metavar="FILE.csv", help="code, and percent, amount or free_shipping, ...")
    command("stats", "vouchers.stats", "Every pool: how many codes are free, given, redeemed, expired.")
    back = command("redeemed", "vouchers.redeemed", "Codes that were redeemed where orders do not say so.")
    back.add_argument("file", type=Path, metavar="FILE.csv", help="code, and order_id where it is known")


def _add_campaigns(campaigns: argparse.ArgumentParser, everywhere: argparse.ArgumentParser) -> None:
    command = _questions(campaigns, everywhere)
    command("list", "campaigns.show", "Every campaign, and how it stands today.")
    command("stats", "campaigns.stats", "How many notes each arm had, and what became of the codes.")
    for name, what in (("pause", "Show a campaign on no further note."), ("resume", "Let a paused campaign go on.")):
        decide = command(name, "campaigns.decide", what)
        decide.add_argument("campaign", metavar="ID", help="the name of its file")
        decide.add_argument("--reason", default="", metavar="TEXT", help="kept in the ledger; no personal data")


def _questions(parser: argparse.ArgumentParser, everywhere: argparse.ArgumentParser) -> Making:
    questions = parser.add_subparsers(dest="question", metavar="COMMAND", required=True)

    def command(name: str, carry_out: str, help: str) -> argparse.ArgumentParser:
        made = questions.add_parser(name, help=help, description=help, parents=[everywhere])
        made.set_defaults(carry_out=carry_out)
        _json_option(made)
        return made

    return command


def _json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line, for machines")
