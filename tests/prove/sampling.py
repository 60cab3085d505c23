"""What the service uses while it works: looked at from outside, and the slope of each figure per hour.

Each process that was started anew uses more and more until it is warm; so the slope is that of all lives together,
each with a level of its own, without the first minutes of each: least squares, with its interval of 95 %.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

NEEDED = 8  # samples of a life, less say nothing
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
    """By how much a figure grows in an hour; it is within `margin` of that, 19 times of 20."""

    per_hour: float
    margin: float
    level: float  # its median

    @property
    def grows(self) -> bool:
        """True if chance does not explain it."""
        return self.per_hour - self.margin > 0

    def __str__(self) -> str:
        return f"{self.per_hour:+.2f} ± {self.margin:.2f} an hour, at {self.level:.1f}"


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
    by_life = list(_warm(samples, figure, warm_after_s))
    if not by_life:
        return None
    spread = sum((at - mean_at) ** 2 for points, mean_at, _ in by_life for at, _ in points)
    together = sum((at - mean_at) * (value - mean) for points, mean_at, mean in by_life for at, value in points)
    per_s = together / spread
    left = sum(
        (value - mean - per_s * (at - mean_at)) ** 2 for points, mean_at, mean in by_life for at, value in points
    )
    count = sum(len(points) for points, _, _ in by_life)
    error = math.sqrt(left / max(1, count - len(by_life) - 1) / spread)
    return Slope(per_s * 3600, 2 * error * 3600, statistics.median(v for points, _, _ in by_life for _, v in points))


Points = Sequence[tuple[float, float]]


def _warm(samples: Iterable[Sample], figure: str, warm_after_s: float) -> Iterator[tuple[Points, float, float]]:
    """Of each life: its points after the warm-up, their mean time and mean value."""
    lives: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        lives[sample.pid].append(sample)
    for life in lives.values():
        points = [(each.at_s, getattr(each, figure)) for each in life if each.at_s - life[0].at_s >= warm_after_s]
        if len(points) >= NEEDED:
            yield points, statistics.fmean(at for at, _ in points), statistics.fmean(value for _, value in points)


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
