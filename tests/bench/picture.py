"""Make docs/note.png, the picture of a note that the README shows.

python -m tests.bench.picture
"""

import io
import subprocess
from pathlib import Path

from PIL import Image

from tests.plans import a_plan
from tests.sheets import render

PICTURE = Path(__file__).parent.parent.parent / "docs" / "note.png"
DPI = 110


def main() -> None:
    note = render(a_plan("en", lines=5, kind="partial"))
    raster = subprocess.run(
        ["pdftoppm", "-r", str(DPI), "-png", "-singlefile", "-"], input=note.pdf, capture_output=True, check=True
    )
    with Image.open(io.BytesIO(raster.stdout)) as image:
        image.save(PICTURE, optimize=True, dpi=(DPI, DPI))


if __name__ == "__main__":
    main()
