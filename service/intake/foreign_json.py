"""Foreign JSON through a feed: one draft for each shipment of each order that stands in the file."""

from collections.abc import Iterator
from dataclasses import dataclass

from service.errors import InvalidOrder, Rejected, UnknownFormat
from service.intake.flat import Drafts
from service.intake.json_text import Json
from service.intake.mapping import Feed, Mapped, holds, mapped
from service.intake.order_file import Draft, Key, pointer, shown_name
from service.intake.paths import Bound, Each, Find, Path, Spot, entries_of
from service.intake.values import Unreadable


def read_foreign(value: Json, feed: Feed, place: str = "") -> Drafts:
    """The shipments that `value` holds; `place` is where in the file it stands, as in `line 7, `."""
    top = Bound((((), Spot(value, ())),))
    orders = next((found for path in feed.orders if (found := entries_of(top, path))), ())
    if not orders:
        raise UnknownFormat(f"no order stands where the feed {feed.name} looks for it", where=place.rstrip(", "))
    parts = tuple(part for order in orders for part in _parts(order, feed, place))
    read = _read_names(feed)
    dropped = dict.fromkeys(name for order in orders for name in _unread(order.value, (), read))
    return Drafts(parts, dropped=tuple(dropped))


def _parts(order: Spot, feed: Feed, place: str) -> Iterator[Draft | Rejected]:
    bound = Bound((((), order),))
    try:
        shipments = [bound.having(feed.shipments, spot) for spot in entries_of(bound, feed.shipments)]
        kept = [shipment for shipment in shipments if not holds(feed.skip, shipment, feed.forms)]
        is_whole = feed.complete is None or holds(feed.complete, bound, feed.forms)
    except Unreadable as error:
        yield InvalidOrder(f"the feed's condition {error}", where=place + pointer(order.key))
        return
    if not kept:
        what = "the order has no shipment to make a note for"
        hint = "Drop it again when goods have left; the feed's `shipments` and `skip` say what counts."
        yield InvalidOrder(what, where=place + pointer(bound.look(feed.shipments[:-1]).key), hint=hint)
    for number, shipment in enumerate(kept, _first_number(kept, feed)):
        lines = tuple(shipment.having(feed.each_line, spot) for spot in entries_of(shipment, feed.each_line))
        draft = mapped(feed, shipment, lines)
        last = _first_number(kept, feed) + len(kept) - 1
        _number(draft, number, last if is_whole else last + 1)
        yield Draft(draft.content, _Place(draft, place), draft.faults)


def _first_number(shipments: list[Bound], feed: Feed) -> int:
    """1; or, where the feed takes one entry of the list, as in fulfillments[-1], the place of that entry."""
    index = shipments[0].spots[0][1].key[-1:] if shipments and feed.shipments else ()
    return index[0] + 1 if index and isinstance(index[0], int) and not isinstance(feed.shipments[-1], Each) else 1


def _number(draft: Mapped, number: int, of: int) -> None:
    """Shipments that stand in a list number themselves, where the feed does not say how."""
    if draft.feed.shipments:
        derived: dict[str, Json] = {"number": number, "of": of, "final": number == of}
        given = draft.content.get("shipment")
        draft.content["shipment"] = {**derived, **(given if isinstance(given, dict) else {})}


@dataclass(frozen=True, slots=True)
class _Place:
    """The JSON pointer of a field in the sender's file."""

    shipment: Mapped
    prefix: str

    def __call__(self, key: Key) -> str:
        names = (str(part).replace("~", "~0").replace("/", "~1") for part in self.shipment.origin(key))
        return self.prefix + ("".join(f"/{name}" for name in names) or "the whole order")


# What the feed does not ask for --------------------------------------------------------------------------------------

Names = tuple[str, ...]


def _read_names(feed: Feed) -> frozenset[Names]:
    """The names along each path that the feed reads, list entries left out, and all beginnings of them."""
    sources = (source for mapping in (*feed.header, *feed.lines) for source in mapping.sources)
    conditions = (condition.path for condition in (feed.skip, feed.complete) if condition)
    paths = (*(path for source in sources for path in source.paths), *conditions)
    whole = (names for path in paths for names in _names(path))
    return frozenset(names[:end] for names in whole for end in range(1, len(names) + 1))


def _names(path: Path) -> Iterator[Names]:
    yield tuple(step for step in path if isinstance(step, str))
    for index, step in enumerate(path):
        if isinstance(step, Find):
            above = tuple(name for name in path[:index] if isinstance(name, str))
            yield (*above, step.name)


def _unread(value: Json, above: Names, read: frozenset[Names]) -> Iterator[str]:
    """Names in `value` that no path goes to or through; a whole object that nobody reads counts once."""
    if isinstance(value, list):
        for entry in value:
            yield from _unread(entry, above, read)
    elif isinstance(value, dict):
        for name, inner in value.items():
            names = (*above, name)
            if names in read:
                yield from _unread(inner, names, read)
            else:
                yield ".".join(shown_name(part) for part in names)
