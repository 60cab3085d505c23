"""Make docs/note.png, the picture of a note that the README shows: `python -m tests.bench.picture`."""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parent.parent.parent
SAMPLE, PICTURE, DPI = ROOT / "docs/samples/10482-1of2.json", ROOT / "docs/note.png", 110


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder) / "note.pdf"
        subprocess.run([sys.executable, "-m", "service.cli", "preview", SAMPLE, "-o", note], cwd=ROOT, check=True)
        raster = ["pdftoppm", "-r", str(DPI), "-png", "-singlefile", note]
        shown = subprocess.run(raster, capture_output=True, check=True).stdout
    with Image.open(io.BytesIO(shown)) as image:
        image.save(PICTURE, optimize=True, dpi=(DPI, DPI))


if __name__ == "__main__":
    main()
