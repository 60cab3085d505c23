"""Flat files: one row for each line of goods, the fields of order and shipment repeated in every row.

Rows with the same order, revision and shipment number are one shipment, wherever they stand. It is whole when it has
the `lines_total` rows that it announces: a CSV cut short is still a valid CSV, so nothing else proves it. A broken row
takes no other shipment with it, unless the feed has no `lines_total`: then nothing behind it can be trusted.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

from service.errors import FileIncomplete, InvalidCsv, InvalidOrder, Rejected, ShipmentIncomplete
from service.intake.csv_text import Row, Table, read_table, shown_column
from service.intake.mapping import Feed, Mapped, Source, mapped
from service.intake.order_contract import MAX_LINES
from service.intake.order_file import Draft, Key
from service.intake.paths import Bound, Spot


@dataclass(frozen=True, slots=True)
class Drafts:
    """What a file holds, one part for each shipment in the order of the file, and the columns nobody asked for."""

    parts: tuple[Draft | Rejected, ...]
    may_grow: bool = False
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one shipment, in the order of the file, with the header that names their cells."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def place(self) -> str:
        first, last = self.rows[0].number, self.rows[-1].number
        return f"row {first}" if first == last else f"rows {first} to {last}"


def read_flat(text: str, feed: Feed) -> Drafts:
    """The shipments of a CSV; raises when its columns are not those of the feed, or when it has no rows."""
    table = read_table(text, feed.delimiter)
    columns = _columns(feed)
    _refuse_missing(table.header, feed)
    dropped = tuple(shown_column(name) for name in table.header if name not in columns)
    if dropped and feed.is_canonical:
        raise _unknown_columns(table.header, columns)
    if not table.rows and not table.fault:
        raise FileIncomplete("the file has a header and no rows", where="row 1")
    groups, broken = _grouped(table, feed)
    if broken and not feed.lines_total:
        raise broken[0]
    ends_open = table.is_cut or any(_may_follow(group, table, feed) for group in groups)
    return Drafts((*(_part(group, feed) for group in groups), *broken), ends_open, dropped)


def _columns(feed: Feed) -> list[str]:
    of_fields = (name for source in _sources(feed) for path in source.paths for name in path)
    return [str(name) for name in dict.fromkeys((*of_fields, feed.lines_total, feed.line)) if name]


def _sources(feed: Feed) -> Iterator[Source]:
    for mapping in (*feed.header, *feed.lines):
        yield from mapping.sources


def _refuse_missing(header: tuple[str, ...], feed: Feed) -> None:
    needed = [name for name in (feed.lines_total, feed.line) if name]
    for source in _sources(feed):
        choices = [[str(path[0]) for path in paths] for paths in source.alternatives]
        if choices and not source.optional and not any(set(names) <= set(header) for names in choices):
            needed += choices[0]
    missing = [name for name in dict.fromkeys(needed) if name not in header]
    if missing:
        many = "columns are" if len(missing) > 1 else "column is"
        hint = f"The header must name them as the feed {feed.name} does." if not feed.is_canonical else ""
        raise InvalidCsv(f"{len(missing)} {many} missing: {', '.join(missing)}", where="row 1", hint=hint)


def _unknown_columns(header: tuple[str, ...], known: list[str]) -> InvalidCsv:
    """Which they are: by name only if that can be one of ours; where a line end is lost, a row stands in the header."""
    strange = [(number, name) for number, name in enumerate(header, 1) if name not in known]
    names = [name if _OUR_KIND.fullmatch(name) else f"column {number}" for number, name in strange]
    near = difflib.get_close_matches(names[0], known, n=1)
    guess = f"; did you mean {near[0]}?" if near else ""
    return InvalidCsv(f"not columns of the order file: {', '.join(names[:10])}{guess}", where="row 1")


_OUR_KIND = re.compile("[a-z][a-z0-9_]{0,39}")


def _grouped(table: Table, feed: Feed) -> tuple[list[Group], list[Rejected]]:
    """The rows of each shipment, and what is wrong with those that can't be put to any."""
    key_columns = [table.header.index(name) for name in _key_columns(feed) if name in table.header]
    key_of = itemgetter(*key_columns) if key_columns else lambda _cells: ()
    groups: dict[object, list[Row]] = {}
    broken: list[Rejected] = []
    for row in table.rows:
        if len(row.cells) == len(table.header):
            groups.setdefault(key_of(row.cells), []).append(row)
        else:
            broken.append(_ragged(row, table))
    if table.fault:
        broken.append(table.fault)
    return [Group(table.header, tuple(rows)) for rows in groups.values()], broken


def _ragged(row: Row, table: Table) -> Rejected:
    place = f"row {row.number}"
    if table.is_cut and row is table.rows[-1] and len(row.cells) < len(table.header):
        return FileIncomplete("the file stops inside this row", where=place)
    return InvalidCsv(f"the row has {len(row.cells)} values, the header {len(table.header)}", where=place)


def _key_columns(feed: Feed) -> Iterator[str]:
    for key in (("order_id",), ("revision",), ("shipment", "number")):
        source = feed.header_source(*key)
        yield from (str(path[0]) for path in source.paths) if source else ()


def _may_follow(group: Group, table: Table, feed: Feed) -> bool:
    """True if rows of this shipment may still come: it is short, and the file ends with it or mixes its shipments."""
    if not feed.lines_total:
        return group.rows[-1] is table.rows[-1]
    numbers = [row.number for row in group.rows]
    is_mixed = numbers[-1] - numbers[0] >= len(numbers)
    is_short = (_total(group, feed) or 0) > len(numbers)
    return is_short and (is_mixed or group.rows[-1] is table.rows[-1])


def _total(group: Group, feed: Feed) -> int | None:
    return _whole_number(group.rows[0].cells[group.header.index(feed.lines_total)])


def _whole_number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _part(group: Group, feed: Feed) -> Draft | Rejected:
    fault = _disagreement(group, feed) or _missing_rows(group, feed)
    if fault is not None:
        return fault
    bounds = tuple(_bound(group.header, row) for row in _in_order(group, feed))
    shipment = mapped(feed, bounds[0], bounds)
    return Draft(shipment.content, _Place(shipment), shipment.faults)


def _bound(header: tuple[str, ...], row: Row) -> Bound:
    return Bound((((), Spot(dict(zip(header, row.cells, strict=True)), (row.number,))),))


@dataclass(frozen=True, slots=True)
class _Place:
    """The row and column of a field."""

    shipment: Mapped

    def __call__(self, key: Key) -> str:
        row, *column = self.shipment.origin(key)
        return f"row {row}, column {column[0]}" if column else f"row {row}"


def _disagreement(group: Group, feed: Feed) -> Rejected | None:
    """The first field of the order or shipment that is not the same in all rows of the shipment."""
    names = {str(path[0]) for mapping in feed.header for source in mapping.sources for path in source.paths}
    shared = [index for index, name in enumerate(group.header) if name in names or name == feed.lines_total]
    first = group.rows[0]
    expected = [first.cells[index] for index in shared]
    for row in group.rows[1:]:
        if [row.cells[index] for index in shared] == expected:
            continue
        column = next(group.header[index] for index in shared if row.cells[index] != first.cells[index])
        what = f"two rows of one shipment differ in {column}"
        return InvalidCsv(what, where=f"rows {first.number} and {row.number}, column {column}")
    return None


def _missing_rows(group: Group, feed: Feed) -> Rejected | None:
    """Why the rows are not exactly those that the shipment announces."""
    if not feed.lines_total:
        return None
    there, total = len(group.rows), _total(group, feed)
    place = f"row {group.rows[0].number}, column {feed.lines_total}"
    if total is None or not 1 <= total <= MAX_LINES:
        return InvalidOrder(f"{feed.lines_total} must be a whole number from 1 to {MAX_LINES}", where=place)
    if there < total:
        return ShipmentIncomplete(f"{there} of {total} rows of this shipment are there", where=group.place)
    if there > total:
        what = f"{there} rows of this shipment, where {feed.lines_total} says {total}"
        hint = "Send each shipment once in a file, and count its rows in lines_total."
        return InvalidCsv(what, where=group.place, hint=hint)
    return _misnumbered(group, feed)


def _misnumbered(group: Group, feed: Feed) -> Rejected | None:
    if not feed.line:
        return None
    column = group.header.index(feed.line)
    open_numbers = set(range(1, len(group.rows) + 1))
    for row in group.rows:
        number = _whole_number(row.cells[column])
        if number in open_numbers:
            open_numbers.remove(number)
        else:
            what = f"{feed.line} must count the rows of the shipment from 1, each number once"
            return InvalidOrder(what, where=f"row {row.number}, column {feed.line}")
    return None


def _in_order(group: Group, feed: Feed) -> tuple[Row, ...]:
    if not feed.line:
        return group.rows
    column = group.header.index(feed.line)
    return tuple(sorted(group.rows, key=lambda row: _whole_number(row.cells[column]) or 0))
