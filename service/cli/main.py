"""Reads the command line, carries out one command, turns errors into words and exit codes.

0 done   1 refused or failed   64 usage   70 our bug   75 try again   78 configuration
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from service import __version__
from service.cli.marketing_commands import add_marketing_commands
from service.cli.terminal import ReaderGone, complain, say
from service.config import Config, read_config
from service.errors import OwnFault, Remedy, SlipwayError, Stopped
from service.faults import contained
from service.journal import Journal, is_read_by_journal
from service.log import configure_log

USAGE, TRY_AGAIN = 64, 75
Command = Callable[[argparse.Namespace, Config], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; the process's exit code."""
    chosen = _parser().parse_args(arguments)
    configure_log(sys.stderr, Journal() if is_read_by_journal(sys.stderr, os.environ) else None)
    try:
        with contained(OwnFault):
            return _carry_out(chosen)
    except SlipwayError as error:
        complain(error)
        return _exit_code(error)
    except KeyboardInterrupt:
        return 130


def _carry_out(chosen: argparse.Namespace) -> int:
    if chosen.command == "version":
        say(f"slipway {__version__}")
        return 0
    try:
        config = read_config(Path(getattr(chosen, "config", "config")), _overrides())
        return _command(chosen.carry_out)(chosen, config)
    except ReaderGone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _exit_code(error: SlipwayError) -> int:
    if isinstance(error, Stopped):
        return error.exit_code
    return TRY_AGAIN if error.remedy is Remedy.DEFER else 1


def _command(place: str) -> Command:
    """The function of a command, as MODULE.FUNCTION; its module is loaded only now: `status` needs no PDF engine."""
    module, _, name = place.partition(".")
    command: Command = getattr(import_module(f"service.cli.{module}"), name)
    return command


def _overrides() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("SLIPWAY_")}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    everywhere = _Parser(add_help=False)
    everywhere.add_argument(
        "--config", metavar="DIR", default=argparse.SUPPRESS, help="the configuration (default: config/)"
    )
    parser = _Parser(
        prog="slipway", description="Delivery notes, printed the moment an order is packed.", parents=[everywhere]
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, carry_out: str, help: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help, description=help, parents=[everywhere])
        made.set_defaults(carry_out=carry_out)
        return made

    run = command("run", "service.run", "Watch the hot folder and print, in the foreground.")
    run.add_argument("--once", action="store_true", help="work off what is there, follow every job to its end, exit")

    submit = command("submit", "drops.submit", "Drop order files into the hot folder, each at once and whole.")
    submit.add_argument("file", nargs="+", type=Path, metavar="FILE")
    submit.add_argument("--wait", action="store_true", help="wait until every note is accepted, print the receipts")
    submit.add_argument(
        "--timeout", type=float, default=60.0, metavar="S", help="with --wait, give up after S seconds (default: 60)"
    )
    _json_option(submit)

    status = command(
        "status", "accounts.status", "What became of the notes: all of them, an order's, or one note's story."
    )
    which = status.add_mutually_exclusive_group()
    which.add_argument("name", nargs="?", metavar="ORDER|NOTE")
    which.add_argument("--open", action="store_true", help="what was completed and never packed, oldest first")
    _json_option(status)

    receipts = command(
        "receipts", "accounts.receipts", "What came of the files: each with its notes and what was refused."
    )
    receipts.add_argument("name", nargs="?", metavar="FILE", help="only the file of this name")
    _json_option(receipts)

    for name, what in (
        ("hold", "Park a note that is not at a printer yet."),
        ("release", "Let a held note print; one that may be on paper already prints as a marked further sheet."),
        ("cancel", "End a note that waits or is held; it never prints."),
        ("reprint", "Print a note again, as a marked further sheet."),
    ):
        decide = command(name, "decisions.decide", what)
        decide.add_argument("note", metavar="NOTE", help="note id, or the order id if it has one note")
        decide.add_argument("--reason", required=True, metavar="TEXT", help="kept in the ledger; no personal data")
        _json_option(decide)

    scan = command("scan", "scan.scan", "At the packing bench: the code on the sheet was read, the note is packed.")
    scan.add_argument("note", metavar="NOTE|-", help="what the code says; `-` reads one a line, as a scanner types it")
    scan.add_argument("--who", metavar="NAME", help="which bench or terminal (default: the user)")
    _json_option(scan)

    _add_printers(
        command("printers", "printers.show", "The queues: state, reasons, depth here and in CUPS, toner."), everywhere
    )
    check = command("check", "check.check", "Look at everything that can be wrong before an order comes.")
    check.add_argument(
        "--orders", type=int, default=200, metavar="N", help="try the rules on the newest N shipments (default: 200)"
    )
    _json_option(check)

    explain = command(
        "explain", "explain.explain_file", "Which rule chose what for the notes of a file, and why the others did not."
    )
    explain.add_argument("file", type=Path, metavar="FILE")
    explain.add_argument("--shipment", type=int, metavar="N", help="only this shipment of a batch")
    explain.add_argument("--on", type=_day, metavar="DAY", help="as on this day (default: today)")
    _json_option(explain)

    preview = command(
        "preview", "proof.preview", "Draw the note of an order file, without printing or recording anything."
    )
    preview.add_argument("file", type=Path, metavar="FILE")
    preview.add_argument("-o", "--output", type=Path, required=True, metavar="X.pdf")
    preview.add_argument(
        "--shipment", type=int, default=1, metavar="N", help="which shipment of a batch (default: the first)"
    )

    proof = command("proof", "proof.proof", "Draw the proof set: every kind of note, in all languages, side by side.")
    proof.add_argument("-o", "--output", type=Path, required=True, metavar="X.pdf")
    proof.add_argument("--shop", metavar="SHOP", help="only this shop's (default: all)")

    schema = command("schema", "looks.schema", "The JSON Schema of order files, layouts, the configuration, campaigns.")
    schema.add_argument("of", choices=("order", "layout", "config", "campaign"))

    _content_commands(command("content", "", "Content packs: a week's words and art, switched as a whole."), everywhere)
    _recommend_commands(command("recommend", "", "What goes with what, learned from the orders."), everywhere)
    add_marketing_commands(command, everywhere)
    _image_commands(command("images", "", "The local library of product pictures."), everywhere)

    results = command("results", "results.results", "What came of the notes and campaigns; stage times; who came back.")
    results.add_argument(
        "--days", type=int, default=60, metavar="N", help="in which a customer comes back (default: 60)"
    )
    _json_option(results)
    command("version", "", "The version of this service.")
    return parser


def _image_commands(images: argparse.ArgumentParser, everywhere: argparse.ArgumentParser) -> None:
    questions = images.add_subparsers(dest="question", metavar="COMMAND", required=True)

    def command(name: str, carry_out: str, help: str) -> argparse.ArgumentParser:
        made = questions.add_parser(name, help=help, description=help, parents=[everywhere])
        made.set_defaults(carry_out=carry_out)
        _json_option(made)
        return made

    fill = command("sync", "images.fill", "Make the library hold exactly what a source offers, print-ready.")
    fill.add_argument("source", metavar="SOURCE", help="a folder of pictures named by SKU, or https://.../manifest.csv")
    fill.add_argument(
        "--manifest",
        type=Path,
        metavar="FILE.csv",
        help="which SKU is which path below SOURCE, or which https:// address",
    )
    fill.add_argument("--shop", default="", metavar="SHOP", help="for this shop alone (default: for all shops)")
    fill.add_argument("--allow-vanished", action="store_true", help="even if SOURCE has lost most of its pictures")
    fill.add_argument("--verify", action="store_true", help="read every prepared picture, make the damaged ones anew")

    forget = command(
        "forget", "images.forget", "Take all pictures of a source that has moved, or is no more, out of it."
    )
    forget.add_argument("source", metavar="SOURCE", help="as `slipway images stats` names it")

    moved = command("moved", "images.moved", "A source has moved: its pictures are those of the new place from now on.")
    moved.add_argument("source", metavar="SOURCE", help="as `slipway images stats` names it")
    moved.add_argument("to", metavar="NEW", help="the folder or the address where it is now")

    command("check", "images.check", "Read every prepared picture: all there and whole.")
    for name, what in (
        ("stats", "How many pictures there are, where they come from, and what is missing most."),
        ("wanted", "What notes asked for and the library lacks: what to photograph next."),
    ):
        asked = command(name, f"images.{name}", what)
        asked.add_argument(
            "--last", type=int, default=1000, metavar="N", help="as the newest N notes would have it (default: 1000)"
        )
    command("refused", "images.refused", "Every original that became no picture, and why.")


def _content_commands(content: argparse.ArgumentParser, everywhere: argparse.ArgumentParser) -> None:
    questions = content.add_subparsers(dest="question", metavar="COMMAND", required=True)
    for name, carry_out, what in (
        ("list", "show", "The packs: which of them speaks, which waits for its hour, which was only handed in."),
        ("check", "check", "Look at a pack as `activate` would: files, words, art, drawn on notes."),
        ("activate", "activate", "Let a pack count in its hours; it takes the place of one of its name."),
        ("rollback", "roll_back", "Let those packs count again that did before the last switch."),
    ):
        made = questions.add_parser(name, help=what, description=what, parents=[everywhere])
        made.set_defaults(carry_out=f"content.{carry_out}")
        _json_option(made)
        if name in ("check", "activate"):
            all_of_them = "?" if name == "check" else None
            named = "a pack in config/content/, as 2026-W48, or the path of a folder or archive"
            made.add_argument("pack", nargs=all_of_them, metavar="PACK", help=named)


def _recommend_commands(recommend: argparse.ArgumentParser, everywhere: argparse.ArgumentParser) -> None:
    questions = recommend.add_subparsers(dest="question", metavar="COMMAND", required=True)
    for name, carry_out, what in (
        ("build", "build", "Learn from the ledger's orders; the service takes it with its next note."),
        ("evaluate", "look_back", "How often customers would have bought what is recommended, beside best-sellers."),
    ):
        made = questions.add_parser(name, help=what, description=what, parents=[everywhere])
        made.set_defaults(carry_out=f"recommend.{carry_out}")
        made.add_argument(
            "--orders",
            nargs="+",
            type=Path,
            default=(),
            required=name == "evaluate",
            metavar="PATH",
            help="order files, or folders of them",
        )
        if name == "evaluate":
            split = "learn from the orders before this day (default: all but the last fifth)"
            made.add_argument("--split", type=_day, metavar="DATE", help=split)
        _json_option(made)


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _add_printers(printers: argparse.ArgumentParser, everywhere: argparse.ArgumentParser) -> None:
    """`printers` alone looks; its actions change queues."""
    _json_option(printers)
    actions = printers.add_subparsers(dest="action", metavar="ACTION")
    what = "Make and repair the queues of CUPS that config/printers.toml gives a device; it leaves all others alone."
    apply = actions.add_parser("apply", help=what, description=what, parents=[everywhere])
    apply.add_argument("--dry-run", action="store_true", help="only show what is different")
    apply.add_argument(
        "--restart-jobs",
        action="store_true",
        help="give a queue its new device also while a job is at the printer; it starts again on the new one",
    )
    apply.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object a line")
    apply.set_defaults(carry_out="printers_apply.apply")
    for name, what in (
        ("pause", "Bring nothing more to a queue; what CUPS has already still prints."),
        ("resume", "Let a queue that was paused go on."),
        ("move", "Let what waits for a queue now print in another; what comes later goes to the first again."),
    ):
        decide = actions.add_parser(name, help=what, description=what, parents=[everywhere])
        decide.add_argument("queue", metavar="FROM" if name == "move" else "QUEUE", help="a queue of printers.toml")
        if name == "move":
            decide.add_argument("to", metavar="TO", help="the queue that prints instead")
        decide.add_argument("--reason", required=True, metavar="TEXT", help="kept in the ledger; no personal data")
        decide.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object a line")
        decide.set_defaults(carry_out="printers_decide.decide", **({} if name == "move" else {"to": ""}))


def _json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line, for machines")
