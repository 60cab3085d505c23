"""Tiles: recommended articles side by side, their pictures on one ground line, their names below on another."""

from service.model import Tile, Tiles
from service.rendering.art.artwork import Art
from service.rendering.blocks.figures import Rectangle, show_whole
from service.rendering.blocks.pieces import MM, Cell, Piece, Setting, between_lines, joined, set_lines, set_stack
from service.rendering.layout_frames import TilesFrame


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
    width, height = (side_mm * MM for side_mm in frame.picture_room_mm)
    words_top = height + frame.name_gap_mm * MM
    marks, end = [], height
    for place, (tile, figure) in enumerate(shown):
        left = setting.left + place * (width + frame.between_mm * MM)
        room = width if frame.align == "middle" else min(width, height * figure.aspect)
        marks.append(show_whole(figure, Rectangle(left, 0, room, height), on_ground=True))
        words = _words(setting, frame, tile, (left, width))
        marks.extend(words.lowered(words_top))
        end = max(end, words_top + words.height)
    return Piece(tuple(marks), end)


def _words(setting: Setting, frame: TilesFrame, tile: Tile, column: tuple[float, float]) -> Piece:
    """Name, detail and price, one under the other."""
    texts = ((frame.name, tile.name), (frame.small, tile.detail), (frame.price, tile.price))
    cells = [
        (Cell(setting.styles[style], text, *column), between_lines(setting.styles[style])) for style, text in texts
    ]
    return joined(set_stack(setting.typesetter, cells))
