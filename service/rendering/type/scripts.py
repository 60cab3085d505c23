"""Text beyond the code page of a face: any script for which the machine has a font.

A line is cut into runs by direction (Unicode bidi) and font, and each run is shaped by harfbuzz; `drawn.py` puts the
glyphs into the note. The face of the type style comes first, then the other faces of the layout, then the fonts of the
machine. A character that none has raises GlyphMissing, naming it and nothing else.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from pathlib import Path

import uharfbuzz
from bidi import algorithm

from service.errors import GlyphMissing
from service.rendering.pdf.outlines import Outline, OutlinePen
from service.rendering.type.characters import JOINERS, named
from service.rendering.type.hyphenation import HYPHEN

FONT_FOLDERS = tuple(
    Path("/usr/share/fonts") / folder
    for folder in (
        *("truetype/noto", "opentype/noto", "truetype/dejavu", "truetype/droid", "truetype/wqy", "truetype/nanum"),
        "truetype/ancient-scripts",  # Symbola, which has emoji as outlines
    )
)
_COLOURS_OF_EMOJI = "\u20e3\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"  # black outlines have no such
_DRAWN_AS = str.maketrans({HYPHEN: "-"} | dict.fromkeys(_COLOURS_OF_EMOJI, ""))
_OTHER_CUTS = ("bold", "italic", "oblique", "light", "thin", "black", "medium", "condensed", "mono", "math")
_PLAINEST = ("NotoSans", "DejaVuSans")


@dataclass(frozen=True, slots=True)
class Glyph:
    """A shape to draw, in thousandths of an em. `text` is what it stands for; empty if the glyph before it says so."""

    outline: Outline
    text: str
    width: int
    x: int
    y: int
    advance: int


@dataclass(frozen=True, slots=True)
class ShapedText:
    """A line as glyphs from left to right. `text` is what they show, without what has no glyph of its own."""

    text: str
    glyphs: tuple[Glyph, ...]

    @property
    def says_itself(self) -> bool:
        """True if the glyphs, read one by one, are the text; glyphs from right to left are for readers to turn."""
        return all(glyph.text for glyph in self.glyphs)

    @property
    def width_em(self) -> float:
        """How wide the line runs."""
        return sum(glyph.advance for glyph in self.glyphs) / 1000


class Scripts:
    """The fonts that help out, opened when a character first needs them."""

    def __init__(self, faces: Sequence[Path], folders: Sequence[Path] = FONT_FOLDERS) -> None:
        self.paths = (*faces, *(path for folder in folders for path in _upright_fonts(folder)))
        self._fonts: dict[Path, _OutlineFont] = {}
        self.shaped = lru_cache(maxsize=2048)(self._shaped)

    def _shaped(self, line: str, first: Path) -> ShapedText:
        glyphs: list[Glyph] = []
        shown = line.translate(_DRAWN_AS)
        for font, level, characters in _in_visual_order(self._runs(shown, first)):
            glyphs.extend(font.glyphs(characters, rightward=level % 2 == 0))
        return ShapedText(shown, tuple(glyphs))

    def _runs(self, line: str, first: Path) -> "list[_Run]":
        fonts: list[_OutlineFont] = []
        levels = _levels(line)
        for character in line:
            joins = fonts and (unicodedata.category(character)[0] in "MZC") and fonts[-1].draws(character)
            fonts.append(fonts[-1] if joins else self._font_for(character, first))
        found = zip(fonts, levels, line, strict=True)
        return [
            (font, level, "".join(character for _, _, character in run))
            for (font, level), run in groupby(found, key=lambda one: one[:2])
        ]

    def _font_for(self, character: str, first: Path) -> "_OutlineFont":
        for path in (first, *self.paths):
            if path not in self._fonts:
                self._fonts[path] = _OutlineFont(path)
            if self._fonts[path].draws(character):
                return self._fonts[path]
        raise GlyphMissing(f"no font has {named(character)}")


class _OutlineFont:
    """A font of which single glyphs are drawn."""

    def __init__(self, path: Path) -> None:
        self._font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path))))
        self._scale = 1000 / self._font.face.upem
        self._outline = lru_cache(maxsize=4096)(self._drawn)
        self.draws = lru_cache(maxsize=4096)(self._draws)

    def glyphs(self, characters: str, *, rightward: bool) -> list[Glyph]:
        """A run of one direction, shaped, from left to right."""
        buffer = uharfbuzz.Buffer()
        buffer.add_str(characters)
        buffer.guess_segment_properties()
        buffer.direction = "ltr" if rightward else "rtl"
        uharfbuzz.shape(self._font, buffer)
        texts = _texts_of_clusters(characters, [found.cluster for found in buffer.glyph_infos])
        glyphs = []
        for found, place, text in zip(buffer.glyph_infos, buffer.glyph_positions, texts, strict=True):
            if found.codepoint == 0:
                raise GlyphMissing(f"no font has {named(characters[found.cluster])}")
            width = self._font.get_glyph_h_advance(found.codepoint)
            measures = (width, place.x_offset, place.y_offset, place.x_advance)
            glyphs.append(Glyph(self._outline(found.codepoint), text, *(round(n * self._scale) for n in measures)))
        return glyphs

    def _draws(self, character: str) -> bool:
        """True if the font has the character, and ink for it if it is one that shows; colour pictures have none."""
        glyph = self._font.get_nominal_glyph(ord(character))
        if not glyph:
            return False
        return character.isspace() or character in JOINERS or character == "\u2800" or bool(self._outline(glyph).path)

    def _drawn(self, glyph: int) -> Outline:
        pen = OutlinePen(self._scale)
        self._font.draw_glyph_with_pen(glyph, pen)
        return pen.outline


def _texts_of_clusters(characters: str, clusters: Sequence[int]) -> list[str]:
    """What each glyph stands for: the first of a cluster for its characters, the others for nothing."""
    starts = sorted({*clusters, len(characters)})
    texts = {start: characters[start:end] for start, end in pairwise(starts)}
    return [texts.pop(cluster, "") for cluster in clusters]


_Run = tuple[_OutlineFont, int, str]


def _upright_fonts(folder: Path) -> list[Path]:
    """The fonts of a folder in their upright cuts, the plain sans serifs first."""
    files = [path for path in folder.glob("*.[to]t[fc]") if not any(cut in path.stem.lower() for cut in _OTHER_CUTS)]
    return sorted(files, key=lambda path: (not path.stem.startswith(_PLAINEST), path.stem))


def _levels(line: str) -> list[int]:
    """The bidi embedding level of each character; the first strong one sets the line's direction."""
    if not any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in line):
        return [0] * len(line)
    base = algorithm.get_base_level(line)
    storage = algorithm.get_empty_storage()
    storage.update(base_level=base, base_dir=("L", "R")[base])
    algorithm.get_embedding_levels(line, storage)
    algorithm.explicit_embed_and_overrides(storage)  # rule X9: joiners fall out here
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, False)  # noqa: FBT003  # the library's debug flag
    algorithm.resolve_implicit_levels(storage, False)  # noqa: FBT003
    resolved = (one["level"] for one in storage["chars"])
    levels: list[int] = []
    for character in line:
        joins = character in JOINERS
        levels.append(next(resolved) if not joins else levels[-1] if levels else base)
    return levels


def _in_visual_order(runs: list[_Run]) -> list[_Run]:
    """Rule L2 of the bidi algorithm: from the highest level down, each stretch of at least that level is reversed."""
    ordered = list(runs)
    for level in range(max((run[1] for run in runs), default=0), 0, -1):
        turned: list[_Run] = []
        for deep, found in groupby(ordered, key=lambda run: run[1] >= level):
            stretch = list(found)
            turned.extend(reversed(stretch) if deep else stretch)
        ordered = turned
    return ordered
