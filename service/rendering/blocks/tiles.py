"""Tiles: recommended articles side by side, their pictures on one ground line, their names below on another.

Where the layout has room for codes, an article's stands at the right of its picture, on the same ground line; in one
row they are all as far from the left edges of their tiles.
"""

from dataclasses import replace

from service.model import Tile, Tiles
from service.rendering.art.artwork import Art
from service.rendering.blocks.codes import QR_QUIET_MODULES, qr, symbol_mark
from service.rendering.blocks.figures import Rectangle, show_whole
from service.rendering.blocks.pieces import MM, Cell, Piece, Setting, between_lines, joined, set_lines, set_stack
from service.rendering.layout_frames import TilesFrame
from service.rendering.type.typesetting import Drawn


def set_tiles(setting: Setting, frame: TilesFrame, tiles: Tiles) -> list[Piece]:
    """As many tiles as the frame has columns, of those that have something to show, in one piece; none, no piece."""
    figures = setting.figures
    shown = [
        (tile, figure)
        for tile in tiles.tiles
        if (figure := figures.photograph(frame.slot, tile.pictures) or figures.stand_in(frame.missing_picture))
    ][: frame.columns]
    if not shown:
        return []
    row = _row(setting, frame, shown)
    if not tiles.heading:
        return [row]
    heading = Cell(setting.styles[frame.heading], tiles.heading, setting.left, setting.width)
    gap = Piece((), 0, above=frame.heading_gap_mm * MM)
    return [joined([*set_lines(setting.typesetter, heading), gap, row])]


def _row(setting: Setting, frame: TilesFrame, shown: list[tuple[Tile, Art]]) -> Piece:
    width, height = frame.tile_mm * MM, frame.picture_mm * MM
    rooms = [_picture_room(frame, figure) for _, figure in shown]
    words_top = height + frame.name_gap_mm * MM
    marks, end = [], height
    for place, (tile, figure) in enumerate(shown):
        left = setting.left + place * (width + frame.between_mm * MM)
        marks.append(show_whole(figure, Rectangle(left, 0, rooms[place], height), on_ground=True))
        symbol = _symbol(frame, tile, left + max(rooms))
        marks.extend(symbol)
        words = _words(setting, frame, tile if symbol else replace(tile, address=""), (left, width))
        marks.extend(words.lowered(words_top))
        end = max(end, words_top + words.height)
    return Piece(tuple(marks), end)


def _picture_room(frame: TilesFrame, figure: Art) -> float:
    """The width in which a picture stands in the middle."""
    width, height = (side_mm * MM for side_mm in frame.picture_room_mm)
    return width if frame.align == "middle" else min(width, height * figure.aspect)


def _symbol(frame: TilesFrame, tile: Tile, left: float) -> list[Drawn]:
    """The tile's QR code with its white right of `left`, on the ground line; none where it is none, or too large."""
    if not (frame.symbol_mm and tile.scan):
        return []
    symbol, room = qr(tile.scan), frame.symbol_mm * MM
    whole = symbol.modules + 2 * QR_QUIET_MODULES
    module = next((mm * MM for mm in frame.modules_mm if whole * mm * MM <= room), 0.0)
    if not module:
        return []
    quiet = QR_QUIET_MODULES * module
    return [symbol_mark(symbol, module, left + quiet, frame.picture_mm * MM - quiet)]


def _words(setting: Setting, frame: TilesFrame, tile: Tile, column: tuple[float, float]) -> Piece:
    """Name, detail, price and address, one under the other."""
    texts = (
        (frame.name, tile.name),
        (frame.small, tile.detail),
        (frame.price, tile.price),
        (frame.small, tile.address),
    )
    cells = [
        (Cell(setting.styles[style], text, *column), between_lines(setting.styles[style])) for style, text in texts
    ]
    return joined(set_stack(setting.typesetter, cells))
