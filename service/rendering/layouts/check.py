"""What a schema can't say of a layout: names that must exist, frames that agree with the flow and with each other."""

from collections import Counter
from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from service.model import MARKETING, SLOTS
from service.rendering.layout_file import STANDARD_COLOURS, LayoutFile
from service.rendering.layout_frames import CodeFrame, Frame, GoodsFrame, HeroFrame, TotalsFrame, VoucherFrame
from service.rendering.layout_values import RefersTo

Key = tuple[int | str, ...]
Fault = tuple[Key, str]


def faults_of_names(file: LayoutFile) -> Iterator[Fault]:
    """Names of styles, colours and fonts that no table has."""
    known = {"styles": set(file.styles), "fonts": set(file.fonts), "colours": {*file.colours, *STANDARD_COLOURS}}
    for key, part in parts_of(file):
        for name, table, value in references(part):
            if value not in known[table]:
                yield (*key, name), f"{table} has no {value}"


def faults_of_frames(file: LayoutFile) -> Iterator[Fault]:
    """Frames that don't agree with the flow, the pages, or each other."""
    yield from _faults_of_slots(file)
    yield from _faults_of_flow(file)
    slots = Counter(frame.slot for frame in file.frames)
    for key, part in parts_of(file):
        if getattr(part, "pages", "") == "back" and not file.sheet.two_sided:
            yield (*key, "pages"), "the sheet has no back; set two_sided under [sheet]"
        if not isinstance(part, Frame):
            continue
        if slots[part.slot] > 1:
            yield (*key, "slot"), f"{part.slot} has {slots[part.slot]} frames"
        if part.slot in file.leaves_out:
            yield (*key, "slot"), f"{part.slot} is in leaves_out too"
        if part.where_room and part.slot not in MARKETING:
            yield (*key, "where_room"), f"{part.slot} is on every note that has it; only marketing waits for room"
        yield from _faults_of_kind(key, part)
        yield from _faults_of_neighbours(file, key, part)


def slots_above(file: LayoutFile, frame: Frame) -> list[str]:
    """The slots that a frame stays below, itself or by way of others; a circle is gone round once."""
    below = {one.slot: one.below for one in file.frames}
    slots: list[str] = []
    slot = frame.below
    while slot and slot not in slots:
        slots.append(slot)
        slot = below.get(slot, "")
    return slots


def parts_of(file: LayoutFile) -> Iterator[tuple[Key, BaseModel]]:
    """Every table of the file with its key."""
    for name in type(file).model_fields:
        value = getattr(file, name)
        entries = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, tuple) else ())
        if isinstance(value, BaseModel):
            yield (name,), value
        yield from (((name, key), part) for key, part in entries if isinstance(part, BaseModel))


def references(part: BaseModel) -> Iterator[tuple[str, str, str]]:
    """The keys of a table that name entries of another one: the key, that table, the name."""
    for name, field in type(part).model_fields.items():
        for table in _tables(field):
            if value := getattr(part, name):
                yield name, table, value


def _tables(field: FieldInfo) -> Iterator[str]:
    """The tables that a field's values name entries of; the mark may stand inside a union."""
    marks = [
        *field.metadata,
        *(mark for kind in get_args(field.annotation) for mark in getattr(kind, "__metadata__", ())),
    ]
    return (mark.table for mark in marks if isinstance(mark, RefersTo))


def _faults_of_slots(file: LayoutFile) -> Iterator[Fault]:
    """Slots that the layout would not show: only marketing may be left out, and only on purpose."""
    shown = {frame.slot for frame in file.frames}
    for slot in SLOTS:
        if slot in file.leaves_out and slot not in MARKETING:
            yield ("leaves_out",), f"{slot} may not be left out, only {', '.join(sorted(MARKETING))}"
        elif slot not in shown and slot not in file.leaves_out:
            or_left_out = ", or name it in leaves_out" if slot in MARKETING else ""
            yield (), f"no frame shows {slot}; give it one{or_left_out}"


def _faults_of_flow(file: LayoutFile) -> Iterator[Fault]:
    flowing = [frame.slot for frame in file.frames if frame.column_mm]
    for slot, times in Counter(file.flow.order).items():
        if slot not in flowing:
            yield ("flow", "order"), f"{slot} has no frame with column_mm"
        if times > 1:
            yield ("flow", "order"), f"{slot} is named {times} times"
    for slot in flowing:
        if slot not in file.flow.order:
            yield ("flow", "order"), f"{slot} has a frame with column_mm and is not named"
    if file.flow.bottom_last_mm > file.flow.bottom_mm:
        yield ("flow", "bottom_last_mm"), "lies below bottom_mm"


def _faults_of_kind(key: Key, frame: Frame) -> Iterator[Fault]:
    """What not every kind of frame can do."""
    if isinstance(frame, CodeFrame) and frame.column_mm:
        yield (*key, "column_mm"), "a code doesn't flow; give it box_mm"
    if isinstance(frame, GoodsFrame | TotalsFrame) and frame.box_mm:
        yield (*key, "box_mm"), f"{frame.slot} always flows; give it column_mm"
    if isinstance(frame, CodeFrame | VoucherFrame) and frame.below:
        yield (*key, "below"), "it takes its whole box, and can't move down in it"
    if isinstance(frame, HeroFrame) and frame.words_mm and frame.words_column_mm:
        yield (*key, "words_column_mm"), "the words have a box already, words_mm"
    if isinstance(frame, HeroFrame) and frame.words_mm and frame.column_mm:
        yield (
            (*key, "words_mm"),
            "goes with box_mm only; where the frame flows, words stand below the picture or beside it",
        )


def _faults_of_neighbours(file: LayoutFile, key: Key, frame: Frame) -> Iterator[Fault]:
    anchored = {one.slot: one for one in file.frames if one.box_mm and one.slot != frame.slot}
    for name, slots in (("below", (frame.below,)), ("clear_of", frame.clear_of)):
        for slot in filter(None, slots):
            if slot not in anchored:
                yield (*key, name), f"{slot} has no frame with box_mm"
            elif (anchored[slot].pages == "back") != (frame.pages == "back"):
                yield (*key, name), f"{slot} stands on the other side of the sheet"
    if frame.slot in slots_above(file, frame):
        yield (*key, "below"), "the frames go round in a circle"
