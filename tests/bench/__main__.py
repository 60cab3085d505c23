"""`make bench`: a table of figures, then the same as JSON on the last line; `--json` prints only that."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.flow import measure_latency, measure_throughput
from tests.bench.render import measure_rendering, one_more_line_ms


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--notes", type=int, default=200, help="notes of each latency run (default: 200)")
    parser.add_argument("--files", type=int, default=500, help="files of each throughput run (default: 500)")
    arguments = parser.parse_args()
    latencies = [measure_latency(20, arguments.notes), measure_latency(50, arguments.notes)]
    throughputs = [measure_throughput(arguments.files, with_cups=cups) for cups in (False, True)]
    rendering = measure_rendering()
    figures = {
        "latency": [asdict(latency) for latency in latencies],
        "throughput": [asdict(throughput) for throughput in throughputs],
        "rendering": rendering,
        "one_more_line_ms": one_more_line_ms(rendering),
    }
    if not arguments.json:
        show("drop (rename) to accepted by a real cupsd, 8 queues", figures["latency"])
        show("a heap of files, worked off", figures["throughput"])
        show("CPU per note, and plain reportlab on the same content in the same run", rendering)
        Console().print(f"one more line: {figures['one_more_line_ms']} ms\n")
    print(json.dumps(figures))  # noqa: T201


def show(title: str, figures: Any) -> None:
    """A table with a column for each field."""
    table = Table(title=title, box=None, title_justify="left", title_style="bold", header_style="dim")
    for name in figures[0]:
        table.add_column(name, justify="right")
    for figure in figures:
        table.add_row(*(str(value) for value in figure.values()))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
