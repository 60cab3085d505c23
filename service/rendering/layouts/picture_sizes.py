"""At which sizes a layout shows the pictures of the library: what `slipway images sync` makes them for."""

from service.model import PictureSize
from service.rendering.layout_file import LayoutFile
from service.rendering.layout_frames import GoodsFrame, HeroFrame, TilesFrame

DPI = 300
INCH_MM = 25.4

PicturedFrame = GoodsFrame | TilesFrame | HeroFrame


def picture_sizes(file: LayoutFile) -> dict[str, PictureSize]:
    """The size of the pictures of each slot that has some, to the nearest pixel."""
    return {frame.slot: _size(frame) for frame in pictured_frames(file)}


def pictured_frames(file: LayoutFile) -> tuple[PicturedFrame, ...]:
    """The frames that show pictures of the library."""
    return (*file.goods, *file.tiles, *file.hero)


def _size(frame: PicturedFrame) -> PictureSize:
    width, height = (max(1, round(side_mm / INCH_MM * DPI)) for side_mm in frame.picture_room_mm)
    if isinstance(frame, HeroFrame):
        return PictureSize(width, height, is_cropped=True)
    return PictureSize(width, height, is_trimmed=frame.trimmed)
