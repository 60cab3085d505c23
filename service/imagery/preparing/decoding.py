"""From the bytes of an original to its pixels: three formats, known by content, and no other decoder runs.

JPEG, PNG and WebP. Of an animated WebP or PNG the first frame counts. Headers are read, and the number of pixels is
checked, before anything is decoded. What a decoder can't read is refused: `broken`, or `cut-short` where the file ends
too early; so is a JPEG that goes on in zeros (a WebP of a plain white ground does that when it is whole). Damaged EXIF
and broken profiles count as none. Memory is bounded: a large JPEG is made smaller while it is decoded, others in strips
while their pixels are brought to eight bits.
"""

import re
import struct
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

from PIL import ExifTags, Image, ImageChops
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from service.imagery.preparing import png
from service.imagery.preparing.colour import Conversion, conversion
from service.imagery.preparing.foreign import foreign
from service.imagery.refused import PictureRefused

STRIP_PIXELS = 4_000_000
MAX_PIXEL_ASPECT = 10  # a density that makes pixels longer than this is a mistake
SAME_ASPECT = 0.02
_MARKER = re.compile(rb"\xff([\x02-\xcf\xd9-\xfe])")  # none that stand within a JPEG's scan: stuffing, restarts
# What Pillow raises on damaged files, in Python and in C: found by reading and by mutating files.
PARSING_FAULTS = (SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, struct.error)
DECODER_FAULTS = (OSError, RuntimeError, SystemError, *PARSING_FAULTS)


@dataclass(frozen=True, slots=True)
class Original:
    """An original as its headers tell; `pixel_aspect` is the width of a pixel by its height."""

    width: int
    height: int
    orientation: int  # EXIF's, 1 to 8
    pixel_aspect: float
    convert: Conversion | None
    decode: Callable[[int], "Decoded"]


@dataclass(frozen=True, slots=True)
class Decoded:
    """The pixels (L, LA, RGB, RGBA, CMYK), not yet turned upright; one of them is `scale` pixels of the original."""

    picture: Image.Image
    scale: float


def open_original(content: bytes, max_pixels: int) -> Original:
    """What the headers say; raises PictureRefused. `decode(n)` makes the picture up to n times smaller on the way."""
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg(content, max_pixels)
    if content.startswith(png.SIGNATURE):
        return _png(content, max_pixels)
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return _webp(content, max_pixels)
    raise foreign(content)


# JPEG ----------------------------------------------------------------------------------------------------------------


def _jpeg(content: bytes, max_pixels: int) -> Original:
    with _faults_named("JPEG"):
        picture = JpegImageFile(BytesIO(content))
    _check_pixels(picture.size, max_pixels)
    profile = picture.info.get("icc_profile")
    return Original(
        *picture.size,
        orientation=_orientation(picture.info.get("exif", b"")),
        pixel_aspect=_pixel_aspect(picture.info.get("jfif_density", (1, 1))),
        convert=conversion(profile, picture.mode) if profile else None,
        decode=lambda reduction: _decoded_jpeg(content, reduction),
    )


def _decoded_jpeg(content: bytes, reduction: int) -> Decoded:
    if not _has_end(content):
        raise _cut_short("JPEG")
    with _faults_named("JPEG"):
        picture: Image.Image = JpegImageFile(BytesIO(content))
        width, height = picture.size
        drafted = picture.draft(None, (max(1, width // reduction), max(1, height // reduction)))
        picture.load()
        scale = width / drafted[1][2] if drafted else 1.0
        if picture.mode == "CMYK" and "adobe" not in picture.info:
            picture = ImageChops.invert(picture)  # Adobe alone writes ink as light, and Pillow takes all for Adobe's
        rest = max(1, int(reduction // scale))
        return Decoded(picture.reduce(rest), scale * rest)


def _has_end(jpeg: bytes) -> bool:
    """True if an end-of-image marker follows the scans: the decoder makes do without, and makes up what is missing."""
    at = 2
    while marker := _MARKER.search(jpeg, at):
        if marker[1] == b"\xd9":
            return True
        at = marker.end() + int.from_bytes(jpeg[marker.end() : marker.end() + 2], "big")
    return False


# PNG -----------------------------------------------------------------------------------------------------------------


def _png(content: bytes, max_pixels: int) -> Original:
    header = png.read_png(content)
    _check_pixels((header.width, header.height), max_pixels)
    convert = conversion(header.profile, png.MODES[header.colour_type]) if header.profile else None
    gamma = 0.0 if convert or header.is_srgb else header.gamma
    return Original(
        *(header.width, header.height),
        orientation=_orientation(header.exif),
        pixel_aspect=_pixel_aspect(header.density),
        convert=convert,
        decode=lambda reduction: _decoded_png(header, gamma, reduction),
    )


def _decoded_png(header: png.Png, gamma: float, reduction: int) -> Decoded:
    with _faults_named("PNG"):
        planes = [PngImageFile(BytesIO(header.picture))]
        if header.colour_type == png.RGB and header.depth == 16 and header.key:
            low_bytes = PngImageFile(BytesIO(header.picture))  # Pillow keeps the high bytes alone
            low_bytes.tile = [tile._replace(args="RGB;16L") for tile in low_bytes.tile]
            planes.append(low_bytes)
        for plane in planes:
            plane.load()
        return _in_strips(planes, reduction, lambda strip: png.eight_bit(strip, header, gamma))


# WebP ----------------------------------------------------------------------------------------------------------------


def _webp(content: bytes, max_pixels: int) -> Original:
    if int.from_bytes(content[4:8], "little") + 8 > len(content):
        raise _cut_short("WebP")
    _check_pixels(_webp_size(content), max_pixels)
    with _faults_named("WebP"):
        picture = WebPImageFile(BytesIO(content))
    _check_pixels(picture.size, max_pixels)
    profile = picture.info.get("icc_profile")
    return Original(
        *picture.size,
        orientation=_orientation(picture.info.get("exif", b"")),
        pixel_aspect=1.0,
        convert=conversion(profile, "RGB") if profile else None,
        decode=lambda reduction: _decoded_webp(content, reduction),
    )


def _webp_size(content: bytes) -> tuple[int, int]:
    """Size from the header alone: the decoder takes memory for all pixels when it is opened."""
    match content[12:16]:
        case b"VP8X":
            return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
        case b"VP8L":
            sizes = int.from_bytes(content[21:25], "little")
            return (sizes & 0x3FFF) + 1, (sizes >> 14 & 0x3FFF) + 1
    return int.from_bytes(content[26:28], "little") & 0x3FFF, int.from_bytes(content[28:30], "little") & 0x3FFF


def _decoded_webp(content: bytes, reduction: int) -> Decoded:
    with _faults_named("WebP"):
        picture = WebPImageFile(BytesIO(content))
        picture.load()
        return _in_strips([picture], reduction, lambda strip: strip[0])


# For all -------------------------------------------------------------------------------------------------------------


def _in_strips(
    planes: Sequence[Image.Image], reduction: int, finish: Callable[[Sequence[Image.Image]], Image.Image]
) -> Decoded:
    """Finish the planes of a picture and make it `reduction` times smaller, without a second copy at full size."""
    if reduction == 1:
        return Decoded(finish(planes), 1.0)
    width, height = planes[0].size
    rows = max(1, STRIP_PIXELS // (width * reduction)) * reduction
    strips = []
    for top in range(0, height, rows):
        box = (0, top, width, min(top + rows, height))
        strips.append(finish([plane.crop(box) for plane in planes]).reduce(reduction))
    picture = Image.new(strips[0].mode, (strips[0].width, sum(strip.height for strip in strips)))
    for number, strip in enumerate(strips):
        picture.paste(strip, (0, number * rows // reduction))
    return Decoded(picture, float(reduction))


def _check_pixels(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        limit = f"{max_pixels / 1e6:g} megapixels"
        raise PictureRefused("too-many-pixels", f"it has {width} x {height} pixels, more than {limit}: make it smaller")


def _orientation(exif: bytes) -> int:
    """EXIF's orientation; 1, upright, where there is none or it is damaged."""
    found = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged EXIF is none, and nothing to tell
            found.load(exif)
            orientation = found.get(ExifTags.Base.Orientation, 1)
    except DECODER_FAULTS:
        return 1
    return orientation if orientation in range(1, 9) else 1


def _pixel_aspect(density: tuple[int, int]) -> float:
    """Width of a pixel by its height, from pixels per unit across and down."""
    across, down = density
    if not across or not down:
        return 1.0
    aspect = down / across
    if not 1 / MAX_PIXEL_ASPECT <= aspect <= MAX_PIXEL_ASPECT or abs(aspect - 1) < SAME_ASPECT:
        return 1.0
    return aspect


def _cut_short(kind: str) -> PictureRefused:
    return PictureRefused("cut-short", f"the {kind} ends before its picture does: copy or export it again")


@contextmanager
def _faults_named(kind: str) -> Iterator[None]:
    """Whatever the decoder raises becomes a refusal; its warnings are for programmers, but those of bombs count."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused("too-many-pixels", f"the {kind} has too many pixels: make it smaller") from error
    except DECODER_FAULTS as error:
        if "truncated" in str(error).lower():
            raise _cut_short(kind) from error
        raise PictureRefused("broken", f"the {kind} is damaged, or of a rare kind: export it again") from error
