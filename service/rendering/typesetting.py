"""Setting text: characters to lines, lines to marks on the page.

Every text of a plan comes in through `Typesetter.lines`, which makes it readable and breaks it to a width: at spaces;
after the hyphens of compounds and the slashes of web addresses, where that saves a line; inside a word only where it is
wider than its column. A character that no font has raises GlyphMissing, one that is wider than its column DoesNotFit.
Neither says anything of the text around it.
"""

import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from service.errors import DoesNotFit
from service.rendering.characters import JOINERS, readable
from service.rendering.drawn import DrawnFonts, span
from service.rendering.faces import Face
from service.rendering.scripts import Scripts, ShapedText

_COMPOUND = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+[,.;:!?]*")
_ADDRESS = re.compile(r"[^ /]+\.[^ /]+/[^ ]+")  # of a web page
_AFTER_HYPHEN, _AFTER_SLASH = re.compile(r"(?<=-)"), re.compile(r"(?<=/)(?!/)")
_NARROWEST_EM = 0.1
_STUB = 0.12  # a last line shorter than this part of its column is a stub
_LEAST_EVENED = 0.8

Unit = tuple[str, bool]  # what no line break parts, and whether a space stands before it


class Mark(NamedTuple):
    """Something drawn: `x` from the sheet's left, `down` from the top of what it belongs to, both in points."""

    x: float
    down: float
    before: str
    after: str

    def operators(self, bottom: float) -> str:
        """The mark with the top of what it belongs to at `bottom` points above the sheet's lower edge."""
        return f"{self.before}{self.x:.2f} {bottom - self.down:.2f}{self.after}"


@dataclass(frozen=True, slots=True)
class Style:
    """A type style of a layout, ready to set; lengths in points, `ink` the operator of its colour.

    `cap_height` is from the baseline to the top of the capitals.
    """

    face: Face
    size: float
    leading: float
    tracking: float
    capitals: bool
    balanced: bool
    ink: str
    cap_height: float
    opening: str  # the operators before each line's place


class Typesetter:
    """Sets the text of one note and remembers the faces and single glyphs that it took."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self.faces: dict[str, Face] = {}
        self.drawn = DrawnFonts()

    def lines(self, style: Style, text: str, width: float) -> list[str]:
        """`text` as lines no wider than `width`."""
        if style.face.set(text) is None:
            text = readable(text)
        if style.capitals:
            text = text.upper()
        return [line for stretch in text.split("\n") for line in self._lines_of(style, stretch, width)]

    def natural_width(self, style: Style, text: str) -> float:
        """How wide `text` runs when nothing breaks it but its own line breaks."""
        return max(self.width(style, line) for line in self.lines(style, text, math.inf))

    def width(self, style: Style, line: str) -> float:
        """How wide a line runs, in points."""
        if found := style.face.set(line):
            return found.width_em * style.size + style.tracking * max(0, len(line) - 1)
        return self._shaped(style, line).width_em * style.size

    def mark(self, style: Style, line: str, x: float, down: float) -> Mark:
        """A line that `lines` made, with its baseline at `down`."""
        if found := style.face.set(line):
            self.faces[style.face.name] = style.face
            return Mark(x, down, style.opening, f" Td {found.shown} ET")
        shaped = self._shaped(style, line)
        shown = self.drawn.shown(shaped, style.size)
        return Mark(x, down, f"{span(shaped)} BT {style.ink} 0 Tc ", f" Td {shown} ET EMC")

    def mark_right(self, style: Style, line: str, right: float, down: float) -> Mark:
        """Like mark, but the line ends at `right`."""
        return self.mark(style, line, right - self.width(style, line), down)

    def _shaped(self, style: Style, line: str) -> ShapedText:
        return self._scripts.shaped(line, style.face.path)

    def _lines_of(self, style: Style, stretch: str, width: float) -> list[str]:
        """A stretch without line breaks of its own, in as few lines as it takes."""
        if self.width(style, stretch) <= width:
            return [stretch]
        units, finer = list(_words(stretch)), list(_units(stretch))
        lines = self._broken(style, units, width)
        if len(finer) > len(units):
            parted = self._broken(style, finer, width)
            if len(parted) < len(lines) or self._widest(style, units) > width:
                units, lines = finer, parted
        if style.balanced or self.width(style, lines[-1]) < _STUB * width:
            return self._evened(style, units, lines, width)
        return lines

    def _evened(self, style: Style, units: Sequence[Unit], lines: list[str], width: float) -> list[str]:
        """The same units in as many lines: all as even as can be in large type, else the last one no mere stub."""
        narrowest = max(self._widest(style, units), 0.0 if style.balanced else _LEAST_EVENED * width)
        narrowest = min(narrowest, width)  # a word wider than the column is broken, at the column's width
        for tenth in range(10):
            evened = self._broken(style, units, narrowest + (width - narrowest) * tenth / 10)
            if len(evened) == len(lines):
                return evened
        return lines

    def _widest(self, style: Style, units: Sequence[Unit]) -> float:
        return max((self.width(style, unit) for unit, _ in units), default=0.0)

    def _broken(self, style: Style, units: Sequence[Unit], width: float) -> list[str]:
        """Units filled into lines, each line as full as it gets."""
        lines: list[str] = []
        line, line_width = "", 0.0
        space = self.width(style, " ") + 2 * style.tracking
        for unit, after_space in units:
            unit_width = self.width(style, unit)
            wider = line_width + (space if after_space else style.tracking) + unit_width
            if line and wider <= width:
                line, line_width = f"{line}{' ' if after_space else ''}{unit}", wider
                continue
            if line:
                lines.append(line)
            *full, line = self._split(style, unit, width) if unit_width > width else [unit]
            lines.extend(full)
            line_width = self.width(style, line)
        return [*lines, line]

    def _split(self, style: Style, word: str, width: float) -> list[str]:
        """A word wider than its column, broken between characters."""
        parts = []
        while self.width(style, word) > width:
            longest = min(len(word), int(width / (style.size * _NARROWEST_EM)) + 1)
            fitting = bisect_right(range(1, longest), width, key=lambda end: self.width(style, word[:end]))
            end = _whole_character(word, fitting)
            if end == 0:
                raise DoesNotFit("a single character is wider than its column")
            parts.append(word[:end])
            word = word[end:]
        return [*parts, word]


def _words(stretch: str) -> Iterator[Unit]:
    """The words, each with whether a space stands before it."""
    return ((word, True) for word in stretch.split(" ") if word)


def _units(stretch: str) -> Iterator[Unit]:
    """Like _words, with compounds parted after their hyphens and web addresses after their slashes."""
    for word, _ in _words(stretch):
        first, *others = _parts_of(word)
        yield first, True
        yield from ((part, False) for part in others)


def _parts_of(word: str) -> list[str]:
    if _COMPOUND.fullmatch(word):
        return _AFTER_HYPHEN.split(word)
    return _AFTER_SLASH.split(word) if _ADDRESS.fullmatch(word) else [word]


def _whole_character(word: str, end: int) -> int:
    """The nearest place at or before `end` that doesn't part a letter from its marks."""
    while 0 < end < len(word) and (unicodedata.category(word[end])[0] == "M" or word[end] in JOINERS):
        end -= 1
    return end
