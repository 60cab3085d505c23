"""CSV read strictly into rows with their numbers: the header is row 1, as a spreadsheet counts.

A row that cannot be read (an unclosed quote, text after a closing quote, a field without end) ends the reading there:
what stands before it is given, with the fault. Whether the last row has its line end is told, because a file that is
cut in its last value looks whole otherwise.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from service.errors import FileIncomplete, InvalidCsv, Rejected

MAX_COLUMNS = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One record. `number` counts records from the header, which is 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file. `fault` is why the reading ended before the end; `is_cut` if it ends inside a row or a value."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    fault: Rejected | None
    is_cut: bool


def read_table(text: str, delimiter: str) -> Table:
    """The rows of `text`; raises when its header can't be used."""
    rows: list[Row] = []
    fault: Rejected | None = None
    is_cut = not text.endswith(("\n", "\r"))
    try:
        for row in _rows(text, delimiter):
            rows.append(row)
    except csv.Error as error:
        number = rows[-1].number + 1 if rows else 1
        fault = _fault_of(error, number, is_cut=is_cut)
        is_cut = is_cut or _ENDS_IN_QUOTES in str(error)
    if not rows:
        raise fault or FileIncomplete("the file has no rows")
    header = _header(rows[0])
    return Table(header, tuple(rows[1:]), fault, is_cut)


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    has_zeros = "\0" in text
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for number, cells in enumerate(reader, 1):
        if has_zeros and any("\0" in cell for cell in cells):
            raise csv.Error("line contains NUL")
        if cells:
            yield Row(number, tuple(cells))


_ENDS_IN_QUOTES = "unexpected end of data"
_FACTS = {
    "line contains NUL": "the row holds a zero byte",
    _ENDS_IN_QUOTES: "a quote is opened in this row and never closed",
    "field larger": "a value of more than 131072 characters",
    "expected after": "text follows a closing quote",
}


def _fault_of(error: csv.Error, number: int, *, is_cut: bool) -> Rejected:
    what = next((fact for sign, fact in _FACTS.items() if sign in str(error)), "the row can't be read")
    kind = FileIncomplete if is_cut and _ENDS_IN_QUOTES in str(error) else InvalidCsv
    return kind(what, where=f"row {number}")


def _header(row: Row) -> tuple[str, ...]:
    names = tuple(cell.strip() for cell in row.cells)
    if len(names) > MAX_COLUMNS:
        raise InvalidCsv(f"more than {MAX_COLUMNS} columns", where="row 1")
    for number, name in enumerate(names, 1):
        first = names.index(name) + 1
        if name and first != number:  # the name is not told: in a file without a header it is somebody's
            raise InvalidCsv(f"columns {first} and {number} have the same name", where="row 1")
    return names


def shown_column(name: str) -> str:
    """The name of a column of a header as an error or a reading may show it: short, and in plain characters."""
    return name if 0 < len(name) <= 60 and name.isprintable() else "(unreadable name)"
