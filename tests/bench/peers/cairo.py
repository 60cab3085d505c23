"""pycairo: a PDF surface, scaled fonts made once, JPEG files attached as they are and kept."""

import io
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import cairo
from PIL import Image

from tests.bench.peers.sheet import AMBER, BLACK, SAND, draw_sheet
from tests.bench.peers.worker import work

MM = 72 / 25.4
_FAMILIES = {False: "Source Sans Pro", True: "Source Sans Pro Semibold"}  # found by fontconfig, see BENCH_FONTS


def draw(note: Any) -> bytes:
    file = io.BytesIO()
    surface = cairo.PDFSurface(file, 210 * MM, 297 * MM)
    surface.set_metadata(cairo.PDF_METADATA_TITLE, note.title)
    draw_sheet(CairoPen(cairo.Context(surface)), note)
    surface.finish()
    return file.getvalue()


class CairoPen:
    def __init__(self, context: cairo.Context) -> None:
        self._context = context
        self._is_first = True

    def new_page(self) -> None:
        if not self._is_first:
            self._context.show_page()
        self._is_first = False

    def text(self, x: float, y: float, text: str, size: float, *, bold: bool = False, colour: Any = BLACK) -> None:
        self._context.set_scaled_font(_font(size, bold))
        self._context.set_source_rgb(*colour)
        self._context.move_to(x * MM, y * MM)
        self._context.show_text(text)

    def right_text(self, x: float, y: float, text: str, size: float, *, bold: bool = False) -> None:
        advance = _font(size, bold).text_extents(text).x_advance
        self.text(x - advance / MM, y, text, size, bold=bold)

    def width_mm(self, text: str, size: float, *, bold: bool = False) -> float:
        return _width_mm(text, size, bold)

    def picture(self, path: str, x: float, y: float, width: float, height: float) -> None:
        image = _image(path)
        context = self._context
        context.save()
        context.translate(x * MM, y * MM)
        context.scale(width * MM / image.get_width(), height * MM / image.get_height())
        context.set_source_surface(image)
        context.paint()
        context.restore()

    def rule(self, x: float, y: float, to_x: float) -> None:
        self._context.set_source_rgb(*SAND)
        self._context.set_line_width(0.25)
        self._context.move_to(x * MM, y * MM)
        self._context.line_to(to_x * MM, y * MM)
        self._context.stroke()

    def box(self, x: float, y: float, width: float, height: float) -> None:
        self._context.set_source_rgb(*AMBER)
        self._context.set_line_width(0.5)
        self._context.rectangle(x * MM, y * MM, width * MM, height * MM)
        self._context.stroke()

    def modules(self, symbol: Any, x: float, y: float, size: float) -> None:
        side = size * MM / symbol.side
        left, top = x * MM, y * MM
        rectangle = self._context.rectangle
        for row, column, length in symbol.runs:
            rectangle(left + column * side, top + row * side, length * side, side)
        self._fill()

    def bars(self, symbol: Any, x: float, y: float, module: float, height: float) -> None:
        for left, width in symbol.runs:
            self._context.rectangle((x + left * module) * MM, y * MM, width * module * MM, height * MM)
        self._fill()

    def _fill(self) -> None:
        self._context.set_source_rgb(*BLACK)
        self._context.fill()


@cache
def _font(size: float, bold: bool) -> cairo.ScaledFont:
    face = cairo.ToyFontFace(_FAMILIES[bold])
    options = cairo.FontOptions()
    options.set_hint_metrics(cairo.HintMetrics.OFF)
    return cairo.ScaledFont(face, cairo.Matrix(size, 0, 0, size), cairo.Matrix(), options)


@lru_cache(maxsize=50_000)
def _width_mm(text: str, size: float, bold: bool) -> float:
    return _font(size, bold).text_extents(text).x_advance / MM


@lru_cache(maxsize=256)
def _image(path: str) -> cairo.ImageSurface:
    """A surface that is never painted on: the PDF takes the JPEG file that is attached to it."""
    with Image.open(path) as image:
        width, height = image.size
    surface = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
    surface.set_mime_data(cairo.MIME_TYPE_JPEG, Path(path).read_bytes())
    return surface


if __name__ == "__main__":
    work(draw)
