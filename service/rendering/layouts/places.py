"""Whether what a layout places lies where it may: on the sheet, within its margin, off the folds, not on each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from pydantic import BaseModel

from service.rendering.blocks.pages import PAGE_KINDS
from service.rendering.layout_file import SIZES_MM, Flow, LayoutFile, Rule
from service.rendering.layout_frames import CodeFrame, Frame, VoucherFrame
from service.rendering.layout_values import Box, Pages
from service.rendering.layouts.check import Fault, Key, parts_of, slots_above
from service.rendering.layouts.quiet_zones import with_quiet_zone

_FROM_FOLD_MM = 5.0
_ROUNDING_MM = 1e-6
_BOXES = ("box_mm", "words_mm")
_SPANS = (
    "column_mm",
    "quantity_mm",
    "picture_mm",
    "name_mm",
    "unit_price_mm",
    "amount_mm",
    "words_column_mm",
    "code_mm",
)
_POINTS = ("from_mm", "to_mm")


@dataclass(frozen=True, slots=True)
class Taken:
    """A box that a frame takes: the key that says so, the frame's slot and pages, and the slots that it stays below.

    `quiet` is the box with the white that a code wants around it, which words keep off.
    """

    key: Key
    slot: str
    pages: Pages
    above: tuple[str, ...]
    box: Box
    quiet: Box


def faults_of_places(file: LayoutFile) -> Iterator[Fault]:
    """Every fault of the places, with the key at which it stands."""
    for key, part in parts_of(file):
        yield from _outside(file, key, part)
        if isinstance(part, CodeFrame | VoucherFrame) and part.box_mm:
            yield from _on_folds(file, (*key, "box_mm"), part.box_mm)
        if isinstance(part, Rule) and part.from_mm[0] != part.to_mm[0] and part.from_mm[1] != part.to_mm[1]:
            yield (*key, "to_mm"), "the rule is neither level nor upright"
    yield from _on_each_other(file)


def _outside(file: LayoutFile, key: Key, part: BaseModel) -> Iterator[Fault]:
    sheet = SIZES_MM[file.sheet.size]
    margin = file.sheet.margin_mm
    for name, direction, start, end in _extents(part):
        if start < margin - _ROUNDING_MM or end > sheet[direction] - margin + _ROUNDING_MM:
            yield (*key, name), f"reaches into the margin of {margin:g} mm, or off the sheet"


def _extents(part: BaseModel) -> Iterator[tuple[str, int, float, float]]:
    """What a table places: its key, whether across (0) or down (1), where it begins and ends."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        if name in _BOXES and value:
            yield name, 0, value[0], value[0] + value[2]
            yield name, 1, value[1], value[1] + value[3]
        elif name in _SPANS and isinstance(value, tuple):
            yield name, 0, value[0], sum(value)
        elif name in _POINTS:
            yield name, 0, value[0], value[0]
            yield name, 1, value[1], value[1]
        elif isinstance(part, Flow) and name.endswith("_mm"):
            yield name, 1, value, value


def _on_folds(file: LayoutFile, key: Key, box: Box) -> Iterator[Fault]:
    top, bottom = box[1], box[1] + box[3]
    for fold in file.sheet.folds_mm:
        if top - _FROM_FOLD_MM < fold < bottom + _FROM_FOLD_MM:
            yield key, f"a code keeps {_FROM_FOLD_MM:g} mm from the fold at {fold:g} mm"


def _on_each_other(file: LayoutFile) -> Iterator[Fault]:
    for one, other in combinations(taken(file), 2):
        apart = one.slot in other.above or other.slot in one.above
        if apart or not share_a_page(one.pages, other.pages):
            continue
        whose = "the other box of its frame" if one.slot == other.slot else f"the box of {one.slot}"
        if meet(one.box, other.box):
            yield other.key, f"lies over {whose}"
        elif other.key[-1] == "words_mm" and meet(one.quiet, other.box):
            yield other.key, f"lies in the white that the code of {one.slot} needs around it"
        elif one.key[-1] == "words_mm" and meet(one.box, other.quiet):
            yield one.key, f"lies in the white that the code of {other.slot} needs around it"


def taken(file: LayoutFile) -> Iterator[Taken]:
    """The boxes of all anchored frames and of the page number."""
    number = file.page_number.box_mm
    yield Taken(("page_number", "box_mm"), "page_number", "every", (), number, number)
    for key, part in parts_of(file):
        if isinstance(part, Frame):
            above = tuple(slots_above(file, part))
            for name in _BOXES:
                if box := getattr(part, name, None):
                    quiet = with_quiet_zone(part) if isinstance(part, CodeFrame) and name == "box_mm" else box
                    yield Taken((*key, name), part.slot, part.pages, above, box, quiet)


def share_a_page(one: Pages, other: Pages) -> bool:
    """Whether there is a page on which both stand."""
    return any(one in kind and other in kind for kind in PAGE_KINDS)


def meet(one: Box, other: Box) -> bool:
    """Whether two boxes have more in common than an edge."""
    return all(
        one[side] + one[side + 2] > other[side] + _ROUNDING_MM
        and other[side] + other[side + 2] > one[side] + _ROUNDING_MM
        for side in (0, 1)
    )
