"""PNG files, chunk by chunk: what the decoder gets to see of one, and what we read ourselves.

The decoder sees the chunks that make the picture and no other: no animation, no texts, no profiles; an animated PNG
is the still picture that it holds for viewers without animation. A chunk that makes the picture must be whole, by its
checksum too, else the file is refused; any other that is damaged counts as absent.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from PIL import Image, ImageChops

from service.imagery.preparing.colour import levels
from service.imagery.refused import PictureRefused

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
DEPTHS = {GREY: (1, 2, 4, 8, 16), RGB: (8, 16), PALETTE: (1, 2, 4, 8), GREY_ALPHA: (8, 16), RGB_ALPHA: (8, 16)}
MODES = {GREY: "L", RGB: "RGB", PALETTE: "RGB", GREY_ALPHA: "L", RGB_ALPHA: "RGB"}  # of its colours, in eight bits
OF_THE_PICTURE = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"))
MAX_PROFILE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Png:
    """What a PNG says of itself; absent are a `key` of (), a `gamma` of 0, an empty `profile` or `exif`."""

    width: int
    height: int
    depth: int
    colour_type: int
    key: tuple[int, ...]  # the transparent colour of a grey or RGB picture, as samples of its own depth
    gamma: float
    is_srgb: bool
    profile: bytes
    exif: bytes
    density: tuple[int, int]  # pixels per unit, across and down
    picture: bytes  # a PNG of the picture and nothing else


# Its chunks -----------------------------------------------------------------------------------------------------------


def read_png(content: bytes) -> Png:
    """The chunks of a PNG; raises PictureRefused (cut-short, broken)."""
    picture = [SIGNATURE]
    chunks: dict[bytes, bytes] = {}
    for kind, body, whole in _sound_chunks(content):
        # Each but the pixels once: a second header could name another size.
        if kind == b"IDAT" or (kind in OF_THE_PICTURE and kind not in chunks):
            picture.append(whole)
        chunks.setdefault(kind, body)
    width, height, depth, colour_type = _header(chunks)
    return Png(
        *(width, height, depth, colour_type),
        key=_key(chunks.get(b"tRNS", b""), depth, colour_type),
        gamma=_gamma(chunks.get(b"gAMA", b"")),
        is_srgb=b"sRGB" in chunks,
        profile=_profile(chunks.get(b"iCCP", b"")),
        exif=chunks.get(b"eXIf", b""),
        density=_density(chunks.get(b"pHYs", b"")),
        picture=b"".join(picture),
    )


def _sound_chunks(content: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """(kind, body, the whole chunk) up to the end of the picture; damaged ones that the picture can spare are left."""
    start, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if start + 12 > len(content):
            raise _cut_short()
        length, kind = struct.unpack_from(">I4s", content, start)
        if not kind.isalpha():
            raise _broken("between its chunks stands what is none")
        end = start + 12 + length
        if end > len(content):
            raise _cut_short()
        body = content[start + 8 : end - 4]
        if zlib.crc32(body, zlib.crc32(kind)) == int.from_bytes(content[end - 4 : end]):
            yield kind, body, content[start:end]
        elif kind in OF_THE_PICTURE:
            raise _broken("a checksum is wrong")
        start = end


def _header(chunks: Mapping[bytes, bytes]) -> tuple[int, int, int, int]:
    if next(iter(chunks)) != b"IHDR" or len(chunks[b"IHDR"]) != 13:
        raise _broken("it does not begin with its header")
    width, height, depth, colour_type, compression, filtering, interlacing = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if depth not in DEPTHS.get(colour_type, ()) or compression or filtering or interlacing > 1:
        raise _broken("its header names a kind of picture that does not exist")
    if not width or not height:
        raise _broken("it has no pixels")
    if b"IDAT" not in chunks:
        raise _broken("there is no picture in it")
    if colour_type == PALETTE and not chunks.get(b"PLTE"):
        raise _broken("its palette is missing")
    return width, height, depth, colour_type


def _key(body: bytes, depth: int, colour_type: int) -> tuple[int, ...]:
    samples = {GREY: 1, RGB: 3}.get(colour_type, 0)
    if len(body) < 2 * samples:
        return ()
    return tuple(sample & (1 << depth) - 1 for sample in struct.unpack_from(f">{samples}H", body))


def _gamma(body: bytes) -> float:
    return int.from_bytes(body) / 100_000 if len(body) == 4 else 0.0


def _profile(body: bytes) -> bytes:
    """The ICC profile: a name, a zero, the method of compression (0), and the profile, deflated."""
    _, _, packed = body.partition(b"\0")
    inflater = zlib.decompressobj()
    try:
        profile = inflater.decompress(packed[1:], MAX_PROFILE_BYTES)
    except zlib.error:
        return b""
    return profile if inflater.eof else b""


def _density(body: bytes) -> tuple[int, int]:
    return struct.unpack_from(">II", body) if len(body) == 9 else (1, 1)


def _cut_short() -> PictureRefused:
    return PictureRefused("cut-short", "the PNG ends before its picture does: copy or export it again")


def _broken(what: str) -> PictureRefused:
    return PictureRefused("broken", f"the PNG is damaged ({what}): export it again")


# Its pixels -----------------------------------------------------------------------------------------------------------


def eight_bit(planes: Sequence[Image.Image], header: Png, gamma: float) -> Image.Image:
    """The decoded planes as L, LA, RGB or RGBA, with the levels that a display of sRGB shows.

    One plane, as Pillow reads it; and a second with the low bytes of 16-bit RGB, where a transparent colour needs them.
    """
    if header.depth == 8 and header.colour_type != PALETTE and not header.key and not gamma:
        return planes[0]
    alpha = _alpha(planes, header)
    colours = _colours(planes[0], header, gamma)
    if alpha is not None:
        colours.putalpha(alpha)
    return colours


def _alpha(planes: Sequence[Image.Image], header: Png) -> Image.Image | None:
    picture = planes[0]
    if header.colour_type in (GREY_ALPHA, RGB_ALPHA):
        return picture.getchannel("A")
    if header.colour_type == PALETTE:
        return picture.convert("RGBA").getchannel("A") if "transparency" in picture.info else None
    return _all_but(header.key, planes, header.depth) if header.key else None


def _all_but(key: tuple[int, ...], planes: Sequence[Image.Image], depth: int) -> Image.Image:
    """Opaque where a sample differs from the key's."""
    if planes[0].mode == "I;16":
        return planes[0].convert("I").point([255 * (level != key[0]) for level in range(65536)], "L")
    if depth == 16:
        wanted = [sample >> 8 for sample in key] + [sample & 255 for sample in key]
    else:
        wanted = [sample * 255 // ((1 << depth) - 1) for sample in key]
    bands = [band for plane in planes for band in plane.convert("RGB" if len(key) == 3 else "L").split()]
    differing = [
        band.point([255 * (level != sample) for level in range(256)])
        for band, sample in zip(bands, wanted, strict=True)
    ]
    return reduce(ImageChops.lighter, differing)


def _colours(picture: Image.Image, header: Png, gamma: float) -> Image.Image:
    if picture.mode == "I;16":
        return picture.convert("I").point(levels(gamma, 65536), "L")
    if header.colour_type == GREY_ALPHA:
        return picture.getchannel(0).point(levels(gamma, 256))  # 16 bits come as RGBA
    mode = MODES[header.colour_type]
    return picture.convert(mode).point(levels(gamma, 256) * len(mode))
