"""Setting text: characters to lines, lines to marks on the page.

Every text of a plan comes in through `Typesetter.lines`, which makes it readable and breaks it to a width: at spaces;
after the hyphens of compounds and the slashes of web addresses, where that saves a line; in hyphenated styles between
syllables, where a line would stay short, or one is saved; between letters only where a word is wider than its column.
A character that no font has raises GlyphMissing, one that is wider than its column DoesNotFit. Neither says anything of
the text around it.
"""

import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from service.errors import DoesNotFit
from service.rendering.type.characters import JOINERS, readable
from service.rendering.type.drawn import DrawnFonts, span
from service.rendering.type.faces import Face
from service.rendering.type.hyphenation import HYPHEN, syllables
from service.rendering.type.scripts import Scripts, ShapedText
from service.rendering.type.styles import Style

_COMPOUND = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+[,.;:!?]*")
_ADDRESS = re.compile(r"[^ /]+\.[^ /]+/[^ ]+")  # of a web page
_AFTER_HYPHEN, _AFTER_SLASH = re.compile(r"(?<=-)"), re.compile(r"(?<=/)(?!/)")
_NARROWEST_EM = 0.1
_STUB = 0.12  # a last line shorter than this part of its column is a stub
_LEAST_EVENED = 0.8
_FULL = 0.7  # a line that reaches this part of its column is left as it is: no word is parted to fill it
_TRACKED_EM = 0.1  # letters this far apart are taken for words of their own when text is copied

Unit = tuple[str, bool]  # what no line break parts, and whether a space stands before it


class _Way(NamedTuple):
    """A way to fill lines: with what, and up to which part of its column a line is filled by parting a word."""

    units: Sequence[Unit]
    full: float


class Mark(NamedTuple):
    """Something drawn: `x` from the sheet's left, `down` from the top of what it belongs to, both in points."""

    x: float
    down: float
    before: str
    after: str


class Lowered(NamedTuple):
    """Marks that belong together, and how far down their top is from the top of what they belong to."""

    down: float
    marks: "tuple[Drawn, ...]"


Drawn = Mark | Lowered


def operators(marks: Iterable[Drawn], bottom: float) -> list[str]:
    """The operators that draw `marks`, the top of what they belong to at `bottom` above the sheet's lower edge."""
    drawn: list[str] = []
    for mark in marks:
        if isinstance(mark, Lowered):
            drawn += operators(mark.marks, bottom - mark.down)
        else:
            x, down, before, after = mark
            drawn.append(f"{before}{x:.2f} {bottom - down:.2f}{after}")
    return drawn


class Typesetter:
    """Sets the text of one note and remembers the faces and single glyphs that it took.

    A line stays as it was written, also in a style of capitals, and ends with HYPHEN where it parts a word.
    """

    def __init__(self, scripts: Scripts, language: str) -> None:
        self._measure = _measure_of(scripts, language)
        self.faces: dict[str, Face] = {}
        self.drawn = DrawnFonts()

    def set(self, style: Style, text: str, left: float, width: float, align: str) -> tuple[Mark, ...]:
        """`text` as lines in a column, each as a mark whose top is that of the capitals."""
        if marks := self._measure.marks(style, text, left, width, align):
            self.faces[style.face.name] = style.face
            return marks
        lines = self._measure.lines(style, text, width)
        indents = (width - self.width(style, line) if align == "right" else 0.0 for line in lines)
        return tuple(
            self.mark(style, line, left + indent, style.cap_height) for line, indent in zip(lines, indents, strict=True)
        )

    def lines(self, style: Style, text: str, width: float) -> list[str]:
        """`text` as lines no wider than `width`."""
        return list(self._measure.lines(style, text, width))

    def natural_width(self, style: Style, text: str) -> float:
        """How wide `text` runs when nothing breaks it but its own line breaks."""
        return max(self.width(style, line) for line in self._measure.lines(style, text, math.inf))

    def width(self, style: Style, line: str) -> float:
        """How wide a line runs, in points."""
        return self._measure.width(style, line)

    def mark(self, style: Style, line: str, x: float, down: float) -> Mark:
        """A line that `lines` made, with its baseline at `down`."""
        if shown := _shown(style, line):
            self.faces[style.face.name] = style.face
            return Mark(x, down, *shown)
        shaped = self._measure.shaped(style, line)
        drawn = f"BT {style.ink} 0 Tc ", f" Td {self.drawn.shown(shaped, style.size)} ET"
        return Mark(x, down, *(drawn if shaped.says_itself and shaped.text == line else _saying(line, *drawn)))


@lru_cache(maxsize=64)
def _measure_of(scripts: Scripts, language: str) -> "_Measure":
    return _Measure(scripts, language)


class _Measure:
    """How wide text runs and where it breaks, in one layout and language: the same for all notes, so worth keeping."""

    def __init__(self, scripts: Scripts, language: str) -> None:
        self._scripts = scripts
        self._language = language
        self.lines = lru_cache(maxsize=2048)(self._lines)
        self.marks = lru_cache(maxsize=4096)(self._marks)

    def _marks(self, style: Style, text: str, left: float, width: float, align: str) -> tuple[Mark, ...]:
        """The lines of a text in its column; none if one is not of its face alone."""
        marks = []
        for line in self.lines(style, text, width):
            if not (shown := _shown(style, line)):
                return ()
            indent = width - self.width(style, line) if align == "right" else 0.0
            marks.append(Mark(left + indent, style.cap_height, *shown))
        return tuple(marks)

    def _lines(self, style: Style, text: str, width: float) -> tuple[str, ...]:
        return tuple(line for stretch in readable(text).split("\n") for line in self._lines_of(style, stretch, width))

    def width(self, style: Style, line: str) -> float:
        seen = _seen(style, line)
        if found := style.face.set(seen):
            return found.width_em * style.size + style.tracking * max(0, len(seen) - 1)
        return self.shaped(style, line).width_em * style.size

    def shaped(self, style: Style, line: str) -> ShapedText:
        return self._scripts.shaped(_seen(style, line), style.face.path)

    def _lines_of(self, style: Style, stretch: str, width: float) -> list[str]:
        """A stretch without line breaks of its own, in as few lines as it takes."""
        if self.width(style, stretch) <= width:
            return [stretch]
        words, finer = list(_words(stretch)), list(_units(stretch))
        choice = [finer] if len(finer) == len(words) or self._widest(style, words) > width else [words, finer]
        fullness = (_FULL, 1.0) if style.hyphenated else (0.0,)
        ways = [_Way(units, full) for full, units in product(fullness, choice)]
        broken = [(self._broken(style, way, width), way) for way in ways]
        lines, way = min(broken, key=lambda found: len(found[0]))  # the first of the shortest
        if style.balanced or self.width(style, lines[-1]) < _STUB * width:
            return self._evened(style, way, lines, width)
        return lines

    def _evened(self, style: Style, way: _Way, lines: list[str], width: float) -> list[str]:
        """The same units in as many lines: all as even as can be in large type, else the last one no mere stub."""
        narrowest = max(self._widest(style, way.units), 0.0 if style.balanced else _LEAST_EVENED * width)
        narrowest = min(narrowest, width)  # a word wider than the column is broken, at the column's width
        for tenth in range(10):
            evened = self._broken(style, way, narrowest + (width - narrowest) * tenth / 10)
            if len(evened) == len(lines):
                return evened
        return lines

    def _widest(self, style: Style, units: Sequence[Unit]) -> float:
        return max((self.width(style, unit) for unit, _ in units), default=0.0)

    def _broken(self, style: Style, way: _Way, width: float) -> list[str]:
        """Units filled into lines, each line as full as it gets.

        Widths of units add up to that of their line in the face's own characters alone: a line with others is shaped.
        """
        lines: list[str] = []
        line, line_width, is_shaped = "", 0.0, False
        space = self.width(style, " ") + 2 * style.tracking
        for place, (unit, after_space) in enumerate(way.units):
            gap = 0.0 if not line else space if after_space else style.tracking
            unit_width = self.width(style, unit)
            longer = f"{line}{' ' if line and after_space else ''}{unit}"
            is_shaped = is_shaped or not style.face.set(_seen(style, unit))
            longer_width = self.width(style, longer) if is_shaped else line_width + gap + unit_width
            if longer_width <= width:
                line, line_width = longer, longer_width
                continue
            room = 0.0 if is_shaped else width - line_width - gap
            is_last = place == len(way.units) - 1
            may_part = line_width < way.full * width and after_space and not is_last and _may_part(unit, lines)
            parts = self._parted(style, unit, room, width) if unit_width > width or may_part else ["", unit]
            line = f"{line}{' ' if line and parts[0] and after_space else ''}{parts[0]}"
            lines.extend(full for full in (line, *parts[1:-1]) if full)
            line, line_width = parts[-1], self.width(style, parts[-1])
            is_shaped = not style.face.set(_seen(style, line))
        return [*lines, line]

    def _parted(self, style: Style, word: str, room: float, width: float) -> list[str]:
        """A word in parts: the first within `room`, where it may be empty, the others within `width`."""
        parts: list[str] = []
        part = ""
        *others, last = syllables(word, self._language) if style.hyphenated else (word,)
        for syllable, hyphen in [*((other, HYPHEN) for other in others), (last, "")]:
            if self.width(style, part + syllable + hyphen) > (width if parts else room):
                parts.append(part and part + HYPHEN)
                part = ""
            part += syllable
        parts.append(part)
        if max(self.width(style, part) for part in parts) > width:
            return ["", *self._split(style, word, width)]
        return parts

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


def _shown(style: Style, line: str) -> tuple[str, str] | None:
    """What stands before and after a line's place; None if its face can't set it."""
    seen = _seen(style, line)
    found = style.face.set(seen)
    if not found:
        return None
    shown = style.opening, f" Td {found.shown} ET"
    says_itself = seen == line and style.tracking < _TRACKED_EM * style.size
    return shown if says_itself else _saying(line, *shown)


def _seen(style: Style, line: str) -> str:
    return line.upper() if style.capitals else line


def _saying(text: str, before: str, after: str) -> tuple[str, str]:
    """The same operators in a span that says what they draw, for those who search and copy."""
    return f"{span(text)} {before}", f"{after} EMC"


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


def _may_part(word: str, lines: list[str]) -> bool:
    """False for compounds, which part at their own hyphens, and after two lines that end with a hyphen."""
    return "-" not in word and sum(line.endswith((HYPHEN, "-")) for line in lines[-2:]) < 2


def _whole_character(word: str, end: int) -> int:
    """The nearest place at or before `end` that doesn't part a letter from its marks."""
    while 0 < end < len(word) and (unicodedata.category(word[end])[0] == "M" or word[end] in JOINERS):
        end -= 1
    return end
