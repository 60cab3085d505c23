"""Codes: the same symbols as the libraries', only sooner."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import QRData
from reportlab.graphics.barcode.code128 import Code128

from service.errors import GlyphMissing
from service.rendering.blocks.codes import code128, qr
from service.rendering.blocks.qr import MASK, QUIET_MODULES, qr_image


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=130))
def test_qr_symbols_are_those_of_the_library(content: bytes) -> None:
    code = QRCode(error_correction=ERROR_CORRECT_M, border=0, mask_pattern=MASK)
    code.add_data(QRData(content, mode=4), optimize=0)
    code.make(fit=True)

    image = qr_image(content)
    side = image.modules + 2 * QUIET_MODULES
    width = (side + 7) // 8 * 8
    light = f"{int(image.pixels, 16):0{side * width}b}"
    rows = [light[start : start + width] for start in range(0, side * width, width)]
    quiet = ["1" * width] * QUIET_MODULES
    symbol = ["".join("0" if dark else "1" for dark in row) for row in code.modules]

    assert side * width == 4 * len(image.pixels)
    assert [*quiet, *(f"{'1' * QUIET_MODULES}{row}".ljust(width, "1") for row in symbol), *quiet] == rows


@settings(max_examples=60, deadline=None)
@given(st.from_regex(r"[0-9A-Z]{4,16}-[0-9]{1,2}-r[0-9]", fullmatch=True))
def test_note_ids_are_no_wider_than_reportlab_makes_them(text: str) -> None:
    library = Code128(text, quiet=0, barWidth=1)
    library.validate()
    library.encode()
    library.decompose()
    library.computeSize()

    assert code128(text).modules <= round(library.width)


@pytest.mark.parametrize(("text", "modules"), [("A", 46), ("12345678", 79), ("509217-1-r1", 134)])
def test_code128_packs_digits_in_pairs(text: str, modules: int) -> None:
    """Start, one symbol of 11 modules for each letter or pair of digits, check, and stop with 13."""
    assert modules == code128(text).modules


def test_code128_takes_ascii_and_nothing_else() -> None:
    with pytest.raises(GlyphMissing, match=r"U\+00E9"):
        code128("é")


def test_quiet_zones_are_part_of_the_symbol() -> None:
    assert code128("509217").operators.startswith("1 g -10 0 ")
    assert "41 0 0 41 -4 -4 cm" in qr("https://amber-home.example/f/509217-1-r1?l=de").operators
