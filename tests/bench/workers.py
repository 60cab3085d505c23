"""The engines of the bench, each in a process of its own: they share no memory, no caches and no versions."""

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import font_source_sans_pro

from tests.bench.content import write_content
from tests.bench.reference import GOODS_PICTURES, make_pictures, reference_plan
from tests.conftest import ROOT

PEERS_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
_START_S, _NOTE_S = 120, 60
_FONTS = Path(font_source_sans_pro.__file__).parent / "files"
_FONTCONFIG = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/fontconfig</cachedir></fontconfig>
"""


@dataclass(frozen=True, slots=True)
class Engine:
    """One way to draw the note: a module of `peers` with its arguments, and what DESIGN.md says of ours beside it."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    times_ours: float | None = None

    @property
    def python(self) -> Path:
        return Path(sys.executable) if self is OURS else PEERS_PYTHON


OURS = Engine("Slipway", "ours")
PLAIN = Engine("reportlab Canvas, codes its own", "canvas", ("--own-codes",), times_ours=20)
ENGINES = (
    OURS,
    PLAIN,
    Engine("reportlab Canvas", "canvas"),
    Engine("reportlab Canvas, no ASCII85", "canvas", ("--binary",)),
    Engine("Platypus, no ASCII85", "platypus"),
    Engine("Typst", "typst", times_ours=7),
    Engine("pycairo", "cairo", times_ours=3),
    Engine("WeasyPrint", "weasyprint", times_ours=150),
    Engine("fpdf2", "fpdf2"),
)


class NotRun(Exception):
    """An engine that can't be measured; the text says why."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What one note took: CPU of the worker, and its memory after it."""

    cpu_s: float
    size_bytes: int
    memory_kb: int


def make_room(folder: Path, sizes: Iterable[tuple[int, int]], goods_pictures: int = GOODS_PICTURES) -> dict[str, Path]:
    """Pictures, fonts and content in `folder`, for so many notes (second) of so many lines (first)."""
    pictures = make_pictures(folder / "pictures", goods_pictures)
    (folder / "fonts").mkdir()
    for weight in ("Regular", "Semibold"):
        shutil.copy(_FONTS / f"SourceSansPro-{weight}.ttf", folder / "fonts")
    (folder / "fonts.conf").write_text(_FONTCONFIG.format(folder=folder))
    plans = ((lines, number, reference_plan(lines, number)) for lines, count in sizes for number in range(count))
    write_content(folder / "content.jsonl", plans, pictures)
    return pictures


@contextmanager
def running_worker(engine: Engine, folder: Path) -> Iterator["Worker"]:
    """A worker that is ready to draw; raises NotRun."""
    worker = Worker(engine, folder)
    try:
        worker.await_ready()
        yield worker
    finally:
        worker.end()


class Worker:
    """An engine's process; it draws one note at a time, on demand."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        if not engine.python.exists():
            raise NotRun(f"there is no {engine.python.relative_to(ROOT)}")
        self._errors = folder / f"{engine.module}{''.join(engine.arguments)}.err"
        program = [
            engine.python,
            "-m",
            f"tests.bench.peers.{engine.module}",
            folder / "content.jsonl",
            *engine.arguments,
        ]
        environ = os.environ | {"BENCH_FONTS": str(folder / "fonts"), "FONTCONFIG_FILE": str(folder / "fonts.conf")}
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                program, bufsize=0, cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
            )

    def await_ready(self) -> None:
        self._answer(_START_S)

    def draw(self, lines: int, number: int, file: Path | None = None) -> Drawn:
        """Draw that note of so many lines, into `file` if there is one; raises NotRun."""
        assert self._process.stdin
        try:
            self._process.stdin.write(f"{lines} {number} {file or ''}\n".encode())
        except BrokenPipeError:
            raise NotRun(self._last_words()) from None
        cpu_s, size_bytes, memory_kb = self._answer(_NOTE_S).split()
        return Drawn(float(cpu_s), int(size_bytes), int(memory_kb))

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _answer(self, deadline_s: float) -> str:
        assert self._process.stdout
        if not select.select([self._process.stdout], [], [], deadline_s)[0]:
            raise NotRun(f"it took longer than {deadline_s} s")
        answer = self._process.stdout.readline().decode().strip()
        if not answer:
            raise NotRun(self._last_words())
        return answer

    def _last_words(self) -> str:
        words = self._errors.read_text().strip().splitlines()
        return words[-1] if words else "it ended without a word"
