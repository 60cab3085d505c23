"""Order files read: the bytes of a drop as shipments, or the reason why not, for each shipment of its own.

A .json is one shipment, a .jsonl one a line, a .csv one row for each line of goods; a feed may say otherwise for the
names it takes. In a file of many, a bad shipment is refused and the good ones are kept; where none of the first
thousand so much as looks like an order, the rest is not read. The same shipment twice in a file counts once; two that
differ under one note id are both refused, since nobody can say which is meant.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import (
    FileIncomplete,
    InvalidCsv,
    InvalidJson,
    InvalidOrder,
    Rejected,
    UnknownFormat,
    WrongEncoding,
)
from service.intake.encoding import UTF8, decoded, lines_of, refuse_unfinished
from service.intake.feeds import Feeds
from service.intake.flat import Drafts, read_flat
from service.intake.flat_columns import ORDER_CSV
from service.intake.foreign_json import read_foreign
from service.intake.json_text import Json, parse_json
from service.intake.mapping import Feed
from service.intake.order_file import SCHEMA, Draft, dump_shipment, pointer, read_shipment
from service.model import Shipment

MOST_STRANGE = 1000
STRANGE = (FileIncomplete, InvalidCsv, InvalidJson, UnknownFormat, WrongEncoding)  # these don't look like an order


@dataclass(frozen=True, slots=True)
class ReadShipment:
    """A shipment of a file. `position` counts from 1; `sha256` is of its content, however it was written."""

    position: int
    shipment: Shipment
    sha256: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A shipment of a file that is refused, in the words of an error."""

    position: int
    code: str
    what: str
    where: str
    hint: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a file says. `may_grow`: it ends as a file ends that is still being written.

    `dropped` are the names of fields that a feed does not ask for.
    """

    shipments: tuple[ReadShipment, ...]
    refusals: tuple[Refusal, ...]
    may_grow: bool
    dropped: tuple[str, ...] = ()


def read_drop(name: str, content: bytes, feeds: Feeds) -> Reading:
    """The shipments in `content`, a drop called `name`; raises Rejected when nothing of it can be used."""
    feed = feeds.for_name(name)
    encoding = feed.encoding if feed else UTF8
    written = _format(name, feed)
    refuse_unfinished(content, encoding)
    if written == "json":
        return _read_json(content, feed)
    if written == "jsonl":
        return _reading(_json_lines(content, feed))
    return _reading(read_flat(decoded(content, encoding), feed or ORDER_CSV))


def grows_by_lines(name: str, feeds: Feeds) -> bool:
    """True for files whose beginning may be valid by itself: written in place, they must rest before they are taken."""
    feed = feeds.for_name(name)
    return _format(name, feed) in ("jsonl", "csv")


def _format(name: str, feed: Feed | None) -> str:
    if feed:
        return feed.format
    suffix = name.lower().rpartition(".")[2]
    if suffix not in ("json", "jsonl", "csv"):
        raise UnknownFormat("the name ends in none of .json, .jsonl, .csv, and no feed takes it")
    return suffix


def _read_json(content: bytes, feed: Feed | None) -> Reading:
    """A .json: where it holds a single shipment and that is bad, the whole file is."""
    value = parse_json(decoded(content, feed.encoding if feed else UTF8))
    drafts = _drafts(value, feed, "")
    if len(drafts.parts) > 1:
        return _reading(drafts)
    (part,) = drafts.parts
    return Reading((_read_part(1, part),), (), may_grow=False, dropped=drafts.dropped)


def _drafts(value: Json, feed: Feed | None, place: str) -> Drafts:
    if feed:
        return read_foreign(value, feed, place)
    _refuse_other_formats(value, place)
    return Drafts((Draft(value, lambda key: place + pointer(key)),))


def _refuse_other_formats(value: Json, place: str) -> None:
    where = place.removesuffix(", ")
    if isinstance(value, list):
        hint = "One shipment is one object; put many into a .jsonl file, one on each line."
        raise UnknownFormat("the JSON is a list, not an order file", where=where, hint=hint)
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise UnknownFormat(f'the JSON does not say "schema": "{SCHEMA}"', where=where or "/schema")


def _json_lines(content: bytes, feed: Feed | None) -> Drafts:
    """One order on each line; a line that can't be read is a shipment that is refused."""
    parts: list[Draft | Rejected] = []
    dropped: dict[str, None] = {}
    for line in lines_of(content):
        try:
            value = parse_json(line.decoded(feed.encoding if feed else UTF8), first_line=line.number)
            drafts = _drafts(value, feed, f"line {line.number}, ")
        except Rejected as error:
            is_whole = line.is_ended and isinstance(error, FileIncomplete)  # nothing more of it will come
            parts.append(InvalidJson(error.what, where=error.where) if is_whole else error)
            if len(parts) == MOST_STRANGE:
                _refuse_something_else(parts)
        else:
            parts += drafts.parts
            dropped |= dict.fromkeys(drafts.dropped)
    if not parts:
        raise FileIncomplete("the file has no lines")
    return Drafts(tuple(parts), isinstance(parts[-1], FileIncomplete), tuple(dropped))


def _refuse_something_else(parts: Sequence[Draft | Rejected]) -> None:
    """Leave the rest unread: a file of something else may have a million lines, and orders wait behind it."""
    strange = [part for part in parts[:MOST_STRANGE] if isinstance(part, STRANGE)]
    if len(strange) == MOST_STRANGE:
        last = strange[-1]
        what = f"none of the first {MOST_STRANGE:,} shipments looks like an order; of the last of them: {last.what}"
        raise type(last)(what, where=last.where, hint=last.hint)


def _reading(drafts: Drafts) -> Reading:
    """What can be used of many shipments, and what is refused."""
    _refuse_something_else(drafts.parts)
    shipments: list[ReadShipment] = []
    refusals: list[Refusal] = []
    for position, part in enumerate(drafts.parts, 1):
        try:
            shipments.append(_read_part(position, part))
        except Rejected as error:
            refusals.append(_refusal(position, error))
    kept, contradictory = _each_once(shipments)
    refused = sorted((*refusals, *contradictory), key=lambda refusal: refusal.position)
    return Reading(kept, tuple(refused), drafts.may_grow, drafts.dropped)


def _read_part(position: int, part: Draft | Rejected) -> ReadShipment:
    if isinstance(part, Rejected):
        raise part
    shipment = read_shipment(part)
    return ReadShipment(position, shipment, _content_hash(shipment))


def _content_hash(shipment: Shipment) -> str:
    canonical = json.dumps(dump_shipment(shipment), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _refusal(position: int, error: Rejected) -> Refusal:
    return Refusal(position, error.code, error.what, error.where, error.hint)


def _each_once(shipments: list[ReadShipment]) -> tuple[tuple[ReadShipment, ...], list[Refusal]]:
    """One of each shipment that stands there several times; none of those that contradict each other."""
    first: dict[str, ReadShipment] = {}
    contradicted: set[str] = set()
    for read in shipments:
        earlier = first.setdefault(read.shipment.note_id, read)
        if earlier.sha256 != read.sha256:
            contradicted.add(read.shipment.note_id)
    kept = tuple(read for note_id, read in first.items() if note_id not in contradicted)
    hint = "Send the one that is meant, alone; a changed order carries a higher `revision`."
    return kept, [
        _refusal(read.position, InvalidOrder(_TWICE, where=f"shipment {read.position} of the file", hint=hint))
        for read in shipments
        if read.shipment.note_id in contradicted
    ]


_TWICE = "the file holds two different shipments with the same order_id, shipment number and revision"
