"""Colour: what a profile, a gamma or an alpha channel says becomes plain sRGB on white.

Profiles are followed by littlecms, relative colorimetric with black point compensation. A profile that is damaged, or
made for another kind of picture (a CMYK profile in an RGB picture), counts as none. CMYK without a profile is taken as
ideal inks. Primaries that a PNG names without a profile (cHRM) are taken as sRGB's.
"""

from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from itertools import product

from PIL import Image, ImageChops, ImageCms

Conversion = Callable[[Image.Image], Image.Image]

SRGB = ImageCms.createProfile("sRGB")
COLOUR_SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}
SAME_COLOUR_LEVELS = 2  # a profile that moves no colour further than this says sRGB
DISPLAY_GAMMA = 2.2
SAME_GAMMA = 0.05  # as libpng: a gamma this near to the display's changes nothing


@lru_cache(maxsize=16)  # a shop's photographers have a few; those of presses are large
def conversion(profile: bytes, mode: str) -> Conversion | None:
    """How pictures of `mode` (L, RGB or CMYK) with this profile become sRGB; None where it can't be followed."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space.strip() != COLOUR_SPACES[mode]:
            return None
        transform = ImageCms.buildTransform(
            *(source, SRGB, mode, "RGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (OSError, ValueError, ImageCms.PyCMSError):
        return None
    if mode != "CMYK" and _changes_nothing(transform, mode):
        return _unchanged
    return lambda picture: ImageCms.applyTransform(picture, transform)  # type: ignore[return-value]  # None: in place


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether a coarse net of colours comes out as it went in."""
    net = bytes(level for colour in product(range(0, 256, 15), repeat=len(mode)) for level in colour)
    before = Image.frombytes(mode, (len(net) // len(mode), 1), net)
    after = ImageCms.applyTransform(before, transform)
    difference = ImageChops.difference(before.convert("RGB"), after)  # type: ignore[arg-type]  # None: in place
    return max(most for _, most in difference.getextrema()) <= SAME_COLOUR_LEVELS  # type: ignore[misc]  # three bands


def _unchanged(picture: Image.Image) -> Image.Image:
    return picture


def to_srgb(picture: Image.Image, convert: Conversion | None) -> Image.Image:
    """The picture (L, LA, RGB, RGBA, CMYK) as L or RGB on white."""
    has_alpha = picture.mode.endswith("A")
    colours = picture.convert(picture.mode.removesuffix("A")) if has_alpha else picture
    colours = convert(colours) if convert else colours
    if colours.mode == "CMYK":
        colours = colours.convert("RGB")
    return _on_white(colours, picture.getchannel("A")) if has_alpha else colours


def _on_white(colours: Image.Image, alpha: Image.Image) -> Image.Image:
    paper = Image.new(colours.mode, colours.size, "white")
    paper.paste(colours, mask=alpha)
    return paper


@lru_cache(maxsize=4)
def levels(gamma: float, steps: int) -> list[int]:
    """For each of `steps` sample values of a picture with this gamma, as PNG's gAMA says it, the level on a display."""
    exponent = 1 / (DISPLAY_GAMMA * gamma) if 0.05 < gamma < 20 else 1.0
    if abs(exponent - 1) < SAME_GAMMA:
        exponent = 1.0
    return [round(255 * (step / (steps - 1)) ** exponent) for step in range(steps)]
