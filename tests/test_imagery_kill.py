"""A sync killed at random moments: the library serves the old or the new generation, whole; the next sync completes."""

import hashlib
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.imagery.library import Library
from service.model import Goods, GoodsRow, Plan
from tests.conftest import ROOT
from tests.imagery_doubles import SMALL, Bench, orphans

SEED = 20261122
MOMENTS = 10
IDS = tuple(f"p{number}" for number in range(8))


def change(bench: Bench, turn: int) -> None:
    """Other content under every id, one that vanishes, one that comes, one that is refused now and then."""
    for number, picture in enumerate(IDS):
        bench.draw(**{picture: (20 * number + 7 * turn) % 256})
    bench.draw(**{f"turn{turn}": 250 - turn})
    (bench.originals / f"turn{turn - 1}.png").unlink(missing_ok=True)
    (bench.originals / "sick.png").write_bytes(b"no picture" if turn % 3 else b"no picture either")


def run_sync(bench: Bench, fatal_step: int) -> tuple[int, int]:
    """A sync in a process of its own: its exit code, and its steps if it came to its end."""
    command = [sys.executable, "-m", "tests.sync_program", str(bench.originals), str(bench.folder), str(fatal_step)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
    return done.returncode, int(done.stdout or 0)


def served(bench: Bench) -> tuple[str, ...]:
    """What the library, opened afresh, shows; everything that it names must be there and whole."""
    assert [] == list(bench.library.faults())
    return tuple(bench.shown(*IDS))


@contextmanager
def reader(folder: Path) -> Iterator[set[tuple[str, ...]]]:
    """Somebody who looks up a whole plan all the time; gives what was seen, each plan whole, every file as named."""
    rows = tuple(GoodsRow("1", "Bowl", one, "", "", "", (one,)) for one in IDS)
    plan = Plan("509217-1-r1", 1, "en", "amber-home", "", "", "", (("goods", Goods(("", "", "", ""), rows)),))
    library, is_over = Library(folder), threading.Event()
    seen: set[tuple[str, ...]] = set()
    halves: list[str] = []

    def look() -> None:
        while not is_over.wait(0.002):
            paths = list(library.pick(plan, {"goods": SMALL}).pictures.values())
            halves.extend(
                path.name for path in paths if f"{hashlib.sha256(path.read_bytes()).hexdigest()}.jpg" != path.name
            )
            seen.add(tuple(path.name for path in paths))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        is_over.set()
        thread.join()
    assert [] == halves


@pytest.mark.timeout(240)
def test_killed_at_any_moment_it_serves_the_old_or_the_new_and_the_next_sync_completes(tmp_path: Path) -> None:
    bench, chance = Bench(tmp_path), random.Random(SEED)
    change(bench, 0)
    run_sync(bench, 0)
    change(bench, 1)
    _, steps = run_sync(bench, 0)
    all_served, killed = [served(bench)], 0
    with reader(bench.folder) as seen:
        for turn in range(2, 2 + MOMENTS):
            change(bench, turn)
            step = chance.randrange(1, steps)
            exit_code, _ = run_sync(bench, step)
            killed += exit_code != 0
            left, moment = served(bench), f"seed {SEED}, turn {turn}: killed before step {step} of {steps}"
            all_served.append(completed(bench, moment))
            assert left in all_served[-2:], moment
    assert MOMENTS - 2 <= killed
    assert seen <= set(all_served)


def completed(bench: Bench, moment: str) -> tuple[str, ...]:
    """What is served after the next sync; it leaves nothing behind."""
    summary = bench.sync()
    assert (len(IDS) + 1, 1) == (summary.pictures, len(summary.refused)), moment
    indexes = sorted(path.name for path in (bench.folder / "generations").iterdir())
    assert (2, f"{summary.generation:06}.sqlite") == (len(indexes), indexes[-1]), moment
    assert 0 == orphans(bench.folder), moment
    return served(bench)
