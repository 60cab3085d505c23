"""Runs the mutants: each must turn something red, within a budget; a table says what found it out.

A sync that is taken away must be found by power cuts at the moments that follow it, or by the order of effects; the
others by the situation or the campaign that their mutant names. Whatever finds one out is done once more with a sound
service, and must find nothing there: else it proves nothing.
"""

import tempfile
import textwrap
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from tests.prove.campaigns import CAMPAIGNS
from tests.prove.campaigns.campaign import Allowance
from tests.prove.campaigns.crash import strike_in
from tests.prove.campaigns.order import order_of_effects
from tests.prove.campaigns.power import IMPATIENT_S, cut_after
from tests.prove.effects import Effect, effects
from tests.prove.moments import in_lanes, reached_by
from tests.prove.mutants import UNNOTICED, Aim, Mutant, Unsynced, all_mutants
from tests.prove.nursery import Nursery
from tests.prove.oracle import Tally
from tests.prove.rig import NotSettled, Rig
from tests.prove.situations import situation

WIDTH = 128
COMMIT = "ledger.writer.Writer._commit.commit"
EACH_S = 45.0  # at most, for a campaign that finds nothing
FOUND, SURVIVED, LEFT, RED_WITHOUT = "found out", "SURVIVED", "not tried", "RED ANYWAY"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant, by which campaign, and the first thing that it found."""

    name: str
    what: str
    word: str
    by: str = ""
    finding: str = ""
    took_s: float = 0.0

    @property
    def is_red(self) -> bool:
        """True if it survived, was left out, or what found it out finds as much in a sound service."""
        return self.word in (SURVIVED, LEFT, RED_WITHOUT)


def prove_mutants(seed: int, budget_s: float, only: Sequence[str] = ()) -> list[Outcome]:
    """Try each mutant, as far as the budget goes; those that nobody can notice are only named."""
    until, outcomes, lock = time.monotonic() + budget_s, list[Outcome](), threading.Lock()
    chosen = {name: each for name, each in all_mutants().items() if not only or any(part in name for part in only)}
    with tempfile.TemporaryDirectory(prefix="slipway-prove-") as home:
        nursery = Nursery(Path(home))
        try:
            if any("power" in _finders(each) for each in chosen.values()):
                with Rig(seed, nursery=nursery) as rig:
                    reached_by(rig)

            def try_some(_: int, names: Sequence[str]) -> None:
                for name in names:
                    outcome = _tried(name, chosen[name], seed, nursery, until)
                    with lock:
                        outcomes.append(outcome)

            in_lanes(try_some, list(chosen))
        finally:
            nursery.stop()
    return sorted(outcomes, key=lambda each: list(chosen).index(each.name))


def _tried(name: str, mutant: Mutant | Unsynced, seed: int, nursery: Nursery, until: float) -> Outcome:
    if name in UNNOTICED:
        return Outcome(name, mutant.what, "can't be noticed", finding=UNNOTICED[name])
    if time.monotonic() > until:
        return Outcome(name, mutant.what, LEFT)
    began = time.monotonic()
    for by in _finders(mutant):
        with Rig(seed, name, nursery=nursery.with_mutant(name)) as rig:
            tally = _run(by, rig, mutant)
        if tally.is_red:
            with Rig(seed, nursery=nursery) as rig:
                sound = _run(by, rig, mutant)
            word = RED_WITHOUT if sound.is_red else FOUND
            finding = (sound if sound.is_red else tally).findings[0]
            return Outcome(name, mutant.what, word, by, finding, time.monotonic() - began)
    return Outcome(name, mutant.what, SURVIVED, took_s=time.monotonic() - began)


def _finders(mutant: Mutant | Unsynced) -> tuple[str, ...]:
    """Who must find it out, the first of these: campaigns, or a situation."""
    if isinstance(mutant, Unsynced):
        return "power", "order"
    return (mutant.found_by.situation if isinstance(mutant.found_by, Aim) else mutant.found_by,)


def _run(by: str, rig: Rig, mutant: Mutant | Unsynced) -> Tally:
    """What finds it out, in the service that `rig` has, with the precaution or without."""
    allowance = Allowance(time.monotonic() + EACH_S)
    try:
        if by == "power":
            return cut_after(rig, 0, mutant.effect if isinstance(mutant, Unsynced) else commit())
        if isinstance(mutant, Unsynced):
            return order_of_effects(rig, allowance)
        if isinstance(mutant.found_by, Aim):
            return strike_in(rig, situation(by), mutant.found_by.strikes, IMPATIENT_S)
        (campaign,) = (each for each in CAMPAIGNS if each.name == by)
        return campaign.run(rig, allowance)
    except (NotSettled, TimeoutError) as error:
        tally = Tally(runs=1)
        tally.find(f"did not come: {error}")
        return tally


def commit() -> Effect:
    """What makes the ledger durable."""
    return next(each for each in effects() if each.name == COMMIT)


def show(outcomes: Sequence[Outcome]) -> None:
    """The table on stdout."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("without", overflow="fold", ratio=5)
    table.add_column("", no_wrap=True)
    table.add_column("found by", overflow="fold", max_width=18)
    table.add_column("what was red first", overflow="fold", ratio=5)
    table.add_column("s", justify="right", no_wrap=True)
    for each in outcomes:
        table.add_row(each.what, each.word, each.by, textwrap.shorten(each.finding, 140), f"{each.took_s:.0f}")
    Console(width=WIDTH, markup=False, highlight=False).print(table)
