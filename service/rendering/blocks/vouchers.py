"""The voucher: an object to keep, in a box of its own: what it gives, its code, and a QR code at its right."""

from collections.abc import Iterable

from service.model import Voucher
from service.rendering.blocks.boxes import box_operators
from service.rendering.blocks.codes import QR_QUIET_MODULES, qr, symbol_mark, widest_module
from service.rendering.blocks.pieces import MM, Cell, Piece, Setting, between_lines, joined, set_stack
from service.rendering.layout_frames import VoucherFrame
from service.rendering.type.typesetting import Drawn, Mark

Texts = tuple[tuple[str, str], ...]  # each with the name of its style


def set_voucher(setting: Setting, frame: VoucherFrame, voucher: Voucher) -> list[Piece]:
    """The box with all that stands in it, in one piece: as tall as its content, or as its frame if that is anchored.

    What it gives stands at the top, the code with its terms and the QR code at the foot, or all three side by side.
    """
    frame_height = frame.box_mm[3] * MM if frame.box_mm and not frame.as_its_content else 0.0
    symbol, taken = _set_symbol(setting, frame, voucher.scan) if voucher.scan else (Piece((), 0), 0.0)
    if frame.code_mm:
        code_column = frame.code_mm[0] * MM, frame.code_mm[1] * MM
        return [_side_by_side(setting, frame, voucher, (symbol, code_column, frame_height))]
    return [_stacked(setting, frame, voucher, (symbol, taken, frame_height))]


def _side_by_side(
    setting: Setting, frame: VoucherFrame, voucher: Voucher, beside: tuple[Piece, tuple[float, float], float]
) -> Piece:
    """What it gives, the code and the QR code, all from one line downwards."""
    padding, gap = frame.padding_mm * MM, frame.inner_gap_mm * MM
    symbol, column, frame_height = beside
    left = setting.left + padding
    offer = _set_words(setting, frame, _offer(frame, voucher), (left, column[0] - gap - left))
    code = _set_words(setting, frame, _code(frame, voucher), column)
    height = max(offer.height, code.height, symbol.height) + 2 * padding
    tops = [(part, padding) for part in (offer, code, symbol)]
    return _boxed(setting, frame, tops, max(height, frame_height))


def _stacked(setting: Setting, frame: VoucherFrame, voucher: Voucher, beside: tuple[Piece, float, float]) -> Piece:
    """What it gives at the top, over the QR code where the frame is tall enough; the code at the foot."""
    padding, gap = frame.padding_mm * MM, frame.inner_gap_mm * MM
    symbol, taken, frame_height = beside
    left, whole_width = setting.left + padding, setting.width - 2 * padding
    width = whole_width - taken - gap if voucher.scan else whole_width
    code = _set_words(setting, frame, _code(frame, voucher), (left, width))
    offer = _set_words(setting, frame, _offer(frame, voucher), (left, whole_width))
    height = offer.height + gap + max(code.height, symbol.height) + 2 * padding
    if not frame.as_its_content and height > frame_height:
        offer = _set_words(setting, frame, _offer(frame, voucher), (left, width))
        height = max(offer.height + gap + code.height, symbol.height) + 2 * padding
    height = max(height, frame_height)
    tops = [(offer, padding), *((part, height - padding - part.height) for part in (code, symbol))]
    return _boxed(setting, frame, tops, height)


def _set_symbol(setting: Setting, frame: VoucherFrame, scan: str) -> tuple[Piece, float]:
    """The QR code at the box's right, and how much of the width it takes with the white around it.

    Its dark modules stand as near to the box's edge as the padding says; on a field of colour its white ground does.
    """
    symbol, padding, room = qr(scan), frame.padding_mm * MM, frame.symbol_mm * MM
    module = widest_module(symbol, frame.modules_mm, room, room)
    side, quiet = symbol.modules * module, QR_QUIET_MODULES * module
    margin = quiet if frame.fill else max(0.0, quiet - padding)
    left = setting.left + setting.width - padding - margin - side
    (x, down, before, after) = symbol_mark(symbol, module, left, side)
    return Piece((Mark(x, down + margin, before, after),), side + 2 * margin), margin + side + quiet


def _offer(frame: VoucherFrame, voucher: Voucher) -> tuple[Texts, ...]:
    """What it gives, and how."""
    return ((frame.heading, voucher.heading),), tuple((frame.text, paragraph) for paragraph in voucher.paragraphs)


def _code(frame: VoucherFrame, voucher: Voucher) -> tuple[Texts, ...]:
    """Its code under its label; its terms and the address of the scan."""
    terms = tuple((frame.terms, line) for line in (*voucher.terms, voucher.address))
    return ((frame.label, voucher.label), (frame.code, voucher.code)), terms


def _set_words(setting: Setting, frame: VoucherFrame, groups: tuple[Texts, ...], column: tuple[float, float]) -> Piece:
    """Groups of texts one under the other, with the frame's gap between them."""
    cells = []
    for group in groups:
        for place, (name, text) in enumerate(group):
            style = setting.styles[name]
            above = between_lines(style) if place else frame.inner_gap_mm * MM
            cells.append((Cell(style, text, *column), above))
    return joined(set_stack(setting.typesetter, cells))


def _boxed(setting: Setting, frame: VoucherFrame, parts: Iterable[tuple[Piece, float]], height: float) -> Piece:
    """The box with its parts, each so far below its upper edge."""
    box = box_operators(frame, setting.inks, setting.width, height)
    marks: list[Drawn] = [Mark(setting.left, height, "q 1 0 0 1 ", f" cm {box} Q")]
    for part, top in parts:
        marks.extend(part.lowered(top))
    return Piece(tuple(marks), height)
