"""Pieces: what is set in type and not yet on a page. Blocks are made of them, pages are filled with them.

A piece reaches from the top of its first capitals to its last baseline; `above` is the space before it, which falls
away at the top of a page. Lengths are in points.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from service.rendering.typesetting import Mark, Style, Typesetter

MM = 72 / 25.4
HAIRLINE = 0.25


@dataclass(frozen=True, slots=True)
class Piece:
    """What no page break may part. `head` is repeated above it where it begins a page after the first."""

    marks: tuple[Mark, ...]
    height: float
    above: float = 0.0
    keeps_next: bool = False
    head: "Piece | None" = None
    not_above: float = 0.0  # on the first page, from the sheet's top

    def lowered(self, by: float) -> Iterator[Mark]:
        """The marks, further down."""
        return (Mark(x, down + by, before, after) for x, down, before, after in self.marks)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a block is set with: the typesetter, the layout's styles and inks, and its column."""

    typesetter: Typesetter
    styles: Mapping[str, Style]
    inks: Mapping[str, str]
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Cell:
    """A text in a column of its own."""

    style: Style
    text: str
    left: float
    width: float
    align: str = "left"


def set_row(typesetter: Typesetter, cells: Sequence[Cell]) -> Piece:
    """Cells side by side on a shared first baseline, each broken to its own width."""
    cap_height = max(cell.style.cap_height for cell in cells)
    marks: list[Mark] = []
    lowest = cap_height
    for cell in cells:
        down = cap_height
        for line in typesetter.lines(cell.style, cell.text, cell.width):
            marks.append(_aligned(typesetter, cell, line, down))
            lowest = max(lowest, down)
            down += cell.style.leading
    return Piece(tuple(marks), lowest)


def set_lines(typesetter: Typesetter, cell: Cell) -> list[Piece]:
    """One piece for each line of a text."""
    style = cell.style
    between = style.leading - style.cap_height
    return [
        Piece((_aligned(typesetter, cell, line, style.cap_height),), style.cap_height, between if place else 0.0)
        for place, line in enumerate(typesetter.lines(style, cell.text, cell.width))
    ]


def joined(pieces: Iterable[Piece]) -> Piece:
    """Pieces one under the other as a single one."""
    marks: list[Mark] = []
    height = 0.0
    for piece in pieces:
        height += piece.above
        marks.extend(piece.lowered(height))
        height += piece.height
    return Piece(tuple(marks), height)


def spaced(pieces: Sequence[Piece], above: float) -> list[Piece]:
    """`pieces` with `above` before the first of them."""
    return [replace(pieces[0], above=above), *pieces[1:]] if pieces else []


def level_rule(ink: str, left: float, down: float, width: float) -> Mark:
    """A hairline across a column."""
    return Mark(left, down, f"{ink} ", f" {width:.2f} {HAIRLINE} re f")


def _aligned(typesetter: Typesetter, cell: Cell, line: str, down: float) -> Mark:
    if cell.align == "right":
        return typesetter.mark_right(cell.style, line, cell.left + cell.width, down)
    return typesetter.mark(cell.style, line, cell.left, down)
