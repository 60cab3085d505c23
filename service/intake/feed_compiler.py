"""A feed file compiled: every path parsed, every field checked against the order file, every fault with its key."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from service.intake.feed_file import ConditionFile, FeedFile, SourceFile
from service.intake.fields import FIELDS
from service.intake.mapping import LINE, Condition, Feed, Mapping, Source
from service.intake.order_file import Key
from service.intake.paths import Each, Find, Path, parse_path
from service.intake.values import Forms, Kind, strptime_pattern

FileKey = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class FeedFault:
    """A fault of a feed file, at a key of it."""

    key: FileKey
    what: str


class FeedFaults(Exception):
    """All that is wrong with a feed file."""

    def __init__(self, faults: Sequence[FeedFault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


def compile_feed(name: str, file: FeedFile, *, exact: bool = False) -> Feed:
    """The feed that `file` describes; raises FeedFaults with all that is wrong with it.

    `exact` is for the order file's own CSV form: nothing is trimmed or turned.
    """
    faults: list[FeedFault] = []
    mappings = [mapping for key, leaf in _leaves(file.fields, ()) if (mapping := _mapping(file, key, leaf, faults))]
    faults += _ungiven(file, {mapping.key for mapping in mappings})
    feed = Feed(
        name=name,
        files=tuple(glob.lower() for glob in file.files),
        format=file.format,
        encoding=file.encoding,
        delimiter=file.delimiter,
        forms=_forms(file, exact=exact),
        orders=tuple(_list_path(file, text, "orders", faults) for text in file.orders),
        shipments=_list_path(file, file.shipments, "shipments", faults),
        each_line=_list_path(file, file.each_line, "lines", faults),
        skip=_condition(file, file.skip, "skip", faults),
        complete=_condition(file, file.complete, "complete", faults),
        lines_total=file.lines_total,
        line=file.line,
        header=tuple(mapping for mapping in mappings if mapping.key[0] != LINE),
        lines=tuple(replace(mapping, key=mapping.key[1:]) for mapping in mappings if mapping.key[0] == LINE),
    )
    if faults:
        raise FeedFaults(faults)
    return feed


def _forms(file: FeedFile, *, exact: bool) -> Forms:
    dates = tuple(strptime_pattern(pattern) for pattern in file.dates)
    return Forms(file.decimal, dates, ZoneInfo(file.timezone) if file.timezone else None, exact)


def _leaves(table: dict[str, Any], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(key, what stands there) of each field; tables that hold further fields are gone into."""
    for name, leaf in table.items():
        key = (*above, name)
        holds_fields = any(known[: len(key)] == key and len(known) > len(key) for known in FIELDS)
        if holds_fields and isinstance(leaf, dict):
            yield from _leaves(leaf, key)
        else:
            yield key, leaf


def _mapping(file: FeedFile, key: tuple[str, ...], leaf: Any, faults: list[FeedFault]) -> Mapping | None:
    place = ("fields", *key)
    field = FIELDS.get(key)
    if field is None:
        near = difflib.get_close_matches(".".join(key), [".".join(known) for known in FIELDS], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        faults.append(FeedFault(place, f"a feed can give no such field{hint}"))
        return None
    if isinstance(leaf, list) and not field.is_list:
        faults.append(FeedFault(place, "takes one source; to put several together write { join = [...] }"))
        return None
    leaves = leaf if isinstance(leaf, list) else [leaf]
    try:
        sources = tuple(_source(file, key, each, faults) for each in leaves)
    except ValidationError as error:
        faults += (_fault_of(place, detail) for detail in error.errors(include_input=False, include_url=False))
        return None
    faults += (FeedFault(place, what) for source in sources if (what := _misfit(source, field.kind)))
    return Mapping(key, field.kind, sources, field.is_list, field.may_be_absent)


def _misfit(source: Source, kind: Kind) -> str:
    """What a constant must be for this field, if one is not; empty if all are."""
    forms: dict[Kind, tuple[type, str]] = {Kind.INTEGER: (int, "a whole number"), Kind.FLAG: (bool, "true or false")}
    fitting, form = forms.get(kind, (str, "a text"))
    constants = (source.value, source.default, source.otherwise, *dict(source.table).values())
    misfits = [constant for constant in constants if constant is not None and type(constant) is not fitting]
    return f"what it gives must be {form}" if misfits else ""


def _fault_of(place: FileKey, detail: ErrorDetails) -> FeedFault:
    reason = "there is no such key" if detail["type"] == "extra_forbidden" else detail["msg"]
    return FeedFault((*place, *detail["loc"]), reason.removeprefix("Value error, "))


def _source(file: FeedFile, key: tuple[str, ...], leaf: Any, faults: list[FeedFault]) -> Source:
    written = SourceFile.model_validate({"from": leaf} if isinstance(leaf, str) else leaf)
    return Source(
        alternatives=tuple(
            tuple(_field_path(file, name, key, faults) for name in names) for names in written.alternatives
        ),
        glue=written.with_,
        value=written.value,
        default=written.default,
        table=tuple((word.casefold(), ours) for word, ours in written.table.items()),
        otherwise=written.otherwise,
        subtract=written.subtract,
        optional=written.optional,
    )


def _field_path(file: FeedFile, written: str, key: tuple[str, ...], faults: list[FeedFault]) -> Path:
    at_hand = (file.shipments, file.each_line) if key[0] == LINE else (file.shipments,)
    return _bound_path(file, written, ("fields", *key), faults, at_hand=at_hand)


def _list_path(file: FeedFile, written: str, key: str, faults: list[FeedFault]) -> Path:
    """Where the entries of a list stand: its own `[]`, at the end, is what the others stand for."""
    at_hand = (file.shipments,) if key == "lines" else ()
    _bound_path(file, written.removesuffix("[]"), (key,), faults, at_hand=at_hand)
    return _path(file, written, (key,), [])


def _bound_path(
    file: FeedFile, written: str, place: FileKey, faults: list[FeedFault], *, at_hand: tuple[str, ...]
) -> Path:
    """A path each `[]` of which stands for an entry at hand."""
    path = _path(file, written, place, faults)
    starts = [start for start in at_hand if start] if file.format != "csv" else []
    if file.format != "csv" and _runs_over_many(path, [_path(file, start, place, []) for start in starts]):
        known = " or ".join(starts) or "nothing in this feed"
        faults.append(FeedFault(place, f"`[]` stands for the entry at hand, which here is {known}"))
    return path


def _runs_over_many(path: Path, starts: list[Path]) -> bool:
    """True if a `[]` is left that no start explains."""
    known = max((len(start) for start in starts if path[: len(start)] == start), default=0)
    rest = path[known:]
    inner = [step.path for step in path if isinstance(step, Find) and step.path is not None]
    return any(isinstance(step, Each) for step in rest) or any(_runs_over_many(step, starts) for step in inner)


def _path(file: FeedFile, written: str, place: FileKey, faults: list[FeedFault]) -> Path:
    """A path in a JSON file; in a CSV, where a path is a column, just its name."""
    if file.format == "csv":
        return (written,)
    try:
        return parse_path(written)
    except ValueError as error:
        faults.append(FeedFault(place, str(error)))
        return ()


def _condition(file: FeedFile, written: ConditionFile | None, name: str, faults: list[FeedFault]) -> Condition | None:
    if written is None:
        return None
    words = frozenset(word.casefold() for word in written.values)
    at_hand = (file.shipments,) if name == "skip" else ()
    return Condition(_bound_path(file, written.from_, (name, "from"), faults, at_hand=at_hand), words)


def _ungiven(file: FeedFile, given: set[Key]) -> Iterator[FeedFault]:
    """Fields that an order must have and that nothing gives; shipment numbers follow from a list of shipments."""
    for key, field in FIELDS.items():
        is_derived = key[0] == "shipment" and bool(file.shipments)
        if not field.may_be_absent and not is_derived and key not in given:
            yield FeedFault(("fields",), f"nothing gives {'.'.join(key)}, which every order must have")
