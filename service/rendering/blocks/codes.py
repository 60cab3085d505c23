"""Machine-readable codes as marks: Code128 as bars, QR as a one-bit image, both black on a white ground of their own.

Code128 by table (ISO/IEC 15417), digits in pairs; QR by `qr.py`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from service.errors import DoesNotFit, GlyphMissing
from service.rendering.blocks.pieces import MM
from service.rendering.blocks.qr import QUIET_MODULES, qr_image
from service.rendering.type.characters import named
from service.rendering.type.typesetting import Mark

QR_QUIET_MODULES, CODE128_QUIET_MODULES = QUIET_MODULES, 10
_MODULES_A_VALUE, _MODULES_AT_END = 11, 2  # the stop ends with a bar more
_DOT = 72 / 150

# Widths of bar and space in turn, for the values 0 to 106 (the last is stop).
_WIDTHS = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112"
)
_PATTERNS = [tuple(map(int, widths)) for widths in _WIDTHS.split()]
_TO_C, _TO_B, _START_B, _START_C, _STOP = 99, 100, 104, 105, 106
_DIGIT_PAIRS = re.compile(r"(?:[0-9]{2}){2,}")  # from four digits on, pairs are shorter


@dataclass(frozen=True, slots=True)
class Symbol:
    """A code in units of one module: the size of its dark part, and operators that draw it, quiet zone included.

    The operators expect a matrix that maps one module to its width and, for bars, the symbol's height to 1.
    """

    modules: int
    operators: str
    is_bars: bool


def code128(text: str) -> Symbol:
    """`text` as Code128; raises GlyphMissing for what is not printable ASCII."""
    for character in text:
        if not " " <= character <= "~":
            raise GlyphMissing(f"Code128 has no {named(character)}")
    values = _values(text)
    bars = " ".join(map(_bars, values, range(0, _MODULES_A_VALUE * len(values), _MODULES_A_VALUE)))
    width, quiet = _MODULES_A_VALUE * len(values) + _MODULES_AT_END, CODE128_QUIET_MODULES
    return Symbol(width, f"1 g {-quiet} 0 {width + 2 * quiet} 1 re f 0 g {bars} f", is_bars=True)


def qr(text: str) -> Symbol:
    """`text` as a QR code; raises GlyphMissing for what UTF-8 can't hold."""
    try:
        content = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise GlyphMissing(f"a QR code has no {named(text[error.start])}") from None
    image = qr_image(content)
    side = image.modules + 2 * QR_QUIET_MODULES
    ground = f"1 g {-QR_QUIET_MODULES} {-QR_QUIET_MODULES} {side} {side} re f 0 g"
    place = f"{side} 0 0 {side} {-QR_QUIET_MODULES} {-QR_QUIET_MODULES} cm"
    mask = f"BI /W {side} /H {side} /IM true /F /AHx ID {image.pixels}> EI"  # a mask: readers don't smooth it
    return Symbol(image.modules, f"{ground} {place} {mask}", is_bars=False)


def widest_module(symbol: Symbol, modules_mm: Sequence[float], width: float, height: float) -> float:
    """The first of `modules_mm` at which the symbol is no larger than `width` and `height`; all but these in points."""
    side = min(width, width if symbol.is_bars else height)
    for module in modules_mm:
        if symbol.modules * module * MM <= side:
            return module * MM
    raise DoesNotFit("the code has more modules than its box has room for")


def symbol_mark(symbol: Symbol, module: float, left: float, height: float) -> Mark:
    """The symbol with modules of that width; a QR code is as high as it is wide, bars are of that height.

    It begins on a whole dot of 150 dpi, so that modules of whole dots have sharp edges.
    """
    rise = height if symbol.is_bars else module
    return Mark(left - left % _DOT, height, f"q {module:.5f} 0 0 {rise:.5f} ", f" cm {symbol.operators} Q")


@lru_cache(maxsize=4096)
def _bars(value: int, left: int) -> str:
    """The bars of one of a symbol's values."""
    bars, x = [], left
    for place, width in enumerate(_PATTERNS[value]):
        if place % 2 == 0:
            bars.append(f"{x} 0 {width} 1 re")
        x += width
    return " ".join(bars)


def _values(text: str) -> list[int]:
    """The symbol's values with start, check and stop: code set C for runs of digits, B for the rest."""
    values: list[int] = [] if text else [_START_B]
    for stretch in _stretches(text):
        if _DIGIT_PAIRS.fullmatch(stretch):
            values.append(_TO_C if values else _START_C)
            values.extend(int(stretch[place : place + 2]) for place in range(0, len(stretch), 2))
        else:
            values.append(_TO_B if values else _START_B)
            values.extend(ord(character) - 32 for character in stretch)
    check = (values[0] + sum(place * value for place, value in enumerate(values))) % 103
    return [*values, check, _STOP]


def _stretches(text: str) -> list[str]:
    """`text` cut into runs of digit pairs and what stands between them."""
    stretches: list[str] = []
    start = 0
    for found in _DIGIT_PAIRS.finditer(text):
        stretches.extend((text[start : found.start()], found[0]))
        start = found.end()
    return [stretch for stretch in (*stretches, text[start:]) if stretch]
