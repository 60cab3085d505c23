"""Looking at sheets: notes rendered with the real layout, read back with the tools a printer or a reader would use."""

import io
import subprocess
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

import pypdf
from PIL import Image

from service.model import Choice, Plan, RenderedNote
from service.rendering.layouts.loading import load_layout
from service.rendering.renderer import Renderer

LAYOUTS = Path(__file__).parent.parent / "layouts"


@cache
def the_renderer() -> Renderer:
    """A renderer with the layout that ships, made once for all tests."""
    return Renderer({"amber-home": load_layout(LAYOUTS / "amber-home")})


def render(plan: Plan, files: Mapping[str, Path] | None = None) -> RenderedNote:
    """The note of `plan`, with these pictures by their ids."""
    return the_renderer().render(plan, found(plan, files or {}))


def found(plan: Plan, files: Mapping[str, Path]) -> dict[tuple[str, Choice], Path]:
    """What a library that has these pictures, by their ids, finds for a plan."""
    return {
        (slot, choice): next(files[one] for one in choice if one in files)
        for slot, choice in plan.pictures
        if not files.keys().isdisjoint(choice)
    }


def pages_of(note: RenderedNote) -> list[str]:
    """The text of each page."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(note.pdf)).pages]


def text_of(note: RenderedNote) -> str:
    return "\n".join(pages_of(note))


def words_of(note: RenderedNote) -> str:
    """The text with each white space made one plain space."""
    return " ".join(text_of(note).split())


def run(*command: str | Path, stdin: bytes = b"") -> bytes:
    done = subprocess.run([str(part) for part in command], input=stdin, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def codes_on(note: RenderedNote, folder: Path, tool: str, dpi: int) -> set[str]:
    """The codes that zbar reads off the pages, rastered by pdftoppm or gs."""
    document, rasters = folder / "note.pdf", folder / f"pages-{tool}-{dpi}"
    rasters.mkdir(parents=True, exist_ok=True)
    document.write_bytes(note.pdf)
    if tool == "pdftoppm":
        run("pdftoppm", "-r", str(dpi), "-png", document, rasters / "page")
    else:
        run("gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pnggray", f"-r{dpi}",
            f"-sOutputFile={rasters}/page-%d.png", document)  # fmt: skip
    read = subprocess.run(["zbarimg", "-q", *sorted(rasters.iterdir())], capture_output=True, timeout=60, check=False)
    assert read.returncode in (0, 4), read.stderr.decode()  # 4: a page without a code
    return set(read.stdout.decode().splitlines())


@lru_cache(maxsize=8)
def pixels_of(note: RenderedNote, page: int = 1, dpi: int = 72) -> Image.Image:
    """A page as it is seen: at 72 dpi, a pixel is a point."""
    raster = run("pdftoppm", "-r", str(dpi), "-f", str(page), "-singlefile", "-png", "-", stdin=note.pdf)
    return Image.open(io.BytesIO(raster)).convert("RGB")


def pictures_for(plan: Plan, folder: Path) -> dict[tuple[str, Choice], Path]:
    """A JPEG for every choice of the plan."""
    return {
        (slot, choice): a_jpeg(folder / f"{choice[0]}.jpg", f"hsl({number * 37 % 360}, 40%, 60%)")
        for number, (slot, choice) in enumerate(plan.pictures)
    }


def a_jpeg(path: Path, colour: str = "peru", size: tuple[int, int] = (60, 60)) -> Path:
    Image.new("RGB", size, colour).save(path, "JPEG")
    return path
