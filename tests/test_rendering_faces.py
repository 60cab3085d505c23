"""Fonts that designers bring: old ones are set, damaged ones refused in words, and nothing is said on the side."""

import random
from collections.abc import Callable
from pathlib import Path

import font_source_sans_pro
import pytest

from service.rendering.type.faces import Face, FaceUnusable

DEJAVU = sorted(Path("/usr/share/fonts/truetype/dejavu").glob("DejaVu*.ttf"))
SOURCE_SANS = Path(font_source_sans_pro.__file__).parent / "files" / "SourceSansPro-Regular.ttf"
UNREADABLE = "can't be read as a font: it is missing, damaged or of another kind$"


@pytest.mark.skipif(not DEJAVU, reason="needs Debian's fonts-dejavu-core")
def test_a_face_that_names_no_height_of_its_capitals_has_that_of_its_h() -> None:
    """As fonts did before OS/2 version 2, and DejaVu does to this day."""
    assert {0.729} == {round(Face("F0", path).cap_height, 3) for path in DEJAVU if "Math" not in path.name}


@pytest.mark.skipif(not DEJAVU, reason="needs Debian's fonts-dejavu-core")
def test_nothing_is_said_of_tables_that_are_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    Face("F0", DEJAVU[-1])

    assert ("", "") == capfd.readouterr()


def test_what_is_not_there_or_no_font_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.ttf").write_text("no font")
    for name in ("gone.ttf", "words.ttf"):
        with pytest.raises(FaceUnusable, match=f"^{name} {UNREADABLE}"):
            Face("F0", tmp_path / name)


def cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def with_flipped_bytes(content: bytes, chance: random.Random) -> bytes:
    """Some anywhere, and some among the tables' places at the front."""
    damaged = bytearray(content)
    for end in (len(damaged), len(damaged), 1200):
        for _ in range(chance.randrange(6)):
            damaged[chance.randrange(end)] ^= chance.randrange(1, 256)
    return bytes(damaged)


@pytest.mark.parametrize("damage", [cut, with_flipped_bytes])
@pytest.mark.parametrize("path", [SOURCE_SANS, *DEJAVU[:1]], ids=lambda path: path.stem)
def test_a_damaged_font_is_refused_in_words_or_set(
    path: Path, damage: Callable[[bytes, random.Random], bytes], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    damaged, content = tmp_path / "damaged.ttf", path.read_bytes()
    refused = 0
    for seed in range(25):
        damaged.write_bytes(damage(content, random.Random(seed)))
        try:
            Face("F0", damaged).set("Avocado 12")
        except FaceUnusable as error:
            assert str(error).startswith("damaged.ttf ")
            refused += 1

    assert refused > 5
    assert ("", "") == capfd.readouterr()
