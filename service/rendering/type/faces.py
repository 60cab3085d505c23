"""Typefaces: one static 8-bit code page per face, subset once when the layout is read and embedded as it is in notes.

The code page holds the languages of Latin Europe and leaves the codes of ( ) \\ CR LF and NUL empty, so encoded text
can stand between the parentheses of a PDF string without any escaping. What it lacks is set by `scripts.py`.
Spaces other than the plain one are the plain one, widened or narrowed. Text is kerned, pair by pair, but for figures:
they are tabular where the face has such, and stand in columns. The soft hyphen is drawn as a hyphen.
"""

import codecs
import hashlib
import io
import logging
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

import uharfbuzz
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, TTLibError
from reportlab.pdfbase.ttfonts import TTFError, TTFontFace

from service.rendering.pdf.document import EmbeddedFont, stream, to_unicode
from service.rendering.type.hyphenation import HYPHEN

logging.getLogger("fontTools").setLevel(logging.CRITICAL)  # it tells on stderr what it leaves out of a subset

_LATIN_1 = "".join(map(chr, range(0xA1, 0x100))).translate({ord(c): None for c in "\u00ad¤¦¨¬¯±´µ¶¸"})
_PUNCTUATION = "€–—‘’‚“”„•…‹›™−" + HYPHEN
_LETTERS = "ŒœŸĄąĆćĘęŁłŃńŚśŹźŻżČčĎďĚěŇňŘřŠšŤťŮůŽžŐőŰűĞğİıŞşĂăȘșȚțĐđ"
LATIN = "".join(map(chr, range(0x21, 0x7F))) + _LATIN_1 + _LETTERS + _PUNCTUATION

_SPACES_EM = {
    "\u00a0": None,  # as wide as the plain space
    "\u2002": 1 / 2,
    "\u2003": 1,
    "\u2004": 1 / 3,
    "\u2005": 1 / 4,
    "\u2006": 1 / 6,
    "\u2007": None,
    "\u2008": None,
    "\u2009": 1 / 5,
    "\u200a": 1 / 10,
    "\u202f": 1 / 6,
    "\u3000": 1,
}
_SPACE = 0x20
_FIGURES = "0123456789"
_UNKERNED = frozenset((*_FIGURES, " ", *_SPACES_EM))
_FORBIDDEN = frozenset((0x00, 0x0A, 0x0D, 0x28, 0x29, 0x5C, _SPACE))
# What fontTools and reportlab raise on files that are not as they should be
_BROKEN = (
    TTLibError,
    TTFError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,  # a web font in a packing that needs more than is installed
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
_EMPTY = "\ufffe"  # codecs' mark of a code without a character


class FaceUnusable(Exception):
    """A font file that can't be embedded, or isn't one; the text says why."""


@dataclass(frozen=True, slots=True)
class SetText:
    """A text in one face: how wide it runs in em, kerned, and the operand and operator that show it (as Latin-1)."""

    width_em: float
    shown: str


class Face:
    """One typeface of a layout, ready to embed and to set text of its code page."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        try:
            outlines, source = _plain_outlines(path)
            code_page = _code_page(source)
            self._widths = _widths(outlines, code_page)
            self.cap_height = _cap_height(source) / source["head"].unitsPerEm
            self.embedded = _embedded(outlines, code_page, self._widths)
        except (OSError, *_BROKEN) as error:
            why = "it is missing, damaged or of another kind"
            raise FaceUnusable(f"{path.name} can't be read as a font: {why}") from error
        codes = {character: code for code, character in _texts(code_page).items()}
        codes |= dict.fromkeys(_SPACES_EM, _SPACE)
        self._encoding = {ord(character): code for character, code in codes.items()}
        self._pairs: dict[tuple[str, str], int] = {}
        self.set = lru_cache(maxsize=8192)(self._set)

    def _set(self, text: str) -> SetText | None:
        """`text` set; None if a character of it isn't on the code page."""
        try:
            codes = codecs.charmap_encode(text, "strict", self._encoding)[0]
        except UnicodeEncodeError:
            return None
        encoded = codes.decode("latin-1")
        width = sum(map(self._widths.__getitem__, codes))
        try:
            apart = list(map(self._pairs.__getitem__, pairwise(text)))
        except KeyError:
            apart = [self._pair(*pair) for pair in pairwise(text)]
        if not any(apart):
            return SetText(width / 1000, f"({encoded})Tj")
        parts, start = [], 0
        for place, move in enumerate(apart, 1):
            if move:
                parts.append(f"({encoded[start:place]}){-move}")
                start = place
        return SetText((width + sum(apart)) / 1000, f"[{''.join(parts)}({encoded[start:]})]TJ")

    def _pair(self, first: str, second: str) -> int:
        """How much further apart two neighbours stand than their widths say; measured once and then known."""
        if (first, second) not in self._pairs:
            em = _SPACES_EM.get(first)
            if em is not None:
                apart = round(1000 * em) - self._widths[_SPACE]
            elif {first, second} & _UNKERNED:
                apart = 0
            else:
                apart = self._kerning(_drawn_as(first), _drawn_as(second))
            self._pairs[first, second] = apart
        return self._pairs[first, second]

    @cached_property
    def _shaper(self) -> uharfbuzz.Font:
        return uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(self.path))))

    def _kerning(self, first: str, second: str) -> int:
        buffer = uharfbuzz.Buffer()
        buffer.add_str(first + second)
        buffer.guess_segment_properties()
        uharfbuzz.shape(self._shaper, buffer, {"kern": True, "liga": False, "clig": False, "calt": False})
        advance: float = sum(place.x_advance for place in buffer.glyph_positions) * 1000 / self._shaper.face.upem
        codes = codecs.charmap_encode(first + second, "strict", self._encoding)[0]
        return round(advance) - sum(self._widths[code] for code in codes)


def _plain_outlines(path: Path) -> tuple[TTFontFace, TTFont]:
    """The face with the code page's glyphs and without hints and tables of layout; and the face as it came."""
    content = path.read_bytes()
    source = TTFont(io.BytesIO(content), lazy=True, recalcTimestamp=False)
    if "glyf" not in source:
        raise FaceUnusable(f"{path.name} has no TrueType outlines, and only those can be embedded")
    options = Options(hinting=False, layout_features=[], notdef_outline=True, recalc_timestamp=False)
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "kern"]
    subsetter = Subsetter(options)
    subsetter.populate(text=LATIN + " ")
    plain = TTFont(io.BytesIO(content), lazy=True, recalcTimestamp=False)
    _take_tabular_figures(plain, content)
    subsetter.subset(plain)
    file = io.BytesIO()
    plain.save(file)
    file.seek(0)
    return TTFontFace(file), source


def _take_tabular_figures(face: TTFont, content: bytes) -> None:
    """Let the figures' codes mean the glyphs of one width that a face with figures of several widths has besides."""
    shaper = uharfbuzz.Font(uharfbuzz.Face(content))
    buffer = uharfbuzz.Buffer()
    buffer.add_str(_FIGURES)
    buffer.guess_segment_properties()
    uharfbuzz.shape(shaper, buffer, {"tnum": True, "kern": False})
    found = zip(_FIGURES, buffer.glyph_infos, strict=True)
    glyphs = {ord(figure): face.getGlyphName(info.codepoint) for figure, info in found if info.codepoint}
    for table in face["cmap"].tables:
        if table.isUnicode():
            table.cmap.update(glyphs)


def _code_page(source: TTFont) -> str:
    """256 characters: those of LATIN that the face has, ASCII at its own codes where these are free."""
    present = [character for character in LATIN if ord(_drawn_as(character)) in source.getBestCmap()]
    page = [_EMPTY] * 256
    page[_SPACE] = " "
    elsewhere = []
    for character in present:
        code = ord(character)
        if code < 0x7F and code not in _FORBIDDEN:
            page[code] = character
        else:
            elsewhere.append(character)
    free = [code for code, character in enumerate(page) if character == _EMPTY and code not in _FORBIDDEN]
    for code, character in zip(free, elsewhere, strict=False):
        page[code] = character
    return "".join(page)


def _cap_height(source: TTFont) -> int:
    """The height of the capitals in units of the face; old faces don't name it, but have an H."""
    named: int = getattr(source["OS/2"], "sCapHeight", 0)
    return named or source["glyf"][source.getBestCmap()[ord("H")]].yMax


def _drawn_as(character: str) -> str:
    return "-" if character == HYPHEN else character


def _widths(outlines: TTFontFace, code_page: str) -> list[int]:
    """The advance of each code, in thousandths of an em."""
    return [0 if glyph == _EMPTY else round(outlines.getCharWidth(ord(glyph))) for glyph in map(_drawn_as, code_page)]


def _embedded(outlines: TTFontFace, code_page: str, widths: list[int]) -> EmbeddedFont:
    subset = outlines.makeSubset([0 if glyph == _EMPTY else ord(glyph) for glyph in map(_drawn_as, code_page)])
    tag = "".join(chr(65 + byte % 26) for byte in hashlib.sha256(subset).digest()[:6])
    name = f"{tag}+{bytes(outlines.name).decode('latin-1')}".encode("latin-1")
    symbolic = outlines.flags & ~32 | 4
    box = b" ".join(b"%d" % round(edge) for edge in outlines.bbox)
    return EmbeddedFont(
        file=stream(b"/Filter /FlateDecode /Length1 %d" % len(subset), zlib.compress(subset, 9)),
        unicode=stream(b"/Filter /FlateDecode", zlib.compress(to_unicode(_texts(code_page)), 9)),
        descriptor=b"<< /Type /FontDescriptor /FontName /%s /Flags %d /FontBBox [%s] /ItalicAngle %d /Ascent %d "
        b"/Descent %d /CapHeight %d /StemV %d /FontFile2 "
        % (
            *(name, symbolic, box, outlines.italicAngle, outlines.ascent, outlines.descent),
            *(outlines.capHeight, outlines.stemV),
        ),
        font=b"<< /Type /Font /Subtype /TrueType /BaseFont /%s /FirstChar 0 /LastChar 255 /Widths [%s] "
        % (name, b" ".join(b"%d" % width for width in widths)),
    )


def _texts(code_page: str) -> dict[int, str]:
    return {code: character for code, character in enumerate(code_page) if character != _EMPTY}
