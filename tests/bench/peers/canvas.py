"""Plain reportlab: a Canvas with registered fonts, drawString, drawImage by path; its defaults.

With --own-codes it makes its codes itself, with reportlab's own barcodes; else they are paths of the modules given.
With --binary, streams are binary and not ASCII85 (rl_config.useA85 = 0): the one setting that is worth the most.
"""

import io
import sys
from functools import lru_cache
from typing import Any

from reportlab import rl_config
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from tests.bench.peers.sheet import AMBER, BLACK, SAND, draw_sheet
from tests.bench.peers.worker import REGULAR, SEMIBOLD, work

HEIGHT = A4[1]


def main() -> None:
    registerFont(TTFont("Regular", REGULAR))
    registerFont(TTFont("Semibold", SEMIBOLD))
    if "--binary" in sys.argv:
        rl_config.useA85 = 0
    pen = PenWithOwnCodes if "--own-codes" in sys.argv else CanvasPen
    work(lambda note: draw(note, pen))


def draw(note: Any, pen: "type[CanvasPen]") -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    canvas.setTitle(note.title)
    draw_sheet(pen(canvas), note)
    canvas.save()
    return file.getvalue()


class CanvasPen:
    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._is_first = True

    def new_page(self) -> None:
        if not self._is_first:
            self._canvas.showPage()
        self._is_first = False
        self._font: tuple[str, float] | None = None
        self._colour: Any = BLACK

    def text(self, x: float, y: float, text: str, size: float, *, bold: bool = False, colour: Any = BLACK) -> None:
        self._use(size, bold, colour)
        self._canvas.drawString(x * mm, HEIGHT - y * mm, text)

    def right_text(self, x: float, y: float, text: str, size: float, *, bold: bool = False) -> None:
        self._use(size, bold, BLACK)
        self._canvas.drawRightString(x * mm, HEIGHT - y * mm, text)

    def width_mm(self, text: str, size: float, *, bold: bool = False) -> float:
        return _width_mm(text, size, bold)

    def picture(self, path: str, x: float, y: float, width: float, height: float) -> None:
        self._canvas.drawImage(path, x * mm, HEIGHT - (y + height) * mm, width * mm, height * mm)

    def rule(self, x: float, y: float, to_x: float) -> None:
        self._canvas.setLineWidth(0.25)
        self._canvas.setStrokeColorRGB(*SAND)
        self._canvas.line(x * mm, HEIGHT - y * mm, to_x * mm, HEIGHT - y * mm)

    def box(self, x: float, y: float, width: float, height: float) -> None:
        self._canvas.setLineWidth(0.5)
        self._canvas.setStrokeColorRGB(*AMBER)
        self._canvas.rect(x * mm, HEIGHT - (y + height) * mm, width * mm, height * mm)

    def modules(self, symbol: Any, x: float, y: float, size: float) -> None:
        side = size * mm / symbol.side
        left, top = x * mm, HEIGHT - y * mm
        path = self._canvas.beginPath()
        for row, column, length in symbol.runs:
            path.rect(left + column * side, top - (row + 1) * side, length * side, side)
        self._fill(path)

    def bars(self, symbol: Any, x: float, y: float, module: float, height: float) -> None:
        path = self._canvas.beginPath()
        for left, width in symbol.runs:
            path.rect((x + left * module) * mm, HEIGHT - (y + height) * mm, width * module * mm, height * mm)
        self._fill(path)

    def _use(self, size: float, bold: bool, colour: Any) -> None:
        font = ("Semibold" if bold else "Regular", size)
        if font != self._font:
            self._canvas.setFont(*font)
            self._font = font
        if colour != self._colour:
            self._canvas.setFillColorRGB(*colour)
            self._colour = colour

    def _fill(self, path: Any) -> None:
        if self._colour != BLACK:
            self._canvas.setFillColorRGB(*BLACK)
            self._colour = BLACK
        self._canvas.drawPath(path, stroke=0, fill=1)


class PenWithOwnCodes(CanvasPen):
    def modules(self, symbol: Any, x: float, y: float, size: float) -> None:
        drawing = Drawing(size * mm, size * mm)
        drawing.add(QrCodeWidget(symbol.text, barLevel="M", barBorder=0, barWidth=size * mm, barHeight=size * mm))
        renderPDF.draw(drawing, self._canvas, x * mm, HEIGHT - (y + size) * mm)

    def bars(self, symbol: Any, x: float, y: float, module: float, height: float) -> None:
        code = Code128(symbol.text, barWidth=module * mm, barHeight=height * mm, quiet=0)
        code.drawOn(self._canvas, x * mm, HEIGHT - (y + height) * mm)


@lru_cache(maxsize=50_000)
def _width_mm(text: str, size: float, bold: bool) -> float:
    return stringWidth(text, "Semibold" if bold else "Regular", size) / mm


if __name__ == "__main__":
    main()
