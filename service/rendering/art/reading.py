"""Art of a layout, made ready once: SVG and PDF become forms, PNG and JPEG images.

What could not be drawn truly is refused with ArtUnusable, which says what it is and how to mend it.
"""

from collections.abc import Callable
from pathlib import Path

from service.rendering.art.artwork import Art, ArtUnusable
from service.rendering.art.forms import only_page_form
from service.rendering.art.images import baseline_jpeg, png
from service.rendering.art.svg import svg_form

_SIZE_BYTES_MAX = 5_000_000
_READERS: dict[str, Callable[[bytes], Art]] = {".pdf": only_page_form, ".png": png, ".jpg": baseline_jpeg}


def read_art(path: Path, colour: str) -> Art:
    """The art at `path`; `colour` (#RRGGBB, or empty) is what currentColor means in an SVG; raises ArtUnusable."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArtUnusable(f"{path.name} can't be read") from error
    if len(content) > _SIZE_BYTES_MAX:
        raise ArtUnusable(f"{path.name} has more than {_SIZE_BYTES_MAX // 1_000_000} MB, which every note would carry")
    try:
        return svg_form(content, colour) if path.suffix == ".svg" else _READERS[path.suffix](content)
    except ArtUnusable as error:
        raise ArtUnusable(f"{path.name} {error}") from error
