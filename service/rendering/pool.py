"""Warm worker processes that draw notes: one bad note costs its worker, and nothing else.

Each worker is a process of its own (Pebble, started by forkserver: this process has threads) with an address space
limit, a Renderer for every layout of the folder, and a watch on its parent: when that is killed, the worker ends.
A note that runs out of time or memory, or takes its worker down, raises RenderInterrupted; another worker takes the
dead one's place. The worker's own errors come back as they are; anything else becomes InternalError, naming the kind of
exception and its place in our code, never its text, which may quote the note.
"""

import gc
import multiprocessing
import os
import resource
import select
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as DeadlinePassed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from multiprocessing.synchronize import Semaphore
from pathlib import Path

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from service.config import Rendering
from service.errors import InternalError, RenderInterrupted
from service.faults import contained
from service.model import Plan, RenderedNote
from service.rendering.layouts.loading import FILE, load_layout
from service.rendering.renderer import Renderer

Draw = Callable[[Renderer, Plan, Mapping[str, Path]], RenderedNote]

_START_DEADLINE_S = 60.0
_NEW_WORKER_S = 10.0  # what a worker that takes a dead one's place may need to get ready
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__, "service.rendering.warm"])


def load_renderer(folder: Path) -> Renderer:
    """A renderer with every layout in `folder`; raises ConfigInvalid."""
    return Renderer({path.parent.name: load_layout(path.parent) for path in sorted(folder.glob(f"*/{FILE}"))})


class RenderPool:
    """The workers. `render` may be called from any number of threads; as many notes as workers are drawn at a time."""

    def __init__(self, layouts_folder: Path, settings: Rendering, *, draw: Draw = Renderer.render) -> None:
        self._layouts_folder = layouts_folder.absolute()
        self._settings = settings
        self._draw = draw
        self._free = threading.BoundedSemaphore(settings.workers)
        self._changing = threading.Lock()
        self._is_wanted = False
        self._pool: ProcessPool | None = None
        self._drawing: set[ProcessFuture[RenderedNote]] = set()

    def start(self) -> None:
        """Start the workers; returns when all are warm. Raises ConfigInvalid if a layout is at fault."""
        forkserver.ensure_running()  # it gets warm meanwhile
        load_renderer(self._layouts_folder)  # in this process, where its faults can be told
        with self._changing:
            self._is_wanted = True
            self._pool = self._started_pool()

    def render(self, plan: Plan, pictures: Mapping[str, Path]) -> RenderedNote:
        """The note of `plan`, drawn by a worker; blocks until it is there or has failed."""
        with self._free:
            pool = self._pool
            if pool is None:
                raise RenderInterrupted("the render workers are not running")
            return self._drawn_by(pool, plan, pictures)

    def stop(self) -> None:
        """End the workers at once; what they were drawing is interrupted."""
        with self._changing:
            self._is_wanted = False
            self._end_pool()

    def _drawn_by(self, pool: ProcessPool, plan: Plan, pictures: Mapping[str, Path]) -> RenderedNote:
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
            if self._pool is broken and self._is_wanted:
                self._end_pool()
                self._pool = self._started_pool()

    def _end_pool(self) -> None:
        pool, self._pool = self._pool, None
        if pool:
            pool.stop()  # type: ignore[no-untyped-call]  # Pebble has no types here
            pool.join()
        for future in tuple(self._drawing):  # a stopped pool leaves them open for ever
            future.cancel()  # type: ignore[no-untyped-call]

    def _started_pool(self) -> ProcessPool:
        warm = _CONTEXT.Semaphore(0)
        limits = (self._layouts_folder, self._settings.memory_mb, os.getpid(), warm)
        pool = ProcessPool(self._settings.workers, initializer=_warm_up, initargs=limits, context=_CONTEXT)
        if not pool.active:
            raise RenderInterrupted("the render workers could not be started")
        for _ in range(self._settings.workers):
            if not warm.acquire(timeout=_START_DEADLINE_S):
                pool.stop()  # type: ignore[no-untyped-call]
                pool.join()
                raise RenderInterrupted("the render workers did not get ready in time")
        return pool


# In the worker -------------------------------------------------------------------------------------------------------

_OUT_OF_MEMORY = 75
_PARENT_DIED = 76
_renderer: Renderer


def _warm_up(layouts_folder: Path, memory_mb: int, parent: int, warm: Semaphore) -> None:
    """Get ready to draw: limits, the watch on the parent, the layouts."""
    global _renderer
    limit_bytes = memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _renderer = load_renderer(layouts_folder)
    gc.freeze()  # fonts and layouts live as long as the process: no collection need look at them again
    warm.release()


def _draw(draw: Draw, plan: Plan, pictures: Mapping[str, Path]) -> RenderedNote:
    """The note; of an error that is not ours only kind and place leave the process."""
    try:
        with contained(InternalError):
            return _drawn(draw, plan, pictures)
    except InternalError as error:
        raise error from None  # what it comes from may quote the note


def _drawn(draw: Draw, plan: Plan, pictures: Mapping[str, Path]) -> RenderedNote:
    try:
        return draw(_renderer, plan, pictures)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)


def _end_with(parent: int) -> None:
    """Wait for the parent's end, then end this process: nobody is left to draw for."""
    try:
        watch = select.poll()
        watch.register(os.pidfd_open(parent), select.POLLIN)
        watch.poll()
    except ProcessLookupError:
        pass
    os._exit(_PARENT_DIED)
