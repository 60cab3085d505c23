"""A worker of the bench: draws one note for each line on its standard input and answers with what that took.

A line is `LINES NUMBER` or `LINES NUMBER FILE`; with a file, the PDF is written there. An answer is the CPU seconds of
this process, the size of the PDF in bytes and the memory of this process in kB. The first answer is `ready`.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.bench.peers import WARM_UP

FONTS = Path(os.environ["BENCH_FONTS"])
REGULAR, SEMIBOLD = FONTS / "SourceSansPro-Regular.ttf", FONTS / "SourceSansPro-Semibold.ttf"
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024


def work(draw: Callable[[Any], bytes]) -> None:
    """Draw notes of the content file that this program was started with."""
    notes = read_content(Path(sys.argv[1]))
    draw_on_demand(draw, lambda lines, number: notes[lines, number])


def read_content(path: Path) -> dict[tuple[int, int], Any]:
    """Each note with its blocks as attributes, by (lines, number)."""
    notes = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        note = json.loads(line, object_hook=lambda fields: SimpleNamespace(**fields))
        notes[note.lines, note.number] = note
    return notes


def draw_on_demand(draw: Callable[[Any], bytes], note_of: Callable[[int, int], Any]) -> None:
    """Answer each line of standard input, to its end; what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for number in range(WARM_UP):
        draw(note_of(8, number))
    gc.collect()
    gc.freeze()  # as our render workers do
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        lines, number, *file = line.split(maxsplit=2)
        note = note_of(int(lines), int(number))
        began_s = time.process_time()
        pdf = draw(note)
        took_s = time.process_time() - began_s
        if file:
            Path(file[0].rstrip("\n")).write_bytes(pdf)
        print(took_s, len(pdf), _memory_kb(), file=answers, flush=True)


def _memory_kb() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_KB
