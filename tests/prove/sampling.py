"""What the service uses while it works: looked at from outside, and by how much that grows.

A slope goes on and on; a step comes once, where something is used for the first time. Both are told, without the first
minutes of each life, in which caches fill. The slope is the middle one of those of all windows of all lives, each by
least squares, with an interval of 95 % by their spread: a step lies in one window. What steps have come to is how much
higher the last window of the longest life lies than its first.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

WINDOW_S = 240.0
NEEDED, NEEDED_WINDOWS = 8, 3  # samples of a window, and windows: less say nothing
NORMAL = 1.4826  # a standard deviation by the median one
OF_A_MEDIAN = 1.2533  # the error of a median by that of a mean
FIGURES = ("rss_mb", "pss_mb", "descriptors", "threads", "workers_pss_mb")


@dataclass(frozen=True, slots=True)
class Sample:
    """What the service with this pid uses `at_s` of the soak, its render workers apart."""

    at_s: float
    pid: int
    rss_mb: float
    pss_mb: float
    descriptors: int
    threads: int
    workers_pss_mb: float


@dataclass(frozen=True, slots=True)
class Slope:
    """By how much a figure grows in an hour; it is within `margin` of that, 19 times of 20.

    `grown` is by how much it has in the longest life, in so many minutes.
    """

    per_hour: float
    margin: float
    level: float  # its median
    grown: float
    minutes: float

    def __str__(self) -> str:
        grown = f"{self.grown:+.1f} in {self.minutes:.0f} minutes"
        return f"{self.per_hour:+.2f} ± {self.margin:.2f} an hour, at {self.level:.1f}; {grown} of the longest life"


def look(pid: int, nursery_pid: int, at_s: float) -> Sample | None:
    """What the service uses now, which was started by that nursery; None if it has ended."""
    with suppress(OSError, StopIteration):
        workers = sum(_kb(worker, "smaps_rollup", "Pss:") for worker in workers_of(pid, nursery_pid))
        return Sample(
            at_s,
            pid,
            rss_mb(pid),
            _kb(pid, "smaps_rollup", "Pss:") / 1024,
            len(list(Path(f"/proc/{pid}/fd").iterdir())),
            _kb(pid, "status", "Threads:"),
            workers / 1024,
        )
    return None


def rss_mb(pid: int) -> float:
    return _kb(pid, "status", "VmRSS:") / 1024


def workers_of(pid: int, nursery_pid: int) -> list[int]:
    """The processes that draw for it: the nursery's fork server starts them."""
    return [worker for child in _children(nursery_pid) if child != pid for worker in _children(child)]


def slope(samples: Iterable[Sample], figure: str, warm_after_s: float) -> Slope | None:
    """That of one figure; None where no life was long enough."""
    lives = [windows for points in _warm(samples, figure, warm_after_s) if (windows := list(_windows(points)))]
    per_hour = [_per_hour(window) for windows in lives for window in windows]
    if len(per_hour) < NEEDED_WINDOWS:
        return None
    middle = statistics.median(per_hour)
    spread = NORMAL * statistics.median(abs(each - middle) for each in per_hour)
    longest = max(lives, key=len)
    return Slope(
        middle,
        2 * OF_A_MEDIAN * spread / math.sqrt(len(per_hour)),
        _level(point for windows in lives for window in windows for point in window),
        _level(longest[-1]) - _level(longest[0]),
        len(longest) * WINDOW_S / 60,
    )


Points = Sequence[tuple[float, float]]


def _warm(samples: Iterable[Sample], figure: str, warm_after_s: float) -> Iterator[Points]:
    """Of each life: its points after the warm-up."""
    lives: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        lives[sample.pid].append(sample)
    for life in lives.values():
        yield [(each.at_s, getattr(each, figure)) for each in life if each.at_s - life[0].at_s >= warm_after_s]


def _windows(points: Points) -> Iterator[Points]:
    """The points of a life, window by window; a last one that is not full is left out."""
    count = int((points[-1][0] - points[0][0]) / WINDOW_S) if points else 0
    for number in range(count):
        start = points[0][0] + number * WINDOW_S
        window = [point for point in points if start <= point[0] < start + WINDOW_S]
        if len(window) >= NEEDED:
            yield window


def _per_hour(window: Points) -> float:
    times, values = zip(*window, strict=True)
    return 3600 * statistics.linear_regression(times, values).slope


def _level(points: Iterable[tuple[float, float]]) -> float:
    return statistics.median(value for _, value in points)


def size_mb(paths: Iterable[Path]) -> float:
    """Of these files together, as much of them as is on the disk."""
    total = 0
    for path in paths:
        with suppress(FileNotFoundError):
            total += path.lstat().st_blocks * 512
    return total / 1e6


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    return []


def _kb(pid: int, file: str, name: str) -> int:
    """A line of /proc/PID/FILE."""
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))
