"""What stands on a page whatever the note says: fields of colour, rules and art, as operators made once."""

from collections.abc import Mapping

from service.rendering.art.artwork import Art
from service.rendering.blocks.boxes import box_operators
from service.rendering.blocks.pages import PageKind
from service.rendering.blocks.pieces import MM
from service.rendering.layout_file import SIZES_MM, LayoutFile, Rule
from service.rendering.layouts.arts import ArtName, art_name


def fixed_operators(file: LayoutFile, arts: Mapping[ArtName, Art], inks: Mapping[str, str], kind: PageKind) -> str:
    """The fixed parts of one kind of page: fields of colour below, rules above them, art on top."""
    sheet_height = SIZES_MM[file.sheet.size][1] * MM
    operators = []
    for box in file.box:
        if box.pages in kind:
            left, top, width, height = (edge * MM for edge in box.box_mm)
            drawn = box_operators(box, inks, width, height)
            operators.append(f"q 1 0 0 1 {left:.2f} {sheet_height - top - height:.2f} cm {drawn} Q")
    for rule in file.rule:
        if rule.pages in kind:
            operators.append(f"{inks[rule.colour]} {_rule(rule, sheet_height)} re f")
    for use in file.art:
        if use.pages in kind:
            left, top, width, height = (edge * MM for edge in use.box_mm)
            art = arts[art_name(use.file, use.colour, file.colours)]
            operators.append(art.drawn(left, sheet_height - top - height, width, height, cover=use.fit == "cover"))
    return "\n".join(operators)


def _rule(rule: Rule, sheet_height: float) -> str:
    (left, top), (right, bottom) = rule.from_mm, rule.to_mm
    width, height = max((right - left) * MM, rule.weight_pt), max((bottom - top) * MM, rule.weight_pt)
    return f"{left * MM:.2f} {sheet_height - top * MM - height:.2f} {width:.2f} {height:.2f}"
