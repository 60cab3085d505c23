"""Whether what flows may run over what is anchored: on each kind of page, column by column."""

from collections.abc import Iterator

from service.rendering.blocks.pages import BACK, PAGE_KINDS, PageKind
from service.rendering.layout_file import Flow, LayoutFile
from service.rendering.layout_frames import Frame, GoodsFrame, HeroFrame
from service.rendering.layout_values import Box, Span
from service.rendering.layouts.check import Fault, Key, parts_of, slots_above
from service.rendering.layouts.places import Taken, meet, taken

_ALWAYS_THERE = ("greeting", "parcel", "goods")  # what stands below these keeps clear of what they keep clear of
_ROUNDING_MM = 1e-6


def faults_of_flowing(file: LayoutFile) -> Iterator[Fault]:
    """The frames that may run over anchored ones, with the keys of their columns."""
    boxes = list(taken(file))
    kept_clear: set[str] = set()
    kept_below_mm = 0.0
    for key, frame in _in_order(file):
        clear = kept_clear | _clear_of(file, frame)
        below_mm = max(kept_below_mm, frame.not_above_mm)
        on_first = [box for box in boxes if box.slot not in clear and box.box[1] + box.box[3] > below_mm + _ROUNDING_MM]
        if slots := dict.fromkeys(_run_over(file.flow, frame, boxes, on_first)):
            mend = "end the flow above, or name what stands on the first page in clear_of"
            yield (*key, "column_mm"), f"may run over {', '.join(slots)}; {mend}"
        if frame.slot in _ALWAYS_THERE:
            kept_clear, kept_below_mm = clear, below_mm


def _in_order(file: LayoutFile) -> list[tuple[Key, Frame]]:
    """The frames that flow, as they follow one another, with their keys."""
    order = file.flow.order
    flowing = [
        (key, part) for key, part in parts_of(file) if isinstance(part, Frame) and part.column_mm and part.slot in order
    ]
    return sorted(flowing, key=lambda entry: order.index(entry[1].slot))


def _clear_of(file: LayoutFile, frame: Frame) -> set[str]:
    """The slots that a frame keeps below on the first page, and those that these stay below in turn."""
    named = [one for one in file.frames if one.slot in frame.clear_of]
    return {*frame.clear_of, *(slot for one in named for slot in slots_above(file, one))}


def _run_over(flow: Flow, frame: Frame, boxes: list[Taken], on_first: list[Taken]) -> Iterator[str]:
    """The slots whose boxes a frame may run over; `on_first` are those that it could on the first page."""
    for kind in PAGE_KINDS:
        if kind == BACK:
            continue
        areas = [_area(flow, kind, span) for span in _spans(frame)]
        for box in on_first if "first" in kind else boxes:
            if box.pages in kind and any(meet(area, box.box) for area in areas):
                yield box.slot


def _area(flow: Flow, kind: PageKind, span: Span) -> Box:
    """Where something of that left and width may flow on a page of that kind."""
    top = flow.top_mm if "first" in kind else flow.top_following_mm
    bottom = flow.bottom_last_mm if "last" in kind else flow.bottom_mm
    return span[0], top, span[1], bottom - top


def _spans(frame: Frame) -> Iterator[Span]:
    """Left and width of all that a frame draws; its columns need not lie within its own."""
    yield frame.span_mm
    if isinstance(frame, HeroFrame) and frame.words_column_mm:
        yield frame.words_column_mm
    if isinstance(frame, GoodsFrame):
        yield from (frame.quantity_mm, frame.picture_mm, frame.name_mm, frame.unit_price_mm, frame.amount_mm)
