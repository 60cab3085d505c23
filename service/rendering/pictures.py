"""Product pictures: JPEG bytes from the library go into the PDF as they are, never decoded at print time.

A picture that can't be used counts as absent: it never keeps a note from being printed.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from service.rendering.document import Picture, stream

_COLOUR_SPACES = {"RGB": b"DeviceRGB", "L": b"DeviceGray"}


@dataclass(frozen=True, slots=True)
class Photograph:
    """A picture ready to embed, with its width over its height."""

    picture: Picture
    aspect: float


def read_photograph(path: Path) -> Photograph | None:
    """The picture at `path`, read once for as long as the file stays the same; None if it is no RGB or grey JPEG."""
    try:
        state = path.stat()
    except OSError:
        return None
    return _read_once(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _read_once(path: Path, _modified_ns: int, _size_bytes: int) -> Photograph | None:
    try:
        content = path.read_bytes()
        with Image.open(path, formats=("JPEG",)) as image:
            (width, height), mode = image.size, image.mode
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return None
    if mode not in _COLOUR_SPACES:
        return None
    entries = (
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /%s /Filter /DCTDecode"
    )
    body = stream(entries % (width, height, _COLOUR_SPACES[mode]), content)
    return Photograph(Picture(f"P{hashlib.sha256(content).hexdigest()[:16]}", body), width / height)
