"""fpdf2: text, images from a cache that all documents share, codes as one path."""

from typing import Any

from fpdf import FPDF
from fpdf.image_datastructures import ImageCache

from tests.bench.peers.sheet import AMBER, BLACK, SAND, draw_sheet
from tests.bench.peers.worker import REGULAR, SEMIBOLD, work

_IMAGES = ImageCache()
_WIDTHS: dict[tuple[str, float, bool], float] = {}


def draw(note: Any) -> bytes:
    pdf = _new_document(note.title)
    _IMAGES.reset_usages()
    pdf.image_cache = _IMAGES
    draw_sheet(FpdfPen(pdf), note)
    return bytes(pdf.output())


def _new_document(title: str) -> FPDF:
    pdf = FPDF(unit="mm", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_title(title)
    pdf.add_font("Source", "", REGULAR)
    pdf.add_font("Source", "B", SEMIBOLD)
    return pdf


class FpdfPen:
    def __init__(self, pdf: FPDF) -> None:
        self._pdf = pdf

    def new_page(self) -> None:
        self._pdf.add_page()
        self._font: tuple[str, float] | None = None
        self._colour: Any = None

    def text(self, x: float, y: float, text: str, size: float, *, bold: bool = False, colour: Any = BLACK) -> None:
        self._use(size, bold, colour)
        self._pdf.text(x, y, text)

    def right_text(self, x: float, y: float, text: str, size: float, *, bold: bool = False) -> None:
        self._use(size, bold, BLACK)
        self._pdf.text(x - self._pdf.get_string_width(text), y, text)

    def width_mm(self, text: str, size: float, *, bold: bool = False) -> float:
        key = (text, size, bold)
        if key not in _WIDTHS:
            self._use(size, bold, BLACK)
            _WIDTHS[key] = self._pdf.get_string_width(text)
        return _WIDTHS[key]

    def picture(self, path: str, x: float, y: float, width: float, height: float) -> None:
        self._pdf.image(path, x, y, width, height)

    def rule(self, x: float, y: float, to_x: float) -> None:
        self._pdf.set_line_width(0.09)
        self._pdf.set_draw_color(*_rgb(SAND))
        self._pdf.line(x, y, to_x, y)

    def box(self, x: float, y: float, width: float, height: float) -> None:
        self._pdf.set_line_width(0.18)
        self._pdf.set_draw_color(*_rgb(AMBER))
        self._pdf.rect(x, y, width, height)

    def modules(self, symbol: Any, x: float, y: float, size: float) -> None:
        side = size / symbol.side
        self._pdf.set_fill_color(0)
        for row, column, length in symbol.runs:
            self._pdf.rect(x + column * side, y + row * side, length * side, side, style="F")

    def bars(self, symbol: Any, x: float, y: float, module: float, height: float) -> None:
        self._pdf.set_fill_color(0)
        for left, width in symbol.runs:
            self._pdf.rect(x + left * module, y, width * module, height, style="F")

    def _use(self, size: float, bold: bool, colour: Any) -> None:
        font = ("B" if bold else "", size)
        if font != self._font:
            self._pdf.set_font("Source", *font)
            self._font = font
        if colour != self._colour:
            self._pdf.set_text_color(*_rgb(colour))
            self._colour = colour


def _rgb(colour: Any) -> list[int]:
    return [round(255 * part) for part in colour]


if __name__ == "__main__":
    work(draw)
