"""Pictures of one note in their places: those of the library, and the layout's art where the library lacks one."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from service.model import Choice
from service.rendering.art.artwork import Art
from service.rendering.art.pictures import read_photograph
from service.rendering.pdf.document import Picture
from service.rendering.type.typesetting import Drawn, Mark

Pictures = Mapping[tuple[str, Choice], Path]
"""Where the library keeps what is shown of a choice, by slot and choice; what it lacks is absent."""


class Rectangle(NamedTuple):
    """A place in points: `left` from the sheet's left, `top` from the top of what it belongs to."""

    left: float
    top: float
    width: float
    height: float


class Figures:
    """What a note may show: pictures of the `library`, and `stand_ins`, art by its file's name.

    `pictures` are those of the library that were found so far, by their resource names.
    """

    def __init__(self, library: Pictures, stand_ins: Mapping[str, Art]) -> None:
        self._library = library
        self._stand_ins = stand_ins
        self._photographs: dict[tuple[str, Choice], Art | None] = {}
        self.pictures: dict[str, Picture] = {}

    def photograph(self, slot: str, choice: Choice) -> Art | None:
        """The picture of that choice for that slot, if the library has one and it can be used."""
        asked = slot, choice
        if asked in self._photographs:
            return self._photographs[asked]
        path = self._library.get(asked)
        photograph = self._photographs[asked] = read_photograph(path) if path else None
        if photograph:
            self.pictures[photograph.picture.name] = photograph.picture
        return photograph

    def stand_in(self, file: str) -> Art | None:
        """The layout's art for what misses its picture; none if the layout names no file."""
        return self._stand_ins[file] if file else None


def show_whole(art: Art, place: Rectangle, *, on_ground: bool = False) -> Drawn:
    """A picture as large as its place allows, in the middle of it or on its lower edge."""
    width = min(place.width, place.height * art.aspect)
    height = width / art.aspect
    bottom = place.top + place.height - (0.0 if on_ground else (place.height - height) / 2)
    drawn = art.drawn(0, 0, width, height, cover=False)
    return Mark(place.left + (place.width - width) / 2, bottom, "q 1 0 0 1 ", f" cm {drawn} Q")


def show_cropped(art: Art, place: Rectangle) -> Drawn:
    """A picture that fills its place; what is too much is cropped on both sides alike."""
    drawn = art.drawn(0, 0, place.width, place.height, cover=True)
    return Mark(place.left, place.top + place.height, "q 1 0 0 1 ", f" cm {drawn} Q")
