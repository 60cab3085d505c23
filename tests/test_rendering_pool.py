"""Render workers: warm, bounded, and each bad note costs itself alone."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from service.config import Rendering
from service.errors import ConfigInvalid, GlyphMissing, InternalError, RenderInterrupted
from service.model import Postal
from service.rendering.pool import RenderPool
from tests.plans import a_plan
from tests.rendering_doubles import draw_badly
from tests.sheets import LAYOUTS, a_jpeg, render

SETTINGS = Rendering(workers=2, deadline_s=1.5, memory_mb=512)


@pytest.fixture(scope="module")
def pool() -> Iterator[RenderPool]:
    pool = RenderPool(LAYOUTS, SETTINGS, draw=draw_badly)
    pool.start()
    yield pool
    pool.stop()


def test_a_worker_draws_what_this_process_would(pool: RenderPool, tmp_path: Path) -> None:
    pictures = {f"P{number:06d}": a_jpeg(tmp_path / f"{number}.jpg", colour=f"#{number}09060") for number in range(8)}

    assert render(a_plan("de", lines=20), pictures) == pool.render(a_plan("de", lines=20), pictures)


@pytest.mark.parametrize("fault", ["hangs", "eats memory", "kills its worker"])
def test_a_note_that_takes_its_worker_down_costs_only_itself(pool: RenderPool, fault: str) -> None:
    bad, good = replace(a_plan(), title=fault), a_plan("fr")

    with ThreadPoolExecutor(6) as threads:
        others = [threads.submit(pool.render, good, {}) for _ in range(3)]
        failing = threads.submit(pool.render, bad, {})
        others += [threads.submit(pool.render, good, {}) for _ in range(3)]
        with pytest.raises(RenderInterrupted) as caught:
            failing.result(timeout=30)

    assert "Silke" not in str(caught.value)
    assert [render(good)] * 6 == [other.result() for other in others]


def test_our_own_errors_come_back_as_they_are(pool: RenderPool) -> None:
    with pytest.raises(GlyphMissing) as caught:
        pool.render(a_plan(address=Postal("To", ("\ue000",))), {})

    assert ("address", "no font has U+E000 a character without a name") == (caught.value.where, caught.value.what)


def test_a_fault_of_ours_is_named_by_kind_and_place_and_never_by_its_text(pool: RenderPool) -> None:
    with pytest.raises(InternalError) as caught:
        pool.render(replace(a_plan(), title="trips"), {})

    assert caught.value.what.startswith("ValueError at service.rendering.pool:")
    assert "Silke" not in repr(caught.value.__cause__)


def test_workers_all_dead_at_once_are_replaced(pool: RenderPool) -> None:
    pool.render(a_plan(), {})
    for worker in multiprocessing.active_children():
        if worker.pid and worker.name.startswith("pebble"):
            os.kill(worker.pid, signal.SIGKILL)

    for _ in range(4):
        try:
            note = pool.render(a_plan(), {})
        except RenderInterrupted:
            continue
        break

    assert render(a_plan()) == note


def test_a_stopped_pool_draws_nothing() -> None:
    with pytest.raises(RenderInterrupted):
        RenderPool(LAYOUTS, SETTINGS).render(a_plan(), {})


def test_a_note_that_is_drawn_while_the_pool_stops_is_interrupted() -> None:
    pool = RenderPool(LAYOUTS, Rendering(workers=1, deadline_s=5), draw=draw_badly)
    pool.start()

    with ThreadPoolExecutor(1) as thread:
        drawn = thread.submit(pool.render, replace(a_plan(), title="hangs"), {})
        pool.stop()
        with pytest.raises(RenderInterrupted):
            drawn.result(timeout=30)


def test_a_layout_at_fault_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "layout.toml").write_text("[sheet]\nsize = 'A0'\n")

    with pytest.raises(ConfigInvalid, match=r"layout\.toml:2: sheet\.size"):
        RenderPool(tmp_path, SETTINGS).start()


KILLED = """
import os, sys
from pathlib import Path
from service.config import Rendering
from service.rendering.pool import RenderPool
import multiprocessing
pool = RenderPool(Path(sys.argv[1]), Rendering(workers=2))
pool.start()
print(*(worker.pid for worker in multiprocessing.active_children()), flush=True)
os.kill(os.getpid(), 9)
"""


def test_workers_end_when_the_service_is_killed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(LAYOUTS)], capture_output=True, timeout=60, text=True, check=False
    )

    assert -signal.SIGKILL == done.returncode
    workers = [int(pid) for pid in done.stdout.split()]
    assert 2 == len(workers)
    assert [False, False] == [_outlives(pid) for pid in workers]


def _outlives(pid: int) -> bool:
    """True if the process is still there after five seconds."""
    import select

    try:
        watch = select.poll()
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    watch.register(descriptor, select.POLLIN)
    ended = watch.poll(5000)
    os.close(descriptor)
    return not ended
