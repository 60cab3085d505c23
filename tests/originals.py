"""Originals for tests, made here: files in the formats that shops really send, and in the sick ones."""

import struct
import zlib
from io import BytesIO

from PIL import Image, ImageCms

from service.imagery.preparing.derivatives import Derivative, Limits, derivatives
from service.model import PictureSize

Colour = tuple[int, int, int]

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 160, 60), (30, 60, 200), (230, 210, 40)
LIMITS = Limits(max_bytes=8 << 20, max_pixels=4_000_000, quality=95)
SQUARE = PictureSize(64, 64)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """A picture as a file of this kind."""
    content = BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def quarters(width: int = 64, height: int = 32) -> Image.Image:
    """Red and green above, blue and yellow below: it looks different each way up."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(GREEN, (width // 2, 0, width, height))
    picture.paste(BLUE, (0, height // 2, width // 2, height))
    picture.paste(YELLOW, (width // 2, height // 2, width, height))
    return picture


def oriented(picture: Image.Image, orientation: int) -> tuple[Image.Image, bytes]:
    """An upright picture as a camera held so stores it, and the EXIF that says so."""
    stored = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    lying = picture.transpose(stored[orientation]) if orientation in stored else picture
    return lying, exif.tobytes()


def png_of(
    size: tuple[int, int], depth: int, colour_type: int, sample_row: bytes, *chunks: tuple[bytes, bytes]
) -> bytes:
    """A PNG whose rows are all the same, with these chunks before its pixels."""
    header = struct.pack(">IIBBBBB", *size, depth, colour_type, 0, 0, 0)
    pixels = zlib.compress((b"\0" + sample_row) * size[1])
    every = ((b"IHDR", header), *chunks, (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, body) for kind, body in every)


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def swapped_profile() -> bytes:
    """An RGB profile by which red means green and green red."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"????", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"????", b"gXYZ", 1)


def grey_profile(gamma: float) -> bytes:
    """A grey profile whose light is its level to the power of gamma."""
    curve = b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)) + bytes(2)
    return _profile(b"GRAY", {b"wtpt": _xyz(0.9642, 1.0, 0.8249), b"kTRC": curve})


def ink_profile(cyan: tuple[int, int, int]) -> bytes:
    """A CMYK profile: cyan is this colour (L*a*b*, in 8 bits as profiles write it), any other ink is black."""
    paper, black = (255, 128, 128), (0, 128, 128)
    corners = [paper if not inks else cyan if inks == 0b1000 else black for inks in range(16)]
    ramp = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 * (at % 4 == 0) for at in range(9)))
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + ramp * 4 + b"".join(map(bytes, corners)) + ramp * 3
    return _profile(b"CMYK", {b"wtpt": _xyz(0.9642, 1.0, 0.8249), b"A2B0": table}, device=b"prtr", connection=b"Lab ")


def prepared(content: bytes, size: PictureSize = SQUARE) -> Derivative:
    """The one derivative of an original."""
    (derivative,) = derivatives(content, [size], LIMITS)
    return derivative


def shown(content: bytes, size: PictureSize = SQUARE) -> Image.Image:
    """The prepared picture of an original, decoded."""
    return Image.open(BytesIO(prepared(content, size).content))


def middle(content: bytes, size: PictureSize = SQUARE) -> Colour:
    """The colour in the middle of the prepared picture."""
    return colour_at(shown(content, size), 0.5, 0.5)


def colour_at(picture: Image.Image, across: float, down: float) -> Colour:
    """The colour of an RGB picture at these parts of its width and height."""
    pixel = picture.getpixel((int(picture.width * across), int(picture.height * down)))
    assert isinstance(pixel, tuple)
    red, green, blue = pixel
    return round(red), round(green), round(blue)


def alike(expected: Colour, found: Colour, levels: int = 6) -> bool:
    """Whether no channel is further away than so many levels."""
    return all(abs(one - other) <= levels for one, other in zip(expected, found, strict=True))


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def _profile(space: bytes, tags: dict[bytes, bytes], device: bytes = b"mntr", connection: bytes = b"XYZ ") -> bytes:
    offset = 128 + 4 + 12 * len(tags)
    directory, bodies = struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        directory += name + struct.pack(">II", offset + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    rest = bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    header = struct.pack(">I", offset + len(bodies)) + bytes(4) + b"\x02\x40\0\0" + device + space + connection + rest
    assert len(header) == 128
    return header + directory + bodies
