"""What a schema can't say of a layout: names that must exist, frames that agree with the flow, boxes on the sheet."""

from collections import Counter
from collections.abc import Iterator

from pydantic import BaseModel

from service.rendering.layout_file import SIZES_MM, STANDARD_COLOURS, Anchored, Flowing, Frame, LayoutFile, RefersTo

Key = tuple[int | str, ...]
Fault = tuple[Key, str]

_FROM_FOLD_MM = 5.0


def faults_of(file: LayoutFile) -> Iterator[Fault]:
    """Every fault, with the key at which it stands."""
    yield from _unknown_names(file)
    yield from _faults_of_flow(file)
    yield from _faults_of_frames(file)
    yield from _faults_of_boxes(file)


def _unknown_names(file: LayoutFile) -> Iterator[Fault]:
    for key, part in _parts(file):
        for name, field in type(part).model_fields.items():
            for mark in field.metadata:
                if not isinstance(mark, RefersTo):
                    continue
                known = set(getattr(file, mark.table)) | (set(STANDARD_COLOURS) if mark.table == "colours" else set())
                if getattr(part, name) not in known:
                    yield (*key, name), f"{mark.table} has no {getattr(part, name)}"


def _faults_of_flow(file: LayoutFile) -> Iterator[Fault]:
    flowing = [frame.slot for frame in file.frames if isinstance(frame, Flowing)]
    for slot in file.flow.order:
        if slot not in flowing:
            yield ("flow", "order"), f"{slot} has no flowing frame"
    for slot in flowing:
        if slot not in file.flow.order:
            yield ("flow", "order"), f"{slot} has a flowing frame and is not named"
    if file.flow.bottom_last_mm > file.flow.bottom_mm:
        yield ("flow", "bottom_last_mm"), "lies below bottom_mm"


def _faults_of_frames(file: LayoutFile) -> Iterator[Fault]:
    slots = Counter(frame.slot for frame in file.frames)
    for key, part in _parts(file):
        if not isinstance(part, Frame):
            continue
        if slots[part.slot] > 1:
            yield (*key, "slot"), f"{part.slot} has {slots[part.slot]} frames"
        if part.slot in file.leaves_out:
            yield (*key, "slot"), f"{part.slot} is in leaves_out too"
        anchored = {frame.slot for frame in file.frames if isinstance(frame, Anchored)}
        if isinstance(part, Anchored) and part.below and part.below not in anchored - {part.slot}:
            yield (*key, "below"), f"{part.below} has no anchored frame"
        if isinstance(part, Flowing) and (strange := set(part.clear_of) - anchored):
            yield (*key, "clear_of"), f"{min(strange)} has no anchored frame"


def _faults_of_boxes(file: LayoutFile) -> Iterator[Fault]:
    sheet_width, sheet_height = SIZES_MM[file.sheet.size]
    margin = file.sheet.margin_mm
    for key, part in _parts(file):
        for name in ("box_mm", "words_mm"):
            box = getattr(part, name, None)
            if box is None:
                continue
            left, top, width, height = box
            inside = left + width <= sheet_width - margin and top + height <= sheet_height - margin
            if not (inside and left >= margin and top >= margin):
                yield (*key, name), f"reaches into the margin of {margin:g} mm, or off the sheet"
            if name == "box_mm" and key[0] == "code":
                yield from _faults_of_folds(file, (*key, name), top, top + height)


def _faults_of_folds(file: LayoutFile, key: Key, top: float, bottom: float) -> Iterator[Fault]:
    for fold in file.sheet.folds_mm:
        if top - _FROM_FOLD_MM < fold < bottom + _FROM_FOLD_MM:
            yield key, f"a code keeps {_FROM_FOLD_MM:g} mm from the fold at {fold:g} mm"


def _parts(file: LayoutFile) -> Iterator[tuple[Key, BaseModel]]:
    """Every table of the file with its key."""
    for name in type(file).model_fields:
        value = getattr(file, name)
        entries = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, tuple) else ())
        if isinstance(value, BaseModel):
            yield (name,), value
        yield from (((name, key), part) for key, part in entries if isinstance(part, BaseModel))
