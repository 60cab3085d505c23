"""From an original to print-ready pictures: read guardedly, upright, in sRGB on white, at exact 300-dpi sizes.

An original is a JPEG, PNG or WebP by its content, whatever its name says; of an animated one the first frame counts.
A prepared picture is a baseline JPEG in RGB without any metadata, the same bytes for the same original and size.
It fills its size: whole, with one side exact; or cropped in the middle, both exact. Where the size asks for it, the
near-white border goes first. A small original is enlarged; `dpi` tells what it really has.
Whatever can't be read raises PictureRefused; nothing else but MemoryError leaves this module.
"""

import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops

from service.imagery.preparing.colour import to_srgb
from service.imagery.preparing.decoding import Decoded, Original, open_original
from service.imagery.refused import PictureRefused
from service.model import PictureSize

__all__ = ["Derivative", "Limits", "PictureRefused", "derivatives", "read_original"]

DPI = 300
FINER = 2  # pixels on each side of a prepared pixel that resampling gets to see, where the original has them
COARSE = 1.5  # times coarser than wanted is still good enough, and spares decoding twice
SMALL_PIXELS = 256 * 256  # up to here colours keep their full resolution: coloured print on a label turns dull without
NEAR_WHITE = 244  # darkest channel; the noise of JPEGs round white stays above
LOOK_AT = 256  # a border is looked for in a picture of about this many pixels a side: single specks drown in it
HAIR = 1 / 100  # of the trimmed picture's longer side is left as margin
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ON_ITS_SIDE = (5, 6, 7, 8)

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Limits:
    """What an original may have at most, and the quality of what is made of it (libjpeg's)."""

    max_bytes: int
    max_pixels: int
    quality: int


@dataclass(frozen=True, slots=True)
class Derivative:
    """A prepared picture; `dpi` is what the original has in its place, capped at 300."""

    size: PictureSize
    content: bytes
    width: int
    height: int
    dpi: int


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of an original, in its own pixels and as it lies, and the pixels that it becomes."""

    box: Box
    width: int
    height: int

    @property
    def pixels_each(self) -> float:
        """Pixels of the original for each prepared one, along the side that has fewer."""
        left, top, right, bottom = self.box
        return min((right - left) / self.width, (bottom - top) / self.height)


def read_original(path: Path, limits: Limits) -> bytes:
    """The bytes of a regular file that no link leads to; `path` is absolute, and was found without following links.

    Raises PictureRefused (no-regular-file, unreadable, too-large).
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            _refuse_way_through_links(descriptor, path)
            content = _read_regular(descriptor, limits.max_bytes + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise PictureRefused("no-regular-file", "it is a link or a socket: put the picture itself there") from error
        raise PictureRefused("unreadable", f"it can't be read ({os.strerror(error.errno or errno.EIO)})") from error
    if len(content) > limits.max_bytes:
        raise PictureRefused("too-large", f"the file has more than {limits.max_bytes >> 20} MB: make it smaller")
    return content


def _refuse_way_through_links(descriptor: int, path: Path) -> None:
    """A folder on the way may have become a link since it was looked at: then the file that is open is another."""
    if os.readlink(f"/proc/self/fd/{descriptor}") != str(path):  # noqa: PTH115  (a Path of it is not wanted)
        raise PictureRefused("no-regular-file", "the path leads through a link, which is not followed")


def _read_regular(descriptor: int, size_bytes: int) -> bytes:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise PictureRefused("no-regular-file", "it is a folder, pipe or device: put the picture itself there")
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        return file.read(size_bytes)


def derivatives(content: bytes, sizes: Sequence[PictureSize], limits: Limits) -> tuple[Derivative, ...]:
    """The prepared pictures of an original, in the order of `sizes`; raises PictureRefused."""
    original = open_original(content, limits.max_pixels)
    shown, cuts = _cut(original, sizes)
    jpegs = {cut: _jpeg(shown, cut, original.orientation, limits.quality) for cut in dict.fromkeys(cuts)}
    return tuple(
        Derivative(size, jpegs[cut], *_upright(cut.width, cut.height, original), dpi=_dpi(cut))
        for size, cut in zip(sizes, cuts, strict=True)
    )


def _cut(original: Original, sizes: Sequence[PictureSize]) -> tuple[Decoded, list[Cut]]:
    """The original on white, as small as the sizes allow, and what of it each size shows."""
    cuts = [_cut_of(size, original, _whole(original)) for size in sizes]
    shown = _shown(original, _reduction(cuts))
    if not any(size.is_trimmed for size in sizes):
        return shown, cuts
    cuts = _trimmed_cuts(original, sizes, shown)
    if shown.scale > COARSE * _reduction(cuts):  # what is left is a small part of a large original
        shown = _shown(original, _reduction(cuts))
        cuts = _trimmed_cuts(original, sizes, shown)
    return shown, cuts


def _trimmed_cuts(original: Original, sizes: Sequence[PictureSize], shown: Decoded) -> list[Cut]:
    whole = _whole(original)
    trimmed = _trimmed(shown, whole)
    return [_cut_of(size, original, trimmed if size.is_trimmed else whole) for size in sizes]


def _whole(original: Original) -> Box:
    return 0.0, 0.0, float(original.width), float(original.height)


def _cut_of(size: PictureSize, original: Original, box: Box) -> Cut:
    width, height = _upright(size.width, size.height, original)
    left, top, right, bottom = box
    aspect = (right - left) * original.pixel_aspect / (bottom - top)
    if size.is_cropped:
        return Cut(_middle(box, aspect * height / width), width, height)
    if aspect * height >= width:
        return Cut(box, width, max(1, round(width / aspect)))
    return Cut(box, max(1, round(height * aspect)), height)


def _upright(width: int, height: int, original: Original) -> tuple[int, int]:
    """A size as it stands from how it lies in the original, and the other way round."""
    return (height, width) if original.orientation in ON_ITS_SIDE else (width, height)


def _middle(box: Box, too_wide: float) -> Box:
    """The middle of a box that is `too_wide` times as wide as it should be (below 1: too high)."""
    left, top, right, bottom = box
    if too_wide >= 1:
        spare = (right - left) * (1 - 1 / too_wide) / 2
        return left + spare, top, right - spare, bottom
    spare = (bottom - top) * (1 - too_wide) / 2
    return left, top + spare, right, bottom - spare


def _reduction(cuts: Sequence[Cut]) -> int:
    """How many times smaller the original may become before the cuts are taken."""
    return max(1, int(min((cut.pixels_each for cut in cuts), default=1.0) / FINER))


def _shown(original: Original, reduction: int) -> Decoded:
    decoded = original.decode(reduction)
    return Decoded(to_srgb(decoded.picture, original.convert), decoded.scale)


def _trimmed(shown: Decoded, whole: Box) -> Box:
    """The box, in the original's pixels, of what is not near white, with a hair round it; all white stays whole.

    Looked for in a smaller picture, where specks of dust drown; then its edges, to the pixel.
    """
    step = max(1, max(shown.picture.size) // LOOK_AT)
    rough = _box_of_ink(shown.picture.reduce(step))
    if not rough:
        return whole
    left, top = rough[0] * step, rough[1] * step
    right, bottom = (min(side * step, most) for side, most in zip(rough[2:], shown.picture.size, strict=True))
    edges = _box_of_ink(shown.picture.crop((left, top, right, bottom))) or (0, 0, right - left, bottom - top)
    hair = max(1.0, HAIR * shown.scale * max(edges[2] - edges[0], edges[3] - edges[1]))
    return (
        max(0.0, (left + edges[0]) * shown.scale - hair),
        max(0.0, (top + edges[1]) * shown.scale - hair),
        min(whole[2], (left + edges[2]) * shown.scale + hair),
        min(whole[3], (top + edges[3]) * shown.scale + hair),
    )


def _box_of_ink(picture: Image.Image) -> tuple[int, int, int, int] | None:
    darkest = reduce(ImageChops.darker, picture.split())
    return darkest.point([255 * (level < NEAR_WHITE) for level in range(256)]).getbbox()


def _jpeg(shown: Decoded, cut: Cut, orientation: int, quality: int) -> bytes:
    left, top, right, bottom = (side / shown.scale for side in cut.box)
    box = (left, top, min(right, shown.picture.width), min(bottom, shown.picture.height))
    picture = shown.picture.resize((cut.width, cut.height), Image.Resampling.LANCZOS, box, reducing_gap=FINER)
    if orientation in TURNS:
        picture = picture.transpose(TURNS[orientation])
    picture = picture.convert("RGB")
    picture.info.clear()  # else Pillow would write the original's profile and comment
    content = BytesIO()
    subsampling = "4:4:4" if cut.width * cut.height <= SMALL_PIXELS else "4:2:0"
    picture.save(content, "JPEG", quality=quality, optimize=True, subsampling=subsampling)
    return content.getvalue()


def _dpi(cut: Cut) -> int:
    return max(1, min(DPI, round(DPI * cut.pixels_each)))
