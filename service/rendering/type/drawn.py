"""Glyphs of other scripts in a note: a font of the note's own (PDF's Type 3) that holds just those it shows.

Each glyph is a path, so any font of the machine can lend one; a CMap says what it stands for. Where glyphs don't stand
for the text one by one, the text stands beside them as /ActualText, to be found and copied.
"""

from collections.abc import Iterator

from service.rendering.pdf.document import DrawnGlyph
from service.rendering.type.scripts import ShapedText

_PER_FONT = 255


class DrawnFonts:
    """The glyphs that one note draws, with their codes, in the order in which they first came."""

    def __init__(self) -> None:
        self._codes: dict[DrawnGlyph, int] = {}

    def __iter__(self) -> Iterator[tuple[str, list[DrawnGlyph]]]:
        """Each font with its name and its glyphs; the first has code 1."""
        glyphs = list(self._codes)
        for start in range(0, len(glyphs), _PER_FONT):
            yield _font_name(start), glyphs[start : start + _PER_FONT]

    def shown(self, line: ShapedText, size: float) -> str:
        """The operators that show a line, within a text object."""
        operators: list[str] = []
        pen = shown_to = 0  # where the next glyph belongs and where the last one ended, in thousandths of an em
        state = ("", 0)
        for glyph in line.glyphs:
            number = self._codes.setdefault(DrawnGlyph(glyph.outline, glyph.width, glyph.text), len(self._codes))
            if state != (state := (_font_name(number), glyph.y)):
                operators.append(f"/{state[0]} {size:g} Tf {glyph.y * size / 1000:.3f} Ts")
            move = pen + glyph.x - shown_to
            operators.append(
                f"[{-move}<{number % _PER_FONT + 1:02X}>]TJ" if move else f"<{number % _PER_FONT + 1:02X}>Tj"
            )
            shown_to = pen + glyph.x + glyph.width
            pen += glyph.advance
        return " ".join([*operators, "0 Ts"])


def span(text: str) -> str:
    """The operator that opens a span of marked content: it says what is drawn, whatever the glyphs say."""
    return f"/Span <</ActualText <FEFF{text.encode('utf-16-be').hex().upper()}>>> BDC"


def _font_name(number: int) -> str:
    return f"D{number // _PER_FONT}"
