"""What people see on a terminal: tables, and errors as a fact, a place and what to do."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Literal

from rich.cells import cell_len
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
    "packed": "green",
    "OK": "bold green",
    "WARNING": "bold red",
    "warning": "yellow",
    "ready": "green",
    "printing": "green",
    "in trouble": "bold red",
    "paused": "yellow",
    "missing": "bold red",
    "unreachable": "bold red",
    "stopped": "red",
}

ENDLESS = 100_000  # columns of what is no terminal
FOLDED = 36  # columns that the last column of a table gets at least, if it needs them
NARROWEST = 16  # and one that is cut
BETWEEN = 2


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
    """A table on stdout; a head that ends in `>` sets its column flush right. States have their colours.

    A terminal that is too narrow folds the last column and cuts the widest other one in its middle; to a file or a
    pipe every line goes whole.
    """
    console = Console(width=None if sys.stdout.isatty() else ENDLESS, highlight=False)
    cells = _fitted([[str(cell) for cell in row] for row in rows], heads, console.width)
    table = Table(
        box=None, pad_edge=False, title=title or None, title_justify="left", header_style="dim", title_style="bold"
    )
    for place, head in enumerate(heads, 1):
        justify: Literal["right", "left"] = "right" if head.endswith(">") else "left"
        table.add_column(head.rstrip(">"), justify=justify, no_wrap=place < len(heads), overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row))
    with console.capture() as shown:
        console.print(table)
    say("\n".join(line.rstrip() for line in shown.get().rstrip("\n").split("\n")))


def _fitted(rows: list[list[str]], heads: Sequence[str], width: int) -> list[list[str]]:
    """The cells, the widest column but the last cut in its middle as far as the width asks for it."""
    natural = [max(map(cell_len, column)) for column in zip(heads, *rows, strict=True)]
    others = natural[:-1]
    if not others:
        return rows
    over = sum(others) + min(natural[-1], FOLDED) + BETWEEN * len(others) - width
    widest = others.index(max(others))
    room = max(others[widest] - over, NARROWEST)
    if over <= 0 or room >= others[widest]:
        return rows
    return [[*row[:widest], _cut(row[widest], room), *row[widest + 1 :]] for row in rows]


def _cut(text: str, room: int) -> str:
    """A text without its middle, if it is longer than there is room."""
    if cell_len(text) <= room:
        return text
    head = (room - 1) // 3
    return f"{text[:head]}…{text[head + 1 - room :]}"


def say_marked(mark: str, text: str) -> None:
    """A line on stdout that begins with a word in its colour."""
    console = Console(highlight=False, soft_wrap=True)
    with console.capture() as shown:
        console.print(Text(f"{mark:<8}", style=COLOURS.get(mark, "")) + Text(f" {text}", style="not bold default"))
    say(shown.get().rstrip("\n"))


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago, in the two digits that matter: 40 s, 12 min, 5 h, 3 days."""
    if at is None:
        return ""
    passed = max(now - at, timedelta())
    for unit, seconds in (("days", 86400), ("h", 3600), ("min", 60)):
        if passed.total_seconds() >= 2 * seconds:
            return f"{passed.total_seconds() // seconds:.0f} {unit}"
    return f"{passed.total_seconds():.0f} s"


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


def remark(text: str) -> None:
    """A word on stderr about something that is no error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(f"slipway: {text}"))


def complain(error: SlipwayError) -> None:
    """An error on stderr: code and fact, place, what to do."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text(f"slipway: {error.code}: ", style="bold red") + Text(error.what, style="not bold default"))
    if error.where:
        console.print(Text(f"  where: {error.where}"))
    console.print(Text(f"  do:    {error.hint}"))
