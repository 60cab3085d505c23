"""Make the pictures of notes that the README shows, a page beside a page: `python -m tests.bench.picture`."""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageOps

from tests.sheets import run

ROOT = Path(__file__).parent.parent.parent
PICTURES = {"note.png": "10503-ambassador-express.json", "note-two-sided.png": "halm-30138-ambassador.json"}
DPI, GAP, LINE = 90, 24, "#d8d4cc"


def main() -> None:
    for picture, sample in PICTURES.items():
        with tempfile.TemporaryDirectory() as folder:
            note = Path(folder) / "note.pdf"
            order = ROOT / "docs" / "samples" / sample
            subprocess.run([sys.executable, "-m", "service.cli", "preview", order, "-o", note], cwd=ROOT, check=True)
            run("pdftoppm", "-r", str(DPI), "-png", note, Path(folder) / "page")
            pages = [ImageOps.expand(_page(path), 1, LINE) for path in sorted(Path(folder).glob("*.png"))]
        width = sum(page.width for page in pages) + GAP * (len(pages) - 1)
        whole = Image.new("RGB", (width, pages[0].height), "white")
        for number, page in enumerate(pages):
            whole.paste(page, (number * (page.width + GAP), 0))
        colours = whole.quantize(256)
        whole.quantize(palette=colours, dither=Image.Dither.FLOYDSTEINBERG).save(
            ROOT / "docs" / picture, optimize=True, dpi=(DPI, DPI)
        )


def _page(path: Path) -> Image.Image:
    return Image.open(io.BytesIO(path.read_bytes())).convert("RGB")


if __name__ == "__main__":
    main()
