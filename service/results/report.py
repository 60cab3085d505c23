"""What came of the notes: how many, where they stand, how long each stage took. Reads the ledger, changes nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import quantiles

from service.ledger.accounts import Account

STAGES = (
    *(("arrived", "received"), ("received", "rendered"), ("submitting", "accepted"), ("accepted", "completed")),
    ("completed", "packed"),
)


@dataclass(frozen=True, slots=True)
class Share:
    """The notes of one site, language and kind, by state."""

    site: str
    language: str
    kind: str
    states: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class StageTime:
    """How long the notes took from one state to the next, in milliseconds."""

    begin: str
    end: str
    notes: int
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Results:
    """The report, ready to print."""

    shares: tuple[Share, ...]
    stages: tuple[StageTime, ...]


def results_of(accounts: Iterable[Account]) -> Results:
    """Count all notes once, in one pass."""
    counted: Counter[tuple[str, str, str, str]] = Counter()
    spans: dict[tuple[str, str], list[float]] = {stage: [] for stage in STAGES}
    for account in accounts:
        counted[account.site, account.language, account.kind, account.state] += 1
        for begin, end in STAGES:
            started, ended = getattr(account, f"{begin}_at"), getattr(account, f"{end}_at")
            if started and ended and ended >= started:
                spans[begin, end].append((ended - started).total_seconds() * 1000)
    return Results(_shares(counted), tuple(_stage_time(*stage, spans[stage]) for stage in STAGES if spans[stage]))


def _shares(counted: Counter[tuple[str, str, str, str]]) -> tuple[Share, ...]:
    groups = sorted({key[:3] for key in counted})
    return tuple(
        Share(*group, states=tuple(sorted((key[3], number) for key, number in counted.items() if key[:3] == group)))
        for group in groups
    )


def _stage_time(begin: str, end: str, spans_ms: list[float]) -> StageTime:
    if len(spans_ms) == 1:
        return StageTime(begin, end, 1, round(spans_ms[0], 1), round(spans_ms[0], 1))
    cuts = quantiles(spans_ms, n=100, method="inclusive")
    return StageTime(begin, end, len(spans_ms), round(cuts[49], 1), round(cuts[98], 1))
