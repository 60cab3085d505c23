"""The table of goods: quantity where a packer looks, picture, name with its small print, prices on the right.

Columns that a note has no content for are left out, and the name takes their room. Rows never break; the head is
repeated on every page; the last two rows stay together.
"""

from collections.abc import Mapping
from dataclasses import replace

from service.model import Goods, GoodsRow
from service.rendering.layout_file import GoodsFrame
from service.rendering.pictures import Photograph
from service.rendering.pieces import MM, Cell, Piece, Setting, level_rule, set_row
from service.rendering.typesetting import Mark

_BETWEEN_SKU_AND_DETAIL = "\u2003"


def set_goods(setting: Setting, frame: GoodsFrame, goods: Goods, pictures: Mapping[str, Photograph]) -> list[Piece]:
    """The head and a piece for each row."""
    table = _Table(setting, frame, goods, pictures)
    head = table.head(goods.heads)
    rows = [table.row(row, head) for row in goods.rows]
    if len(rows) > 1:
        rows[-2] = replace(rows[-2], keeps_next=True)
    return [replace(head, keeps_next=True), *rows]


class _Table:
    """The table of one note: its columns, as (left, width) in points, and what it is set with."""

    def __init__(self, setting: Setting, frame: GoodsFrame, goods: Goods, pictures: Mapping[str, Photograph]) -> None:
        self._setting = setting
        self._frame = frame
        self._pictures = pictures
        self._padding = frame.padding_mm * MM
        with_pictures = any(row.picture in pictures for row in goods.rows)
        self._quantity = _in_points(frame.quantity_mm)
        self._picture = _in_points(frame.picture_mm) if with_pictures else None
        self._unit_price = _in_points(frame.unit_price_mm) if goods.heads[2] else None
        self._amount = _in_points(frame.amount_mm) if goods.heads[3] else None
        left = (frame.name_mm if with_pictures else frame.picture_mm)[0] * MM
        right = (
            sum(frame.name_mm if goods.heads[2] else frame.unit_price_mm if goods.heads[3] else frame.amount_mm) * MM
        )
        self._name = (left, right - left)

    def head(self, heads: tuple[str, str, str, str]) -> Piece:
        """The heads of the columns, with the space below them."""
        row = self._cells(("head", "head", "head"), heads)
        return replace(row, height=row.height + self._padding)

    def row(self, row: GoodsRow, head: Piece) -> Piece:
        """A hairline, and below it the row with its padding."""
        cells = self._cells(("quantity", "name", "price"), (row.quantity, row.name, row.unit_price, row.amount))
        content = self._with_small_print(cells, row)
        side = self._picture[1] if self._picture else 0.0
        inner = max(content.height, side)
        marks = [level_rule(self._setting.inks[self._frame.rule], self._setting.left, 0, self._setting.width)]
        marks.extend(content.lowered(self._padding + (inner - content.height) / 2))
        photograph = self._pictures.get(row.picture)
        if photograph and self._picture:
            marks.append(_picture(photograph, self._picture[0], self._padding + (inner - side) / 2, side))
        return Piece(tuple(marks), self._padding + inner + self._padding, head=head)

    def _cells(self, looks: tuple[str, str, str], texts: tuple[str, str, str, str]) -> Piece:
        """The texts in their columns, on a shared baseline; `looks` are the frame's keys for their styles."""
        quantity, name, price = (self._setting.styles[getattr(self._frame, look)] for look in looks)
        cells = [Cell(quantity, texts[0], *self._quantity), Cell(name, texts[1], *self._name)]
        if self._unit_price:
            cells.append(Cell(price, texts[2], *self._unit_price, "right"))
        if self._amount:
            cells.append(Cell(price, texts[3], *self._amount, "right"))
        return set_row(self._setting.typesetter, cells)

    def _with_small_print(self, content: Piece, row: GoodsRow) -> Piece:
        """The sku and the detail under the name."""
        style = self._setting.styles[self._frame.small]
        text = _BETWEEN_SKU_AND_DETAIL.join(part for part in (row.sku, row.detail) if part)
        if not text:
            return content
        small = set_row(self._setting.typesetter, [Cell(style, text, *self._name)])
        gap = content.height + style.leading - style.cap_height
        return Piece((*content.marks, *small.lowered(gap)), gap + small.height)


def _picture(photograph: Photograph, left: float, top: float, side: float) -> Mark:
    """A picture in the middle of its square, whole and in its own proportions."""
    width = side * min(1.0, photograph.aspect)
    height = side / max(1.0, photograph.aspect)
    x, down = left + (side - width) / 2, top + (side + height) / 2
    return Mark(x, down, f"q {width:.2f} 0 0 {height:.2f} ", f" cm /{photograph.picture.name} Do Q")


def _in_points(span_mm: tuple[float, float]) -> tuple[float, float]:
    return span_mm[0] * MM, span_mm[1] * MM
