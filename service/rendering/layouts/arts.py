"""The art of a layout: where it is used, and whether it is there, can be drawn and is fine enough for its place."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from service.rendering.art.artwork import Art, ArtUnusable
from service.rendering.art.reading import read_art
from service.rendering.layout_file import STANDARD_COLOURS, GoodsFrame, HeroFrame, LayoutFile, TilesFrame
from service.rendering.layouts.check import Fault, Key, parts_of

_DPI = 300
_INCH_MM = 25.4

ArtName = tuple[str, str]  # file and colour
_Pictured = GoodsFrame | TilesFrame | HeroFrame


@dataclass(frozen=True, slots=True)
class ArtUse:
    """A place in the layout that shows art: the key that names it, and the room that it is drawn in."""

    key: Key
    art: ArtName
    width_mm: float
    height_mm: float
    is_cropped: bool


def read_arts(folder: Path, file: LayoutFile, faults: list[Fault]) -> dict[ArtName, Art]:
    """All art of the layout in `folder`, by file and colour; what can't be used goes to `faults`."""
    arts: dict[ArtName, Art] = {}
    for use in _uses(file):
        try:
            arts[use.art] = arts.get(use.art) or read_art(folder / "art" / use.art[0], use.art[1])
        except ArtUnusable as error:
            faults.append((use.key, str(error)))
        else:
            faults.extend(_coarse(use, arts[use.art]))
    return arts


def stand_ins(file: LayoutFile, arts: Mapping[ArtName, Art]) -> dict[str, Art]:
    """The art that stands in for missing pictures, by its file."""
    frames: tuple[_Pictured, ...] = (*file.goods, *file.tiles, *file.hero)
    return {frame.missing_picture: arts[frame.missing_picture, ""] for frame in frames if frame.missing_picture}


def art_name(file: str, colour: str, colours: Mapping[str, str]) -> ArtName:
    """What tells art apart: its file, and the colour that currentColor means in it."""
    return file, (STANDARD_COLOURS | dict(colours))[colour] if colour else ""


def _uses(file: LayoutFile) -> Iterator[ArtUse]:
    for place, art in enumerate(file.art):
        name = art_name(art.file, art.colour, file.colours)
        yield ArtUse(("art", place, "file"), name, *art.box_mm[2:], is_cropped=art.fit == "cover")
    for key, frame in parts_of(file):
        if isinstance(frame, _Pictured) and frame.missing_picture:
            is_cropped = isinstance(frame, HeroFrame)
            yield ArtUse((*key, "missing_picture"), (frame.missing_picture, ""), *_room_mm(frame), is_cropped)


def _room_mm(frame: _Pictured) -> tuple[float, float]:
    """Width and height of the frame's pictures."""
    if isinstance(frame, GoodsFrame):
        return frame.picture_mm[1], frame.picture_mm[1]
    width = frame.span_mm[1]
    if isinstance(frame, TilesFrame):
        width = (width - frame.between_mm * (frame.columns - 1)) / frame.columns
    return width, frame.picture_mm


def _coarse(use: ArtUse, art: Art) -> Iterator[Fault]:
    if not art.pixels:
        return
    inches = [use.width_mm / _INCH_MM / art.width, use.height_mm / _INCH_MM / art.height]
    factor = _DPI * (max(inches) if use.is_cropped else min(inches))
    if factor > 1:
        needed = f"{math.ceil(art.width * factor)} x {math.ceil(art.height * factor)}"
        yield (
            use.key,
            f"{use.art[0]} has {art.width:g} x {art.height:g} pixels, and needs {needed} here for {_DPI} dpi",
        )
