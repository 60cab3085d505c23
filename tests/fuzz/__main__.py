"""`python -m tests.fuzz`: files of ours changed at random, and read; goes on from the corpus.

It ends with a table and the findings, each with the file that shows it. `--keep` puts these files into the corpus
(tests/fuzz/corpus/), and one for each end that the corpus does not have; a finding that is kept fails `make test` until
it is mended.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.fuzz.corpus import CORPUS, FINDING, MOST_BYTES, MOST_KEPT, TARGETS, ends_at, keep, kept, places_kept, smaller
from tests.fuzz.fuzzing import Outcome, fuzz
from tests.fuzz.judging import End
from tests.prove.__main__ import _seconds

WIDTH = 110
WORTH_MAKING_SMALL_BYTES = 20_000


def main() -> int:
    arguments = _parser().parse_args()
    names = arguments.only.split(",") if arguments.only else list(TARGETS)
    with tempfile.TemporaryDirectory(prefix="slipway-fuzz-") as home:
        share_s = arguments.budget / len(names)
        outcomes = [fuzz(TARGETS[name], arguments.seed, share_s, Path(home)) for name in names]
    show(outcomes, arguments.seed)
    where = CORPUS if arguments.keep else Path(tempfile.mkdtemp(prefix="slipway-findings-"))
    for outcome in outcomes:
        keep_findings(outcome, where)
        if arguments.keep:
            keep_ends(outcome)
    if any(outcome.findings for outcome in outcomes) and not arguments.keep:
        again = f"python -m tests.fuzz --seed {arguments.seed} --budget {arguments.budget:.0f}s --keep"
        print(f"keep them: cp -r {where}/* {CORPUS}/   or: {again}")  # noqa: T201
    print(json.dumps(as_json(outcomes, arguments.seed)))  # noqa: T201
    return int(any(outcome.findings for outcome in outcomes))


def show(outcomes: Sequence[Outcome], seed: int) -> None:
    table = Table(title=f"seed {seed}", title_justify="left")
    table.add_column("target")
    for title in ("runs", "runs/s", "lines", "pool", "codes", "places", "findings"):
        table.add_column(title, justify="right")
    for each in outcomes:
        codes = len({code for code, _, _ in each.ends})
        rate = f"{each.runs / max(each.took_s, 0.001):.0f}"
        counts = (each.runs, rate, each.lines, each.pool, codes, len(each.ends), len(each.findings))
        table.add_row(each.target, *map(str, counts))
    Console(width=WIDTH, markup=False, highlight=False).print(table)


def keep_findings(outcome: Outcome, where: Path) -> None:
    for found in outcome.findings:
        path = keep(outcome.target, FINDING, found.content, where)
        print(f"{outcome.target}: {found.kind}\n  {path}\n  {found.text.strip()}")  # noqa: T201


def keep_ends(outcome: Outcome) -> None:
    """One small file for each end that the corpus has none of."""
    target = TARGETS[outcome.target]
    known = set(places_kept(target))
    for code, place, content in sorted(outcome.ends, key=lambda end: (len(end[2]), end)):
        if len(kept(target.name)) >= MOST_KEPT:
            break
        if End(code, place) not in known and len(content) <= WORTH_MAKING_SMALL_BYTES:
            small = smaller(content, partial(ends_at, target, End(code, place)))
            if len(small) <= MOST_BYTES:
                keep(target.name, code, small)


def as_json(outcomes: Sequence[Outcome], seed: int) -> dict[str, object]:
    rows = [
        {
            "target": each.target,
            "runs": each.runs,
            "took_s": round(each.took_s, 1),
            "lines": each.lines,
            "ends": sorted({(code, place) for code, place, _ in each.ends}),
            "findings": [found.kind for found in each.findings],
        }
        for each in outcomes
    ]
    return {"seed": seed, "targets": rows}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--budget", type=_seconds, default=300.0, help="how long it may take: 90s, 5m, 3h (5m)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="the same changes again")
    parser.add_argument("--only", default="", help=f"some of: {', '.join(TARGETS)}")
    parser.add_argument("--keep", action="store_true", help="put findings and new ends into the corpus")
    return parser


if __name__ == "__main__":
    sys.exit(main())
