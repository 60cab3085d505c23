"""Layouts: `layouts/NAME/layout.toml` read, checked as a whole and made ready to draw.

Every fault of the file raises ConfigInvalid with file, line and key, all of them at once. What is made ready here is
made once: fonts are subset, fixed parts (rules, fields of colour, art) become operators.
"""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.config import key_name, line_of_key, read_text, read_toml, validated
from service.errors import ConfigInvalid
from service.rendering.art import ArtUnusable, Drawing, read_drawing
from service.rendering.faces import Face, FaceUnusable
from service.rendering.layout_check import Fault, faults_of
from service.rendering.layout_file import SIZES_MM, STANDARD_COLOURS, Box, Font, Frame, LayoutFile, Rule, TypeStyle
from service.rendering.pages import Room
from service.rendering.pieces import MM
from service.rendering.scripts import Scripts
from service.rendering.typesetting import Style

__all__ = ["Layout", "LayoutFile", "load_layout"]

FILE = "layout.toml"


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout ready to draw. `fixed` holds the operators of the fixed parts by (first page, last page)."""

    file: LayoutFile
    size: tuple[float, float]
    styles: Mapping[str, Style]
    inks: Mapping[str, str]
    frames: Mapping[str, Frame]
    room: Room
    fixed: Mapping[tuple[bool, bool], str]
    scripts: Scripts


def load_layout(folder: Path) -> Layout:
    """The layout in `folder`; raises ConfigInvalid with file, line and key for every fault."""
    path = folder / FILE
    file = validated(LayoutFile, read_toml(path), path)
    _refuse(path, list(faults_of(file)))
    faults: list[Fault] = []
    faces = _read_faces(folder, file, faults)
    art = _read_art(folder, file, faults)
    _refuse(path, faults)

    inks = {name: ink(colour) for name, colour in (STANDARD_COLOURS | file.colours).items()}
    size = SIZES_MM[file.sheet.size][0] * MM, SIZES_MM[file.sheet.size][1] * MM
    flow = file.flow
    return Layout(
        file=file,
        size=size,
        styles={name: _style(style, faces, inks) for name, style in file.styles.items()},
        inks=inks,
        frames={frame.slot: frame for frame in file.frames},
        room=Room(flow.top_mm * MM, flow.top_following_mm * MM, flow.bottom_mm * MM, flow.bottom_last_mm * MM),
        fixed={
            (first, last): _fixed_parts(file, art, inks, size[1], first=first, last=last)
            for first in (True, False)
            for last in (True, False)
        },
        scripts=Scripts([face.path for face in faces.values()]),
    )


def ink(colour: str) -> str:
    """The operator that fills with #RRGGBB; a grey is printed in black alone."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return f"{red:.3g} g" if red == green == blue else f"{red:.3g} {green:.3g} {blue:.3g} rg"


def stands_on(pages: str, *, first: bool, last: bool) -> bool:
    """True if what stands on `pages` stands on a page that is the first, or the last, or neither, or both."""
    return {"first": first, "following": not first, "every": True, "last": last}[pages]


def _refuse(path: Path, faults: Sequence[Fault]) -> None:
    if faults:
        text = read_text(path)
        lines = [f"{path}:{line_of_key(text, key)}: {key_name(key)}: {what}" for key, what in faults]
        raise ConfigInvalid("\n".join(lines))


def _read_faces(folder: Path, file: LayoutFile, faults: list[Fault]) -> dict[str, Face]:
    faces = {}
    for number, (name, font) in enumerate(file.fonts.items()):
        try:
            faces[name] = Face(f"F{number}", _font_path(folder, font))
        except FaceUnusable as error:
            faults.append((("fonts", name), str(error)))
    return faces


def _font_path(folder: Path, font: Font) -> Path:
    if not font.package:
        return folder / "fonts" / font.file
    package = importlib.util.find_spec(font.package)
    if package is None or package.origin is None:
        raise FaceUnusable(f"the font package {font.package} is not installed")
    return Path(package.origin).parent / "files" / font.file


def _read_art(folder: Path, file: LayoutFile, faults: list[Fault]) -> dict[str, Drawing]:
    drawings = {}
    for place, art in enumerate(file.art):
        try:
            drawings[art.file] = read_drawing(folder / "art" / art.file)
        except ArtUnusable as error:
            faults.append((("art", place, "file"), str(error)))
    return drawings


def _style(style: TypeStyle, faces: Mapping[str, Face], inks: Mapping[str, str]) -> Style:
    face, size = faces[style.font], style.size_pt
    tracking = style.tracking * size / 1000
    return Style(
        face=face,
        size=size,
        leading=style.leading_pt,
        tracking=tracking,
        capitals=style.capitals,
        balanced=style.balanced,
        ink=inks[style.colour],
        cap_height=face.cap_height * size,
        opening=f"BT {inks[style.colour]} /{face.name} {size:g} Tf {tracking:g} Tc ",
    )


def _fixed_parts(
    file: LayoutFile, art: Mapping[str, Drawing], inks: Mapping[str, str], height: float, *, first: bool, last: bool
) -> str:
    """Fields of colour, rules and art of one kind of page, in this order."""
    operators = []
    for field in file.field:
        if stands_on(field.pages, first=first, last=last):
            operators.append(f"{inks[field.colour]} {_rectangle(field.box_mm, height)} re f")
    for rule in file.rule:
        if stands_on(rule.pages, first=first, last=last):
            operators.append(f"{inks[rule.colour]} {_rectangle(_rule_box(rule), height)} re f")
    for piece in file.art:
        if stands_on(piece.pages, first=first, last=last):
            operators.append(_placed_art(art[piece.file], piece.box_mm, inks[piece.colour], height))
    return "\n".join(operators)


def _rectangle(box_mm: Box, height: float) -> str:
    left, top, wide, tall = (edge * MM for edge in box_mm)
    return f"{left:.2f} {height - top - tall:.2f} {wide:.2f} {tall:.2f}"


def _rule_box(rule: Rule) -> Box:
    (left, top), (right, bottom) = rule.from_mm, rule.to_mm
    weight = rule.weight_pt / MM
    return left, top, max(right - left, weight), max(bottom - top, weight)


def _placed_art(drawing: Drawing, box_mm: Box, colour: str, height: float) -> str:
    left, top, wide, tall = (edge * MM for edge in box_mm)
    scale = min(wide / drawing.width, tall / drawing.height)
    return f"q {scale:.5f} 0 0 {-scale:.5f} {left:.2f} {height - top:.2f} cm {colour} {drawing.path} f Q"
