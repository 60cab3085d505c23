"""Warm worker processes that draw notes: one bad note costs its worker, and nothing else.

Each worker is a process of its own (Pebble, started by forkserver: this process has threads) with an address space
limit, a Renderer for the layouts in use, and a watch on its parent: when that is killed, the worker ends. Layouts are
drawn as they were at the start, from a copy: what a designer saves later comes with a restart of the service.
A note that runs out of time or memory, or takes its worker down, raises RenderInterrupted; another worker takes the
dead one's place, and where none can be started the next notes try again. The worker's own errors come back as they are;
anything else becomes InternalError, naming the kind of exception and its place in our code, never its text, which may
quote the note.
"""

import fcntl
import gc
import multiprocessing
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as DeadlinePassed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from multiprocessing import forkserver
from multiprocessing.synchronize import Semaphore
from pathlib import Path

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from service.config import Rendering
from service.errors import ConfigInvalid, InternalError, RenderInterrupted
from service.faults import contained
from service.model import PictureSize, Plan, RenderedNote
from service.rendering.blocks.figures import Pictures
from service.rendering.layouts.loading import load_layout
from service.rendering.renderer import Renderer
from service.worker_process import end_with, limit_memory

Draw = Callable[[Renderer, Plan, Pictures], RenderedNote]

_START_DEADLINE_S = 60.0
_START_LOOK_S = 0.1
_START_PAUSE_S = 3.0  # between a start that failed and the next
_NEW_WORKER_S = 10.0  # what a worker that takes a dead one's place may need to get ready
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__, "service.rendering.warm"])


def load_renderer(folder: Path, names: Collection[str]) -> Renderer:
    """A renderer with the layouts of those names in `folder`; raises ConfigInvalid."""
    return Renderer({name: load_layout(folder / name) for name in names})


def warm_up_ahead() -> None:
    """Start the server that workers are forked from; it gets warm while this process gets ready."""
    forkserver.ensure_running()


class RenderPool:
    """The workers. `render` may be called from any number of threads; as many notes as workers are drawn at a time."""

    def __init__(
        self, layouts_folder: Path, layouts: Collection[str], settings: Rendering, *, draw: Draw = Renderer.render
    ) -> None:
        self._layouts_folder = layouts_folder.absolute()
        self._layouts = tuple(sorted(layouts))
        self._settings = settings
        self._draw = draw
        self._free = threading.BoundedSemaphore(settings.workers)
        self._changing = threading.Lock()
        self._is_stopped = threading.Event()
        self._is_stopped.set()
        self._kept = ExitStack()
        self._copy = self._layouts_folder
        self._picture_sizes: Mapping[str, Mapping[str, PictureSize]] = {}
        self._pool: ProcessPool | None = None
        self._next_start_at = 0.0
        self._drawing: set[ProcessFuture[RenderedNote]] = set()
        self._users = 0
        self._is_retired = False
        self._counting = threading.Lock()

    def start(self) -> None:
        """Start the workers; returns when all are warm. Raises ConfigInvalid if a layout is at fault."""
        warm_up_ahead()
        with self._changing, ExitStack() as kept:
            self._copy = self._copied_layouts(kept)
            self._picture_sizes = self._sizes_of_sound_layouts()
            self._is_stopped.clear()
            kept.callback(self._is_stopped.set)
            self._pool = self._started_pool()
            self._kept = kept.pop_all()

    def picture_sizes(self, layout: str) -> Mapping[str, PictureSize]:
        """At which sizes a layout shows pictures, by slot: as the workers draw it, known since the start."""
        return self._picture_sizes.get(layout, {})

    def render(self, plan: Plan, pictures: Pictures) -> RenderedNote:
        """The note of `plan`, drawn by a worker; blocks until it is there or has failed."""
        with self._free:
            return self._drawn_by(self._running_pool(), plan, pictures)

    def enter(self) -> bool:
        """Keep the workers until leave(); False if they are retired, and others have taken their place."""
        with self._counting:
            self._users += not self._is_retired
            return not self._is_retired

    def leave(self) -> None:
        """Whoever entered needs them no more; the last to leave retired workers ends them."""
        with self._counting:
            self._users -= 1
            is_over = self._is_retired and not self._users
        if is_over:
            self.stop()

    def retire(self) -> None:
        """End the workers as soon as nobody needs them; nobody enters any more."""
        with self._counting:
            self._is_retired = True
            is_over = not self._users
        if is_over:
            self.stop()

    def stop(self) -> None:
        """End the workers at once; what they were drawing is interrupted."""
        self._is_stopped.set()  # whoever waits to start workers gives way
        with self._changing:
            self._end_pool()
            self._kept.close()

    def _copied_layouts(self, kept: ExitStack) -> Path:
        """A folder of our own with the layouts, for as long as `kept` is open; raises ConfigInvalid."""
        try:
            copy = Path(kept.enter_context(tempfile.TemporaryDirectory(prefix="slipway-layouts-")))
            descriptor = os.open(copy, os.O_RDONLY)
            kept.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # what tidies /tmp by age leaves locked folders alone
            for layout in self._layouts:
                if (self._layouts_folder / layout).is_dir():
                    shutil.copytree(self._layouts_folder / layout, copy / layout, ignore_dangling_symlinks=True)
        except OSError as error:
            raise ConfigInvalid(f"the layouts in {self._layouts_folder} can't be copied: {error}") from error
        return copy

    def _sizes_of_sound_layouts(self) -> dict[str, Mapping[str, PictureSize]]:
        """Load the layouts in this process, where their faults can be told and the sizes of their pictures be asked."""
        try:
            renderer = load_renderer(self._copy, self._layouts)
        except ConfigInvalid as error:
            what = error.what.replace(str(self._copy), str(self._layouts_folder))
            raise ConfigInvalid(what) from error
        return {layout: renderer.picture_sizes(layout) for layout in self._layouts}

    def _running_pool(self) -> ProcessPool:
        """The workers; where a start of new ones failed, it is tried again after a pause."""
        if pool := self._pool:
            return pool
        with self._changing:
            if self._pool is None:
                if self._is_stopped.wait(max(0.0, self._next_start_at - time.monotonic())):
                    raise RenderInterrupted("the render workers are not running")
                self._pool = self._started_pool()
            return self._pool

    def _drawn_by(self, pool: ProcessPool, plan: Plan, pictures: Pictures) -> RenderedNote:
        deadline_s = self._settings.deadline_s
        try:
            future = pool.schedule(_draw, (self._draw, plan, pictures), timeout=deadline_s)
            return self._awaited(future)
        except ProcessExpired as error:
            raise RenderInterrupted(f"a render worker died with exit code {error.exitcode}") from None
        except DeadlinePassed:
            if not future.done():  # not even the pool noticed
                self._replace(pool)
            raise RenderInterrupted(f"a render worker took longer than {deadline_s:g} s") from None
        except CancelledError:
            raise RenderInterrupted("the render workers were stopped") from None
        except (BrokenProcessPool, RuntimeError) as error:
            self._replace(pool)
            raise RenderInterrupted(f"the render workers broke down ({type(error).__name__})") from None

    def _awaited(self, future: "ProcessFuture[RenderedNote]") -> RenderedNote:
        self._drawing.add(future)
        try:
            return future.result(self._settings.deadline_s + _NEW_WORKER_S)
        finally:
            self._drawing.discard(future)

    def _replace(self, broken: ProcessPool) -> None:
        """Put new workers in the place of a broken pool, once."""
        with self._changing:
            if self._pool is broken and not self._is_stopped.is_set():
                self._end_pool()
                self._pool = self._started_pool()

    def _end_pool(self) -> None:
        pool, self._pool = self._pool, None
        if pool:
            _end(pool)
        for future in tuple(self._drawing):  # a stopped pool leaves them open for ever
            future.cancel()  # type: ignore[no-untyped-call]

    def _started_pool(self) -> ProcessPool:
        """New workers, all warm; raises RenderInterrupted if they don't get there."""
        try:
            warm = _CONTEXT.Semaphore(0)
            given = (self._copy, self._layouts, self._settings.memory_mb, os.getpid(), warm)
            pool = ProcessPool(self._settings.workers, initializer=_warm_up, initargs=given, context=_CONTEXT)
            with ExitStack() as failing:
                failing.callback(_end, pool)
                self._wait_for(pool, warm)
                failing.pop_all()
        except (OSError, EOFError, RenderInterrupted) as error:  # EOFError: the forkserver is gone
            self._next_start_at = time.monotonic() + _START_PAUSE_S
            why = error.what if isinstance(error, RenderInterrupted) else f"{type(error).__name__}: {error}"
            raise RenderInterrupted(f"the render workers could not be started: {why}") from error
        return pool

    def _wait_for(self, pool: ProcessPool, warm: Semaphore) -> None:
        """Wait until every worker has said that it is warm; raises RenderInterrupted."""
        deadline = time.monotonic() + _START_DEADLINE_S
        missing = self._settings.workers
        while missing:
            if not pool.active:  # asking is what starts it
                raise RenderInterrupted("one died before it was ready")
            if self._is_stopped.is_set():
                raise RenderInterrupted("the service stops")
            if time.monotonic() >= deadline:
                raise RenderInterrupted(f"they were not ready within {_START_DEADLINE_S:g} s")
            missing -= warm.acquire(timeout=_START_LOOK_S)


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]  # Pebble has no types here
    pool.join()


# In the worker -------------------------------------------------------------------------------------------------------

_OUT_OF_MEMORY = 75
_renderer: Renderer


def _warm_up(folder: Path, layouts: Collection[str], memory_mb: int, parent: int, warm: Semaphore) -> None:
    """Get ready to draw: limits, the watch on the parent, the layouts."""
    global _renderer
    limit_memory(memory_mb)
    end_with(parent)
    _renderer = load_renderer(folder, layouts)
    gc.freeze()  # fonts and layouts live as long as the process: no collection need look at them again
    warm.release()


def _draw(draw: Draw, plan: Plan, pictures: Pictures) -> RenderedNote:
    """The note; of an error that is not ours only kind and place leave the process."""
    try:
        with contained(InternalError):
            return _drawn(draw, plan, pictures)
    except InternalError as error:
        raise error from None  # what it comes from may quote the note


def _drawn(draw: Draw, plan: Plan, pictures: Pictures) -> RenderedNote:
    try:
        return draw(_renderer, plan, pictures)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)
