"""What a note costs: the CPU of each engine for the same notes, in turn, in one run; cost by lines; size; memory.

Every engine runs in a process of its own and draws ten notes when its turn comes: that is its steady state. The first
of the ten meets the caches of a processor that did something else in between, as a note does that comes alone; it is
shown too. Times are CPU of the process, which a busy machine stretches less than the clock; trust the ratios: each is
the median over notes that both engines drew.
"""

import statistics
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.peers import WARM_UP
from tests.bench.reach import NOTHING, Reach
from tests.bench.real import faults_of, pages_of
from tests.bench.reference import reference_plan
from tests.bench.workers import ENGINES, OURS, Drawn, Engine, NotRun, Worker, make_room, running_worker

Figures = list[dict[str, Any]]

REFERENCE_LINES = 8
IN_A_ROW = 10
NOTES = {REFERENCE_LINES: 100, 1: 20, 50: 20, 500: 10}  # of each size, as long as they take no more than:
BUDGET_S = {REFERENCE_LINES: 8, 1: 2, 50: 4, 500: 4}
_FIRST = WARM_UP + 1  # after those one is looked at; none is drawn twice: Typst remembers what it drew
_MANY_PICTURES = 5_000
_FIRST_NOTES = 5_000


@dataclass(slots=True)
class Contest:
    """The engines that run, why the others don't, and what each note of each size took."""

    folder: Path
    pictures: Mapping[str, Path]
    workers: dict[Engine, Worker] = field(default_factory=dict)
    not_run: dict[Engine, str] = field(default_factory=dict)
    pages: dict[Engine, int] = field(default_factory=dict)
    drawn: dict[tuple[Engine, int], dict[int, Drawn]] = field(default_factory=dict)


def measure_rendering() -> dict[str, Figures]:
    """The reference note by every engine; then what each takes for notes of 1 to 500 lines."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        sizes = [(lines, count + _FIRST) for lines, count in NOTES.items()]
        contest = Contest(folder, make_room(folder, sizes))
        for engine in ENGINES:
            _enter(contest, engine, stack)
        for lines in NOTES:
            _draw_in_turn(contest, lines)
        reference, lines = reference_figures(contest), line_figures(contest)
        return {"reference": reference, "lines": lines, "ours": our_figures(reference[0], lines)}


def measure_memory(notes: int) -> Figures:
    """The memory of one of our workers, over notes that are all different and show thousands of pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_room(folder, [], _MANY_PICTURES)
        with running_worker(OURS, folder) as worker:
            drawn = [worker.draw(REFERENCE_LINES, number) for number in range(notes)]
    first = drawn[: min(_FIRST_NOTES, notes // 2)]
    growth_mb = (drawn[-1].memory_kb - first[-1].memory_kb) / 1024
    return [
        {
            "notes": notes,
            f"MB after {len(first)}": round(first[-1].memory_kb / 1024, 1),
            "MB at the end": round(drawn[-1].memory_kb / 1024, 1),
            "grown MB": round(growth_mb, 1),
            **Reach("<", 5, "MB").beside(growth_mb),
            "CPU ms/note, in a row": _ms(drawn),
        }
    ]


def reference_figures(contest: Contest) -> Figures:
    """A row for each engine, ours first."""
    return [_reference_row(contest, engine) for engine in ENGINES]


def line_figures(contest: Contest) -> Figures:
    """A row for each engine: CPU for each size, and for one more line."""
    return [_line_row(contest, engine) for engine in ENGINES if engine in contest.workers]


def our_figures(reference: Mapping[str, Any], lines: Figures) -> Figures:
    """What else is wanted of ours."""
    if "not run" in reference:
        return []
    longest = max(NOTES)
    wanted = (
        ("one more line", lines[0]["one more line"], Reach("≤", 0.08, "ms")),
        (f"{longest} lines", lines[0][f"{longest} lines"], Reach("≤", 40, "ms")),
        ("over its pictures", reference["kB over its pictures"], Reach("≤", 60, "kB")),
    )
    return [{"what": what, "figure": figure, **reach.beside(figure)} for what, figure, reach in wanted]


def _enter(contest: Contest, engine: Engine, stack: ExitStack) -> None:
    """Start the engine, and let it draw only if what it draws is the note."""
    try:
        worker = stack.enter_context(running_worker(engine, contest.folder))
        pdf, number = contest.folder / "looked-at.pdf", WARM_UP
        worker.draw(REFERENCE_LINES, number, pdf)
    except NotRun as error:
        contest.not_run[engine] = str(error)
        return
    if faults := faults_of(pdf, reference_plan(REFERENCE_LINES, number)):
        contest.not_run[engine] = "; ".join(faults)
    else:
        contest.workers[engine] = worker
        contest.pages[engine] = pages_of(pdf)


def _draw_in_turn(contest: Contest, lines: int) -> None:
    """Each engine draws ten notes, then each the next ten, until all are drawn or an engine's budget is spent."""
    spent_s = dict.fromkeys(contest.workers, 0.0)
    for first in range(_FIRST, _FIRST + NOTES[lines], IN_A_ROW):
        for engine in list(contest.workers):
            for number in range(first, first + IN_A_ROW):
                if engine in contest.workers and spent_s[engine] <= BUDGET_S[lines]:
                    spent_s[engine] += _draw(contest, engine, lines, number)


def _draw(contest: Contest, engine: Engine, lines: int, number: int) -> float:
    """Its CPU seconds; an engine that fails is out."""
    try:
        drawn = contest.workers[engine].draw(lines, number)
    except NotRun as error:
        contest.not_run[engine] = f"{error}, at {lines} lines"
        del contest.workers[engine]
        return 0.0
    contest.drawn.setdefault((engine, lines), {})[number] = drawn
    return drawn.cpu_s


def _reference_row(contest: Contest, engine: Engine) -> dict[str, Any]:
    ours, its = (contest.drawn.get((one, REFERENCE_LINES), {}) for one in (OURS, engine))
    if engine in contest.not_run or not its:
        return {"engine": engine.name, "not run": contest.not_run.get(engine, "")}
    ms, ratio = _ms(list(its.values())), _times_ours(ours, its)
    sizes = [drawn.size_bytes for drawn in its.values()]
    over = [drawn.size_bytes - _pictures_bytes(contest, number) for number, drawn in its.items()]
    return {
        "engine": engine.name,
        "CPU ms": ms,
        "× ours": round(ratio, 1),
        **_reach_of(engine, ms, ratio),
        **_alone(ours, its),
        "notes": len(its),
        "pages": contest.pages[engine],
        "kB": round(statistics.median(sizes) / 1000),
        "kB over its pictures": round(statistics.median(over) / 1000, 1),
    }


def _alone(ours: Mapping[int, Drawn], its: Mapping[int, Drawn]) -> dict[str, float]:
    """The same of the notes that were the first of their ten."""
    ours, its = ({number: one[number] for number in one if not (number - _FIRST) % IN_A_ROW} for one in (ours, its))
    return {"alone ms": _ms(list(its.values())), "× ours, alone": round(_times_ours(ours, its), 1)}


def _reach_of(engine: Engine, ms: float, ratio: float) -> dict[str, str]:
    if engine is OURS:
        return Reach("≤", 3, "ms").beside(ms)
    return Reach("≥", engine.times_ours, "×").beside(ratio) if engine.times_ours and ratio else NOTHING


def _line_row(contest: Contest, engine: Engine) -> dict[str, Any]:
    ms = {lines: _ms(list(contest.drawn.get((engine, lines), {}).values())) for lines in sorted(NOTES)}
    shortest, longest = min(ms), max(ms)
    return {
        "engine": engine.name,
        **{f"{lines} lines": taken for lines, taken in ms.items()},
        "one more line": round((ms[longest] - ms[shortest]) / (longest - shortest), 4),
    }


def _times_ours(ours: Mapping[int, Drawn], its: Mapping[int, Drawn]) -> float:
    """The median over the notes that both drew; 0 if there are none."""
    ratios = [its[number].cpu_s / ours[number].cpu_s for number in ours.keys() & its.keys()]
    return statistics.median(ratios) if ratios else 0.0


def _pictures_bytes(contest: Contest, number: int) -> int:
    """Size of the pictures on that reference note, each once."""
    blocks = dict(reference_plan(REFERENCE_LINES, number).blocks)
    shown = (blocks["promo"], *blocks["goods"].rows, *blocks["recommendations"].tiles)
    return sum(contest.pictures[name].stat().st_size for name in {one.pictures[0] for one in shown})


def _ms(drawn: Sequence[Drawn]) -> float:
    return round(1000 * statistics.median(one.cpu_s for one in drawn), 3)
