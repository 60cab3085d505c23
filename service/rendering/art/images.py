"""Pictures of pixels as image objects: JPEG as it is, PNG decoded once."""

import hashlib
import io
import struct
import warnings
import zlib
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError

from service.rendering.art.artwork import Art, ArtUnusable
from service.rendering.pdf.document import Body, Picture, stream_end

_COLOUR_SPACES = {"RGB": b"DeviceRGB", "L": b"DeviceGray"}
_COLOURS = {1: "L", 3: "RGB", 4: "CMYK"}  # by the number of a JPEG's components
_FRAMES = (0xC0, 0xC1, 0xC2)  # markers of what PDF's DCTDecode knows: baseline, extended and progressive
_WITHOUT_FRAME = (0xD9, 0xDA)  # the image's end or its content comes, and no frame did
_END = b"\xff\xd9"
_EXIF_ORIENTATION = 0x0112
_PIXELS_MAX = 40_000_000


def jpeg(content: bytes) -> Art:
    """A JPEG as it is; raises ArtUnusable if it is none, or not RGB or grey."""
    frame = _frame(content)
    if frame.colours not in _COLOUR_SPACES:
        raise ArtUnusable(f"is a JPEG in {frame.colours}; save it in RGB (sRGB) or grey")
    picture = Picture(_name(content), _image(frame, b"/Filter /DCTDecode", content))
    return Art(picture, frame.width, frame.height, pixels=True)


def is_whole(jpeg_content: bytes) -> bool:
    """True if a JPEG has its end; zero bytes may follow."""
    return jpeg_content.endswith(_END) or jpeg_content.rstrip(b"\0").endswith(_END)


def baseline_jpeg(content: bytes) -> Art:
    """A JPEG that every printer decodes to its end and that lies as it is shown; raises ArtUnusable."""
    art = jpeg(content)  # first: Pillow decodes kinds of JPEG that PDF doesn't know
    try:
        with warnings.catch_warnings(action="error"):  # of damaged EXIF Pillow only warns
            image = _opened(content, "JPEG")
            orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
            image.load()
    except (OSError, SyntaxError, ValueError, Warning) as error:
        raise ArtUnusable("is a broken JPEG; save it anew") from error
    if image.info.get("progressive"):
        raise ArtUnusable("is a progressive JPEG, which some printers can't decode; save it as baseline")
    if orientation != 1:
        raise ArtUnusable("is a JPEG that is turned by its EXIF orientation; save it upright")
    return art


def png(content: bytes) -> Art:
    """A PNG with its transparency; raises ArtUnusable."""
    image = _opened(content, "PNG")
    if image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA"):
        raise ArtUnusable("is a PNG of more than 8 bits; save it with 8 bits a channel")
    try:
        plain, mask = _plain(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise ArtUnusable("is a broken PNG; save it anew") from error
    name = _name(content)
    if mask is None:
        return Art(Picture(name, _flate(plain)), *plain.size, pixels=True)
    body = _flate(plain, b"/SMask ", f"{name}.mask")
    return Art(Picture(name, body, ((f"{name}.mask", _flate(mask)),)), *plain.size, pixels=True)


class _Frame(NamedTuple):
    """What a picture of pixels is like."""

    width: int
    height: int
    colours: str


def _frame(content: bytes) -> _Frame:
    """What the header of a JPEG says: Pillow says the same, and takes its time for what isn't asked."""
    try:
        place = 2 if content.startswith(b"\xff\xd8\xff") else len(content)
        while content[place] != 0xFF or content[place + 1] not in _FRAMES:
            if content[place] != 0xFF or content[place + 1] in _WITHOUT_FRAME:
                raise ArtUnusable("is no JPEG, or a broken one; save it anew")
            is_filling = content[place + 1] == 0xFF
            place += 1 if is_filling else 2 + int.from_bytes(content[place + 2 : place + 4], "big")
        bits, height, width, components = struct.unpack_from(">BHHB", content, place + 4)
    except (IndexError, struct.error) as error:
        raise ArtUnusable("is no JPEG, or a broken one; save it anew") from error
    if bits != 8 or components not in _COLOURS or not width * height:
        raise ArtUnusable("is a JPEG of a kind that few programs read; save it anew")
    _refuse_too_large(width * height)
    return _Frame(width, height, _COLOURS[components])


def _opened(content: bytes, kind: str) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(content), formats=(kind,))
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ArtUnusable(f"is no {kind}, or a broken one; save it anew") from error
    _refuse_too_large(image.width * image.height)
    return image


def _refuse_too_large(pixels: int) -> None:
    if pixels > _PIXELS_MAX:
        raise ArtUnusable(f"has more than {_PIXELS_MAX // 1_000_000} million pixels; save it smaller")


def _plain(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The image in RGB or grey, and its transparency if it has any."""
    grey = image.mode in ("1", "L", "LA")
    if not image.has_transparency_data:
        return image.convert("L" if grey else "RGB"), None
    whole = image.convert("LA" if grey else "RGBA")
    mask = whole.getchannel("A")
    plain = whole.convert("L" if grey else "RGB")
    return plain, None if mask.getextrema() == (255, 255) else mask


def _flate(image: Image.Image, *more: bytes | str) -> Body:
    frame = _Frame(*image.size, image.mode)
    return _image(frame, b"/Filter /FlateDecode", zlib.compress(image.tobytes(), 9), *more)


def _image(frame: _Frame, form: bytes, content: bytes, *more: bytes | str) -> Body:
    entries = b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /%s %s "
    return (entries % (frame.width, frame.height, _COLOUR_SPACES[frame.colours], form), *more, stream_end(content))


def _name(content: bytes) -> str:
    return f"P{hashlib.sha256(content).hexdigest()[:16]}"
