"""`make prove`: faults injected into the real service, and what came out counted at the printers.

A table of campaigns, one of mutants where there is time for them, then the same as JSON on the last line; `--json FILE`
writes it there too. It fails if anything was lost or doubled without a word, or is not as it must be; with --full also
if a campaign could not run here. `--soak 1h` lets one service work as long, with a fault every minute or
`--fault-every`, instead of the campaigns.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.prove.campaigns import CAMPAIGNS, Allowance, Campaign
from tests.prove.effects import effects
from tests.prove.mutants import AIMED, all_mutants
from tests.prove.mutation import Outcome, prove_mutants
from tests.prove.mutation import show as show_mutants
from tests.prove.nursery import Nursery
from tests.prove.oracle import Tally
from tests.prove.report import Line, Proof, as_json, show
from tests.prove.rig import NotSettled, Rig
from tests.prove.soak import SOAK, soaked

USAGE = 64
BESIDE = 3  # campaigns at a time, of those with one spool
UNITS = {"s": 1, "m": 60, "h": 3600}
WITH_ALL_MUTANTS_S, MUTANTS_S = 1800, 900.0  # a budget that has room for every mutant, and theirs


def main() -> int:
    arguments = _parser().parse_args()
    if arguments.list:
        for effect in effects():
            print(f"{effect.kind:6} {effect.name}")  # noqa: T201
        return 0
    if arguments.mutants:
        only = [name for name in arguments.only.split(",") if name]
        return told_of_mutants(
            prove_mutants(arguments.seed, arguments.budget, only), {"seed": arguments.seed}, arguments
        )
    names = arguments.only.split(",") if arguments.only else [each.name for each in CAMPAIGNS]
    if unknown := set(names) - {each.name for each in CAMPAIGNS}:
        sys.stderr.write(f"no such campaign: {', '.join(sorted(unknown))}\n")
        return USAGE
    seed, mutant, fault = arguments.seed, arguments.mutant, arguments.fault
    if arguments.soak:
        proof = Proof([soak(arguments)], seed, arguments.soak, mutant, fault_every_s=arguments.fault_every)
        return told(proof, arguments)
    chosen = [each for each in CAMPAIGNS if each.name in names]
    lines = prove(chosen, arguments.budget, seed, arguments.runs, mutant=mutant, fault=fault)
    return told(Proof(lines, seed, arguments.budget, mutant, fault), arguments)


def told(proof: Proof, arguments: argparse.Namespace) -> int:
    """Say what came of it, and of the mutants where the budget has room for them; the exit code."""
    show(proof)
    said = as_json(proof)
    is_red = proof.is_red or (arguments.full and proof.has_gaps)
    if arguments.only or arguments.soak:
        say_last(said, arguments)
        return int(is_red)
    only = () if arguments.budget >= WITH_ALL_MUTANTS_S else AIMED
    return int(told_of_mutants(prove_mutants(arguments.seed, MUTANTS_S, only), said, arguments) or is_red)


def told_of_mutants(outcomes: Sequence[Outcome], said: dict[str, Any], arguments: argparse.Namespace) -> int:
    """Say what became of mutants, after what was `said` before; the exit code."""
    show_mutants(outcomes)
    is_red = any(each.is_red for each in outcomes)
    mutants = [asdict(each) for each in outcomes]
    say_last(said | {"is_red": said.get("is_red", False) or is_red, "mutants": mutants}, arguments)
    return int(is_red)


def say_last(said: dict[str, Any], arguments: argparse.Namespace) -> None:
    """The last line of all, for programs."""
    print(json.dumps(said))  # noqa: T201
    if arguments.json:
        arguments.json.write_text(json.dumps(said, indent=1))


def prove(
    chosen: Sequence[Campaign],
    budget_s: float,
    seed: int,
    most_runs: int = sys.maxsize,
    *,
    mutant: str = "",
    fault: str = "",
) -> list[Line]:
    """Run these campaigns within the budget; a line for each, in their order.

    With a mutant, of a service without that precaution; with a fault, only with those that are called so.
    """
    with tempfile.TemporaryDirectory(prefix="slipway-prove-") as home, closing_nursery(Path(home), mutant) as nursery:
        course = Course(chosen, time.monotonic() + budget_s, seed, nursery, (most_runs, mutant, fault))
        with running_beside() as beside:
            list(beside.map(course.run, [each for each in chosen if not each.has_lanes]))
        for each in chosen:
            if each.has_lanes:
                course.run(each)
    return [course.lines[each.name] for each in chosen]


@contextmanager
def running_beside() -> Iterator[ThreadPoolExecutor]:
    """For campaigns that mostly wait; who breaks off waits for those at hand alone."""
    beside = ThreadPoolExecutor(BESIDE)
    try:
        yield beside
    finally:
        beside.shutdown(cancel_futures=True)


class Course:
    """Campaigns on their way, each with its share of the time that is left; those with lanes come last."""

    def __init__(
        self, chosen: Sequence[Campaign], until: float, seed: int, nursery: Nursery, asked: tuple[int, str, str]
    ) -> None:
        self.lines: dict[str, Line] = {}
        self._until = until
        self._seed = seed
        self._nursery = nursery
        self._most_runs, self._mutant, self._fault = asked
        self._untaken = {each.name: _weight(each) for each in chosen if not each.missing}
        self._lock = threading.Lock()

    def run(self, campaign: Campaign) -> None:
        """One campaign; its line is kept and said in short."""
        began = time.monotonic()
        if campaign.missing:
            line = Line(campaign, Tally(), 0.0, campaign.missing)
        else:
            with Rig(self._seed, self._mutant, nursery=self._nursery, keeps_red=not self._mutant) as rig:
                tally = run(campaign, rig, self._allowance(campaign))
            line = Line(campaign, tally, time.monotonic() - began)
        with self._lock:
            self.lines[campaign.name] = line
            sys.stderr.write("\n".join((line.in_short, *line.tally.findings, "")))

    def _allowance(self, campaign: Campaign) -> Allowance:
        with self._lock:
            now, weights = time.monotonic(), sum(self._untaken.values())
            del self._untaken[campaign.name]
            until = now + (self._until - now) * min(campaign.share / weights, 1)
            return Allowance(until, self._most_runs, self._fault)


def _weight(campaign: Campaign) -> float:
    """Its part of the whole time."""
    return campaign.share if campaign.has_lanes else campaign.share / BESIDE


def soak(arguments: argparse.Namespace) -> Line:
    """The soak, as the only line."""
    began = time.monotonic()
    with Rig(arguments.seed, arguments.mutant, keeps_red=True) as rig:
        tally = soaked(rig, arguments.soak, arguments.fault_every)
    return Line(SOAK, tally, time.monotonic() - began)


@contextmanager
def closing_nursery(home: Path, mutant: str) -> Iterator[Nursery]:
    nursery = Nursery(home, mutant)
    try:
        yield nursery
    finally:
        nursery.stop()


def run(campaign: Campaign, rig: Rig, allowance: Allowance) -> Tally:
    """One campaign on a rig of its own: so a seed replays it alone as it ran among others."""
    try:
        return campaign.run(rig, allowance)
    except NotSettled as error:
        tally = Tally(runs=1)
        tally.find(f"did not come: {error}")
        return tally
    except Exception:  # noqa: BLE001 - a campaign that breaks is red, and the others go on
        tally = Tally(runs=1)
        tally.find(f"the campaign broke: {traceback.format_exc(limit=-6)}")
        return tally


def _seconds(text: str) -> float:
    unit = UNITS.get(text[-1:], 0)
    return float(text[:-1]) * unit if unit else float(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.prove", description=__doc__)
    parser.add_argument("--budget", type=_seconds, default=600.0, help="how long it may take: 90s, 10m, 3h (10m)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="the same faults again")
    parser.add_argument("--only", default="", help=f"some of: {', '.join(each.name for each in CAMPAIGNS)}")
    parser.add_argument("--runs", type=int, default=sys.maxsize, help="at most so many runs of each campaign")
    parser.add_argument("--fault", default="", help="only single faults in whose names this stands")
    parser.add_argument("--soak", type=_seconds, default=0.0, metavar="TIME", help="one service, as long: 30m, 1h")
    parser.add_argument("--fault-every", type=_seconds, default=60.0, metavar="TIME", help="in a soak (60s)")
    parser.add_argument(
        "--mutant", default="", choices=("", *all_mutants()), help="the service without this precaution"
    )
    parser.add_argument("--full", action="store_true", help="a campaign that can't run here is a failure")
    parser.add_argument(
        "--mutants", action="store_true", help="take precautions away, one by one: each must be found out"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there, as JSON")
    parser.add_argument("--list", action="store_true", help="only say which failpoints there are")
    return parser


if __name__ == "__main__":
    sys.exit(main())
