"""The corpora of odd pictures: each file comes out right, or it stands in the list of those that are refused.

What is right is told by relations inside the corpora, and by another decoder: netpbm, which is libpng.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from service.imagery.preparing.derivatives import Limits, PictureRefused, derivatives
from service.model import PictureSize

pytestmark = pytest.mark.corpora

FINE = Limits(max_bytes=8 << 20, max_pixels=4_000_000, quality=98)
LARGE = PictureSize(256, 256)
ALIKE = 2.5  # levels, on average: what JPEG makes of the sharp colours of these pictures

REFUSED = {
    "xc1n0g08.png": "broken",  # a colour type that does not exist
    "xc9n2c08.png": "broken",
    "xcrn0g04.png": "broken",  # transferred as text
    "xcsn0g01.png": "broken",  # checksum of its pixels
    "xd0n2c08.png": "broken",  # a depth that does not exist
    "xd3n2c08.png": "broken",
    "xd9n2c08.png": "broken",
    "xdtn0g01.png": "broken",  # no pixels in it
    "xhdn0g08.png": "broken",  # checksum of its header
    "xlfn0g04.png": "broken",  # transferred as text
    "xs1n0g01.png": "broken",  # its signature, one byte each
    "xs2n0g01.png": "broken",
    "xs4n0g01.png": "broken",
    "xs7n0g01.png": "broken",
}

# The same picture, written in different ways.
SAME = (
    *((f"basn{kind}", f"basi{kind}") for kind in ("0g01", "0g02", "0g04", "0g08", "0g16", "2c08", "2c16")),
    *((f"basn{kind}", f"basi{kind}") for kind in ("3p01", "3p02", "3p04", "3p08", "4a08", "4a16", "6a08", "6a16")),
    *((f"s{edge}n3p0{depth}", f"s{edge}i3p0{depth}") for depth, edge in ((1, "01"), (1, "04"), (2, "05"), (2, "09"))),
    *((f"s{edge}n3p04", f"s{edge}i3p04") for edge in range(32, 41)),
    ("oi1n0g16", "oi2n0g16", "oi4n0g16", "oi9n0g16"),  # its pixels in one chunk, in two, in many
    ("oi1n2c16", "oi2n2c16", "oi4n2c16", "oi9n2c16"),
    ("z00n2c08", "z03n2c08", "z06n2c08", "z09n2c08"),  # compression
    ("cm0n0g04", "cm7n0g04", "cm9n0g04", "ct0n0g04", "ct1n0g04"),  # times and texts
    ("basn2c16", "pp0n2c16", "ps1n2c16", "ps2n2c16"),  # palettes that are only suggested
    ("basn0g16", "oi1n0g16"),
    ("basn4a16", "bgai4a16", "bggn4a16"),  # backgrounds that are only suggested: ours is white paper
    ("basn4a08", "bgai4a08", "bgbn4a08"),
    ("basn6a08", "bgan6a08", "bgwn6a08"),
    ("basn6a16", "bgan6a16", "bgyn6a16"),
    ("basn3p08", "ch2n3p08"),
    ("tbbn3p08", "tbgn3p08", "tbwn3p08", "tbyn3p08", "tp1n3p08"),
    ("cs3n2c16", "cs5n2c08", "cs8n2c08"),  # significant bits: nearly
)
GAMMAS = ("g03", "g04", "g05", "g07", "g10", "g25")


@pytest.fixture
def pngsuite(corpora: Path) -> Path:
    return corpora / "images" / "pngsuite" / "png"


@pytest.mark.parametrize("name", ["Landscape", "Portrait"])
def test_all_orientations_of_a_photo_are_the_same_picture(corpora: Path, name: str) -> None:
    photos = [corpora / "images" / "exif-orientation" / f"{name}_{number}.jpg" for number in range(9)]
    upright, *others = (_shown(photo, PictureSize(300, 300)) for photo in photos)

    assert ((300, 200) if name == "Landscape" else (200, 300)) == upright.size
    for other in others:
        assert _difference(upright, other) < 3
        for turn in Image.Transpose:
            assert _difference(upright, other.transpose(turn).resize(upright.size)) > 12


def test_exactly_the_broken_files_of_pngsuite_are_refused(pngsuite: Path) -> None:
    refused = {}
    for path in sorted(pngsuite.glob("*.png")):
        try:
            _shown(path, LARGE)
        except PictureRefused as refusal:
            refused[path.name] = refusal.code

    assert REFUSED == refused


def test_every_other_file_of_pngsuite_looks_as_another_decoder_and_the_standard_say(pngsuite: Path) -> None:
    if not shutil.which("pngtopam"):
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("there is no pngtopam: tests/install_debian_packages.sh")
    paths = [path for path in sorted(pngsuite.glob("*.png")) if path.name not in REFUSED]
    shown = {path: _shown(path, LARGE) for path in paths}

    assert 161 == len(paths)
    differences = {path.name: _difference(_by_netpbm(path, shown[path].size), shown[path]) for path in paths}
    assert {} == {name: levels for name, levels in differences.items() if levels > ALIKE}


@pytest.mark.parametrize("names", SAME, ids=lambda names: names[0] + " " + names[1])
def test_the_same_picture_looks_the_same_however_it_is_written(pngsuite: Path, names: tuple[str, ...]) -> None:
    first, *others = (_shown(pngsuite / f"{name}.png", LARGE) for name in names)

    for other in others:
        assert first.size == other.size
        assert _difference(first, other) < ALIKE


def test_pixels_that_are_not_square_are_shown_in_their_shape(pngsuite: Path) -> None:
    """Eight pixels by thirty-two, thirty-two by eight: all of them a square picture, and the same but for sharpness."""
    first, *others = (_shown(pngsuite / f"cd{shape}n2c08.png", LARGE) for shape in "sufh")

    assert (256, 256) == first.size
    for other in others:
        assert _difference(first.reduce(64), other.reduce(64)) < 12


@pytest.mark.parametrize("kind", ["n0g16", "n2c08", "n3p04"])
def test_pictures_of_every_gamma_look_alike(pngsuite: Path, kind: str) -> None:
    """All but the corner where each says which it is."""
    first, *others = (_shown(pngsuite / f"{gamma}{kind}.png", LARGE).crop((0, 0, 256, 150)) for gamma in GAMMAS)

    for other in others:
        assert _difference(first, other) < 4


@pytest.mark.parametrize(
    "name", ["tbbn0g04", "tbbn2c16", "tbgn2c16", "tbrn2c08", "tbwn0g16", "tbbn3p08", "tp1n3p08", "tm3n3p02"]
)
def test_what_is_transparent_is_white_paper(pngsuite: Path, name: str) -> None:
    corner = _shown(pngsuite / f"{name}.png", LARGE).crop((0, 0, 8, 8))

    assert min(low for low, _ in corner.getextrema()) > 250


def _shown(path: Path, size: PictureSize) -> Image.Image:
    (derivative,) = derivatives(path.read_bytes(), [size], FINE)
    return Image.open(BytesIO(derivative.content))


def _difference(expected: Image.Image, found: Image.Image) -> float:
    """Levels by which the channel that differs most differs on average."""
    assert expected.size == found.size
    return max(ImageStat.Stat(ImageChops.difference(expected, found)).mean)


def _by_netpbm(path: Path, size: tuple[int, int]) -> Image.Image:
    """The samples as netpbm reads them, shown as the PNG standard says: gamma, then alpha on white."""
    content = path.read_bytes()
    colours, alpha = _netpbm(["pngtopam"], content), _netpbm(["pngtopam", "-alpha"], content)
    picture = Image.open(BytesIO(_in_eight_bits(colours))).convert("RGB")
    at = content.find(b"gAMA")
    if at > 0:
        exponent = 1 / (2.2 * int.from_bytes(content[at + 4 : at + 8]) / 100_000)
        picture = picture.point([round(255 * (level / 255) ** exponent) for level in range(256)] * 3)
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=Image.open(BytesIO(_in_eight_bits(alpha))).convert("L"))
    return paper.resize(size, Image.Resampling.LANCZOS)


def _in_eight_bits(pam: bytes) -> bytes:
    return pam if pam.startswith(b"P4") else _netpbm(["pamdepth", "255"], pam)


def _netpbm(command: Iterable[str], stdin: bytes) -> bytes:
    return subprocess.run([*command], input=stdin, capture_output=True, check=True, timeout=30).stdout
