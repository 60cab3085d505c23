"""Keys that a layout sets and that change nothing, because others decide: a designer would look for the effect."""

from collections.abc import Iterator
from pathlib import PurePath

from pydantic import BaseModel

from service.rendering.layout_file import Art, FixedBox, LayoutFile
from service.rendering.layout_frames import Frame, HeroFrame, VoucherFrame
from service.rendering.layouts.check import Fault, parts_of


def idle_keys(file: LayoutFile) -> Iterator[Fault]:
    """Every key that is set without effect."""
    for key, part in parts_of(file):
        for name, why in _idle(part):
            if name in part.model_fields_set:
                yield (*key, name), f"changes nothing {why}"
    if file.sheet.two_sided and not any(frame.pages == "back" for frame in file.frames):
        yield ("sheet", "two_sided"), "no frame stands on the back; without one there is no back"


def _idle(part: BaseModel) -> Iterator[tuple[str, str]]:
    """Keys of a table that would change nothing, and why."""
    if isinstance(part, Frame) and not part.below:
        yield "gap_mm", "without below"
    if isinstance(part, VoucherFrame | FixedBox) and not part.line:
        yield "weight_pt", "without line"
        yield "dash_mm", "without line"
    if isinstance(part, VoucherFrame) and part.column_mm:
        yield "as_its_content", "where the voucher flows: it is as tall as its content there"
    if isinstance(part, HeroFrame) and (part.words_mm or part.words_column_mm):
        yield "words_gap_mm", "where the words don't stand below the picture"
    if isinstance(part, Art) and PurePath(part.file).suffix != ".svg":
        yield "colour", f"in {part.file}; it is for SVG"
