"""The picture library: a first sync, one with nothing new, the check, and look-ups, as the commands do them."""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from service.imagery.library import Library
from service.model import Goods, GoodsRow, Plan
from service.rendering.layouts.loading import read_layout_file
from service.rendering.layouts.picture_sizes import picture_sizes
from tests.bench.originals import EDGE, make_originals
from tests.bench.reach import NOTHING, Reach
from tests.bench.render import Figures
from tests.conftest import ROOT

LOOK_UPS = 20_000
LINES = 8  # of a note
ALL = 40_000  # what the reaches are for
FIRST_REACH_S, SECOND_REACH_S = 12 * 60, 5.0


def measure_images(count: int) -> Figures:
    """A library of `count` originals of EDGE pixels at the sizes of the sample layouts."""
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as place:
        originals, library = Path(place) / "originals", Path(place) / "library"
        make_originals(originals, count)
        first, summary = _slipway(library, "sync", str(originals), "--json")
        second, _ = _slipway(library, "sync", str(originals), "--json")
        check, _ = _slipway(library, "check", "--json")
        opening_ms, look_up_us = _look_ups(library, count)
        facts = json.loads(summary)
    share = count / ALL
    rows = [
        (
            f"first sync of {count:,} of {EDGE} px",
            "s",
            round(first, 1),
            Reach("≤", round(FIRST_REACH_S * share, 1), "s"),
        ),
        ("its pictures a second", "1/s", round(count / first, 1), None),
        ("prepared, in all", "MB", round(facts["size_bytes"] / 1e6, 1), None),
        ("sync with nothing new", "s", round(second, 2), Reach("≤", SECOND_REACH_S, "s")),
        ("check", "s", round(check, 2), None),
        ("opening the index", "ms", round(opening_ms, 2), None),
        ("a look-up, as notes of 8 lines do it", "µs", round(look_up_us, 1), Reach("≤", 50, "µs")),
    ]
    return [
        {"what": what, "value": value, "unit": unit, **(reach.beside(value) if reach else NOTHING)}
        for what, unit, value, reach in rows
    ]


def _slipway(library: Path, *arguments: str) -> tuple[float, str]:
    """Wall seconds and output of an `images` command on this library."""
    environ = os.environ | {"SLIPWAY_IMAGE_CACHE": str(library), "SLIPWAY_SPOOL": str(library.parent / "spool")}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", "images", *arguments],
        cwd=ROOT,
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    )
    return time.perf_counter() - began, done.stdout


def _look_ups(folder: Path, count: int) -> tuple[float, float]:
    """Milliseconds to open the index for a first note, microseconds for each picture of the notes after it."""
    layout = ROOT / "layouts" / "amber-home"
    sizes = picture_sizes(read_layout_file(layout))
    chance = random.Random(1)
    plans = [_plan([f"P{chance.randrange(count):06}" for _ in range(LINES)]) for _ in range(LOOK_UPS // LINES)]
    began = time.perf_counter()
    library = Library(folder)
    library.pick(plans[0], sizes)
    opened = time.perf_counter()
    found = sum(len(library.pick(plan, sizes).pictures) for plan in plans)
    ended = time.perf_counter()
    assert found == sum(len(plan.pictures) for plan in plans), "the library lacks what was synced"
    return (opened - began) * 1e3, (ended - opened) / found * 1e6


def _plan(pictures: list[str]) -> Plan:
    rows = tuple(GoodsRow("1", "", picture, "", "", "", (picture,)) for picture in pictures)
    goods = Goods(("", "", "", ""), rows)
    return Plan("509217-1-r1", 1, "en", "amber-home", "amber-home", "", "", (("goods", goods),))
