"""`make bench`: tables of figures, then the same as JSON on the last line; `--json` prints only that.

Beside a figure stands what DESIGN.md wants of it. The bench never fails for a figure: machines differ.
"""

import argparse
import json
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from tests.bench.flow import BARE, Latency, Throughput, measure_latency, measure_throughput
from tests.bench.follow import measure_following
from tests.bench.images import measure_images
from tests.bench.planning import measure_planning
from tests.bench.reach import NOTHING, Reach
from tests.bench.render import Figures, measure_memory, measure_rendering

TITLES = {
    "reference": "the reference note: 8 lines with pictures, hero, 3 tiles, 2 QR codes, Code128, on 2 pages",
    "lines": "CPU ms by lines",
    "ours": "our note",
    "memory": "memory of one render worker",
    "latency": "drop (rename) to accepted by a real cupsd, 8 queues",
    "following": "following jobs that get nowhere, at a real cupsd with busy printers",
    "planning": "planning a note of 8 lines, by campaigns",
    "images": "the picture library, prepared by two workers",
    "throughput": "a heap of notes, sent off; the bare loop sends one ready PDF to the same queues",
}
SHARE_REACH = Reach("≥", 80, "%")
LATENCY_REACH_MS = {20: {"p50": 30, "p99": 60}, 50: {"p99": 100}}  # by notes a second


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", choices=("planning", "rendering", "flow", "images"), help="a part of it")
    parser.add_argument("--notes", type=int, default=200, help="notes of each latency run (default: 200)")
    parser.add_argument("--files", type=int, default=500, help="files of each throughput run (default: 500)")
    parser.add_argument("--memory", type=int, default=20_000, help="notes of the memory run (default: 20000; 0: none)")
    parser.add_argument(
        "--images", type=int, default=1000, help="pictures of the library (default: 1000; 40000 takes ten minutes)"
    )
    arguments = parser.parse_args()
    measured = {}
    for subject, figures in subjects(arguments):
        measured[subject] = figures
        if not arguments.json:
            show(TITLES[subject], figures)
    print(json.dumps(measured, ensure_ascii=False))  # noqa: T201


def subjects(wanted: argparse.Namespace) -> Iterator[tuple[str, Figures]]:
    """Each subject with its figures, as soon as it is measured."""
    if wanted.only in (None, "planning"):
        yield "planning", measure_planning()
    if wanted.only in (None, "rendering"):
        yield from measure_rendering().items()
        if wanted.memory:
            yield "memory", measure_memory(wanted.memory)
    if wanted.only in (None, "images"):
        yield "images", measure_images(wanted.images)
    if wanted.only in (None, "flow"):
        latencies = [measure_latency(rate, wanted.notes) for rate in LATENCY_REACH_MS]
        yield "latency", [row for latency in latencies for row in latency_rows(latency)]
        yield "throughput", throughput_rows(*measure_throughput(wanted.files))
        yield "following", measure_following()


def latency_rows(latency: Latency) -> Figures:
    """A row for the median, one for the slowest hundredth."""
    reaches = LATENCY_REACH_MS[round(latency.rate_per_s)]
    return [
        {
            "notes/s": latency.rate_per_s,
            "notes": latency.notes,
            "quantile": quantile,
            "ms": ms,
            **(Reach("≤", reaches[quantile], "ms").beside(ms) if quantile in reaches else NOTHING),
        }
        for quantile, ms in (("p50", latency.p50_ms), ("p99", latency.p99_ms))
    ]


def throughput_rows(*throughputs: Throughput) -> Figures:
    """A row for each way; ours through cupsd has the share of the bare loop's rate to paper beside it."""
    bare = next(each for each in throughputs if each.sent_by == BARE)
    rows = []
    for each in throughputs:
        share = round(100 * each.paper_per_s / bare.paper_per_s)
        is_compared = each.paper_per_s and each is not bare
        reach = SHARE_REACH.beside(share) if is_compared else NOTHING
        rows.append(
            {
                "printers": each.printers,
                "sent by": each.sent_by,
                "notes": each.notes,
                "accepted/s": each.accepted_per_s,
                "on paper/s": each.paper_per_s or "",
                "% of bare": share if is_compared else "",
                **reach,
            }
        )
    return rows


def show(title: str, figures: Figures) -> None:
    """A table with a column for each field; what was not run stands below it."""
    table = Table(title=title, box=None, title_justify="left", title_style="bold", header_style="dim")
    ran = [figure for figure in figures if "not run" not in figure]
    for name in ran[0] if ran else ():
        table.add_column(name, justify="left" if isinstance(ran[0][name], str) else "right")
    for figure in ran:
        table.add_row(*map(str, figure.values()))
    console = Console(width=140, highlight=False)
    console.print(table)
    for figure in figures:
        if "not run" in figure:
            console.print(f"{figure['engine']} not run: {figure['not run']}", markup=False)
    console.print()


if __name__ == "__main__":
    main()
