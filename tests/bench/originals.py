"""A shop's originals for the bench: the sample pictures in other hues and cuts, so that no two files share bytes."""

import random
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from PIL import Image

from tests.conftest import ROOT

EDGE = 600
PNG_EVERY = 25


def make_originals(folder: Path, count: int) -> None:
    """`count` pictures of at most EDGE pixels, named P000000.jpg and so on, every 25th a PNG."""
    folder.mkdir(parents=True)
    with ProcessPoolExecutor() as workers:
        for _ in workers.map(partial(_make, folder), range(count), chunksize=64):
            pass


def _make(folder: Path, number: int) -> None:
    chance = random.Random(number)
    samples = _samples()
    picture = samples[number % len(samples)]
    width, height = picture.size
    left, top = int(width * chance.uniform(0, 0.06)), int(height * chance.uniform(0, 0.06))
    cut = picture.crop((left, top, width - int(width * chance.uniform(0, 0.06)), height))
    cut.thumbnail((EDGE, EDGE))
    hue, *others = cut.convert("HSV").split()
    turn = chance.randrange(256)
    coloured = Image.merge("HSV", (hue.point(lambda value: (value + turn) % 256), *others)).convert("RGB")
    is_png = number % PNG_EVERY == 0
    coloured.save(folder / f"P{number:06}.{'png' if is_png else 'jpg'}", quality=chance.randint(70, 92))


def _samples() -> list[Image.Image]:
    if not _kept:
        for path in sorted((ROOT / "image_cache" / "samples").iterdir()):
            with Image.open(path) as picture:
                if min(picture.size) >= EDGE:
                    _kept.append(picture.convert("RGB"))
    return _kept


_kept: list[Image.Image] = []
