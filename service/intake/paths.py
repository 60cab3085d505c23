"""Where a value stands in a foreign JSON file: the small path language of the feeds.

    customer.first_name                     names, one inside the other
    shipping_lines[0].code, taxes[-1].rate  one entry of a list, from the start or the end
    fulfillments[].line_items[].sku         `[]` is the entry at hand: this shipment, this line
    note_attributes[name="gift"].value      the entry whose field has this text
    line_items[id=fulfillments[].line_items[].id].quantity
                                            the entry whose field equals what the other path says

A value that is not there is None. Every value comes with its JSON pointer in the sender's file.
"""

import re
from dataclasses import dataclass

from service.intake.json_text import Json
from service.intake.order_file import Key


@dataclass(frozen=True, slots=True)
class Each:
    """The entry at hand of a list."""


@dataclass(frozen=True, slots=True)
class Find:
    """The first entry whose field `name` is `text`, or what `path` says."""

    name: str
    text: str
    path: "Path | None"


Step = str | int | Each | Find
Path = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """A value and the way to it from the top of the file; None if nothing is there."""

    value: Json
    key: Key


@dataclass(frozen=True, slots=True)
class Bound:
    """What `[]` stands for at the moment: the longest path that fits is where a look-up starts."""

    spots: tuple[tuple[Path, Spot], ...]

    def having(self, path: Path, spot: Spot) -> "Bound":
        return Bound(((path, spot), *self.spots))

    def look(self, path: Path) -> Spot:
        """What stands at `path`."""
        for prefix, spot in self.spots:
            if path[: len(prefix)] == prefix:
                return self._walk(spot, path[len(prefix) :])
        return Spot(None, ())

    def _walk(self, spot: Spot, steps: Path) -> Spot:
        for step in steps:
            spot = self._next(spot, step)
        return spot

    def _next(self, spot: Spot, step: Step) -> Spot:
        if isinstance(step, str):
            held = spot.value.get(step) if isinstance(spot.value, dict) else None
            return Spot(held, (*spot.key, step))
        entries = spot.value if isinstance(spot.value, list) else []
        index = self._index(entries, step)
        if index is None:
            return Spot(None, spot.key)
        return Spot(entries[index], (*spot.key, index))

    def _index(self, entries: list[Json], step: int | Each | Find) -> int | None:
        if isinstance(step, Each):
            return None
        if isinstance(step, int):
            index = step if step >= 0 else len(entries) + step
            return index if 0 <= index < len(entries) else None
        wanted = step.text if step.path is None else self.look(step.path).value
        for index, entry in enumerate(entries):
            if isinstance(entry, dict) and wanted is not None and str(entry.get(step.name)) == str(wanted):
                return index
        return None


def entries_of(bound: Bound, path: Path) -> tuple[Spot, ...]:
    """All that `path`, whose last step may be `[]`, stands for; without it, the one value, if it is there."""
    if path and isinstance(path[-1], Each):
        whole = bound.look(path[:-1])
        entries = whole.value if isinstance(whole.value, list) else []
        return tuple(Spot(entry, (*whole.key, index)) for index, entry in enumerate(entries))
    spot = bound.look(path)
    return () if spot.value is None else (spot,)


_PIECE = re.compile(
    r"""(?P<dot>\.)?(?P<name>[^.\[\]]+)
    | \[(?P<each>)\]
    | \[(?P<index>-?[0-9]{1,4})\]
    | \[(?P<field>[^.\[\]="]+)="(?P<text>[^"]*)"\]
    | \[(?P<key>[^.\[\]="]+)=(?P<path>(?:[^\[\]"]|\[[^\[\]]*\])+)\]""",
    re.VERBOSE,
)


def parse_path(text: str) -> Path:
    """The path that `text` writes; empty is the whole. Raises ValueError that says where it stops making sense."""
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None or (match["name"] is not None and bool(match["dot"]) != bool(steps)):
            raise ValueError(f"not a path from character {position + 1} on; as in items[0].name or items[].sku")
        steps.append(_step(match))
        position = match.end()
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    if match["name"] is not None:
        return match["name"]
    if match["index"] is not None:
        return int(match["index"])
    if match["field"] is not None:
        return Find(match["field"].strip(), match["text"], None)
    if match["key"] is not None:
        return Find(match["key"].strip(), "", parse_path(match["path"].strip()))
    return Each()
