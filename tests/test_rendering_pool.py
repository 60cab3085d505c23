"""Render workers: warm, bounded, and each bad note costs itself alone."""

import contextlib
import multiprocessing
import os
import re
import shutil
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
from service.model import PictureSize, Postal, RenderedNote
from service.rendering.layouts.loading import load_layout
from service.rendering.pool import RenderPool
from tests.plans import a_plan
from tests.rendering_doubles import draw_badly
from tests.sheets import LAYOUTS, a_jpeg, found, render
from tests.two_sided import NAME, write_layout

NAMES = ("amber-home",)
SETTINGS = Rendering(workers=2, deadline_s=1.5, memory_mb=512)


@pytest.fixture(scope="module")
def pool() -> Iterator[RenderPool]:
    pool = RenderPool(LAYOUTS, NAMES, SETTINGS, draw=draw_badly)
    pool.start()
    yield pool
    pool.stop()


def test_a_worker_draws_what_this_process_would(pool: RenderPool, tmp_path: Path) -> None:
    pictures = {f"P{number:06d}": a_jpeg(tmp_path / f"{number}.jpg", colour=f"#{number}09060") for number in range(8)}

    plan = a_plan("de", lines=20)
    assert render(plan, pictures) == pool.render(plan, found(plan, pictures))


def test_the_sizes_of_pictures_are_known_from_the_start_and_those_that_the_workers_have(tmp_path: Path) -> None:
    folder = write_layout(tmp_path)
    pool = RenderPool(tmp_path, [NAME], SETTINGS)
    assert {} == pool.picture_sizes(NAME)

    pool.start()
    try:
        write_layout(tmp_path, ("picture_mm = 60", "picture_mm = 50"))
        assert load_layout(folder).picture_sizes != pool.picture_sizes(NAME)
        assert PictureSize(2102, 709, is_cropped=True) == pool.picture_sizes(NAME)["promo"]
        assert {} == pool.picture_sizes("of nobody")
    finally:
        pool.stop()


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
    kill(workers())

    assert render(a_plan()) == drawn_at_last(pool)


def workers() -> set[int]:
    """The workers of all pools."""
    return {one.pid for one in multiprocessing.active_children() if one.pid and one.name.startswith("pebble")}


def kill(workers: set[int]) -> None:
    for pid in workers:
        os.kill(pid, signal.SIGKILL)


def drawn_at_last(pool: RenderPool) -> RenderedNote:
    """The note, within four tries: those that the dead workers took with them are lost."""
    for _ in range(3):
        with contextlib.suppress(RenderInterrupted):
            return pool.render(a_plan(), {})
    return pool.render(a_plan(), {})


@pytest.fixture
def layouts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The layouts, for a test to spoil, and a place for the copy that workers draw with."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return Path(shutil.copytree(LAYOUTS, tmp_path / "layouts"))


def test_a_layout_saved_half_done_waits_for_the_next_start(layouts: Path) -> None:
    """Neither workers that take a dead one's place nor a whole new pool read what is on disk by then."""
    pool, others = RenderPool(layouts, NAMES, SETTINGS), workers()
    pool.start()
    (layouts / "amber-home" / "layout.toml").write_text("[sheet]\nsize = 'A0'")
    shutil.rmtree(layouts / "amber-home" / "art")
    kill(workers() - others)

    note = drawn_at_last(pool)
    pool.stop()

    assert render(a_plan()) == note
    with pytest.raises(ConfigInvalid, match=re.escape(f"{layouts / 'amber-home' / 'layout.toml'}:2")):
        pool.start()
    assert [] == list((layouts.parent / "tmp").iterdir())


def test_a_draft_that_no_shop_uses_stops_nothing(layouts: Path) -> None:
    (layouts / "draft").mkdir()
    (layouts / "draft" / "layout.toml").write_text("[sheet]\nsize = 'A0'")
    pool = RenderPool(layouts, NAMES, SETTINGS)
    pool.start()
    note = pool.render(a_plan(), {})
    pool.stop()

    assert render(a_plan()) == note


def test_a_layout_that_is_not_there_is_told_at_the_start(layouts: Path) -> None:
    with pytest.raises(ConfigInvalid, match=re.escape(f"{layouts / 'gone' / 'layout.toml'}")):
        RenderPool(layouts, {"amber-home", "gone"}, SETTINGS).start()


def test_workers_that_could_not_be_started_are_started_by_a_later_note(
    layouts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They die as long as the copy they load is away; the notes of that time are interrupted, the next is drawn."""
    monkeypatch.setattr("service.rendering.pool._START_PAUSE_S", 0.05)
    pool, others = RenderPool(layouts, NAMES, SETTINGS), workers()
    pool.start()
    (copy,) = (layouts.parent / "tmp").iterdir()
    copy.rename(layouts.parent / "away")
    kill(workers() - others)
    for _ in range(3):
        with pytest.raises(RenderInterrupted):
            pool.render(a_plan(), {})
    with pytest.raises(RenderInterrupted, match=r"^the render workers could not be started: one died before"):
        pool.render(a_plan(), {})

    (layouts.parent / "away").rename(copy)
    note = pool.render(a_plan(), {})
    pool.stop()

    assert render(a_plan()) == note


def test_stopping_does_not_wait_for_workers_that_can_not_be_started(
    layouts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.rendering.pool._START_PAUSE_S", 100.0)
    pool, others = RenderPool(layouts, NAMES, SETTINGS), workers()
    pool.start()
    (copy,) = (layouts.parent / "tmp").iterdir()
    copy.rename(layouts.parent / "away")
    kill(workers() - others)

    with ThreadPoolExecutor(1) as thread:
        drawn = thread.submit(_drawn_in_vain, pool)
        with pytest.raises(TimeoutError):
            drawn.result(timeout=1)
        pool.stop()
        assert "the render workers are not running" == drawn.result(timeout=10)


def _drawn_in_vain(pool: RenderPool) -> str:
    """What the last of some tries says."""
    for _ in range(4):
        try:
            pool.render(a_plan(), {})
        except RenderInterrupted as error:
            last = error.what
    return last


def test_a_stopped_pool_draws_nothing() -> None:
    with pytest.raises(RenderInterrupted):
        RenderPool(LAYOUTS, NAMES, SETTINGS).render(a_plan(), {})


def test_retired_workers_end_when_the_last_note_that_they_were_kept_for_leaves() -> None:
    pool = RenderPool(LAYOUTS, NAMES, SETTINGS)
    pool.start()
    assert pool.enter()
    assert pool.enter()
    pool.retire()
    assert not pool.enter()
    pool.leave()
    assert 1 == pool.render(a_plan(), {}).pages
    pool.leave()
    assert "are not running" in _drawn_in_vain(pool)


def test_retired_workers_that_nobody_needs_end_at_once() -> None:
    pool = RenderPool(LAYOUTS, NAMES, SETTINGS)
    pool.start()
    pool.retire()
    assert "are not running" in _drawn_in_vain(pool)


def test_a_note_that_is_drawn_while_the_pool_stops_is_interrupted() -> None:
    pool = RenderPool(LAYOUTS, NAMES, Rendering(workers=1, deadline_s=5), draw=draw_badly)
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
        RenderPool(tmp_path, {"bare"}, SETTINGS).start()


KILLED = """
import os, sys
from pathlib import Path
from service.config import Rendering
from service.rendering.pool import RenderPool
import multiprocessing
pool = RenderPool(Path(sys.argv[1]), {"amber-home"}, Rendering(workers=2))
pool.start()
print(*(worker.pid for worker in multiprocessing.active_children()), flush=True)
os.kill(os.getpid(), 9)
"""


def test_workers_end_when_the_service_is_killed(tmp_path: Path) -> None:
    command, environment = [sys.executable, "-c", KILLED, str(LAYOUTS)], os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, timeout=60, text=True, check=False, env=environment)

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
