"""A feed at work: the fields of a foreign file as the content of a canonical order file.

Nothing is decided here about right and wrong of an order: `read_shipment` does that afterwards, and `Mapped.origin`
tells where each field came from, so that a fault names the place in the sender's own file.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import cast

from service.intake.json_text import Json
from service.intake.order_file import SCHEMA, Fault, Key
from service.intake.paths import Bound, Path
from service.intake.values import Forms, Kind, Unreadable, canonical

LINE = "lines"
Scalar = str | int | bool


@dataclass(frozen=True, slots=True)
class Source:
    """Where one field comes from: a constant, or the first of the alternatives that is not empty.

    The paths of one alternative are joined by `glue`. `table` is keyed by casefolded text.
    """

    alternatives: tuple[tuple[Path, ...], ...] = ()
    glue: str = " "
    value: Scalar | None = None
    default: Scalar | None = None
    table: tuple[tuple[str, Scalar], ...] = ()
    otherwise: Scalar | None = None
    subtract: int = 0
    optional: bool = False

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every path that is read."""
        return tuple(path for alternative in self.alternatives for path in alternative)


@dataclass(frozen=True, slots=True)
class Mapping:
    """One canonical field and its sources: several for the lines of an address. `may_be_absent`: it has a default."""

    key: Key
    kind: Kind
    sources: tuple[Source, ...]
    is_list: bool
    may_be_absent: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """True where the text at `path` is one of `values`, casefolded."""

    path: Path
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Feed:
    """A compiled feed. `header` are the fields of order and shipment, `lines` those of one line of goods."""

    name: str
    files: tuple[str, ...]
    format: str  # json | jsonl | csv
    encoding: str
    delimiter: str
    forms: Forms
    orders: tuple[Path, ...]
    shipments: Path
    each_line: Path
    skip: Condition | None
    complete: Condition | None
    lines_total: str
    line: str
    header: tuple[Mapping, ...]
    lines: tuple[Mapping, ...]

    @property
    def is_canonical(self) -> bool:
        return self.forms.exact

    def header_source(self, *key: str) -> Source | None:
        """The source of a field of the order or the shipment."""
        return next((mapping.sources[0] for mapping in self.header if mapping.key == key), None)


@dataclass(frozen=True, slots=True)
class Mapped:
    """The content of one shipment, the faults met on the way, and where its fields came from."""

    content: dict[str, Json]
    faults: tuple[Fault, ...]
    feed: Feed
    header: Bound
    lines: tuple[Bound, ...]
    entry_sources: dict[Key, int] = field(default_factory=dict)

    def origin(self, key: Key) -> Key:
        """The way to the field in the sender's file; to the shipment or the line, where no field is at fault."""
        bound, mappings, rest = self.header, self.feed.header, key
        if key[:1] == (LINE,) and len(key) > 1 and isinstance(key[1], int):
            bound, mappings, rest = self.lines[key[1]], self.feed.lines, key[2:]
        for mapping in mappings:
            if rest[: len(mapping.key)] == mapping.key:
                source = mapping.sources[self.entry_sources.get(key, 0)]
                return bound.look(source.alternatives[0][0]).key if source.alternatives else bound.spots[0][1].key
        return bound.spots[0][1].key


def mapped(feed: Feed, header: Bound, lines: tuple[Bound, ...]) -> Mapped:
    """The content of one shipment: `header` is where its own fields are looked up, `lines` where those of its lines."""
    notes = _Notes(feed.forms, [], {})
    content: dict[str, Json] = {"schema": SCHEMA, **_object(feed.header, header, (), notes)}
    content[LINE] = [_object(feed.lines, bound, (LINE, index), notes) for index, bound in enumerate(lines)]
    return Mapped(content, tuple(notes.faults), feed, header, lines, notes.entry_sources)


@dataclass(frozen=True, slots=True)
class _Notes:
    """What is met on the way through one shipment."""

    forms: Forms
    faults: list[Fault]
    entry_sources: dict[Key, int]  # which of its sources gave an entry of a list


def _object(mappings: tuple[Mapping, ...], bound: Bound, above: Key, notes: _Notes) -> dict[str, Json]:
    content: dict[str, Json] = {}
    for mapping in mappings:
        _put(content, mapping.key, _field(mapping, bound, above, notes))
    return content


def _put(content: dict[str, Json], key: Key, value: Json) -> None:
    if value is None:
        return
    for name in key[:-1]:
        content = cast(dict[str, Json], content.setdefault(str(name), {}))
    content[str(key[-1])] = value


def _field(mapping: Mapping, bound: Bound, above: Key, notes: _Notes) -> Json:
    key = (*above, *mapping.key)
    try:
        if mapping.is_list:
            return _entries(mapping, bound, key, notes)
        value = value_of(mapping.sources[0], mapping.kind, bound, notes.forms)
    except Unreadable as error:
        name = ".".join(str(part) for part in key if isinstance(part, str))
        notes.faults.append(Fault(key, f"{name} {error}"))
        return None
    if value == "" and (mapping.may_be_absent or mapping.kind is not Kind.TEXT):
        return None
    return value


def _entries(mapping: Mapping, bound: Bound, key: Key, notes: _Notes) -> Json:
    """The entries of a list field that have something in them, in the order of their sources."""
    entries: list[Json] = []
    for number, source in enumerate(mapping.sources):
        value = value_of(source, mapping.kind, bound, notes.forms)
        if value not in (None, ""):
            notes.entry_sources[(*key, len(entries))] = number
            entries.append(value)
    return entries


def value_of(source: Source, kind: Kind, bound: Bound, forms: Forms) -> Json:
    """What `source` gives, in canonical form; None if there is nothing."""
    if source.value is not None:
        return source.value
    text = _text(source, bound, forms)
    if not text:
        return source.default if source.default is not None else text
    if source.table:
        listed = dict(source.table).get(text.casefold(), source.otherwise)
        if listed is None:
            raise Unreadable("has a value that the feed's table does not list")
        return listed
    value = canonical(text, kind, forms)
    return max(0, value - source.subtract) if source.subtract and isinstance(value, int) else value


def _text(source: Source, bound: Bound, forms: Forms) -> str | None:
    for paths in source.alternatives:
        texts = [text for path in paths if (text := text_at(bound, path, forms))]
        if texts:
            return source.glue.join(texts)
    return text_at(bound, source.alternatives[0][0], forms)


def text_at(bound: Bound, path: Path, forms: Forms) -> str | None:
    """The single value at `path` as text."""
    value = bound.look(path).value
    if isinstance(value, str):
        text = value.replace("\r\n", "\n")
        return text if forms.exact else text.strip()
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int):
        return str(value)
    raise Unreadable("stands where the feed expects a single value, not a list or an object")


def holds(condition: Condition | None, bound: Bound, forms: Forms) -> bool:
    """True if the condition is there and holds."""
    if condition is None:
        return False
    text = text_at(bound, condition.path, forms)
    return text is not None and text.casefold() in condition.values
