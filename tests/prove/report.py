"""The table of a proof: for people, and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.prove.campaigns import Campaign
from tests.prove.oracle import Tally

WIDTH = 128


@dataclass(frozen=True, slots=True)
class Line:
    """One campaign, what came of it, and how long it took; `not_run` says why it did not."""

    campaign: Campaign
    tally: Tally
    took_s: float
    not_run: str = ""

    @property
    def in_short(self) -> str:
        tally = self.tally
        counts = f"{tally.runs} runs, {tally.notes} notes, lost {tally.lost}, doubled {tally.doubled}"
        return f"{self.campaign.name}: {counts}, flagged {tally.flagged}, {self.took_s:.0f} s {self.word}"

    @property
    def word(self) -> str:
        return self.not_run or ("RED" if self.tally.is_red else "ok")


def show(lines: Sequence[Line], seed: int) -> None:
    """The table on stdout, below it what was found."""
    table = Table(title=f"seed {seed}", title_justify="left")
    for title in ("campaign", "fault"):
        table.add_column(title, overflow="fold")
    for title in ("runs", "notes", "lost", "double", "flagged", "worst s", "took s"):
        table.add_column(title, justify="right")
    table.add_column("", overflow="fold")
    for line in lines:
        counts = (line.tally.runs, line.tally.notes, line.tally.lost, line.tally.doubled, line.tally.flagged)
        shown = ("-",) * 7 if line.not_run else (*map(str, counts), f"{line.tally.worst_s:.1f}", f"{line.took_s:.0f}")
        table.add_row(line.campaign.name, line.campaign.fault, *shown, line.word)
    console = Console(width=WIDTH, markup=False, highlight=False)
    console.print(table)
    for line in lines:
        for what in (*line.tally.findings, *line.tally.remarks):
            console.print(f"{line.campaign.name}: {what}")
        if line.tally.is_red:
            console.print(
                f"{line.campaign.name}: again with: python -m tests.prove --only {line.campaign.name} --seed {seed}"
            )


def as_json(lines: Sequence[Line], seed: int) -> dict[str, Any]:
    """The same as plain values."""
    return {"seed": seed, "campaigns": [_row(line) for line in lines]}


def _row(line: Line) -> dict[str, Any]:
    campaign, tally = line.campaign, line.tally
    return {
        "campaign": campaign.name,
        "fault": campaign.fault,
        "injected": campaign.injected,
        "expected": campaign.expected,
        "runs": tally.runs,
        "notes": tally.notes,
        "lost": tally.lost,
        "doubled": tally.doubled,
        "flagged": tally.flagged,
        "worst_s": round(tally.worst_s, 3),
        "took_s": round(line.took_s, 1),
        "not_run": line.not_run,
        "findings": tally.findings,
        "remarks": tally.remarks,
    }
