"""Whether what a layout places can be read: codes by telephones and scanners, columns and words by people."""

from collections.abc import Iterator
from itertools import pairwise

from pydantic import BaseModel

from service.rendering.blocks.codes import QR_QUIET_MODULES
from service.rendering.layout_file import STANDARD_COLOURS, LayoutFile, PageNumber
from service.rendering.layout_frames import CodeFrame, Frame, GoodsFrame, TilesFrame, VoucherFrame
from service.rendering.layout_values import Box, Pages
from service.rendering.layouts.check import Fault, Key, parts_of, references
from service.rendering.layouts.places import meet, share_a_page
from service.rendering.layouts.quiet_zones import is_bars, symbol_start_mm

_BARS_HEIGHT_MM, _QR_SIDE_MM = 10.0, 18.0
_BARS_MODULE_MM, _QR_MODULE_MM = 0.16, 0.33
_TILE_MODULES = 33 + 2 * QR_QUIET_MODULES  # of an address of 43 to 62 letters
_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3
_ROUNDING_MM = 1e-6
_GOODS_COLUMNS = ("quantity_mm", "picture_mm", "name_mm", "unit_price_mm", "amount_mm")


def faults_of_reading(file: LayoutFile) -> Iterator[Fault]:
    """Every fault that makes something hard to read, with the key at which it stands."""
    for key, part in parts_of(file):
        match part:
            case CodeFrame():
                yield from _small_code(key, part)
            case VoucherFrame():
                yield from _small_symbol(key, part)
                yield from _crowded_voucher(key, part)
            case GoodsFrame():
                yield from _crowded_columns(key, part)
            case TilesFrame():
                yield from _crowded_tiles(key, part)
    yield from _pale_text(file)


def _small_code(key: Key, frame: CodeFrame) -> Iterator[Fault]:
    _, _, width, height = frame.box_mm or (0, 0, _QR_SIDE_MM, _QR_SIDE_MM)
    if is_bars(frame):
        if height < _BARS_HEIGHT_MM:
            yield (*key, "box_mm"), f"bars are at least {_BARS_HEIGHT_MM:g} mm high"
    elif min(width, height) < _QR_SIDE_MM:
        yield (*key, "box_mm"), f"a QR code has at least {_QR_SIDE_MM:g} mm"
    yield from _small_modules(key, frame.modules_mm, _BARS_MODULE_MM if is_bars(frame) else _QR_MODULE_MM)


def _small_symbol(key: Key, frame: VoucherFrame) -> Iterator[Fault]:
    if frame.symbol_mm < _QR_SIDE_MM:
        yield (*key, "symbol_mm"), f"a QR code has at least {_QR_SIDE_MM:g} mm"
    yield from _small_modules(key, frame.modules_mm, _QR_MODULE_MM)


def _small_modules(key: Key, modules_mm: tuple[float, ...], least_mm: float) -> Iterator[Fault]:
    if min(modules_mm) < least_mm:
        yield (*key, "modules_mm"), f"a module has at least {least_mm:g} mm"


def _crowded_voucher(key: Key, frame: VoucherFrame) -> Iterator[Fault]:
    if not frame.code_mm:
        return
    if frame.code_mm[0] < frame.span_mm[0] + frame.padding_mm + frame.inner_gap_mm - _ROUNDING_MM:
        yield (*key, "code_mm"), "begins left of the voucher, or where what it gives would have no room"
    end = symbol_start_mm(frame)
    if sum(frame.code_mm) > end + _ROUNDING_MM:
        yield (*key, "code_mm"), f"reaches into the QR code, whose white may begin at {end:.1f} mm"


def _crowded_columns(key: Key, frame: GoodsFrame) -> Iterator[Fault]:
    for before, name in pairwise(_GOODS_COLUMNS):
        if sum(getattr(frame, before)) > getattr(frame, name)[0] + _ROUNDING_MM:
            yield (*key, name), f"begins before {before} ends"


def _crowded_tiles(key: Key, frame: TilesFrame) -> Iterator[Fault]:
    if frame.picture_room_mm[0] <= 0:
        yield (*key, "between_mm"), f"leaves {frame.columns} tiles no room"
    if not frame.symbol_mm:
        return
    least_mm = _TILE_MODULES * min(frame.modules_mm)
    if frame.symbol_mm < least_mm - _ROUNDING_MM:
        yield (*key, "symbol_mm"), f"a QR code with its white has at least {least_mm:.1f} mm here"
    if frame.symbol_mm > frame.picture_mm:
        yield (*key, "symbol_mm"), "is more than the pictures are high"
    yield from _small_modules(key, frame.modules_mm, _QR_MODULE_MM)


def _pale_text(file: LayoutFile) -> Iterator[Fault]:
    """Styles too pale for white paper that are used on it; what stands on a field or on art is not judged."""
    colours = STANDARD_COLOURS | file.colours
    on_paper = {
        style
        for _, part in parts_of(file)
        if not _stands_on_a_field(file, part)
        for _, table, style in references(part)
        if table == "styles"
    }
    for name, style in file.styles.items():
        contrast = _contrast_on_white(colours[style.colour]) if style.colour in colours else _CONTRAST
        if name in on_paper and contrast < _CONTRAST:
            yield ("styles", name, "colour"), f"has a contrast of {contrast:.1f} on white, and needs {_CONTRAST:g}"


def _stands_on_a_field(file: LayoutFile, part: BaseModel) -> bool:
    if isinstance(part, VoucherFrame) and part.fill:
        return True
    fields: list[tuple[Pages, Box]] = [(box.pages, box.box_mm) for box in file.box if box.fill]
    fields += [(art.pages, art.box_mm) for art in file.art]
    return any(
        share_a_page(pages, of_field) and meet(box, field)
        for pages, box in _text_boxes(file, part)
        for of_field, field in fields
    )


def _text_boxes(file: LayoutFile, part: BaseModel) -> Iterator[tuple[Pages, Box]]:
    """Where a table's text may stand, and on which pages."""
    if isinstance(part, PageNumber):
        yield "every", part.box_mm
    if not isinstance(part, Frame):
        return
    words_mm = getattr(part, "words_mm", None)
    yield from ((part.pages, box) for box in (part.box_mm, words_mm) if box)
    if part.column_mm:
        top = min(file.flow.top_mm, file.flow.top_following_mm)
        left, width = part.column_mm
        of_flow: Box = (left, top, width, max(file.flow.bottom_mm - top, 0))
        yield from ((pages, of_flow) for pages in ("first", "following", "last"))


def _contrast_on_white(colour: str) -> float:
    """The contrast ratio of WCAG 2.2, from 1 to 21."""
    levels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in levels)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
