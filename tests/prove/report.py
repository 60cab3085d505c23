"""The table of a proof: for people, at 100 columns, and as JSON with what is needed to do it again."""

import platform
import shlex
import sqlite3
import statistics
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from service import __version__
from tests.prove.campaigns import Campaign
from tests.prove.oracle import Tally

WIDTH = 100


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
        if self.not_run:
            return f"not run: {self.not_run}"
        return "RED" if self.tally.is_red else "ok"


@dataclass(frozen=True, slots=True)
class Proof:
    """The lines of one run of the rig, and how it was asked for."""

    lines: Sequence[Line]
    seed: int
    budget_s: float
    mutant: str = ""
    fault: str = ""
    fault_every_s: float = 0.0  # of a soak

    @property
    def is_red(self) -> bool:
        return any(line.tally.is_red for line in self.lines)

    @property
    def has_gaps(self) -> bool:
        """True if a campaign could not run here."""
        return any(line.not_run for line in self.lines)

    def replay(self, line: Line, fault: str = "") -> str:
        """The command that does the same to this campaign again; of a single fault, to that alone."""
        words = ["python", "-m", "tests.prove", "--seed", f"{self.seed}"]
        if self.fault_every_s:
            return shlex.join(
                [*words, "--soak", f"{self.budget_s:.0f}s", "--fault-every", f"{self.fault_every_s:.0f}s"]
            )
        words += ["--only", line.campaign.name, "--budget", f"{max(60, line.took_s):.0f}s"]
        words += ["--fault", chosen] if (chosen := fault or self.fault) else []
        return shlex.join([*words, "--mutant", self.mutant] if self.mutant else words)

    def red_faults(self, line: Line) -> list[str]:
        """The single faults of this campaign that were red, where they can be told apart."""
        return [name for name, single in line.tally.faults.items() if single.is_red]


def show(proof: Proof) -> None:
    """The table on stdout, below it what was found and how far each campaign got."""
    table = Table(title=f"seed {proof.seed}", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("fault", overflow="fold", ratio=1)
    for title in ("runs", "lost", "dupli-\ncates", "flagged", "worst\ndelay", "neighbours\np50 / worst"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("not run,\nand why", overflow="fold", max_width=18)
    for line in proof.lines:
        table.add_row(f"{line.campaign.name}: {line.campaign.fault}", *_cells(line.tally, line), end_section=False)
    console = Console(width=WIDTH, markup=False, highlight=False)
    console.print(table)
    for line in proof.lines:
        for what in (*line.tally.findings, *line.tally.remarks):
            console.print(f"{line.campaign.name}: {what}")
        for fault in (proof.red_faults(line) or [""]) if line.tally.is_red else []:
            console.print(f"{line.campaign.name}: again with: {proof.replay(line, fault)}", soft_wrap=True)
    console.print(in_sum(proof))


def in_sum(proof: Proof) -> str:
    """All of it in one sentence."""
    total = Tally()
    for line in proof.lines:
        total.add(line.tally)
    ran = sum(not line.not_run for line in proof.lines)
    word = "RED" if proof.is_red else "green"
    counts = f"{total.runs} runs, {total.notes} notes: lost {total.lost}, duplicates {total.doubled}"
    return f"{word}: {ran} of {len(proof.lines)} campaigns, {counts} without a word, {total.flagged} flagged"


def _cells(tally: Tally, line: Line) -> tuple[str, ...]:
    if line.not_run:
        return ("-",) * 6 + (line.not_run,)
    counts = (tally.runs, tally.lost, tally.doubled, tally.flagged)
    beside = f"{statistics.median(tally.beside_s):.1f} / {max(tally.beside_s):.1f}" if tally.beside_s else ""
    return (*map(str, counts), f"{tally.worst_s:.1f} s", beside, "RED" if tally.is_red else "")


def as_json(proof: Proof) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "seed": proof.seed,
        "budget_s": proof.budget_s,
        "mutant": proof.mutant,
        "is_red": proof.is_red,
        "versions": versions(),
        "campaigns": [_row(proof, line) for line in proof.lines],
    }


def versions() -> dict[str, str]:
    """What it was proved with."""
    return {
        "slipway": __version__,
        "python": platform.python_version(),
        "kernel": platform.release(),
        "cups": _package("cups-daemon"),
        "sqlite": sqlite3.sqlite_version,
    }


def _package(name: str) -> str:
    with suppress(OSError):
        asked = ["dpkg-query", "--showformat=${Version}", "--show", name]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return ""


def _row(proof: Proof, line: Line) -> dict[str, Any]:
    campaign, tally = line.campaign, line.tally
    return {
        "campaign": campaign.name,
        "fault": campaign.fault,
        "injected": campaign.injected,
        "expected": campaign.expected,
        **_counts(tally),
        "took_s": round(line.took_s, 1),
        "not_run": line.not_run,
        "reached": tally.reached,
        "reachable": tally.reachable,
        "faults": [{"fault": name, **_counts(single)} for name, single in tally.faults.items()],
        "findings": tally.findings,
        "remarks": tally.remarks,
        "figures": tally.figures,
        "replay": proof.replay(line),
    }


def _counts(tally: Tally) -> dict[str, Any]:
    beside = sorted(tally.beside_s)
    return {
        "runs": tally.runs,
        "notes": tally.notes,
        "lost": tally.lost,
        "duplicates": tally.doubled,
        "flagged": tally.flagged,
        "worst_s": round(tally.worst_s, 3),
        "neighbours": len(beside),
        "neighbours_p50_s": round(statistics.median(beside), 3) if beside else None,
        "neighbours_worst_s": round(beside[-1], 3) if beside else None,
    }
