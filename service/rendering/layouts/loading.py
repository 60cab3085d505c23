"""Layouts: `layouts/NAME/layout.toml` read, checked as a whole and made ready to draw.

Every fault of the file raises ConfigInvalid with file, line and key, all of them at once. What is made ready here is
made once: fonts are subset, art becomes objects, fixed parts (fields of colour, rules, art) become operators.
"""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.config import key_name, line_of_key, read_text, read_toml, validated
from service.errors import ConfigInvalid
from service.model import PictureSize
from service.rendering.art.artwork import Art
from service.rendering.blocks.pages import PAGE_KINDS, PageKind, Room
from service.rendering.blocks.pieces import MM
from service.rendering.layout_file import SIZES_MM, STANDARD_COLOURS, Font, LayoutFile, TypeStyle
from service.rendering.layout_frames import Frame
from service.rendering.layouts.arts import read_arts, stand_ins
from service.rendering.layouts.check import Fault, faults_of_frames, faults_of_names, slots_above
from service.rendering.layouts.fixed_parts import fixed_operators
from service.rendering.layouts.flowing import faults_of_flowing
from service.rendering.layouts.idle import idle_keys
from service.rendering.layouts.picture_sizes import picture_sizes
from service.rendering.layouts.places import faults_of_places
from service.rendering.layouts.reading import faults_of_reading
from service.rendering.pdf.document import Picture
from service.rendering.type.faces import Face, FaceUnusable
from service.rendering.type.scripts import Scripts
from service.rendering.type.styles import Style, style_of

__all__ = ["Layout", "LayoutFile", "load_layout", "read_layout_file"]

FILE = "layout.toml"
_CHECKS = (faults_of_names, faults_of_frames, idle_keys, faults_of_places, faults_of_flowing, faults_of_reading)


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout ready to draw.

    `frames` are by their slots in the order in which they are set: anchored ones after those that they stay below, then
    flowing ones as they flow. `fixed` are the operators of the fixed parts of each kind of page, `stand_ins` the art
    for missing pictures by its file, `pictures` all art by its resource name. `picture_sizes` are those of
    the library's pictures, by slot.
    """

    file: LayoutFile
    size: tuple[float, float]
    styles: Mapping[str, Style]
    inks: Mapping[str, str]
    frames: Mapping[str, Frame]
    room: Room
    fixed: Mapping[PageKind, str]
    stand_ins: Mapping[str, Art]
    pictures: Mapping[str, Picture]
    picture_sizes: Mapping[str, PictureSize]
    scripts: Scripts


def load_layout(folder: Path) -> Layout:
    """The layout in `folder`; raises ConfigInvalid with file, line and key for every fault."""
    file = read_layout_file(folder)
    faults: list[Fault] = []
    faces = _read_faces(folder, file, faults)
    arts = read_arts(folder, file, faults)
    _refuse(folder / FILE, faults)

    inks = {name: ink(colour) for name, colour in (STANDARD_COLOURS | file.colours).items()}
    flow = file.flow
    return Layout(
        file=file,
        size=(SIZES_MM[file.sheet.size][0] * MM, SIZES_MM[file.sheet.size][1] * MM),
        styles={name: _style(style, faces, inks) for name, style in file.styles.items()},
        inks=inks,
        frames={frame.slot: frame for frame in _in_order(file)},
        room=Room(flow.top_mm * MM, flow.top_following_mm * MM, flow.bottom_mm * MM, flow.bottom_last_mm * MM),
        fixed={kind: fixed_operators(file, arts, inks, kind) for kind in PAGE_KINDS},
        stand_ins=stand_ins(file, arts),
        pictures={art.picture.name: art.picture for art in arts.values()},
        picture_sizes=picture_sizes(file),
        scripts=Scripts([face.path for face in faces.values()]),
    )


def read_layout_file(folder: Path) -> LayoutFile:
    """layout.toml of `folder`, checked but for its fonts and art; raises ConfigInvalid as load_layout does."""
    path = folder / FILE
    file = validated(LayoutFile, read_toml(path), path)
    _refuse(path, [fault for faults_of in _CHECKS for fault in faults_of(file)])
    return file


def ink(colour: str) -> str:
    """The operator that fills with #RRGGBB; a grey is printed in black alone."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return f"{red:.3g} g" if red == green == blue else f"{red:.3g} {green:.3g} {blue:.3g} rg"


def _in_order(file: LayoutFile) -> list[Frame]:
    anchored = [frame for frame in file.frames if frame.box_mm]
    flowing = [frame for frame in file.frames if frame.column_mm]
    anchored.sort(key=lambda frame: len(slots_above(file, frame)))
    flowing.sort(key=lambda frame: file.flow.order.index(frame.slot))
    return [*anchored, *flowing]


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


def _style(style: TypeStyle, faces: Mapping[str, Face], inks: Mapping[str, str]) -> Style:
    return style_of(
        faces[style.font],
        style.size_pt,
        style.leading_pt,
        ink=inks[style.colour],
        tracking=style.tracking * style.size_pt / 1000,
        capitals=style.capitals,
        balanced=style.balanced,
        hyphenated=style.hyphenated,
    )
