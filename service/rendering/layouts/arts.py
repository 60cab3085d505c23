"""The art of a layout: where it is used, and whether it is there, can be drawn and is fine enough for its place."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from service.rendering.art.artwork import Art, ArtUnusable
from service.rendering.art.reading import read_art
from service.rendering.layout_file import STANDARD_COLOURS, LayoutFile
from service.rendering.layout_frames import HeroFrame
from service.rendering.layouts.check import Fault, Key, parts_of
from service.rendering.layouts.picture_sizes import DPI, INCH_MM, PicturedFrame, pictured_frames

ArtName = tuple[str, str]  # file and colour


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
    files = [frame.missing_picture for frame in pictured_frames(file) if frame.missing_picture]
    return {name: arts[name, ""] for name in files}


def art_name(file: str, colour: str, colours: Mapping[str, str]) -> ArtName:
    """What tells art apart: its file, and the colour that currentColor means in it."""
    return file, (STANDARD_COLOURS | dict(colours))[colour] if colour else ""


def _uses(file: LayoutFile) -> Iterator[ArtUse]:
    for place, art in enumerate(file.art):
        name = art_name(art.file, art.colour, file.colours)
        yield ArtUse(("art", place, "file"), name, *art.box_mm[2:], is_cropped=art.fit == "cover")
    for key, frame in parts_of(file):
        if isinstance(frame, PicturedFrame) and frame.missing_picture:
            is_cropped = isinstance(frame, HeroFrame)
            yield ArtUse((*key, "missing_picture"), (frame.missing_picture, ""), *frame.picture_room_mm, is_cropped)


def _coarse(use: ArtUse, art: Art) -> Iterator[Fault]:
    if not art.pixels:
        return
    inches = [use.width_mm / INCH_MM / art.width, use.height_mm / INCH_MM / art.height]
    factor = DPI * (max(inches) if use.is_cropped else min(inches))
    if factor > 1:
        needed = f"{math.ceil(art.width * factor)} x {math.ceil(art.height * factor)}"
        yield (
            use.key,
            f"{use.art[0]} has {art.width:g} x {art.height:g} pixels, and needs {needed} here for {DPI} dpi",
        )
