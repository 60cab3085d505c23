"""The sheet for engines that draw at given places: one description for all of them, on a pen of each engine's own.

Millimetres from the upper left corner; the y of a text is its baseline. Two weights of one family.
"""

from typing import Any, Protocol

LEFT, RIGHT, WIDTH = 15.0, 195.0, 180.0
AMBER, SAND = (0.52, 0.27, 0.06), (0.72, 0.67, 0.6)
BLACK = (0.0, 0.0, 0.0)
_ROW, _BOTTOM, _TOP_FIRST, _TOP_FOLLOWING = 19.4, 276.0, 90.0, 40.0
_TOTALS = 22.0
_POINT = 25.4 / 72


class Pen(Protocol):
    """What an engine is asked to draw."""

    def new_page(self) -> None: ...
    def text(self, x: float, y: float, text: str, size: float, *, bold: bool = False, colour: Any = BLACK) -> None: ...
    def right_text(self, x: float, y: float, text: str, size: float, *, bold: bool = False) -> None: ...
    def width_mm(self, text: str, size: float, *, bold: bool = False) -> float: ...
    def picture(self, path: str, x: float, y: float, width: float, height: float) -> None: ...
    def rule(self, x: float, y: float, to_x: float) -> None: ...
    def box(self, x: float, y: float, width: float, height: float) -> None: ...
    def modules(self, symbol: Any, x: float, y: float, size: float) -> None: ...
    def bars(self, symbol: Any, x: float, y: float, module: float, height: float) -> None: ...


def draw_sheet(pen: Pen, note: Any) -> None:
    """The note on its pages: the parcel on as many as it takes, then one with the brand's side."""
    pages = _rows_of_pages(note.goods.rows)
    for number, rows in enumerate(pages, 1):
        _begin_page(pen, note, number, len(pages))
        y = _TOP_FOLLOWING
        if number == 1:
            _draw_parcel(pen, note)
            y = _TOP_FIRST
        y = _draw_goods(pen, note.goods, rows, y)
        if number == len(pages):
            _draw_totals(pen, note.totals, y)
    pen.new_page()
    _draw_brand(pen, note)


def _rows_of_pages(rows: list[Any]) -> list[list[Any]]:
    """The rows of each page; the last page keeps room for the totals."""
    pages, top = [], _TOP_FIRST + 6
    while top + len(rows) * _ROW + _TOTALS > _BOTTOM:
        room = min(int((_BOTTOM - top) // _ROW), len(rows) - 1)
        pages.append(rows[:room])
        rows, top = rows[room:], _TOP_FOLLOWING + 6
    return [*pages, rows]


def _begin_page(pen: Pen, note: Any, number: int, count: int) -> None:
    pen.new_page()
    pen.text(LEFT, 19, note.brand.heading, 12, bold=True, colour=AMBER)
    pen.text(LEFT, 24, note.brand.paragraphs[0], 7.5)
    module = 0.33867
    pen.bars(note.note_code.symbol, RIGHT - note.note_code.symbol.side * module, 14, module, 10.8)
    pen.right_text(RIGHT, 28.5, note.note_code.address, 7.5)
    pen.text(LEFT, 284, note.imprint.paragraphs[0], 7.5)
    pen.right_text(RIGHT, 284, note.page_label.format(page=number, pages=count), 7.5)


def _draw_parcel(pen: Pen, note: Any) -> None:
    pen.text(LEFT, 44, note.greeting.heading, 20, bold=True)
    y = _draw_paragraphs(pen, note.greeting.paragraphs, (LEFT, 51, 105))
    pen.text(LEFT, y + 5, note.parcel.heading, 12, bold=True)
    _draw_paragraphs(pen, note.parcel.paragraphs, (LEFT, y + 10.5, 105))
    pen.text(138, 40, note.address.label, 7.5, colour=AMBER)
    for place, line in enumerate(note.address.lines):
        pen.text(138, 45 + place * 4.6, line, 9)
    for place, (label, value) in enumerate(note.facts.rows):
        pen.text(138, 70 + place * 4, label, 7.5)
        pen.text(163, 70 + place * 4, value, 9)


def _draw_goods(pen: Pen, goods: Any, rows: list[Any], y: float) -> float:
    quantity, name, unit_price, amount = goods.heads
    pen.text(LEFT, y + 3, quantity, 7.5, colour=AMBER)
    pen.text(53, y + 3, name, 7.5, colour=AMBER)
    pen.right_text(165, y + 3, unit_price, 7.5)
    pen.right_text(RIGHT, y + 3, amount, 7.5)
    y += 6
    for row in rows:
        pen.rule(LEFT, y, RIGHT)
        pen.text(LEFT, y + 7, row.quantity, 16)
        pen.picture(row.picture, 31, y + 0.7, 18, 18)
        pen.text(53, y + 5, row.name, 9, bold=True)
        pen.text(53, y + 9.5, row.sku, 7.5)
        if row.detail:
            pen.text(53, y + 13.5, row.detail, 7.5)
        pen.right_text(165, y + 5, row.unit_price, 9)
        pen.right_text(RIGHT, y + 5, row.amount, 9)
        y += _ROW
    return y


def _draw_totals(pen: Pen, totals: Any, y: float) -> None:
    pen.rule(138, y, RIGHT)
    for place, (label, amount) in enumerate(totals.rows, 1):
        last = place == len(totals.rows)
        pen.text(138, y + place * 5.5, label, 9, bold=last)
        pen.right_text(RIGHT, y + place * 5.5, amount, 9, bold=last)


def _draw_brand(pen: Pen, note: Any) -> None:
    """Hero, tiles, voucher, feedback, returns and help."""
    pen.picture(note.promo.picture, LEFT, 34, 180, 60)
    pen.text(LEFT, 102, note.promo.heading, 16, bold=True, colour=AMBER)
    _draw_paragraphs(pen, note.promo.paragraphs, (LEFT, 108, WIDTH))
    pen.text(LEFT, 131, note.recommendations.heading, 12, bold=True)
    for place, tile in enumerate(note.recommendations.tiles):
        x = LEFT + place * 62
        pen.picture(tile.picture, x, 134, 56, 36)
        pen.text(x, 175, tile.name, 9, bold=True)
        pen.text(x, 179, tile.detail, 7.5)
        pen.text(x, 183.5, tile.price, 9)
    _draw_voucher(pen, note.voucher, 190)
    pen.text(LEFT, 238, note.feedback.heading, 9, bold=True)
    y = _draw_paragraphs(pen, [note.feedback.caption], (LEFT, 243, 38))
    pen.text(LEFT, y, note.feedback.address, 7.5)
    pen.modules(note.feedback.symbol, 60, 234, 30)
    pen.text(95, 238, note.returns.heading, 9, bold=True)
    _draw_paragraphs(pen, note.returns.paragraphs, (95, 243, 50))
    pen.text(153, 238, note.help.heading, 9, bold=True)
    _draw_paragraphs(pen, note.help.paragraphs, (153, 243, 42))


def _draw_voucher(pen: Pen, voucher: Any, y: float) -> None:
    pen.box(LEFT, y, WIDTH, 38)
    pen.text(LEFT + 6, y + 8, voucher.heading, 12, bold=True)
    _draw_paragraphs(pen, voucher.paragraphs, (LEFT + 6, y + 14, 110))
    pen.text(LEFT + 6, y + 20, voucher.label, 7.5, colour=AMBER)
    pen.text(LEFT + 6, y + 26, voucher.code, 16, bold=True)
    pen.text(LEFT + 6, y + 31, voucher.terms[0], 7.5)
    pen.text(LEFT + 6, y + 35, voucher.address, 7.5)
    pen.modules(voucher.symbol, RIGHT - 34, y + 3, 32)


def _draw_paragraphs(pen: Pen, paragraphs: list[str], place: tuple[float, float, float]) -> float:
    """Paragraphs of 9 points at left, first baseline, width; the baseline after them."""
    x, y, width = place
    for paragraph in paragraphs:
        for text in paragraph.split("\n"):
            for line in _wrapped(pen, text, width):
                pen.text(x, y, line, 9)
                y += 13 * _POINT
    return y


def _wrapped(pen: Pen, text: str, width: float) -> list[str]:
    lines, line, used = [], [], 0.0
    space = pen.width_mm(" ", 9)
    for word in text.split(" "):
        wide = pen.width_mm(word, 9)
        if line and used + space + wide > width:
            lines.append(" ".join(line))
            line, used = [], 0.0
        used += wide + (space if line else 0.0)
        line.append(word)
    return [*lines, " ".join(line)]
