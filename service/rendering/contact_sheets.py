"""The proof set to look at: a contact sheet for each case, with the note in every language and what decided it.

A sheet is A3, landscape. The pages of a note stand together, as large as they get, each under a hairline frame; the
same pictures and fonts are kept once for the whole document.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import font_source_sans_pro

from service.rendering.art.artwork import Art
from service.rendering.art.forms import page_form
from service.rendering.blocks.pieces import MM, Cell, set_lines
from service.rendering.pdf.document import NoteDocument
from service.rendering.type.faces import Face
from service.rendering.type.scripts import Scripts
from service.rendering.type.styles import Style, style_of
from service.rendering.type.typesetting import Drawn, Typesetter, operators

SHEET_MM = (420.0, 297.0)
MARGIN_MM, BETWEEN_MM, BETWEEN_PAGES_MM = 14.0, 9.0, 4.0
HEAD_MM, CAPTION_MM, FAULT_MM, FOOT_MM = 38.0, 9.0, 12.0, 11.0
FRAME = "0.7 G 0.4 w"
FONTS = Path(font_source_sans_pro.__file__).parent / "files"
CUTS = ("Regular", "Semibold")


@dataclass(frozen=True, slots=True)
class ProofNote:
    """One note of a sheet with its caption, and what is wrong with it. One that could not be drawn has no document."""

    caption: str
    pdf: bytes
    pages: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ContactSheet:
    """One case: the same kind of note in every language. `decided` says what made it as it is."""

    title: str
    corner: str
    decided: tuple[str, ...]
    notes: tuple[ProofNote, ...]


class ContactSheets:
    """The document in the making."""

    def __init__(self, title: str) -> None:
        self._size = SHEET_MM[0] * MM, SHEET_MM[1] * MM
        self._document = NoteDocument(title, "en", self._size)
        regular, semibold = (Face(f"F{n}", FONTS / f"SourceSansPro-{cut}.ttf") for n, cut in enumerate(CUTS))
        self._typesetter = Typesetter(Scripts([regular.path]), "en")
        self._title, self._text = style_of(semibold, 17, 21), style_of(regular, 9.5, 13.5)
        self._label, self._fault = style_of(semibold, 9.5, 13.5), style_of(semibold, 11, 15, ink="0.7 0.1 0.1 rg")

    def add(self, sheet: ContactSheet) -> None:
        """A sheet below the others."""
        height = self._size[1]
        marks = [*self._head(sheet)]
        drawn: list[str] = []
        names = []
        width_mm = (SHEET_MM[0] - 2 * MARGIN_MM - BETWEEN_MM * (len(sheet.notes) - 1)) / len(sheet.notes)
        for place, note in enumerate(sheet.notes):
            left_mm = MARGIN_MM + place * (width_mm + BETWEEN_MM)
            marks.extend(self._caption(note, left_mm, width_mm))
            for form, placed in self._pages(note, left_mm, width_mm):
                self._document.embed_picture(form.picture)
                drawn.append(placed)
                names.append(form.picture.name)
        drawn += operators(marks, height)
        self._document.add_page("\n".join(drawn), sorted(set(names)))

    def finish(self) -> bytes:
        """The document, whole."""
        for name in sorted(self._typesetter.faces):
            self._document.embed_font(name, self._typesetter.faces[name].embedded)
        for name, glyphs in self._typesetter.drawn:
            self._document.embed_drawn_font(name, glyphs)
        return self._document.finish()

    def _head(self, sheet: ContactSheet) -> Iterator[Drawn]:
        """The case, what decided it in two columns, and the layout in the corner."""
        width = SHEET_MM[0] - 2 * MARGIN_MM
        yield from self._set(self._title, sheet.title, MARGIN_MM, MARGIN_MM, width)
        yield from self._set(self._text, sheet.corner, MARGIN_MM, MARGIN_MM, width, "right")
        half = -(-len(sheet.decided) // 2)
        for column, facts in enumerate((sheet.decided[:half], sheet.decided[half:])):
            left = MARGIN_MM + column * width / 2
            yield from self._set(self._text, "\n".join(facts), left, MARGIN_MM + 9, width / 2 - BETWEEN_MM)

    def _caption(self, note: ProofNote, left_mm: float, width_mm: float) -> Iterator[Drawn]:
        yield from self._set(self._label, note.caption, left_mm, HEAD_MM, width_mm)
        if note.fault:
            yield from self._set(self._fault, note.fault, left_mm, HEAD_MM + CAPTION_MM - 1, width_mm)

    def _set(
        self, style: Style, text: str, left_mm: float, top_mm: float, width_mm: float, align: str = "left"
    ) -> Iterator[Drawn]:
        top = top_mm * MM
        for piece in set_lines(self._typesetter, Cell(style, text, left_mm * MM, width_mm * MM, align)):
            top += piece.above
            yield from piece.lowered(top)
            top += piece.height

    def _pages(self, note: ProofNote, left_mm: float, width_mm: float) -> Iterator[tuple[Art, str]]:
        """Each page of a note as a form, and the operators that put it in its place."""
        if not note.pdf:
            return
        forms = [page_form(note.pdf, page) for page in range(note.pages)]
        top_mm = HEAD_MM + CAPTION_MM + (FAULT_MM if note.fault else 0)
        columns, scale = _grid(forms, width_mm * MM, (SHEET_MM[1] - top_mm - FOOT_MM) * MM)
        for place, form in enumerate(forms):
            row, column = divmod(place, columns)
            wide, tall = form.width * scale, form.height * scale
            x = left_mm * MM + column * (wide + BETWEEN_PAGES_MM * MM)
            y = self._size[1] - top_mm * MM - (row + 1) * tall - row * BETWEEN_PAGES_MM * MM
            frame = f"{FRAME} {x:.2f} {y:.2f} {wide:.2f} {tall:.2f} re S"
            yield form, f"{form.drawn(x, y, wide, tall, cover=False)} q {frame} Q"


def _grid(forms: Sequence[Art], width: float, height: float) -> tuple[int, float]:
    """In how many columns pages stand, and at which scale, so that they are as large as they get."""
    between = BETWEEN_PAGES_MM * MM

    def scale(columns: int) -> float:
        rows = -(-len(forms) // columns)
        wide = (width - between * (columns - 1)) / columns / forms[0].width
        return float(min(wide, (height - between * (rows - 1)) / rows / forms[0].height))

    columns = max(range(1, len(forms) + 1), key=scale)
    return columns, scale(columns)
