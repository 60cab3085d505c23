"""What becomes of an original: refused with a sentence, or a print-ready picture that looks right."""

import os
import pickle
import random
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps, ImageStat

from service.imagery.preparing.derivatives import Derivative, Limits, PictureRefused, derivatives, read_original
from service.model import PictureSize
from tests.originals import (
    BLUE,
    GREEN,
    LIMITS,
    RED,
    SQUARE,
    YELLOW,
    alike,
    chunk,
    colour_at,
    grey_profile,
    ink_profile,
    middle,
    oriented,
    png_of,
    prepared,
    quarters,
    saved,
    shown,
    swapped_profile,
)

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
PLAIN_RED = Image.new("RGB", (20, 20), RED)


def refusal(content: bytes, limits: Limits = LIMITS) -> PictureRefused:
    with pytest.raises(PictureRefused) as caught:
        derivatives(content, [SQUARE], limits)
    return caught.value


# What is read, and what is refused -----------------------------------------------------------------------------------


def test_a_picture_is_known_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    for number, kind in enumerate(("JPEG", "PNG", "WEBP")):
        path = tmp_path / f"P{number}.gif"
        path.write_bytes(saved(PLAIN_RED, kind))

        assert alike(RED, middle(read_original(path, LIMITS)))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (saved(PLAIN_RED, "GIF"), "a GIF"),
        (saved(PLAIN_RED, "TIFF"), "a TIFF"),
        (saved(PLAIN_RED, "BMP"), "a BMP"),
        (saved(PLAIN_RED, "PDF"), "a PDF"),
        (saved(PLAIN_RED, "EPS"), "an EPS"),
        (saved(PLAIN_RED, "ICO"), "an icon"),
        (saved(PLAIN_RED, "AVIF"), "an AVIF"),
        (saved(PLAIN_RED, "JPEG2000"), "a JPEG 2000"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "a HEIF"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isom", "a film"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG"),
        (b"<!DOCTYPE html><title>404</title>", "a web page"),
        (b"8BPS\0\1", "a Photoshop document"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"\0\x05\x16\x07\0\x02\0\0Mac OS X", "a companion file"),
        (b"just some words", "neither JPEG, PNG nor WebP"),
    ],
)
def test_another_format_is_refused_by_its_name_with_a_remedy(content: bytes, name: str) -> None:
    refused = refusal(content)

    assert "unknown-format" == refused.code
    assert name in refused.what
    assert ": " in refused.what


@pytest.mark.parametrize("content", [b"", bytes(4096)])
def test_an_empty_file_is_no_picture(content: bytes) -> None:
    assert "not-a-picture" == refusal(content).code


def test_a_folder_that_has_become_a_link_since_it_was_looked_into_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "X.png").write_bytes(saved(PLAIN_RED, "PNG"))
    (tmp_path / "folder").symlink_to("elsewhere")
    with pytest.raises(PictureRefused, match="leads through a link") as caught:
        read_original(tmp_path / "folder" / "X.png", LIMITS)
    assert "no-regular-file" == caught.value.code


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"progressive": True}])
def test_a_jpeg_whose_end_is_zeros_is_refused_as_cut_short(options: dict[str, bool], part: float) -> None:
    """As a copy under way leaves it on a disk that gave it all its room at once."""
    content = saved(_noise(600, 400), "JPEG", **options)
    whole = int(len(content) * part)
    assert "cut-short" == refusal(content[:whole] + bytes(len(content) - whole)).code


@pytest.mark.parametrize(("kind", "options"), [("JPEG", {}), ("JPEG", {"optimize": True}), ("WEBP", {})])
def test_a_large_plain_picture_is_whole_though_it_packs_to_zeros(kind: str, options: dict[str, bool]) -> None:
    assert prepared(saved(Image.new("RGB", (1900, 2000), "white"), kind, **options))


def test_what_follows_a_whole_jpeg_does_not_matter() -> None:
    content = saved(quarters(), "JPEG")
    for trailer in (b"motion \xff\xda photo", content[:200], bytes(2000)):
        assert prepared(content + trailer)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_a_file_that_ends_too_early_is_refused_as_cut_short(kind: str, part: float) -> None:
    content = saved(_noise(200, 200), kind)

    assert "cut-short" == refusal(content[: int(len(content) * part)]).code


def test_a_damaged_file_is_refused_as_broken() -> None:
    noise = bytearray(saved(_noise(200, 200), "PNG"))
    noise[len(noise) // 2] ^= 255
    webp = bytearray(saved(_noise(200, 200), "WEBP", lossless=True))
    webp[21:400] = bytes(379)
    jpeg = saved(PLAIN_RED, "JPEG").replace(b"\xff\xdb", b"\xff\xfe")  # its quantization tables are comments now

    assert ["broken"] * 3 == [refusal(bytes(content)).code for content in (noise, webp, jpeg)]


def test_a_png_that_was_transferred_as_text_is_refused_as_broken() -> None:
    refused = refusal(saved(PLAIN_RED, "PNG").replace(b"\r\n", b"\n"))

    assert "broken" == refused.code
    assert "transfer" in refused.what


def test_too_many_pixels_are_refused_before_any_is_decoded() -> None:
    huge = [
        png_of((60000, 60000), 8, 2, b"\0"),
        saved(PLAIN_RED, "JPEG").replace(struct.pack(">HH", 20, 20), struct.pack(">HH", 60000, 60000)),
        _webp_with_canvas(16000, 16000),
        saved(Image.new("L", (2001, 2000)), "PNG"),
    ]

    assert ["too-many-pixels"] * 4 == [refusal(content).code for content in huge]


def test_a_second_header_in_a_png_counts_for_nothing() -> None:
    second = (b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0))

    assert alike((119,) * 3, middle(png_of((8, 8), 8, 0, b"\x77" * 8, second)))


def test_a_refusal_names_its_limit_and_crosses_to_another_worker() -> None:
    refused = refusal(png_of((60000, 60000), 8, 2, b"\0"))

    again = pickle.loads(pickle.dumps(refused))
    assert (refused.code, refused.what) == (again.code, again.what)
    assert "it has 60000 x 60000 pixels, more than 4 megapixels: make it smaller" == again.what


def test_what_is_no_regular_file_is_not_followed_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"1234")
    (tmp_path / "link").symlink_to(tmp_path / "picture")
    os.mkfifo(tmp_path / "pipe")
    codes = {}
    for name in ("link", "pipe", ".", "missing", "picture"):
        with pytest.raises(PictureRefused) as caught:
            read_original(tmp_path / name, Limits(max_bytes=3, max_pixels=1, quality=88))
        codes[name] = caught.value.code

    irregular = dict.fromkeys(("link", "pipe", "."), "no-regular-file")
    assert {**irregular, "missing": "unreadable", "picture": "too-large"} == codes


def test_a_file_of_exactly_the_largest_size_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"1234")

    assert b"1234" == read_original(tmp_path / "picture", Limits(max_bytes=4, max_pixels=1, quality=88))


def test_of_a_moving_picture_the_first_frame_is_printed() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in (RED, BLUE, GREEN)]
    for kind in ("PNG", "WEBP"):
        content = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=40)

        assert alike(RED, middle(content))


def test_nothing_but_a_refusal_comes_of_a_mutated_file() -> None:
    """Fifteen hundred damaged files, always the same ones; where it is a PNG, with checksums that fit the damage."""
    chance = random.Random(4)
    sizes = [PictureSize(16, 16), PictureSize(30, 10, is_cropped=True), PictureSize(20, 20, is_trimmed=True)]
    originals = list(_every_kind())
    outcomes = set()
    for _ in range(1500):
        content = _mutated(chance.choice(originals), chance)
        try:
            outcomes.add(len(derivatives(content, sizes, LIMITS)))
        except PictureRefused as refused:
            outcomes.add(refused.code)

    assert {3, "broken", "cut-short", "unknown-format", "too-many-pixels"} <= outcomes


# The right way up, and the right shape -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright_however_the_camera_was_held(kind: str, orientation: int) -> None:
    lying, exif = oriented(quarters(64, 32), orientation)

    derivative = prepared(saved(lying, kind, exif=exif), PictureSize(64, 64))

    assert (64, 32) == (derivative.width, derivative.height)
    picture = Image.open(BytesIO(derivative.content))
    corners = [colour_at(picture, across, down) for down in (0.25, 0.75) for across in (0.25, 0.75)]
    assert all(alike(expected, found, 12) for expected, found in zip((RED, GREEN, BLUE, YELLOW), corners, strict=True))


def test_a_lying_picture_is_cropped_as_it_stands() -> None:
    lying, exif = oriented(quarters(200, 400), 6)

    derivative = prepared(saved(lying, "JPEG", exif=exif), PictureSize(100, 50, is_cropped=True))

    assert (100, 50) == (derivative.width, derivative.height)
    assert alike(RED, colour_at(Image.open(BytesIO(derivative.content)), 0.25, 0.25), 12)


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"Exif\0\0nonsense" * 9])
def test_damaged_exif_counts_as_none(exif: bytes) -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        assert (64, 32) == shown(saved(quarters(), kind, exif=exif)).size


def test_an_orientation_that_does_not_exist_counts_as_none() -> None:
    _, exif = oriented(quarters(), 9)

    assert (64, 32) == shown(saved(quarters(), "JPEG", exif=exif)).size


def test_pixels_that_are_not_square_are_honoured() -> None:
    tall_pixels = png_of((20, 20), 8, 0, bytes(20), (b"pHYs", struct.pack(">IIB", 2, 1, 0)))
    wide_pixels = saved(quarters(20, 20), "JPEG", dpi=(100, 200))

    assert [(32, 64), (64, 32)] == [shown(content).size for content in (tall_pixels, wide_pixels)]


@pytest.mark.parametrize("density", [(0, 72), (72, 1), (300, 299)])
def test_a_density_that_can_only_be_a_mistake_is_not(density: tuple[int, int]) -> None:
    assert (64, 64) == shown(saved(quarters(20, 20), "JPEG", dpi=density)).size


# Colours -------------------------------------------------------------------------------------------------------------

ROW8 = bytes((200, 100, 50)) * 8
ROW16 = bytes((200, 7, 100, 250, 50, 128)) * 8
PALETTE = (b"PLTE", bytes((200, 100, 50, 10, 20, 30)))
ALPHA_ROW16 = bytes((200, 7, 100, 250, 50, 128, 255, 255)) * 8
EARTH, HALF_BLACK = (200, 100, 50), (127, 127, 127)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(png_of((8, 8), 1, 0, b"\xff"), WHITE, id="one bit, white"),
        pytest.param(png_of((8, 8), 1, 0, b"\0"), BLACK, id="one bit, black"),
        pytest.param(png_of((8, 8), 2, 0, b"\x55\x55"), (85,) * 3, id="two bits of grey"),
        pytest.param(png_of((8, 8), 4, 0, b"\x77" * 4), (119,) * 3, id="four bits of grey"),
        pytest.param(png_of((8, 8), 8, 0, b"\x77" * 8), (119,) * 3, id="eight bits of grey"),
        pytest.param(png_of((8, 8), 16, 0, b"\x77\xff" * 8), (119,) * 3, id="sixteen bits of grey"),
        pytest.param(png_of((8, 8), 8, 2, ROW8), EARTH, id="RGB"),
        pytest.param(png_of((8, 8), 16, 2, ROW16), EARTH, id="RGB of sixteen bits"),
        pytest.param(png_of((8, 8), 8, 3, bytes(8), PALETTE), EARTH, id="palette"),
        pytest.param(png_of((8, 8), 1, 3, b"\0", PALETTE), EARTH, id="palette of one bit"),
        pytest.param(png_of((8, 8), 8, 3, bytes(8), PALETTE, (b"tRNS", b"\0")), WHITE, id="palette, transparent"),
        pytest.param(png_of((8, 8), 8, 3, bytes(8), PALETTE, (b"tRNS", b"\xff\0")), EARTH, id="palette, another is"),
        pytest.param(png_of((8, 8), 8, 4, b"\0\x80" * 8), HALF_BLACK, id="grey and alpha"),
        pytest.param(png_of((8, 8), 16, 4, b"\0\0\x80\0" * 8), HALF_BLACK, id="grey and alpha of sixteen bits"),
        pytest.param(png_of((8, 8), 8, 6, b"\0\0\0\x80" * 8), HALF_BLACK, id="RGB and alpha"),
        pytest.param(png_of((8, 8), 16, 6, ALPHA_ROW16), EARTH, id="RGB and alpha of sixteen bits"),
        pytest.param(saved(Image.new("L", (8, 8), 119), "JPEG"), (119,) * 3, id="grey JPEG"),
        pytest.param(saved(Image.new("RGB", (8, 8), EARTH), "JPEG", progressive=True), EARTH, id="progressive JPEG"),
        pytest.param(saved(Image.new("RGBA", (8, 8), (*EARTH, 0)), "WEBP", exact=True), WHITE, id="transparent WebP"),
    ],
)
def test_every_kind_of_pixel_becomes_its_colour_on_white(content: bytes, expected: tuple[int, int, int]) -> None:
    assert alike(expected, middle(content), 4)


@pytest.mark.parametrize(
    ("depth", "colour_type", "row", "key", "is_paper"),
    [
        (1, 0, b"\xff", (1,), True),
        (2, 0, b"\x55\x55", (1,), True),
        (4, 0, b"\x77" * 4, (7,), True),
        (4, 0, b"\x77" * 4, (8,), False),
        (8, 0, b"\x77" * 8, (0x77,), True),
        (16, 0, b"\x77\x01" * 8, (0x7701,), True),
        (16, 0, b"\x77\x01" * 8, (0x7702,), False),
        (8, 2, ROW8, (200, 100, 50), True),
        (8, 2, ROW8, (200, 100, 51), False),
        (16, 2, ROW16, (200 * 256 + 7, 100 * 256 + 250, 50 * 256 + 128), True),
        (16, 2, ROW16, (200 * 256 + 7, 100 * 256 + 250, 50 * 256 + 129), False),
    ],
)
def test_the_transparent_colour_is_met_exactly_in_its_own_depth(
    depth: int, colour_type: int, row: bytes, key: tuple[int, ...], is_paper: bool
) -> None:
    keyed = png_of((8, 8), depth, colour_type, row, (b"tRNS", struct.pack(f">{len(key)}H", *key)))

    assert is_paper == alike(WHITE, middle(keyed), 2)


def test_the_colour_of_transparent_pixels_does_not_bleed_into_what_is_seen() -> None:
    picture = Image.new("RGBA", (900, 900), (255, 0, 255, 0))
    picture.paste((255, 255, 255, 255), (0, 0, 450, 900))
    for kind in ("PNG", "WEBP"):
        content = saved(picture, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {}))

        assert [(255, 255)] * 3 == list(shown(content).getextrema())


def test_ink_is_ink_in_all_four_ways_of_writing_it() -> None:
    """CMYK by Adobe's marker is stored as light, without it as ink; YCCK is CMY turned to luma and chroma."""
    inks = Image.new("CMYK", (16, 16), (0, 200, 200, 20))
    adobe = saved(inks, "JPEG", quality=98)
    as_light = Image.merge("CMYK", [ImageOps.invert(band) for band in inks.split()])
    plain = _without_adobe_marker(saved(as_light, "JPEG", quality=98))
    luma = Image.merge("RGB", inks.split()[:3]).convert("YCbCr").split()
    ycck = _as_ycck(saved(Image.merge("CMYK", [*map(ImageOps.invert, luma), inks.getchannel("K")]), "JPEG", quality=98))

    assert alike((235, 50, 50), middle(adobe))
    assert alike((235, 50, 50), middle(plain))
    assert alike((235, 50, 50), middle(ycck), 10)


def test_a_profile_of_inks_is_followed() -> None:
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    deep = saved(cyan, "JPEG", quality=98, icc_profile=ink_profile((110, 140, 60)))

    assert alike((0, 255, 255), middle(saved(cyan, "JPEG", quality=98)))
    assert alike((0, 103, 213), middle(deep), 12)


def test_a_profile_is_followed_in_every_format() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        content = saved(Image.new("RGB", (16, 16), (200, 50, 50)), kind, icc_profile=swapped_profile())

        red, green, blue = middle(content)
        assert green > 150 > red
        assert blue < 100


def test_a_profile_of_grey_is_followed() -> None:
    for kind in ("JPEG", "PNG"):
        content = saved(Image.new("L", (16, 16), 128), kind, icc_profile=grey_profile(1.0))

        assert alike((188,) * 3, middle(content), 3)


def test_a_profile_leaves_what_is_transparent_alone() -> None:
    picture = Image.new("RGBA", (16, 16), (200, 50, 50, 0))

    assert WHITE == middle(saved(picture, "PNG", icc_profile=swapped_profile()))


@pytest.mark.parametrize("profile", [b"no profile at all", swapped_profile()[:300], ink_profile((110, 140, 60))])
def test_a_profile_that_is_damaged_or_of_another_kind_counts_as_none(profile: bytes) -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        assert alike(RED, middle(saved(PLAIN_RED, kind, icc_profile=profile)))
    assert alike((99,) * 3, middle(saved(Image.new("L", (9, 9), 99), "JPEG", icc_profile=swapped_profile())))


@pytest.mark.parametrize("gamma", [0.35, 0.45455, 0.7, 1.0, 2.5])
def test_a_gamma_is_honoured_at_every_depth(gamma: float) -> None:
    """The same light, written with different gammas, is the same grey."""
    encoded = 0.25**gamma
    chunk_of_gamma = (b"gAMA", struct.pack(">I", round(gamma * 100_000)))
    eight = png_of((8, 8), 8, 0, bytes([round(encoded * 255)]) * 8, chunk_of_gamma)
    sixteen = png_of((8, 8), 16, 0, struct.pack(">H", round(encoded * 65535)) * 8, chunk_of_gamma)

    assert alike((136,) * 3, middle(eight), 3)
    assert alike((136,) * 3, middle(sixteen), 2)


@pytest.mark.parametrize("marker", [(b"sRGB", b"\0"), (b"iCCP", b"x\0\0" + zlib.compress(grey_profile(2.2)))])
def test_a_gamma_yields_to_what_says_more(marker: tuple[bytes, bytes]) -> None:
    linear = (b"gAMA", struct.pack(">I", 100_000))

    assert alike((136,) * 3, middle(png_of((8, 8), 8, 0, bytes([136]) * 8, linear, marker)), 4)


def test_a_chunk_that_the_picture_can_spare_counts_as_none_where_its_checksum_is_wrong() -> None:
    spoilt = bytearray(png_of((8, 8), 8, 0, bytes([136]) * 8, (b"gAMA", struct.pack(">I", 100_000))))
    spoilt[spoilt.index(b"gAMA") + 8] ^= 1

    assert alike((136,) * 3, middle(bytes(spoilt)), 2)


# Sizes ---------------------------------------------------------------------------------------------------------------

sides = st.integers(1, 90)


@settings(max_examples=60, deadline=None)
@given(original=st.tuples(sides, sides), room=st.tuples(sides, sides), is_trimmed=st.booleans())
def test_a_whole_picture_fills_its_room_on_one_side(
    original: tuple[int, int], room: tuple[int, int], is_trimmed: bool
) -> None:
    derivative = prepared(saved(Image.new("RGB", original, RED), "PNG"), PictureSize(*room, is_trimmed=is_trimmed))

    width, height = derivative.width, derivative.height
    exact = min(room[0] / original[0], room[1] / original[1])
    assert width == room[0] or height == room[1]
    assert (width, height) == pytest.approx((original[0] * exact, original[1] * exact), abs=1)
    assert 1 <= width <= room[0]
    assert 1 <= height <= room[1]
    assert (width, height) == Image.open(BytesIO(derivative.content)).size


@settings(max_examples=60, deadline=None)
@given(original=st.tuples(sides, sides), room=st.tuples(sides, sides), is_trimmed=st.booleans())
def test_a_cropped_picture_fills_its_room_on_both_sides(
    original: tuple[int, int], room: tuple[int, int], is_trimmed: bool
) -> None:
    size = PictureSize(*room, is_cropped=True, is_trimmed=is_trimmed)

    assert room == shown(saved(Image.new("RGB", original, RED), "PNG"), size).size


def test_a_cropped_picture_shows_the_middle_and_nothing_is_stretched() -> None:
    picture = Image.new("RGB", (300, 100), BLUE)
    ImageDraw.Draw(picture).ellipse((110, 10, 190, 90), RED)

    cropped = shown(saved(picture, "PNG"), PictureSize(100, 100, is_cropped=True))

    expected = Image.new("RGB", (100, 100), BLUE)
    ImageDraw.Draw(expected).ellipse((10, 10, 90, 90), RED)
    along = [0.5, 0.05, 0.14, 0.86, 0.95]
    for across, down in [(0.5, part) for part in along] + [(part, 0.5) for part in along]:
        assert alike(colour_at(expected, across, down), colour_at(cropped, across, down), 12)


def test_many_sizes_come_in_the_order_in_which_they_were_asked() -> None:
    sizes = [PictureSize(60, 60), PictureSize(20, 30, is_cropped=True), PictureSize(60, 60), PictureSize(1, 1)]

    made = derivatives(saved(quarters(120, 60), "JPEG"), sizes, LIMITS)

    assert [(60, 30), (20, 30), (60, 30), (1, 1)] == [(each.width, each.height) for each in made]
    assert sizes == [each.size for each in made]
    assert made[0] == made[2]
    assert () == derivatives(saved(quarters(), "JPEG"), [], LIMITS)


@pytest.mark.parametrize(
    ("original", "size", "dpi"),
    [
        ((640, 640), PictureSize(64, 64), 300),
        ((64, 64), PictureSize(64, 64), 300),
        ((32, 32), PictureSize(64, 64), 150),
        ((96, 32), PictureSize(64, 64, is_cropped=True), 150),
        ((96, 32), PictureSize(64, 64), 300),
        ((1, 1), PictureSize(900, 900), 1),
    ],
)
def test_the_dpi_tells_what_the_original_has_in_its_place(
    original: tuple[int, int], size: PictureSize, dpi: int
) -> None:
    assert dpi == prepared(saved(Image.new("RGB", original, RED), "PNG"), size).dpi


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_large_original_is_as_sharp_as_if_nothing_had_been_hurried(kind: str) -> None:
    picture = _noise(40, 30).resize((1600, 1200), Image.Resampling.BICUBIC)
    content = saved(picture, kind, quality=95)

    found = shown(content, PictureSize(160, 160))

    expected = Image.open(BytesIO(content)).resize((160, 120), Image.Resampling.LANCZOS)
    assert _mean_difference(expected, found) < 2.5


# White borders -------------------------------------------------------------------------------------------------------


def test_a_white_border_goes_but_for_a_hair_in_spite_of_noise() -> None:
    picture = Image.new("RGB", (600, 600), "white")
    picture.paste(RED, (200, 250, 400, 350))
    noisy = saved(picture, "JPEG", quality=75)

    derivative = prepared(noisy, PictureSize(100, 100, is_trimmed=True))

    assert 100 == derivative.width
    assert derivative.height == pytest.approx(50, abs=4)
    whole = Image.open(BytesIO(derivative.content))
    assert alike(RED, colour_at(whole, 0.05, 0.5), 16)
    assert alike(WHITE, colour_at(whole, 0, 0), 16)


def test_a_speck_of_dust_does_not_keep_a_border() -> None:
    picture = Image.new("RGB", (800, 800), "white")
    picture.paste(RED, (200, 300, 600, 500))
    picture.putpixel((5, 5), (225, 225, 225))

    assert prepared(saved(picture, "PNG"), PictureSize(100, 100, is_trimmed=True)).height < 60


def test_pale_colours_are_no_border() -> None:
    picture = Image.new("RGB", (100, 100), (255, 255, 225))

    assert (64, 64) == shown(saved(picture, "PNG"), PictureSize(64, 64, is_trimmed=True)).size


def test_a_picture_that_is_all_white_stays_as_it_is() -> None:
    white = saved(Image.new("RGB", (100, 50), "white"), "PNG")

    assert (64, 32) == shown(white, PictureSize(64, 64, is_trimmed=True)).size


def test_transparent_borders_go_as_white_ones_do() -> None:
    picture = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    picture.paste((*RED, 255), (100, 100, 200, 150))

    derivative = prepared(saved(picture, "PNG"), PictureSize(64, 64, is_trimmed=True))

    assert derivative.height == pytest.approx(32, abs=3)


def test_what_a_wide_border_leaves_is_still_sharp() -> None:
    """A large original that is nearly all border is not made too small on the way."""
    fine = _noise(30, 30).resize((180, 180), Image.Resampling.BICUBIC)
    picture = Image.new("RGB", (1800, 1800), "white")
    picture.paste(fine, (800, 800))

    for kind in ("JPEG", "PNG"):
        derivative = prepared(saved(picture, kind, quality=98), PictureSize(90, 90, is_trimmed=True))

        assert 300 == derivative.dpi
        assert _contrast(Image.open(BytesIO(derivative.content))) > 0.9 * _contrast(fine)


# The file that is printed --------------------------------------------------------------------------------------------


def test_a_prepared_picture_is_a_baseline_jpeg_in_rgb_with_no_word_in_it() -> None:
    lying, exif = oriented(quarters(), 6)
    chatty = saved(lying, "JPEG", exif=exif, icc_profile=swapped_profile(), comment=b"by somebody", dpi=(72, 72))
    talkative = saved(lying, "JPEG", comment=b"by somebody", dpi=(72, 72))
    grey = saved(Image.new("L", (9, 9)), "PNG")

    for content in (chatty, talkative, grey):
        markers = _markers(prepared(content, PictureSize(400, 400)).content)

        assert {0xE0, 0xDB, 0xC0, 0xC4, 0xDA} == set(markers)
        assert 3 == markers[0xC0][5]


def test_a_small_picture_keeps_its_colours_at_full_resolution() -> None:
    sampling = {
        edge: _markers(prepared(saved(quarters(), "PNG"), PictureSize(edge, edge)).content) for edge in (90, 900)
    }

    assert {90: 0x11, 900: 0x22} == {edge: markers[0xC0][7] for edge, markers in sampling.items()}


def test_the_same_original_gives_the_same_bytes() -> None:
    content = saved(_noise(90, 90), "JPEG")

    assert prepared(content) == prepared(content)
    assert isinstance(prepared(content), Derivative)


def test_quality_is_what_was_asked() -> None:
    content = saved(_noise(90, 90), "PNG")
    coarse, fine = (derivatives(content, [SQUARE], Limits(1 << 20, 10_000, quality))[0] for quality in (50, 95))

    assert len(coarse.content) * 2 < len(fine.content)


# Originals of these tests --------------------------------------------------------------------------------------------


def _noise(width: int, height: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), random.Random(7).randbytes(width * height * 3))


def _mean_difference(expected: Image.Image, found: Image.Image) -> float:
    one, other = (picture.convert("RGB").tobytes() for picture in (expected, found))
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


def _contrast(picture: Image.Image) -> float:
    return ImageStat.Stat(picture.convert("L")).stddev[0]


def _webp_with_canvas(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _markers(jpeg: bytes) -> dict[int, bytes]:
    """The segments of a JPEG up to its pixels, by marker."""
    found, at = {}, 2
    while 0xDA not in found:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4])
        found[marker] = jpeg[at + 4 : at + 2 + length]
        at += 2 + length
    return found


def _without_adobe_marker(jpeg: bytes) -> bytes:
    at = jpeg.index(b"\xff\xee")
    return jpeg[:at] + jpeg[at + 16 :]


def _as_ycck(jpeg: bytes) -> bytes:
    """The same samples, said to be YCCK by Adobe's marker."""
    at = jpeg.index(b"Adobe") + 11
    return jpeg[:at] + b"\2" + jpeg[at + 1 :]


def _every_kind() -> Iterator[bytes]:
    lying, exif = oriented(quarters(40, 20), 6)
    glass = Image.new("RGBA", (40, 20), (10, 200, 30, 99))
    for kind in ("JPEG", "PNG", "WEBP"):
        yield saved(lying, kind, exif=exif, icc_profile=swapped_profile())
        yield saved(quarters(40, 20), kind)
    yield saved(quarters(40, 20), "JPEG", progressive=True)
    yield saved(Image.new("CMYK", (40, 20)), "JPEG", icc_profile=ink_profile((110, 140, 60)))
    yield saved(glass, "WEBP", lossless=True)
    yield saved(glass, "PNG", save_all=True, append_images=[quarters(40, 20)])
    yield png_of((8, 8), 8, 3, bytes(8), PALETTE, (b"tRNS", b"\x80\0"))
    yield png_of((8, 8), 16, 2, ROW16, (b"tRNS", bytes(6)), (b"gAMA", struct.pack(">I", 100_000)))
    yield png_of((8, 8), 16, 0, bytes(16), (b"tRNS", bytes(2)), (b"pHYs", struct.pack(">IIB", 2, 1, 0)))


def _mutated(content: bytes, chance: random.Random) -> bytes:
    spoilt = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        at = chance.randrange(min(len(spoilt), chance.choice((64, 500, 50_000))) + 1)
        spoilt[at : at + chance.choice((0, 1, 1, 1, 4, 40))] = chance.randbytes(chance.choice((0, 1, 1, 1, 4)))
    if chance.random() < 0.1:
        del spoilt[chance.randrange(len(spoilt) + 1) :]
    return _with_fitting_checksums(spoilt) if content.startswith(b"\x89PNG") else bytes(spoilt)


def _with_fitting_checksums(png: bytearray) -> bytes:
    """The chunks as far as their lengths make sense, each with the checksum of what stands in it now."""
    at, sound = 8, bytes(png[:8])
    while at + 12 <= len(png) and (length := int.from_bytes(png[at : at + 4])) <= len(png) - at - 12:
        sound += chunk(bytes(png[at + 4 : at + 8]), bytes(png[at + 8 : at + 8 + length]))
        at += 12 + length
    return sound + bytes(png[at:])
