"""The table of goods: quantity where a packer looks, picture, name with its small print, prices on the right.

Columns that a note has no content for are left out, and the name takes their room. Rows never break; the head is
repeated on every page; the last two rows stay together.
"""

from service.model import Goods, GoodsRow
from service.rendering.art.artwork import Art
from service.rendering.blocks.figures import Rectangle, show_whole
from service.rendering.blocks.pieces import MM, Cell, Piece, Setting, between_lines, level_rule, set_row
from service.rendering.layout_frames import GoodsFrame
from service.rendering.type.typesetting import Drawn

_BETWEEN_SKU_AND_DETAIL = "\u2003"


def set_goods(setting: Setting, frame: GoodsFrame, goods: Goods) -> list[Piece]:
    """The head and a piece for each row."""
    table = _Table(setting, frame, goods)
    head = table.head(goods.heads)
    rows = [table.row(row, head) for row in goods.rows]
    if len(rows) > 1:
        rows[-2] = rows[-2]._replace(keeps_next=True)
    return [head._replace(keeps_next=True), *rows]


class _Table:
    """The table of one note: its columns, as (left, width) in points, and what it is set with."""

    def __init__(self, setting: Setting, frame: GoodsFrame, goods: Goods) -> None:
        self._setting = setting
        self._frame = frame
        self._padding = frame.padding_mm * MM
        self._stand_in = setting.figures.stand_in(frame.missing_picture)
        with_pictures = self._stand_in is not None or any(self._figure(row) for row in goods.rows)
        self._quantity = _in_points(frame.quantity_mm)
        self._picture = _in_points(frame.picture_mm) if with_pictures else None
        self._unit_price = _in_points(frame.unit_price_mm) if goods.heads[2] else None
        self._amount = _in_points(frame.amount_mm) if goods.heads[3] else None
        left = (frame.name_mm if with_pictures else frame.picture_mm)[0] * MM
        right = (
            sum(frame.name_mm if goods.heads[2] else frame.unit_price_mm if goods.heads[3] else frame.amount_mm) * MM
        )
        self._name = (left, right - left)
        self._rule = level_rule(setting.inks[frame.rule], setting.left, 0, setting.width)

    def head(self, heads: tuple[str, str, str, str]) -> Piece:
        """The heads of the columns, with the space below them."""
        row = self._cells((self._frame.head,) * 3, heads)
        return row._replace(height=row.height + self._padding)

    def row(self, row: GoodsRow, head: Piece) -> Piece:
        """A hairline, and below it the row with its padding."""
        frame = self._frame
        texts = row.quantity, row.name, row.unit_price, row.amount
        cells = self._cells((frame.quantity, frame.name, frame.price), texts)
        small = self._small_print(row)
        below = cells.height + small.above
        height = below + small.height
        side = self._picture[1] if self._picture else 0.0
        inner = max(height, side)
        top = self._padding + (inner - height) / 2
        marks: list[Drawn] = [self._rule, *cells.lowered(top), *small.lowered(top + below)]
        if self._picture and (figure := self._figure(row)):
            marks.append(
                show_whole(figure, Rectangle(self._picture[0], self._padding + (inner - side) / 2, side, side))
            )
        return Piece(tuple(marks), self._padding + inner + self._padding, head=head)

    def _figure(self, row: GoodsRow) -> Art | None:
        return self._setting.figures.photograph(self._frame.slot, row.pictures) or self._stand_in

    def _cells(self, looks: tuple[str, str, str], texts: tuple[str, str, str, str]) -> Piece:
        """The texts in their columns, on a shared baseline; `looks` are their styles."""
        quantity, name, price = (self._setting.styles[look] for look in looks)
        cells = [Cell(quantity, texts[0], *self._quantity), Cell(name, texts[1], *self._name)]
        if self._unit_price:
            cells.append(Cell(price, texts[2], *self._unit_price, "right"))
        if self._amount:
            cells.append(Cell(price, texts[3], *self._amount, "right"))
        return set_row(self._setting.typesetter, cells)

    def _small_print(self, row: GoodsRow) -> Piece:
        """The sku and the detail, which stand under the name."""
        style = self._setting.styles[self._frame.small]
        text = _BETWEEN_SKU_AND_DETAIL.join(part for part in (row.sku, row.detail) if part)
        if not text:
            return Piece((), 0.0)
        return set_row(self._setting.typesetter, [Cell(style, text, *self._name)], above=between_lines(style))


def _in_points(span_mm: tuple[float, float]) -> tuple[float, float]:
    return span_mm[0] * MM, span_mm[1] * MM
