"""Vector art of a layout: the paths of an SVG file, filled in one colour, as PDF operators made once."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from fontTools.pens.basePen import PenError
from fontTools.svgLib.path import parse_path

from service.rendering.outlines import OutlinePen

_SVG = "{http://www.w3.org/2000/svg}"
_KNOWN = frozenset(f"{_SVG}{name}" for name in ("svg", "g", "title", "path"))


class ArtUnusable(Exception):
    """An SVG file that holds more than filled paths; the text says what."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Art of a width and a height, and its path, y downwards."""

    width: float
    height: float
    path: str


def read_drawing(path: Path) -> Drawing:
    """The art in an SVG file; raises ArtUnusable."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise ArtUnusable(f"{path.name} can't be read as SVG") from error
    for element in root.iter():
        if element.tag not in _KNOWN or element.get("transform"):
            raise ArtUnusable(
                f"{path.name} holds a {element.tag.rpartition('}')[2]} or transform; only paths are drawn"
            )
    pen = OutlinePen()
    try:
        for element in root.iter(f"{_SVG}path"):
            parse_path(element.get("d", ""), pen)
        _, _, width, height = (float(number) for number in root.get("viewBox", "").split())
    except (ValueError, IndexError, PenError) as error:
        raise ArtUnusable(f"{path.name} has no viewBox, or a path that can't be read") from error
    if not pen.outline.path:
        raise ArtUnusable(f"{path.name} has no path")
    return Drawing(width, height, pen.outline.path)
