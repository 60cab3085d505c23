"""How much white a code wants around it, at the widest modules that its room may hold: words keep off it."""

from collections.abc import Sequence

from service.rendering.blocks.codes import CODE128_QUIET_MODULES, QR_QUIET_MODULES
from service.rendering.layout_frames import CodeFrame, VoucherFrame
from service.rendering.layout_values import Box

_BARS = ("note-code",)  # all other slots with codes have QR codes
_ROUNDING = 1e-6


def is_bars(frame: CodeFrame) -> bool:
    """Whether the frame's code is a Code128."""
    return frame.slot in _BARS


def with_quiet_zone(frame: CodeFrame) -> Box:
    """The frame's box with the white around the code that may stand in it."""
    left, top, width, height = frame.box_mm or (0, 0, 0, 0)
    if is_bars(frame):
        quiet = CODE128_QUIET_MODULES * max(frame.modules_mm)
        return left - quiet, top, width + 2 * quiet, height
    dark, quiet = _largest_qr_mm(frame.modules_mm, min(width, height))
    start = left + width - dark if frame.align == "right" else left
    return start - quiet, top - quiet, dark + 2 * quiet, dark + 2 * quiet


def symbol_start_mm(frame: VoucherFrame) -> float:
    """Where the white of a voucher's QR code begins at the latest size that it may have."""
    dark, quiet = _largest_qr_mm(frame.modules_mm, frame.symbol_mm)
    margin = quiet if frame.fill else max(0.0, quiet - frame.padding_mm)
    return sum(frame.span_mm) - frame.padding_mm - margin - dark - quiet


def _largest_qr_mm(modules_mm: Sequence[float], room_mm: float) -> tuple[float, float]:
    """The side of the dark part and the white beside it, of the code that takes most of the room with its white."""
    codes = [(_modules(room_mm / module) * module, QR_QUIET_MODULES * module) for module in modules_mm]
    return max(codes, key=sum)


def _modules(room: float) -> int:
    """The modules of the largest QR code in a room of so many: 21, 25, 29, ..."""
    return 17 + 4 * int((room + _ROUNDING - 17) // 4)
