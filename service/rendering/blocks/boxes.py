"""Fields of colour and outlines, as operators that draw them with their lower left corner at the origin."""

from collections.abc import Iterator, Mapping

from service.rendering.blocks.pieces import MM
from service.rendering.layout_file import FixedBox
from service.rendering.layout_frames import VoucherFrame


def box_operators(look: FixedBox | VoucherFrame, inks: Mapping[str, str], width: float, height: float) -> str:
    """The field of colour and, inside its edges, the outline."""
    operators = []
    if look.fill:
        operators.append(f"{inks[look.fill]} 0 0 {width:.2f} {height:.2f} re f")
    if look.line:
        stroke, weight = inks[look.line].upper(), look.weight_pt
        operators.append(f"{stroke} {weight:g} w")
        if isinstance(look, VoucherFrame) and look.dash_mm:
            operators.extend(_dashed_sides(width, height, weight / 2, look.dash_mm * MM))
        else:
            operators.append(f"{weight / 2:g} {weight / 2:g} {width - weight:.2f} {height - weight:.2f} re S")
    return " ".join(operators)


def _dashed_sides(width: float, height: float, inset: float, dash: float) -> Iterator[str]:
    """Sides of dashes and gaps that come out even, so that dashes meet in all four corners."""
    for up in (inset, height - inset):
        yield f"{_dashes(width, dash)} 0 {up:.2f} m {width:.2f} {up:.2f} l S"
    for across in (inset, width - inset):
        yield f"{_dashes(height, dash)} {across:.2f} 0 m {across:.2f} {height:.2f} l S"


def _dashes(length: float, dash: float) -> str:
    fitted = length / max(1, round(length / dash / 2)) / 2
    return f"[{fitted:.3f}] {fitted / 2:.3f} d"
