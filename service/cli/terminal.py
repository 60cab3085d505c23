"""What people see on a terminal: tables, and errors as a fact, a place and what to do."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from service.errors import SlipwayError

COLOURS = {
    "completed": "green",
    "accepted": "green",
    "held": "bold red",
    "rejected": "red",
    "deferred": "yellow",
    "cancelled": "dim",
    "ready": "green",
    "printing": "green",
    "in trouble": "bold red",
    "missing": "bold red",
    "unreachable": "bold red",
    "stopped": "red",
}


class ReaderGone(Exception):
    """Whoever read our output has seen enough."""


def say(text: str) -> None:
    """A line on stdout."""
    try:
        print(text, flush=True)  # noqa: T201 - the one place where the commands speak
    except BrokenPipeError as error:
        raise ReaderGone from error


def say_json(value: object) -> None:
    """One JSON object on a line of stdout."""
    say(json.dumps(value, ensure_ascii=False, default=str))


def show_table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """A table on stdout; a head that ends in `>` sets its column flush right. States have their colours."""
    table = Table(
        box=None, pad_edge=False, title=title or None, title_justify="left", header_style="dim", title_style="bold"
    )
    for head in heads:
        table.add_column(head.rstrip(">"), justify="right" if head.endswith(">") else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(str(cell), style=COLOURS.get(str(cell), "")) for cell in row))
    width = None if sys.stdout.isatty() else 200
    console = Console(width=width, highlight=False)
    with console.capture() as shown:
        console.print(table)
    say(shown.get().rstrip("\n"))


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on the terminal while the block runs; what it gives is called with done, total and what is at hand."""
    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def advanced(done: int, total: int, at_hand: str) -> None:
            bar.update(task, completed=done, total=total, description=at_hand)

        yield advanced


def complain(error: SlipwayError) -> None:
    """An error on stderr: code and fact, place, what to do."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text(f"slipway: {error.code}: ", style="bold red") + Text(error.what, style="not bold default"))
    if error.where:
        console.print(Text(f"  where: {error.where}"))
    console.print(Text(f"  do:    {error.hint}"))
