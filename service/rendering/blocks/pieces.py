"""Pieces: what is set in type and not yet on a page. Blocks are made of them, pages are filled with them.

A piece reaches from the top of its first capitals to its last baseline; `above` is the space before it, which falls
away at the top of a page. Lengths are in points.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from service.rendering.blocks.figures import Figures
from service.rendering.type.styles import Style
from service.rendering.type.typesetting import Drawn, Lowered, Mark, Typesetter

MM = 72 / 25.4
HAIRLINE = 0.25


class Piece(NamedTuple):
    """What no page break may part. `head` is repeated above it where it begins a page after the first."""

    marks: tuple[Drawn, ...]
    height: float
    above: float = 0.0
    keeps_next: bool = False
    head: "Piece | None" = None
    not_above: float = 0.0  # on the first page, from the sheet's top

    def lowered(self, by: float) -> tuple[Drawn, ...]:
        """The marks, further down."""
        return (Lowered(by, self.marks),) if self.marks else ()


@dataclass(frozen=True, slots=True)
class Setting:
    """What a block is set with: the typesetter, the layout's styles and inks, the pictures, and its column."""

    typesetter: Typesetter
    styles: Mapping[str, Style]
    inks: Mapping[str, str]
    figures: Figures
    left: float
    width: float


class Cell(NamedTuple):
    """A text in a column of its own."""

    style: Style
    text: str
    left: float
    width: float
    align: str = "left"


def set_row(typesetter: Typesetter, cells: Sequence[Cell], above: float = 0.0) -> Piece:
    """Cells side by side on a shared first baseline, each broken to its own width."""
    cap_height = max([cell.style.cap_height for cell in cells])
    marks: list[Drawn] = []
    lowest = cap_height
    for cell in cells:
        down = cap_height - cell.style.cap_height
        for line in typesetter.set(*cell):
            marks.append(Lowered(down, (line,)) if down else line)
            lowest = max(lowest, down + cell.style.cap_height)
            down += cell.style.leading
    return Piece(tuple(marks), lowest, above)


def set_lines(typesetter: Typesetter, cell: Cell, *, above: float = 0.0, keeps_next: bool = False) -> list[Piece]:
    """A piece for each line of a text, of which the first two and the last two stay together."""
    height, between = cell.style.cap_height, between_lines(cell.style)
    lines = typesetter.set(*cell)
    if len(lines) == 1:
        return [Piece(lines, height, above, keeps_next)]
    bound = {0, len(lines) - 2}
    return [
        Piece((line,), height, between if place else above, keeps_next or place in bound)
        for place, line in enumerate(lines)
    ]


def between_lines(style: Style) -> float:
    """From a baseline to the top of the capitals of the next line."""
    return style.leading - style.cap_height


def set_stack(typesetter: Typesetter, cells: Iterable[tuple[Cell, float]]) -> list[Piece]:
    """Texts one under the other, each with the space above it; empty ones take no room."""
    pieces: list[Piece] = []
    for cell, above in cells:
        if cell.text:
            pieces.extend(set_lines(typesetter, cell, above=above if pieces else 0.0))
    return pieces


def joined(pieces: Iterable[Piece]) -> Piece:
    """Pieces one under the other as a single one."""
    marks: list[Drawn] = []
    height = 0.0
    for piece in pieces:
        height += piece.above
        marks.append(Lowered(height, piece.marks))
        height += piece.height
    return Piece(tuple(marks), height)


def spaced(pieces: Sequence[Piece], above: float) -> list[Piece]:
    """`pieces` with `above` before the first of them."""
    return [pieces[0]._replace(above=above), *pieces[1:]] if pieces else []


def level_rule(ink: str, left: float, down: float, width: float) -> Mark:
    """A hairline across a column."""
    return Mark(left, down, f"{ink} ", f" {width:.2f} {HAIRLINE} re f")
